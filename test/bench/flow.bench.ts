/**
 * What a whole flow costs the bot's own thread: `node test/bench/flow.bench.ts [rounds]`
 *
 * One flow: signal, entry order (submitted, accepted, filled with fee), hedge, its order (submitted, filled), position
 * opened and closed.
 * - fillpath: through the flow API, into the spool on disk, with nobody listening at the receiver's port
 * - stock: the very calls that this flow makes on the OpenTelemetry API, recorded once and played again on the stock SDK
 *   (batch processors, OTLP protobuf, all in memory, thrown away): no reckoning, no redaction, no disk
 *
 * Each in a fresh process, rounds interleaved. CPU time of the thread, 16 flows a turn of the event loop.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT_CONTEXT, context, logs, metrics, trace } from '@opentelemetry/api'
import type { Attributes, Context, Logger, Meter, Span, Tracer } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { ExportResultCode } from '@opentelemetry/core'
import { ProtobufLogsSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { createFlows } from '../../src/probe/flow/flows.ts'
import type { Flows } from '../../src/probe/flow/handles/flows.ts'
import { start } from '../../src/probe/telemetry/start.ts'

const flowsPerTurn = 16
const warmUp = 4000
const count = 6000
const fill = { ns: 0, count: 0 }

let number = 0

/** The flow that is measured. */
function runFlow(flows: Flows): void {
  number += 1
  const signal = flows.signal({
    symbol: 'BTC/USDT',
    strategy: 'atr',
    side: 'buy',
    decisionPrice: '43210.50',
  })
  const order = signal.order({
    venue: 'binance',
    side: 'buy',
    type: 'limit',
    quantity: '0.010',
    price: '43210.00',
  })
  order.submitted()
  order.accepted({ orderId: String(8_812_345_678 + number) })
  const before = process.hrtime.bigint()
  order.filled({
    execId: `f${number}`,
    price: '43210.00',
    quantity: '0.010',
    liquidity: 'maker',
    fee: '0.43',
    feeCurrency: 'USDT',
  })
  fill.ns += Number(process.hrtime.bigint() - before)
  fill.count += 1
  const hedge = signal.hedge({ venue: 'okx', quantity: '0.010' })
  const cover = hedge.order({ side: 'sell', type: 'market', quantity: '0.010' })
  cover.submitted()
  cover.filled({
    execId: `g${number}`,
    price: '43209.10',
    quantity: '0.010',
    liquidity: 'taker',
    fee: '0.86',
    feeCurrency: 'USDT',
  })
  signal.opened({ positionId: `p${number}` }).closed({ exitPrice: '43220.00' })
}

/** A call on the OpenTelemetry API, to be made again. Spans are known by their number. */
type Call = (spans: Span[]) => void

type SpanMethod = 'setAttribute' | 'setAttributes' | 'addEvent' | 'addLink' | 'setStatus' | 'end'

/** What a flow calls on the API, and how often it calls what. */
class Recording {
  readonly calls: Call[] = []
  readonly counts = { spans: 0, spanEvents: 0, logs: 0, measurements: 0 }
  readonly #numbers = new Map<string, number>()

