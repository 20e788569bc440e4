import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { RateLimit } from '../../../src/bot/venue/rate-limit.ts'

test('[X35] in no window is more taken than allowed, and the wait it names is enough', () => {
  const requests = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 6 })),
  )
  fc.assert(
    fc.property(requests, (gaps) => {
      const limit = new RateLimit(10, 1000)
      const taken: { atMs: number; weight: number }[] = []
      let nowMs = 0
      for (const [gapMs, weight] of gaps) {
        nowMs += gapMs
        const waitMs = limit.take(weight, nowMs)
        const isRefused = waitMs > 0
        if (!isRefused) taken.push({ atMs: nowMs, weight })
        const soon = new RateLimit(10, 1000)
        for (const { atMs, weight: used } of taken) soon.take(used, atMs)
        // One ms before the time that is named there is no room, at that time there is.
        expect(isRefused && soon.usedAt(nowMs + waitMs - 1) + weight <= 10).toBe(false)
        expect(isRefused && soon.usedAt(nowMs + waitMs) + weight > 10).toBe(false)
        const inWindow = taken.filter(({ atMs }) => atMs > nowMs - 1000)
        const used = inWindow.reduce((sum, request) => sum + request.weight, 0)
        expect(used).toBeLessThanOrEqual(10)
        expect(limit.usedAt(nowMs)).toBe(used)
      }
    }),
  )
})
