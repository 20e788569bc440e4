import { describe, expect, test } from 'vitest'
import { instantOf, periodOf } from '../../src/commands/period.ts'

const now = Date.UTC(2026, 0, 15, 12)

describe('periods', () => {
  test('[A65] a date is a whole day in its zone, also when the clocks change on it', () => {
    const day = (date: string, zone: string): (string | number)[] => {
      const { fromMs = 0, toMs = 0 } = periodOf({ date }, zone, now)
      return [new Date(fromMs).toISOString(), (toMs - fromMs) / 3_600_000]
    }
    expect(day('2026-01-15', 'UTC')).toEqual(['2026-01-15T00:00:00.000Z', 24])
    expect(day('20260115', 'Europe/Berlin')).toEqual(['2026-01-14T23:00:00.000Z', 24])
    expect(day('2026-03-29', 'Europe/Berlin')).toEqual(['2026-03-28T23:00:00.000Z', 23])
    expect(day('2026-10-25', 'Europe/Berlin')).toEqual(['2026-10-24T22:00:00.000Z', 25])
    expect(day('2026-11-01', 'America/New_York')).toEqual(['2026-11-01T04:00:00.000Z', 25])
  })

  test('[A65, B29] days count back from now; a last date is a whole day', () => {
    expect(periodOf({ days: '7' }, 'UTC', now)).toEqual({
      fromMs: now - 7 * 86_400_000,
      toMs: undefined,
    })
    expect(periodOf({ from: '2026-01-01', to: '2026-01-02' }, 'UTC', now)).toEqual({
      fromMs: Date.UTC(2026, 0, 1),
      toMs: Date.UTC(2026, 0, 3),
    })
    expect(periodOf({}, 'UTC', now)).toEqual({ fromMs: undefined, toMs: undefined })
  })

  test.each([
    ['2026-01-15T10:30', Date.UTC(2026, 0, 15, 9, 30)],
    ['2026-01-15 10:30:15.5', Date.UTC(2026, 0, 15, 9, 30, 15, 500)],
    ['2026-01-15T10:30:00Z', Date.UTC(2026, 0, 15, 10, 30)],
    ['2026-01-15T10:30:00-05:00', Date.UTC(2026, 0, 15, 15, 30)],
  ])('%s in Berlin is an instant', (text, ms) => {
    expect(instantOf(text, 'Europe/Berlin', '--from', 0)).toBe(ms)
  })

  test.each(['2026-13-01', '2026-02-30', 'yesterday', '', '2026-01-15T25:00'])(
    '%j is no date',
    (from) => {
      expect(() => periodOf({ from }, 'UTC', now)).toThrow(
        expect.objectContaining({ code: 'usage' }),
      )
    },
  )

  test.each([
    { days: '0' },
    { days: 'x' },
    { days: '1', from: '2026-01-01' },
    { date: '2026-01-01', days: '1' },
    { from: '2026-01-03', to: '2026-01-01' },
  ])('%j makes no period', (options) => {
    expect(() => periodOf(options, 'UTC', now)).toThrow(expect.objectContaining({ code: 'usage' }))
  })
})