  start(): void {
    trace.setGlobalTracerProvider({ getTracer: () => this.#tracer() as unknown as Tracer })
    logs.setGlobalLoggerProvider({ getLogger: () => this.#logger() as unknown as Logger })
    metrics.setGlobalMeterProvider({ getMeter: () => this.#meter() as unknown as Meter })
  }

  stop(): void {
    trace.disable()
    logs.disable()
    metrics.disable()
  }

  #tracer(): Pick<Tracer, 'startSpan'> {
    return {
      startSpan: (name, { kind, attributes } = {}, given) => {
        const number = this.counts.spans++
        const spanId = (number + 1).toString(16).padStart(16, '0')
        this.#numbers.set(spanId, number)
        const within = this.#context(given)
        const options = { ...(kind && { kind }), ...(attributes && { attributes }) }
        this.calls.push((spans) => {
          spans[number] = trace.getTracer('bot').startSpan(name, options, within(spans))
        })
        return this.#span(number, spanId) as unknown as Span
      },
    }
  }

  #span(number: number, spanId: string): Record<string, unknown> {
    const method = (name: SpanMethod) => [
      name,
      (...given: unknown[]): void => {
        if (name === 'addEvent') this.counts.spanEvents += 1
        // Without times: those of the replay hold.
        const kept = name === 'end' ? [] : given.slice(0, 2)
        this.calls.push((spans) => {
          const span = spans[number]
          if (span) Reflect.apply(span[name], span, kept)
        })
      },
    ]
    const names = [
      'setAttribute',
      'setAttributes',
      'addEvent',
      'addLink',
      'setStatus',
      'end',
    ] as const
    return {
      ...Object.fromEntries(names.map(method)),
      spanContext: () => ({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId, traceFlags: 1 }),
      isRecording: () => true,
    }
  }

  #logger(): Pick<Logger, 'emit'> {
    return {
      emit: ({ context: given, ...record }) => {
        // Without its time: that of the replay holds.
        delete record.timestamp
        this.counts.logs += 1
        const within = this.#context(given)
        this.calls.push((spans) =>
          logs.getLogger('bot').emit({ ...record, context: within(spans) }),
        )
      },
    }
  }

  #meter(): Record<string, unknown> {
    const create =
      (kind: 'createCounter' | 'createUpDownCounter' | 'createHistogram' | 'createGauge') =>
      (name: string, options: object): unknown => {
        let made: { add?: unknown; record?: unknown } | undefined
        const again = (method: 'add' | 'record') => (value: number, labels: Attributes) => {
          this.counts.measurements += 1
          this.calls.push(() => {
            made ??= metrics.getMeter('bot')[kind](name, options)
            Reflect.apply(made[method] as () => void, made, [value, labels])
          })
        }
        return { add: again('add'), record: again('record') }
      }
    return {
      createCounter: create('createCounter'),
      createUpDownCounter: create('createUpDownCounter'),
      createHistogram: create('createHistogram'),
      createGauge: create('createGauge'),
    }
  }

  /** The context that a call was made in, with the span of the replay in place of the recorded one. */
  #context(given: Context | undefined): (spans: readonly Span[]) => Context {
    const spanId = trace.getSpanContext(given ?? context.active())?.spanId ?? ''
    const number = this.#numbers.get(spanId)
    return (spans) => {
      const span = number === undefined ? undefined : spans[number]
      return span ? trace.setSpan(ROOT_CONTEXT, span) : ROOT_CONTEXT
    }
  }
}

function stock(): () => void {
  const recording = new Recording()
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  recording.start()
  const flows = createFlows({})
  // Instruments are made, and counters set to 0, with the first flow.
  runFlow(flows)
  recording.calls.length = 0
  for (const key of ['spans', 'spanEvents', 'logs', 'measurements'] as const)
    recording.counts[key] = 0
  runFlow(flows)
  recording.stop()
  console.error(JSON.stringify(recording.counts))

  let bytes = 0
  const done = { code: ExportResultCode.SUCCESS }
  const settled = (): Promise<void> => Promise.resolve()
  const spanProcessor = new BatchSpanProcessor({
    maxQueueSize: 65_536,
    exporter: {
      export(spans, callback) {
        bytes += ProtobufTraceSerializer.serializeRequest(spans)?.length ?? 0
        callback(done)
      },
      shutdown: settled,
    },
  })
  const logProcessor = new BatchLogRecordProcessor({
    maxQueueSize: 65_536,
    exporter: {
      export(records, callback) {
        bytes += ProtobufLogsSerializer.serializeRequest(records)?.length ?? 0
        callback(done)
      },
      forceFlush: settled,
      shutdown: settled,
    },
  })
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [spanProcessor] }))
  logs.setGlobalLoggerProvider(new LoggerProvider({ processors: [logProcessor] }))
  metrics.setGlobalMeterProvider(
    new MeterProvider({
      readers: [
        new PeriodicExportingMetricReader({
          exporter: new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE),
        }),
      ],
    }),
  )
  return () => {
    const spans: Span[] = []
    for (const call of recording.calls) call(spans)
  }
}

async function fillpath(folder: string): Promise<() => void> {
  const { flows } = await start({
    serviceName: 'bench',
    console: false,
    exitHooks: false,
    spool: { folder },
  })
  return () => runFlow(flows)
}

async function run(flow: () => void, count: number): Promise<number> {
  const before = process.threadCpuUsage()
  for (let done = 0; done < count; done += flowsPerTurn) {
    for (let index = 0; index < flowsPerTurn; index += 1) flow()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / count
}

const [, , argument = '5', folder = ''] = process.argv
if (argument === 'stock' || argument === 'fillpath') {
  const flow = argument === 'stock' ? stock() : await fillpath(folder)
  await run(flow, warmUp)
  fill.ns = fill.count = 0
  const us = await run(flow, count)
  console.log(JSON.stringify({ us, fillUs: fill.ns / fill.count / 1000 }))
  process.exit(0)
}

const results: Record<'stock' | 'fillpath' | 'fill', number[]> = {
  stock: [],
  fillpath: [],
  fill: [],
}
let counts = ''
for (let round = 0; round < Number(argument); round += 1) {
  for (const way of ['stock', 'fillpath'] as const) {
    const own = mkdtempSync(join(tmpdir(), 'fillpath-bench-'))
    const { stdout, stderr } = spawnSync(process.execPath, [import.meta.filename, way, own], {
      encoding: 'utf8',
      // Nobody listens there: what is measured is the way into the spool.
      env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
    })
    rmSync(own, { recursive: true, force: true })
    if (stdout === '') throw new Error(stderr)
    if (way === 'stock') counts = stderr.trim()
    const { us, fillUs }: { us: number; fillUs: number } = JSON.parse(stdout)
    results[way].push(us)
    if (way === 'fillpath') results.fill.push(fillUs)
  }
}
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const [stockUs, ours, fillUs] = [results.stock, results.fillpath, results.fill].map(median)
console.log(`a flow makes ${counts}`)
console.log(
  `flow: stock ${stockUs?.toFixed(0)} µs  ours ${ours?.toFixed(0)} µs  ratio ${((ours ?? 0) / (stockUs ?? 1)).toFixed(2)}  (fill alone ${fillUs?.toFixed(1)} µs)`,
)
