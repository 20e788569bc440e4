/**
 * Honest matching of our few orders against a market that does not know of them.
 *
 * - A resting order waits behind what was displayed at its price when it came. Trades at its price use up
 *   what is ahead first; cancellations of others (the displayed size falls below what we counted) help too.
 *   Only then it fills, never for more than was traded.
 * - A trade beyond its price, or a book whose other side reaches its price, fills it at its own price, up to
 *   the quantity traded or displayed.
 * - An order that takes gets the displayed levels, best first. What it took is gone until the level changes:
 *   the same size is never had twice.
 * - Fills are whole lots. A recorded market may trade finer than our lot: what is less than a lot is kept
 *   for the order until it makes one.
 * - Our orders do not match each other and do not move the market.
 */
import { decimal, floorTo, least, most, zero, type Decimal } from '../decimal.ts'
import { Book, isWorse, walk, type BookLevel } from '../market/book.ts'
import {
  oppositeOf,
  type MarketBook,
  type MarketQuote,
  type MarketTrade,
  type Side,
} from '../market/event.ts'
import type { PaperOrder } from './paper-order.ts'

/** A fill that the market gives, before fees. */
export interface Match {
  readonly order: PaperOrder
  readonly price: Decimal
  readonly quantity: Decimal
  readonly liquidity: 'maker' | 'taker'
}

interface Taken {
  readonly quantity: Decimal
  /** What the level displayed when it was taken from. */
  readonly shown: Decimal
}

/** The order book of one venue with our orders in it. */
export class Matching {
  readonly #book = new Book()
  readonly #resting: PaperOrder[] = []
  readonly #taken: Readonly<Record<Side, Map<string, Taken>>> = { buy: new Map(), sell: new Map() }
  readonly #lotSize: string
  #last: Decimal | undefined

  constructor(lotSize: string) {
    this.#lotSize = lotSize
  }

  get book(): Book {
    return this.#book
  }

  /** Price of the last public trade. */
  get last(): Decimal | undefined {
    return this.#last
  }

  /** Orders in the book, oldest first. */
  get resting(): readonly PaperOrder[] {
    return this.#resting
  }

  /** The book changed: levels refill, queues get shorter, crossed orders fill. */
  onBook(event: MarketBook | MarketQuote): Match[] {
    this.#book.apply(event)
    this.#forgetChangedLevels('buy')
    this.#forgetChangedLevels('sell')
    const matches: Match[] = []
    for (const order of this.#byPriority()) {
      if (!order.price) continue
      this.#shortenQueue(order, order.price)
      const takes = this.#takeable(order.side, order.remaining, order.price)
      for (const take of takes) this.#markTaken(order.side, take)
      const quantity = takes.reduce((sum, take) => sum.plus(take.quantity), zero)
      if (quantity.gt(0)) matches.push({ order, price: order.price, quantity, liquidity: 'maker' })
    }
    return matches
  }

  /** Somebody traded: what trades at or beyond our prices reaches our orders. */
  onTrade(event: MarketTrade): Match[] {
    const price = decimal(event.price)
    const volume = decimal(event.quantity)
    this.#last = price
    let ours = zero
    const matches: Match[] = []
    for (const order of this.#byPriority()) {
      if (!order.price) continue
      const wasAhead = order.ahead
      const isBeyond = isWorse(oppositeOf(order.side), price, order.price)
      if (!isBeyond) {
        const isAtPrice = price.eq(order.price) && event.aggressor === oppositeOf(order.side)
        if (!isAtPrice) continue
        order.ahead = most(zero, wasAhead.minus(volume))
      }
      const reaches = (isBeyond ? volume : volume.minus(wasAhead)).minus(ours)
      if (reaches.lte(0)) continue
      const earned = order.belowLot.plus(reaches)
      const quantity = floorTo(least(order.remaining, earned), this.#lotSize)
      order.belowLot = least(earned.minus(quantity), decimal(this.#lotSize))
      ours = ours.plus(least(reaches, order.remaining))
      if (quantity.lte(0)) continue
      matches.push({ order, price: order.price, quantity, liquidity: 'maker' })
    }
    return matches
  }

  /** What an order would take right now; `share` below 1 makes the book thinner than it looks. */
  takeable(order: PaperOrder, share: Decimal): readonly BookLevel[] {
    return this.#takeable(order.side, order.remaining, order.price, share)
  }

  /** Takes it, and returns the fills. */
  take(order: PaperOrder, share: Decimal): Match[] {
    return this.takeable(order, share).map((take) => {
      this.#markTaken(order.side, take)
      return { order, ...take, liquidity: 'taker' }
    })
  }

  /** Puts an order at the end of the queue at its price. */
  rest(order: PaperOrder): void {
    if (!order.price) throw new Error(`order ${order.id} has no price to rest at`)
    order.ahead = this.#shownAhead(order.side, order.price)
    this.#resting.push(order)
  }

  remove(order: PaperOrder): void {
    const index = this.#resting.indexOf(order)
    if (index >= 0) this.#resting.splice(index, 1)
  }

  #takeable(
    side: Side,
    quantity: Decimal,
    limit: Decimal | undefined,
    share?: Decimal,
  ): BookLevel[] {
    const levels = this.#book.against(side)
    const thinned = share
      ? levels.map((level) => ({ ...level, quantity: level.quantity.times(share) }))
      : levels
    const order = {
      side,
      quantity,
      lotSize: this.#lotSize,
      ...(limit && { limit }),
    }
    return walk(thinned, order, (price) => this.#taken[side].get(price.toFixed())?.quantity ?? zero)
  }

  #markTaken(side: Side, take: BookLevel): void {
    const key = take.price.toFixed()
    const before = this.#taken[side].get(key)?.quantity ?? zero
    const shown = this.#book.shownAt(oppositeOf(side), take.price)
    this.#taken[side].set(key, { quantity: before.plus(take.quantity), shown })
  }

  #forgetChangedLevels(side: Side): void {
    const levels = new Map(
      this.#book.against(side).map((level) => [level.price.toFixed(), level.quantity]),
    )
    for (const [price, taken] of this.#taken[side]) {
      if (!levels.get(price)?.eq(taken.shown)) this.#taken[side].delete(price)
    }
  }

  #shortenQueue(order: PaperOrder, price: Decimal): void {
    const levels = this.#book.beside(order.side)
    const worst = levels.at(-1)
    // Behind the last level that is displayed nothing is known.
    if (!worst || isWorse(order.side, worst.price, price)) return
    order.ahead = least(order.ahead, this.#book.shownAt(order.side, price))
  }

  #shownAhead(side: Side, price: Decimal): Decimal {
    const levels = this.#book.beside(side)
    const worst = levels.at(-1)
    // As much as at the last level that is displayed: a guess, and not a kind one.
    if (worst && isWorse(side, worst.price, price)) return worst.quantity
    return this.#book.shownAt(side, price)
  }

  /** Best price first; equal prices in the order they came. */
  #byPriority(): PaperOrder[] {
    return this.#resting.toSorted((one, other) => {
      if (one.side !== other.side || !one.price || !other.price) return 0
      return one.side === 'buy' ? other.price.cmp(one.price) : one.price.cmp(other.price)
    })
  }
}
