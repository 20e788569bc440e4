import {
  add,
  compare,
  divide,
  isZero,
  maximum,
  minimum,
  multiply,
  sign,
  subtract,
  zero,
} from '../../../base/decimal.ts'
import type { Decimal } from '../../../base/decimal.ts'

/**
 * What was filled of one order, exact to the last digit, whatever order the messages come in.
 *
 * - A fill with an execution id counts once.
 * - A venue may also say how much is filled in all. Where that is ahead of the fills that came, the difference is a
 *   derived fill; a fill that comes later takes its place and is not counted again.
 * - A fill without an id cannot be told from a repeat, so it never fills more than is open.
 * - A fill that the venue takes back is out of the sums, and its id counts no more. A total that the venue tells may
 *   still have it in: as long as it does, nothing is derived for it.
 *
 *   filled = Σ fills + derived        value = Σ quantity × price (× contract size), or Σ size × quantity / price
 */
export interface FillChange {
  /**
   * By how much the filled quantity rose, in the unit of the order. Zero when a derived fill was confirmed, below zero when
   * a fill was taken back.
   */
  readonly quantity: Decimal
  /** By how much the value rose. Not zero where a confirmed fill had another price than was derived. */
  readonly value: Decimal
  /** The same in base money, what the exposure rose by, and in quote money. */
  readonly base: Decimal
  readonly quote: Decimal
  /** Price of the fill; zero where it says nothing new of the market. */
  readonly price: Decimal
}

/** Why a fill was not taken. */
export type Refusal = 'duplicate' | 'no_room'

/** Contract terms that turn quantities into value. */
export interface Terms {
  readonly contractSize: Decimal
  readonly inverse: boolean
}

/** A fill as it was counted. */
export interface Taken {
  readonly quantity: Decimal
  readonly price: Decimal
}

/** Sums of the fills of one order. */
export class Fills {
  readonly #terms: Terms
  /** What was taken by execution id; undefined once it was taken back. */
  readonly #taken = new Map<string, Taken | undefined>()
  // Those of the fills that came, those that were derived, and both together.
  #ownQuantity = zero
  #ownValue = zero
  #derivedQuantity = zero
  #derivedValue = zero
  #quantity = zero
  #value = zero
  /** Taken back, and still in what the venue says is filled. */
  #bustedInTotal = zero
  #averagePrice: Decimal | undefined
  #count = 0

  constructor(terms: Terms) {
    this.#terms = terms
  }

  /** Filled so far, in the unit of the order. */
  get quantity(): Decimal {
    return this.#quantity
  }

  /** Value of what is filled: quote money, or base money for inverse contracts. */
  get value(): Decimal {
    return this.#value
  }

  /** Fills counted, derived ones included. */
  get count(): number {
    return this.#count
  }

