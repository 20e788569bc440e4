import { describe, expect, test } from 'vitest'
import type { OrderUpdate } from '../../../../src/probe/flow/order/update.ts'
import { binanceUpdates } from '../../../../src/probe/instrument/venues/binance.ts'

const read = (message: unknown): OrderUpdate | undefined => binanceUpdates(message)[0]

describe('a report of the user stream', () => {
  const spot = {
    e: 'executionReport',
    s: 'BTCUSDT',
    c: 'mine-1',
    C: '',
    S: 'BUY',
    o: 'LIMIT',
    f: 'GTC',
    q: '2.00',
    p: '100.00',
    P: '0.00',
    x: 'TRADE',
    X: 'PARTIALLY_FILLED',
    r: 'NONE',
    i: 881,
    l: '0.50',
    z: '1.50',
    L: '99.00',
    n: '-0.01',
    N: 'BNB',
    T: 1_700_000_000_001,
    t: 7,
    m: true,
    Z: '150.00',
  }
  const futures = { ...spot, ap: '98.50', sp: '97.00', ot: 'STOP_MARKET', R: true, o: 'MARKET' }

  test('[A26, B11] spot, field by field', () => {
    expect(binanceUpdates(spot)).toEqual([
      {
        venue: 'binance',
        clientOrderId: 'mine-1',
        orderId: '881',
        symbol: 'BTCUSDT',
        side: 'buy',
        type: 'limit',
        timeInForce: 'gtc',
        postOnly: false,
        quantity: '2.00',
        price: '100.00',
        status: 'partially_filled',
        event: 'trade',
        venueStatus: 'PARTIALLY_FILLED',
        venueEvent: 'TRADE',
        filledQuantity: '1.50',
        averagePrice: '100',
        fill: {
          execId: '7',
          price: '99.00',
          quantity: '0.50',
          liquidity: 'maker',
          fee: '-0.01',
          feeCurrency: 'BNB',
          timeMs: 1_700_000_000_001,
        },
        timeMs: 1_700_000_000_001,
      },
    ])
  })

  test.each([
    [
      { o: 'LIMIT_MAKER', f: 'GTC' },
      { postOnly: true, type: 'limit' },
    ],
    [{ P: '97.00' }, { stopPrice: '97.00' }],
    [
      { X: 'REJECTED', x: 'REJECTED', r: 'INSUFFICIENT_BALANCES' },
      { rejectText: 'INSUFFICIENT_BALANCES' },
    ],
    [{ r: 'INSUFFICIENT_BALANCES' }, { rejectText: undefined, rejectReason: undefined }],
    [
      { X: 'EXPIRED', x: 'EXPIRED', eR: 2 },
      { status: 'expired', cancelReason: '2' },
    ],
    [{ X: 'EXPIRED_IN_MATCH', x: 'TRADE_PREVENTION' }, { cancelReason: 'self_trade_prevention' }],
    [{ o: 'TAKE_PROFIT' }, { type: 'take_profit_market' }],
    [{ z: '0.00', Z: '0.00' }, { averagePrice: undefined }],
    [{ m: false }, { fill: { liquidity: 'taker' } }],
    [{ l: '0.00' }, { fill: undefined }],
    [{ t: -1 }, { fill: { execId: undefined } }],
    [{ n: 'none' }, { fill: { fee: undefined } }],
    [
      { T: 'soon', q: true },
      { timeMs: undefined, quantity: undefined },
    ],
    [{ S: 'SHORT' }, { side: undefined }],
    [
      { C: 'old', x: 'REPLACED' },
      { clientOrderId: 'mine-1', originalClientOrderId: 'old' },
    ],
  ])('[A26] spot with %j', (change, told) => {
    expect(read({ ...spot, ...change })).toMatchObject(told)
  })

  test.each([
    [{}, { type: 'stop_market', stopPrice: '97.00', averagePrice: '98.50', reduceOnly: true }],
    [{ R: 'yes' }, { reduceOnly: undefined }],
    [{ X: 'NEW_INSURANCE' }, { status: 'partially_filled', origin: 'insurance' }],
    [
      { X: 'NEW_ADL', z: '2.00' },
      { status: 'filled', origin: 'adl' },
    ],
    [
      { X: 'NEW_ADL', z: '0' },
      { status: 'new', origin: 'adl' },
    ],
    [{ X: 'NEW_ADL', q: undefined }, { status: 'partially_filled' }],
    [{ X: 'NEW' }, { origin: undefined }],
    [{ ot: 'TAKE_PROFIT' }, { type: 'take_profit_limit' }],
    [
      { X: 'EXPIRED', x: 'EXPIRED', er: '8' },
      { status: 'triggered', event: 'triggered', cancelReason: undefined },
    ],
    [
      { X: 'FILLED', er: '8' },
      { status: 'filled', event: 'trade' },
    ],
    [{ X: 'EXPIRED', x: 'EXPIRED', er: '4' }, { cancelReason: 'reduce_only_conflict' }],
    [{ X: 'EXPIRED', x: 'EXPIRED', er: '99' }, { cancelReason: '99' }],
    [{ X: 'EXPIRED', x: 'EXPIRED', er: '0' }, { cancelReason: undefined }],
  ])('[A26] futures with %j', (change, told) => {
    expect(read({ e: 'ORDER_TRADE_UPDATE', o: { ...futures, ...change } })).toMatchObject(told)
  })

  test.each([
    [
      { X: 'FINISHED', aq: '2', q: '2' },
      { status: 'filled', filledQuantity: '2' },
    ],
    [{ X: 'FINISHED', aq: '3', q: '2' }, { status: 'filled' }],
    [{ X: 'FINISHED', aq: '1', q: '2' }, { status: 'canceled' }],
    [{ X: 'FINISHED', q: '2' }, { status: 'canceled' }],
    [{ X: 'FINISHED', aq: '2' }, { status: 'canceled' }],
    [
      { X: 'NEW', rm: 'why' },
      { status: 'new', cancelReason: undefined, rejectText: undefined },
    ],
    [
      { X: 'CANCELED', rm: 'why' },
      { status: 'canceled', cancelReason: 'why' },
    ],
    [
      { X: 'EXPIRED', rm: 'why' },
      { status: 'expired', cancelReason: 'why' },
    ],
    [
      { X: 'REJECTED', rm: 'why' },
      { status: 'rejected', rejectText: 'why', cancelReason: undefined },
    ],
  ])('[A26] a conditional order of futures with %j', (order, told) => {
    expect(read({ e: 'ALGO_UPDATE', T: 5, o: { aid: 9, o: 'STOP', ...order } })).toMatchObject({
      orderId: '9',
      timeMs: 5,
      ...told,
    })
  })

  test('[A26] in whatever it is wrapped, and nothing of what is none', () => {
    const wrapped = [{ event: spot }, { stream: 'x', data: spot }, [spot, spot]]
    expect(wrapped.map((message) => binanceUpdates(message).length)).toEqual([1, 1, 2])
    for (const e of ['ORDER_TRADE_UPDATE', 'ALGO_UPDATE']) {
      expect(binanceUpdates({ e, o: 'text' })).toEqual([])
    }
  })
})

