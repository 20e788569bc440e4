import {
  absolute,
  add,
  compare,
  divide,
  equals,
  isZero,
  maximum,
  minimum,
  multiply,
  negate,
  sign,
  subtract,
  zero,
} from '../../../base/decimal.ts'
import type { Decimal } from '../../../base/decimal.ts'
import type { PositionSide } from '../../../semconv/words.ts'
import type { Terms } from '../order/fills.ts'

/**
 * What a position costs and brings, exact. Linear contracts are reckoned in quote money, inverse ones in base money:
 *
 *   value(q, p) = q × size × p, or q × size / p for inverse contracts
 *   result = ± (value of what was closed − its share of the cost), the sign that of the side; inverse: turned round
 *
 * Average cost: closing a part takes its share of the cost, adding raises it.
 *
 * A fill that is taken back leaves what realized and unrealized results sum to as if it had not been. How they share it
 * is exact where nothing was added after a part was closed.
 */
export class PositionSums {
  readonly side: PositionSide
  readonly #terms: Terms
  #quantity = zero
  #cost = zero
  #gross = zero
  #fees = zero
  #funding = zero
  // What was added since it was flat.
  #addedQuantity = zero
  #addedValue = zero
  #exitQuantity = zero
  #exitValue = zero
  #worst = zero
  #best = zero
  #drawdown = zero

  constructor(side: PositionSide, terms: Terms) {
    this.side = side
    this.#terms = terms
  }

  get quantity(): Decimal {
    return this.#quantity
  }

  /** The quantity in base money; that of inverse contracts at their entry. */
  get base(): Decimal {
    const { contractSize, inverse } = this.#terms
    return inverse ? this.#cost : multiply(this.#quantity, contractSize)
  }

  get fees(): Decimal {
    return this.#fees
  }

  get funding(): Decimal {
    return this.#funding
  }

  /** Realized before fees and funding. */
  get gross(): Decimal {
    return this.#gross
  }