  /** Average price, or undefined when nothing is filled, or no price is known. */
  get averagePrice(): Decimal | undefined {
    if (!this.#averagePrice && !isZero(this.#value)) {
      const { contractSize, inverse } = this.#terms
      const contracts = multiply(this.#quantity, contractSize)
      this.#averagePrice = inverse ? divide(contracts, this.#value) : divide(this.#value, contracts)
    }
    return this.#averagePrice
  }

  /** Whether a total of the venue may still have fills in it that it took back. */
  get hasBusted(): boolean {
    return !isZero(this.#bustedInTotal)
  }

  /** Whether a fill with this execution id came, taken back or not. */
  has(execId: string): boolean {
    return this.#taken.has(execId)
  }

  /** The fill with this execution id, unless it was taken back. */
  of(execId: string): Taken | undefined {
    return this.#taken.get(execId)
  }

  /**
   * Takes a fill.
   * @param room how much may be filled by a fill that has no id; undefined where the ordered quantity is not known
   */
  take(
    fill: {
      readonly execId: string | undefined
      readonly quantity: Decimal
      readonly price: Decimal
    },
    room: Decimal | undefined,
  ): FillChange | Refusal {
    const { execId, price } = fill
    let { quantity } = fill
    if (execId === undefined) {
      if (room) quantity = minimum(quantity, maximum(room, zero))
      if (sign(quantity) <= 0) return 'no_room'
    } else {
      if (this.#taken.has(execId)) return 'duplicate'
      this.#taken.set(execId, { quantity, price })
    }
    const hadDerived = !isZero(this.#derivedQuantity)
    if (execId !== undefined && hadDerived) this.#confirm(quantity)
    const value = this.#valueOf(quantity, price)
    this.#ownQuantity = add(this.#ownQuantity, quantity)
    this.#ownValue = add(this.#ownValue, value)
    const change = this.#settle(price)
    if (!isZero(change.quantity)) this.#count += 1
    return change
  }

  /**
   * Takes the filled quantity that a venue reports; what it is ahead becomes a derived fill.
   * @returns undefined where nothing is ahead
   */
  catchUp(
    filled: Decimal,
    averagePrice: Decimal | undefined,
    fallbackPrice: Decimal | undefined,
  ): FillChange | undefined {
    const ahead = subtract(filled, this.quantity)
    const missing = subtract(ahead, this.#bustedInTotal)
    if (sign(missing) < 0) this.#bustedInTotal = maximum(ahead, zero)
    if (sign(missing) <= 0) return undefined
    const price = this.#priceOfMissing(filled, missing, averagePrice) ?? fallbackPrice ?? zero
    this.#derivedQuantity = add(this.#derivedQuantity, missing)
    this.#derivedValue = add(this.#derivedValue, this.#valueOf(missing, price))
    this.#count += 1
    return this.#settle(price)
  }

  /**
   * Takes a fill back. One whose id never came may be in the derived quantity.
   * @param told its quantity, as far as the venue says it
   */
  bust(execId: string, told: Decimal | undefined): FillChange | 'duplicate' | 'unknown' {
    const isKnown = this.#taken.has(execId)
    const fill = this.#taken.get(execId)
    if (isKnown && !fill) return 'duplicate'
    this.#taken.set(execId, undefined)
    if (fill) {
      this.#ownQuantity = subtract(this.#ownQuantity, fill.quantity)
      this.#ownValue = subtract(this.#ownValue, this.#valueOf(fill.quantity, fill.price))
    } else if (told && sign(told) > 0 && !isZero(this.#derivedQuantity)) this.#confirm(told)
    else return 'unknown'
    const change = this.#settle(zero)
    this.#bustedInTotal = subtract(this.#bustedInTotal, change.quantity)
    this.#count = isZero(this.#quantity) ? 0 : Math.max(1, this.#count - 1)
    return change
  }

  // A fill with an id takes the place of as much of the derived quantity.
  #confirm(quantity: Decimal): void {
    if (compare(quantity, this.#derivedQuantity) >= 0) {
      this.#derivedQuantity = zero
      this.#derivedValue = zero
      return
    }
    const share = divide(multiply(this.#derivedValue, quantity), this.#derivedQuantity) ?? zero
    this.#derivedQuantity = subtract(this.#derivedQuantity, quantity)
    this.#derivedValue = subtract(this.#derivedValue, share)
  }

  #priceOfMissing(
    filled: Decimal,
    missing: Decimal,
    averagePrice: Decimal | undefined,
  ): Decimal | undefined {
    if (!averagePrice || sign(averagePrice) <= 0) return undefined
    // An average over what was taken back as well says nothing of the missing part alone.
    if (this.hasBusted) return averagePrice
    const value = subtract(this.#valueOf(filled, averagePrice), this.value)
    // Rounded averages may leave nothing for the missing part; the average is then the better price.
    if (sign(value) <= 0) return averagePrice
    const contracts = multiply(missing, this.#terms.contractSize)
    return this.#terms.inverse ? divide(contracts, value) : divide(value, contracts)
  }

  #valueOf(quantity: Decimal, price: Decimal): Decimal {
    const contracts = multiply(quantity, this.#terms.contractSize)
    return this.#terms.inverse ? (divide(contracts, price) ?? zero) : multiply(contracts, price)
  }

  /** Sums up, and says what changed. */
  #settle(price: Decimal): FillChange {
    const hasDerived = !isZero(this.#derivedQuantity)
    const total = hasDerived ? add(this.#ownQuantity, this.#derivedQuantity) : this.#ownQuantity
    const totalValue = hasDerived ? add(this.#ownValue, this.#derivedValue) : this.#ownValue
    const quantity = subtract(total, this.#quantity)
    const value = subtract(totalValue, this.#value)
    this.#quantity = total
    this.#value = totalValue
    this.#averagePrice = undefined
    const contracts = multiply(quantity, this.#terms.contractSize)
    const { inverse } = this.#terms
    return {
      quantity,
      value,
      price,
      base: inverse ? value : contracts,
      quote: inverse ? contracts : value,
    }
  }
}
