import { expect, test } from 'vitest'
import { decimal } from '../../../src/bot/decimal.ts'
import { instrumentOf } from '../../../src/bot/market/instrument.ts'
import type { Row } from '../../../src/bot/market/layout.ts'

const trade = (price: string, quantity: string): Row => ({
  kind: 'trade',
  timeNs: 0n,
  id: '',
  price,
  quantity,
  aggressor: 'buy',
})

test.each([
  ['BTC/USDT', 'BTC/USDT'],
  ['BTCUSDT-aggTrades-2024-01-01.csv', 'BTC/USDT'],
  ['binance-futures_trades_2020-09-01_ETHUSDT.csv.gz', 'ETH/USDT'],
  ['kraken-xbtusdt-2025-11-10-trades.csv', 'BTC/USDT'],
  ['1000PEPEUSDT-trades.csv', '1000PEPE/USDT'],
  ['sol_usdc.csv', 'BASE/QUOTE'],
  ['trades.csv', 'BASE/QUOTE'],
])('the symbol of %s is %s', (name, symbol) => {
  expect(instrumentOf(name, [trade('1', '1')]).symbol).toBe(symbol)
})

test.each([
  ['39432.48', '0.000263', '0.01', '0.001'],
  ['105433.6', '0.00027625', '0.1', '0.0001'],
  ['7.503', '25.3', '0.001', '1'],
  ['0.00001234', '1000000', '0.00000001', '1000000'],
  ['100', '3', '1', '1'],
])('at %s × %s the tick is %s and the lot %s', (price, quantity, tickSize, lotSize) => {
  const instrument = instrumentOf('BTCUSDT', [trade(price, quantity)])
  expect(instrument).toMatchObject({ tickSize, lotSize })
  // One lot is always enough for an order.
  expect(decimal(lotSize).times(price).gte(instrument.minNotional)).toBe(true)
})
