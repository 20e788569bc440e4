/**
 * What the bot sees of the market at one venue: the book, the trades, and how old they are.
 *
 * When the feed is connected and says nothing for some candles it is stale. Then the book is asked for over
 * REST until the feed speaks again: slower, and better than trading on an old price.
 */
import { watchFeed, type Events, type Feed } from '../../index.ts'
import { decimal, zero, type Decimal } from '../decimal.ts'
import { averageOf, walk } from '../market/book.ts'
import type { Timeline } from '../timeline.ts'
import { BaseError } from '../venue/exchange-error.ts'
import type { Exchange, OrderBook, Side, Trade } from '../venue/exchange.ts'
import { Change } from './change.ts'
import type { VenueClient } from './client.ts'
import { keepWatching } from './watching.ts'

/** What a feed is made of. */
export interface MarketFeedOptions {
  readonly exchange: Exchange
  readonly client: VenueClient
  readonly symbol: string
  readonly lotSize: string
  readonly timeline: Timeline
  readonly events: Events
  readonly candleMs: number
  readonly onTrade?: (trade: Trade) => void
  readonly onDisconnected?: () => void
}

/** A feed silent for so many candles is stale. */
const staleCandles = 3

/** The market at one venue. */
export class MarketFeed {
  /** The book changed. */
  readonly changed = new Change()
  readonly #options: MarketFeedOptions
  readonly #books: Feed
  readonly #trades: Feed
  #book: OrderBook | undefined
  #last: Decimal | undefined
  #heardMs: number | undefined
  #isStale = false

  constructor(options: MarketFeedOptions) {
    this.#options = options
    const venue = options.client.id
    this.#books = watchFeed({ venue, name: 'books' })
    this.#trades = watchFeed({ venue, name: 'trades' })
  }

  get book(): OrderBook | undefined {
    return this.#book
  }

  get bestBid(): Decimal | undefined {
    return price(this.#book?.bids)
  }

  get bestAsk(): Decimal | undefined {
    return price(this.#book?.asks)
  }

  get mid(): Decimal | undefined {
    const { bestBid, bestAsk } = this
    return bestBid && bestAsk ? bestBid.plus(bestAsk).div(2) : undefined
  }

  /** Sum of what is displayed for somebody who takes on this side. */
  depthFor(side: Side): Decimal {
    const levels = (side === 'buy' ? this.#book?.asks : this.#book?.bids) ?? []
    return levels.reduce((sum, [, amount]) => sum.plus(amount), zero)
  }

  /** Mean price of taking so much now; of all there is, when that is less. Undefined without a book. */
  priceFor(side: Side, quantity: Decimal): Decimal | undefined {
    const levels = (side === 'buy' ? this.#book?.asks : this.#book?.bids) ?? []
    const exact = levels.map(([at, amount]) => ({ price: decimal(at), quantity: decimal(amount) }))
    const { lotSize } = this.#options
    return averageOf(walk(exact, { side, quantity, lotSize })) ?? exact[0]?.price
  }

  /** Price of the last public trade. */
  get last(): Decimal | undefined {
    return this.#last
  }

  /** Time since the last book, in candles; infinite before the first. */
  get age(): number {
    const { timeline, candleMs } = this.#options
    return this.#heardMs === undefined ? Infinity : (timeline.elapsedMs - this.#heardMs) / candleMs
  }

  /** Subscribes, for as long as the timeline runs. */
  start(): void {
    const { exchange, symbol, timeline, candleMs, onTrade, onDisconnected } = this.#options
    const shared = { timeline, ...(onDisconnected && { onDisconnected }) }
    void keepWatching({
      ...shared,
      feed: this.#books,
      watch: () => exchange.watchOrderBook(symbol),
      sentMs: (book) => book.timestamp,
      onMessage: (book) => this.#hear(book),
    })
    void keepWatching({
      ...shared,
      feed: this.#trades,
      watch: () => exchange.watchTrades(symbol),
      sentMs: (trades) => trades.at(-1)?.timestamp,
      onMessage: (trades) => {
        for (const trade of trades) {
          this.#last = decimal(trade.price)
          onTrade?.(trade)
        }
      },
    })
    timeline.every(candleMs, () => this.#checkAge())
  }

  /** The bot is over: silence is no longer news. */
  close(): void {
    this.#books.close()
    this.#trades.close()
  }

  #hear(book: OrderBook): void {
    const { timeline, events, client } = this.#options
    this.#book = book
    this.#heardMs = timeline.elapsedMs
    if (this.#isStale) {
      this.#isStale = false
      events.strategyDegraded({
        venue: client.id,
        degradedFrom: 'rest_polling',
        degradedTo: 'websocket_books',
        degradedReason: 'the feed speaks again',
      })
    }
    this.changed.happen()
  }

  #checkAge(): void {
    const { events, client, candleMs } = this.#options
    const { age } = this
    if (age === Infinity || age < staleCandles) return
    if (!this.#isStale) {
      this.#isStale = true
      const fields = { venue: client.id, feedName: 'books', feedState: 'stale' } as const
      events.feedStale({ ...fields, silentMs: age * candleMs })
      events.strategyDegraded({
        venue: client.id,
        degradedFrom: 'websocket_books',
        degradedTo: 'rest_polling',
        degradedReason: `no book for ${age.toFixed(1)} candles`,
      })
    }
    void this.#poll()
  }

  /** The book over REST. Does not count as hearing from the feed. */
  async #poll(): Promise<void> {
    try {
      const book = await this.#options.client.fetchOrderBook()
      if (!this.#isStale) return
      this.#book = book
      this.changed.happen()
    } catch (error) {
      // Told by the client; the next candle asks again.
      if (!(error instanceof BaseError)) throw error
    }
  }
}

function price(levels: OrderBook['bids'] | undefined): Decimal | undefined {
  const best = levels?.[0]?.[0]
  return best === undefined ? undefined : decimal(best)
}
