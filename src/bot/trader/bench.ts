/** What every part of the bot works with. */
import type { Book, Flows, Logger } from '../../index.ts'
import { decimal, type Decimal } from '../decimal.ts'
import type { Instrument, Side } from '../market/event.ts'
import type { Timeline } from '../timeline.ts'
import type { MarketFeed } from './market-feed.ts'
import type { BotSettings } from './settings.ts'
import type { Stop } from './stop.ts'
import type { Tally } from './tally.ts'
import type { TradingStateKeeper } from './trading-state.ts'
import type { VenueDesk } from './venue-desk.ts'

/** One bot, put together. */
export interface Bench {
  readonly timeline: Timeline
  readonly instrument: Instrument
  readonly candleMs: number
  readonly settings: BotSettings
  readonly flows: Flows
  readonly logger: (module: string) => Logger
  readonly tally: Tally
  /** Where the maker orders go. */
  readonly first: VenueDesk
  /** Where they are hedged. */
  readonly second: VenueDesk
  readonly state: TradingStateKeeper
  /** Told when the bot is to end. */
  readonly shutdown: Stop
  /** An id that no other order of any run has. */
  readonly newId: (kind: string) => string
}

/**
 * What a pair opened now would win before fees, in basis points: a maker order at `price` on the first venue,
 * covered at once on the second. Undefined while a book is missing.
 */
export function edgeOf(bench: Bench, side: Side, price?: Decimal): number | undefined {
  const { first } = bench
  const own = price ?? (side === 'buy' ? first.feed.bestBid : first.feed.bestAsk)
  const cover = coverPriceOf(bench, side)
  if (!own || !cover) return undefined
  const won = side === 'buy' ? cover.minus(own) : own.minus(cover)
  return Number(won.div(own).times(10_000).toFixed(3))
}

/** What covering a fill of this side costs on the second venue now. */
export function coverPriceOf({ second }: Bench, side: Side): Decimal | undefined {
  return side === 'buy' ? second.feed.bestBid : second.feed.bestAsk
}

/** Both books now, as a snapshot takes them. */
export function booksOf({ first, second, timeline }: Bench): Readonly<Record<string, Book | null>> {
  const bookOf = (feed: MarketFeed): Book | null => {
    const { book } = feed
    return book ? { ...book, latencyMs: Math.max(0, timeline.nowMs - book.timestamp) } : null
  }
  return { [first.id]: bookOf(first.feed), [second.id]: bookOf(second.feed) }
}

/** The pair as an arbitrage: this side on the first venue, the other on the second. */
export function arbitrageOf(
  { first, second }: Bench,
  side: Side,
  price?: string,
): {
  readonly legs: readonly [
    { venue: string; side: Side; price?: string | undefined },
    { venue: string; side: Side },
  ]
} {
  return {
    legs: [
      { venue: first.id, side, ...(price !== undefined && { price }) },
      { venue: second.id, side: side === 'buy' ? 'sell' : 'buy' },
    ],
  }
}

/** Money at both venues, as they said last. */
export function equityOf({ first, second }: Bench): Decimal {
  return decimal(first.money.total).plus(second.money.total)
}
