import { describe, expect, test } from 'vitest'
import { ccxtUpdates } from '../../../../src/probe/instrument/venues/ccxt.ts'

const order = {
  id: '881',
  clientOrderId: 'mine',
  symbol: 'BTC/USDT',
  type: 'limit',
  side: 'buy',
  price: 43_210,
  amount: 0.01,
  filled: 0.004,
  remaining: 0.006,
  average: 43_209.5,
  status: 'open',
  timeInForce: 'PO',
  timestamp: 1,
  lastTradeTimestamp: 2,
  fee: { cost: 0.02, currency: 'USDT' },
  trades: [{ id: 't1', price: 43_209.5, amount: 0.004, takerOrMaker: 'maker' }],
  info: { anything: true },
}

describe('what ccxt hands out', () => {
  test('[A26] an order with its trades, and the status that its filled part tells', () => {
    expect(ccxtUpdates(order, 'binance')).toMatchObject([
      {
        venue: 'binance',
        orderId: '881',
        clientOrderId: 'mine',
        type: 'limit',
        timeInForce: 'gtc',
        postOnly: true,
        status: 'partially_filled',
        venueStatus: 'open',
        filledQuantity: 0.004,
        averagePrice: 43_209.5,
        fee: 0.02,
        feeCurrency: 'USDT',
        timeMs: 2,
        fills: [{ execId: 't1', price: 43_209.5, quantity: 0.004, liquidity: 'maker' }],
      },
    ])
  })

  test('[X32] a trade of one’s own; a public trade is none', () => {
    const trade = {
      id: 't1',
      order: '881',
      price: 1,
      amount: 2,
      takerOrMaker: 'taker',
      side: 'sell',
    }
    expect(ccxtUpdates([trade])).toMatchObject([
      { orderId: '881', side: 'sell', event: 'trade', fill: { execId: 't1', liquidity: 'taker' } },
    ])
    expect(ccxtUpdates([{ ...trade, order: undefined }])).toEqual([])
  })

  test('anything else is nothing', () => {
    for (const other of [null, 1, 'x', {}, { id: 'x' }, [null], { bids: [], asks: [] }]) {
      expect(ccxtUpdates(other)).toEqual([])
    }
  })
})
