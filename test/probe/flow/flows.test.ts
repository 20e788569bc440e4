import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import * as fc from 'fast-check'
import { manualClock } from '../../../src/base/clock.ts'
import type { ManualClock } from '../../../src/base/clock.ts'
import { faultCount } from '../../../src/probe/event/fault.ts'
import { createFlows } from '../../../src/probe/flow/flows.ts'
import type { Flows } from '../../../src/probe/flow/handles/flows.ts'
import type { OrderOptions } from '../../../src/probe/flow/handles/order.ts'
import type { Signal } from '../../../src/probe/flow/handles/signal.ts'
import type { OrderUpdate } from '../../../src/probe/flow/order/update.ts'
import { orderEvents, orderStatuses, settlements } from '../../../src/semconv/words.ts'
import { record } from '../recording.ts'
import type { Recording } from '../recording.ts'

let seen: Recording
let clock: ManualClock
let flows: Flows

const limit: OrderOptions = { venue: 'binance', side: 'buy', quantity: '0.010', price: '43210' }
const begin = (): Signal =>
  flows.signal({ symbol: 'BTC/USDT', strategy: 'atr', side: 'buy', decisionPrice: '43210' })

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  seen = record()
  clock = manualClock()
  flows = createFlows({ clock })
})

afterEach(() => {
  flows.close()
  vi.useRealTimers()
})

