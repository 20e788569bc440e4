import { SpanStatusCode } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { manualClock } from '../../../../src/base/clock.ts'
import type { ManualClock } from '../../../../src/base/clock.ts'
import { createFlows } from '../../../../src/probe/flow/flows.ts'
import type { Flows } from '../../../../src/probe/flow/handles/flows.ts'
import type { Order } from '../../../../src/probe/flow/handles/order.ts'
import type { Signal } from '../../../../src/probe/flow/handles/signal.ts'
import { nanoseconds, record } from '../../recording.ts'
import type { Recording } from '../../recording.ts'

let seen: Recording
let clock: ManualClock
let flows: Flows
let signal: Signal
let entry: Order

beforeEach(() => {
  seen = record()
  clock = manualClock()
  flows = createFlows({ clock })
  signal = flows.signal({ symbol: 'BTC/USDT', strategy: 'arb', side: 'buy', decisionPrice: '100' })
  entry = signal.order({ venue: 'binance', side: 'buy', quantity: '10', price: '100' })
  entry.submitted()
})

const events = (prefix: string): string[] =>
  seen.events().filter((name) => name.startsWith(`trading.${prefix}`))

describe('a hedge', () => {
  test('[B13, B14] each attempt is told before the order that it is made with', () => {
    let ns = 1_795_252_833_000_000_000n
    const ticking = createFlows({ clock: { wallNs: () => (ns += 1_000n), monotonicMs: () => 0 } })
    const flow = ticking.signal({ symbol: 'BTC/USDT', side: 'buy' })
    const hedge = flow.hedge({ venue: 'okx', quantity: '10' })
    hedge.order().rejected({ reason: 'insufficient_balance' })
    hedge.order().rejected({ reason: 'insufficient_balance' })
    hedge.failed({ reason: 'not_filled' })
    const unwind = flow.unwind({ venue: 'binance', quantity: '10' })
    unwind.order().rejected({ reason: 'insufficient_balance' })
    const told = ['hedge', 'unwind'].flatMap((kind) => seen.records(`trading.${kind}.attempted`))
    expect(told.map(({ attributes }) => attributes['trading.hedge.attempt'])).toEqual([
      1,
      2,
      undefined,
    ])
    const begun = seen.spans('order').map(({ startTime }) => nanoseconds(startTime))
    expect(begun).toHaveLength(3)
    const attempts = told.map(({ hrTime }) => nanoseconds(hrTime))
    const inTurn = attempts.flatMap((attempt, index) => [attempt, begun[index] ?? 0n])
    expect(inTurn).toEqual(inTurn.toSorted((a, b) => Number(a - b)))
  })

  test('[A29, B13, X01] started, attempted, partly covered, completed by its fills alone', async () => {
    entry.filled({ execId: 'e1', quantity: '10' })
    const hedge = signal.hedge({ venue: 'okx', quantity: '10' })
    const order = hedge.order({ type: 'market' })
    order.submitted()
    order.filled({ execId: 'h1', quantity: '4', price: '99' })
    expect(hedge).toMatchObject({ ended: false, coveredQuantity: '4' })
    order.filled({ execId: 'h2', quantity: '6', price: '98' })
    expect(hedge).toMatchObject({ ended: true, coveredQuantity: '10' })
    expect(events('hedge')).toEqual([
      'trading.hedge.started',
      'trading.hedge.attempted',
      'trading.hedge.partially_covered',
      'trading.hedge.completed',
    ])
    expect(seen.last('trading.hedge.completed')).toMatchObject({
      'trading.hedge.id': 'h1',
      'trading.hedge.average_price': '98.4',
      'trading.hedge.covered_quantity': '10',
    })
    const [span] = seen.spans('hedge')
    expect(span?.parentSpanContext?.spanId).toBe(signal.span.spanContext().spanId)
    const [, hedgeOrder] = seen.spans('order')
    expect(hedgeOrder?.parentSpanContext?.spanId).toBe(span?.spanContext().spanId)
    expect(hedgeOrder?.attributes).toMatchObject({
      'trading.order.side': 'sell',
      'trading.hedge.id': 'h1',
      'peer.service': 'okx',
    })
    expect(await seen.points('trading.hedge.count')).toMatchObject([{ value: 1 }])
    expect(await seen.points('trading.hedge.attempts')).toMatchObject([{ value: 1 }])
  })

  test('[X10, X12] the clock runs from the first uncovered fill, also when the hedge is made later', async () => {
    entry.filled({ execId: 'e1', quantity: '4' })
    clock.advanceMs(100)
    entry.filled({ execId: 'e2', quantity: '6' })
    clock.advanceMs(30)
    const hedge = signal.hedge({ venue: 'okx' })
    expect(hedge.quantity).toBe('10')
    clock.advanceMs(52.4)
    hedge.order().filled({ execId: 'h1', price: '100' })
    expect(seen.last('trading.hedge.completed')['trading.hedge.latency_ms']).toBeCloseTo(182.4)
    expect(seen.last('trading.hedge.completed')['trading.exposure.window_ms']).toBeCloseTo(182.4)
    const [span] = seen.spans('hedge')
    expect(
      span && Number(nanoseconds(span.endTime) - nanoseconds(span.startTime)) / 1e6,
    ).toBeCloseTo(182.4)
    const [latency] = await seen.points('trading.hedge.duration')
    expect(latency?.value).toMatchObject({ count: 1 })
    const [longest] = await seen.points('trading.hedge.duration_max')
    expect(longest?.value).toBeCloseTo(0.1824)
  })

  test('[X12] cover that comes before its fill gives a window of zero, never below', () => {
    const hedge = signal.hedge({ venue: 'okx', quantity: '10' })
    hedge.covered({ quantity: '10', price: '100' })
    expect(seen.last('trading.hedge.completed')['trading.exposure.window_ms']).toBe(0)
    clock.advanceMs(20)
    entry.filled({ execId: 'e1' })
    expect(seen.last('trading.exposure.changed')['trading.exposure.uncovered']).toBe('0')
  })

  test('[B13] failed: the reason, the error, the exposure that stays', async () => {
    entry.filled({ execId: 'e1' })
    const hedge = signal.hedge({ venue: 'okx' })
    hedge.order().rejected({ text: 'insufficient balance' })
    clock.advanceMs(500)
    hedge.failed({ reason: 'insufficient_balance', error: new Error('no money') })
    expect(seen.last('trading.hedge.failed')).toMatchObject({
      'trading.hedge.reason': 'insufficient_balance',
      'trading.exposure.uncovered': '10',
      'trading.exposure.window_ms': 500,
      'exception.message': 'no money',
    })
    expect(seen.spans('hedge')[0]?.status.code).toBe(SpanStatusCode.ERROR)
    const failures = await seen.points('trading.hedge.failures')
    expect(failures).toContainEqual({
      labels: {
        'trading.symbol': 'BTC/USDT',
        'trading.strategy': 'arb',
        'trading.venue': 'okx',
        'trading.hedge.reason': 'insufficient_balance',
      },
      value: 1,
    })
  })

  test('what run throws fails it and is thrown on', async () => {
    const hedge = signal.hedge({ venue: 'okx', quantity: '1' })
    await expect(hedge.run(() => Promise.reject(new Error('boom')))).rejects.toThrow('boom')
    expect(hedge.ended).toBe(true)
    expect(seen.last('trading.hedge.failed')['exception.message']).toBe('boom')
  })

  test('a call after its end is recorded; a late fill still covers', () => {
    entry.filled({ execId: 'e1' })
    const hedge = signal.hedge({ venue: 'okx' })
    const order = hedge.order()
    hedge.failed({ reason: 'timeout' })
    hedge.failed()
    order.filled({ execId: 'late', quantity: '10', price: '100' })
    expect(events('flow.late_call')).toHaveLength(1)
    expect(seen.last('trading.exposure.changed')['trading.exposure.uncovered']).toBe('0')
    expect(seen.spans('hedge')).toHaveLength(1)
  })

  test('[A29] closed with its position', () => {
    const hedge = signal.hedge({ venue: 'okx', quantity: '1' })
    hedge.closed({ realizedPnl: '-1.2' })
    expect(seen.last('trading.hedge.closed')['trading.pnl.realized']).toBe('-1.2')
  })

  describe('that takes long', () => {
    beforeEach(() => void vi.useFakeTimers())
    afterEach(() => void vi.useRealTimers())

    test('[X10] is said while it is still open, once', async () => {
      entry.filled({ execId: 'e1' })
      const hedge = signal.hedge({ venue: 'okx', delayLimitMs: 200 })
      clock.advanceMs(200)
      vi.advanceTimersByTime(200)
      clock.advanceMs(100)
      hedge.order().filled({ execId: 'h1', price: '100' })
      expect(events('hedge.delayed')).toHaveLength(1)
      expect(seen.last('trading.hedge.delayed')).toMatchObject({
        'trading.hedge.latency_ms': 200,
        'trading.latency.limit_ms': 200,
      })
      const delayed = await seen.points('trading.hedge.delayed')
      expect(delayed.find(({ labels }) => labels['trading.venue'])?.value).toBe(1)
    })

    test('[X10] is counted from the fill, also when the hedge was made late', () => {
      entry.filled({ execId: 'e1' })
      clock.advanceMs(900)
      signal.hedge({ venue: 'okx', delayLimitMs: 1000 })
      clock.advanceMs(100)
      vi.advanceTimersByTime(100)
      expect(seen.last('trading.hedge.delayed')['trading.hedge.latency_ms']).toBe(1000)
    })

    test('[X10] is not said while nothing is filled that had to be covered', () => {
      signal.hedge({ venue: 'okx', quantity: '10', delayLimitMs: 1000 })
      clock.advanceMs(60_000)
      vi.advanceTimersByTime(60_000)
      expect(events('hedge.delayed')).toEqual([])
      entry.filled({ execId: 'e1' })
      clock.advanceMs(1500)
      vi.advanceTimersByTime(1500)
      expect(events('hedge.delayed')).toHaveLength(1)
    })

    test('[X10] is said from the start of a hedge whose fills nobody tells', () => {
      const flow = flows.signal({ symbol: 'BTC/USDT', side: 'buy' })
      flow.hedge({ venue: 'okx', quantity: '10', delayLimitMs: 1000 })
      clock.advanceMs(1000)
      vi.advanceTimersByTime(1000)
      expect(events('hedge.delayed')).toHaveLength(1)
    })

    test('[X10] is never said without a limit', () => {
      entry.filled({ execId: 'e1' })
      signal.hedge({ venue: 'okx', delayLimitMs: Infinity })
      vi.advanceTimersByTime(1000)
      expect(events('hedge.delayed')).toEqual([])
    })

    test('[X10] is not said when it was in time', () => {
      entry.filled({ execId: 'e1' })
      const hedge = signal.hedge({ venue: 'okx', delayLimitMs: 200 })
      clock.advanceMs(150)
      hedge.order().filled({ execId: 'h1', price: '100' })
      vi.advanceTimersByTime(1000)
      expect(events('hedge.delayed')).toEqual([])
    })
  })
})

