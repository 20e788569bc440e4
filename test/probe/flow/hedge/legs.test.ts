import { SpanStatusCode } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LegOrderOptions } from '../../../../src/probe/flow/handles/hedge.ts'
import type { Signal } from '../../../../src/probe/flow/handles/signal.ts'
import type { Side } from '../../../../src/semconv/words.ts'
import { begin, clock, expectNoFault, flows, seen } from '../stage.ts'

beforeEach(begin)
afterEach(expectNoFault)

function filled(side: Side = 'buy', price = '100'): Signal {
  const signal = flows.signal({ symbol: 'BTC/USDT', strategy: 'arb', side, decisionPrice: '100' })
  const entry = signal.order({ venue: 'binance', side, quantity: '10', price, symbol: 'BTC/USDT' })
  entry.filled({ execId: 'e1', fee: '2' })
  return signal
}

const lateCalls = (): unknown[] =>
  seen.records('trading.flow.late_call').map(({ attributes }) => attributes['trading.flow.call'])

describe('a hedge', () => {
  test('[B13] is what was asked for, else what the flow gives', () => {
    const signal = filled()
    const own = signal.hedge({ venue: 'okx', symbol: 'ETH/USDT', side: 'buy', quantity: '2.50' })
    expect(own.quantity).toBe('2.5')
    expect(own.order()).toMatchObject({ venue: 'okx', symbol: 'ETH/USDT', side: 'buy' })
    const given = signal.hedge({ venue: 'kraken' })
    expect([given.hedgeId, given.quantity]).toEqual(['h2', '10'])
    expect(given.order()).toMatchObject({ venue: 'kraken', symbol: 'BTC/USDT', side: 'sell' })
    const order = given.order({ venue: 'okx', symbol: 'BTC/USD', side: 'buy', attempt: 9 })
    expect(order).toMatchObject({ venue: 'okx', symbol: 'BTC/USD', side: 'buy' })
    order.submitted()
    expect(seen.last('trading.order.submitted')['trading.order.attempt']).toBe(9)
    given.order().submitted()
    expect(seen.last('trading.order.submitted')['trading.order.attempt']).toBe(3)
    const [first, second] = seen.records('trading.hedge.started').map((told) => told.attributes)
    expect(first?.['trading.hedge.quantity']).toBe('2.5')
    expect(second?.['trading.hedge.quantity']).toBe('10')
  })

  test('[B13] its span has the quantity as it was written, and ends with its venues and average', () => {
    const hedge = filled().hedge({ venue: 'okx', quantity: '3.00' })
    hedge.order().filled({ execId: 'a', quantity: '1', price: '100' })
    hedge.order({ venue: 'kraken' }).filled({ execId: 'b', quantity: '2', price: '103' })
    expect(seen.last('trading.hedge.completed')['trading.hedge.average_price']).toBe('102')
    const [span] = seen.spans('hedge')
    expect(span?.attributes).toMatchObject({
      'trading.hedge.covered_quantity': '3',
      'trading.hedge.attempt': 2,
      'trading.hedge.average_price': '102',
    })
    expect(span?.status.code).toBe(SpanStatusCode.UNSET)
  })

  test('[B13] what its orders do against it takes cover away, at its price', () => {
    const hedge = filled().hedge({ venue: 'okx' })
    hedge.order().filled({ execId: 'a', quantity: '8', price: '100' })
    hedge.order({ side: 'buy', quantity: '3' }).filled({ execId: 'b', price: '90' })
    expect(hedge.coveredQuantity).toBe('5')
    hedge.order().filled({ execId: 'c', quantity: '5', price: '104' })
    // (8 × 100 − 3 × 90 + 5 × 104) / 10
    expect(seen.last('trading.hedge.completed')['trading.hedge.average_price']).toBe('105')
  })

  test('[X12] cover that no order brings counts, with or without a price; none, or less than none, does not', () => {
    const hedge = filled().hedge({ venue: 'deribit' })
    for (const quantity of ['0', '-3', 'some', '']) hedge.covered({ quantity })
    expect(seen.events()).not.toContain('trading.hedge.partially_covered')
    hedge.covered({ quantity: '4', price: '100' })
    expect(hedge.coveredQuantity).toBe('4')
    hedge.covered({ quantity: '6', price: '110' })
    expect(seen.last('trading.hedge.completed')['trading.hedge.average_price']).toBe('106')
    const netted = filled().hedge({ venue: 'deribit' })
    netted.covered({ quantity: '10' })
    expect(netted.ended).toBe(true)
    expect(seen.last('trading.hedge.completed')['trading.hedge.average_price']).toBe('0')
  })

  test('[X10, X12] its clock runs from the first fill, not from when it was made, and through its parts', () => {
    const signal = flows.signal({ symbol: 'BTC/USDT', side: 'buy', decisionPrice: '100' })
    const hedge = signal.hedge({ venue: 'okx', quantity: '10' })
    clock.advanceMs(100)
    const entry = signal.order({ venue: 'binance', side: 'buy', quantity: '10', price: '100' })
    entry.filled({ execId: 'e1', quantity: '4' })
    clock.advanceMs(50)
    entry.filled({ execId: 'e2', quantity: '6' })
    clock.advanceMs(50)
    const order = hedge.order()
    order.filled({ execId: 'a', quantity: '4', price: '100' })
    clock.advanceMs(100)
    order.filled({ execId: 'b', quantity: '6', price: '100', fee: undefined })
    expect(seen.last('trading.hedge.completed')['trading.hedge.latency_ms']).toBe(200)
    // What comes after it is done completes nothing again, and a fee is no progress.
    order.filled({ execId: 'c', quantity: '1', price: '100' })
    expect(seen.records('trading.hedge.completed')).toHaveLength(1)
    const other = filled().hedge({ venue: 'okx' })
    const part = other.order()
    part.filled({ execId: 'a', quantity: '4', price: '100' })
    const progress = seen.records('trading.hedge.partially_covered').length
    part.filled({ execId: 'a', quantity: '4', price: '100', fee: '0.1' })
    expect(seen.records('trading.hedge.partially_covered')).toHaveLength(progress)
    part.filled({ execId: 'b', quantity: '7', price: '100' })
    // One more than was to be covered: nothing is left to order.
    expect(other.order().state.quantity).toBe('0')
  })

  test.each([
    [{}, 'failed', 'failed', false],
    [{ reason: 'venue_down' }, 'venue_down', 'venue_down', false],
    [{ error: new Error('no money') }, 'error', 'no money', true],
    [{ reason: 'venue_down', error: new Error('no money') }, 'venue_down', 'venue_down', true],
  ])('[B13] that failed with %o says why', (failure, reason, message, hasError) => {
    filled().hedge({ venue: 'okx' }).failed(failure)
    const [told] = seen.records('trading.hedge.failed')
    expect(told?.attributes['trading.hedge.reason']).toBe(reason)
    expect(told?.body).toBe(`hedge h1 failed: ${message}`)
    expect('exception.message' in (told?.attributes ?? {})).toBe(hasError)
    const [span] = seen.spans('hedge')
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR, message })
  })

  test('[B13] after its end each call is late, and the delay is told once', () => {
    const hedge = filled().hedge({ venue: 'okx', delayLimitMs: 100 })
    clock.advanceMs(100)
    const order = hedge.order()
    order.filled({ execId: 'a', quantity: '10', price: '100' })
    // Not longer than the limit.
    expect(seen.events()).not.toContain('trading.hedge.delayed')
    hedge.covered({ quantity: '1' })
    hedge.failed()
    hedge.order()
    expect(lateCalls()).toEqual(['hedge.covered', 'hedge.failed', 'hedge.order'])
    const slow = filled().hedge({ venue: 'okx', delayLimitMs: 100 })
    clock.advanceMs(101)
    slow.covered({ quantity: '10', price: '100' })
    expect(seen.last('trading.hedge.delayed')).toMatchObject({
      'trading.hedge.latency_ms': 101,
      'trading.latency.limit_ms': 100,
    })
    expect(seen.records('trading.hedge.delayed')).toHaveLength(1)
  })

  test('[X09] the gauges are those of the flow until its position is closed', async () => {
    const signal = filled()
    const hedge = signal.hedge({ venue: 'okx' })
    hedge.order().filled({ execId: 'a', quantity: '4', price: '100' })
    const value = async (name: string): Promise<unknown> => (await seen.points(name))[0]?.value
    const names = ['uncovered', 'covered', 'net', 'uncovered_quote']
    const told = (): Promise<unknown[]> =>
      Promise.all(names.map((name) => value(`trading.exposure.${name}`)))
    expect(await told()).toEqual([6, 4, 6, 600])
    signal.opened({ positionId: 'p1' }).closed({ exitPrice: '100' })
    expect(await told()).toEqual([0, 0, 0, 0])
  })
})