describe('an update', () => {
  test('finds its order by client order id, order id or execution id, from any context', () => {
    const order = begin().order(limit)
    order.submitted()
    expect(
      flows.update({ clientOrderId: order.clientOrderId, orderId: '881', status: 'new' }),
    ).toBe(order)
    expect(flows.update({ orderId: '881', fill: { execId: 'f1', quantity: '0.004' } })).toBe(order)
    expect(flows.update({ fill: { execId: 'f1', settlement: 'mined' } })).toBe(order)
    for (const id of [order.clientOrderId, '881', 'f1']) expect(flows.find(id)).toBe(order)
    expect(flows.find('other')).toBeUndefined()
    const [entry] = seen.records('trading.order.partially_filled')
    expect(entry?.spanContext?.spanId).toBe(order.span.spanContext().spanId)
  })

  test('the same order id at two venues is two orders', () => {
    const signal = begin()
    const one = signal.order(limit)
    const other = signal.order({ ...limit, venue: 'okx' })
    one.accepted({ orderId: '7' })
    other.accepted({ orderId: '7' })
    expect(flows.find('7', { venue: 'binance' })).toBe(one)
    expect(flows.update({ orderId: '7', status: 'canceled' }, { venue: 'okx' })).toBe(other)
    // Without a venue the one that is still open is meant.
    expect(flows.find('7')).toBe(one)
  })

  test('[A26] takes a ccxt order as it is', () => {
    const order = begin().order(limit)
    order.submitted()
    const base = {
      id: '881',
      clientOrderId: order.clientOrderId,
      symbol: 'BTC/USDT',
      amount: 0.01,
      info: {},
    }
    flows.update({ ...base, status: 'open', filled: 0 })
    flows.update({ ...base, status: 'open', filled: 0.004, average: 43_210 })
    flows.update({ ...base, status: 'closed', filled: 0.01, average: 43_209.4 })
    expect(order.state).toMatchObject({
      status: 'filled',
      filledQuantity: '0.01',
      fills: 2,
      averagePrice: '43209.4',
    })
    expect(seen.last('trading.order.filled')).toMatchObject({
      'trading.fill.derived': true,
      'trading.fill.quantity': '0.006',
      'trading.fill.price': '43209',
      'trading.order.venue_status': 'closed',
    })
  })

  test('[X32] takes a ccxt trade as it is; what an order already counted is not counted again', () => {
    const order = begin().order(limit)
    order.accepted({ orderId: '881' })
    flows.update({
      id: '881',
      status: 'closed',
      filled: 0.01,
      average: 43_210,
      amount: 0.01,
      info: {},
    })
    flows.update({
      id: 't1',
      order: '881',
      symbol: 'BTC/USDT',
      side: 'buy',
      price: 43_210,
      amount: 0.01,
      takerOrMaker: 'maker',
      fee: { cost: 0.0172, currency: 'USDT' },
    })
    expect(order.state).toMatchObject({
      filledQuantity: '0.01',
      fills: 1,
      fees: { USDT: '0.0172' },
    })
    expect(seen.last('trading.order.fill_confirmed')).toMatchObject({
      'trading.fill.id': 't1',
      'trading.fill.liquidity': 'maker',
    })
  })

  test('a ccxt order that was closed before it was filled was canceled', () => {
    const order = begin().order(limit)
    flows.update({
      id: '1',
      clientOrderId: order.clientOrderId,
      status: 'closed',
      filled: 0.004,
      amount: 0.01,
      average: 1,
    })
    expect(order.state).toMatchObject({ status: 'canceled', filledQuantity: '0.004' })
  })

  test('ccxt trades inside an order are its fills', () => {
    const order = begin().order(limit)
    flows.update({
      id: '1',
      clientOrderId: order.clientOrderId,
      status: 'closed',
      filled: 0.01,
      amount: 0.01,
      average: 43_210,
      trades: [
        { id: 'a', price: 43_210, amount: 0.004, takerOrMaker: 'taker' },
        { id: 'b', price: 43_210, amount: 0.006, takerOrMaker: 'taker' },
      ],
    })
    expect(order.state.fills).toBe(2)
    expect(flows.find('b')).toBe(order)
  })

  test('one that is overtaken by the end tells nothing new', () => {
    const order = begin().order(limit)
    order.submitted()
    flows.update({
      clientOrderId: order.clientOrderId,
      orderId: '1',
      status: 'filled',
      filledQuantity: '0.010',
    })
    const before = seen.events().length
    flows.update({ orderId: '1', status: 'new', filledQuantity: '0' })
    flows.update({ orderId: '1', status: 'partially_filled', filledQuantity: '0.004' })
    flows.update({ orderId: '1', status: 'filled', filledQuantity: '0.010' })
    expect(order.status).toBe('filled')
    expect(seen.events().slice(before)).toEqual([])
  })

  test('a venue that rejects the rest of what it filled has canceled it', () => {
    const order = begin().order(limit)
    flows.update({
      clientOrderId: order.clientOrderId,
      orderId: '1',
      status: 'rejected',
      venueStatus: 'Rejected',
      filledQuantity: '0.004',
      averagePrice: '43210',
      rejectText: 'INSUFFICIENT_MARGIN',
    })
    expect(order.state).toMatchObject({ status: 'canceled', filledQuantity: '0.004' })
    expect(seen.last('trading.order.canceled')).toMatchObject({
      'trading.order.cancel.reason': 'INSUFFICIENT_MARGIN',
      'trading.order.venue_status': 'Rejected',
    })
  })

  test('the time of the venue is kept beside the own', () => {
    const order = begin().order(limit)
    flows.update({ clientOrderId: order.clientOrderId, status: 'new', timeMs: 1_768_472_445_567 })
    expect(seen.last('trading.order.accepted')['trading.order.venue_time']).toBe(
      '2026-01-15T10:20:45.567Z',
    )
  })

  test.each([null, undefined, 1, 'x', {}, [], { id: null }])(
    'garbage is no order: %j',
    (garbage) => {
      expect(flows.update(garbage as OrderUpdate)).toBeUndefined()
      expect(seen.events()).toEqual([])
    },
  )

  test('[A26, B11] any sequence of updates: nothing is thrown, one span, equal sums', () => {
    const update = fc.record(
      {
        status: fc.constantFrom(...orderStatuses),
        event: fc.constantFrom(...orderEvents),
        filledQuantity: fc.constantFrom('0', '2', '5', '10', 'x'),
        averagePrice: fc.constantFrom('100', '101'),
        fill: fc.record(
          {
            execId: fc.constantFrom('a', 'b', 'c'),
            quantity: fc.constantFrom('2', '3', '5', '-1'),
            price: fc.constantFrom('100', '101', ''),
            fee: fc.constantFrom('0.1', 'x'),
            settlement: fc.constantFrom(...settlements),
          },
          { requiredKeys: ['quantity'] },
        ),
        quantity: fc.constantFrom('10', '20', '7', 'x'),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.array(update, { maxLength: 25 }), (updates) => {
        const fresh = record()
        const faults = faultCount()
        const own = createFlows({ clock })
        const order = own
          .signal({ symbol: 'BTC/USDT', side: 'buy' })
          .order({ venue: 'v', side: 'buy', quantity: '10', price: '100' })
        order.submitted()
        for (const one of updates) own.update({ clientOrderId: order.clientOrderId, ...one })
        expect(fresh.spans('order').length).toBe(order.ended ? 1 : 0)
        const booked = new Set<string>()
        for (const { eventName, attributes } of fresh.records()) {
          const id = attributes['trading.fill.id']
          const isFill =
            eventName === 'trading.order.filled' || eventName === 'trading.order.partially_filled'
          if (!isFill || typeof id !== 'string') continue
          expect(booked.has(id)).toBe(false)
          booked.add(id)
        }
        own.close()
        expect(faultCount()).toBe(faults)
      }),
      { numRuns: 200 },
    )
  })
})

