import { describe, expect, test } from 'vitest'
import { zoneOf } from '../../src/archive/zone.ts'

const at = (iso: string): number => Date.parse(iso)

describe('the time of a line', () => {
  test('is written in the zone, to the millisecond', () => {
    const ns = BigInt(at('2026-07-01T09:20:33.007Z')) * 1_000_000n + 999_999n
    expect(zoneOf('UTC').time(ns)).toBe('2026-07-01 09:20:33.007')
    expect(zoneOf('Europe/Berlin').time(ns)).toBe('2026-07-01 11:20:33.007')
    expect(zoneOf('Asia/Kolkata').time(ns)).toBe('2026-07-01 14:50:33.007')
  })

  test('of an instant before 1970 or without one is still a time', () => {
    expect(zoneOf('UTC').time(0n)).toBe('1970-01-01 00:00:00.000')
  })

  test('in a zone that does not exist is refused, with the name', () => {
    expect(() => zoneOf('Mars/Olympus')).toThrow(/"Mars\/Olympus" is not a time zone/)
  })
})
