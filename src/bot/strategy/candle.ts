/**
 * Candles from trades. A candle is closed by the first trade after its end; intervals without a trade make
 * flat candles at the last price, so that "ten candles" is a time and not a count of trades.
 */

/** Open, high, low, close as numbers: indicators are estimates, money is reckoned elsewhere. */
export interface Candle {
  /** Start, Unix ms. */
  readonly startMs: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  readonly trades: number
}

/** A price at a time. */
export interface Tick {
  readonly timeMs: number
  readonly price: number
  readonly quantity: number
}

// After a longer gap the past says nothing about now: better few flat candles than a million.
const flatMax = 50

/** Builds candles of one length. Feed it trades in order of time; late ones count into the open candle. */
export class CandleBuilder {
  readonly #intervalMs: number
  #open: Candle | undefined

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs
  }

  /** The candle that is being built. */
  get current(): Candle | undefined {
    return this.#open
  }

  /** Takes a trade; returns the candles it closed, oldest first. */
  add(tick: Tick): Candle[] {
    const startMs = Math.floor(tick.timeMs / this.#intervalMs) * this.#intervalMs
    const open = this.#open
    if (!open) {
      this.#open = started(startMs, tick)
      return []
    }
    if (startMs <= open.startMs) {
      this.#open = grown(open, tick)
      return []
    }
    const closed = [open]
    const firstFlatMs = Math.max(
      open.startMs + this.#intervalMs,
      startMs - flatMax * this.#intervalMs,
    )
    for (let flatMs = firstFlatMs; flatMs < startMs; flatMs += this.#intervalMs) {
      const { close } = open
      closed.push({
        startMs: flatMs,
        open: close,
        high: close,
        low: close,
        close,
        volume: 0,
        trades: 0,
      })
    }
    this.#open = started(startMs, tick)
    return closed
  }
}

function started(startMs: number, { price, quantity }: Tick): Candle {
  return {
    startMs,
    open: price,
    high: price,
    low: price,
    close: price,
    volume: quantity,
    trades: 1,
  }
}

function grown(candle: Candle, { price, quantity }: Tick): Candle {
  return {
    ...candle,
    high: Math.max(candle.high, price),
    low: Math.min(candle.low, price),
    close: price,
    volume: candle.volume + quantity,
    trades: candle.trades + 1,
  }
}

const nice = [
  100, 250, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000,
  3_600_000,
]
const tradesPerCandle = 12

/** Length for a market with so many trades a second: about a dozen trades to a candle, on a usual step. */
export function candleMsFor(tradesPerSecond: number): number {
  const wantedMs = (tradesPerCandle / Math.max(tradesPerSecond, 1e-6)) * 1000
  return nice.find((step) => step >= wantedMs * 0.8) ?? 3_600_000
}
