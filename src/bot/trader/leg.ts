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

/** Invariant: result = money in − money out − fees, once nothing is open. */
export class Leg {
  readonly venue: string
  /** The side that opens it. */
  readonly side: Side
  readonly changed = new Change()
  #entered: Decimal = zero
  #entryCost: Decimal = zero
  #left: Decimal = zero
  #exitCost: Decimal = zero
  #fees: Decimal = zero
  #funding: Decimal = zero
  /** What was open from when on. */
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
}

/**
 * The legs of one venue, oldest first. What the venue does to the net position (liquidation, deleveraging,
 * funding) falls on them. A leg stays until its flow is over, so that late funding still finds it.
 */
export class LegBook {
  readonly #legs: Leg[] = []
  #unassigned: Decimal = zero

  /** Money of fills and funding that fell on no leg: the venue was ahead of what the bot knew. */
  get unassigned(): Decimal {
    return this.#unassigned
  }

  add(leg: Leg): void {
    this.#legs.push(leg)
  }

  remove(leg: Leg): void {
    const index = this.#legs.indexOf(leg)
    if (index >= 0) this.#legs.splice(index, 1)
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

  /** Gives a fill that nobody asked for to the oldest legs it closes. Returns who got how much. */
  take(fill: LegFill): { readonly leg: Leg; readonly quantity: Decimal }[] {
    const shares: { leg: Leg; quantity: Decimal }[] = []
    let left = fill.quantity
    for (const leg of this.open) {
      if (left.lte(0)) break
      if (leg.side !== oppositeOf(fill.side)) continue
      const quantity = least(left, leg.open)
      const fee = fill.fee.times(quantity).div(fill.quantity)
      leg.add({ ...fill, quantity, fee })
      shares.push({ leg, quantity })
      left = left.minus(quantity)
    }
    if (left.gt(0)) {
      const money = fill.price.times(left)
      const gross = fill.side === 'sell' ? money : money.times(-1)
      this.#unassigned = this.#unassigned.plus(gross).minus(fill.fee.times(left).div(fill.quantity))
    }
    return shares
  }

  /** Shares a funding payment by what each leg held then; the last takes what rounding leaves. */
  settle(payment: Decimal, timeMs: number): void {
    const holders = this.#legs.filter((leg) => leg.openAt(timeMs).gt(0))
    const total = holders.reduce((sum, leg) => sum.plus(leg.openAt(timeMs)), zero)
    let left = payment
    for (const [index, leg] of holders.entries()) {
      const isLast = index === holders.length - 1
      const share = isLast ? left : payment.times(leg.openAt(timeMs)).div(total).round(8)
      left = left.minus(share)
      leg.settle(share)
    }
    this.#unassigned = this.#unassigned.plus(left)
  }
}
