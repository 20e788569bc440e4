import { ROOT_CONTEXT, SpanStatusCode, context, trace } from '@opentelemetry/api'
import { beforeEach, describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { manualClock } from '../../../src/base/clock.ts'
import type { ManualClock } from '../../../src/base/clock.ts'
import { isTraceId, traceIdOf } from '../../../src/base/ids.ts'
import { emit } from '../../../src/probe/event/emit.ts'
import { createFlows } from '../../../src/probe/flow/flows.ts'
import type { Flows } from '../../../src/probe/flow/handles/flows.ts'
import type { Signal, SignalOptions } from '../../../src/probe/flow/handles/signal.ts'
import { traceIdFromContext, wishedTraceId } from '../../../src/probe/flow/trace-id.ts'
import { record } from '../recording.ts'
import type { Recording } from '../recording.ts'

let seen: Recording
let clock: ManualClock
let flows: Flows

beforeEach(() => {
  seen = record()
  clock = manualClock()
  flows = createFlows({ clock })
})

const begin = (options: Partial<SignalOptions> = {}): Signal =>
  flows.signal({
    symbol: 'BTC/USDT',
    strategy: 'atr',
    side: 'buy',
    decisionPrice: '43210.50',
    ...options,
  })

describe('the trace', () => {
  test('[A72, X01] its id is the correlation id', () => {
    const signal = begin()
    expect(signal.correlationId).toBe(signal.traceId)
    expect(isTraceId(signal.traceId)).toBe(true)
    signal.expired()
    const [span] = seen.spans('signal')
    expect(span?.spanContext().traceId).toBe(signal.traceId)
    expect(span?.parentSpanContext).toBeUndefined()
  })

  test('[A06, A75] a foreign correlation id maps to a trace id by the fixed rule, and is kept on every record', () => {
    const signal = begin({ correlationId: 'sig_abc123' })
    signal.order({ venue: 'okx', side: 'buy', quantity: '1' }).submitted()
    signal.expired()
    expect(signal.traceId).toBe(traceIdOf('sig_abc123'))
    for (const entry of seen.records()) {
      expect(entry.spanContext?.traceId).toBe(traceIdOf('sig_abc123'))
      expect(entry.attributes['trading.correlation_id']).toBe('sig_abc123')
    }
    expect(seen.spans('signal')[0]?.attributes['trading.correlation_id']).toBe('sig_abc123')
  })

  test('[A75] correlation id and trace id are the same for any 32 hex digits', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-f]{32}$/), (id) => {
        fc.pre(!/^0+$/.test(id))
        const signal = begin({ correlationId: id })
        expect(signal.traceId).toBe(id)
        signal.expired()
      }),
      { numRuns: 30 },
    )
  })

  test('[A75] under another SDK the flow has a trace of its own and keeps the foreign id', () => {
    const foreign = record({ foreign: true })
    const signal = createFlows().signal({ symbol: 'BTC/USDT', correlationId: 'sig_abc123' })
    expect(signal.traceId).not.toBe(traceIdOf('sig_abc123'))
    expect(isTraceId(signal.traceId)).toBe(true)
    expect(signal.correlationId).toBe('sig_abc123')
    expect(foreign.last('trading.signal.detected')['trading.correlation_id']).toBe('sig_abc123')
  })

  test('the wish for a trace id reaches the root span alone', () => {
    const signal = begin({ correlationId: 'sig_abc123' })
    expect(traceIdFromContext(signal.context)).toBeUndefined()
    expect(traceIdFromContext(ROOT_CONTEXT.setValue(wishedTraceId, 'x'))).toBe('x')
    const other = context.with(signal.context, () => begin())
    expect(other.traceId).not.toBe(signal.traceId)
  })

  test('a flow begun inside another span is a trace of its own, linked to it', () => {
    const outer = trace.getTracer('http').startSpan('GET /signal')
    const signal = context.with(trace.setSpan(context.active(), outer), () => begin())
    signal.expired()
    const [span] = seen.spans('signal')
    expect(span?.parentSpanContext).toBeUndefined()
    expect(span?.links[0]?.context.spanId).toBe(outer.spanContext().spanId)
  })
})

