import { expect, test } from 'vitest'
import { inOrder } from '../../src/archive/order.ts'
import { log } from './records.ts'
import type { LogRecord } from '../../src/wire/record.ts'

function at(time: bigint, message: string): { readonly record: LogRecord } {
  return { record: { ...log(message), time } }
}

const messages = (entries: readonly { readonly record: LogRecord }[]): unknown[] =>
  entries.map(({ record }) => record.body)

test('[A19] lines of several loggers in one request stand in the order in which they were logged', () => {
  const entries = [at(10n, 'order sent'), at(30n, 'order filled'), at(20n, 'price moved')]
  expect(messages(inOrder(entries))).toEqual(['order sent', 'price moved', 'order filled'])
})

test('lines of equal time keep the order of the wire, and a record without a time that of its receipt', () => {
  const received = { ...log('received'), time: 0n, observedTime: 15n }
  const entries = [at(10n, 'a'), at(20n, 'b'), at(20n, 'c'), { record: received }, at(20n, 'd')]
  expect(messages(inOrder(entries))).toEqual(['a', 'received', 'b', 'c', 'd'])
})
