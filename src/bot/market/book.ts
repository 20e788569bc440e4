/** A venue's book as last seen, and how much of a size can be had from it. */
import { decimal, floorTo, least, zero, type Decimal } from '../decimal.ts'
import type { Level, MarketBook, MarketQuote, Side } from './event.ts'

/** A level with exact numbers. */
export interface BookLevel {
  readonly price: Decimal
  readonly quantity: Decimal
}

/** One step of a walk through the book. */
export interface Take {
  readonly price: Decimal
  readonly quantity: Decimal
}

/** Levels of one venue, best first. Empty until the first event. */
export class Book {
  #bids: readonly BookLevel[] = []
  #asks: readonly BookLevel[] = []
  #timeNs = 0n

  get bids(): readonly BookLevel[] {
    return this.#bids
  }

  get asks(): readonly BookLevel[] {
    return this.#asks
  }

  /** Venue time of the last change. */
  get timeNs(): bigint {
    return this.#timeNs
  }

  get bestBid(): Decimal | undefined {
    return this.#bids[0]?.price
  }

  get bestAsk(): Decimal | undefined {
    return this.#asks[0]?.price
  }

  /** Half way between best bid and best ask; undefined while a side is empty. */
  get mid(): Decimal | undefined {
    const bid = this.bestBid
    const ask = this.bestAsk
    return bid && ask ? bid.plus(ask).div(2) : undefined
  }

  /** The levels an order of this side would take from. */
  against(side: Side): readonly BookLevel[] {
    return side === 'buy' ? this.#asks : this.#bids
  }

  /** The levels an order of this side would rest among. */
  beside(side: Side): readonly BookLevel[] {
    return side === 'buy' ? this.#bids : this.#asks
  }

  apply(event: MarketBook | MarketQuote): void {
    const bids = event.kind === 'book' ? event.bids : [event.bid]
    const asks = event.kind === 'book' ? event.asks : [event.ask]
    this.#bids = bids.map(exact)
    this.#asks = asks.map(exact)
    this.#timeNs = event.timeNs
  }

  /** Displayed quantity at exactly this price. */
  shownAt(side: Side, price: Decimal): Decimal {
    return this.beside(side).find((level) => level.price.eq(price))?.quantity ?? zero
  }
}

/**
 * What an order of `quantity` gets from `levels`: whole lots, best first, none worse than `limit`.
 * `alreadyTaken` says how much of a level is gone already.
 */
export function walk(
  levels: readonly BookLevel[],
  order: {
    readonly side: Side
    readonly quantity: Decimal
    readonly limit?: Decimal
    readonly lotSize: string
  },
  alreadyTaken: (price: Decimal) => Decimal = () => zero,
): Take[] {
  const takes: Take[] = []
  let open = order.quantity
  for (const level of levels) {
    if (open.lte(0)) break
    if (order.limit && isWorse(order.side, level.price, order.limit)) break
    const left = level.quantity.minus(alreadyTaken(level.price))
    const quantity = floorTo(least(open, left), order.lotSize)
    if (quantity.lte(0)) continue
    takes.push({ price: level.price, quantity })
    open = open.minus(quantity)
  }
  return takes
}

/** Mean price of a walk; undefined for none. */
export function averageOf(takes: readonly Take[]): Decimal | undefined {
  const quantity = takes.reduce((sum, take) => sum.plus(take.quantity), zero)
  if (quantity.eq(0)) return undefined
  return takes.reduce((sum, take) => sum.plus(take.price.times(take.quantity)), zero).div(quantity)
}

/** Is `price` worse than `limit` for somebody on this side? A buyer minds a higher price. */
export function isWorse(side: Side, price: Decimal, limit: Decimal): boolean {
  return side === 'buy' ? price.gt(limit) : price.lt(limit)
}

function exact([price, quantity]: Level): BookLevel {
  return { price: decimal(price), quantity: decimal(quantity) }
}