describe('an unwind', () => {
  test('[B14] is of the order that was filled, in its place', () => {
    const signal = flows.signal({ symbol: 'BTC/USDT', side: 'buy' })
    signal.order({ venue: 'kraken', side: 'buy', quantity: '1' }).rejected()
    const entry = signal.order({ venue: 'okx', symbol: 'ETH/USDT', side: 'buy', quantity: '1' })
    entry.filled({ execId: 'e1', price: '100' })
    const unwind = signal.unwind()
    expect([unwind.unwindId, unwind.quantity]).toEqual(['u1', '1'])
    expect(unwind.order()).toMatchObject({ venue: 'okx', symbol: 'ETH/USDT', side: 'sell' })
    expect(seen.last('trading.unwind.started')).toMatchObject({
      'trading.unwind.reason': 'hedge_failed',
      'trading.unwind.quantity': '1',
    })
  })

  test('[B14] or what was asked for; where nothing was ordered, of the signal', () => {
    const empty = flows.signal({ symbol: 'BTC/USDT', side: 'sell' })
    const bare = empty.unwind()
    expect(bare.order()).toMatchObject({ venue: 'unknown', symbol: 'BTC/USDT', side: 'buy' })
    const own = filled().unwind({
      venue: 'okx',
      symbol: 'ETH/USDT',
      side: 'buy',
      quantity: '2.0',
      reason: 'manual',
    })
    expect(own.quantity).toBe('2')
    expect(own.order()).toMatchObject({ venue: 'okx', symbol: 'ETH/USDT', side: 'buy' })
    expect(seen.last('trading.unwind.attempted')['trading.unwind.reason']).toBe('manual')
  })

  test('[B14] of an order that nothing was filled of yet is of its venue', () => {
    const signal = flows.signal({ symbol: 'BTC/USDT', side: 'buy' })
    signal.order({ venue: 'kraken', side: 'buy', quantity: '1' })
    expect(signal.unwind({ quantity: '1' }).order().venue).toBe('kraken')
  })

  test.each([
    ['buy', '98', '23', 'lost 23'],
    ['buy', '103', '-27', 'lost -27'],
    ['sell', '103', '33', 'lost 33'],
    ['sell', '98', '-17', 'lost -17'],
  ] as const)('[B14] of a %s closed at %s lost %s, fees included', (side, price, loss, words) => {
    const signal = filled(side)
    clock.advanceMs(500)
    const unwind = signal.unwind()
    clock.advanceMs(1000)
    unwind.order().filled({ execId: 'u1', price, fee: '1' })
    const [told] = seen.records('trading.unwind.completed')
    expect(told?.attributes).toMatchObject({
      'trading.unwind.loss': loss,
      'trading.unwind.average_price': price,
      'trading.unwind.closed_quantity': '10',
      'trading.exposure.window_ms': 1500,
    })
    expect(told?.body).toBe(`unwind u1: 10 closed, ${words}`)
  })

  test('[B14] elsewhere it is not in the contracts of its entry, unless it says so', () => {
    const signal = flows.signal({ symbol: 'BTC/USD:BTC', side: 'buy', decisionPrice: '50000' })
    const terms = { contractSize: '100', inverse: true, price: '50000' }
    signal.order({ venue: 'v', side: 'buy', quantity: '5', ...terms }).filled({ execId: 'e1' })
    const unwind = signal.unwind()
    const asked = (options: LegOrderOptions): unknown => unwind.order(options).state.quantity
    expect(asked({})).toBe('5')
    expect(asked({ venue: 'okx' })).toBe('0.01')
    expect(asked({ symbol: 'BTC/USD:USD' })).toBe('0.01')
    expect(asked({ venue: 'okx', contractSize: '0.001' })).toBe('10')
    expect(asked({ contractSize: '0.001', inverse: false })).toBe('10')
    const elsewhere = signal.unwind({ venue: 'okx' })
    expect(elsewhere.order().state.quantity).toBe('0.01')
    expect(signal.unwind({ symbol: 'BTC/USD:USD' }).order().state.quantity).toBe('0.01')
  })

  test('[B14] without a price of the entry no loss is told', () => {
    const signal = flows.signal({ symbol: 'BTC/USDT', side: 'buy' })
    signal.unwind({ quantity: '1', venue: 'okx' }).order().filled({ execId: 'u1', price: '9' })
    const [told] = seen.records('trading.unwind.completed')
    expect(told?.body).toBe('unwind u1: 1 closed')
    expect(told?.attributes).not.toHaveProperty(['trading.unwind.loss'])
  })

  test.each([
    [{}, 'failed', 'failed', false],
    [{ reason: 'venue_down' }, 'venue_down', 'venue_down', false],
    [{ error: new Error('no money') }, 'error', 'no money', true],
  ])('[B14] that failed with %o says why, once', (failure, reason, message, hasError) => {
    const signal = filled()
    const unwind = signal.unwind()
    unwind.failed(failure)
    unwind.failed(failure)
    const [told, ...others] = seen.records('trading.unwind.failed')
    expect(others).toEqual([])
    expect(told?.attributes['trading.unwind.reason']).toBe(reason)
    expect(told?.body).toBe(`unwind u1 failed, 10 stay open: ${message}`)
    expect('exception.message' in (told?.attributes ?? {})).toBe(hasError)
    expect([unwind.ended, signal.outcome]).toEqual([true, 'unwind_failed'])
    expect(seen.spans('unwind')[0]?.status).toEqual({ code: SpanStatusCode.ERROR, message })
    expect(lateCalls()).toEqual(['unwind.failed'])
  })
})
