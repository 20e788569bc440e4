import type { CcxtOrder, CcxtTrade, OrderUpdate } from '../../flow/order/update.ts'
import { readUpdate } from '../../flow/order/update-reader.ts'
import { isFields } from './fields.ts'
import type { Fields } from './fields.ts'

/** What ccxt hands out: an order, a trade of one's own, or an array of them. Nothing for anything else. */
export function ccxtUpdates(message: unknown, venue?: string): OrderUpdate[] {
  if (Array.isArray(message)) return message.flatMap((item) => ccxtUpdates(item, venue))
  if (!isFields(message)) return []
  if (!isOrder(message) && !isOwnTrade(message)) return []
  return readUpdate(message).map((update) => (venue === undefined ? update : { venue, ...update }))
}

function isOrder(value: Fields): value is Fields & CcxtOrder {
  return typeof value['id'] === 'string' && 'status' in value && 'filled' in value
}

// A public trade has the same shape without the id of an order.
function isOwnTrade(value: Fields): value is Fields & CcxtTrade {
  return typeof value['order'] === 'string' && 'price' in value && 'amount' in value
}
