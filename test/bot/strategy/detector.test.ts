import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Atr, trueRange } from '../../../src/bot/strategy/atr.ts'
import type { Candle } from '../../../src/bot/strategy/candle.ts'
import {
  detectorDefaults,
  SignalDetector,
  type Decision,
} from '../../../src/bot/strategy/detector.ts'
import { patternOf } from '../../../src/bot/strategy/pattern.ts'

// Of the tests alone: the defaults may be tuned to the markets.
const settings = { ...detectorDefaults, velocityMin: 0.7, edgeMinBps: 0.5, cooldownCandles: 4 }

function candle(open: number, high: number, low: number, close: number): Candle {
  return { startMs: 0, open, high, low, close, volume: 1, trades: 1 }
}

describe('[A35] average true range', () => {
  test('the range takes the gap from the last close in', () => {
    expect(trueRange(candle(5, 8, 4, 7), undefined)).toBe(4)
    expect(trueRange(candle(5, 8, 4, 7), 10)).toBe(6)
    expect(trueRange(candle(5, 8, 4, 7), 1)).toBe(7)
  })

  test('is the mean of the first ranges, then smoothed as Wilder does', () => {
    const atr = new Atr(3)
    expect(atr.add(candle(0, 3, 0, 2))).toBeUndefined()
    expect(atr.add(candle(2, 4, 2, 3))).toBeUndefined()
    // (3 + 2 + 4) / 3
    expect(atr.add(candle(3, 6, 2, 4))?.value).toBe(3)
    // 3 + (9 − 3) / 3
    expect(atr.add(candle(4, 12, 3, 5))).toMatchObject({ value: 5, trueRange: 9 })
  })

  test('lies between the smallest and the largest range', () => {
    const ranges = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 5, maxLength: 60 })
    fc.assert(
      fc.property(ranges, (highs) => {
        const atr = new Atr(5)
        const values = highs.flatMap((high) => atr.add(candle(0, high, 0, 0))?.value ?? [])
        expect(
          values.every(
            (value) => value >= Math.min(...highs) - 1e-9 && value <= Math.max(...highs) + 1e-9,
          ),
        ).toBe(true)
      }),
    )
  })
})

describe('[A37] candle patterns', () => {
  test.each([
    ['bullish_engulfing', candle(10, 10.5, 8, 8.5), candle(8, 12, 7.9, 11)],
    ['bearish_engulfing', candle(8, 10.2, 8, 10), candle(10.2, 10.3, 7, 7.5)],
    ['bullish_marubozu', candle(7, 8, 7, 7.9), candle(8, 11.1, 7.9, 11)],
    ['bearish_marubozu', candle(11, 11, 10, 10.1), candle(10, 10.1, 6.9, 7)],
    ['hammer', candle(10, 10.5, 9, 9.2), candle(9, 9.4, 6, 9.3)],
    ['shooting_star', candle(9, 10, 9, 9.8), candle(10, 13, 9.7, 9.9)],
    ['none', candle(10, 11, 9, 10.2), candle(10, 11.5, 8.5, 10.4)],
    ['none', candle(10, 10, 10, 10), candle(10, 10, 10, 10)],
  ] as const)('%s', (name, previous, last) => {
    expect(patternOf(previous, last, 2)).toMatchObject({ name })
  })

  test('a candle smaller than usual is no pattern, and turning all upside down turns the verdict', () => {
    const [previous, last] = [candle(10, 10.5, 8, 8.5), candle(8, 12, 7.9, 11)]
    expect(patternOf(previous, last, 9).name).toBe('none')
    const flip = ({ open, high, low, close }: Candle): Candle => candle(-open, -low, -high, -close)
    const price = fc.integer({ min: 1, max: 50 })
    const any = fc
      .tuple(price, price, price, price)
      .map(([a, b, c, d]) => candle(a, Math.max(a, b, c, d), Math.min(a, b, c, d), b))
    fc.assert(
      fc.property(any, any, (one, other) => {
        const seen = patternOf(one, other, 1).direction
        expect(patternOf(flip(one), flip(other), 1).direction).toBe(seen === 0 ? 0 : -seen)
      }),
    )
  })
})

