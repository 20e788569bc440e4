/**
 * What probably lies behind a recorded best bid and ask.
 *
 * A recording of quotes, or of trades alone, does not say how deep the market is, and an order larger than
 * the best level needs to know. Levels behind the best are an estimate: their sizes are drawn from the
 * sizes seen at the best price so far, their distance from how far the best price moves at a time. A level
 * keeps its size until the market passes it. Of a recording without quotes the best prices are estimated
 * too: where the last seller and the last buyer traded.
 */
import { decimal, roundTo, text, type Decimal } from '../decimal.ts'
import type { Random } from '../random.ts'
import type { Level, MarketBook, MarketEvent, MarketQuote, MarketTrade } from './event.ts'

const depth = 10
const memory = 64

/** Guesses whole books of one venue. Feed it in order of time. */
export class EstimatedDepth {
  readonly #tick: Decimal
  readonly #random: Random
  readonly #bids = new Map<string, string>()
  readonly #asks = new Map<string, string>()
  readonly #sizes: string[] = []
  #seen = 0
  #gap: number
  #lastBid: string | undefined
  #bid: Level | undefined
  #ask: Level | undefined

  constructor(tickSize: string, random: Random) {
    this.#tick = decimal(tickSize)
    this.#gap = Number(tickSize)
    this.#random = random
  }

  /** The whole book behind a recorded quote. */
  ofQuote(quote: MarketQuote): MarketBook {
    this.#remember(quote.bid[1])
    this.#remember(quote.ask[1])
    this.#measureGap(quote.bid[0])
    return this.#book(quote, quote.bid, quote.ask)
  }

  /** The book a trade lets us guess; undefined until both sides have traded. */
  ofTrade(trade: MarketTrade): MarketBook | undefined {
    this.#remember(trade.quantity)
    const level: Level = [trade.price, this.#size()]
    const price = decimal(trade.price)
    const gap = decimal(this.#gap.toFixed(10))
    // The other side moved away when a trade shows the price went through it.
    if (trade.aggressor === 'buy') {
      this.#ask = level
      if (this.#bid && price.lte(this.#bid[0]))
        this.#bid = [this.#aligned(price.minus(gap)), this.#size()]
    } else {
      this.#bid = level
      this.#measureGap(trade.price)
      if (this.#ask && price.gte(this.#ask[0]))
        this.#ask = [this.#aligned(price.plus(gap)), this.#size()]
    }
    return this.#bid && this.#ask ? this.#book(trade, this.#bid, this.#ask) : undefined
  }

  #book(event: MarketEvent, bid: Level, ask: Level): MarketBook {
    return {
      kind: 'book',
      venue: event.venue,
      timeNs: event.timeNs,
      bids: this.#behind(this.#bids, bid, -1),
      asks: this.#behind(this.#asks, ask, 1),
    }
  }

  #behind(side: Map<string, string>, best: Level, direction: 1 | -1): Level[] {
    for (const price of side.keys()) {
      if (decimal(price).cmp(best[0]) * direction <= 0) side.delete(price)
    }
    const kept = [...side].toSorted(([one], [other]) => decimal(one).cmp(other) * direction)
    for (const [price] of kept.splice(depth - 1)) side.delete(price)
    let worst = decimal(kept.at(-1)?.[0] ?? best[0])
    while (kept.length < depth - 1) {
      const step = decimal((this.#gap * this.#random.between(0.5, 2)).toFixed(10)).times(direction)
      const aligned = decimal(this.#aligned(worst.plus(step)))
      worst = aligned.eq(worst) ? worst.plus(this.#tick.times(direction)) : aligned
      if (worst.lte(0)) break
      const level: [string, string] = [text(worst), this.#size()]
      side.set(...level)
      kept.push(level)
    }
    return [best, ...kept]
  }

  #aligned(price: Decimal): string {
    const aligned = roundTo(price, this.#tick)
    return text(aligned.gt(0) ? aligned : this.#tick)
  }

  #remember(size: string): void {
    this.#sizes[this.#seen % memory] = size
    this.#seen += 1
  }

  #size(): string {
    return this.#sizes[this.#random.below(this.#sizes.length)] ?? '1'
  }

  /** A slow mean of how far the best bid moves when it moves. */
  #measureGap(bid: string): void {
    if (this.#lastBid !== undefined && this.#lastBid !== bid) {
      const moved = Math.abs(Number(decimal(bid).minus(this.#lastBid)))
      this.#gap = Math.max(
        Number(this.#tick),
        this.#gap * 0.95 + Math.min(moved, this.#gap * 10) * 0.05,
      )
    }
    this.#lastBid = bid
  }
}
