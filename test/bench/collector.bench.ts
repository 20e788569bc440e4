/**
 * What it costs to receive records and keep them in files: `node test/bench/collector.bench.ts [rounds]`
 *
 * Four ways, interleaved, median of the rounds, per record: time on the clock and CPU time of the receiving process.
 * - desk: the whole way, OTLP/HTTP protobuf in requests of 512 → decoded → lines in all files of the record → fdatasync
 * - desk, not durable: the same without fdatasync
 * - plain server: node:http, JSON.parse of the same records as OTLP JSON, JSON.stringify of each, one file, no fdatasync
 * - stringify + write: no network at all; JSON.stringify of objects that are there, one file
 * The sender is a process of its own with ready-made bodies on four kept connections.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, openSync, closeSync, rmSync, writeSync } from 'node:fs'
import { Agent, createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SeverityNumber } from '@opentelemetry/api'
import {
  JsonLogsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer'
import { LoggerProvider } from '@opentelemetry/sdk-logs'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import { startDesk } from '../../src/desk/desk.ts'
import { deskSettings } from '../../src/desk/settings.ts'
import { decodeLogs, decodeTraces } from '../../src/wire/otlp-protobuf.ts'
import { encodeLine } from '../../src/wire/line.ts'
import { readSettings } from '../../src/wire/settings.ts'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'

const recordsPerRequest = 512
const requests = 100
const connections = 4

const settled = Promise.resolve()
const noop = { forceFlush: () => settled, shutdown: () => settled }

const kinds = ['event', 'line', 'span'] as const
type Kind = (typeof kinds)[number]
type Form = 'protobuf' | 'json'

if (process.argv[2] === 'send') await send(process.argv.slice(3))
else await measure(Number(process.argv[2] ?? 7))

/** One request of a kind, as the stock SDK writes it. */
function body(kind: Kind, form: Form): Uint8Array {
  const attributes = {
    'trading.symbol': 'BTC/USDT',
    'trading.venue': 'binance',
    'trading.order.side': 'buy',
    'trading.order.price': '43210.50',
    'trading.order.quantity': '0.010',
    'trading.order.id': '8812345678',
    'trading.order.client_id': 'c-1',
    'trading.fill.price': '43210.00',
    'trading.order.ack_latency_ms': 41.25,
    'trading.order.attempt': 1,
  }
  if (kind === 'span') {
    const spans: ReadableSpan[] = []
    const tracer = new TracerProvider({
      spanProcessors: [{ onStart: () => {}, onEnd: (span) => void spans.push(span), ...noop }],
    }).getTracer('bench')
    for (let index = 0; index < recordsPerRequest; index += 1) {
      tracer.startSpan('order', { attributes }).end()
    }
    const serializer = form === 'json' ? JsonTraceSerializer : ProtobufTraceSerializer
    return serializer.serializeRequest(spans) ?? new Uint8Array()
  }
  const logs: ReadableLogRecord[] = []
  const logger = new LoggerProvider({
    processors: [{ onEmit: (log) => void logs.push(log), ...noop }],
  }).getLogger('bench')
  for (let index = 0; index < recordsPerRequest; index += 1) {
    logger.emit({
      severityNumber: SeverityNumber.INFO,
      severityText: 'info',
      attributes,
      ...(kind === 'event' ? { eventName: 'trading.order.filled' } : { body: 'order sent' }),
    })
  }
  const serializer = form === 'json' ? JsonLogsSerializer : ProtobufLogsSerializer
  return serializer.serializeRequest(logs) ?? new Uint8Array()
}

/** The sender: `send PORT KIND FORM`. */
async function send([port = '', kind = '', form = '']: readonly string[]): Promise<void> {
  const bytes = body(kind as Kind, form as Form)
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const headers = {
    'content-type': form === 'json' ? 'application/json' : 'application/x-protobuf',
    'content-length': bytes.length,
  }
  const path = kind === 'span' ? '/v1/traces' : '/v1/logs'
  const post = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const outgoing = request({ port, path, method: 'POST', agent, headers }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`answer ${response.statusCode}`))
        response.resume().on('end', () => resolve())
      })
      outgoing.on('error', reject).end(bytes)
    })
  const line = async (): Promise<void> => {
    for (let sent = 0; sent < requests / connections; sent += 1) await post()
  }
  for (let warmUp = 0; warmUp < 8; warmUp += 1) await post()
  process.stdout.write('ready\n')
  await once(process.stdin, 'data')
  await Promise.all(Array.from({ length: connections }, line))
  process.stdout.write('done\n')
  process.exit(0)
}

