import type { HrTime, SpanContext } from '@opentelemetry/api'
import type { PlainObject } from '../../base/plain.ts'

/**
 * One log call, or one event, as the sinks get it: captured when the call was made, every value plain, every secret
 * gone.
 */
export interface Entry {
  /** Seconds and nanoseconds since the Unix epoch. */
  readonly time: HrTime
  readonly severity: number
  /** Level as the logger calls it. */
  readonly level: string
  /** Name of the logger; the instrumentation scope in OpenTelemetry. */
  readonly module: string
  /** Event name; '' for a line that is no event. */
  readonly event: string
  readonly message: string
  readonly data: PlainObject
  /** Span that was active, if any. */
  readonly span: SpanContext | undefined
  /** Trace that the record belongs to: that of the span, or of the correlation id; '' when there is neither. */
  readonly traceId: string
}
