import { context, diag, logs, metrics, trace } from '@opentelemetry/api'
import type { LoggerProvider } from '@opentelemetry/api'
import { beforeEach, describe, expect, test } from 'vitest'
import { withAttributes } from '../../../src/probe/event/context.ts'
import { emit, emitNamed } from '../../../src/probe/event/emit.ts'
import { faultCount } from '../../../src/probe/event/fault.ts'
import { measure, prepareInstruments } from '../../../src/probe/event/instruments.ts'
import { events } from '../../../src/semconv/events.ts'
import { metrics as registry } from '../../../src/semconv/metrics.ts'
import { record } from '../recording.ts'
import type { Recording } from '../recording.ts'

let seen: Recording

beforeEach(() => {
  seen = record()
})

describe('one event, three signals', () => {
  test('[A08, A26] an event is a log record with its name, an event on the span, and its metrics', async () => {
    const span = trace.getTracer('test').startSpan('order')
    emit(
      'trading.order.accepted',
      { 'trading.venue': 'binance', 'trading.order.ack_latency_ms': 41.2 },
      { span, message: 'accepted' },
    )
    span.end()

    const [entry] = seen.records()
    expect(entry?.eventName).toBe('trading.order.accepted')
    expect(entry?.body).toBe('accepted')
    expect(entry?.severityText).toBe('info')
    expect(entry?.severityNumber).toBe(9)
    expect(entry?.spanContext?.spanId).toBe(span.spanContext().spanId)
    expect(entry?.instrumentationScope.name).toBe('fillpath')
    expect(seen.spans('order')[0]?.events[0]).toMatchObject({
      name: 'trading.order.accepted',
      attributes: { 'trading.venue': 'binance', 'trading.order.ack_latency_ms': 41.2 },
    })
    expect(await seen.points('trading.order.events')).toEqual([
      { labels: { 'trading.venue': 'binance' }, value: 1 },
    ])
    expect(await seen.points('trading.order.ack.duration')).toEqual([
      { labels: { 'trading.venue': 'binance' }, value: { count: 1, sum: 0.0412 } },
    ])
  })

  test('[A72] the record carries what its context hands down; the event on the span does not repeat it', () => {
    const span = trace.getTracer('test').startSpan('signal')
    const inside = withAttributes(trace.setSpan(context.active(), span), {
      'trading.symbol': 'BTC/USDT',
      'trading.strategy': 'atr',
    })
    context.with(inside, () => emit('trading.signal.filtered', { 'trading.signal.filter': 'atr' }))
    span.end()
    expect(seen.last('trading.signal.filtered')).toEqual({
      'trading.symbol': 'BTC/USDT',
      'trading.strategy': 'atr',
      'trading.signal.filter': 'atr',
    })
    expect(seen.spans('signal')[0]?.events[0]?.attributes).toEqual({
      'trading.signal.filter': 'atr',
    })
  })

  test('labels come from what the context hands down as well', async () => {
    const inside = withAttributes(context.active(), { 'trading.symbol': 'ETH/USDT' })
    emit('trading.signal.filtered', { 'trading.signal.filter': 'x' }, { context: inside })
    expect(await seen.points('trading.signal.filtered')).toEqual([
      { labels: { 'trading.symbol': 'ETH/USDT', 'trading.signal.filter': 'x' }, value: 1 },
    ])
  })

  test('an id never becomes a label', async () => {
    emit('trading.order.filled', { 'trading.order.id': '881', 'trading.venue': 'okx' })
    const [point] = await seen.points('trading.order.events')
    expect(point?.labels).toEqual({ 'trading.venue': 'okx' })
  })

  test('[A31, A50] a feed is up from its connect to its disconnect', async () => {
    const feed = { 'trading.venue': 'okx', 'trading.feed.name': 'user_stream' }
    emit('trading.feed.connected', feed)
    expect(await seen.points('trading.feed.up')).toEqual([{ labels: feed, value: 1 }])
    emit('trading.feed.disconnected', { ...feed, 'trading.feed.close_code': 1006 })
    expect(await seen.points('trading.feed.up')).toEqual([{ labels: feed, value: 0 }])
  })

  test('a decimal string is measured as a number', async () => {
    emit('trading.position.funding', { 'trading.funding.payment': '-0.012' })
    expect(await seen.points('trading.funding.payment')).toEqual([{ labels: {}, value: -0.012 }])
  })

  test('undefined attributes are left out, all others are kept in a readable form', () => {
    emitNamed('bot.checked', {
      missing: undefined,
      wei: 10n ** 20n,
      at: new Date(0),
      fees: new Map([['BNB', 1]]),
      nan: NaN,
    })
    expect(seen.last('bot.checked')).toEqual({
      wei: '100000000000000000000',
      at: '1970-01-01T00:00:00.000Z',
      fees: { BNB: 1 },
      nan: 'NaN',
    })
  })

  test('a nested value is whole in the record and JSON text on the span, which takes no other', () => {
    const span = trace.getTracer('test').startSpan('signal')
    const risk = { equity: '20000', steps: [1, 2] }
    emit('trading.position_size.calculated', { 'trading.decision.risk': risk }, { span })
    span.end()
    expect(seen.last('trading.position_size.calculated')).toEqual({ 'trading.decision.risk': risk })
    expect(seen.spans('signal')[0]?.events[0]?.attributes).toEqual({
      'trading.decision.risk': JSON.stringify(risk),
    })
  })

  test('[A54] a strategy that was degraded says from what, to what and why, and is counted', async () => {
    emit('trading.strategy.degraded', {
      'trading.degraded.from': 'websocket_ticks',
      'trading.degraded.to': 'rest_polling',
      'trading.degraded.reason': 'feed stale',
    })
    const [entry] = seen.records()
    expect(entry?.severityText).toBe('warn')
    expect(seen.last('trading.strategy.degraded')).toMatchObject({
      'trading.degraded.reason': 'feed stale',
    })
    expect(await seen.points('trading.degradations')).toContainEqual({
      labels: {
        'trading.degraded.from': 'websocket_ticks',
        'trading.degraded.to': 'rest_polling',
      },
      value: 1,
    })
  })

  test('an event of the user is recorded, and has no metrics', () => {
    emitNamed('bot.rebalanced', { ratio: 0.5 }, { severity: 'warn', message: 'rebalanced' })
    expect(seen.records('bot.rebalanced')[0]).toMatchObject({
      severityNumber: 13,
      body: 'rebalanced',
      attributes: { ratio: 0.5 },
    })
  })

  test('without a message the record says what the registry says', () => {
    emit('trading.hedge.failed', {})
    expect(seen.records()[0]?.body).toBe(events['trading.hedge.failed'].brief)
  })

  test('an ended span gets no event, the record still belongs to it', () => {
    const span = trace.getTracer('test').startSpan('order')
    span.end()
    emit('trading.order.filled', {}, { span })
    expect(seen.spans('order')[0]?.events).toEqual([])
    expect(seen.records()[0]?.spanContext?.spanId).toBe(span.spanContext().spanId)
  })
})

