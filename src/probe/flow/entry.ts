import {
  add,
  divide,
  equals,
  multiply,
  negate,
  round,
  sign,
  subtract,
  zero,
} from '../../base/decimal.ts'
import type { Decimal } from '../../base/decimal.ts'
import type { Side } from '../../semconv/words.ts'
import { Fees } from './order/fees.ts'
import type { OrderHandle } from './order/order.ts'
import type { OrderRecord } from './order/order-record.ts'
import { baseOf, contractOf } from './order/order-terms.ts'
import type { Execution } from './shortfall.ts'

/** Filled in base and quote money. */
export interface Amounts {
  readonly base: Decimal
  readonly quote: Decimal
}

/** What the orders of one side filled: the entry of a flow. Orders of the other side count against it. */
export class Entry {
  readonly orders: OrderHandle[] = []
  readonly #asked: Side | undefined
  // What inverse contracts covered so far.
  #coverQuote = zero
  #coverBase = zero

  constructor(asked: Side | undefined) {
    this.#asked = asked
  }

  /** Side of the signal, or of its first order. */
  get side(): Side {
    return this.#asked ?? this.orders[0]?.side ?? 'buy'
  }

  get amounts(): Amounts {
    let base = zero
    let quote = zero
    for (const order of this.orders) {
      const filled = amountsOf(order)
      const towards = order.side === this.side
      base = add(base, towards ? filled.base : negate(filled.base))
      quote = add(quote, towards ? filled.quote : negate(filled.quote))
    }
    return { base, quote }
  }

  get price(): Decimal | undefined {
    const { base, quote } = this.amounts
    return divide(quote, base)
  }

  /** Filled in the unit of the orders, which is that of the first of them. */
  get quantity(): Decimal {
    let quantity = zero
    for (const order of this.orders) quantity = add(quantity, this.unitsOf(order))
    return quantity
  }

  /** What any order of the flow filled in the unit of the entry; negative where it is against it. */
  unitsOf(order: OrderHandle): Decimal {
    const units = this.#unitsOf(order)
    return order.side === this.side ? units : negate(units)
  }

  /**
   * What was decided in base money: what is filled, and what is not.
   * @param units in the unit of the orders @default the quantity of the first order
   * @param price that inverse contracts which were not filled are valued at
   */
  decided(units: Decimal | undefined, price: Decimal): Decimal {
    const [first] = this.orders
    let left = units ?? first?.life.quantity ?? zero
    let base = zero
    for (const order of this.orders) {
      if (order.side !== this.side) continue
      base = add(base, amountsOf(order).base)
      left = subtract(left, this.#unitsOf(order))
    }
    if (!first || sign(left) <= 0) return base
    return add(base, baseOf(left, contractOf(first.terms), price) ?? zero)
  }

  /**
   * What a fill of a hedge or unwind covers, in base money. Inverse contracts cover as many of an inverse entry, at the
   * price that it was filled at: both are worth the same at any price, though not what they were worth at their fills.
   */
  coverOf(order: OrderRecord, { base, quote }: Amounts): Decimal {
    if (!contractOf(order.terms).inverse) return base
    const cover = this.#inverseCover(base, quote)
    this.#coverQuote = add(this.#coverQuote, quote)
    this.#coverBase = add(this.#coverBase, cover)
    return cover
  }

  /** How many inverse contracts of `contractSize` cover so much base money of an inverse entry; undefined for another. */
  inverseContracts(base: Decimal, contractSize: Decimal): Decimal | undefined {
    const open = this.#inverseOpen()
    const quote =
      open && (equals(base, open.base) ? open.quote : share(open.quote, base, open.base))
    const contracts = quote && divide(quote, contractSize)
    return contracts && round(contracts, 18)
  }

  #inverseCover(base: Decimal, quote: Decimal): Decimal {
    const open = this.#inverseOpen()
    if (sign(quote) <= 0) return this.#inverseUncover(quote) ?? base
    if (!open) return base
    const beyond = subtract(quote, open.quote)
    if (sign(beyond) < 0) return share(open.base, quote, open.quote) ?? base
    return add(open.base, share(base, beyond, quote) ?? zero)
  }

  /** What is lost of the cover where some is taken back, or it only got another price. */
  #inverseUncover(quote: Decimal): Decimal | undefined {
    const left = add(this.#coverQuote, quote)
    const [first] = this.orders
    const { amounts } = this
    const isInverse = first !== undefined && contractOf(first.terms).inverse
    // As many as the entry has cover all of it, whatever those that went were filled at.
    if (isInverse && sign(quote) < 0 && equals(left, amounts.quote)) {
      return subtract(amounts.base, this.#coverBase)
    }
    return share(this.#coverBase, quote, this.#coverQuote)
  }

  /** What inverse contracts have not covered of an inverse entry; undefined where there is none of it. */
  #inverseOpen(): Amounts | undefined {
    const [first] = this.orders
    if (!first || !contractOf(first.terms).inverse) return undefined
    const amounts = this.amounts
    const base = subtract(amounts.base, this.#coverBase)
    const quote = subtract(amounts.quote, this.#coverQuote)
    return sign(base) > 0 && sign(quote) > 0 ? { base, quote } : undefined
  }

  #unitsOf(order: OrderHandle): Decimal {
    const unit = contractOf((this.orders[0] ?? order).terms)
    const own = contractOf(order.terms)
    if (own.inverse === unit.inverse && equals(own.contractSize, unit.contractSize)) {
      return order.life.fills.quantity
    }
    const { base, quote } = amountsOf(order)
    return divide(unit.inverse ? quote : base, unit.contractSize) ?? zero
  }

  get fees(): Fees {
    const fees = new Fees()
    for (const order of this.orders) fees.addAll(order.fees)
    return fees
  }

  /** Fees in quote money that fall on a part of the base money that was filled. */
  feesOn(base: Decimal): Decimal {
    return divide(multiply(this.fees.quote, base), this.amounts.base) ?? zero
  }

  /** Fees on a part in the unit of the orders, in the money that they are settled in. */
  feesOnQuantity(quantity: Decimal, inverse: boolean): Decimal {
    return divide(multiply(this.fees.settled(inverse), quantity), this.quantity) ?? zero
  }

  /** What was executed, for the shortfall. */
  get executed(): Execution['orders'] {
    return this.orders
      .filter((order) => order.side === this.side)
      .map((order) => {
        const { base, quote } = amountsOf(order)
        return { filled: base, value: quote, arrivalPrice: order.arrivalPrice }
      })
  }
}

/** Filled of an order in base and quote money. */
function amountsOf(order: OrderHandle): Amounts {
  const { contractSize, inverse } = contractOf(order.terms)
  const { quantity, value } = order.life.fills
  const contracts = multiply(quantity, contractSize)
  return inverse ? { base: value, quote: contracts } : { base: contracts, quote: value }
}

/** What of `whole` falls on `part` of `all`. */
function share(whole: Decimal, part: Decimal, all: Decimal): Decimal | undefined {
  return divide(multiply(whole, part), all)
}
