/**
 * Candle patterns, judged by their bodies and shadows. Definitions as in Nison, *Japanese Candlestick
 * Charting Techniques*, with numbers put to "long" and "small".
 */
import type { Candle } from './candle.ts'

/** What the last two candles look like; `direction` is where they point. */
export interface Pattern {
  readonly name:
    | 'bullish_engulfing'
    | 'bearish_engulfing'
    | 'hammer'
    | 'shooting_star'
    | 'bullish_marubozu'
    | 'bearish_marubozu'
    | 'none'
  readonly direction: 1 | -1 | 0
}

/** Body of at least this part of the range: nearly no shadows. */
const fullBody = 0.6
/** Candles smaller than this part of the ATR say nothing. */
const usualRange = 0.5
/** A shadow counts as long from this multiple of the body. */
const longShadow = 2

/** The pattern at the end of the candles. A candle is only judged when it moved as far as `atr` says is usual. */
export function patternOf(previous: Candle, last: Candle, atr: number): Pattern {
  const body = last.close - last.open
  const range = last.high - last.low
  if (range === 0 || range < atr * usualRange) return { name: 'none', direction: 0 }
  const isUp = body > 0
  if (engulfs(previous, last)) {
    return isUp
      ? { name: 'bullish_engulfing', direction: 1 }
      : { name: 'bearish_engulfing', direction: -1 }
  }
  if (Math.abs(body) >= fullBody * range) {
    return isUp
      ? { name: 'bullish_marubozu', direction: 1 }
      : { name: 'bearish_marubozu', direction: -1 }
  }
  const upper = last.high - Math.max(last.open, last.close)
  const lower = Math.min(last.open, last.close) - last.low
  if (lower >= longShadow * Math.abs(body) && lower >= 2 * upper)
    return { name: 'hammer', direction: 1 }
  if (upper >= longShadow * Math.abs(body) && upper >= 2 * lower) {
    return { name: 'shooting_star', direction: -1 }
  }
  return { name: 'none', direction: 0 }
}

/** The body covers that of the candle before it, and points the other way. */
function engulfs(previous: Candle, last: Candle): boolean {
  const before = previous.close - previous.open
  const now = last.close - last.open
  if (before * now >= 0) return false
  const [low, high] = [Math.min(last.open, last.close), Math.max(last.open, last.close)]
  return (
    low <= Math.min(previous.open, previous.close) &&
    high >= Math.max(previous.open, previous.close)
  )
}
