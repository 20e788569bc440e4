import { describe, expect, test } from 'vitest'
import { manualClock, systemClock } from '../../src/base/clock.ts'

describe('the clock of the machine', () => {
  test('[A04] wall time agrees with Date.now to the millisecond', () => {
    for (let round = 0; round < 2000; round += 1) {
      const before = Date.now()
      const ms = Number(systemClock.wallNs() / 1_000_000n)
      const after = Date.now()
      expect(ms).toBeGreaterThanOrEqual(before)
      expect(ms).toBeLessThanOrEqual(after)
    }
  })

  test('[A04] wall time tells apart moments within one millisecond and keeps their order', () => {
    const times = Array.from({ length: 5000 }, () => systemClock.wallNs())
    expect(times).toEqual(times.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)))
    const millisecond = (ns: bigint): bigint => ns / 1_000_000n
    const within = times.filter((ns, index) => {
      const next = times[index + 1]
      return next !== undefined && next !== ns && millisecond(next) === millisecond(ns)
    })
    expect(within.length).toBeGreaterThan(0)
  })

  test('monotonic time never goes back', () => {
    const times = Array.from({ length: 1000 }, () => systemClock.monotonicMs())
    expect(times).toEqual(times.toSorted((a, b) => a - b))
  })
})

describe('the clock of a test', () => {
  test('stands still until it is advanced, then both clocks move alike', () => {
    const clock = manualClock(1_000_000_000n)
    expect([clock.wallNs(), clock.monotonicMs()]).toEqual([1_000_000_000n, 0])
    clock.advanceMs(1.5)
    expect([clock.wallNs(), clock.monotonicMs()]).toEqual([1_001_500_000n, 1.5])
  })

  test('a step of the wall clock does not touch monotonic time', () => {
    const clock = manualClock()
    clock.advanceMs(10)
    clock.setWallNs(5n)
    expect([clock.wallNs(), clock.monotonicMs()]).toEqual([5n, 10])
  })

  test('refuses to go back', () => {
    expect(() => manualClock().advanceMs(-1)).toThrow('cannot advance by -1 ms')
    expect(() => manualClock().advanceMs(Number.NaN)).toThrow('cannot advance by NaN ms')
  })
})
