import { diag } from '@opentelemetry/api'
import { beforeEach, describe, expect, test } from 'vitest'
import { manualClock } from '../../../../src/base/clock.ts'
import { createFlows } from '../../../../src/probe/flow/flows.ts'
import type { Flows } from '../../../../src/probe/flow/handles/flows.ts'
import type { Order, OrderOptions } from '../../../../src/probe/flow/handles/order.ts'
import { record } from '../../recording.ts'
import type { Recording } from '../../recording.ts'
import { limit } from './stage.ts'

let seen: Recording
let flows: Flows

beforeEach(() => {
  seen = record()
  flows = createFlows({ clock: manualClock() })
})

function sent(options: Partial<OrderOptions> = {}): Order {
  const order = flows.signal({ symbol: 'BTC/USDT', side: 'buy' }).order({ ...limit, ...options })
  order.submitted()
  return order
}

const kinds = (): string[] =>
  seen
    .events()
    .filter((name) => name.startsWith('trading.order.'))
    .map((name) => name.replace('trading.order.', ''))

describe('a venue that rounds the quantity to its lots', () => {
  test('[A26, A42] says so with its acknowledgement: the order ends with what it calls filled', () => {
    const order = sent({ quantity: '5.1234' })
    flows.update({ clientOrderId: order.clientOrderId, status: 'new', quantity: '5.12' })
    expect(order.state).toMatchObject({ quantity: '5.12', remainingQuantity: '5.12' })
    expect(seen.last('trading.order.replaced')).toMatchObject({
      'trading.order.event': 'restated',
      'trading.order.quantity': '5.12',
    })
    flows.update({
      clientOrderId: order.clientOrderId,
      status: 'filled',
      quantity: '5.12',
      fill: { execId: 'a', price: '43210', quantity: '5.12' },
      filledQuantity: '5.12',
    })
    expect(order.state).toMatchObject({ status: 'filled', remainingQuantity: '0' })
    expect(kinds()).toEqual(['submitted', 'accepted', 'replaced', 'filled'])
    const [span] = seen.spans('order')
    expect(span?.attributes).toMatchObject({
      'trading.order.quantity': '5.12',
      'trading.order.quantity_num': 5.12,
      'trading.order.fill_ratio': 1,
    })
  })

  test('[A42] says less than half of it: that is another unit, and the order goes on to its end', () => {
    const order = sent({ quantity: '100', contractSize: '0.01' })
    flows.update({ clientOrderId: order.clientOrderId, status: 'new', quantity: '1' })
    order.filled({ execId: 'a', quantity: '30', price: '43210' })
    expect(order.state).toMatchObject({ status: 'partially_filled', remainingQuantity: '70' })
    order.filled({ execId: 'b', quantity: '70', price: '43210' })
    expect(order.state).toMatchObject({ status: 'filled', filledQuantity: '100' })
    expect(kinds()).toEqual(['submitted', 'accepted', 'partially_filled', 'filled'])
  })

  test('[A26] and tells it first with the fill, or with the end alone', () => {
    const byFill = sent({ quantity: '5.1234' })
    flows.update({
      clientOrderId: byFill.clientOrderId,
      status: 'filled',
      quantity: '5.12',
      fill: { execId: 'a', price: '43210', quantity: '5.12' },
    })
    expect(byFill.status).toBe('filled')
    const byEnd = sent({ quantity: '5.1234' })
    byEnd.accepted()
    byEnd.filled({ execId: 'b', price: '43210', quantity: '5.12' })
    expect(byEnd.status).toBe('partially_filled')
    flows.update({ clientOrderId: byEnd.clientOrderId, status: 'filled', filledQuantity: '5.12' })
    expect(byEnd.status).toBe('filled')
    expect(seen.spans('order')).toHaveLength(2)
  })

  test('[A26] in an order of ccxt as it is', () => {
    const order = sent({ quantity: 0.123_45 })
    flows.update({
      id: '1',
      clientOrderId: order.clientOrderId,
      status: 'closed',
      amount: 0.123,
      filled: 0.123,
      average: 43_210,
      info: {},
    })
    expect(order.state).toMatchObject({ status: 'filled', filledQuantity: '0.123' })
  })

  test('[A26] more than was ordered is no rounding: base money was told for contracts, say', () => {
    const order = sent({ quantity: '0.1' })
    flows.update({
      clientOrderId: order.clientOrderId,
      orderId: '9',
      status: 'new',
      quantity: '10',
    })
    expect(order.state.quantity).toBe('0.1')
    flows.update({ orderId: '9', fill: { execId: 'a', price: '43210', quantity: '10' } })
    expect(seen.last('trading.order.illegal_transition')['trading.order.transition']).toBe(
      'filled → trade beyond quantity',
    )
  })

  test('[A42] a late word of an older quantity undoes no replace', () => {
    const order = sent()
    order.accepted({ orderId: '881' })
    order.replaced({ quantity: '0.020' })
    flows.update({
      orderId: '881',
      status: 'partially_filled',
      quantity: '0.010',
      fill: { execId: 'a', price: '43210', quantity: '0.010' },
    })
    expect(order.state).toMatchObject({ status: 'partially_filled', remainingQuantity: '0.01' })
  })

  test('[A26] an order whose quantity nobody said ends when the venue says so', () => {
    flows.update({ orderId: '7', venue: 'okx', symbol: 'BTC/USDT', status: 'new' })
    const order = flows.find('7')
    flows.update({ orderId: '7', fill: { execId: 'a', price: '1', quantity: '2' }, event: 'trade' })
    expect(order?.ended).toBe(false)
    flows.update({ orderId: '7', status: 'filled' })
    expect(order?.state).toMatchObject({ status: 'filled', filledQuantity: '2' })
  })
})

