import { bookAttributes } from './attributes/book.ts'
import { conditionAttributes } from './attributes/condition.ts'
import { costAttributes } from './attributes/cost.ts'
import { fillAttributes } from './attributes/fill.ts'
import { flowAttributes } from './attributes/flow.ts'
import { hedgeAttributes } from './attributes/hedge.ts'
import { orderAttributes } from './attributes/order.ts'
import { positionAttributes } from './attributes/position.ts'
import { signalAttributes } from './attributes/signal.ts'
import { systemAttributes } from './attributes/system.ts'
import { taskAttributes } from './attributes/task.ts'

/**
 * How a value is written.
 * `decimal` is a decimal string exactly as the venue gave it; a double twin `…_num` stands beside it where something
 * sums or compares it. `any` is a structured value (nested objects and arrays).
 */
type AttributeType = 'string' | 'boolean' | 'int' | 'double' | 'decimal' | 'string[]' | 'any'

/** How firmly a name is kept: `stable` never changes, `development` may. */
type Stability = 'stable' | 'development'

/** One attribute of the `trading.*` convention, or one of OpenTelemetry's own that fillpath uses. */
export interface AttributeDefinition {
  readonly type: AttributeType
  readonly brief: string
  readonly example: unknown
  /** UCUM unit, or the meaning of the number. */
  readonly unit?: string
  /** Closed set of values, where there is one. */
  readonly values?: readonly string[]
  /** @default 'stable' */
  readonly stability?: Stability
  /** High in cardinality: never a metric label or a Loki label. */
  readonly id?: true
  /** FIX tag or ccxt field of the same meaning. */
  readonly fix?: string
  readonly ccxt?: string
}

/** Every attribute that fillpath writes. */
export const attributes = {
  ...flowAttributes,
  ...signalAttributes,
  ...conditionAttributes,
  ...orderAttributes,
  ...fillAttributes,
  ...hedgeAttributes,
  ...costAttributes,
  ...positionAttributes,
  ...bookAttributes,
  ...taskAttributes,
  ...systemAttributes,
} as const satisfies Record<string, AttributeDefinition>

/** The name of an attribute in the registry. */
export type AttributeName = keyof typeof attributes

/** Values by attribute name, before they are normalised. A name that is not in the registry does not compile. */
export type TradingAttributes = { readonly [Name in AttributeName]?: unknown }

/** The definition of `name`, or undefined for a name that is not in the registry. */
export function attributeDefinition(name: string): AttributeDefinition | undefined {
  return Object.hasOwn(attributes, name) ? attributes[name as AttributeName] : undefined
}
