/** What a run did, counted for the summary and for whoever checks it. */
import { zero, type Decimal } from '../decimal.ts'
import type { Leg, LegFill } from './leg.ts'

/** How a round trip ended. */
export type Outcome =
  | 'denied'
  | 'rejected'
  | 'expired'
  | 'canceled'
  | 'unwound'
  | 'unwind_failed'
  | 'opened'

/** One signal and what became of it. */
export interface FlowNote {
  readonly traceId: string
  readonly correlationId: string
  readonly side: 'buy' | 'sell'
  readonly reason: string
  readonly outcome: Outcome
  /** Why the position was closed, or why there was none. */
  readonly detail: string
  readonly legs: readonly [first: Leg, second: Leg]
}

/** What a flow earned after fees and funding, funding that came late too; undefined when nothing was traded. */
export function resultOf({ legs: [first, second] }: FlowNote): Decimal | undefined {
  if (first.entered.eq(0)) return undefined
  return first.result.plus(second.result)
}

/** Counts of a run. */
export class Tally {
  readonly flows: FlowNote[] = []
  readonly orders = new Map<string, number>()
  readonly fills = new Map<string, number>()
  signals = 0
  filtered = 0
  hedges = 0
  hedgesFailed = 0
  unwinds = 0
  unknownOrders = 0
  foreignOrders = 0
  disconnects = 0
  pauses = 0
  #fees: Decimal = zero

  get fees(): Decimal {
    return this.#fees
  }

  sent(venue: string): void {
    this.orders.set(venue, (this.orders.get(venue) ?? 0) + 1)
  }

  filled(venue: string, fill: LegFill): void {
    this.fills.set(venue, (this.fills.get(venue) ?? 0) + 1)
    this.#fees = this.#fees.plus(fill.fee)
  }

  unknown(): void {
    this.unknownOrders += 1
  }
}
