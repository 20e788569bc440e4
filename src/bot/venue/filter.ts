/** Why an engine refuses an order before it exists: its filters, the book, the money. */
import { decimal, isMultipleOf, zero, type Decimal } from '../decimal.ts'
import { isWorse } from '../market/book.ts'
import type { Instrument } from '../market/event.ts'
import type { Account } from './account.ts'
import type { RefusalReason } from './exchange-error.ts'
import type { Matching } from './matching.ts'
import type { PaperOrder } from './paper-order.ts'

/** What an order is checked against. */
export interface Surroundings {
  readonly instrument: Instrument
  readonly matching: Matching
  readonly account: Account
  readonly mark: Decimal | undefined
  /** Part of the displayed size that is really there. */
  readonly share: Decimal
  readonly takerFee: string
}

/** A limit further than this from the mark price is refused (PERCENT_PRICE). */
const percentPrice = decimal('0.05')

/** Steps and minima of the instrument. */
export function refusalByFilters(
  order: PaperOrder,
  around: Surroundings,
): RefusalReason | undefined {
  const { instrument, mark } = around
  const { price, quantity } = order
  if (quantity.lte(0) || !isMultipleOf(quantity, instrument.lotSize)) return 'lot_size'
  if (price && (price.lte(0) || !isMultipleOf(price, instrument.tickSize))) return 'price_filter'
  if (price && mark && price.minus(mark).abs().gt(mark.times(percentPrice))) return 'percent_price'
  const notional = quantity.times(price ?? mark ?? zero)
  return !order.request.reduceOnly && notional.lt(instrument.minNotional)
    ? 'min_notional'
    : undefined
}

/** Post-only that would take, fill-or-kill that cannot be filled. */
export function refusalByBook(order: PaperOrder, around: Surroundings): RefusalReason | undefined {
  const { timeInForce } = order.request
  if (timeInForce === 'PO') {
    const best = around.matching.book.against(order.side)[0]?.price
    return best && order.price && !isWorse(order.side, best, order.price) ? 'post_only' : undefined
  }
  if (timeInForce === 'FOK') {
    const there = around.matching.takeable(order, around.share)
    const sum = there.reduce((total, take) => total.plus(take.quantity), zero)
    return sum.lt(order.quantity) ? 'fill_or_kill' : undefined
  }
  return undefined
}

/** Margin, and reduce-only without anything to reduce. */
export function refusalForMoney(
  order: PaperOrder,
  around: Surroundings,
): RefusalReason | undefined {
  const { account, matching } = around
  const { position } = account
  const opens = order.side === 'buy' ? position.gte(0) : position.lte(0)
  if (order.request.reduceOnly) return opens ? 'reduce_only' : undefined
  // What closes the position sets margin free; only what opens needs some.
  if (!opens) return undefined
  const mark = around.mark ?? order.price ?? zero
  const fee = order.quantity.times(order.price ?? mark).times(around.takerFee)
  const needed = account.marginOf(order, mark).plus(fee)
  return needed.gt(account.available(matching.resting, mark)) ? 'insufficient_balance' : undefined
}
