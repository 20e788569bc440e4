import {
  decimal,
  decimalText,
  divide,
  multiply,
  parseDecimal,
  toNumber,
} from '../../../base/decimal.ts'
import type { Decimal } from '../../../base/decimal.ts'
import type { DecimalInput } from '../../../base/decimal-input.ts'
import type { OrderOrigin, OrderType, Side, TimeInForce } from '../../../semconv/words.ts'
import { defined } from '../core.ts'
import type { Terms } from './fills.ts'
import type { OrderChange } from '../handles/order.ts'

/** What was ordered: as text for records, as decimals for sums. */
export interface OrderTerms {
  readonly clientOrderId: string
  readonly venue: string
  readonly symbol: string
  readonly side: Side | undefined
  readonly type: OrderType | undefined
  readonly quantity: DecimalInput | undefined
  readonly price: DecimalInput | undefined
  readonly stopPrice?: DecimalInput | undefined
  readonly timeInForce?: TimeInForce | undefined
  readonly reduceOnly?: boolean | undefined
  readonly postOnly?: boolean | undefined
  readonly account?: string | undefined
  readonly contractSize?: DecimalInput | undefined
  readonly inverse?: boolean | undefined
  readonly attempt?: number | undefined
  readonly origin?: OrderOrigin | undefined
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
}

const one = decimal(1)

/** Contract terms of an order, one base unit where nothing is said. */
export function contractOf(terms: Pick<OrderTerms, 'contractSize' | 'inverse'>): Terms {
  return {
    contractSize: parseDecimal(terms.contractSize) ?? one,
    inverse: terms.inverse ?? false,
  }
}

/** What so many contracts are in base money; inverse ones at a price. */
export function baseOf(contracts: Decimal, terms: Terms, price: Decimal): Decimal | undefined {
  const worth = multiply(contracts, terms.contractSize)
  return terms.inverse ? divide(worth, price) : worth
}

/** How many contracts so much base money is; inverse ones at a price. */
export function contractsFor(
  base: Decimal,
  terms: Terms,
  price: Decimal | undefined,
): Decimal | undefined {
  if (!terms.inverse) return divide(base, terms.contractSize)
  return price && divide(multiply(base, price), terms.contractSize)
}

/** What the records of an order carry. */
export function orderBase(terms: OrderTerms, orderId: string | undefined): Record<string, unknown> {
  return defined({
    'trading.venue': terms.venue,
    'trading.symbol': terms.symbol,
    'trading.account': terms.account,
    'trading.order.id': orderId,
    'trading.order.client_id': terms.clientOrderId,
    'trading.order.side': terms.side,
    'trading.order.type': terms.type,
    'trading.order.quantity': text(terms.quantity),
    'trading.order.price': text(terms.price),
    'trading.order.attempt': terms.attempt,
    'trading.order.origin': terms.origin,
  })
}

/** What the span of an order carries from its start. */
export function orderSpanAttributes(terms: OrderTerms): Record<string, unknown> {
  return defined({
    ...terms.attributes,
    ...orderBase(terms, undefined),
    'peer.service': terms.venue,
    ...orderSize(terms),
    'trading.order.time_in_force': terms.timeInForce,
    'trading.order.reduce_only': terms.reduceOnly,
    'trading.order.post_only': terms.postOnly,
    'trading.order.status': 'pending_new',
  })
}

/** What was ordered, after a replace. */
export function changedTerms(
  terms: OrderTerms,
  { clientOrderId, quantity, price, stopPrice }: OrderChange,
): OrderTerms {
  return {
    ...terms,
    ...(clientOrderId !== undefined && { clientOrderId }),
    ...(quantity !== undefined && { quantity }),
    ...(price !== undefined && { price }),
    ...(stopPrice !== undefined && { stopPrice }),
  }
}

/** What a replace may change on the span. */
export function orderSize(terms: OrderTerms): Record<string, unknown> {
  return defined({
    'trading.order.client_id': terms.clientOrderId,
    'trading.order.quantity': text(terms.quantity),
    'trading.order.quantity_num': double(terms.quantity),
    'trading.order.price': text(terms.price),
    'trading.order.price_num': double(terms.price),
    'trading.order.stop_price': text(terms.stopPrice),
  })
}

/** `buy 0.010 BTC/USDT at 43210.00 on binance`. */
export function orderTitle(terms: OrderTerms): string {
  const price = text(terms.price)
  const words = [
    terms.side ?? 'order',
    text(terms.quantity),
    terms.symbol,
    price === undefined ? undefined : `at ${price}`,
    `on ${terms.venue}`,
  ]
  return words.filter((word) => word !== undefined).join(' ')
}

/** The text of a price or quantity as it was written; undefined for what is no number. */
export function text(value: DecimalInput | null | undefined): string | undefined {
  return value === undefined || value === null ? undefined : decimalText(value)
}

/** The double twin of a price or quantity. */
export function double(value: DecimalInput | null | undefined): number | undefined {
  const parsed = parseDecimal(value)
  return parsed && toNumber(parsed)
}

/** The other side. */
export function opposite(side: Side): Side {
  return side === 'buy' ? 'sell' : 'buy'
}
