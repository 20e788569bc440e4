import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Backoff } from '../../src/base/backoff.ts'

const waits = (backoff: Backoff, count: number): number[] =>
  Array.from({ length: count }, () => backoff.nextMs())

describe('back-off', () => {
  test('doubles up to its ceiling and stays there', () => {
    const backoff = new Backoff({ initialMs: 100, maxMs: 1000, jitter: 'none' })
    expect(waits(backoff, 6)).toEqual([100, 200, 400, 800, 1000, 1000])
    expect(backoff.attempts).toBe(6)
  })

  test('starts again after a success', () => {
    const backoff = new Backoff({ initialMs: 100, jitter: 'none' })
    waits(backoff, 5)
    backoff.reset()
    expect([backoff.attempts, backoff.nextMs()]).toEqual([0, 100])
  })

  test('full jitter spreads from 0 to the ceiling, equal jitter from half of it', () => {
    const draws = (jitter: 'full' | 'equal', random: number): number[] =>
      waits(new Backoff({ initialMs: 100, maxMs: 400, jitter, random: () => random }), 3)
    expect(draws('full', 0)).toEqual([0, 0, 0])
    expect(draws('full', 0.5)).toEqual([50, 100, 200])
    expect(draws('equal', 0)).toEqual([50, 100, 200])
    expect(draws('equal', 0.5)).toEqual([75, 150, 300])
  })

  test('the other side may ask for more time than the ceiling', () => {
    const backoff = new Backoff({ initialMs: 100, maxMs: 1000, jitter: 'none' })
    expect(backoff.nextMs(60_000)).toBe(60_000)
    expect(backoff.nextMs(10)).toBe(200)
  })

  test('never leaves its bounds and never shrinks, however long the outage', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 0, max: 100_000 }),
        fc.double({ min: 1, max: 10, noNaN: true }),
        (initialMs, more, factor) => {
          const maxMs = initialMs + more
          const all = waits(new Backoff({ initialMs, maxMs, factor, jitter: 'none' }), 2000)
          expect(all).toEqual(all.toSorted((a, b) => a - b))
          expect(all[0]).toBe(initialMs)
          expect(all.at(-1)).toBeLessThanOrEqual(maxMs)
        },
      ),
      { numRuns: 20 },
    )
  })

  test('options without sense are refused', () => {
    expect(() => new Backoff({ initialMs: 0 })).toThrow('initialMs must be above 0, got 0')
    expect(() => new Backoff({ initialMs: 10, maxMs: 5 })).toThrow('maxMs 5 is below initialMs 10')
    expect(() => new Backoff({ factor: 0.5 })).toThrow('factor must be at least 1, got 0.5')
  })
})
