// What a log line, an event and a span cost, against winston with the official transport and the stock SDK.
// Run: node test/bench/log.bench.ts [rounds]
//
// Every case runs in a fresh process, rounds interleaved, records encoded as OTLP protobuf in batches and thrown away:
// nothing but the way from the call to the bytes. CPU time of the whole process, 64 calls a turn of the event loop.
import { spawnSync } from 'node:child_process'
import { SeverityNumber, logs, trace } from '@opentelemetry/api'
import { logs as olderLogs } from '@opentelemetry/api-logs'
import { ExportResultCode } from '@opentelemetry/core'
import { ProtobufLogsSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import type { LogRecordExporter } from '@opentelemetry/sdk-logs'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { SpanExporter } from '@opentelemetry/sdk-trace'
import { OpenTelemetryTransportV3 } from '@opentelemetry/winston-transport'
import winston from 'winston'
import { startOn } from '../../src/probe/telemetry/start.ts'
import { noPipeline } from '../../src/probe/telemetry/pipeline.ts'

const callsPerTurn = 64
const warmUp = 30_000
const calls = 150_000

const fields = {
  symbol: 'BTC/USDT',
  venue: 'binance',
  side: 'buy',
  price: '43210.50',
  quantity: '0.010',
  atr: 312.4,
  velocity: 0.008,
  attempt: 2,
  passed: true,
  orderId: '8812345678',
}
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

let bytes = 0
const logExporter: LogRecordExporter = {
  export(records, done) {
    bytes += ProtobufLogsSerializer.serializeRequest(records)?.length ?? 0
    done({ code: ExportResultCode.SUCCESS })
  },
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
}
const spanExporter: SpanExporter = {
  export(spans, done) {
    bytes += ProtobufTraceSerializer.serializeRequest(spans)?.length ?? 0
    done({ code: ExportResultCode.SUCCESS })
  },
  shutdown: () => Promise.resolve(),
}
const logBatches = () =>
  new BatchLogRecordProcessor({ exporter: logExporter, maxQueueSize: 65_536 })
const spanBatches = () => new BatchSpanProcessor({ exporter: spanExporter, maxQueueSize: 65_536 })

function stock(): void {
  const provider = new LoggerProvider({ processors: [logBatches()] })
  logs.setGlobalLoggerProvider(provider)
  olderLogs.setGlobalLoggerProvider(provider)
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [spanBatches()] }))
}

function ours() {
  const pipeline = {
    ...noPipeline,
    logRecordProcessor: logBatches(),
    spanProcessor: spanBatches(),
  }
  return startOn(() => pipeline, { console: false, exitHooks: false, serviceName: 'bench' })
}

function stockWinston() {
  stock()
  return winston.createLogger({ transports: [new OpenTelemetryTransportV3()] })
}

const cases: Record<string, () => Promise<() => void> | (() => void)> = {
  'info stock'() {
    const log = stockWinston()
    return () => log.info('volatility is high enough', fields)
  },
  async 'info ours'() {
    const log = (await ours()).logger('strategy.atr')
    return () => log.info('volatility is high enough', fields)
  },
  'disabled stock'() {
    const log = stockWinston()
    return () => log.debug('volatility is high enough', fields)
  },
  async 'disabled ours'() {
    const { logger, setLogLevel } = await ours()
    setLogLevel('otel', 'info')
    const log = logger('strategy.atr')
    return () => log.debug('volatility is high enough', fields)
  },
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
  async 'event ours'() {
    const { events } = await ours()
    return () => events.orderFilled(filled)
  },
  'span stock'() {
    stock()
    const tracer = trace.getTracer('bot')
    return () => tracer.startSpan('order').setAttributes(filled).end()
  },
  async 'span ours'() {
    const { tracer } = await ours()
    return () => tracer.startSpan('order').setAttributes(filled).end()
  },
}

async function run(call: () => void, count: number): Promise<number> {
  const start = process.cpuUsage()
  for (let done = 0; done < count; done += callsPerTurn) {
    for (let index = 0; index < callsPerTurn; index += 1) call()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { user, system } = process.cpuUsage(start)
  return ((user + system) * 1000) / count
}

const [, , argument = '5'] = process.argv
const chosen = cases[argument]
if (chosen) {
  const call = await chosen()
  await run(call, warmUp)
  console.log(JSON.stringify({ ns: await run(call, calls), bytes }))
  process.exit(0)
}

const results = new Map<string, number[]>()
for (let round = 0; round < Number(argument); round += 1) {
  for (const name of Object.keys(cases)) {
    const { stdout, stderr } = spawnSync(process.execPath, [import.meta.filename, name], {
      encoding: 'utf8',
    })
    if (stdout === '') throw new Error(stderr)
    const { ns } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
    results.set(name, [...(results.get(name) ?? []), ns])
  }
}
const median = (name: string): number => {
  const sorted = (results.get(name) ?? []).toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
for (const kind of ['info', 'disabled', 'event', 'span']) {
  const [stockNs, oursNs] = [median(`${kind} stock`), median(`${kind} ours`)]
  const ratio = (oursNs / stockNs).toFixed(2)
  console.log(
    `${kind.padEnd(9)} stock ${stockNs.toFixed(0)} ns  ours ${oursNs.toFixed(0)} ns  ratio ${ratio}`,
  )
}
