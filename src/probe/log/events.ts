import { events as registry } from '../../semconv/events.ts'
import type { EventName } from '../../semconv/events.ts'
import type { TradingAttributes } from '../../semconv/attributes.ts'
import { camelCase, withoutNamespace } from './fields.ts'
import type { CamelCase, EventFields, WithoutNamespace } from './fields.ts'

/** What an event method takes beside the fields of the registry. */
export interface EventExtras {
  /** Text for people. @default the brief of the event in the registry */
  readonly message?: string | undefined
  /** What was thrown: class, message, code, stack, causes, HTTP status and answer are taken from it. */
  readonly error?: unknown
  /** Fields of the bot's own. */
  readonly data?: Readonly<Record<string, unknown>> | undefined
}

/** A method for each event of the registry: `trading.order.filled` is `orderFilled`. */
export type Events = {
  readonly [E in EventName as CamelCase<WithoutNamespace<E>>]: (
    fields?: EventFields<E> & TradingAttributes,
    extras?: EventExtras,
  ) => void
}

/** Writes one event; what a logger gives {@link eventsOf}. */
export type WriteEvent = (
  name: EventName,
  fields: Readonly<Record<string, unknown>>,
  extras: EventExtras,
) => void

const methods: ReadonlyMap<string, EventName> = new Map(
  (Object.keys(registry) as EventName[]).map((name) => [camelCase(withoutNamespace(name)), name]),
)

/** The event methods that write with `write`. */
export function eventsOf(write: WriteEvent): Events {
  const bound: Record<string, unknown> = {}
  for (const [method, name] of methods) {
    bound[method] = (fields = {}, extras: EventExtras = {}) => write(name, fields, extras)
  }
  // One method for each event of the registry, under the name that the type derives for it.
  return bound as Events
}
