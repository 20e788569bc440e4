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
