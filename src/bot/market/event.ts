/**
 * What a market says, whoever says it: a generator, a recording, a derived second venue.
 *
 * Prices and quantities are decimal strings as the venue wrote them. Times are the venue's own, in
 * nanoseconds since the Unix epoch, and never go backwards within one market.
 */

/** Who takes: the buyer or the seller. */
export type Side = 'buy' | 'sell'

/** `[price, quantity]`, both decimal strings. */
export type Level = readonly [price: string, quantity: string]

interface Occurrence {
  readonly venue: string
  readonly timeNs: bigint
}

/** Somebody traded. `aggressor` is the side that took liquidity; ccxt calls it the side of the trade. */
export interface MarketTrade extends Occurrence {
  readonly kind: 'trade'
  readonly id: string
  readonly price: string
  readonly quantity: string
  readonly aggressor: Side
}

/** The best bid and ask. What lies behind them is not known from it. */
export interface MarketQuote extends Occurrence {
  readonly kind: 'quote'
  readonly bid: Level
  readonly ask: Level
}

/** The whole visible book, best level first. A side can be empty. */
export interface MarketBook extends Occurrence {
  readonly kind: 'book'
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
}

/** Anything a market says. */
export type MarketEvent = MarketTrade | MarketQuote | MarketBook

/** The rules a venue trades an instrument by. Steps and minima are decimal strings. */
export interface Instrument {
  /** ccxt symbol, `BTC/USDT`. */
  readonly symbol: string
  readonly base: string
  readonly quote: string
  /** Prices are multiples of it. */
  readonly tickSize: string
  /** Quantities are multiples of it. */
  readonly lotSize: string
  /** Smallest `price × quantity` of an order. */
  readonly minNotional: string
}

/** Where market events come from. Iterate once. */
export interface Market extends AsyncIterable<MarketEvent> {
  readonly instrument: Instrument
  /** Names of the venues whose events come, the first being the one that leads. */
  readonly venues: readonly string[]
  /** One line for people: what this market is. */
  readonly title: string
  /** Trades a second to expect, known before the first event; sets candle length and replay speed. */
  readonly tradesPerSecond: number
}

/** The other side. */
export function oppositeOf(side: Side): Side {
  return side === 'buy' ? 'sell' : 'buy'
}