describe('errors', () => {
  test('[A51, A73, B42] class, message, stack, code, causes, status and body of what was thrown', () => {
    const cause = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' })
    const thrown = Object.assign(new TypeError('fetch failed', { cause }), {
      code: 'E_FETCH',
      response: { status: 429, data: { code: -1003 } },
    })
    emit('trading.api.error', {}, { exception: thrown })
    const attributes = seen.last('trading.api.error')
    expect(attributes).toMatchObject({
      'error.type': 'TypeError',
      'exception.type': 'TypeError',
      'exception.message': 'fetch failed',
      'exception.code': 'E_FETCH',
      'http.response.status_code': 429,
      'http.response.body': { code: -1003 },
      'trading.error.causes': [{ type: 'ECONNREFUSED', message: 'connect refused' }],
    })
    expect(attributes['exception.stacktrace']).toMatch(
      /TypeError: fetch failed\n[^]*Caused by: Error/,
    )
  })

  test('what is thrown and is no error is kept too', () => {
    emit('trading.error', {}, { exception: 'out of money' })
    expect(seen.last('trading.error')).toEqual({
      'error.type': 'string',
      'exception.type': 'string',
      'exception.message': 'out of money',
    })
  })

  test('an error whose getters throw harms nobody', () => {
    const hostile = new Proxy(new Error('x'), {
      get() {
        throw new Error('hostile')
      },
    })
    emit('trading.error', { 'trading.error.code': 'E001' }, { exception: hostile })
    expect(seen.last('trading.error')).toMatchObject({ 'trading.error.code': 'E001' })
  })

  test('a cause that leads back to itself ends', () => {
    const a = new Error('a')
    const b = new Error('b', { cause: a })
    a.cause = b
    emit('trading.error', {}, { exception: a })
    expect(seen.last('trading.error')['trading.error.causes']).toEqual([
      { type: 'Error', message: 'b' },
    ])
  })
})

