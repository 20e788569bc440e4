/** Average true range (Wilder 1978): how far the price moves in a candle, gaps included. */
import type { Candle } from './candle.ts'

/** The range of a candle, from the close before it where that lies outside. */
export function trueRange(candle: Candle, previousClose: number | undefined): number {
  const { high, low } = candle
  if (previousClose === undefined) return high - low
  return Math.max(high, previousClose) - Math.min(low, previousClose)
}

/** State after a candle. */
export interface AtrState {
  readonly value: number
  readonly trueRange: number
  /** Slow mean of the range over five periods: what is normal here. */
  readonly baseline: number
}

/** Wilder's smoothing: the mean of the first `period` ranges, then each new range counts 1/period. */
export class Atr {
  readonly period: number
  #seen = 0
  #sum = 0
  #value = 0
  #baseline = 0
  #previousClose: number | undefined

  constructor(period: number) {
    this.period = period
  }

  /** Takes a closed candle. Undefined until `period` candles were seen. */
  add(candle: Candle): AtrState | undefined {
    const range = trueRange(candle, this.#previousClose)
    this.#previousClose = candle.close
    this.#seen += 1
    if (this.#seen <= this.period) {
      this.#sum += range
      this.#value = this.#sum / this.#seen
      this.#baseline = this.#value
    } else {
      this.#value += (range - this.#value) / this.period
      this.#baseline += (range - this.#baseline) / (this.period * 5)
    }
    if (this.#seen < this.period) return undefined
    return { value: this.#value, trueRange: range, baseline: this.#baseline }
  }
}
