import { assert, integer, nat, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RecentIds } from '../../src/archive/recent-ids.ts'

describe('the ids kept lately', () => {
  test('always hold the newest ones, and never many more', () => {
    assert(
      property(integer({ min: 1, max: 20 }), nat(100), (capacity, count) => {
        const ids = new RecentIds(capacity)
        const added = Array.from({ length: count }, (_, index) => `id-${index}`)
        for (const id of added) ids.add(id)
        expect(added.slice(-capacity).every((id) => ids.has(id))).toBe(true)
        expect(added.filter((id) => ids.has(id)).length).toBeLessThanOrEqual(2 * capacity)
        expect(ids.has('never')).toBe(false)
      }),
    )
  })
})
