import { add, format, multiply, negate, sign, subtract, zero } from '../../base/decimal.ts'
import type { Decimal } from '../../base/decimal.ts'
import type { TradingAttributes } from '../../semconv/attributes.ts'
import type { Side } from '../../semconv/words.ts'

/** What an implementation shortfall is computed from. Prices in quote money, quantities in base money. */
export interface Execution {
  readonly side: Side
  readonly decisionPrice: Decimal
  /** Quantity that was decided. */
  readonly quantity: Decimal
  readonly orders: readonly {
    readonly filled: Decimal
    /** Filled quantity × price. */
    readonly value: Decimal
    /** Mid when the order reached the venue. @default the decision price: no delay cost */
    readonly arrivalPrice: Decimal | undefined
  }[]
  readonly fees: Decimal
  /** Price that the unfilled part is valued at. */
  readonly endPrice: Decimal | undefined
}

/** Cost by part; positive = worse for us. */
export interface Shortfall {
  readonly delay: Decimal
  readonly execution: Decimal
  readonly fees: Decimal
  /** Undefined where something stayed unfilled and no end price is known. */
  readonly opportunity: Decimal | undefined
  readonly total: Decimal
}

/**
 * Implementation shortfall (Perold 1988): delay (decision → arrival), execution (arrival → fills), fees, and the
 * opportunity lost on what was not filled, valued at the end price.
 */
export function shortfallOf(execution: Execution): Shortfall {
  const { side, decisionPrice, orders, fees, endPrice } = execution
  const signed = (cost: Decimal): Decimal => (side === 'buy' ? cost : negate(cost))
  let delay = zero
  let slipped = zero
  let filled = zero
  for (const order of orders) {
    const arrival = order.arrivalPrice ?? decisionPrice
    delay = add(delay, multiply(order.filled, subtract(arrival, decisionPrice)))
    slipped = add(slipped, subtract(order.value, multiply(order.filled, arrival)))
    filled = add(filled, order.filled)
  }
  const unfilled = subtract(execution.quantity, filled)
  const isWhole = sign(unfilled) <= 0
  const lost = endPrice && multiply(unfilled, subtract(endPrice, decisionPrice))
  const opportunity = isWhole ? zero : lost && signed(lost)
  const parts = { delay: signed(delay), execution: signed(slipped), fees, opportunity }
  const total = add(add(parts.delay, parts.execution), add(fees, opportunity ?? zero))
  return { ...parts, total }
}

/** The shortfall as attributes. */
export function shortfallAttributes(shortfall: Shortfall): TradingAttributes {
  return {
    'trading.shortfall': format(shortfall.total),
    'trading.shortfall_delay': format(shortfall.delay),
    'trading.shortfall_execution': format(shortfall.execution),
    'trading.shortfall_fees': format(shortfall.fees),
    'trading.shortfall_opportunity': shortfall.opportunity && format(shortfall.opportunity),
  }
}
