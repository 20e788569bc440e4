import { alertEvents } from './events/alert.ts'
import { conditionEvents } from './events/condition.ts'
import { fillEventDefinitions } from './events/fill.ts'
import { flowEvents } from './events/flow.ts'
import { hedgeEvents } from './events/hedge.ts'
import { orderEventDefinitions } from './events/order.ts'
import { positionEvents } from './events/position.ts'
import { systemEvents } from './events/system.ts'
import { taskEvents } from './events/task.ts'
import type { EventDefinition } from './events/definition.ts'

/** Every event that fillpath knows. */
export const events = {
  ...flowEvents,
  ...conditionEvents,
  ...orderEventDefinitions,
  ...fillEventDefinitions,
  ...hedgeEvents,
  ...positionEvents,
  ...taskEvents,
  ...systemEvents,
  ...alertEvents,
} as const satisfies Record<string, EventDefinition>

/** The name of an event in the registry. */
export type EventName = keyof typeof events

/** The definition of `name`, or undefined for an event of the user's own. */
export function eventDefinition(name: string): EventDefinition | undefined {
  return Object.hasOwn(events, name) ? events[name as EventName] : undefined
}
