import { readFileSync } from 'node:fs'
import { TraceFlags } from '@opentelemetry/api'
import { ExportResultCode } from '@opentelemetry/core'
import type { ExportResult } from '@opentelemetry/core'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { BatchLogRecordProcessor, ConsoleLogRecordExporter } from '@opentelemetry/sdk-logs'
import type { LogRecordExporter, LogRecordProcessor } from '@opentelemetry/sdk-logs'
import { ConsoleMetricExporter, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, ConsoleSpanExporter } from '@opentelemetry/sdk-trace'
import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'
import type { Endpoint, Signal } from '../ship/endpoint.ts'
import { withinTime } from './deadline.ts'
import { Delivery } from './delivery.ts'
import type { Say } from './delivery.ts'
import type { Pipeline } from './pipeline.ts'
import type { Settings } from './settings.ts'

/*
 * The batch processors and OTLP/HTTP exporters of the SDK behind `Pipeline`: everything waits in memory, and what a
 * receiver that is away does not take within some ten seconds is lost. It is lost aloud: each record is counted as
 * delivered or dropped.
 *
 * The stock parts have faults that show in an outage; they are kept away from by the way they are used here:
 * - An exporter never reports failure to its processor: on failure the span processor starts one export more each
 *   time, and the log processor's flush stops for good.
 * - Flushes run one after the other: a second one beside the first returns at once, with nothing delivered.
 * - Queues are bounded here, where it is counted: the log processor drops silently.
 */

const queueMax = 20_480

type Done = (result: ExportResult) => void

/** A pipeline that holds records in memory and sends them with the SDK's own processors and exporters. */
export function stockPipeline(settings: Settings, say: Say): Pipeline {
  const { exporters, destination } = settings
  const delivery = new Delivery(destination.name, say)
  const logs = logExporter(settings, delivery)
  const spans = spanExporter(settings, delivery)
  const metrics = metricExporter(settings, delivery)
  const logProcessor = new BatchLogRecordProcessor({ exporter: logs, maxQueueSize: queueMax })
  const spanProcessor = new BatchSpanProcessor({
    exporter: spans,
    maxQueueSize: queueMax,
    scheduledDelayMillis: 1000,
  })
  const reader = new PeriodicExportingMetricReader({
    exporter: metrics,
    exportIntervalMillis: settings.metricIntervalMs,
    exportTimeoutMillis: settings.metricTimeoutMs,
  })
  let flushing: Promise<unknown> = Promise.resolve()
  const flushOnce = (): Promise<unknown> =>
    Promise.allSettled([
      logProcessor.forceFlush(),
      spanProcessor.forceFlush().then(() => spans.forceFlush?.()),
      reader.forceFlush(),
    ])
  const flushAll = (): Promise<unknown> => {
    flushing = flushing.then(flushOnce)
    return flushing
  }
  return {
    logRecordProcessor: boundedLogs(logProcessor, delivery, exporters.log !== 'none'),
    spanProcessor: boundedSpans(spanProcessor, delivery, exporters.span !== 'none'),
    metricReaders: exporters.metric === 'none' ? [] : [reader],
    isDurable: false,
    async flush(timeoutMs) {
      await withinTime(flushAll, timeoutMs)
    },
    async shutdown(timeoutMs) {
      const startMs = performance.now()
      await withinTime(flushAll, timeoutMs)
      await withinTime(
        () =>
          Promise.allSettled([
            logProcessor.shutdown(),
            spanProcessor.shutdown(),
            reader.shutdown(),
          ]),
        timeoutMs - (performance.now() - startMs),
      )
    },
    status: () => ({
      kind: 'memory',
      destinations: [{ name: destination.name, up: delivery.up }],
      counts: delivery.counts(),
    }),
  }
}

