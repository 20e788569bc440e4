import { expect, test } from 'vitest'
import { retryAfterMaxMs, retryAfterMs } from '../../../src/probe/ship/retry-after.ts'

const now = Date.UTC(2026, 10, 21, 7, 28, 0)

test('[P6] Retry-After in seconds', () => {
  expect(retryAfterMs({ 'retry-after': '7' }, now)).toBe(7000)
  expect(retryAfterMs({ 'retry-after': ' 0.5 ' }, now)).toBe(500)
})

test('[P6, P9] a date counts from the clock of the server, else from ours', () => {
  const date = 'Sat, 21 Nov 2026 07:28:30 GMT'
  expect(retryAfterMs({ 'retry-after': date }, now)).toBe(30_000)
  const server = 'Sat, 21 Nov 2026 07:28:20 GMT'
  expect(retryAfterMs({ 'retry-after': date, date: server }, now)).toBe(10_000)
  const dayAhead = now + 86_400_000
  expect(retryAfterMs({ 'retry-after': date, date: server }, dayAhead)).toBe(10_000)
})

test('[P9] neither the past nor the far future is believed', () => {
  expect(retryAfterMs({ 'retry-after': 'Sat, 21 Nov 2026 07:00:00 GMT' }, now)).toBe(0)
  expect(retryAfterMs({ 'retry-after': '86400' }, now)).toBe(retryAfterMaxMs)
  expect(retryAfterMs({ 'retry-after': 'Fri, 31 Dec 9999 00:00:00 GMT' }, now)).toBe(
    retryAfterMaxMs,
  )
})

test('what cannot be read asks for nothing', () => {
  expect(retryAfterMs({}, now)).toBeUndefined()
  expect(retryAfterMs({ 'retry-after': 'soon' }, now)).toBeUndefined()
  expect(retryAfterMs({ 'retry-after': '-5' }, now)).toBeUndefined()
})
