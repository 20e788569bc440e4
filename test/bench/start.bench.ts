// What it costs to have telemetry: import and start, against the stock NodeSDK, each in a fresh process.
// Run: node test/bench/start.bench.ts [rounds]
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

// The packed form is what users load, so that stripping of types is not counted: build first.
const door = pathToFileURL(join(import.meta.dirname, '../../dist/index.js')).href

const programs: Readonly<Record<string, string>> = {
  'empty process': '',
  'stock NodeSDK': `
    const { NodeSDK } = await import('@opentelemetry/sdk-node')
    new NodeSDK({ serviceName: 'bench' }).start()`,
  'stock NodeSDK + winston + transport': `
    const { NodeSDK } = await import('@opentelemetry/sdk-node')
    new NodeSDK({ serviceName: 'bench' }).start()
    const { default: winston } = await import('winston')
    const { OpenTelemetryTransportV3 } = await import('@opentelemetry/winston-transport')
    winston.createLogger({ transports: [new OpenTelemetryTransportV3()] })`,
  fillpath: `
    const { start } = await import(${JSON.stringify(door)})
    await start({ serviceName: 'bench', console: false })`,
}

const rounds = Number(process.argv[2] ?? 7)
const times = new Map<string, number[]>()
for (let round = 0; round < rounds; round += 1) {
  for (const [name, program] of Object.entries(programs)) {
    const timed = `const from = performance.now()\n${program}\nconsole.log(performance.now() - from); process.exit(0)`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', timed], {
      encoding: 'utf8',
      cwd: join(import.meta.dirname, '../..'),
    })
    if (stdout === '') throw new Error(stderr)
    times.set(name, [...(times.get(name) ?? []), Number(stdout.trim().split('\n').at(-1))])
  }
}
const median = (name: string): number =>
  (times.get(name) ?? []).toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN
for (const name of Object.keys(programs)) {
  const ratio = (median(name) / median('stock NodeSDK')).toFixed(2)
  console.log(`${name.padEnd(36)} ${median(name).toFixed(0).padStart(5)} ms  ${ratio} × NodeSDK`)
}
