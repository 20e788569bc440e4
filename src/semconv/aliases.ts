import { events } from './events.ts'
import type { EventName } from './events.ts'
import type { EventDefinition } from './events/definition.ts'

/**
 * Other spellings of event names, on the way in.
 *
 * `ORDER_CANCELLED`, `order_reJECTED`, `TASK_CREATED`, `signal_detected`, `OrderFilled`, `order-filled` and
 * `trading.order.filled` all name an event of the registry. What is not known stays as it came.
 */
const byAlias: ReadonlyMap<string, EventName> = new Map(
  (Object.keys(events) as EventName[]).flatMap((name) => {
    const { aliases }: EventDefinition = events[name]
    return [name, ...(aliases ?? [])].map((alias) => [plain(alias), name] as const)
  }),
)

/** Only letters and digits, lower case, without the namespace; CANCELLED has one L. */
function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/^trading\./, '')
    .replaceAll(/[^a-z0-9]/g, '')
    .replaceAll('cancell', 'cancel')
}

/**
 * The name in the registry for `name` in any known spelling, or undefined.
 * @example eventNameOf('order_reJECTED') // 'trading.order.rejected'
 */
export function eventNameOf(name: string): EventName | undefined {
  return byAlias.get(plain(name))
}