describe('exposure', () => {
  test('[X09] uncovered, covered, net and their quote value follow each fill', async () => {
    signal.hedgeTarget({ venue: 'okx' })
    entry.filled({ execId: 'e1', quantity: '10', price: '100' })
    const hedge = signal.hedge({ venue: 'okx' })
    hedge.order().filled({ execId: 'h1', quantity: '4', price: '100' })
    expect(seen.last('trading.exposure.changed')).toMatchObject({
      'trading.exposure.uncovered': '6',
      'trading.exposure.uncovered_num': 6,
      'trading.exposure.covered': '4',
      'trading.exposure.net': '6',
      'trading.exposure.uncovered_quote': '600',
    })
    const labels = { 'trading.symbol': 'BTC/USDT', 'trading.strategy': 'arb' }
    expect(await seen.points('trading.exposure.uncovered')).toEqual([{ labels, value: 6 }])
    expect(await seen.points('trading.exposure.covered')).toEqual([{ labels, value: 4 }])
    expect(await seen.points('trading.exposure.uncovered_quote')).toEqual([{ labels, value: 600 }])
  })

  test('[X09] of flows with the same labels is summed, not overwritten', async () => {
    signal.hedgeTarget({ venue: 'okx' })
    entry.filled({ execId: 'e1', quantity: '10' })
    const other = flows.signal({ symbol: 'BTC/USDT', strategy: 'arb', side: 'buy' })
    other.hedgeTarget({ venue: 'okx' })
    other
      .order({ venue: 'binance', side: 'buy', quantity: '5', price: '100' })
      .filled({ execId: 'o1' })
    expect((await seen.points('trading.exposure.uncovered'))[0]?.value).toBe(15)
    other.unwind().order().filled({ execId: 'o2', price: '100' })
    expect(other.outcome).toBe('unwound')
    expect((await seen.points('trading.exposure.uncovered'))[0]?.value).toBe(10)
  })

  test('[X09] money × time is counted, from the first fill on', async () => {
    entry.filled({ execId: 'e1', quantity: '10', price: '100' })
    clock.advanceMs(2000)
    const hedge = signal.hedge({ venue: 'okx' })
    clock.advanceMs(1000)
    hedge.order().filled({ execId: 'h1', price: '100' })
    const [point] = await seen.points('trading.exposure.money_seconds')
    expect(point?.value).toBeCloseTo(3000)
    clock.advanceMs(10_000)
    signal.expired()
    expect((await seen.points('trading.exposure.money_seconds'))[0]?.value).toBeCloseTo(3000)
    expect(seen.spans('signal')[0]?.attributes['trading.exposure.money_seconds']).toBeCloseTo(3000)
  })

  test('a flow that is not to be hedged has none to tell', () => {
    entry.filled({ execId: 'e1' })
    signal.opened({ positionId: 'p1' })
    expect(events('exposure')).toEqual([])
  })

  test('[X09, X12] cover that is taken away is uncovered from then on, and what came before stays the earliest', () => {
    entry.filled({ execId: 'e1', quantity: '10' })
    clock.advanceMs(1000)
    const hedge = signal.hedge({ venue: 'okx' })
    hedge.order().filled({ execId: 'h1', quantity: '8', price: '100' })
    clock.advanceMs(1000)
    hedge.order({ side: 'buy', quantity: '3' }).filled({ execId: 'h2', price: '100' })
    expect(seen.last('trading.exposure.changed')['trading.exposure.uncovered']).toBe('5')
    hedge.failed()
    clock.advanceMs(1000)
    signal.hedge({ venue: 'bybit' }).covered({ quantity: '5', price: '100' })
    expect(seen.last('trading.hedge.completed')['trading.exposure.window_ms']).toBe(3000)
  })

  test('[X09] cover beyond what was filled, when it is taken away, leaves nothing uncovered', () => {
    entry.filled({ execId: 'e1', quantity: '5' })
    const hedge = signal.hedge({ venue: 'okx', quantity: '5' })
    hedge.covered({ quantity: '8', price: '100' })
    const back = hedge.order({ side: 'buy', quantity: '3' })
    clock.advanceMs(1000)
    back.filled({ execId: 'h1', price: '100' })
    clock.advanceMs(1000)
    entry.filled({ execId: 'e2', quantity: '1' })
    clock.advanceMs(500)
    signal.hedge({ venue: 'bybit' }).covered({ quantity: '1', price: '100' })
    expect(seen.last('trading.hedge.completed')['trading.exposure.window_ms']).toBe(500)
  })

  test('covering more than was filled is exposure the other way', () => {
    entry.filled({ execId: 'e1', quantity: '5' })
    const hedge = signal.hedge({ venue: 'okx', quantity: '8' })
    hedge.covered({ quantity: '8', price: '100' })
    expect(seen.last('trading.exposure.changed')).toMatchObject({
      'trading.exposure.uncovered': '3',
      'trading.exposure.net': '-3',
    })
  })
})

