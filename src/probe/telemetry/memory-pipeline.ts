import { TraceFlags } from '@opentelemetry/api'
import {
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer'
import {
  BatchLogRecordProcessor,
  ConsoleLogRecordExporter,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs'
import type { LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { ConsoleMetricExporter, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import type { IMetricReader, ResourceMetrics } from '@opentelemetry/sdk-metrics'
import {
  BatchSpanProcessor,
  ConsoleSpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { FillpathError } from '../../semconv/error.ts'
import { withinTime } from './deadline.ts'
import { Delivery } from './delivery.ts'
import type { Say } from './delivery.ts'
import { MemoryExporter } from './exporter.ts'
import type { Pipeline } from './pipeline.ts'
import type { Settings } from './settings.ts'

/*
 * The SDK's batch processors and OTLP encoding behind `Pipeline`, for processes without a spool: what the receiver has
 * not taken waits in memory and dies with the process. It is lost aloud: each record is counted as delivered or
 * dropped.
 *
 * The stock parts have faults that show in an outage; they are kept away from by the way they are used:
 * - Exporters never report failure: the span processor would start one export more each time, and the log
 *   processor's flush would stop for good.
 * - Flushes run one after the other: a second one beside the first returns at once, with nothing delivered.
 * - Queues are bounded here, where it is counted: the log processor drops in silence.
 */

/** Records of one signal that may wait. */
const waitingMax = 20_480
/** A batch is given up by the exporter, never by the processor around it. */
const never = 2 ** 31 - 1

interface Way<Processor> {
  readonly processor: Processor
  flush(): Promise<unknown>
  /** Stops at once. */
  close(): Promise<unknown>
}

/** A pipeline that holds records in memory. */
export function memoryPipeline(settings: Settings, say: Say): Pipeline {
  const { destination, shutdownTimeoutMs } = settings
  const delivery = new Delivery(destination.name, say)
  const logs = logWay(settings, delivery)
  const spans = spanWay(settings, delivery)
  const metrics = metricWay(settings, delivery)
  const ways = [logs, spans, metrics]
  let flushing: Promise<unknown> = Promise.resolve()
  const flushAll = (): Promise<unknown> => {
    flushing = flushing.then(() => Promise.allSettled(ways.map((way) => way.flush())))
    return flushing
  }
  return {
    logRecordProcessor: logs.processor,
    spanProcessor: spans.processor,
    metricReaders: metrics.processor,
    isDurable: false,
    flushNow: () => undefined,
    durable: () => Promise.reject(notDurable()),
    async flush(timeoutMs) {
      await withinTime(flushAll, timeoutMs)
    },
    async shutdown(timeoutMs = shutdownTimeoutMs) {
      await withinTime(flushAll, timeoutMs)
      await Promise.allSettled(ways.map((way) => way.close()))
      delivery.giveUp()
    },
    status: () => ({
      kind: 'memory',
      destinations: [{ name: destination.name, up: delivery.up }],
      counts: delivery.counts(),
    }),
  }
}

function notDurable(): FillpathError {
  const message = 'records are kept in memory, not on a disk: nothing of them can be made durable'
  return new FillpathError('spool_not_durable', message, {
    hint: 'Let the bot have a folder it can write: the option spool.folder, or FILLPATH_SPOOL_FOLDER.',
  })
}

function logWay({ destination, exporters }: Settings, delivery: Delivery): Way<LogRecordProcessor> {
  const endpoint = exporters.log.includes('otlp') ? destination.endpoints.log : undefined
  const print = exporters.log.includes('console')
    ? new SimpleLogRecordProcessor({ exporter: new ConsoleLogRecordExporter() })
    : undefined
  const exporter =
    endpoint &&
    new MemoryExporter<ReadableLogRecord[]>(
      {
        signal: 'log',
        encode: (records) => ProtobufLogsSerializer.serializeRequest(records),
        countOf: (records) => records.length,
        halves,
        retry: true,
      },
      endpoint,
      delivery,
    )
  const batches =
    exporter &&
    new BatchLogRecordProcessor({ exporter, maxQueueSize: waitingMax, exportTimeoutMillis: never })
  return {
    processor: {
      onEmit(record) {
        print?.onEmit(record)
        if (!batches) return
        if (delivery.pending('log') >= waitingMax) {
          delivery.overflow('log')
          return
        }
        delivery.accept('log')
        batches.onEmit(record)
      },
      ...flushedByPipeline,
    },
    flush: async () => batches?.forceFlush(),
    close: async () => exporter?.shutdown(),
  }
}

function spanWay({ destination, exporters }: Settings, delivery: Delivery): Way<SpanProcessor> {
  const endpoint = exporters.span.includes('otlp') ? destination.endpoints.span : undefined
  const print = exporters.span.includes('console')
    ? new SimpleSpanProcessor({ exporter: new ConsoleSpanExporter() })
    : undefined
  const exporter =
    endpoint &&
    new MemoryExporter<ReadableSpan[]>(
      {
        signal: 'span',
        encode: (spans) => ProtobufTraceSerializer.serializeRequest(spans),
        countOf: (spans) => spans.length,
        halves,
        retry: true,
      },
      endpoint,
      delivery,
    )
  const batches =
    exporter &&
    new BatchSpanProcessor({
      exporter,
      maxQueueSize: waitingMax,
      scheduledDelayMillis: 1000,
      exportTimeoutMillis: never,
    })
  return {
    processor: {
      onStart: () => undefined,
      onEnd(span) {
        print?.onEnd(span)
        if (!batches || (span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return
        if (delivery.pending('span') >= waitingMax) {
          delivery.overflow('span')
          return
        }
        delivery.accept('span')
        batches.onEnd(span)
      },
      ...flushedByPipeline,
    },
    // The processor's own flush does not wait for an export that its timer began.
    flush: async () => {
      await batches?.forceFlush()
      await exporter?.forceFlush()
    },
    close: async () => exporter?.shutdown(),
  }
}

function metricWay(settings: Settings, delivery: Delivery): Way<readonly IMetricReader[]> {
  const { destination, exporters, metricIntervalMs, metricTimeoutMs } = settings
  const endpoint = exporters.metric.includes('otlp') ? destination.endpoints.metric : undefined
  const periods = { exportIntervalMillis: metricIntervalMs, exportTimeoutMillis: metricTimeoutMs }
  const readers: PeriodicExportingMetricReader[] = []
  let close = async (): Promise<unknown> => undefined
  if (exporters.metric.includes('console')) {
    const exporter = new ConsoleMetricExporter()
    readers.push(new PeriodicExportingMetricReader({ exporter, ...periods }))
  }
  if (endpoint) {
    // Sums are cumulative, so a later export holds what a lost one held; an old one sent late would go back in time.
    const exporter = new MemoryExporter<ResourceMetrics>(
      {
        signal: 'metric',
        encode: (metrics) => ProtobufMetricsSerializer.serializeRequest(metrics),
        countOf: pointsOf,
        halves: () => undefined,
        retry: false,
      },
      { ...endpoint, timeoutMs: Math.min(endpoint.timeoutMs, metricTimeoutMs) },
      delivery,
    )
    close = () => exporter.shutdown()
    readers.push(
      new PeriodicExportingMetricReader({
        exporter: {
          export(metrics, done) {
            delivery.accept('metric', pointsOf(metrics))
            exporter.export(metrics, done)
          },
          forceFlush: () => exporter.forceFlush(),
          shutdown: () => exporter.shutdown(),
        },
        ...periods,
      }),
    )
  }
  return {
    processor: readers,
    flush: () => Promise.allSettled(readers.map((reader) => reader.forceFlush())),
    close,
  }
}

/** The pipeline flushes and shuts down, once and in time; the SDK's providers, which ask too, need not. */
const flushedByPipeline = {
  forceFlush: (): Promise<void> => Promise.resolve(),
  shutdown: (): Promise<void> => Promise.resolve(),
}

function halves<Item>(items: Item[]): readonly [Item[], Item[]] | undefined {
  if (items.length < 2) return undefined
  const middle = Math.ceil(items.length / 2)
  return [items.slice(0, middle), items.slice(middle)]
}

function pointsOf({ scopeMetrics }: ResourceMetrics): number {
  let count = 0
  for (const { metrics } of scopeMetrics) {
    for (const { dataPoints } of metrics) count += dataPoints.length
  }
  return count
}