describe('providers', () => {
  test('may be registered after the first event', () => {
    const later = record({ later: true })
    emit('trading.signal.cooldown', {})
    later.register()
    emit('trading.signal.cooldown', { 'trading.signal.cooldown_ms': 5 })
    expect(later.records().map((entry) => entry.attributes)).toEqual([
      { 'trading.signal.cooldown_ms': 5 },
    ])
  })

  test('what goes up and down is right also when it began before the provider', async () => {
    const later = record({ later: true })
    measure('trading.order.open', 1, { 'trading.venue': 'okx' })
    measure('trading.order.open', 1, { 'trading.venue': 'okx' })
    later.register()
    measure('trading.order.open', -1, { 'trading.venue': 'okx' })
    expect(await later.points('trading.order.open')).toEqual([
      { labels: { 'trading.venue': 'okx' }, value: 1 },
    ])
  })

  test('one that throws is a fault, counted, said through diag, never thrown', async () => {
    const said: unknown[] = []
    diag.setLogger(
      { error: (...words) => said.push(words), warn() {}, info() {}, debug() {}, verbose() {} },
      { suppressOverrideMessage: true },
    )
    logs.disable()
    const broken: LoggerProvider = {
      getLogger: () => ({
        enabled: () => true,
        emit() {
          throw new Error('broken')
        },
      }),
    }
    logs.setGlobalLoggerProvider(broken)
    const before = faultCount()
    expect(() => emit('trading.signal.cooldown', {})).not.toThrow()
    expect(faultCount()).toBe(before + 1)
    expect(said).toHaveLength(1)
    measure('trading.heartbeat', 1)
    expect((await seen.points('fillpath.faults'))[0]?.value).toBeGreaterThan(0)
    diag.disable()
  })
})

describe('instruments', () => {
  test('[X11, X38] carry unit, description and bucket edges of the registry', async () => {
    measure('trading.order.ack.duration', 0.02, { 'trading.venue': 'okx' })
    const data = await seen.metric('trading.order.ack.duration')
    const definition = registry['trading.order.ack.duration']
    expect(data?.descriptor).toMatchObject({ unit: 's', description: definition.brief })
    expect(data?.dataPoints[0]?.value).toMatchObject({
      buckets: { boundaries: [...definition.buckets] },
    })
  })

  test('counters that alert exist with 0 before anything happened', async () => {
    prepareInstruments()
    expect(await seen.points('trading.hedge.failures')).toEqual([{ labels: {}, value: 0 }])
    expect(await seen.points('fillpath.spool.dropped')).toHaveLength(3)
  })

  test('gauges hold the last value', async () => {
    measure('trading.api.weight', 880, { 'trading.venue': 'binance' })
    measure('trading.api.weight', 12, { 'trading.venue': 'binance' })
    expect(await seen.points('trading.api.weight')).toEqual([
      { labels: { 'trading.venue': 'binance' }, value: 12 },
    ])
  })

  test('[X35] the answer of a venue feeds the rate-limit gauges', async () => {
    emit('trading.api.response', {
      'trading.venue': 'binance',
      'trading.api.operation': 'createOrder',
      'trading.api.weight': 880,
      'trading.api.weight_limit': 1200,
      'trading.api.duration_ms': 83.1,
      'http.response.status_code': 200,
    })
    expect((await seen.points('trading.api.weight'))[0]?.value).toBe(880)
    expect((await seen.points('trading.api.weight_limit'))[0]?.value).toBe(1200)
    expect((await seen.points('trading.api.duration'))[0]?.value).toEqual({ count: 1, sum: 0.0831 })
  })

  test('[A74] a latency below zero, from two clocks, counts as zero', async () => {
    measure('trading.signal.detection.duration', -0.5, {})
    expect((await seen.points('trading.signal.detection.duration'))[0]?.value).toEqual({
      count: 1,
      sum: 0,
    })
  })

  test('[X33, X34] a gain and a cost are measured apart, for a histogram takes nothing below zero', async () => {
    measure('trading.slippage.decision', -1.5, { 'trading.venue': 'okx' })
    measure('trading.slippage.decision', 0.5, { 'trading.venue': 'okx' })
    expect(await seen.points('trading.slippage.decision')).toEqual([
      {
        labels: { 'trading.venue': 'okx', 'trading.sign': 'negative' },
        value: { count: 1, sum: 1.5 },
      },
      {
        labels: { 'trading.venue': 'okx', 'trading.sign': 'positive' },
        value: { count: 1, sum: 0.5 },
      },
    ])
  })

  test('a value that is no number is not measured', async () => {
    measure('trading.api.weight', NaN, {})
    expect(await seen.points('trading.api.weight')).toEqual([])
  })

  test('every metric of the registry can be measured', async () => {
    for (const name of Object.keys(registry)) measure(name as keyof typeof registry, 1)
    const missing: string[] = []
    for (const name of Object.keys(registry)) {
      if ((await seen.points(name)).length === 0) missing.push(name)
    }
    expect(missing).toEqual([])
    expect(metrics.getMeterProvider()).toBeDefined()
  })
})