describe('run', () => {
  test('[A05, X02] everything inside carries the trace, awaited or not, and several flows do not mix', async () => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const signal = begin({ symbol: `C${index}/USDT` })
        await signal.run(async () => {
          await new Promise((resolve) => setTimeout(resolve, index % 5))
          emit('trading.signal.received', {})
          await Promise.resolve()
          queueMicrotask(() => emit('trading.signal.cooldown', {}))
        })
        return signal.traceId
      }),
    )
    await new Promise((resolve) => setTimeout(resolve, 1))
    for (const [index, traceId] of ids.entries()) {
      const mine = seen
        .records()
        .filter((entry) => entry.attributes['trading.symbol'] === `C${index}/USDT`)
      expect(mine.map((entry) => entry.eventName)).toEqual([
        'trading.signal.detected',
        'trading.signal.received',
        'trading.signal.cooldown',
      ])
      expect(new Set(mine.map((entry) => entry.spanContext?.traceId))).toEqual(new Set([traceId]))
    }
  })

  test('gives back what the function gives, a value as a value', async () => {
    const signal = begin()
    expect(signal.run(() => 42)).toBe(42)
    const promise = Promise.resolve('x')
    expect(signal.run(() => promise)).toBe(promise)
    expect(await promise).toBe('x')
  })

  test('[A51, A73] a throw inside ends the flow as failed, with the stack, and is thrown on', async () => {
    const error = new RangeError('no candles')
    const now = begin()
    expect(() =>
      now.run(() => {
        throw error
      }),
    ).toThrow(error)
    const later = begin()
    await expect(later.run(() => Promise.reject(error))).rejects.toBe(error)
    for (const signal of [now, later]) expect(signal.outcome).toBe('failed')
    expect(seen.last('trading.flow.ended')).toMatchObject({
      'trading.flow.outcome': 'failed',
      'exception.type': 'RangeError',
      'exception.message': 'no candles',
    })
    expect(seen.last('trading.flow.ended')['exception.stacktrace']).toContain('signal.test.ts')
    expect(seen.spans('signal')[0]?.status).toEqual({
      code: SpanStatusCode.ERROR,
      message: 'no candles',
    })
  })

  test('[A05] a callback that was bound runs in the flow, whoever calls it', () => {
    const signal = begin()
    const callback = signal.bind((x: number) => [x, trace.getActiveSpan()] as const)
    expect(callback(3)).toEqual([3, signal.span])
  })
})

