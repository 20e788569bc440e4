import type { Entry } from './entry.ts'

/**
 * One line of JSON for an entry: the fields every line has, at the top, in this order.
 *
 * `{"timestamp","level","module","event","message","correlation_id","trace_id","span_id","data"}`
 *
 * `event` is '' for a line that is no event. `correlation_id` is the foreign id where there is one, else the trace id.
 */
export function jsonLine(entry: Entry): string {
  const foreignId = entry.data['trading.correlation_id']
  return JSON.stringify({
    timestamp: isoTime(entry),
    level: entry.level.toUpperCase(),
    module: entry.module,
    event: entry.event,
    message: entry.message,
    correlation_id: typeof foreignId === 'string' ? foreignId : entry.traceId,
    trace_id: entry.traceId,
    span_id: entry.span && entry.span.traceId === entry.traceId ? entry.span.spanId : '',
    data: entry.data,
  })
}

function isoTime({ time: [seconds, nanoseconds] }: Entry): string {
  const date = new Date(seconds * 1000).toISOString()
  return `${date.slice(0, -4)}${String(nanoseconds).padStart(9, '0')}Z`
}
