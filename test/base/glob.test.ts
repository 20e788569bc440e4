import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { globMatcher } from '../../src/base/glob.ts'

describe('a glob', () => {
  test.each([
    ['trading.order.*', 'trading.order.filled', true],
    ['trading.order.*', 'trading.order.cancel.rejected', true],
    ['trading.order.*', 'trading.order', false],
    ['trading.order.*', 'xtrading.order.filled', false],
    ['*.failed', 'trading.hedge.failed', true],
    ['*.failed', 'trading.hedge.failed.', false],
    ['trading.*.f*d', 'trading.order.filled', true],
    ['trading.*.f*d', 'trading.order.opened', false],
    ['trading.order.filled', 'trading.order.filled', true],
    ['trading.order.filled', 'trading-order-filled', false],
    ['trading.Order.*', 'trading.order.filled', false],
    ['order.?', 'order.1', true],
    ['order.?', 'order.', false],
    ['*', '', true],
    ['**', 'anything', true],
    ['', '', true],
    ['', 'x', false],
    ['a[b]', 'ab', false],
  ])('%j on %j: %s', (pattern, name, expected) => {
    expect(globMatcher(pattern)(name)).toBe(expected)
  })

  test('agrees with the same pattern as a regular expression', () => {
    const letters = fc.constantFrom('a', 'b', '.', '*', '?')
    fc.assert(
      fc.property(
        fc.array(letters, { maxLength: 8 }),
        fc.array(fc.constantFrom('a', 'b', '.'), { maxLength: 10 }),
        (pattern, name) => {
          const source = pattern
            .join('')
            .replaceAll('.', '\\.')
            .replaceAll('*', '.*')
            .replaceAll('?', '.')
          expect(globMatcher(pattern.join(''))(name.join(''))).toBe(
            new RegExp(`^${source}$`).test(name.join('')),
          )
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('many stars on a long name come to an end', () => {
    const pattern = `${'*a'.repeat(50)}*b`
    expect(globMatcher(pattern)('a'.repeat(20_000))).toBe(false)
  })
})