describe('events of detection and decision', () => {
  test('[A23, A38] detected, with why', async () => {
    begin({
      signalId: 's1',
      reason: 'breakout',
      confidence: 0.85,
      atr: 312.4,
      velocity: 0.008,
      pattern: 'bullish_engulfing',
    })
    expect(seen.last('trading.signal.detected')).toEqual({
      'trading.symbol': 'BTC/USDT',
      'trading.strategy': 'atr',
      'trading.signal.id': 's1',
      'trading.side': 'buy',
      'trading.signal.reason': 'breakout',
      'trading.signal.confidence': 0.85,
      'trading.decision.price': '43210.50',
      'trading.decision.price_num': 43210.5,
      'trading.atr': 312.4,
      'trading.velocity': 0.008,
      'trading.pattern': 'bullish_engulfing',
    })
    expect(await seen.points('trading.signal.count')).toMatchObject([
      { labels: { 'trading.signal.reason': 'breakout', 'trading.side': 'buy' }, value: 1 },
    ])
  })

  test('[A24, A35, A36, A37, A57] what the detector looked at', () => {
    const signal = begin()
    signal.received()
    signal.atr({ value: 312.4, period: 14, threshold: 250, passed: true, state: { tr: 340 } })
    signal.velocity({ value: 0.008, threshold: 0.005, passed: true })
    signal.pattern({ name: 'hammer', matched: false, candle: { open: '1' } })
    signal.kline({ candle: { close: '43211' }, intervalMs: 60_000, change: { close: ['1', '2'] } })
    signal.cooldown({ remainingMs: 30_000 })
    expect(seen.last('trading.atr.calculated')).toMatchObject({
      'trading.atr': 312.4,
      'trading.indicator.period': 14,
      'trading.indicator.threshold': 250,
      'trading.indicator.passed': true,
      'trading.indicator.state': { tr: 340 },
    })
    expect(seen.last('trading.velocity.checked')['trading.velocity']).toBe(0.008)
    expect(seen.last('trading.pattern.checked')).toMatchObject({
      'trading.pattern': 'hammer',
      'trading.pattern_matched': false,
    })
    expect(seen.last('trading.kline.changed')['trading.candle_interval_ms']).toBe(60_000)
    expect(seen.last('trading.signal.cooldown')['trading.signal.cooldown_ms']).toBe(30_000)
    expect(signal.ended).toBe(false)
  })

  test('[A23, A38] a detector tells its checks also where no signal comes of them', async () => {
    const detector = flows.detector({ symbol: 'ETH/USDT', strategy: 'atr' })
    detector.atr({ value: 1, threshold: 2, passed: false })
    detector.filtered({ filter: 'min_volatility', reason: 'atr_too_low', value: 1, threshold: 2 })
    expect(seen.last('trading.signal.filtered')).toEqual({
      'trading.symbol': 'ETH/USDT',
      'trading.strategy': 'atr',
      'trading.signal.filter': 'min_volatility',
      'trading.signal.reason': 'atr_too_low',
      'trading.indicator.value': 1,
      'trading.indicator.threshold': 2,
    })
    expect(seen.spans()).toEqual([])
    expect(detector.signal({ side: 'sell' }).symbol).toBe('ETH/USDT')
    expect((await seen.points('trading.signal.filtered'))[0]?.labels).toMatchObject({
      'trading.signal.filter': 'min_volatility',
    })
  })

  test('[A25] position size, leverage, hedge target', () => {
    const signal = begin()
    signal.positionSize({ quantity: '0.010', risk: { equity: '10000', risk: 0.01 } })
    signal.leverage({ leverage: 3, marginMode: 'isolated' })
    signal.hedgeTarget({ venue: 'okx', quantity: '0.010', priceLimit: '43100' })
    expect(seen.last('trading.position_size.calculated')).toMatchObject({
      'trading.decision.quantity': '0.010',
      'trading.decision.risk': { equity: '10000', risk: 0.01 },
    })
    expect(seen.last('trading.leverage.set')).toMatchObject({
      'trading.decision.leverage': 3,
      'trading.position.margin_mode': 'isolated',
    })
    expect(seen.last('trading.hedge_target.set')['trading.hedge.target']).toEqual({
      venue: 'okx',
      quantity: '0.010',
      price_limit: '43100',
    })
  })

  test('[A48] detection latency across two clocks, decision latency on one', async () => {
    const signal = begin({ marketTimeMs: 1_735_689_600_000 - 12 })
    expect(seen.last('trading.signal.detected')['trading.signal.detection_latency_ms']).toBe(12)
    clock.advanceMs(3.1)
    signal.order({ venue: 'okx', side: 'buy', quantity: '1' })
    clock.advanceMs(50)
    signal.order({ venue: 'okx', side: 'buy', quantity: '1' })
    signal.expired()
    const [span] = seen.spans('signal')
    expect(span?.attributes['trading.signal.decision_latency_ms']).toBeCloseTo(3.1)
    expect(await seen.points('trading.signal.decision.duration')).toMatchObject([
      { value: { count: 1 } },
    ])
  })
})

