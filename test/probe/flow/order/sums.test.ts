import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { faultCount } from '../../../../src/probe/event/fault.ts'
import { begin, clock, flows, kinds, limit, seen, signal, working } from './stage.ts'

let faults: number

beforeEach(() => {
  begin()
  faults = faultCount()
})

afterEach(() => expect(faultCount()).toBe(faults))

describe('what the events of fills tell', () => {
  test('[A74] a part: its figures and the sums, no word of an end', async () => {
    const order = working()
    clock.advanceMs(250)
    order.filled({ execId: 'f1', quantity: '0.004', price: '43211.50' })
    const [told] = seen.records('trading.order.partially_filled')
    expect(told?.body).toBe('filled 0.004 at 43211.5: buy 0.010 BTC/USDT at 43210.00 on binance')
    expect(told?.attributes).toMatchObject({
      'trading.fill.price': '43211.50',
      'trading.fill.price_num': 43211.5,
      'trading.fill.quantity': '0.004',
      'trading.fill.quantity_num': 0.004,
      'trading.order.first_fill_ms': 250,
    })
    for (const absent of [
      'trading.fill.late',
      'trading.order.fill_ms',
      'trading.order.fill_ratio',
      'trading.fees_by_currency',
    ]) {
      expect(told?.attributes).not.toHaveProperty([absent])
    }
    clock.advanceMs(250)
    order.filled({ execId: 'f2', quantity: '0.001', price: '43211.50' })
    const [, second] = seen.records('trading.order.partially_filled')
    expect(second?.attributes).not.toHaveProperty(['trading.order.first_fill_ms'])
    const [first] = await seen.points('trading.order.first_fill.duration')
    expect(first?.value).toMatchObject({ count: 1, sum: 0.25 })
  })

  test('[A74] a fill that confirms a derived one tells no end again', () => {
    const order = working()
    order.update({ status: 'filled', filledQuantity: '0.010', averagePrice: '43210' })
    order.filled({ execId: 'f1', quantity: '0.010', price: '43210', fee: '0.1' })
    expect(kinds().slice(-2)).toEqual(['order.filled', 'order.fill_confirmed'])
    const confirmed = seen.last('trading.order.fill_confirmed')
    expect(confirmed).not.toHaveProperty(['trading.order.fill_ratio'])
    expect(confirmed['trading.fill.late']).toBe(true)
  })

  test('[A74] no price is no price: neither in words nor in numbers', () => {
    const free = flows.signal({ symbol: 'BTC/USDT' })
    const order = free.order({ venue: 'binance', side: 'buy', type: 'market', quantity: '1' })
    order.filled({ execId: 'f1' })
    const [told] = seen.records('trading.order.filled')
    expect(told?.body).toContain('filled 1 at a price not told')
    expect(told?.attributes['trading.fill.quantity']).toBe('1')
    for (const absent of ['trading.fill.price', 'trading.fill.price_num']) {
      expect(told?.attributes).not.toHaveProperty([absent])
    }
  })

  test.each(['0', 0])('[A74] a price of %j is taken, one below is not', (price) => {
    const order = working({ type: 'market' })
    order.filled({ execId: 'f1', quantity: '0.004', price })
    expect(order.state.filledQuantity).toBe('0.004')
    order.filled({ execId: 'f2', quantity: '0.004', price: '-0.5' })
    expect(order.state.filledQuantity).toBe('0.004')
  })

  test('[X32] a fill brings the id of its order', () => {
    const order = signal.order(limit)
    order.submitted()
    order.filled({ orderId: '4711', execId: 'f1', quantity: '0.001' })
    expect(order.orderId).toBe('4711')
    expect(flows.find('4711')).toBe(order)
  })

  test('[X32] a fill that adds nothing is in no measure of quantity', async () => {
    const order = working()
    order.update({ filledQuantity: '0.004', averagePrice: '43210' })
    order.filled({ execId: 'f1', quantity: '0.004', price: '43211' })
    const quantities = await seen.points('trading.fill.quantity')
    expect(quantities.map(({ value }) => value)).toEqual([0.004])
    const notional = await seen.points('trading.fill.notional')
    expect(notional.map(({ value }) => value)).toEqual([0.004 * 43_210])
  })

  test('[X32] the fee that is told late reaches the position', () => {
    const position = flows.position({
      positionId: 'p1',
      symbol: 'BTC/USDT',
      quantity: '2',
      entryPrice: '100',
    })
    const order = position.order({ quantity: '1', price: '110' })
    order.filled({ execId: 'x1', quantity: '1', price: '110' })
    expect(position.state.realizedPnl).toBe('10')
    order.filled({ execId: 'x1', quantity: '1', price: '110', fee: '0.5' })
    expect(position.state).toMatchObject({ realizedPnl: '9.5', fees: '0.5' })
  })
})