/** Runs candles of one second through a detector; closes are given, each candle goes from the close before. */
function decide(
  closes: readonly number[],
  {
    spread,
    edge = 3,
    cooldownCandles = settings.cooldownCandles,
  }: {
    readonly spread: number | undefined
    readonly edge?: number
    readonly cooldownCandles?: number
  } = { spread: 0.5 },
): Decision[] {
  const detector = new SignalDetector({ ...settings, cooldownCandles })
  return closes.map((close, index) => {
    const open = closes[index - 1] ?? close
    const [high, low] = [Math.max(open, close) + 0.5, Math.min(open, close) - 0.5]
    const closed = { ...candle(open, high, low, close), startMs: index * 1000 }
    return detector.add(closed, { spread, edgeBps: () => edge, candleMs: 1000 })
  })
}

const calm = Array.from({ length: 12 }, (_, index) => 100 + (index % 2))

describe('[A38] every decision says why', () => {
  test('before there are enough candles it warms up', () => {
    const reasons = decide(calm.slice(0, 9)).map(({ outcome }) => outcome)
    expect(reasons).toEqual(
      Array.from({ length: 9 }, () => ({ kind: 'none', reason: 'warming_up' })),
    )
  })

  test('[A36] without speed it says how fast and how fast it should be', () => {
    const last = decide(calm).at(-1)
    expect(last?.atr?.passed).toBe(true)
    expect(last?.outcome).toMatchObject({ kind: 'none', reason: 'velocity_below_threshold' })
    const { value = 0, threshold = 0 } = last?.velocity ?? {}
    expect(Math.abs(value)).toBeLessThan(threshold)
    expect(last?.pattern).toBeUndefined()
  })

  test('a fast rise with a full body is a breakout and sold, a fast fall a breakdown and bought', () => {
    expect(decide([...calm, 110]).at(-1)?.outcome).toMatchObject({
      kind: 'signal',
      side: 'sell',
      reason: 'breakout',
    })
    expect(decide([...calm, 92]).at(-1)?.outcome).toMatchObject({
      kind: 'signal',
      side: 'buy',
      reason: 'breakdown',
    })
  })

  test('a candle that points against the move is a reversal', () => {
    // Down fast, and the last candle swallows the one before it.
    const last = decide([...calm, 90, 89, 92.5], { spread: 0.5, cooldownCandles: 0 }).at(-1)
    expect(last?.pattern?.name).toBe('bullish_engulfing')
    expect(last?.outcome).toMatchObject({ kind: 'signal', side: 'buy', reason: 'reversal' })
  })

  test('when the market went to sleep the ATR says so', () => {
    const sleepy = [...calm, ...Array.from({ length: 12 }, () => 100)]
    const detector = new SignalDetector({ ...settings, atrMin: 0.9 })
    const decisions = sleepy.map((close, index) =>
      detector.add(
        { ...candle(close, close + 0.1, close - 0.1, close), startMs: index * 1000 },
        { spread: 0.1, edgeBps: () => 3, candleMs: 1000 },
      ),
    )
    const last = decisions.at(-1)
    expect(last?.outcome).toMatchObject({ kind: 'none', reason: 'atr_too_low' })
    expect(last?.atr?.value).toBeLessThan(last?.atr?.threshold ?? 0)
  })

  test.each([
    ['wide', 50],
    ['unknown', undefined],
  ])('a spread that is %s stops the signal', (_, spread) => {
    expect(decide([...calm, 110], { spread }).at(-1)?.outcome).toMatchObject({
      kind: 'none',
      reason: 'spread_too_wide',
    })
  })

  test('a pair that would win too little stops the signal, and starts no pause', () => {
    const outcomes = decide([...calm, 110, 122], { spread: 0.5, edge: 0.4 }).slice(-2)
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([
      { kind: 'none', reason: 'edge_too_small', value: 0.4, threshold: 0.5 },
      { kind: 'none', reason: 'edge_too_small', value: 0.4, threshold: 0.5 },
    ])
  })

  test('[A23] after a signal it pauses, and says for how long', () => {
    const outcomes = decide([...calm, 110, 122, 136, 152, 170, 190])
      .slice(-6)
      .map(({ outcome }) => outcome)
    expect(
      outcomes.map((outcome) => (outcome.kind === 'signal' ? 'signal' : outcome.remainingMs)),
    ).toEqual(['signal', 3000, 2000, 1000, 'signal', 3000])
  })
})
