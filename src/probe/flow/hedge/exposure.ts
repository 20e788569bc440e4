import {
  absolute,
  add,
  compare,
  isZero,
  negate,
  sign,
  subtract,
  toNumber,
  zero,
} from '../../../base/decimal.ts'
import type { Decimal } from '../../../base/decimal.ts'
import type { Side } from '../../../semconv/words.ts'

/**
 * What a flow has filled and not covered, in base money, and for how long.
 *
 * - Fills of the flow's own orders enter; fills of hedges and unwinds cover, the earliest first.
 * - Cover may come before its fill (two streams): it waits, and the window is then zero, never negative.
 * - Money-seconds: uncovered quantity × last price, summed over time.
 */
export class Exposure {
  #lots: { quantity: Decimal; readonly atMs: number }[] = []
  #entered = zero
  #covered = zero
  #price = 0
  #moneySeconds = 0
  #advancedMs: number | undefined

  /** Entered so far. */
  get entered(): Decimal {
    return this.#entered
  }

  /** Entered and covered. */
  get covered(): Decimal {
    return compare(this.#covered, this.#entered) > 0 ? this.#entered : this.#covered
  }

  /** What is naked: entered and not covered, or covered beyond what entered. */
  get uncovered(): Decimal {
    return absolute(this.#open)
  }

  /** Naked in quote money, at the last price. */
  get uncoveredQuote(): number {
    return toNumber(this.uncovered) * this.#price
  }

  get isFlat(): boolean {
    return isZero(this.#open)
  }

  /** When the earliest uncovered fill came. */
  get sinceMs(): number | undefined {
    return this.#lots[0]?.atMs
  }

  /** How long something has been uncovered. */
  openForMs(nowMs: number): number {
    return this.sinceMs === undefined ? 0 : Math.max(0, nowMs - this.sinceMs)
  }

  /** Signed: positive is long. */
  net(side: Side): Decimal {
    return side === 'buy' ? this.#open : negate(this.#open)
  }

  /**
   * A fill of the flow. A negative quantity is one against it, or one that was taken back.
   * @param from what a negative quantity closes first
   */
  enter(
    quantity: Decimal,
    price: Decimal,
    nowMs: number,
    from: 'earliest' | 'latest' = 'earliest',
  ): void {
    this.advance(nowMs)
    if (sign(price) > 0) this.#price = toNumber(price)
    if (sign(quantity) < 0) {
      this.#consume(negate(quantity), from)
      this.#entered = add(this.#entered, quantity)
      return
    }
    const before = this.#open
    this.#entered = add(this.#entered, quantity)
    this.#expose(quantity, before, nowMs)
  }

  /** A fill that covers. A negative quantity takes cover away. */
  cover(quantity: Decimal, nowMs: number): void {
    this.advance(nowMs)
    const before = this.#open
    this.#covered = add(this.#covered, quantity)
    if (sign(quantity) > 0) this.#consume(quantity)
    // From now on: what was covered until here was.
    else if (sign(quantity) < 0) this.#expose(negate(quantity), before, nowMs)
  }

  /** Sums money over the time until now; returns what was added since the last call. */
  advance(nowMs: number): number {
    const elapsedMs = this.#advancedMs === undefined ? 0 : Math.max(0, nowMs - this.#advancedMs)
    this.#advancedMs = nowMs
    const added = this.uncoveredQuote * (elapsedMs / 1000)
    this.#moneySeconds += added
    return added
  }

  get moneySeconds(): number {
    return this.#moneySeconds
  }

  get #open(): Decimal {
    return subtract(this.#entered, this.#covered)
  }

  /** A new lot; cover that was ahead takes of it first. */
  #expose(quantity: Decimal, before: Decimal, nowMs: number): void {
    const naked = sign(before) < 0 ? add(quantity, before) : quantity
    if (sign(naked) > 0) this.#lots.push({ quantity: naked, atMs: nowMs })
  }

  #consume(quantity: Decimal, from: 'earliest' | 'latest' = 'earliest'): void {
    let left = quantity
    while (sign(left) > 0) {
      const lot = this.#lots.at(from === 'earliest' ? 0 : -1)
      if (!lot) return
      if (compare(lot.quantity, left) > 0) {
        lot.quantity = subtract(lot.quantity, left)
        return
      }
      left = subtract(left, lot.quantity)
      if (from === 'earliest') this.#lots.shift()
      else this.#lots.pop()
    }
  }
}
