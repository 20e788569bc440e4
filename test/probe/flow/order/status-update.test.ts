import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { faultCount } from '../../../../src/probe/event/fault.ts'
import { readUpdate, isOrderAnswer } from '../../../../src/probe/flow/order/update-reader.ts'
import type { CcxtOrder, CcxtTrade, OrderUpdate } from '../../../../src/probe/flow/order/update.ts'
import { begin, flows, kinds, limit, seen, signal, working } from './stage.ts'

let faults: number

beforeEach(() => {
  begin()
  faults = faultCount()
})

afterEach(() => expect(faultCount()).toBe(faults))

type Told = readonly [event: string, attributes: Record<string, unknown>]

describe('a status that the venue tells', () => {
  const step = { venueStatus: 'WORD', venueEvent: 'HAPPENED', timeMs: 1_768_472_445_567 }
  const stepTold = {
    'trading.order.venue_status': 'WORD',
    'trading.order.venue_event': 'HAPPENED',
    'trading.order.venue_time': '2026-01-15T10:20:45.567Z',
  }
  const refusal = { rejectReason: 'rate_limited', rejectCode: '-1015', rejectText: 'slow down' }
  const refused = {
    'trading.order.reject.reason': 'rate_limited',
    'trading.order.reject.code': '-1015',
    'trading.order.reject.text': 'slow down',
  }

  test.each([
    [{ status: 'new' }, ['accepted', { 'trading.order.event': 'new' }]],
    [{ status: 'triggered' }, ['triggered', { 'trading.order.event': 'triggered' }]],
    [{ status: 'pending_new' }, ['submitted', { 'trading.order.event': 'pending_new' }]],
    [
      { status: 'canceled', cancelReason: 'USER' },
      ['canceled', { 'trading.order.event': 'canceled', 'trading.order.cancel.reason': 'USER' }],
    ],
    [
      { status: 'expired', cancelReason: 'IOC' },
      ['expired', { 'trading.order.event': 'expired', 'trading.order.cancel.reason': 'IOC' }],
    ],
    [{ status: 'rejected', ...refusal }, ['rejected', refused]],
    [{ status: 'denied', ...refusal }, ['rejected', refused]],
    [{ status: 'unknown' }, ['unknown', { 'trading.order.status': 'unknown' }]],
    [{ status: 'unknown', rejectReason: 'duplicate_client_id' }, ['unknown', {}]],
  ] as [Partial<OrderUpdate>, Told][])('[A26, B11] of a new order: %j', (update, [event, more]) => {
    const order = signal.order(limit)
    if (event !== 'submitted') order.submitted()
    flows.update({ clientOrderId: order.clientOrderId, ...step, ...update })
    expect(kinds().at(-1)).toBe(`order.${event}`)
    expect(seen.last(`trading.order.${event}`)).toMatchObject({ ...stepTold, ...more })
  })

  test.each([
    [{ status: 'pending_cancel' }, ['cancel_requested', {}]],
    [{ status: 'pending_replace' }, ['replace_requested', {}]],
    [{ status: 'triggered' }, ['triggered', {}]],
    [{ event: 'replaced', quantity: '0.008' }, ['replaced', { 'trading.order.event': 'replaced' }]],
    [{ event: 'restated', price: '43211' }, ['replaced', { 'trading.order.event': 'restated' }]],
    [
      { event: 'cancel_rejected', rejectText: 'too late', rejectReason: 'unknown_order' },
      ['cancel_rejected', { 'trading.order.reject.text': 'too late' }],
    ],
    [
      { event: 'calculated', fill: { execId: 'f1', quantity: '0.010' } },
      ['filled', { 'trading.order.event': 'calculated' }],
    ],
    [
      { event: 'trade', fill: { execId: 'f1', quantity: '0.010' } },
      ['filled', { 'trading.order.event': 'trade' }],
    ],
  ] as [Partial<OrderUpdate>, Told][])(
    '[A26, B11] of a working order: %j',
    (update, [event, more]) => {
      working()
      flows.update({ orderId: '881', ...step, ...update })
      expect(kinds()).toEqual(['order.submitted', 'order.accepted', `order.${event}`])
      expect(seen.last(`trading.order.${event}`)).toMatchObject({ ...stepTold, ...more })
    },
  )

  test('[A26] the rest of an order that was filled in part is canceled, with the code where no words are', () => {
    const order = working()
    order.filled({ execId: 'f1', quantity: '0.004' })
    flows.update({ orderId: '881', status: 'rejected', rejectCode: '-2010' })
    expect(order.status).toBe('canceled')
    expect(seen.last('trading.order.canceled')['trading.order.cancel.reason']).toBe('-2010')
  })

  test('[A26] says nothing new of a working order, nor of one that has ended', () => {
    const order = working()
    for (const status of ['new', 'partially_filled'] as const)
      flows.update({ orderId: '881', status })
    order.canceled()
    for (const status of ['new', 'partially_filled', 'pending_cancel', 'unknown'] as const) {
      flows.update({ orderId: '881', status })
    }
    expect(kinds()).toEqual(['order.submitted', 'order.accepted', 'order.canceled'])
  })

  test('[A26] makes an order known again whose outcome was not', () => {
    const order = working()
    order.unknown()
    flows.update({ orderId: '881', status: 'new' })
    expect(order.status).toBe('new')
    expect(kinds().slice(-2)).toEqual(['order.reconciled', 'order.accepted'])
  })

  test('[A26] "filled" without a quantity is all of it; one of nothing is nothing', () => {
    const order = working()
    flows.update({ orderId: '881', filledQuantity: '0' })
    flows.update({ orderId: '881', filledQuantity: '-1' })
    expect(order.state.filledQuantity).toBe('0')
    flows.update({ orderId: '881', status: 'filled' })
    expect(order.state).toMatchObject({ status: 'filled', filledQuantity: '0.01' })
  })

  test.each(['0.005', '0'])(
    '[A42] half of what was ordered (%s), or none, is no lot',
    (quantity) => {
      const order = signal.order(limit)
      order.submitted()
      flows.update({ clientOrderId: order.clientOrderId, status: 'new', quantity })
      expect(order.state.quantity).toBe('0.01')
    },
  )
})

