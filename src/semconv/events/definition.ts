import type { AttributeName } from '../attributes.ts'
import type { PriorityClass } from '../classes.ts'
import type { MetricName } from '../metrics.ts'
import type { Severity } from '../severity.ts'

/** Files that a record also belongs to, beside the main log and the file of all events. */
const categories = ['signals', 'orders', 'hedges', 'api', 'performance', 'errors'] as const

/** File of the archive. */
export type Category = (typeof categories)[number]

/** A metric that the event feeds: from one of its attributes, or with a value that the event itself stands for. */
type Measure =
  | {
      readonly metric: MetricName
      readonly attribute: AttributeName
      /** Factor from the unit of the attribute to that of the metric. @default 1 */
      readonly scale?: number
    }
  | { readonly metric: MetricName; readonly value: number }

/** One event: a LogRecord with an event name, an event on the span, and the metrics declared here. */
export interface EventDefinition {
  readonly brief: string
  readonly severity: Severity
  readonly class: PriorityClass
  readonly categories: readonly Category[]
  /** Attributes that belong to it, beside symbol, venue and strategy, which any event may carry. */
  readonly attributes: readonly AttributeName[]
  /** Counters that it raises by one. */
  readonly counts?: readonly MetricName[]
  readonly measures?: readonly Measure[]
  /** Other spellings, lower case with underscores: those of the source documents and of other systems. */
  readonly aliases?: readonly string[]
}
