/** What one round trip holds at one venue: its own fills, and what the venue took from it. Exact. */
import { least, zero, type Decimal } from '../decimal.ts'
import { oppositeOf, type Side } from '../market/event.ts'
import { Change } from './change.ts'

/** A fill as it counts for a leg. */
export interface LegFill {
  readonly side: Side
  readonly price: Decimal
  readonly quantity: Decimal
  readonly fee: Decimal
  /** Venue time, Unix ms. */
  readonly timeMs: number
}

/** How a venue takes a position away. */
export type Taker = 'liquidation' | 'adl'

/** Invariant: result = money in − money out − fees, once nothing is open. */
export class Leg {
  readonly venue: string
  /** The side that opens it. */
  readonly side: Side
  readonly changed = new Change()
  /** Told when something was entered. */
  onEntered: () => void = () => undefined
  #entered: Decimal = zero
  #entryCost: Decimal = zero
  #left: Decimal = zero
  #exitCost: Decimal = zero
  #fees: Decimal = zero
  #funding: Decimal = zero
  /** What was open from when on. */
  #takenBy: Taker | undefined
  readonly #history: { readonly timeMs: number; readonly open: Decimal }[] = []

  constructor(venue: string, side: Side) {
    this.venue = venue
    this.side = side
  }

  /** Held now. */
  get open(): Decimal {
    return this.#entered.minus(this.#left)
  }

  /** Entered so far, closed or not. */
  get entered(): Decimal {
    return this.#entered
  }

  /** Mean price of what was entered, 0 before the first fill. */
  get entryPrice(): Decimal {
    return this.#entered.eq(0) ? zero : this.#entryCost.div(this.#entered)
  }

  /** Mean price of what was closed, 0 before. */
  get exitPrice(): Decimal {
    return this.#left.eq(0) ? zero : this.#exitCost.div(this.#left)
  }

  get fees(): Decimal {
    return this.#fees
  }

  get funding(): Decimal {
    return this.#funding
  }

  /** What the venue did, when it closed a part of the leg. */
  get takenBy(): Taker | undefined {
    return this.#takenBy
  }

  /** A fill that the venue forced on the leg. */
  take(fill: LegFill, by: Taker): void {
    this.#takenBy = by
    this.add(fill)
  }

  add(fill: LegFill): void {
    const money = fill.price.times(fill.quantity)
    if (fill.side === this.side) {
      this.#entered = this.#entered.plus(fill.quantity)
      this.#entryCost = this.#entryCost.plus(money)
    } else {
      this.#left = this.#left.plus(fill.quantity)
      this.#exitCost = this.#exitCost.plus(money)
    }
    this.#fees = this.#fees.plus(fill.fee)
    this.#history.push({ timeMs: fill.timeMs, open: this.open })
    this.changed.happen()
    if (fill.side === this.side) this.onEntered()
  }

  /** Venue time of the last change, Unix ms; a leg that never held anything is from the present. */
  get changedMs(): number {
    return this.#history.at(-1)?.timeMs ?? Infinity
  }

  /** What was held at a time. */
  openAt(timeMs: number): Decimal {
    return this.#history.findLast((entry) => entry.timeMs <= timeMs)?.open ?? zero
  }

  /** Funding that fell on this leg. */
  settle(payment: Decimal): void {
    this.#funding = this.#funding.plus(payment)
  }

  /** Result if what is open were closed at `price`: closed parts, fees and funding counted. */
  resultAt(price: Decimal): Decimal {
    const money = this.#exitCost.plus(this.open.times(price)).minus(this.#entryCost)
    const gross = this.side === 'buy' ? money : money.times(-1)
    return gross.minus(this.#fees).plus(this.#funding)
  }

  /** Result once nothing is open. */
  get result(): Decimal {
    return this.resultAt(zero)
  }

  /** What was made. What could not be closed counts at its entry price: nothing is made of it yet. */
  get made(): Decimal {
    return this.resultAt(this.entryPrice)
  }
}

/**
 * The legs of one venue, oldest first. What the venue does to the net position (liquidation, deleveraging,
 * funding) falls on them.
 *
 * The news of it may overtake the news of the fills it closes: then it waits for them. A leg stays for a while
 * after it is flat, so that funding that is asked for late still finds it.
 */
export class LegBook {
  #legs: Leg[] = []
  #waiting: { fill: LegFill; by: Taker }[] = []
  #unassigned: Decimal = zero

  add(leg: Leg): void {
    this.#legs.push(leg)
    leg.onEntered = () => this.#takeWaiting()
  }

  /** Legs that hold something. */
  get open(): readonly Leg[] {
    return this.#legs.filter((leg) => leg.open.gt(0))
  }

  /** Signed sum: what the venue should show as the position. */
  get net(): Decimal {
    return this.open.reduce(
      (sum, leg) => (leg.side === 'buy' ? sum.plus(leg.open) : sum.minus(leg.open)),
      zero,
    )
  }

  /** Money of funding and forced fills that fell on no leg. */
  get unassigned(): Decimal {
    return this.#waiting.reduce((sum, { fill }) => {
      const money = fill.price.times(fill.quantity)
      return (fill.side === 'sell' ? sum.plus(money) : sum.minus(money)).minus(fill.fee)
    }, this.#unassigned)
  }

  /** Gives a fill that nobody asked for to the oldest legs it closes. */
  take(fill: LegFill, by: Taker): void {
    let left = fill.quantity
    for (const leg of this.open) {
      if (left.lte(0)) break
      if (leg.side !== oppositeOf(fill.side)) continue
      const quantity = least(left, leg.open)
      leg.take(partOf(fill, quantity), by)
      left = left.minus(quantity)
    }
    if (left.gt(0)) this.#waiting.push({ fill: partOf(fill, left), by })
  }

  /** Shares a funding payment by what each leg held then; the last takes what rounding leaves. */
  settle(payment: Decimal, timeMs: number): void {
    // Venues tell times in milliseconds: what was closed in that very one was held when funding was settled.
    const held = this.#heldAt(timeMs)
    const holders = held.length > 0 ? held : this.#heldAt(timeMs - 1)
    const total = holders.reduce((sum, { open }) => sum.plus(open), zero)
    let left = payment
    for (const [index, { leg, open }] of holders.entries()) {
      const isLast = index === holders.length - 1
      const share = isLast ? left : payment.times(open).div(total).round(8)
      left = left.minus(share)
      leg.settle(share)
    }
    this.#unassigned = this.#unassigned.plus(left)
  }

  #heldAt(timeMs: number): { readonly leg: Leg; readonly open: Decimal }[] {
    return this.#legs
      .map((leg) => ({ leg, open: leg.openAt(timeMs) }))
      .filter(({ open }) => open.gt(0))
  }

  /** Forgets legs that were flat by then: all funding up to that time is settled. */
  prune(timeMs: number): void {
    this.#legs = this.#legs.filter((leg) => leg.open.gt(0) || leg.changedMs >= timeMs)
  }

  #takeWaiting(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { fill, by } of waiting) this.take(fill, by)
  }
}

function partOf(fill: LegFill, quantity: Decimal): LegFill {
  return { ...fill, quantity, fee: fill.fee.times(quantity).div(fill.quantity) }
}