describe('an answer', () => {
  const order = {
    orderId: 881,
    clientOrderId: 'mine-1',
    symbol: 'BTCUSDT',
    side: 'SELL',
    type: 'LIMIT',
    timeInForce: 'GTC',
    origQty: '2.00',
    price: '100.00',
    stopPrice: '0.00',
    executedQty: '0.50',
    status: 'PARTIALLY_FILLED',
    cummulativeQuoteQty: '49.50',
    transactTime: 2,
  }

  test.each([
    [{}, { clientOrderId: 'mine-1', averagePrice: '99', timeMs: 2, type: 'limit', side: 'sell' }],
    [{ origClientOrderId: 'first' }, { clientOrderId: 'first' }],
    [{ updateTime: 1, time: 3 }, { timeMs: 1 }],
    [{ transactTime: undefined, time: 3 }, { timeMs: 3 }],
    [{ avgPrice: '98.00' }, { averagePrice: '98.00' }],
    [{ cummulativeQuoteQty: undefined, cumQuote: '48.00' }, { averagePrice: '96' }],
    [{ cummulativeQuoteQty: '0.00' }, { averagePrice: undefined }],
    [{ cummulativeQuoteQty: '-1' }, { averagePrice: undefined }],
    [{ cummulativeQuoteQty: undefined }, { averagePrice: undefined }],
    [{ type: 'TAKE_PROFIT' }, { type: 'take_profit_market' }],
    [
      { type: 'TAKE_PROFIT', reduceOnly: false },
      { type: 'take_profit_limit', reduceOnly: false },
    ],
    [{ type: 'TAKE_PROFIT', cumQuote: '1' }, { type: 'take_profit_limit' }],
    [{ type: 'MARKET', origType: 'STOP_MARKET' }, { type: 'stop_market' }],
    [{ type: 'LIMIT_MAKER' }, { postOnly: true }],
    [{ timeInForce: 'GTX' }, { postOnly: true }],
    [{ stopPrice: '97' }, { stopPrice: '97' }],
    [
      {
        fills: [{ tradeId: 1, price: '99', qty: '0.5', commission: '0.1', commissionAsset: 'BNB' }],
      },
      { fills: [{ execId: '1', price: '99', quantity: '0.5', fee: '0.1', feeCurrency: 'BNB' }] },
    ],
    [{ status: 'EXPIRED_IN_MATCH' }, { status: 'expired', cancelReason: 'self_trade_prevention' }],
  ])('[A26] about an order with %j', (change, told) => {
    expect(read({ ...order, ...change })).toMatchObject(told)
  })

  test('[A26] about a list of orders: each of them', () => {
    expect(binanceUpdates({ orderReports: [order, { ...order, orderId: 882 }] })).toMatchObject([
      { orderId: '881' },
      { orderId: '882' },
    ])
    expect(binanceUpdates({ orderReports: [order, null, 'x'] })).toHaveLength(1)
  })

  test.each([
    [{ isBuyer: true, isMaker: true }, 'buy', 'maker'],
    [{ isBuyer: false, isMaker: false }, 'sell', 'taker'],
    [{ buyer: true, maker: true }, 'buy', 'maker'],
    [{ buyer: false, maker: false }, 'sell', 'taker'],
    [{ side: 'SELL', buyer: true }, 'sell', 'taker'],
  ])('[A26] a trade of our own with %j: %s, %s', (words, side, liquidity) => {
    const trade = { orderId: 881, id: 7, price: '99', qty: '0.5', commission: '0.1', time: 4 }
    expect(read({ ...trade, commissionAsset: 'BNB', ...words })).toMatchObject({
      orderId: '881',
      side,
      event: 'trade',
      fill: { execId: '7', price: '99', quantity: '0.5', liquidity, fee: '0.1', timeMs: 4 },
    })
  })

  test.each([
    [
      { algoId: 9, algoStatus: 'NEW', type: 'STOP', triggerPrice: '97' },
      { orderId: '9', type: 'stop_limit', stopPrice: '97' },
    ],
    [{ algoId: 9, algoStatus: 'NEW', orderType: 'STOP_MARKET' }, { type: 'stop_market' }],
  ])('[A26] about a conditional order: %j', (answer, told) => {
    expect(read(answer)).toMatchObject(told)
  })

  test.each([
    [{ code: -2010, msg: 'Account has insufficient balance for requested action.' }, 'rejected'],
    [{ code: -1006, msg: 'An unexpected response was received' }, 'unknown'],
    [{ code: -1, msg: 'x' }, 'rejected'],
  ])('[X14] an error %j is %s', (answer, status) => {
    expect(read(answer)).toMatchObject({ status, event: status, rejectCode: String(answer.code) })
  })

  test.each([
    { code: 0, msg: 'ok' },
    { code: 200, msg: 'success' },
    { code: '-2010', msg: 'x' },
    { code: -2010 },
    { orderId: 1 },
    { status: 'NEW' },
    { commission: '1' },
    { algoId: 1 },
    { algoStatus: 'NEW' },
  ])('[A26] %j is about no order', (answer) => {
    expect(binanceUpdates(answer)).toEqual([])
  })
})
