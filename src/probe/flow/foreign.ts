import { ROOT_CONTEXT, context as contextApi, trace } from '@opentelemetry/api'
import type { Context } from '@opentelemetry/api'
import { compare, decimal, format, sign, subtract } from '../../base/decimal.ts'
import type { OrderOrigin } from '../../semconv/words.ts'
import { withAttributes } from '../event/context.ts'
import { guarded } from '../event/fault.ts'
import type { FillChange } from './order/fills.ts'
import type { Ledger, OpenPosition } from './ledger.ts'
import { OrderHandle } from './order/order.ts'
import type { OrderOwner, OrderRecord } from './order/order-record.ts'
import { applyUpdate } from './order/order-update.ts'
import { inMarket } from './symbol.ts'
import type { OrderUpdate } from './order/update.ts'

/**
 * Orders that the bot never sent: liquidation, auto-deleveraging, settlement, delivery, or by hand.
 *
 * An update that no order is known for may also be ahead of the answer that brings the order's id. While an order is in
 * flight that it could belong to, it waits for that id, at most `foreignGraceMs`; then it is foreign.
 */
export class Foreigners {
  readonly #ledger: Ledger
  readonly #waiting = new Map<OrderUpdate, NodeJS.Timeout>()

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  /** Takes an update that no order was found for. @returns the foreign order, or undefined while it waits */
  take(update: OrderUpdate): OrderHandle | undefined {
    const origin = originOf(update)
    const { venue, symbol, side } = update
    if (origin === 'manual' && this.#ledger.index.hasInFlight(venue, symbol, side)) {
      this.#wait(update)
      return undefined
    }
    return this.#adopt(update, origin)
  }

  /** Tries again what waits, after an order got an id. */
  retry(find: (update: OrderUpdate) => OrderHandle | undefined): void {
    for (const [update, timer] of this.#waiting) {
      const order = find(update)
      if (!order) continue
      clearTimeout(timer)
      this.#waiting.delete(update)
      applyUpdate(order, update)
    }
  }

  /** Adopts all that still waits. */
  close(): void {
    for (const update of this.#waiting.keys()) this.#giveUp(update)
  }

  #wait(update: OrderUpdate): void {
    const timer = setTimeout(() => {
      guarded('foreign order', () => this.#giveUp(update))
    }, this.#ledger.core.settings.foreignGraceMs)
    timer.unref()
    this.#waiting.set(update, timer)
  }

  #giveUp(update: OrderUpdate): void {
    clearTimeout(this.#waiting.get(update))
    if (!this.#waiting.delete(update)) return
    const { orderId, clientOrderId, venue } = update
    const { index } = this.#ledger
    const known = index.byOrderId(orderId, venue) ?? index.byClientId(clientOrderId, venue)
    if (known) applyUpdate(known, update)
    else this.#adopt(update, originOf(update))
  }

  #adopt(update: OrderUpdate, origin: OrderOrigin): OrderHandle {
    const venue = update.venue ?? 'unknown'
    const symbol = update.symbol ?? 'unknown'
    const position = this.#positionOf(venue, symbol)
    const isForced = origin === 'liquidation' || origin === 'adl' || origin === 'insurance'
    const owner = new ForeignOwner(this.#ledger, (filled, change) => {
      if (isForced) this.#force({ venue, symbol, origin }, filled, change)
    })
    const order = new OrderHandle(
      this.#ledger,
      owner,
      {
        clientOrderId: update.clientOrderId ?? `${venue}:${update.orderId ?? 'unknown'}`,
        venue,
        symbol,
        side: update.side,
        type: update.type,
        quantity: update.quantity,
        price: update.price,
        stopPrice: update.stopPrice,
        timeInForce: update.timeInForce,
        reduceOnly: update.reduceOnly,
        postOnly: update.postOnly,
        account: update.account,
        // The contracts of a market are those that are held there.
        ...position?.contract,
        origin,
      },
      {
        root: true,
        links: position ? [{ context: position.span.spanContext() }] : [],
      },
    )
    order.adopted(update)
    applyUpdate(order, update)
    // That a fill of it was taken back does not say that it works: mostly it ended long ago.
    if (update.bust && update.status === undefined && !order.ended)
      order.interrupt('a fill was taken back of an order that is not known')
    return order
  }

  #positionOf(venue: string, symbol: string): OpenPosition | undefined {
    return this.#positionsAt(venue, symbol)[0]
  }

  #positionsAt(venue: string, symbol: string): OpenPosition[] {
    const here = [...this.#ledger.positions].filter(
      (position) => position.venue === undefined || position.venue === venue,
    )
    return inMarket(here, symbol)
  }

  /** A fill of the venue's own order: it closes the positions that it is against, the oldest first. */
  #force(
    at: {
      readonly venue: string
      readonly symbol: string
      readonly origin: 'liquidation' | 'adl' | 'insurance'
    },
    order: OrderRecord,
    change: FillChange,
  ): void {
    const against = order.side === 'buy' ? 'short' : 'long'
    let left = change.quantity
    for (const position of this.#positionsAt(at.venue, at.symbol)) {
      const { side, quantity } = position.state
      const open = decimal(quantity)
      if (side !== against || sign(open) <= 0 || sign(left) <= 0) continue
      const taken = compare(left, open) < 0 ? left : open
      left = subtract(left, taken)
      position.liquidated({
        origin: at.origin,
        quantity: format(taken),
        price: format(change.price),
      })
    }
  }
}

/** A foreign order belongs to nobody: a trace of its own. */
class ForeignOwner implements OrderOwner {
  readonly context: Context
  readonly numbers = undefined
  readonly decisionPrice = undefined

  readonly #filled: (order: OrderRecord, change: FillChange) => void

  constructor(ledger: Ledger, filled: (order: OrderRecord, change: FillChange) => void) {
    const outer = trace.deleteSpan(contextApi.active() ?? ROOT_CONTEXT)
    this.context = withAttributes(outer, ledger.core.attributes)
    this.#filled = filled
  }

  orderFilled(order: OrderRecord, change: FillChange): void {
    this.#filled(order, change)
  }

  orderEnded(): void {}
}

/** Client order ids that Binance gives to orders of its own. */
const prefixes: readonly (readonly [prefix: string, origin: OrderOrigin])[] = [
  ['autoclose-insurance', 'insurance'],
  ['autoclose-', 'liquidation'],
  ['adl_autoclose', 'adl'],
  ['settlement_autoclose-', 'settlement'],
  ['delivery_autoclose-', 'delivery'],
]

/** Who sent the order of an update that no order is known for. */
export function originOf(update: OrderUpdate): OrderOrigin {
  if (update.origin !== undefined) return update.origin
  const id = update.clientOrderId ?? ''
  return prefixes.find(([prefix]) => id.startsWith(prefix))?.[1] ?? 'manual'
}