describe('what the span of an order tells at its end', () => {
  test('[X11] of a part that was filled: how much of it, what was paid, nothing of a whole fill', async () => {
    const order = working()
    clock.advanceMs(100)
    order.filled({ execId: 'f1', quantity: '0.004', price: '43210', fee: '0.1' })
    order.filled({ execId: 'f2', quantity: '0.001', price: '43210', fee: '0.1' })
    order.canceled({ reason: 'USER' })
    const [span] = seen.spans('order')
    expect(span?.attributes).toMatchObject({
      'trading.order.fill_ratio': 0.5,
      'trading.order.fills': 2,
      'trading.order.first_fill_ms': 100,
      'trading.order.remaining_quantity': '0',
      'trading.order.average_price': '43210',
      'trading.fees': '0.2',
      'trading.order.cancel.reason': 'USER',
    })
    for (const absent of ['trading.order.fill_ms', 'trading.fees_by_currency', 'error.type']) {
      expect(span?.attributes).not.toHaveProperty([absent])
    }
    const [ratio] = await seen.points('trading.order.fill_ratio')
    expect(ratio?.value).toMatchObject({ count: 1, sum: 0.5 })
  })

  test('[X11] of one that was denied no ratio is measured, of one without fees none are told', async () => {
    signal.order(limit).denied({ reason: 'max_position' })
    const [span] = seen.spans('order')
    expect(span?.attributes).not.toHaveProperty(['trading.fees'])
    expect(span?.attributes).not.toHaveProperty(['trading.order.average_price'])
    expect(await seen.points('trading.order.fill_ratio')).toEqual([])
  })

  test.each([
    [{ reason: 'insufficient_balance', text: 'no money' }, 'no money', 'insufficient_balance'],
    [{ reason: 'insufficient_balance' }, 'rejected', 'insufficient_balance'],
    [{ error: new RangeError('off') }, 'off', 'RangeError'],
    [{ text: 'off limits', error: new RangeError('off') }, 'off limits', 'RangeError'],
    [{}, 'rejected', 'other'],
  ] as const)('[X14] of a reject with %o: why', (rejection, message, type) => {
    working().rejected(rejection)
    const [span] = seen.spans('order')
    expect(span?.status.message).toBe(message)
    expect(span?.attributes['error.type']).toBe(type)
  })

  test.each([
    [1_768_472_445_567, '2026-01-15T10:20:45.567Z'],
    [8.64e15, '+275760-09-13T00:00:00.000Z'],
    [-8.64e15, '-271821-04-20T00:00:00.000Z'],
    [8.64e15 + 1, undefined],
    [Number.NaN, undefined],
    [Number.POSITIVE_INFINITY, undefined],
  ])('[A42] a venue time of %d is %s', (timeMs, text) => {
    working().canceled({ timeMs })
    expect(seen.last('trading.order.canceled')['trading.order.venue_time']).toBe(text)
  })
})

describe('what cannot be', () => {
  test('a fill without an id finds no room in an order that was denied or rejected', () => {
    const denied = signal.order(limit)
    denied.denied({ reason: 'max_position' })
    denied.filled({ quantity: '0.004', price: '43210' })
    const rejected = signal.order(limit)
    rejected.submitted()
    rejected.rejected({ reason: 'insufficient_balance' })
    rejected.filled({ quantity: '0.004', price: '43210' })
    for (const order of [denied, rejected]) expect(order.state.filledQuantity).toBe('0')
    const transitions = seen
      .records('trading.order.illegal_transition')
      .map(({ attributes }) => attributes['trading.order.transition'])
    expect(transitions).toEqual(['denied → trade', 'rejected → trade'])
  })

  test('[X14] a fill that proves itself is taken of both, and said to be impossible', () => {
    const denied = signal.order(limit)
    denied.denied({ reason: 'max_position' })
    denied.filled({ execId: 'd1', quantity: '0.004', price: '43210' })
    expect(denied.state).toMatchObject({ status: 'denied', filledQuantity: '0.004' })
    expect(seen.last('trading.order.illegal_transition')['trading.order.transition']).toBe(
      'denied → trade',
    )
  })

  test('[B11] a replace down to what is filled fills it, not one that has ended or has no fill', () => {
    const order = working()
    order.filled({ execId: 'f1', quantity: '0.004' })
    order.replaced({ quantity: '0.005' })
    expect(order.status).toBe('partially_filled')
    order.replaced({ quantity: '0.004' })
    expect(order.state).toMatchObject({ status: 'filled', quantity: '0.004' })
    const unfilled = working({ clientOrderId: 'unfilled' })
    unfilled.replaced({ quantity: '0' })
    expect(unfilled.status).toBe('new')
  })
})