describe('a ccxt order', () => {
  const order: CcxtOrder = {
    id: '881',
    clientOrderId: 'c1',
    symbol: 'BTC/USDT',
    type: 'limit',
    side: 'sell',
    price: 43_210,
    triggerPrice: 43_000,
    stopPrice: 42_000,
    amount: 0.01,
    filled: 0.004,
    average: 43_211,
    status: 'open',
    timeInForce: 'IOC',
    postOnly: false,
    reduceOnly: true,
    timestamp: 1,
    lastTradeTimestamp: 2,
    lastUpdateTimestamp: 3,
    fee: { cost: 0.02, currency: 'BNB' },
    trades: [{ id: 't1', amount: 0.004, price: 43_211, takerOrMaker: 'maker' }],
  }

  test('[A26] is read field by field', () => {
    expect(readUpdate(order)).toEqual([
      {
        orderId: '881',
        clientOrderId: 'c1',
        symbol: 'BTC/USDT',
        side: 'sell',
        type: 'limit',
        timeInForce: 'ioc',
        postOnly: false,
        reduceOnly: true,
        quantity: 0.01,
        price: 43_210,
        stopPrice: 43_000,
        status: 'partially_filled',
        venueStatus: 'open',
        filledQuantity: 0.004,
        averagePrice: 43_211,
        fee: 0.02,
        feeCurrency: 'BNB',
        timeMs: 3,
        fills: [{ execId: 't1', quantity: 0.004, price: 43_211, liquidity: 'maker' }],
      },
    ])
  })

  test('[A26] what it leaves out, or has as null, is not told', () => {
    const nulls = Object.fromEntries(Object.keys(order).map((key) => [key, null]))
    expect(readUpdate({ ...nulls, id: '881' })).toEqual([{ orderId: '881' }])
    expect(readUpdate({ id: '881', trades: [] })).toStrictEqual(readUpdate({ id: '881' }))
  })

  test.each([
    [{ lastUpdateTimestamp: undefined }, { timeMs: 2 }],
    [{ lastUpdateTimestamp: undefined, lastTradeTimestamp: null }, { timeMs: 1 }],
    [{ triggerPrice: null }, { stopPrice: 42_000 }],
    [
      { postOnly: null, timeInForce: 'PO' },
      { postOnly: true, timeInForce: 'gtc' },
    ],
    [
      { fee: null, fees: [{ cost: 1, currency: 'USDT' }] },
      { fee: 1, feeCurrency: 'USDT' },
    ],
    [{ fee: null, fees: [{ cost: 1 }, { cost: 2 }] }, { fee: undefined }],
    [{ fee: null, fees: [] }, { fee: undefined }],
    [{ filled: 0 }, { status: 'new' }],
    [{ filled: null }, { status: 'new' }],
    [{ status: 'closed', filled: 0.01 }, { status: 'filled' }],
    [{ status: 'closed' }, { status: 'canceled' }],
    [{ status: 'closed', filled: null }, { status: 'filled' }],
    [{ status: 'closed', amount: null }, { status: 'filled' }],
    [{ side: 'SELL' }, { side: undefined }],
    [{ side: 'buy' }, { side: 'buy' }],
  ] as [Partial<CcxtOrder>, Partial<OrderUpdate>][])('[A26] with %j', (change, told) => {
    expect(readUpdate({ ...order, ...change })[0]).toMatchObject(told)
  })

  test('[A26] is known as the answer of a send', () => {
    expect(isOrderAnswer({ id: '1', info: {} })).toBe(true)
    expect(isOrderAnswer({ id: '1', status: 'open' })).toBe(true)
    for (const other of [
      undefined,
      null,
      'id',
      7,
      {},
      { id: 1, info: {} },
      { id: '1' },
      { info: {} },
    ]) {
      expect(isOrderAnswer(other)).toBe(false)
    }
  })
})

