import { conditionEvents } from './events/condition.ts'
import { flowEvents } from './events/flow.ts'
import { hedgeEvents } from './events/hedge.ts'
import { orderEventDefinitions } from './events/order.ts'
import { positionEvents } from './events/position.ts'
import { systemEvents } from './events/system.ts'
import { taskEvents } from './events/task.ts'
import type { AttributeName } from './attributes.ts'
import type { PriorityClass } from './classes.ts'
import type { MetricName } from './metrics.ts'

/** Levels in the words of winston's npm set, with their OpenTelemetry severity numbers. */
export const severities = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 } as const

/** Level of a record. */
export type Severity = keyof typeof severities

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

/** Every event that fillpath knows. */
export const events = {
  ...flowEvents,
  ...conditionEvents,
  ...orderEventDefinitions,
  ...hedgeEvents,
  ...positionEvents,
  ...taskEvents,
  ...systemEvents,
} as const satisfies Record<string, EventDefinition>

/** The name of an event in the registry. */
export type EventName = keyof typeof events

/** The definition of `name`, or undefined for an event of the user's own. */
export function eventDefinition(name: string): EventDefinition | undefined {
  return Object.hasOwn(events, name) ? events[name as EventName] : undefined
}