describe('an unwind', () => {
  test('[B14, X01] started, attempted, partly closed, completed; the flow ends as unwound', async () => {
    entry.filled({ execId: 'e1', quantity: '10', price: '100', fee: '1' })
    signal.hedge({ venue: 'okx' }).failed({ reason: 'timeout' })
    clock.advanceMs(250)
    const unwind = signal.unwind()
    expect(unwind.quantity).toBe('10')
    const order = unwind.order({ type: 'market' })
    expect(order).toMatchObject({ venue: 'binance', side: 'sell' })
    order.submitted()
    order.filled({ execId: 'u1', quantity: '4', price: '99' })
    clock.advanceMs(50)
    order.filled({ execId: 'u2', quantity: '6', price: '98', fee: '0.5' })
    expect(events('unwind')).toEqual([
      'trading.unwind.started',
      'trading.unwind.attempted',
      'trading.unwind.partially_closed',
      'trading.unwind.completed',
    ])
    expect(seen.last('trading.unwind.completed')).toMatchObject({
      'trading.unwind.id': 'u1',
      'trading.unwind.reason': 'hedge_failed',
      'trading.unwind.average_price': '98.4',
      // 10 × (100 − 98.4) + 0.5 + 1
      'trading.unwind.loss': '17.5',
      'trading.exposure.window_ms': 300,
    })
    expect(signal.outcome).toBe('unwound')
    const [span] = seen.spans('unwind')
    expect(span?.duration).toEqual([0, 50_000_000])
    expect((await seen.points('trading.unwind.duration'))[0]?.value).toEqual({
      count: 1,
      sum: 0.05,
    })
    expect((await seen.points('trading.exposure.uncovered'))[0]?.value).toBe(0)
  })

  test('[B14] failed: the flow ends as unwind_failed, the exposure stays in the gauge', async () => {
    entry.filled({ execId: 'e1' })
    signal.hedge({ venue: 'okx' }).failed()
    signal.unwind().failed({ reason: 'market_closed' })
    expect(signal.outcome).toBe('unwind_failed')
    expect(seen.records('trading.unwind.failed')[0]?.severityText).toBe('fatal')
    expect(seen.spans('signal')[0]?.status.code).toBe(SpanStatusCode.ERROR)
    expect((await seen.points('trading.exposure.uncovered'))[0]?.value).toBe(10)
    expect(
      (await seen.points('trading.unwind.failures')).find(({ labels }) => labels['trading.symbol'])
        ?.value,
    ).toBe(1)
  })

  test('[B14] done before the cancel of the entry is confirmed: the flow ends as unwound with that', () => {
    entry.filled({ execId: 'e1', quantity: '4', price: '100' })
    signal.hedge({ venue: 'okx' }).failed({ reason: 'timeout' })
    entry.cancelRequested()
    signal.unwind().order({ type: 'market' }).filled({ execId: 'u1', price: '99' })
    expect(signal.ended).toBe(false)
    entry.canceled()
    expect(signal.outcome).toBe('unwound')
  })

  test('[B14] a fill that beats the cancel of the entry is held, and the flow stays open for it', () => {
    entry.filled({ execId: 'e1', quantity: '4', price: '100' })
    signal.hedge({ venue: 'okx' }).failed({ reason: 'timeout' })
    entry.cancelRequested()
    signal.unwind().order({ type: 'market' }).filled({ execId: 'u1', price: '99' })
    entry.filled({ execId: 'e2', quantity: '1', price: '100' })
    entry.canceled()
    expect(signal.ended).toBe(false)
    signal.unwind().order({ type: 'market' }).filled({ execId: 'u2', price: '99' })
    expect(signal.outcome).toBe('unwound')
  })

  test('of a part leaves the flow open for the position', () => {
    entry.filled({ execId: 'e1', quantity: '10', price: '100', fee: '1' })
    signal.hedge({ venue: 'okx', quantity: '6' }).covered({ quantity: '6', price: '100' })
    signal.unwind().order().filled({ execId: 'u1', price: '99' })
    expect(signal.ended).toBe(false)
    const position = signal.opened({ positionId: 'p1' })
    expect(signal.outcome).toBe('opened')
    expect(position.state).toMatchObject({ quantity: '6', entryPrice: '100', fees: '0.6' })
  })
})