function boundedLogs(
  inner: LogRecordProcessor,
  delivery: Delivery,
  isWanted: boolean,
): LogRecordProcessor {
  return {
    onEmit(record, context) {
      if (!isWanted) return
      if (delivery.pending('log') >= queueMax) {
        delivery.dropFull('log')
        return
      }
      delivery.accept('log')
      inner.onEmit(record, context)
    },
    // The pipeline flushes and shuts down, once and in time; what the SDK's providers ask for beside that does nothing.
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}

function boundedSpans(
  inner: SpanProcessor,
  delivery: Delivery,
  isWanted: boolean,
): SpanProcessor {
  return {
    onStart: (span, context) => inner.onStart(span, context),
    onEnd(span) {
      if (!isWanted || (span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return
      if (delivery.pending('span') >= queueMax) {
        delivery.dropFull('span')
        return
      }
      delivery.accept('span')
      inner.onEnd(span)
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}

function logExporter({ exporters, destination }: Settings, delivery: Delivery): LogRecordExporter {
  const endpoint = destination.endpoints.log
  const inner =
    exporters.log === 'console' || !endpoint
      ? new ConsoleLogRecordExporter()
      : new OTLPLogExporter(exporterOptions(endpoint))
  return {
    export: watched(inner, 'log', delivery, records => records.length),
    forceFlush: () => inner.forceFlush(),
    shutdown: () => inner.shutdown(),
  }
}

function spanExporter({ exporters, destination }: Settings, delivery: Delivery): SpanExporter {
  const endpoint = destination.endpoints.span
  const inner: SpanExporter =
    exporters.span === 'console' || !endpoint
      ? new ConsoleSpanExporter()
      : new OTLPTraceExporter(exporterOptions(endpoint))
  return {
    export: watched(inner, 'span', delivery, spans => spans.length),
    forceFlush: async () => inner.forceFlush?.(),
    shutdown: () => inner.shutdown(),
  }
}

function metricExporter({ exporters, destination }: Settings, delivery: Delivery): PushMetricExporter {
  const endpoint = destination.endpoints.metric
  const inner: PushMetricExporter =
    exporters.metric === 'console' || !endpoint
      ? new ConsoleMetricExporter()
      : new OTLPMetricExporter(exporterOptions(endpoint))
  const send = watched(inner, 'metric', delivery, pointsOf)
  return {
    export(metrics, done) {
      for (let count = pointsOf(metrics); count > 0; count -= 1) delivery.accept('metric')
      send(metrics, done)
    },
    forceFlush: () => inner.forceFlush(),
    shutdown: () => inner.shutdown(),
    // No selectors: the SDK's defaults are cumulative sums and the bucket edges that the instruments advise.
  }
}

function pointsOf(metrics: ResourceMetrics): number {
  let count = 0
  for (const scope of metrics.scopeMetrics) {
    for (const metric of scope.metrics) count += metric.dataPoints.length
  }
  return count
}

/** An export function that counts what became of the items, and reports success whatever happened. */
function watched<Items>(
  inner: { export(items: Items, done: Done): void },
  signal: Signal,
  delivery: Delivery,
  countOf: (items: Items) => number,
): (items: Items, done: Done) => void {
  return (items, done) => {
    const count = countOf(items)
    let isAnswered = false
    const answer = (result: ExportResult): void => {
      if (isAnswered) return
      isAnswered = true
      if (result.code === ExportResultCode.SUCCESS) delivery.succeed(signal, count)
      else delivery.fail(signal, count, reasonOf(result.error))
      done({ code: ExportResultCode.SUCCESS })
    }
    try {
      inner.export(items, answer)
    } catch (error) {
      answer({ code: ExportResultCode.FAILED, error: toError(error) })
    }
  }
}

function reasonOf(error: Error | undefined): string {
  if (!error) return 'no reason given'
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : ''
  const code = 'code' in error && error.code !== undefined ? ` (${String(error.code)})` : ''
  return (error.message || error.name) + cause + code
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

type ExporterOptions = NonNullable<ConstructorParameters<typeof OTLPLogExporter>[0]>

function exporterOptions(endpoint: Endpoint): ExporterOptions {
  const { url, headers, timeoutMs, compression, tls } = endpoint
  const options = { url, headers: { ...headers }, timeoutMillis: timeoutMs, compression }
  const files = {
    ...(tls.caFile !== undefined && { ca: readFileSync(tls.caFile) }),
    ...(tls.certFile !== undefined && { cert: readFileSync(tls.certFile) }),
    ...(tls.keyFile !== undefined && { key: readFileSync(tls.keyFile) }),
  }
  // Its type names the compression as an enum of two members, whose values are these two words.
  return { ...options, httpAgentOptions: { keepAlive: true, ...files } } as ExporterOptions
}
