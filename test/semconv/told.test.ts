import { expect, test } from 'vitest'
import { isTold, shortNumber } from '../../src/semconv/told.ts'

const message = 'submitted: buy 0.010 BTC/USDT at 43210.00 on binance'

test('[A11] a line of an event leaves out what its message says, and twins of decimals', () => {
  const told = (name: string, value: unknown): boolean =>
    isTold('trading.order.submitted', message, name, value)
  expect(told('trading.symbol', 'BTC/USDT')).toBe(true)
  expect(told('trading.order.price', '43210.00')).toBe(true)
  expect(told('trading.order.price_num', 43_210)).toBe(true)
  expect(told('trading.order.event', 'pending_new')).toBe(true)
  expect(told('trading.order.client_id', 'fp-1')).toBe(false)
  expect(told('trading.order.fills', 2)).toBe(false)
})

test("[A07] a line of the bot's own keeps every field", () => {
  expect(isTold('', 'price is 43210', 'price', '43210')).toBe(false)
  expect(isTold('my.event', 'price is 43210', 'price_num', 43_210)).toBe(false)
})

test('[A11] a number is shown with six significant digits, a whole one with all', () => {
  expect(shortNumber(34.996_737_999_999_82)).toBe('34.9967')
  expect(shortNumber(1_610_064_001_076)).toBe('1610064001076')
  expect(shortNumber(0.000_012_345_678)).toBe('0.0000123457')
})