describe('contracts', () => {
  test('[B14] an unwind is ordered in the contracts of its entry', () => {
    const flow = flows.signal({ symbol: 'BTC/USDT:USDT', side: 'buy' })
    const contract = { venue: 'binance', contractSize: '0.01' }
    flow.order({ ...contract, side: 'buy', quantity: '100' }).filled({ execId: 'c1', price: '100' })
    flow.hedge({ venue: 'okx' }).failed()
    const unwind = flow.unwind()
    expect(unwind.quantity).toBe('1')
    const order = unwind.order({ type: 'market' })
    expect(order.state.quantity).toBe('100')
    order.filled({ execId: 'c2', price: '99' })
    expect(unwind.closedQuantity).toBe('1')
    expect(flow.outcome).toBe('unwound')
  })

  test('[B14] an unwind elsewhere, in other contracts, closes what it is worth', () => {
    const flow = flows.signal({ symbol: 'BTC/USDT:USDT', side: 'buy' })
    const contract = { venue: 'binance', contractSize: '0.01' }
    flow.order({ ...contract, side: 'buy', quantity: '100' }).filled({ execId: 'c1', price: '100' })
    flow.hedge({ venue: 'okx' }).failed()
    const order = flow.unwind({ venue: 'okx' }).order({ type: 'market', contractSize: '0.1' })
    expect(order.state.quantity).toBe('10')
    order.filled({ execId: 'c2', price: '99' })
    expect(flow.outcome).toBe('unwound')
  })

  test('[B13] a hedge is ordered in the contracts of its venue, also inverse ones', () => {
    entry.filled({ execId: 'e1', quantity: '10', price: '100' })
    const hedge = signal.hedge({ venue: 'okx' })
    expect(hedge.order({ contractSize: '0.1' }).state.quantity).toBe('100')
    const inverse = hedge.order({ contractSize: '10', inverse: true, price: '50' })
    expect(inverse.state.quantity).toBe('50')
    // At the market: at the price of the last fill.
    expect(hedge.order({ contractSize: '10', inverse: true }).state.quantity).toBe('100')
    inverse.filled({ execId: 'h1', price: '50' })
    expect(hedge.coveredQuantity).toBe('10')
    expect(hedge.ended).toBe(true)
  })

  describe('of an inverse entry', () => {
    const contract = { contractSize: '100', inverse: true } as const
    const enter = (): Signal => {
      const flow = flows.signal({ symbol: 'BTC/USD:BTC', side: 'buy' })
      const order = flow.order({ ...contract, venue: 'binance', side: 'buy', quantity: '10' })
      order.filled({ execId: 'c1', quantity: '7', price: '51000' })
      order.filled({ execId: 'c2', quantity: '3', price: '48000' })
      return flow
    }

    // The same contracts are worth less at the higher price, and more at the lower one.
    test.each([
      ['47000', '61.15'],
      ['53000', '-58.70'],
    ])('[B13, X34] an unwind that sold all contracts at %s left nothing', (price, loss) => {
      const flow = enter()
      flow.hedge({ venue: 'okx' }).failed()
      const unwind = flow.unwind()
      const first = unwind.order({ type: 'market', price })
      expect(first.state.quantity).toBe('10')
      first.filled({ execId: 'c3', quantity: '3', price })
      first.canceled()
      const second = unwind.order({ type: 'market' })
      expect(second.state.quantity).toBe('7')
      second.filled({ execId: 'c4', price })
      expect(unwind.ended).toBe(true)
      expect(flow.outcome).toBe('unwound')
      expect(seen.last('trading.exposure.changed')).toMatchObject({
        'trading.exposure.uncovered': '0',
        'trading.exposure.net': '0',
      })
      const completed = seen.last('trading.unwind.completed')
      expect(Number(completed['trading.unwind.average_price'])).toBeCloseTo(Number(price), 9)
      // (7 / 51000 + 3 / 48000) × 100 × (average − price)
      expect(Number(completed['trading.unwind.loss'])).toBeCloseTo(Number(loss), 2)
    })

    test('[B13] a hedge of what was filled later has as many contracts', () => {
      const flow = flows.signal({ symbol: 'BTC/USD:BTC', side: 'buy' })
      const order = flow.order({ ...contract, venue: 'binance', side: 'buy', quantity: '10' })
      for (const [price, id] of [
        ['51000', '1'],
        ['48000', '2'],
      ] as const) {
        order.filled({ execId: `c${id}`, quantity: '5', price })
        const cover = flow.hedge({ venue: 'okx' }).order({ ...contract, type: 'market' })
        expect(cover.state.quantity).toBe('5')
        cover.filled({ execId: `h${id}a`, quantity: '3', price: '50000' })
        cover.filled({ execId: `h${id}b`, quantity: '2', price: '50100' })
      }
      expect(seen.records('trading.hedge.completed')).toHaveLength(2)
      const told = () => seen.last('trading.exposure.changed')['trading.exposure.net']
      expect(told()).toBe('0')
      // Beyond the entry it counts as what it is worth: 2 × 100 at 50,000.
      const over = flow.hedge({ venue: 'okx', quantity: '1' }).order({ ...contract, quantity: '2' })
      over.filled({ execId: 'h3', price: '50000' })
      expect(told()).toBe('-0.004')
    })

    test('[B13] a hedge with as many inverse contracts covers it', () => {
      const flow = enter()
      const hedge = flow.hedge({ venue: 'okx' })
      const order = hedge.order({ contractSize: '10', inverse: true, price: '53000' })
      expect(order.state.quantity).toBe('100')
      order.filled({ execId: 'h1', quantity: '40', price: '53000' })
      order.filled({ execId: 'h2', quantity: '60', price: '53100' })
      expect(hedge.ended).toBe(true)
      expect(seen.last('trading.exposure.changed')['trading.exposure.uncovered']).toBe('0')
    })

    test('[B13] as many contracts cover it again after some of either side were taken back', () => {
      const flow = flows.signal({ symbol: 'BTC/USD:BTC', side: 'buy' })
      const entry = flow.order({ ...contract, venue: 'binance', side: 'buy', quantity: '10' })
      entry.filled({ execId: 'c1', quantity: '6', price: '50000' })
      entry.filled({ execId: 'c2', quantity: '4', price: '40000' })
      const hedge = flow.hedge({ venue: 'okx' })
      hedge.order({ ...contract }).filled({ execId: 'h1', price: '45000' })
      const told = (): unknown => seen.last('trading.exposure.changed')['trading.exposure.net']
      expect(told()).toBe('0')
      entry.busted({ execId: 'c2' })
      expect(told()).toBe('-0.01')
      // The hedge is too large now: four of its contracts are bought back.
      const back = hedge.order({ ...contract, side: 'buy', quantity: '4' })
      back.filled({ execId: 'h2', quantity: '1', price: '47000' })
      back.filled({ execId: 'h3', quantity: '3', price: '46000' })
      expect(told()).toBe('0')
      // Beyond the entry, and no more.
      const over = hedge.order({ ...contract, quantity: '2' })
      over.filled({ execId: 'h4', price: '80000' })
      expect(told()).toBe('-0.0025')
      over.busted({ execId: 'h4' })
      expect(told()).toBe('0')
    })
  })
})
