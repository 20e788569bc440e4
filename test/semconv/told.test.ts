import { expect, test } from 'vitest'
import { isTold, numberText } from '../../src/semconv/told.ts'

const message = 'submitted: buy 0.010 BTC/USDT at 43210.00 on binance'

test('[A11] a line of an event leaves out what its message says, and twins of decimals', () => {
  const told = (name: string, value: unknown): boolean =>
    isTold({ eventName: 'trading.order.submitted', message, taskId: 't1' }, name, value)
  expect(told('trading.symbol', 'BTC/USDT')).toBe(true)
  expect(told('trading.order.price', '43210.00')).toBe(true)
  expect(told('trading.order.price_num', 43_210)).toBe(true)
  expect(told('trading.order.event', 'pending_new')).toBe(true)
  expect(told('trading.order.client_id', 'fp-1')).toBe(false)
  expect(told('trading.order.fills', 2)).toBe(false)
  expect(told('trading.task.id', 't1')).toBe(false)
  expect(told('trading.signal.id', 's1')).toBe(true)
  expect(told('trading.correlation_id', 't1')).toBe(true)
  expect(told('trading.correlation_id', 'sig_abc')).toBe(false)
})

test("[A07] a line of the bot's own keeps every field", () => {
  const on = { eventName: '', message: 'price is 43210', taskId: undefined }
  expect(isTold(on, 'price', '43210')).toBe(false)
  expect(isTold({ ...on, eventName: 'my.event' }, 'price_num', 43_210)).toBe(false)
})

test('[A11] a measured time is shown with six digits, a price and a whole number with all', () => {
  expect(numberText('trading.order.fill_ms', 34.996_737_999_999_82)).toBe('34.9967')
  expect(numberText('price', 1_610_064_001_076.25)).toBe('1610064001076.25')
  expect(numberText('trading.latency_ms', 1_610_064_001_076)).toBe('1610064001076')
})
