import type { DecimalInput } from '../../../base/decimal-input.ts'

/** `[price, quantity]`, best level first. ccxt gives a third number, which is left out. */
export type BookLevel = readonly [price: DecimalInput, quantity: DecimalInput, ...rest: unknown[]]

/** One order book. A ccxt order book fits as it is. */
export interface Book {
  readonly bids: readonly BookLevel[]
  readonly asks: readonly BookLevel[]
  /** How long the answer took. */
  readonly latencyMs?: number | undefined
  /** Venue time of the book, milliseconds since the epoch. */
  readonly timestamp?: number | null | undefined
  /** Sequence of the venue, for gap checks. */
  readonly nonce?: number | string | null | undefined
  /** The book is that of the other outcome (NO of a YES/NO market): it is kept as 1 − price with sides swapped. */
  readonly reversed?: boolean | undefined
}

/** Books by venue; a venue that did not answer is null. */
export type Books = Readonly<Record<string, Book | null | undefined>>

/** One leg of an arbitrage. */
export interface ArbitrageLeg {
  readonly venue: string
  readonly side: 'buy' | 'sell'
  /** Price to reckon with. @default best ask for buy, best bid for sell */
  readonly price?: DecimalInput | undefined
  /** Fee as a ratio of the notional: `0.001` is 10 bps. @default 0 */
  readonly feeRate?: DecimalInput | undefined
}

/** How two books make an arbitrage. */
export interface ArbitrageOptions {
  readonly legs: readonly [ArbitrageLeg, ArbitrageLeg]
  /**
   * What the pair pays. Two buys of complementary outcomes pay 1; a buy and a sell of the same thing pay the price of
   * the sell. @default 1 for two buys, 0 for two sells, the sell price for one of each
   */
  readonly payout?: DecimalInput | undefined
  /** Profit below which it is not valid, in percent of the cost. @default 0 */
  readonly profitPercentMin?: number | undefined
}

/** What an arbitrage would cost and bring, per unit. Decimal strings but the percentage. */
export interface ArbitrageMetrics {
  readonly totalCost: string
  readonly profitPercent: number
  readonly valid: boolean
  /** Largest quantity that both books can fill at the prices reckoned with, from the levels kept. */
  readonly maxDepth: string
}
