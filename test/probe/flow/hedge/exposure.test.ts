import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decimal, format, isZero, sign } from '../../../../src/base/decimal.ts'
import { Exposure } from '../../../../src/probe/flow/hedge/exposure.ts'

const step = fc.record({
  kind: fc.constantFrom('enter', 'cover'),
  quantity: fc.integer({ min: -20, max: 20 }),
  afterMs: fc.integer({ min: 0, max: 1000 }),
})

describe('exposure, whatever is filled, covered and taken back', () => {
  test('[X09, X12] is what entered less what covers, and its clock runs while something is naked', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const exposure = new Exposure()
        let open = 0
        let nowMs = 0
        let nakedSinceMs: number | undefined
        for (const { kind, quantity, afterMs } of steps) {
          nowMs += afterMs
          if (kind === 'enter') exposure.enter(decimal(quantity), decimal(2), nowMs)
          else exposure.cover(decimal(quantity), nowMs)
          open += kind === 'enter' ? quantity : -quantity
          nakedSinceMs = open <= 0 ? undefined : (nakedSinceMs ?? nowMs)
          expect(format(exposure.uncovered)).toBe(String(Math.abs(open)))
          expect(sign(exposure.net('buy'))).toBe(Math.sign(open))
          expect(exposure.isFlat).toBe(isZero(exposure.uncovered))
          // The earliest naked part came at the start of this naked time or later, since cover goes to the earliest.
          const { sinceMs } = exposure
          expect(sinceMs === undefined).toBe(nakedSinceMs === undefined)
          expect(sinceMs ?? 0).toBeGreaterThanOrEqual(nakedSinceMs ?? 0)
          expect(exposure.openForMs(nowMs)).toBe(sinceMs === undefined ? 0 : nowMs - sinceMs)
        }
      }),
    )
  })

  test('[X12] what closes takes the earliest first, in parts; what is taken back the latest', () => {
    const of = (...lots: readonly (readonly [quantity: number, atMs: number])[]): Exposure => {
      const exposure = new Exposure()
      for (const [quantity, atMs] of lots) exposure.enter(decimal(quantity), decimal(2), atMs)
      return exposure
    }
    const lots = [
      [4, 10],
      [5, 20],
      [6, 30],
    ] as const
    const sinceAfter = (quantities: readonly number[], from: 'earliest' | 'latest'): unknown[] => {
      const exposure = of(...lots)
      return quantities.map((quantity) => {
        exposure.enter(decimal(-quantity), decimal(0), 40, from)
        return exposure.sinceMs
      })
    }
    expect(sinceAfter([3, 1, 4, 2, 4, 1], 'earliest')).toEqual([10, 20, 20, 30, 30, undefined])
    expect(sinceAfter([6, 4, 2, 2], 'latest')).toEqual([10, 10, 10, 10])
    // From the end: 6 and 4 of the 5 are gone, then a part of what is left covers the earliest.
    const mixed = of(...lots)
    mixed.enter(decimal(-10), decimal(0), 40, 'latest')
    mixed.cover(decimal(4), 40)
    expect([mixed.sinceMs, format(mixed.uncovered)]).toEqual([20, '1'])
    mixed.enter(decimal(-1), decimal(0), 40, 'latest')
    expect([mixed.sinceMs, mixed.isFlat]).toEqual([undefined, true])
    // Cover that was ahead takes of a new lot first.
    const ahead = of()
    ahead.cover(decimal(3), 5)
    ahead.enter(decimal(3), decimal(2), 10)
    expect([ahead.sinceMs, ahead.isFlat]).toEqual([undefined, true])
    ahead.enter(decimal(1), decimal(2), 20)
    expect(ahead.sinceMs).toBe(20)
    expect(format(ahead.net('sell'))).toBe('-1')
    expect([format(ahead.covered), format(ahead.entered)]).toEqual(['3', '4'])
  })

  test('[X09] a price of nothing is no news of the market', () => {
    const exposure = new Exposure()
    exposure.enter(decimal(3), decimal(10), 0)
    exposure.enter(decimal(-1), decimal(0), 0)
    expect(exposure.uncoveredQuote).toBe(20)
  })

  test('[X09] money × time is the naked quantity at the last price, over the time it was naked', () => {
    const exposure = new Exposure()
    exposure.enter(decimal(3), decimal(10), 0)
    exposure.cover(decimal(1), 1000)
    exposure.cover(decimal(4), 3000)
    expect(exposure.advance(4000)).toBe(20)
    // 3 × 10 for a second, 2 × 10 for two, and 2 × 10 the other way for one.
    expect(exposure.moneySeconds).toBe(90)
    expect(exposure.uncoveredQuote).toBe(20)
  })
})
