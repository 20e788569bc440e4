import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { writeFixed32, writeId, writeTime, writeUint32 } from './target.ts'
import type { Target } from './target.ts'
import { encodeRecord, writeAnyValue, writeAttributes, writeName } from './value.ts'

/** A log record without where it comes from, which stands elsewhere. */
export type EncodableLog = Omit<ReadableLogRecord, 'resource' | 'instrumentationScope'>

/** The tag of an attribute of a `LogRecord`, to add more of them. */
export const logAttributeTag = 0x32

/**
 * Writes the body of a `LogRecord` message.
 *
 * @throws RangeError for a value that contains itself; nothing is written then
 */
export function encodeLog(target: Target, record: EncodableLog): void {
  encodeRecord(target, record, writeLog)
}

function writeLog(target: Target, record: EncodableLog): void {
  writeTime(target, 0x09, record.hrTime)
  writeUint32(target, 0x10, record.severityNumber ?? 0)
  if (record.severityText) writeName(target, 0x1a, record.severityText)
  if (record.body !== undefined) writeAnyValue(target, 0x2a, record.body, 0)
  writeAttributes(target, logAttributeTag, record.attributes)
  writeUint32(target, 0x38, record.droppedAttributesCount)
  const { spanContext } = record
  if (spanContext !== undefined) {
    if (spanContext.traceFlags !== 0) {
      target.reserve(1)
      target.bytes[target.position++] = 0x45
      writeFixed32(target, spanContext.traceFlags)
    }
    if (spanContext.traceId) writeId(target, 0x4a, spanContext.traceId)
    if (spanContext.spanId) writeId(target, 0x52, spanContext.spanId)
  }
  writeTime(target, 0x59, record.hrTimeObserved)
  if (record.eventName) writeName(target, 0x62, record.eventName)
}
