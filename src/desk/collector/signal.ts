import { decodeLogs, decodeMetrics, decodeTraces } from '../../wire/otlp-protobuf.ts'
import {
  decodeLogs as decodeLogsJson,
  decodeMetrics as decodeMetricsJson,
  decodeTraces as decodeTracesJson,
} from '../../wire/otlp-json.ts'
import type { WireRecord } from '../../wire/record.ts'

/** What is known about one of the three signals of OTLP. */
export interface Signal {
  readonly name: 'traces' | 'logs' | 'metrics'
  /** Path of OTLP/HTTP. */
  readonly path: string
  /** Path of the gRPC method. */
  readonly method: string
  /** Field of the partial success that counts what was not taken. */
  readonly rejectedField: 'rejectedSpans' | 'rejectedLogRecords' | 'rejectedDataPoints'
  readonly decodeProtobuf: (bytes: Uint8Array) => WireRecord[]
  readonly decodeJson: (text: string) => WireRecord[]
}

const services = '/opentelemetry.proto.collector'

/** The signals, as OTLP 1.x names them. */
export const signals: readonly Signal[] = [
  {
    name: 'traces',
    path: '/v1/traces',
    method: `${services}.trace.v1.TraceService/Export`,
    rejectedField: 'rejectedSpans',
    decodeProtobuf: decodeTraces,
    decodeJson: decodeTracesJson,
  },
  {
    name: 'logs',
    path: '/v1/logs',
    method: `${services}.logs.v1.LogsService/Export`,
    rejectedField: 'rejectedLogRecords',
    decodeProtobuf: decodeLogs,
    decodeJson: decodeLogsJson,
  },
  {
    name: 'metrics',
    path: '/v1/metrics',
    method: `${services}.metrics.v1.MetricsService/Export`,
    rejectedField: 'rejectedDataPoints',
    decodeProtobuf: decodeMetrics,
    decodeJson: decodeMetricsJson,
  },
]