describe('an order the bot never sent', () => {
  test.each([
    ['autoclose-1234567890', 'liquidation'],
    ['autoclose-insurance-5678', 'insurance'],
    ['adl_autoclose_12345', 'adl'],
    ['settlement_autoclose-9999', 'settlement'],
    ['delivery_autoclose-12345', 'delivery'],
    ['web_abc', 'manual'],
  ])('%s gets a trace of its own, origin %s', async (clientOrderId, origin) => {
    const order = flows.update({
      venue: 'binance',
      symbol: 'BTCUSDT',
      clientOrderId,
      orderId: '9',
      side: 'sell',
      quantity: '0.014',
      status: 'filled',
      fill: { execId: 'x', price: '9910.12', quantity: '0.014' },
    })
    expect(order?.ended).toBe(true)
    const [span] = seen.spans('order')
    expect(span?.parentSpanContext).toBeUndefined()
    expect(span?.attributes).toMatchObject({
      'trading.order.origin': origin,
      'trading.order.status': 'filled',
      'peer.service': 'binance',
    })
    expect(seen.events()).toEqual([
      'trading.order.foreign',
      'trading.order.accepted',
      'trading.order.filled',
    ])
    const points = await seen.points('trading.order.foreign')
    expect(points).toContainEqual({
      labels: { 'trading.venue': 'binance', 'trading.order.origin': origin },
      value: 1,
    })
  })

  test('one that may be ours waits for the answer that brings its id', () => {
    const order = begin().order(limit)
    order.submitting()
    const early: OrderUpdate = {
      venue: 'binance',
      symbol: 'BTCUSDT',
      orderId: '881',
      side: 'buy',
      fill: { execId: 'f1', price: '43210', quantity: '0.010' },
    }
    expect(flows.update(early)).toBeUndefined()
    expect(order.state.filledQuantity).toBe('0')
    order.accepted({ orderId: '881' })
    expect(order.state).toMatchObject({ status: 'filled', filledQuantity: '0.01' })
    vi.advanceTimersByTime(5000)
    expect(seen.events()).not.toContain('trading.order.foreign')
  })

  test('[A46] a ccxt order of a stranger, told once with its trade, is known whole and ends', () => {
    flows.update(
      {
        id: '77',
        clientOrderId: 'adl_autoclose-77',
        symbol: 'BTC/USDT',
        side: 'buy',
        amount: '0.5',
        filled: '0.5',
        status: 'closed',
        trades: [{ id: 'x1', price: '100', amount: '0.5', side: 'buy' }],
      },
      { venue: 'binance' },
    )
    expect(flows.open().orders).toEqual([])
    expect(seen.spans('order').at(-1)?.attributes).toMatchObject({
      'trading.order.status': 'filled',
      'trading.order.filled_quantity': '0.5',
    })
  })

  test('one that waited in vain is foreign after all', () => {
    const order = begin().order(limit)
    order.submitting()
    flows.update({ venue: 'binance', symbol: 'BTC/USDT', orderId: '5', side: 'buy', status: 'new' })
    expect(seen.events()).not.toContain('trading.order.foreign')
    vi.advanceTimersByTime(2000)
    expect(seen.events()).toContain('trading.order.foreign')
    expect(flows.find('5')).toBeDefined()
    expect(order.status).toBe('pending_new')
  })

  test('one of another market or side does not wait', () => {
    begin().order(limit).submitting()
    flows.update({ venue: 'binance', symbol: 'ETHUSDT', orderId: '5', side: 'buy', status: 'new' })
    flows.update({ venue: 'binance', symbol: 'BTCUSDT', orderId: '6', side: 'sell', status: 'new' })
    expect(seen.records('trading.order.foreign')).toHaveLength(2)
  })
})