describe('the end', () => {
  test.each([
    ['expired', (signal: Signal): void => signal.expired()],
    ['rejected', (signal: Signal): void => signal.rejected()],
    ['canceled', (signal: Signal): void => signal.canceled('by hand')],
    ['failed', (signal: Signal): void => signal.failed()],
    ['filtered', (signal: Signal): void => signal.filtered({ filter: 'spread' })],
    ['denied', (signal: Signal): void => signal.denied({ reason: 'max_drawdown', limit: '5 %' })],
    ['unwound', (signal: Signal): void => signal.end('unwound')],
    ['opened', (signal: Signal): void => void signal.opened({ positionId: 'p1' })],
  ] as const)('[X01, B10] %s: the span ends once with its outcome', async (outcome, end) => {
    const signal = begin()
    clock.advanceMs(412.5)
    end(signal)
    end(signal)
    expect(signal.outcome).toBe(outcome)
    expect(seen.spans('signal')).toHaveLength(1)
    expect(seen.spans('signal')[0]?.attributes).toMatchObject({
      'trading.flow.outcome': outcome,
      'trading.flow.duration_ms': 412.5,
    })
    expect(await seen.points('trading.flow.count')).toMatchObject([
      { labels: { 'trading.flow.outcome': outcome }, value: 1 },
    ])
    expect((await seen.points('trading.flow.open'))[0]?.value).toBe(0)
  })

  test('a call after it is recorded and counted, and still does what it can', async () => {
    const signal = begin()
    signal.expired()
    signal.failed(new Error('x'))
    const order = signal.order({ venue: 'okx', side: 'buy', quantity: '1' })
    order.submitted()
    signal.hedge({ venue: 'okx', quantity: '1' })
    signal.unwind({ quantity: '1' })
    signal.opened({ positionId: 'p1' })
    expect(signal.outcome).toBe('expired')
    expect(order.status).toBe('pending_new')
    expect(
      seen.records('trading.flow.late_call').map((entry) => entry.attributes['trading.flow.call']),
    ).toEqual([
      'signal.end(failed)',
      'signal.order',
      'signal.hedge',
      'signal.unwind',
      'signal.opened',
      'signal.end(opened)',
    ])
    const points = await seen.points('trading.flow.late_calls')
    expect(points.find(({ labels }) => labels['trading.symbol'])?.value).toBe(6)
  })

  test('[X14] denied tells the typed reason', () => {
    begin().denied({ reason: 'max_position', limit: 'max_position=0.5' })
    expect(seen.last('trading.signal.denied')).toMatchObject({
      'trading.deny.reason': 'max_position',
      'trading.risk.limit': 'max_position=0.5',
    })
  })

  test('[X33, X34] slippage and implementation shortfall of the flow', async () => {
    const signal = begin({ decisionPrice: '100', quantity: '10' })
    const order = signal.order({
      venue: 'okx',
      side: 'buy',
      quantity: '10',
      price: '102',
      arrivalPrice: '101',
    })
    order.submitted()
    order.filled({ execId: 'a', quantity: '6', price: '102', fee: '0.5' })
    order.canceled()
    signal.end('expired', { endPrice: '105' })
    expect(seen.last('trading.flow.ended')).toMatchObject({
      'trading.slippage.decision_bps': 200,
      // 6 × (101 − 100), 6 × (102 − 101), 0.5, 4 × (105 − 100)
      'trading.shortfall_delay': '6',
      'trading.shortfall_execution': '6',
      'trading.shortfall_fees': '0.5',
      'trading.shortfall_opportunity': '20',
      'trading.shortfall': '32.5',
    })
    expect((await seen.points('trading.shortfall.cost'))[0]?.value).toBe(32.5)
  })

  test.each([
    ['linear', { contractSize: '0.01' }, '25'],
    // 1,000 of quote money are 8 at 125.
    ['inverse', { contractSize: '10', inverse: true }, '200'],
  ])('[X34] the shortfall of %s contracts is reckoned in base money', (_, contract, delay) => {
    const signal = begin({ decisionPrice: '100' })
    const order = signal.order({
      ...contract,
      venue: 'okx',
      side: 'buy',
      quantity: '100',
      arrivalPrice: '125',
    })
    order.filled({ execId: 'a', price: '125' })
    signal.end('expired', { endPrice: '105' })
    expect(seen.last('trading.flow.ended')).toMatchObject({
      'trading.shortfall_delay': delay,
      'trading.shortfall_execution': '0',
      'trading.shortfall_opportunity': '0',
    })
  })

  test('[X34] the part of a decided number of contracts that was not filled', () => {
    const signal = begin({ decisionPrice: '100', quantity: '100' })
    const order = signal.order({ venue: 'okx', side: 'buy', quantity: '100', contractSize: '0.01' })
    order.filled({ execId: 'a', quantity: '40', price: '100' })
    order.canceled()
    signal.end('expired', { endPrice: '105' })
    // 60 contracts of 0.01, 5 dearer
    expect(seen.last('trading.flow.ended')['trading.shortfall_opportunity']).toBe('3')
  })
})