  /** Realized after fees and funding. */
  get realized(): Decimal {
    return add(subtract(this.#gross, this.#fees), this.#funding)
  }

  get entryPrice(): Decimal | undefined {
    return this.#priceOf(this.#quantity, this.#cost)
  }

  get exitPrice(): Decimal | undefined {
    return this.#priceOf(this.#exitQuantity, this.#exitValue)
  }

  /** Worst result during the trade: realized and unrealized before fees; never above zero. */
  get mae(): Decimal {
    return this.#worst
  }

  /** Best result during the trade; never below zero. */
  get mfe(): Decimal {
    return this.#best
  }

  /** Largest fall from the best result. */
  get drawdown(): Decimal {
    return this.#drawdown
  }

  valueOf(quantity: Decimal, price: Decimal): Decimal {
    const contracts = multiply(quantity, this.#terms.contractSize)
    return this.#terms.inverse ? (divide(contracts, price) ?? zero) : multiply(contracts, price)
  }

  /** What a quantity is worth in quote money, whatever it is settled in. */
  notional(quantity: Decimal, price: Decimal): Decimal {
    const contracts = multiply(quantity, this.#terms.contractSize)
    return this.#terms.inverse ? contracts : multiply(contracts, price)
  }

  /** Adds to the position at a value. A quantity of zero corrects the cost. */
  increase(quantity: Decimal, value: Decimal): void {
    const wasFlat = isZero(this.#quantity) && !isZero(quantity)
    this.#addedQuantity = wasFlat ? quantity : add(this.#addedQuantity, quantity)
    this.#addedValue = wasFlat ? value : add(this.#addedValue, value)
    this.#quantity = add(this.#quantity, quantity)
    this.#cost = add(this.#cost, value)
  }

  /** Closes a part at a value and returns what it brought. A quantity of zero corrects the result. */
  reduce(quantity: Decimal, value: Decimal): Decimal {
    const closed = minimum(quantity, this.#quantity)
    // What goes beyond the position is none of it.
    const worth = isZero(quantity) ? value : (divide(multiply(value, closed), quantity) ?? zero)
    const share = isZero(closed) ? zero : this.#shareOfCost(closed)
    this.#quantity = subtract(this.#quantity, closed)
    this.#cost = isZero(this.#quantity) ? zero : subtract(this.#cost, share)
    this.#exitQuantity = add(this.#exitQuantity, closed)
    this.#exitValue = add(this.#exitValue, worth)
    const result = this.#signed(subtract(worth, share))
    this.#gross = add(this.#gross, result)
    this.#see(this.#gross)
    return result
  }

  /** Takes back what was added; returns what that changes of the result. */
  undoIncrease(quantity: Decimal, value: Decimal): Decimal {
    const left = subtract(this.#quantity, quantity)
    const cost = subtract(this.#cost, value)
    this.#addedQuantity = maximum(subtract(this.#addedQuantity, quantity), zero)
    this.#addedValue = subtract(this.#addedValue, value)
    this.#quantity = maximum(left, zero)
    this.#cost = this.#averageCost(this.#quantity)
    // What was closed beyond what is left was none of the position.
    const beyond = this.#takeExit(negate(minimum(left, zero)))
    return this.#correct(subtract(subtract(this.#cost, cost), beyond))
  }

  /** Takes back what was closed: it is open again at its cost; returns what that changes of the result. */
  undoReduce(quantity: Decimal, value: Decimal): Decimal {
    const opened = minimum(quantity, this.#exitQuantity)
    const worth = divide(multiply(value, opened), quantity) ?? zero
    const cost = this.#averageCost(opened)
    this.#exitQuantity = subtract(this.#exitQuantity, opened)
    this.#exitValue = subtract(this.#exitValue, worth)
    this.#quantity = add(this.#quantity, opened)
    this.#cost = add(this.#cost, cost)
    return this.#correct(subtract(cost, worth))
  }

  pay(fee: Decimal): void {
    this.#fees = add(this.#fees, fee)
  }

  fund(payment: Decimal): void {
    this.#funding = add(this.#funding, payment)
  }

  /** Unrealized result at a price, before fees. */
  unrealized(price: Decimal): Decimal {
    return this.#signed(subtract(this.valueOf(this.#quantity, price), this.#cost))
  }

  /** Sees a price: drives worst, best and drawdown. */
  mark(price: Decimal): void {
    if (sign(price) > 0) this.#see(add(this.#gross, this.unrealized(price)))
  }

  /** Sets what the venue or the bot says it is. */
  reset(quantity: Decimal, price: Decimal): void {
    this.#quantity = quantity
    this.#cost = this.valueOf(quantity, price)
    this.#addedQuantity = quantity
    this.#addedValue = this.#cost
  }

  /** Takes so much of what was closed away, at its average; returns its value. */
  #takeExit(quantity: Decimal): Decimal {
    const taken = minimum(quantity, this.#exitQuantity)
    const worth = divide(multiply(this.#exitValue, taken), this.#exitQuantity) ?? zero
    this.#exitQuantity = subtract(this.#exitQuantity, taken)
    this.#exitValue = subtract(this.#exitValue, worth)
    return worth
  }

  #correct(value: Decimal): Decimal {
    const result = this.#signed(value)
    this.#gross = add(this.#gross, result)
    return result
  }

  #averageCost(quantity: Decimal): Decimal {
    if (equals(quantity, this.#addedQuantity)) return this.#addedValue
    return divide(multiply(this.#addedValue, quantity), this.#addedQuantity) ?? zero
  }

  #see(result: Decimal): void {
    this.#worst = minimum(this.#worst, result)
    this.#best = maximum(this.#best, result)
    this.#drawdown = maximum(this.#drawdown, subtract(this.#best, result))
  }

  #shareOfCost(quantity: Decimal): Decimal {
    if (compare(quantity, this.#quantity) >= 0) return this.#cost
    return divide(multiply(this.#cost, quantity), this.#quantity) ?? zero
  }

  // A long inverse position gains as the price rises and its value in base money falls.
  #signed(value: Decimal): Decimal {
    const isLong = this.side === 'long'
    return isLong === this.#terms.inverse ? negate(value) : value
  }

  #priceOf(quantity: Decimal, value: Decimal): Decimal | undefined {
    const contracts = multiply(quantity, this.#terms.contractSize)
    const price = this.#terms.inverse ? divide(contracts, value) : divide(value, contracts)
    return price && absolute(price)
  }
}

/** The largest difference between results, for the check of price sources against each other. */
export function spread(results: readonly Decimal[]): Decimal | undefined {
  const [first, ...rest] = results
  if (!first || rest.length === 0) return undefined
  let least = first
  let most = first
  for (const result of rest) {
    least = minimum(least, result)
    most = maximum(most, result)
  }
  return subtract(most, least)
}
