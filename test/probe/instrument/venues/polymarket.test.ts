import { describe, expect, test } from 'vitest'
import type { OrderUpdate } from '../../../../src/probe/flow/order/update.ts'
import { polymarketUpdates } from '../../../../src/probe/instrument/venues/polymarket.ts'

const read = (message: unknown): OrderUpdate | undefined => polymarketUpdates(message)[0]

describe('an order of Polymarket', () => {
  const order = {
    id: '0x1',
    asset_id: '77',
    side: 'BUY',
    order_type: 'GTC',
    original_size: '10',
    size_matched: '0',
    price: '0.57',
    status: 'LIVE',
    type: 'PLACEMENT',
    timestamp: '1672290687000',
  }

  test.each([
    [{}, { status: 'new', event: 'new', timeMs: 1_672_290_687_000, filledQuantity: undefined }],
    [{ size_matched: '4' }, { status: 'partially_filled', filledQuantity: '4' }],
    [{ status: undefined }, { status: undefined, venueStatus: undefined }],
    [
      { type: 'CANCELLATION', status: 'INVALID' },
      { status: 'canceled', cancelReason: 'INVALID' },
    ],
    [
      { type: 'CANCELLATION', status: 'CANCELED' },
      { status: 'canceled', cancelReason: undefined },
    ],
    [{ status: 'INVALID', type: 'UPDATE' }, { cancelReason: undefined }],
    [
      { status: "CANCELED_couldn't be_filled" },
      { status: 'canceled', cancelReason: "couldn't be_filled" },
    ],
    [{ status: 'ORDER_STATUS_LIVE' }, { cancelReason: undefined }],
    // Seconds and milliseconds, under the same name.
    [{ timestamp: '1672290687' }, { timeMs: 1_672_290_687_000 }],
    [{ timestamp: undefined, created_at: 1_672_290_687 }, { timeMs: 1_672_290_687_000 }],
    [{ timestamp: undefined, created_at: 1_672_290_687_123 }, { timeMs: 1_672_290_687_123 }],
    [{ timestamp: undefined, created_at: '2024-01-01T00:00:00Z' }, { timeMs: 1_704_067_200_000 }],
    [{ timestamp: undefined }, { timeMs: undefined }],
    [{ timestamp: 'soon' }, { timeMs: undefined }],
  ])('[A26] with %j', (change, told) => {
    expect(read({ ...order, ...change })).toMatchObject({
      venue: 'polymarket',
      orderId: '0x1',
      ...told,
    })
  })

  test.each([
    [{ timestamp: '1672290701' }, 1_672_290_701_000],
    [{ timestamp: '1672290701123' }, 1_672_290_701_123],
    [{ match_time: '1672290701' }, 1_672_290_701_000],
    [{ match_time: '2024-01-01T00:00:00Z' }, 1_704_067_200_000],
    [{ timestamp: '1672290702', match_time: '1672290701' }, 1_672_290_702_000],
    [{}, undefined],
  ])('[A26] a trade with %j came at %s', (time, timeMs) => {
    const trade = { id: 't1', taker_order_id: '0x1', side: 'SELL', size: '3', price: '0.4' }
    const update = read({ ...trade, status: 'TRADE_STATUS_MINED', asset_id: '77', ...time })
    expect(update).toMatchObject({ orderId: '0x1', side: 'sell', symbol: '77', timeMs })
    expect(update?.fill).toEqual({
      execId: 't1',
      price: '0.4',
      quantity: '3',
      liquidity: 'taker',
      settlement: 'mined',
      timeMs,
    })
  })

  test.each([
    [{ owner: 'me' }, 'me'],
    [{ trade_owner: 'me' }, 'me'],
    [{ owner: 'me', trade_owner: 'other' }, 'me'],
  ])('[B41] a trade in which we made the market, of %j', (whose, owner) => {
    const maker = { order_id: '0x2', matched_amount: '2', price: '0.6', side: 'BUY' }
    const updates = polymarketUpdates({
      id: 't1',
      taker_order_id: '0xtheirs',
      asset_id: '77',
      status: 'CONFIRMED',
      trader_side: 'MAKER',
      maker_orders: [
        { ...maker, owner },
        { ...maker, order_id: '0x3', owner, asset_id: '78' },
        { ...maker, owner: 'other' },
      ],
      ...whose,
    })
    expect(updates).toMatchObject([
      { orderId: '0x2', symbol: '77', side: 'buy', fill: { quantity: '2', liquidity: 'maker' } },
      { orderId: '0x3', symbol: '78' },
    ])
  })
})

describe('an answer of Polymarket', () => {
  const placed = { success: true, orderID: '0x1', errorMsg: '' }

  test.each([
    [{ status: 'live' }, { status: 'new', event: 'new', venueStatus: 'live' }],
    [{}, { status: 'new', venueStatus: undefined }],
    [{ status: 'someday' }, { status: 'new', venueStatus: 'someday' }],
    [{ status: 'live', makingAmount: '4', takingAmount: '8' }, { status: 'new' }],
    [
      { status: 'matched', makingAmount: '4', takingAmount: '8' },
      { status: 'partially_filled', filledQuantity: '8', averagePrice: '0.5' },
    ],
    [
      { status: 'matched', makingAmount: '8', takingAmount: '2' },
      { status: 'partially_filled', filledQuantity: '8', averagePrice: '0.25' },
    ],
    [
      { status: 'matched', makingAmount: '8', takingAmount: '8' },
      { status: 'partially_filled', filledQuantity: '8', averagePrice: undefined },
    ],
    [{ status: 'matched', makingAmount: '0', takingAmount: '8' }, { status: 'filled' }],
    [{ status: 'matched', makingAmount: '8', takingAmount: '0' }, { status: 'filled' }],
    [{ status: 'matched', makingAmount: '8' }, { status: 'filled' }],
    [{ status: 'matched', takingAmount: '8' }, { status: 'filled' }],
    [
      { success: false, errorMsg: 'not enough balance' },
      { status: 'rejected', event: 'rejected' },
    ],
    [
      { success: false, errorMsg: 'order is invalid. Duplicated.' },
      { orderId: '0x1', status: 'unknown' },
    ],
  ])('[A26] to placing, with %j', (change, told) => {
    expect(read({ ...placed, ...change })).toMatchObject({ orderId: '0x1', ...told })
  })

  test('[A26] to canceling: each of both kinds, of neither where there is none', () => {
    expect(
      polymarketUpdates({ canceled: ['0x1'], not_canceled: { '0x2': 'too late' } }),
    ).toMatchObject([
      { orderId: '0x1', status: 'canceled' },
      { orderId: '0x2', event: 'cancel_rejected', rejectText: 'too late' },
    ])
    expect(polymarketUpdates({ canceled: null, not_canceled: null })).toEqual([])
  })

  test.each([
    [{ error: 'down' }, 1],
    [{ error: 'down', code: 5 }, 1],
    [{ error: 'down', code: 5, more: 1 }, 0],
    [{ code: 5 }, 0],
    [{ original_size: '1' }, 0],
    [{ id: '1' }, 0],
    [{ success: false }, 1],
    [{ orderID: '0x1' }, 1],
  ])('[X14] %j is %d', (message, count) => {
    expect(polymarketUpdates(message)).toHaveLength(count)
  })
})
