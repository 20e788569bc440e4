import { attributes } from '../../semconv/attributes.ts'
import type { AttributeName } from '../../semconv/attributes.ts'
import { eventDefinition } from '../../semconv/events.ts'
import type { EventName, events } from '../../semconv/events.ts'

/**
 * Short names for the fields of an event, so that a bot writes `{ orderId, price, quantity }` and the record says
 * `trading.order.id`, `trading.order.price`, `trading.order.quantity`.
 *
 * A field may be called by its full name, by that without `trading.`, or without what the event's own name says
 * already (`quantity` in an order event, `confidence` in a signal event); dots and underscores become camel case, and
 * snake case is understood too. What matches no attribute is a field of the bot's own and keeps its name.
 */

type Capital<S extends string> = S extends `${infer Head}.${infer Rest}`
  ? `${Capitalize<Capital<Head>>}${Capital<Rest>}`
  : S extends `${infer Head}_${infer Rest}`
    ? `${Capitalize<Head>}${Capital<Rest>}`
    : Capitalize<S>

/** `order.client_id` → `orderClientId`. */
export type CamelCase<S extends string> = Uncapitalize<Capital<S>>

/** A name without its namespace. */
export type WithoutNamespace<S extends string> = S extends `trading.${infer Rest}`
  ? Rest
  : S extends `fillpath.${infer Rest}`
    ? Rest
    : S

type Subject<E extends string> =
  WithoutNamespace<E> extends `${infer Head}.${string}` ? Head : WithoutNamespace<E>

/** The short names of attribute `A` in event `E`. */
type ShortName<E extends string, A extends string> =
  | CamelCase<WithoutNamespace<A>>
  | (A extends `trading.${Subject<E>}.${infer Rest}` ? CamelCase<Rest> : never)

type Definition<A extends AttributeName> = (typeof attributes)[A]

type ValueOf<A extends AttributeName> =
  Definition<A> extends { readonly values: readonly (infer Value)[] }
    ? Value
    : Definition<A>['type'] extends 'string'
      ? string
      : Definition<A>['type'] extends 'boolean'
        ? boolean
        : Definition<A>['type'] extends 'int' | 'double'
          ? number
          : Definition<A>['type'] extends 'decimal'
            ? string | number | bigint | object
            : Definition<A>['type'] extends 'string[]'
              ? readonly string[]
              : unknown

type OwnAttribute<E extends EventName> = (typeof events)[E]['attributes'][number]

/** Attributes that any event may carry. */
const common = [
  'trading.symbol',
  'trading.venue',
  'trading.strategy',
  'trading.account',
  'trading.mode',
  'trading.task.id',
  'trading.attempt.id',
  'trading.executor.id',
  'trading.correlation_id',
] as const satisfies readonly AttributeName[]

/** The fields of event `E`, each under its short names. */
export type EventFields<E extends EventName> = {
  readonly [A in OwnAttribute<E> | (typeof common)[number] as ShortName<E, A>]?:
    | ValueOf<Extract<A, AttributeName>>
    | undefined
}

const everywhere = namesOf('', Object.keys(attributes))
const answers = new Map<string, Map<string, string>>()
// Events and fields may be of the bot's own: what is remembered is bounded.
const answersMax = 2000

/** The fields of an event under their full names; a field that no attribute is meant by keeps its name. */
export function namedFields(
  event: string,
  fields: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  let known = answers.get(event)
  if (!known) {
    known = new Map()
    if (answers.size < answersMax) answers.set(event, known)
  }
  const named: Record<string, unknown> = {}
  for (const field of Object.keys(fields)) {
    let name = known.get(field)
    if (name === undefined) {
      name = attributeNameOf(event, field)
      if (known.size < answersMax) known.set(field, name)
    }
    named[name] = fields[field]
  }
  return named
}

/** The full name of a field of an event; the name itself when no attribute is meant. */
export function attributeNameOf(event: string, field: string): string {
  if (Object.hasOwn(attributes, field)) return field
  const names = namesOf(event, eventDefinition(event)?.attributes ?? [])
  const folded = fold(field)
  return names.get(folded) ?? everywhere.get(folded) ?? field
}

function namesOf(event: string, owned: readonly string[]): Map<string, string> {
  const subject = `${withoutNamespace(event).split('.')[0] ?? ''}.`
  const names = new Map<string, string>()
  for (const name of owned) names.set(fold(withoutNamespace(name)), name)
  for (const name of owned) {
    const short = withoutNamespace(name)
    if (short.startsWith(subject)) names.set(fold(short.slice(subject.length)), name)
  }
  return names
}

/** A name without its namespace. */
export function withoutNamespace(name: string): string {
  return name.replace(/^(?:trading|fillpath)\./, '')
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}

/** `order.client_id` → `orderClientId`. */
export function camelCase(name: string): string {
  return name.replaceAll(/[._]([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