describe('a forgotten end', () => {
  test('past its age the flow ends as abandoned, with a warning', async () => {
    const signal = flows.signal({ symbol: 'BTC/USDT', ageMaxMs: 60_000 })
    clock.advanceMs(60_001)
    vi.advanceTimersByTime(5000)
    expect(signal.outcome).toBe('abandoned')
    expect(seen.records('trading.flow.abandoned')[0]).toMatchObject({
      severityText: 'warn',
      attributes: { 'trading.flow.reason': 'not ended within 60000 ms' },
    })
    expect((await seen.points('trading.flow.count'))[0]?.labels).toMatchObject({
      'trading.flow.outcome': 'abandoned',
    })
  })

  test('with the age switched off a flow may live for days', () => {
    const signal = flows.signal({ symbol: 'BTC/USDT', ageMaxMs: 0 })
    clock.advanceMs(86_400_000 * 3)
    vi.advanceTimersByTime(5000)
    expect(signal.ended).toBe(false)
  })

  test('a flow whose handle is lost ends once its orders have ended', async () => {
    vi.useRealTimers()
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const own = createFlows({ clock })
    const lose = (): string => {
      const signal = own.signal({ symbol: 'LOST/USDT', side: 'buy' })
      const order = signal.order(limit)
      order.submitted()
      return order.clientOrderId
    }
    const clientOrderId = lose()
    const abandoned = async (rounds: number): Promise<boolean> => {
      for (let round = 0; round < rounds; round += 1) {
        collect()
        await new Promise((resolve) => setTimeout(resolve, 5))
        if (seen.events().includes('trading.flow.abandoned')) return true
      }
      return false
    }
    expect(await abandoned(20)).toBe(false)
    own.update({ clientOrderId, status: 'canceled' })
    expect(await abandoned(2000)).toBe(true)
    expect(seen.last('trading.flow.abandoned')).toMatchObject({
      'trading.symbol': 'LOST/USDT',
      'trading.flow.reason': 'the handle was lost before the flow was ended',
    })
  })

  test('a position that is flat for a minute is closed', () => {
    const position = flows.position({
      positionId: 'p1',
      symbol: 'BTC/USDT',
      quantity: '1',
      entryPrice: '10',
    })
    position.stopTriggered({ reason: 'take_profit' })
    position.reduced({ quantity: '1', price: '11' })
    clock.advanceMs(59_000)
    begin()
    vi.advanceTimersByTime(5000)
    expect(position.ended).toBe(false)
    clock.advanceMs(1000)
    vi.advanceTimersByTime(5000)
    expect(position.ended).toBe(true)
    expect(seen.last('trading.position.closed')).toMatchObject({
      'trading.position.exit.reason': 'take_profit',
      'trading.pnl.realized': '1',
    })
  })
})

describe('close', () => {
  test('ends everything that is open as interrupted, once', () => {
    const signal = begin()
    const order = signal.order(limit)
    order.submitted()
    signal.hedge({ venue: 'okx', quantity: '1' })
    flows.position({ positionId: 'p1', symbol: 'BTC/USDT' })
    flows.close('SIGTERM')
    flows.close('SIGTERM')
    expect(signal.outcome).toBe('interrupted')
    expect(
      seen
        .spans()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['hedge', 'order', 'position', 'signal'])
    for (const span of seen.spans()) {
      expect(span.attributes['trading.flow.outcome']).toBe('interrupted')
      expect(span.status.code).toBe(2)
    }
    expect(seen.records('trading.flow.interrupted')[0]?.attributes['trading.flow.reason']).toBe(
      'SIGTERM',
    )
  })

  test('what comes later is still recorded', () => {
    const order = begin().order(limit)
    order.submitted()
    flows.close()
    flows.update({ clientOrderId: order.clientOrderId, status: 'filled' })
    expect(order.status).toBe('filled')
    expect(seen.spans('order')).toHaveLength(1)
    expect(seen.events()).toContain('trading.order.filled')
  })
})

describe('open', () => {
  test('tells what is open now', () => {
    const signal = begin()
    const order = signal.order(limit)
    const task = flows.task({ taskId: 't' })
    expect(flows.open()).toMatchObject({
      signals: 1,
      orders: [order],
      positions: [],
      tasks: [task],
    })
    order.canceled()
    signal.expired()
    task.canceled()
    expect(flows.open()).toEqual({
      signals: 0,
      orders: [],
      positions: [],
      tasks: [],
      conditions: [],
    })
  })

  test('ended orders are kept for late fills, not for ever', () => {
    const short = createFlows({ clock, endedKeepMs: 1000 })
    const order = short.signal({ symbol: 'BTC/USDT' }).order(limit)
    order.canceled()
    expect(short.find(order.clientOrderId)).toBe(order)
    clock.advanceMs(1001)
    vi.advanceTimersByTime(5000)
    expect(short.find(order.clientOrderId)).toBeUndefined()
    short.close()
  })
})

describe('trading state', () => {
  test('[X15] a change is an event, and a gauge holds what holds', async () => {
    flows.tradingState('reducing', { reason: 'max_daily_loss' })
    flows.tradingState('reducing')
    expect(seen.records('trading.state.changed')).toHaveLength(1)
    expect(seen.last('trading.state.changed')).toMatchObject({
      'trading.state': 'reducing',
      'trading.previous_state': 'active',
      'trading.deny.reason': 'max_daily_loss',
    })
    const states = await seen.points('trading.state')
    expect(states.map(({ labels, value }) => [labels['trading.state'], value])).toEqual([
      ['active', 0],
      ['reducing', 1],
      ['halted', 0],
    ])
  })
})
