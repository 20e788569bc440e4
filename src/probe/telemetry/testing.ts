import type { Attributes, HrTime } from '@opentelemetry/api'
import { isSpanContextValid } from '@opentelemetry/api'
import type { ReadableLogRecord, ReadWriteLogRecord } from '@opentelemetry/sdk-logs'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { Pipeline, SignalCount } from './pipeline.ts'
import type { StartOptions } from './settings.ts'
import { startOn } from './start.ts'
import type { Telemetry } from './telemetry.ts'

/** One log record or event, as it would be sent. */
export interface RecordedLog {
  readonly time: HrTime
  readonly level: string
  readonly severity: number
  readonly module: string
  /** '' for a line that is no event. */
  readonly event: string
  readonly message: string
  readonly attributes: Attributes
  /** '' where there was no span and no correlation id. */
  readonly traceId: string
  readonly spanId: string
}

/** One value of a metric with its labels. A histogram's value is the sum; `count` says of how many. */
export interface RecordedMetric {
  readonly name: string
  readonly unit: string
  readonly labels: Attributes
  readonly value: number
  readonly count?: number
}

/** Telemetry whose records stay in memory, for the tests of a bot. */
export interface Recording extends Telemetry {
  /** Log records and events so far, without secrets. */
  logs(): readonly RecordedLog[]
  /** Those of one event. */
  eventsNamed(name: string): readonly RecordedLog[]
  /** Spans that have ended. */
  spans(): readonly ReadableSpan[]
  /** The values of all metrics, now. */
  metrics(): Promise<readonly RecordedMetric[]>
  /** Forgets logs and spans. */
  clear(): void
}

/**
 * {@link start} for tests: nothing is sent or printed, everything can be looked at.
 * @param options as for `start`; console and exit hooks are off unless asked for
 * @example
 * await using telemetry = await startRecording()
 * await bot.onTick(tick)
 * expect(telemetry.eventsNamed('trading.order.filled')).toHaveLength(1)
 */
export async function startRecording(options: StartOptions = {}): Promise<Recording> {
  const logs: RecordedLog[] = []
  const spans: ReadableSpan[] = []
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  // Collected when asked for; the interval only has to be longer than any test.
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 31 - 1 })
  const done = (): Promise<void> => Promise.resolve()
  const pipeline: Pipeline = {
    logRecordProcessor: {
      onEmit: (record) => void logs.push(recorded(record)),
      forceFlush: done,
      shutdown: done,
    },
    spanProcessor: {
      onStart: () => undefined,
      onEnd: (span) => void spans.push(span),
      forceFlush: done,
      shutdown: done,
    },
    metricReaders: [reader],
    isDurable: true,
    flushNow: () => undefined,
    durable: () => Promise.resolve(),
    flush: done,
    shutdown: done,
    status: () => ({
      kind: 'memory',
      destinations: [],
      counts: { log: kept(logs.length), span: kept(spans.length), metric: kept(0) },
    }),
  }
  const telemetry = await startOn(() => pipeline, { console: false, exitHooks: false, ...options })
  return {
    ...telemetry,
    logs: () => logs.slice(),
    eventsNamed: (name) => logs.filter(({ event }) => event === name),
    spans: () => spans.slice(),
    async metrics() {
      exporter.reset()
      await reader.forceFlush()
      return valuesOf(exporter)
    },
    clear() {
      logs.length = 0
      spans.length = 0
    },
  }
}

function kept(count: number): SignalCount {
  return { accepted: count, delivered: count, dropped: 0 }
}

function recorded(record: ReadWriteLogRecord & ReadableLogRecord): RecordedLog {
  const { spanContext, body } = record
  return {
    time: record.hrTime,
    level: record.severityText ?? '',
    severity: record.severityNumber ?? 0,
    module: record.instrumentationScope.name,
    event: record.eventName ?? '',
    message: typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body),
    attributes: record.attributes,
    traceId: spanContext?.traceId ?? '',
    spanId: spanContext && isSpanContextValid(spanContext) ? spanContext.spanId : '',
  }
}

function valuesOf(exporter: InMemoryMetricExporter): RecordedMetric[] {
  const values: RecordedMetric[] = []
  for (const { scopeMetrics } of exporter.getMetrics().slice(-1)) {
    for (const { metrics } of scopeMetrics) {
      for (const { descriptor, dataPoints } of metrics) {
        for (const { value, attributes } of dataPoints) {
          const { name, unit } = descriptor
          const base = { name, unit, labels: attributes }
          if (typeof value === 'number') values.push({ ...base, value })
          else values.push({ ...base, value: value.sum ?? 0, count: value.count })
        }
      }
    }
  }
  return values
}
