import { expect, test } from 'vitest'
import { invalidReason } from '../../src/wire/validity.ts'
import { logRecord, metricPoint, spanRecord } from './record.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'

test('a span without a proper trace id or span id is refused, with its name', () => {
  expect(invalidReason(spanRecord({ name: 'order', traceId, spanId }))).toBeUndefined()
  expect(invalidReason(spanRecord({ name: 'order', traceId: 'abab', spanId }))).toBe(
    'span "order": trace id "abab" is not 16 bytes that are not all zero',
  )
  expect(invalidReason(spanRecord({ name: 'order', traceId: '0'.repeat(32), spanId }))).toContain(
    'trace id',
  )
  expect(invalidReason(spanRecord({ name: 'x'.repeat(99), traceId, spanId: '' }))).toBe(
    `span "${'x'.repeat(60)}…": span id "" is not 8 bytes that are not all zero`,
  )
})

test('a log record needs no ids, a metric a name', () => {
  expect(invalidReason(logRecord({ traceId: 'ab' }))).toBeUndefined()
  const gauge = { type: 'gauge', value: 1n } as const
  expect(invalidReason(metricPoint(gauge, { name: 'm' }))).toBeUndefined()
  expect(invalidReason(metricPoint(gauge))).toBe('a metric without a name')
})