describe('a price that nobody knows', () => {
  test('[X33] is not zero: no price, no average, no slippage is told', () => {
    const signal = flows.signal({ symbol: 'BTC/USDT', side: 'buy' })
    const order = signal.order({ venue: 'bybit', side: 'buy', quantity: '2' })
    order.accepted({ orderId: '5' })
    flows.update({ orderId: '5', filledQuantity: '2', status: 'filled' })
    expect(order.state).toMatchObject({ status: 'filled', averagePrice: undefined })
    const told = seen.last('trading.order.filled')
    expect(told).toMatchObject({ 'trading.fill.quantity': '2' })
    expect(told).not.toHaveProperty('trading.fill.price')
    expect(told).not.toHaveProperty('trading.fill.price_num')
    expect(seen.records('trading.order.filled')[0]?.body).toBe(
      'filled 2 at a price not told: buy 2 BTC/USDT on bybit',
    )
    flows.update({ orderId: '5', fill: { execId: 'a', price: '100', quantity: '2' } })
    expect(order.state.averagePrice).toBe('100')
  })
})

describe('an order that the bot gave up', () => {
  test.each([
    ['not found', (order: Order) => order.reconciled('not_found')],
    ['failed', (order: Order) => order.failed(new Error('refused'))],
    ['denied', (order: Order) => order.denied({ reason: 'max_position' })],
  ])('[X13, X14] (%s) and that works at the venue all the same is said', (_, giveUp) => {
    const order = flows.signal({ symbol: 'BTC/USDT', side: 'buy' }).order(limit)
    giveUp(order)
    const { status } = order
    flows.update({ clientOrderId: order.clientOrderId, orderId: '881', status: 'new' })
    expect(seen.last('trading.order.illegal_transition')).toMatchObject({
      'trading.order.transition': `${status} → new`,
      'trading.order.id': '881',
    })
  })
})

describe('a replace with a client order id of its own, as in FIX', () => {
  test('[A42] the order goes by the new id, keeps the old one, and is found by both', () => {
    const order = sent({ clientOrderId: 'c1' })
    order.accepted({ orderId: '881' })
    order.replaceRequested({ clientOrderId: 'c2', quantity: '0.020' })
    flows.update({
      clientOrderId: 'c2',
      originalClientOrderId: 'c1',
      event: 'replaced',
      status: 'new',
      quantity: '0.020',
    })
    expect(order.clientOrderId).toBe('c2')
    expect(order.state).toMatchObject({ status: 'new', quantity: '0.02' })
    expect(seen.last('trading.order.replaced')).toMatchObject({
      'trading.order.client_id': 'c2',
      'trading.order.original_client_id': 'c1',
    })
    expect(flows.find('c1')).toBe(order)
    flows.update({ clientOrderId: 'c3', originalClientOrderId: 'c2', status: 'canceled' })
    expect(order).toMatchObject({ status: 'canceled', clientOrderId: 'c2' })
  })
})

describe('what comes after the end', () => {
  test('touches no span that has ended', () => {
    const warnings: unknown[] = []
    const ignore = (): void => undefined
    diag.setLogger({
      error: (...said) => warnings.push(said),
      warn: (...said) => warnings.push(said),
      info: ignore,
      debug: ignore,
      verbose: ignore,
    })
    try {
      const signal = flows.signal({ symbol: 'BTC/USDT', side: 'buy' })
      const order = signal.order(limit)
      order.submitted()
      order.rejected()
      flows.update({ clientOrderId: order.clientOrderId, orderId: '9', status: 'new' })
      order.replaced({ quantity: '3', clientOrderId: 'other' })
      order.filled({ execId: 'late', price: '1', quantity: '1' })
      signal.expired()
      signal.order(limit).submitted()
      signal.opened({ positionId: 'p1' }).closed()
      expect(warnings).toEqual([])
    } finally {
      diag.disable()
    }
  })
})
