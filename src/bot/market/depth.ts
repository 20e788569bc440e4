/** Puts a book together from its pieces: snapshots and changed levels. */
import { decimal } from '../decimal.ts'
import type { Level, MarketBook } from './event.ts'
import type { DepthRow } from './layout.ts'

const levelsMax = 25

/** One book in the making. */
export class DepthAssembly {
  readonly #bids = new Map<string, string>()
  readonly #asks = new Map<string, string>()
  #inSnapshot = false

  apply(row: DepthRow): void {
    // The first row of a snapshot makes the old book void.
    if (row.isSnapshot && !this.#inSnapshot) {
      this.#bids.clear()
      this.#asks.clear()
    }
    this.#inSnapshot = row.isSnapshot
    const side = row.side === 'bid' ? this.#bids : this.#asks
    const [price, quantity] = row.level
    if (quantity === '0') side.delete(price)
    else side.set(price, quantity)
  }

  /** The book now; undefined while it is one-sided or crossed, as it is before the first snapshot. */
  book(venue: string, timeNs: bigint): MarketBook | undefined {
    const bids = best(this.#bids, -1)
    const asks = best(this.#asks, 1)
    const bid = bids[0]?.[0]
    const ask = asks[0]?.[0]
    if (bid === undefined || ask === undefined || decimal(bid).gte(ask)) return undefined
    return { kind: 'book', venue, timeNs, bids, asks }
  }
}

function best(side: ReadonlyMap<string, string>, direction: 1 | -1): Level[] {
  return [...side]
    .toSorted(([one], [other]) => decimal(one).cmp(other) * direction)
    .slice(0, levelsMax)
}
