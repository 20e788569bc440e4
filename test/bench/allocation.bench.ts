/**
 * What an event, a log line and a span allocate on the heap, beside the stock SDK: `node test/bench/allocation.bench.ts`
 *
 * Each case in a fresh process whose young generation takes all of it, so that nothing is collected while it is measured:
 * the heap after, minus the heap before, for each call. The calls are those of log.bench.ts; fillpath writes to a spool on
 * disk, the stock SDK keeps batches in memory until they are encoded and thrown away.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SeverityNumber, logs, trace } from '@opentelemetry/api'
import { logs as olderLogs } from '@opentelemetry/api-logs'
import { ExportResultCode } from '@opentelemetry/core'
import { ProtobufLogsSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { OpenTelemetryTransportV3 } from '@opentelemetry/winston-transport'
import winston from 'winston'
import { start } from '../../src/index.ts'

const callsPerTurn = 64
const warmUp = 64 * 400
const calls = 64 * 100

const filled = {
  'trading.symbol': 'BTC/USDT',
  'trading.venue': 'binance',
  'trading.order.side': 'buy',
  'trading.order.price': '43210.50',
  'trading.order.quantity': '0.010',
  'trading.order.id': '8812345678',
  'trading.order.client_id': 'c-1',
  'trading.fill.id': 'f1',
  'trading.fill.price': '43210.00',
  'trading.fill.quantity': '0.010',
} as const
const fields = { symbol: 'BTC/USDT', venue: 'binance', side: 'buy', price: '43210.50', atr: 312.4 }

function stock(): void {
  const done = { code: ExportResultCode.SUCCESS }
  const settled = (): Promise<void> => Promise.resolve()
  const logProcessor = new BatchLogRecordProcessor({
    maxQueueSize: 65_536,
    exporter: {
      export(records, callback) {
        ProtobufLogsSerializer.serializeRequest(records)
        callback(done)
      },
      forceFlush: settled,
      shutdown: settled,
    },
  })
  const spanProcessor = new BatchSpanProcessor({
    maxQueueSize: 65_536,
    exporter: {
      export(spans, callback) {
        ProtobufTraceSerializer.serializeRequest(spans)
        callback(done)
      },
      shutdown: settled,
    },
  })
  const provider = new LoggerProvider({ processors: [logProcessor] })
  logs.setGlobalLoggerProvider(provider)
  olderLogs.setGlobalLoggerProvider(provider)
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [spanProcessor] }))
}

const ours = (folder: string) =>
  start({
    serviceName: 'bench',
    destination: 'http://127.0.0.1:9',
    console: false,
    exitHooks: false,
    spool: { folder },
  })

type Case = (folder: string) => Promise<() => unknown> | (() => unknown)

const cases: Readonly<Record<string, Case>> = {
  'event stock'() {
    stock()
    const log = logs.getLogger('bot')
    return () =>
      log.emit({
        eventName: 'trading.order.filled',
        severityNumber: SeverityNumber.INFO,
        severityText: 'info',
        body: 'The order was filled completely.',
        attributes: filled,
      })
  },
  async 'event ours'(folder) {
    const { events } = await ours(folder)
    return () => events.orderFilled(filled)
  },
  'line stock'() {
    stock()
    const log = winston.createLogger({ transports: [new OpenTelemetryTransportV3()] })
    return () => log.info('volatility is high enough', fields)
  },
  async 'line ours'(folder) {
    const log = (await ours(folder)).logger('strategy.atr')
    return () => log.info('volatility is high enough', fields)
  },
  'span stock'() {
    stock()
    const tracer = trace.getTracer('bot')
    return () => tracer.startSpan('order').setAttributes(filled).end()
  },
  async 'span ours'(folder) {
    const { tracer } = await ours(folder)
    return () => tracer.startSpan('order').setAttributes(filled).end()
  },
}

async function run(call: () => unknown, count: number): Promise<void> {
  for (let done = 0; done < count; done += callsPerTurn) {
    for (let index = 0; index < callsPerTurn; index += 1) call()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const [, , name, folder = ''] = process.argv
const chosen = name === undefined ? undefined : cases[name]
if (chosen) {
  const call = await chosen(folder)
  await run(call, warmUp)
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  await run(call, calls)
  console.log((process.memoryUsage().heapUsed - before) / calls)
  process.exit(0)
}
const rounds = Number(name ?? 3)
const bytes = new Map<string, number[]>()
for (let round = 0; round < rounds; round += 1) {
  for (const each of Object.keys(cases)) {
    const own = mkdtempSync(join(tmpdir(), 'fillpath-bench-'))
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        '--expose-gc',
        '--max-semi-space-size=256',
        '--min-semi-space-size=256',
        import.meta.filename,
        each,
        own,
      ],
      { encoding: 'utf8' },
    )
    rmSync(own, { recursive: true, force: true })
    if (stdout === '') throw new Error(stderr)
    bytes.set(each, [...(bytes.get(each) ?? []), Number(stdout.trim().split('\n').at(-1))])
  }
}
const median = (each: string): number =>
  (bytes.get(each) ?? []).toSorted((a, b) => a - b)[rounds >> 1] ?? Number.NaN
for (const kind of ['event', 'line', 'span']) {
  const [rival, own] = [median(`${kind} stock`), median(`${kind} ours`)]
  console.log(
    `${kind.padEnd(6)} stock ${rival.toFixed(0).padStart(6)} bytes  ours ${own.toFixed(0).padStart(6)} bytes  ratio ${(own / rival).toFixed(2)}`,
  )
}
