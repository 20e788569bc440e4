import { isSpanId, isTraceId } from '../base/ids.ts'
import type { WireRecord } from './record.ts'

/**
 * Why the OTLP specification does not let a receiver take a record, or undefined. The receiver takes the others of the request
 * and answers with a partial success that counts this one and gives the reason.
 *
 * A span needs a trace id of 16 bytes and a span id of 8, not all zero. A log record with ids that are no ids is
 * taken, as one that belongs to no trace; a metric point needs a name.
 */
export function invalidReason(record: WireRecord): string | undefined {
  switch (record.signal) {
    case 'log':
      return undefined
    case 'span':
      if (!isTraceId(record.traceId)) {
        return `span ${quoted(record.name)}: trace id ${quoted(record.traceId)} is not 16 bytes that are not all zero`
      }
      if (!isSpanId(record.spanId)) {
        return `span ${quoted(record.name)}: span id ${quoted(record.spanId)} is not 8 bytes that are not all zero`
      }
      return undefined
    case 'metric':
      return record.name === '' ? 'a metric without a name' : undefined
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? text.slice(0, 60) + '…' : text)
}
