import { describe, expect, test } from 'vitest'
import type { OrderUpdate } from '../../../../src/probe/flow/order/update.ts'
import { bybitUpdates } from '../../../../src/probe/instrument/venues/bybit.ts'

const read = (item: object, topic = 'order'): OrderUpdate | undefined =>
  bybitUpdates({ topic, data: [item] })[0]

describe('an order of Bybit', () => {
  const order = {
    orderId: '881',
    orderLinkId: 'mine-1',
    symbol: 'BTCUSDT',
    side: 'Buy',
    orderType: 'Limit',
    orderStatus: 'PartiallyFilled',
    timeInForce: 'GTC',
    qty: '2',
    price: '100',
    triggerPrice: '',
    cumExecQty: '0.5',
    avgPrice: '99',
    cumExecFee: '0.02',
    feeCurrency: 'USDT',
    rejectReason: 'EC_NoError',
    cancelType: 'UNKNOWN',
    updatedTime: '5',
  }

  test.each([
    [
      {},
      { status: 'partially_filled', fee: '0.02', rejectText: undefined, cancelReason: undefined },
    ],
    // A rebate of a maker.
    [{ cumExecFee: '-0.02' }, { fee: '-0.02' }],
    [{ cumExecFee: '' }, { fee: undefined }],
    [
      { orderStatus: 'Rejected', rejectReason: 'EC_X' },
      { status: 'canceled', cancelReason: 'EC_X' },
    ],
    [
      { orderStatus: 'Rejected', cumExecQty: '0', rejectReason: 'EC_X' },
      { status: 'rejected', rejectText: 'EC_X', cancelReason: undefined },
    ],
    [
      { orderStatus: 'Rejected', cumExecQty: '' },
      { status: 'rejected', rejectText: undefined },
    ],
    [
      { orderStatus: 'Cancelled', cancelType: 'CancelByUser', rejectReason: 'EC_Y' },
      { cancelReason: 'CancelByUser' },
    ],
    [
      { orderStatus: 'Cancelled', rejectReason: 'EC_Y' },
      { cancelReason: 'EC_Y', rejectReason: undefined },
    ],
    [{ stopOrderType: 'TrailingStop', triggerPrice: '90' }, { type: 'trailing_stop' }],
    [{ orderType: 'Market' }, { type: 'market' }],
    [{ triggerPrice: '90' }, { type: 'stop_limit', stopPrice: '90' }],
    [{ triggerPrice: '90', orderType: 'Market' }, { type: 'stop_market' }],
    [{ triggerPrice: '90', stopOrderType: 'TakeProfit' }, { type: 'take_profit_limit' }],
    [
      { triggerPrice: '90', stopOrderType: 'PartialTakeProfit', orderType: 'Market' },
      { type: 'take_profit_market' },
    ],
    [
      { triggerPrice: '90', stopOrderType: 'Stop', triggerDirection: 2 },
      { type: 'take_profit_limit' },
    ],
    [{ triggerPrice: '90', stopOrderType: 'Stop', triggerDirection: 1 }, { type: 'stop_limit' }],
    [
      { triggerPrice: '90', stopOrderType: 'Stop', triggerDirection: 1, side: 'Sell' },
      { type: 'take_profit_limit' },
    ],
    [
      { triggerPrice: '90', stopOrderType: 'StopLoss', triggerDirection: 2 },
      { type: 'stop_limit' },
    ],
    [{ category: 'spot' }, { quantity: '2' }],
    [{ createType: 'CreateByLiq_PassThrough' }, { origin: 'liquidation' }],
    [{ createType: 'CreateByTakeOver_PassThrough' }, { origin: 'liquidation' }],
    [{ createType: 'CreateByAdl_PassThrough' }, { origin: 'adl' }],
    [{ createType: 'CreateByUser' }, { origin: undefined }],
  ])('[A26] with %j', (change, told) => {
    const update = read({ ...order, ...change })
    expect(update).toMatchObject({ venue: 'bybit', orderId: '881', timeMs: 5, ...told })
  })

  test.each([
    ['Trade', 'trade', undefined],
    ['AdlTrade', 'trade', 'adl'],
    // Not a fill that is taken back: what the liquidation engine took over.
    ['BustTrade', 'calculated', 'liquidation'],
    ['Delivery', 'trade', 'delivery'],
    ['Settle', 'trade', 'settlement'],
    ['SomethingNew', 'trade', undefined],
  ])('[A26] an execution of type %s is a %s', (execType, event, origin) => {
    const execution = { execId: 'x', orderId: '881', execType, execQty: '1', execPrice: '9' }
    for (const isMaker of [true, false]) {
      const told = { execId: 'x', quantity: '1', liquidity: isMaker ? 'maker' : 'taker' }
      expect(read({ ...execution, isMaker, execFee: '-1' }, 'execution.linear')).toMatchObject({
        event,
        origin,
        venueEvent: execType,
        fill: { ...told, fee: '-1' },
      })
    }
  })

  test('[A26] comes under its topics and in answers alone', () => {
    const topics = ['order', 'order.spot', 'execution', 'execution.fast', 'orderbook.1', 'wallet']
    expect(topics.map((topic) => read(order, topic) !== undefined)).toEqual([
      ...[true, true, true, true],
      ...[false, false],
    ])
    expect(bybitUpdates({ retCode: 0, result: { list: [order, null] } })).toHaveLength(1)
    expect(bybitUpdates({ retCode: 0, result: { orderId: '1', orderLinkId: 'a' } })).toMatchObject([
      { orderId: '1', clientOrderId: 'a', status: 'pending_new' },
    ])
    expect(bybitUpdates({ retCode: 0, result: { category: 'linear' } })).toEqual([])
    expect(bybitUpdates(order)).toHaveLength(1)
    expect(bybitUpdates({ orderId: '1' })).toEqual([])
    expect(bybitUpdates({ orderStatus: 'New' })).toEqual([])
  })

  test.each([
    [10_000, 'x', 'unknown', undefined],
    [10_016, 'x', 'unknown', undefined],
    [110_007, 'ab not enough for new order', 'rejected', 'insufficient_balance'],
    [110_072, 'OrderLinkedID is duplicate', 'unknown', 'duplicate_client_id'],
  ])('[X14] error %d (%s) is %s', (retCode, retMsg, status, rejectReason) => {
    expect(bybitUpdates({ retCode, retMsg, result: {} })).toMatchObject([
      { status, event: status, rejectCode: String(retCode), rejectText: retMsg, rejectReason },
    ])
  })
})
