/**
 * What probably lies behind a recorded best bid and ask.
 *
 * A recording of quotes, or of trades alone, does not say how deep the market is, and an order larger than
 * the best level needs to know. Levels behind the best are an estimate: their sizes are drawn from the
 * sizes seen at the best price so far, their distance from the prices that one large order traded at (several
 * trades of one side at one time show how far apart the levels were). A level keeps its size until the market
 * passes it. Of a recording without quotes the best prices are estimated too: where the last seller and the
 * last buyer traded.
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
  #lastTrade: MarketTrade | undefined
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
    return this.#book(quote, quote.bid, quote.ask)
  }

  /** Learns from a trade how far apart the levels are. */
  learn(trade: MarketTrade): void {
    const before = this.#lastTrade
    this.#lastTrade = trade
    const isSweep = before?.timeNs === trade.timeNs && before.aggressor === trade.aggressor
    if (!before || !isSweep || before.price === trade.price) return
    const distance = Math.abs(Number(decimal(trade.price).minus(before.price)))
    this.#gap = this.#gap * 0.95 + Math.min(distance, this.#gap * 20) * 0.05
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
    const levels: Level[] = [best]
    // Where the market moved away from the levels it had, new ones come in between.
    while (levels.length < depth) {
      const last = decimal(levels.at(-1)?.[0] ?? best[0])
      const next = kept[0]
      const isNear =
        next &&
        decimal(next[0])
          .minus(last)
          .abs()
          .lte(this.#gap * 2.5)
      const level = isNear ? kept.shift() : this.#levelBehind(last, direction)
      if (!level) break
      levels.push(level)
    }
    side.clear()
    for (const [price, size] of levels.slice(1)) side.set(price, size)
    return levels
  }

  #levelBehind(price: Decimal, direction: 1 | -1): [string, string] | undefined {
    const step = decimal((this.#gap * this.#random.between(0.5, 2)).toFixed(10)).times(direction)
    const aligned = roundTo(price.plus(step), this.#tick)
    const behind = aligned.eq(price) ? price.plus(this.#tick.times(direction)) : aligned
    return behind.gt(0) ? [text(behind), this.#size()] : undefined
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
}