describe('a ccxt trade', () => {
  const trade: CcxtTrade = {
    id: 't1',
    order: '881',
    symbol: 'BTC/USDT',
    side: 'sell',
    type: 'limit',
    takerOrMaker: 'taker',
    price: 43_211,
    amount: 0.004,
    timestamp: 7,
    fees: [{ cost: 0.02, currency: 'USDT' }, { cost: 0.001, currency: 'BNB' }, { currency: 'X' }],
  }

  test('[A26] is read field by field, with each of its fees', () => {
    expect(readUpdate(trade)).toEqual([
      {
        orderId: '881',
        symbol: 'BTC/USDT',
        side: 'sell',
        type: 'limit',
        event: 'trade',
        timeMs: 7,
        fill: {
          execId: 't1',
          price: 43_211,
          quantity: 0.004,
          liquidity: 'taker',
          fee: 0.02,
          feeCurrency: 'USDT',
          furtherFees: [{ fee: 0.001, feeCurrency: 'BNB' }],
          timeMs: 7,
        },
      },
    ])
  })

  test.each([
    [
      { fees: undefined, fee: { cost: 3, currency: 'X' } },
      { fee: 3, feeCurrency: 'X' },
    ],
    [{ fees: [{ cost: 3 }] }, { fee: 3, feeCurrency: undefined }],
    [{ fees: [], fee: null }, { fee: undefined }],
    [{ fees: [{ cost: null, currency: 'X' }] }, { fee: undefined, feeCurrency: undefined }],
    [{ fee: { cost: 3 }, fees: [{ cost: 4 }] }, { fee: 3 }],
    [{ takerOrMaker: 'both' }, { liquidity: undefined }],
    [{ takerOrMaker: 'maker' }, { liquidity: 'maker' }],
  ] as [Partial<CcxtTrade>, object][])('[A26] with %j', (change, told) => {
    const [update] = readUpdate({ ...trade, ...change })
    expect(update?.fill).toMatchObject(told)
    if (!('fees' in change) || change.fees?.length !== 3) return
    expect(update?.fill).not.toHaveProperty('furtherFees')
  })

  test('[A26] what it leaves out, or has as null, is not told', () => {
    expect(readUpdate({ order: '881', id: null, symbol: null, price: null })).toEqual([
      { orderId: '881', event: 'trade', fill: {} },
    ])
    // One by its liquidity alone, as some venues have it.
    expect(readUpdate({ takerOrMaker: 'maker' })).toMatchObject([{ event: 'trade' }])
  })
})
