/**
 * What the telemetry of a flow weighs: `node test/bench/size.bench.ts [seconds]`. Needs Docker.
 *
 * The reference bot trades for a while (60 s by default) into the Collector of otel-collector.yaml and Loki, through a
 * proxy that counts records and bytes: on the wire as they come (gzip) and unpacked. Then the files of the Collector and
 * the chunks that Loki wrote are weighed. Logs and spans grow with the flows, metrics with the time.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { decodeLogs, decodeMetrics, decodeTraces } from '../../src/wire/otlp-protobuf.ts'
import { docker } from '../stack/collector.ts'
import { eventually, startStack } from '../stack/stack.ts'

const seconds = Number(process.argv[2] ?? 60)

interface Weight {
  requests: number
  records: number
  wire: number
  plain: number
}
const nothing = (): Weight => ({ requests: 0, records: 0, wire: 0, plain: 0 })
const weights = { logs: nothing(), traces: nothing(), metrics: nothing() }
const decoders = { logs: decodeLogs, traces: decodeTraces, metrics: decodeMetrics }

/** Traces that began with a signal: the flows. */
const flows = new Set<string>()

function weigh(path: string, body: Buffer, isPacked: boolean): void {
  const signal = path.replace('/v1/', '') as keyof typeof weights
  const bytes = isPacked ? gunzipSync(body) : body
  const records = decoders[signal](bytes)
  const weight = weights[signal]
  weight.requests += 1
  weight.records += records.length
  weight.wire += body.length
  weight.plain += bytes.length
  for (const record of records) {
    if (record.signal === 'span' && record.name === 'signal') flows.add(record.traceId)
  }
}

const scratch = mkdtempSync(join(tmpdir(), 'fillpath-bench-'))
const stack = await startStack('otel-collector', 'loki')
try {
  await measure()
} finally {
  await stack.stop()
  rmSync(scratch, { recursive: true, force: true })
}

async function measure(): Promise<void> {
  const proxy = createServer((request, response) => {
    const chunks: Buffer<ArrayBuffer>[] = []
    request.on('data', (chunk: Buffer<ArrayBuffer>) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const { 'content-type': type = '', 'content-encoding': encoding } = request.headers
      const headers: Record<string, string> = { 'content-type': type }
      if (encoding !== undefined) headers['content-encoding'] = encoding
      void fetch(stack.url('otel-collector') + (request.url ?? ''), {
        method: 'POST',
        headers,
        body,
      }).then(async (answer) => {
        if (answer.ok) weigh(request.url ?? '', body, encoding === 'gzip')
        response.writeHead(answer.status, { 'content-type': type })
        response.end(Buffer.from(await answer.arrayBuffer()))
      })
    })
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const address = proxy.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const bot = spawn(process.execPath, [resolve('src/bot/main.ts'), '--duration', `${seconds}s`], {
    cwd: scratch,
    env: {
      ...process.env,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip', // as to any other machine
    },
    stdio: 'ignore',
  })
  await once(bot, 'exit')
  const loki = await inLoki()
  proxy.closeAllConnections()
  proxy.close()
  report(loki)
}

/** Bytes of the chunks that Loki wrote, once it has all lines and has been told to write them. */
async function inLoki(): Promise<number> {
  const count = async (): Promise<number> => {
    const url = `${stack.url('loki')}/loki/api/v1/query?${new URLSearchParams({
      query: 'sum(count_over_time({service_name=~".+"}[1h]))',
    }).toString()}`
    const answer = (await (await fetch(url)).json()) as {
      data: { result: { value: [number, string] }[] }
    }
    return Number(answer.data.result[0]?.value[1] ?? 0)
  }
  // Lines of TRACE are not for Loki; the bot writes none.
  const lines = await eventually(count, (found) => found >= weights.logs.records)
  if (lines !== weights.logs.records) throw new Error(`${lines} lines in Loki`)
  await fetch(`${stack.url('loki')}/flush`, { method: 'POST' })
  const chunksLeft = async (): Promise<number> => {
    const text = await (await fetch(`${stack.url('loki')}/metrics`)).text()
    return Number(/^loki_ingester_memory_chunks (\S+)$/m.exec(text)?.[1] ?? 0)
  }
  await eventually(chunksLeft, (left) => left === 0, 120_000)
  const container = stack.environment.getContainer('loki-1').getId()
  const copy = join(scratch, 'chunks')
  docker('cp', '-q', `${container}:/loki/chunks`, copy)
  return sum(join(copy, 'fake', '**/*'))
}

function sum(pattern: string): number {
  return globSync(pattern)
    .map((path) => statSync(path))
    .filter((stat) => stat.isFile())
    .reduce((bytes, stat) => bytes + stat.size, 0)
}

function report(lokiBytes: number): void {
  const { logs, traces, metrics } = weights
  const of = (path: string): number => sum(join(stack.folder, path))
  const files = {
    'logs.jsonl': of('logs.jsonl'),
    'traces.jsonl': of('traces.jsonl'),
    categories: ['signals', 'orders', 'hedges', 'api', 'performance', 'errors']
      .map((name) => of(`${name}.jsonl`))
      .reduce((bytes, more) => bytes + more, 0),
    'tasks/': of('tasks/**/*.jsonl'),
  }
  const perFlow = (amount: number): string => (amount / flows.size).toFixed(1).padStart(9)
  const kB = (bytes: number): string => perFlow(bytes / 1000)
  const perDay = (bytes: number): string => ((bytes / flows.size) * 1e-3).toFixed(1).padStart(9)
  console.log(`${flows.size} flows in ${seconds} s`)
  console.log('                      a flow         kB a flow   MB a day with 1,000 flows')
  const row = (what: string, records: string, bytes: number): void =>
    console.log(`  ${what.padEnd(16)} ${records.padStart(9)} ${kB(bytes)} ${perDay(bytes)}`)
  row('logs, wire', perFlow(logs.records), logs.wire)
  row('logs, unpacked', '', logs.plain)
  row('spans, wire', perFlow(traces.records), traces.wire)
  row('spans, unpacked', '', traces.plain)
  for (const [name, bytes] of Object.entries(files)) row(name, '', bytes)
  row('Loki, chunks', '', lokiBytes)
  const minutes = seconds / 60
  console.log(
    `  metrics: ${(metrics.records / minutes).toFixed(0)} points a minute in ${(metrics.requests / minutes).toFixed(1)} requests, ${(metrics.wire / minutes / 1000).toFixed(1)} kB on the wire, ${(metrics.plain / minutes / 1000).toFixed(1)} kB unpacked; metrics.jsonl ${(of('metrics.jsonl') / minutes / 1000).toFixed(0)} kB (with the host's)`,
  )
  console.log(
    `  a log record: ${(logs.wire / logs.records).toFixed(0)} bytes on the wire, ${(logs.plain / logs.records).toFixed(0)} unpacked, ${(files['logs.jsonl'] / logs.records).toFixed(0)} in logs.jsonl, ${(lokiBytes / logs.records).toFixed(0)} in Loki; a span: ${(traces.wire / traces.records).toFixed(0)}, ${(traces.plain / traces.records).toFixed(0)}, ${(files['traces.jsonl'] / traces.records).toFixed(0)}`,
  )
}
