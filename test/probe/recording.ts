import { context, logs, metrics, trace } from '@opentelemetry/api'
import type { HrTime } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import type { MetricData } from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { IdGenerator, ReadableSpan } from '@opentelemetry/sdk-trace'
import { randomSpanId, randomTraceId } from '../../src/base/ids.ts'
import { traceIdFromContext } from '../../src/probe/flow/trace-id.ts'

/** The real SDK with exporters in memory, registered in the globals. */

class Reader extends MetricReader {
  protected async onForceFlush(): Promise<void> {}
  protected async onShutdown(): Promise<void> {}
}

const ids: IdGenerator = {
  generateTraceId: () => traceIdFromContext() ?? randomTraceId(),
  generateSpanId: randomSpanId,
}

/** What was recorded since `record()`. */
export interface Recording {
  /** Finished spans, by name when given. */
  spans(name?: string): ReadableSpan[]
  /** Records, by event name when given. */
  records(eventName?: string): ReadableLogRecord[]
  /** Event names in order. */
  events(): string[]
  /** Attributes of the last record with this event name. */
  last(eventName: string): Record<string, unknown>
  /** Points of a metric: labels and value (sum, gauge) or count and sum (histogram). */
  points(name: string): Promise<Point[]>
  metric(name: string): Promise<MetricData | undefined>
}

export interface Point {
  readonly labels: Record<string, unknown>
  readonly value: unknown
}

/** Registers fresh providers. @param options.foreign an SDK whose id generator does not know of wished trace ids */
export function record(
  options: { readonly foreign?: boolean; readonly later?: boolean } = {},
): Recording & {
  /** Registers the providers, when `later` was asked for. */
  register(): void
} {
  for (const api of [context, trace, logs, metrics]) api.disable()
  const spanExporter = new InMemorySpanExporter()
  const logExporter = new InMemoryLogRecordExporter()
  const reader = new Reader()
  const register = (): void => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    trace.setGlobalTracerProvider(
      new TracerProvider({
        spanProcessors: [new SimpleSpanProcessor({ exporter: spanExporter })],
        ...(!options.foreign && { idGenerator: ids }),
      }),
    )
    logs.setGlobalLoggerProvider(
      new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: logExporter })] }),
    )
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
  }
  if (!options.later) register()
  const records = (eventName?: string): ReadableLogRecord[] =>
    logExporter
      .getFinishedLogRecords()
      .filter((entry) => eventName === undefined || entry.eventName === eventName)
  const metric = async (name: string): Promise<MetricData | undefined> => {
    const { resourceMetrics } = await reader.collect()
    return resourceMetrics.scopeMetrics
      .flatMap((scope) => scope.metrics)
      .find((data) => data.descriptor.name === name)
  }
  return {
    register,
    records,
    metric,
    spans: (name) =>
      spanExporter.getFinishedSpans().filter((span) => name === undefined || span.name === name),
    events: () => records().map((entry) => entry.eventName ?? ''),
    last: (eventName) => records(eventName).at(-1)?.attributes ?? {},
    points: async (name) =>
      ((await metric(name))?.dataPoints ?? []).map(({ attributes, value }) => ({
        labels: attributes,
        value: plain(value),
      })),
  }
}

function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('count' in value)) return value
  return { count: value.count, sum: 'sum' in value ? value.sum : undefined }
}

/** Nanoseconds of an OpenTelemetry time. */
export function nanoseconds([seconds, rest]: HrTime): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(rest)
}
