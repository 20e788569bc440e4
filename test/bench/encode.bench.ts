/**
 * What it costs to encode one record, beside its rivals in the same run: `node test/bench/encode.bench.ts`
 *
 * Rounds of all candidates are interleaved, so that whatever else the machine does hits all of them; the median of the rounds
 * counts. Only the ratios mean something on another machine.
 */
import { ROOT_CONTEXT, SeverityNumber, trace } from '@opentelemetry/api'
import {
  JsonLogsSerializer,
  ProtobufLogsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer'
import { LoggerProvider } from '@opentelemetry/sdk-logs'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { encodeLog, logAttributeTag } from '../../src/wire/encode/log.ts'
import { RecordIds } from '../../src/wire/encode/record-id.ts'
import { Origins } from '../../src/wire/encode/origins.ts'
import { encodeSpan } from '../../src/wire/encode/span.ts'
import { GrowingBuffer } from '../../src/wire/encode/target.ts'
import { decodeLine, encodeLine } from '../../src/wire/line.ts'
import { decodeLogs } from '../../src/wire/otlp-protobuf.ts'

const records = 2000
const rounds = 41

const logs: ReadableLogRecord[] = []
const spans: ReadableSpan[] = []
const settled = Promise.resolve()

const logger = new LoggerProvider({
  processors: [
    { onEmit: (log) => void logs.push(log), forceFlush: () => settled, shutdown: () => settled },
  ],
}).getLogger('strategy.atr', '1.2.0')
const tracer = new TracerProvider({
  spanProcessors: [
    {
      onStart: () => {},
      onEnd: (span) => void spans.push(span),
      forceFlush: () => settled,
      shutdown: () => settled,
    },
  ],
}).getTracer('strategy.atr', '1.2.0')
const context = trace.setSpanContext(ROOT_CONTEXT, {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: 1,
})

const objects = Array.from({ length: records }, (_, index) => ({
  timestamp: new Date().toISOString(),
  level: 'info',
  event: 'trading.order.filled',
  message: 'filled 0.010 at 43210.00',
  trace_id: '0af7651916cd43dd8448eb211c80319c',
  span_id: 'b7ad6b7169203331',
  data: {
    'trading.task.id': 'abc123',
    'trading.sequence': index,
    'trading.venue': 'binance',
    'trading.symbol': 'BTC/USDT',
    'trading.price': `${43_210 + (index % 100)}.50`,
    'trading.price_num': 43_210.5 + (index % 100),
    'trading.quantity': '0.010',
    'trading.side': 'buy',
    'trading.liquidity': 'maker',
    'trading.reduce_only': false,
  },
}))

for (const { data, message, event } of objects) {
  logger.emit({
    severityNumber: SeverityNumber.INFO,
    severityText: 'info',
    eventName: event,
    body: message,
    attributes: data,
    context,
  })
  tracer.startSpan('order', { attributes: data }, context).end()
}

const target = new GrowingBuffer(1 << 20)
const ids = new RecordIds('5f2a9c01-00000003-')
const origins = new Origins()
const request = ProtobufLogsSerializer.serializeRequest(logs) ?? new Uint8Array(0)
const decoded = decodeLogs(request)
const lines = decoded.map(encodeLine)

const candidates: Readonly<Record<string, () => unknown>> = {
  'JSON.stringify of the event': () => {
    for (const object of objects) JSON.stringify(object)
  },
  'encodeLog, with origin and record id': () => {
    for (const log of logs) {
      target.position = 0
      origins.idOf(log.resource, log.instrumentationScope)
      encodeLog(target, log)
      ids.write(target, logAttributeTag, 1042)
    }
  },
  'official protobuf, log': () => ProtobufLogsSerializer.serializeRequest(logs),
  'official JSON, log': () => JsonLogsSerializer.serializeRequest(logs),
  encodeSpan: () => {
    for (const span of spans) {
      target.position = 0
      encodeSpan(target, span)
    }
  },
  'official protobuf, span': () => ProtobufTraceSerializer.serializeRequest(spans),
  'decodeLogs (protobuf)': () => decodeLogs(request),
  encodeLine: () => {
    for (const record of decoded) encodeLine(record)
  },
  decodeLine: () => {
    for (const line of lines) decodeLine(line)
  },
  'JSON.parse of the line': () => {
    for (const line of lines) JSON.parse(line)
  },
}

const times = new Map<string, number[]>(Object.keys(candidates).map((name) => [name, []]))
for (let round = -5; round < rounds; round++) {
  for (const [name, run] of Object.entries(candidates)) {
    const start = process.hrtime.bigint()
    run()
    const ns = Number(process.hrtime.bigint() - start) / records
    // The first rounds are for the compiler.
    if (round >= 0) times.get(name)?.push(ns)
  }
}

const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[values.length >> 1] ?? Number.NaN
const reference = median(times.get('JSON.stringify of the event') ?? [])

console.log(`record with 10 attributes, Node ${process.version}, median of ${rounds} rounds`)
console.log(`${'what'.padEnd(40)}${'ns'.padStart(8)}${'× JSON.stringify'.padStart(20)}`)
for (const [name, values] of times) {
  const ns = median(values)
  console.log(
    `${name.padEnd(40)}${ns.toFixed(0).padStart(8)}${(ns / reference).toFixed(2).padStart(20)}`,
  )
}
const of = (one: string, other: string): string =>
  (median(times.get(one) ?? []) / median(times.get(other) ?? [])).toFixed(2)
const log = 'encodeLog, with origin and record id'
console.log(`encode a log record : JSON.stringify, ratio ${of(log, 'JSON.stringify of the event')}`)
console.log(`encode a log record : official serializer, ratio ${of(log, 'official protobuf, log')}`)
console.log(
  `encode a span : official serializer, ratio ${of('encodeSpan', 'official protobuf, span')}`,
)
