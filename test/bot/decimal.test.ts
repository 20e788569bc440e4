import * as fc from 'fast-check'
import { Big } from 'big.js'
import { expect, test } from 'vitest'
import { ceilTo, decimal, floorTo, isMultipleOf, roundTo, text } from '../../src/bot/decimal.ts'

const amounts = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 15n }), fc.integer({ min: 0, max: 8 }))
  .map(([digits, places]) => decimal(`${digits}e-${places}`))
const steps = fc.constantFrom('1', '0.5', '0.1', '0.01', '0.001', '0.00001')

test('floor, ceiling and rounding give multiples of the step, on the right side', () => {
  fc.assert(
    fc.property(amounts, steps, (value, step) => {
      const [down, up, near] = [floorTo(value, step), ceilTo(value, step), roundTo(value, step)]
      for (const result of [down, up, near]) expect(isMultipleOf(result, step)).toBe(true)
      expect(down.lte(value)).toBe(true)
      expect(up.gte(value)).toBe(true)
      expect(near.minus(value).abs().times(2).lte(step)).toBe(true)
    }),
  )
})

test('text is plain, however small or large the number', () => {
  expect(text('0.00000001')).toBe('0.00000001')
  expect(text('1e21')).toBe('1000000000000000000000')
  expect(text(0.1)).toBe('0.1')
})

test('the settings of big.js of the rest of the process stay as they were', () => {
  expect(Big.DP).toBe(20)
  expect(new Big('1e-9').toString()).toBe('1e-9')
})
