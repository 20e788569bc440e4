import { compare, divide, format, parseDecimal, sign } from '../../../base/decimal.ts'
import { orderStatusOf, orderTypeOf } from '../../../semconv/order-words.ts'
import type { OrderOrigin, OrderStatus, OrderType } from '../../../semconv/words.ts'
import { textOf } from './fields.ts'
import type { Fields } from './fields.ts'

/** Words of Binance that mean something only together with the rest of their message. */

/** Expiry reasons of futures, which are numbers there, in words like those of spot. */
const expiryReasons: Readonly<Record<string, string>> = {
  1: 'self_trade_prevention',
  2: 'ioc_unfilled',
  3: 'ioc_self_trade_prevention',
  4: 'reduce_only_conflict',
  5: 'account_liquidated',
  6: 'gte_condition',
  7: 'symbol_delisted',
  9: 'market_unfilled',
  10: 'fok_unfilled',
  11: 'post_only_would_cross',
}

/** Whether a stop of futures "expired" because it was triggered: it goes on under the same ids. */
export function wasTriggered(report: Fields): boolean {
  return report['X'] === 'EXPIRED' && textOf(report['er']) === '8'
}

/** Why an order expired: in the words of spot (`eR`), by the number of futures (`er`, 0 for none), or by its status. */
export function expiryReasonOf(report: Fields): string | undefined {
  const code = textOf(report['er']) ?? '0'
  const byCode = code === '0' ? undefined : (expiryReasons[code] ?? code)
  const bySelf = report['X'] === 'EXPIRED_IN_MATCH' ? 'self_trade_prevention' : undefined
  return textOf(report['eR']) ?? byCode ?? bySelf
}

/** The status; NEW_INSURANCE and NEW_ADL are orders of the venue that are filled as they are told. */
export function statusOf(
  word: unknown,
  filled: unknown,
  ordered: unknown,
): OrderStatus | undefined {
  const status = orderStatusOf('binance', word)
  if (status !== 'new') return status
  const done = parseDecimal(filled)
  const all = parseDecimal(ordered)
  if (!done || sign(done) === 0) return 'new'
  return all && compare(done, all) >= 0 ? 'filled' : 'partially_filled'
}

/** The status of a conditional order; FINISHED says that the order it became has ended, not how. */
export function algoStatusOf(
  word: unknown,
  filled: unknown,
  ordered: unknown,
): OrderStatus | undefined {
  if (word !== 'FINISHED') return orderStatusOf('binance', word)
  const done = parseDecimal(filled)
  const all = parseDecimal(ordered)
  return done && all && compare(done, all) >= 0 ? 'filled' : 'canceled'
}

/** Who sent the order, where its status says so. */
export function originOf(word: unknown): OrderOrigin | undefined {
  if (word === 'NEW_INSURANCE') return 'insurance'
  return word === 'NEW_ADL' ? 'adl' : undefined
}

/** The type: STOP_LOSS and TAKE_PROFIT are market orders at spot, TAKE_PROFIT and STOP limit orders at futures. */
export function typeOf(word: unknown, market: 'spot' | 'futures'): OrderType | undefined {
  if (market === 'spot' && word === 'TAKE_PROFIT') return 'take_profit_market'
  return orderTypeOf('binance', word)
}

/** Quote money over quantity, where something is filled. */
export function averageOf(quote: unknown, filled: unknown): string | undefined {
  const value = parseDecimal(quote)
  const quantity = parseDecimal(filled)
  const average = value && quantity && sign(value) > 0 ? divide(value, quantity) : undefined
  return average && format(average)
}
