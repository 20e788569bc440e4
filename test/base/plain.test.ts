import { runInNewContext } from 'node:vm'
import { isAnyValue } from '@opentelemetry/core'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isOfThisRealm, isPlain, isSafeKey, pricesOf } from '../../src/base/plain.ts'

const prices = pricesOf({ depthMax: 3, stringLengthMax: 10, nodesMax: 10, lengthMax: 100 })

describe('a plain value', () => {
  test('[A04] is one that the SDK takes as it is', () => {
    const roomy = pricesOf({ depthMax: 9, stringLengthMax: 1e6, nodesMax: 1e6, lengthMax: 1e8 })
    const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true })
    fc.assert(
      fc.property(anything, (value) => {
        expect(!isPlain(value, roomy) || isAnyValue(value)).toBe(true)
      }),
    )
    expect(isPlain({ a: [1, 'b', null, { c: true }] }, roomy)).toBe(true)
  })

  test('stays within every limit', () => {
    const values = [[[1]], 'x'.repeat(10), [1, 2, 3], 'é']
    expect(values.every((value) => isPlain(value, prices))).toBe(true)
    const cycle: unknown[] = []
    cycle.push(cycle)
    const others = [
      [[[[1]]]],
      'x'.repeat(11),
      Array.from({ length: 10 }, () => 1),
      cycle,
      '\ud800',
      NaN,
    ]
    expect(others.filter((value) => isPlain(value, prices))).toEqual([])
  })
})

test('[A04] keys that would be lost are told', () => {
  expect(['a', 'trading.order.id', '…'].every(isSafeKey)).toBe(true)
  const lost = ['', '__proto__', 'constructor', 'k'.repeat(513), 'a\udc00']
  expect(lost.some(isSafeKey)).toBe(false)
})

test('an object of another realm is told from one of this', () => {
  const foreign: unknown = runInNewContext('({})')
  expect([{}, Object.create(null)].every(isOfThisRealm)).toBe(true)
  expect(isOfThisRealm(Object(foreign))).toBe(false)
})
