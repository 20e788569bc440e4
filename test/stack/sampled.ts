import { readFileSync } from 'node:fs'

/** otel-collector.yaml with tail sampling, made as its comment says. */
export function sampled(): string {
  const text = readFileSync('otel-collector.yaml', 'utf8').replaceAll(/^( *)#S /gm, '$1')
  const [head, pipelines = ''] = text.split(/^ {2}pipelines:$/m)
  const changed = pipelines.replace(/^( {4}traces: .*)otlp_grpc\/tempo/m, '$1forward/sampled')
  return `${head}  pipelines:${changed}`
}
