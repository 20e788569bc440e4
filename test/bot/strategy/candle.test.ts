import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  CandleBuilder,
  candleMsFor,
  type Candle,
  type Tick,
} from '../../../src/bot/strategy/candle.ts'

function candlesOf(intervalMs: number, ticks: readonly Tick[]): Candle[] {
  const builder = new CandleBuilder(intervalMs)
  const closed = ticks.flatMap((tick) => builder.add(tick))
  return builder.current ? [...closed, builder.current] : closed
}

const tick = (timeMs: number, price: number, quantity = 1): Tick => ({ timeMs, price, quantity })

test('[A57] trades become candles with open, high, low, close and volume', () => {
  const candles = candlesOf(100, [
    tick(1010, 5),
    tick(1020, 9, 2),
    tick(1090, 3),
    tick(1099, 4),
    tick(1100, 6),
  ])
  expect(candles).toEqual([
    { startMs: 1000, open: 5, high: 9, low: 3, close: 4, volume: 5, trades: 4 },
    { startMs: 1100, open: 6, high: 6, low: 6, close: 6, volume: 1, trades: 1 },
  ])
})

test('intervals without a trade are flat candles, at most fifty of them', () => {
  const candles = candlesOf(100, [tick(0, 5), tick(350, 7)])
  expect(candles.map(({ startMs, close, trades }) => [startMs, close, trades])).toEqual([
    [0, 5, 1],
    [100, 5, 0],
    [200, 5, 0],
    [300, 7, 1],
  ])
  expect(candlesOf(100, [tick(0, 5), tick(100_000_000, 7)]).length).toBe(52)
})

test('a late trade counts into the open candle and opens no old one', () => {
  const candles = candlesOf(100, [tick(100, 5), tick(200, 6), tick(150, 9)])
  expect(candles.map(({ startMs, high }) => [startMs, high])).toEqual([
    [100, 5],
    [200, 9],
  ])
})

test('whatever the trades: volume is kept, prices lie within, candles follow one another', () => {
  const ticks = fc.array(
    fc.record({
      gapMs: fc.integer({ min: 0, max: 400 }),
      price: fc.integer({ min: 1, max: 1000 }),
      quantity: fc.integer({ min: 1, max: 9 }),
    }),
    { minLength: 1 },
  )
  fc.assert(
    fc.property(ticks, (gaps) => {
      let timeMs = 0
      const trades = gaps.map(({ gapMs, price, quantity }) =>
        tick((timeMs += gapMs), price, quantity),
      )
      const candles = candlesOf(100, trades)
      const volume = (items: readonly { quantity?: number; volume?: number }[]): number =>
        items.reduce((sum, item) => sum + (item.volume ?? item.quantity ?? 0), 0)
      expect(volume(candles)).toBe(volume(trades))
      expect(
        candles.every(
          ({ high, low, open, close }) =>
            high >= Math.max(open, close) && low <= Math.min(open, close),
        ),
      ).toBe(true)
      const starts = candles.map(({ startMs }) => startMs)
      expect(starts).toEqual(starts.map((_, index) => starts[0]! + index * 100))
    }),
  )
})

test.each([
  [45, 250],
  [35, 500],
  [0.0377, 300_000],
  [0.2339, 60_000],
  [1000, 100],
  [0, 3_600_000],
])('a market with %s trades a second gets candles of %s ms', (tradesPerSecond, candleMs) => {
  expect(candleMsFor(tradesPerSecond)).toBe(candleMs)
})
