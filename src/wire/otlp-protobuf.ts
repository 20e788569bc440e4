import { readLog } from './protobuf/log.ts'
import { readMetric } from './protobuf/metric.ts'
import { readRequest } from './protobuf/request.ts'
import { readSpan } from './protobuf/span.ts'
import type { LogRecord, MetricPoint, SpanRecord } from './record.ts'

/*
 * OTLP export requests in protobuf, as bodies of OTLP/HTTP and messages of OTLP/gRPC, to records.
 *
 * - Unknown and deprecated fields are skipped. Of a single field that comes twice the last one holds.
 * - Enums keep their number, also one without a name. Text that is not UTF-8 gets U+FFFD in its place.
 * - An id of any length is kept as it is: `invalidReason` (validity.ts) says which records the specification refuses.
 * - Memory is bounded by the size of the body: no length is believed that the body does not hold, messages nest at most
 *   `depthMax` deep, and at most `messagesMax` of them are taken (protobuf/reader.ts).
 * - Records hold no reference into the body.
 *
 * All three throw FillpathError `otlp_malformed` with the byte at which the body makes no sense.
 */

/** The log records of an `ExportLogsServiceRequest`. */
export function decodeLogs(bytes: Uint8Array): LogRecord[] {
  return readRequest(bytes, readLog)
}

/** The spans of an `ExportTraceServiceRequest`. */
export function decodeTraces(bytes: Uint8Array): SpanRecord[] {
  return readRequest(bytes, readSpan)
}

/** The metric points of an `ExportMetricsServiceRequest`. A metric without points leaves none. */
export function decodeMetrics(bytes: Uint8Array): MetricPoint[] {
  return readRequest(bytes, readMetric)
}
