import { alertAttributes } from './attributes/alert.ts'
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
import type { AttributeDefinition } from './attributes/definition.ts'

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
  ...alertAttributes,
} as const satisfies Record<string, AttributeDefinition>

/** The name of an attribute in the registry. */
export type AttributeName = keyof typeof attributes

/** Values by attribute name, before they are normalised. A name that is not in the registry does not compile. */
export type TradingAttributes = { readonly [Name in AttributeName]?: unknown }

/** The definition of `name`, or undefined for a name that is not in the registry. */
export function attributeDefinition(name: string): AttributeDefinition | undefined {
  return Object.hasOwn(attributes, name) ? attributes[name as AttributeName] : undefined
}
