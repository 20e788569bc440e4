// The stock SDK, line 3.x: all signals over all transports.
import { SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api'
import { OTLPLogExporter as GrpcLogs } from '@opentelemetry/exporter-logs-otlp-grpc'
import { OTLPLogExporter as JsonLogs } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as ProtoLogs } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter as GrpcMetrics } from '@opentelemetry/exporter-metrics-otlp-grpc'
import { OTLPMetricExporter as JsonMetrics } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtoMetrics } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter as GrpcTraces } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonTraces } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtoTraces } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import {
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { hand, remembering, report, tellLogs, tellMetrics, tellSpans } from './story.mjs'

const [httpPort, grpcPort] = process.argv.slice(2)
const http = (signal) => ({ url: `http://127.0.0.1:${httpPort}/v1/${signal}`, compression: 'gzip' })
const grpc = { url: `http://127.0.0.1:${grpcPort}`, compression: 'gzip' }
const transports = {
  json: [
    new JsonTraces(http('traces')),
    new JsonLogs(http('logs')),
    new JsonMetrics(http('metrics')),
  ],
  protobuf: [
    new ProtoTraces(http('traces')),
    new ProtoLogs(http('logs')),
    new ProtoMetrics(http('metrics')),
  ],
  grpc: [new GrpcTraces(grpc), new GrpcLogs(grpc), new GrpcMetrics(grpc)],
}

const reports = {}
for (const [transport, [traces, logs, metrics]] of Object.entries(transports)) {
  const seen = { spans: [], logs: [], metrics: [] }
  const resource = resourceFromAttributes(
    { 'service.name': `stock-3-${transport}`, 'process.pid': process.pid, tags: ['a', 'b'] },
    { schemaUrl: 'https://opentelemetry.io/schemas/1.37.0' },
  )
  const tracers = new TracerProvider({
    resource,
    spanLimits: { attributeCountLimit: 24, eventCountLimit: 3, linkCountLimit: 3 },
    spanProcessors: [new BatchSpanProcessor({ exporter: remembering(traces, seen.spans) })],
  })
  const loggers = new LoggerProvider({
    resource,
    logRecordLimits: { attributeCountLimit: 30 },
    processors: [new BatchLogRecordProcessor({ exporter: remembering(logs, seen.logs) })],
  })
  const meters = new MeterProvider({
    resource,
    views: [
      { instrumentName: 'wide', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } },
    ],
    readers: [
      new PeriodicExportingMetricReader({
        exporter: remembering(metrics, seen.metrics),
        exportIntervalMillis: 3_600_000,
      }),
    ],
  })
  const schema = { schemaUrl: 'https://opentelemetry.io/schemas/1.36.0' }
  const inside = tellSpans(
    tracers.getTracer('bot.orders', '1.2.3', schema),
    { SpanKind, SpanStatusCode, trace, context },
    true,
  )
  tellLogs(loggers.getLogger('bot.strategy', '4.5.6', schema), inside, true)
  tellMetrics(meters.getMeter('bot.metrics', '7.8.9', schema))
  await Promise.all([tracers.shutdown(), loggers.shutdown(), meters.shutdown()])
  reports[transport] = report(seen)
}
hand(reports)
