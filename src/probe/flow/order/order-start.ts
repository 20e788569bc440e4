import { idText } from '../../../base/ids.ts'
import type { OrderOptions } from '../handles/order.ts'
import type { Ledger } from '../ledger.ts'
import { OrderHandle } from './order.ts'
import type { OrderOwner } from './order-record.ts'

/** An order with what it leaves out filled in. */
export function newOrder(
  ledger: Ledger,
  owner: OrderOwner,
  options: OrderOptions & { readonly symbol: string },
): OrderHandle {
  const type = options.type ?? (options.price === undefined ? 'market' : 'limit')
  const clientOrderId = idText(options.clientOrderId) ?? ledger.newClientOrderId()
  return new OrderHandle(
    ledger,
    owner,
    { ...options, type, clientOrderId, price: options.price },
    { arrivalPrice: options.arrivalPrice },
  )
}
