import { FillpathError } from '../semconv/error.ts'
import { InexactInteger, parseObject } from './json/fields.ts'
import type { Json } from './json/fields.ts'
import { readGroups, readLog, readMetric, readSpan } from './json/read.ts'
import { logText, metricTexts, spanText, writeGroups } from './json/write.ts'
import type { LogRecord, MetricPoint, SpanRecord, WireRecord } from './record.ts'

/*
 * OTLP/JSON: bodies of OTLP/HTTP with `application/json`, and the lines that the Collector's file exporter writes.
 *
 * - Field names are lowerCamelCase only, ids are hex; unknown fields are ignored, null is the default of its field.
 * - 64-bit integers are read from strings and from numbers, exactly also beyond 2⁵³; enums from numbers and from their
 *   names; doubles also from "NaN", "Infinity" and "-Infinity"; bytes from base64 of both alphabets.
 * - Ids of any length are kept: `invalidReason` (validity.ts) says which records the specification refuses.
 * - What is written leaves out defaults, and reads back as the same records.
 *
 * The readers throw FillpathError `otlp_malformed`, which names the field and shows what stands there.
 */

const logKeys = ['resourceLogs', 'scopeLogs', 'logRecords'] as const
const spanKeys = ['resourceSpans', 'scopeSpans', 'spans'] as const
const metricKeys = ['resourceMetrics', 'scopeMetrics', 'metrics'] as const

/** The log records of an `ExportLogsServiceRequest`. */
export function decodeLogs(text: string): LogRecord[] {
  return decode(text, (json) => readGroups(json, logKeys, readLog))
}

/** The spans of an `ExportTraceServiceRequest`. */
export function decodeTraces(text: string): SpanRecord[] {
  return decode(text, (json) => readGroups(json, spanKeys, readSpan))
}

/** The metric points of an `ExportMetricsServiceRequest`. A metric without points leaves none. */
export function decodeMetrics(text: string): MetricPoint[] {
  return decode(text, (json) => readGroups(json, metricKeys, readMetric))
}

/** The records of a request of any signal, such as a line of the Collector's file exporter. */
export function decodeRequest(text: string): WireRecord[] {
  return decode(text, (json) => {
    const logs = readGroups(json, logKeys, readLog)
    const spans = readGroups(json, spanKeys, readSpan)
    const metrics = readGroups(json, metricKeys, readMetric)
    if (![logKeys, spanKeys, metricKeys].some(([key]) => key in json)) {
      const message = 'the JSON has none of resourceLogs, resourceSpans and resourceMetrics'
      throw new FillpathError('otlp_malformed', message)
    }
    return [...logs, ...spans, ...metrics]
  })
}

/** An `ExportLogsServiceRequest`. */
export function encodeLogs(records: readonly LogRecord[]): string {
  return writeGroups(records, logKeys, (ofScope) => ofScope.map(logText))
}

/** An `ExportTraceServiceRequest`. */
export function encodeTraces(records: readonly SpanRecord[]): string {
  return writeGroups(records, spanKeys, (ofScope) => ofScope.map(spanText))
}

/** An `ExportMetricsServiceRequest`; points of one metric come together in it. */
export function encodeMetrics(records: readonly MetricPoint[]): string {
  return writeGroups(records, metricKeys, metricTexts)
}

function decode<R>(text: string, read: (json: Json) => R[]): R[] {
  try {
    return read(parseObject(text, false))
  } catch (error) {
    // Integers beyond 2⁵³ are strings by the book; who writes them as numbers has the text read twice.
    if (error instanceof InexactInteger) return read(parseObject(text, true))
    throw error
  }
}
