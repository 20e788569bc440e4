import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { percentile, percentiles } from '../../src/base/percentile.ts'

test('[A47] percentiles are those of NumPy', () => {
  const latenciesMs = [15, 20, 35, 40, 50]
  expect(percentiles(latenciesMs, [0, 0.25, 0.4, 0.5, 0.9, 1])).toEqual([15, 20, 29, 35, 46, 50])
  expect(percentile([7], 0.99)).toBe(7)
})

test('[A47] without a value there is no percentile', () => {
  expect(percentile([], 0.5)).toBeUndefined()
  expect(percentile([Number.NaN], 0.5)).toBeUndefined()
  expect(percentiles([], [0, 1])).toEqual([undefined, undefined])
})

test('NaN is left out and infinities are values', () => {
  expect(percentile([Number.NaN, 1, 3], 0.5)).toBe(2)
  expect(percentile([1, Infinity, Infinity], 0.75)).toBe(Infinity)
  expect(percentile([-Infinity, -Infinity, 1], 0.1)).toBe(-Infinity)
})

test('[A47] order does not matter, the input stays, and the result lies between its neighbours', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), {
        minLength: 1,
      }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, fraction) => {
        const before = values.slice()
        const found = percentile(values, fraction)
        expect(values).toEqual(before)
        expect(percentile(values.toReversed(), fraction)).toBe(found)
        const sorted = values.toSorted((a, b) => a - b)
        const rank = fraction * (sorted.length - 1)
        expect(found).toBeGreaterThanOrEqual(sorted[Math.floor(rank)] ?? NaN)
        expect(found).toBeLessThanOrEqual((sorted[Math.ceil(rank)] ?? NaN) + 1e-6)
      },
    ),
  )
})

test('a percent in place of a fraction is refused', () => {
  expect(() => percentile([1], 99)).toThrow('between 0 and 1, got 99')
})