interface Cost {
  readonly clockUs: number
  readonly cpuUs: number
}

/** The cost per record of what a sender makes this process do. */
async function receive(port: number, kind: Kind, form: Form): Promise<Cost> {
  const child = spawn(process.execPath, [import.meta.filename, 'send', String(port), kind, form], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  const cost = meter()
  child.stdin.write('go\n')
  await once(child.stdout, 'data')
  const measured = cost()
  await once(child, 'exit')
  return measured
}

function meter(): () => Cost {
  const cpu = process.cpuUsage()
  const start = performance.now()
  return () => {
    const clockUs = (performance.now() - start) * 1000
    const { user, system } = process.cpuUsage(cpu)
    const records = recordsPerRequest * requests
    return { clockUs: clockUs / records, cpuUs: (user + system) / records }
  }
}

async function desk(folder: string, kind: Kind, durable: boolean): Promise<Cost> {
  const options = { data: join(folder, 'desk'), httpPort: 0, grpcPort: 0, durable }
  const running = await startDesk(readSettings(deskSettings, { options, environment: {} }))
  const cost = await receive(running.ports.http, kind, 'protobuf')
  await running.stop()
  rmSync(options.data, { recursive: true })
  return cost
}

async function plainServer(folder: string, kind: Kind): Promise<Cost> {
  const file = join(folder, 'plain.jsonl')
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const parsed = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, Group[]>
      const groups = Object.values(parsed)[0] ?? []
      const lines = groups.flatMap((group) =>
        (group.scopeLogs ?? group.scopeSpans ?? []).flatMap(
          (scope) => scope.logRecords ?? scope.spans ?? [],
        ),
      )
      appendFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
      response.end('{}')
    })
  }).listen(0)
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const cost = await receive(port, kind, 'json')
  server.close()
  rmSync(file)
  return cost
}

interface Group {
  readonly scopeLogs?: readonly Group[]
  readonly scopeSpans?: readonly Group[]
  readonly logRecords?: readonly unknown[]
  readonly spans?: readonly unknown[]
}

function stringifyAndWrite(folder: string, kind: Kind): Promise<Cost> {
  const decode = kind === 'span' ? decodeTraces : decodeLogs
  const objects = decode(body(kind, 'protobuf')).map(
    (record) => JSON.parse(encodeLine(record)) as unknown,
  )
  const file = join(folder, 'stringify.jsonl')
  const fd = openSync(file, 'a')
  const cost = meter()
  for (let request = 0; request < requests; request += 1) {
    let text = ''
    for (const object of objects) text += `${JSON.stringify(object)}\n`
    writeSync(fd, text)
  }
  const measured = cost()
  closeSync(fd)
  rmSync(file)
  return Promise.resolve(measured)
}

async function measure(rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fillpath-bench-'))
  const ways: Readonly<Record<string, (kind: Kind) => Promise<Cost>>> = {
    desk: (kind) => desk(folder, kind, true),
    'desk, not durable': (kind) => desk(folder, kind, false),
    'plain server': (kind) => plainServer(folder, kind),
    'stringify + write': (kind) => stringifyAndWrite(folder, kind),
  }
  for (const kind of kinds) {
    const costs = new Map(Object.keys(ways).map((way) => [way, [] as Cost[]]))
    for (let round = 0; round < rounds; round += 1) {
      for (const [way, run] of Object.entries(ways)) costs.get(way)?.push(await run(kind))
    }
    const base = median(costs.get('stringify + write') ?? [])
    const plain = median(costs.get('plain server') ?? [])
    console.log(
      `\n${kind}, per record${' '.repeat(15)}clock      CPU   records/s   CPU : plain server   CPU : stringify`,
    )
    for (const [way, measured] of costs) {
      const { clockUs, cpuUs } = median(measured)
      console.log(
        `  ${way.padEnd(20)} ${clockUs.toFixed(2).padStart(8)} µs ${cpuUs.toFixed(2).padStart(7)} µs ${Math.round(
          1e6 / clockUs,
        )
          .toLocaleString('en')
          .padStart(
            11,
          )} ${(cpuUs / plain.cpuUs).toFixed(2).padStart(16)} × ${(cpuUs / base.cpuUs).toFixed(2).padStart(14)} ×`,
      )
    }
  }
  rmSync(folder, { recursive: true, force: true })
}

function median(costs: readonly Cost[]): Cost {
  const middle = (values: readonly number[]): number =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
  return {
    clockUs: middle(costs.map(({ clockUs }) => clockUs)),
    cpuUs: middle(costs.map(({ cpuUs }) => cpuUs)),
  }
}
