import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventNameOf } from '../../../src/semconv/aliases.ts'
import { events as registry } from '../../../src/semconv/events.ts'
import { attributeNameOf, camelCase, namedFields } from '../../../src/probe/log/fields.ts'
import { logger } from '../../../src/probe/log/logger.ts'
import { startRecording } from '../../../src/probe/telemetry/testing.ts'
import type { RecordedLog, Recording } from '../../../src/probe/telemetry/testing.ts'

let recording: Recording
const log = logger('bot')

beforeEach(async () => {
  recording = await startRecording()
  recording.clear()
})
afterEach(() => recording.shutdown())

function last(): RecordedLog {
  const found = recording.logs().at(-1)
  if (!found) throw new Error('nothing was logged')
  return found
}

describe('event()', () => {
  test.each([
    ['order_reJECTED', 'trading.order.rejected'],
    ['ORDER_CANCELLED', 'trading.order.canceled'],
    ['signal_detected', 'trading.signal.detected'],
    ['TASK_CREATED', 'trading.task.created'],
    ['trading.api.response', 'trading.api.response'],
  ])('[A08, A26] the spelling %s is the event %s', (spelling, name) => {
    log.event(spelling, 'text', { x: 1 })
    expect(last()).toMatchObject({ event: name, message: 'text', module: 'bot' })
    expect(last().attributes['x']).toBe(1)
  })

  test('[A08, C29] an event of the bot keeps its name, and no event is called generic', () => {
    log.event('grid.rebalanced', 'Rebalanced', { levels: 5 })
    expect(last()).toMatchObject({
      event: 'grid.rebalanced',
      level: 'info',
      message: 'Rebalanced',
      attributes: { levels: 5 },
    })
    log.info('no event')
    expect(last().event).toBe('')
  })

  test('the severity is that of the registry', () => {
    log.event('order_rejected', 'Rejected')
    expect(last().level).toBe(registry['trading.order.rejected'].severity)
  })

  test('an event is an event of the active span, and raises its counters', async () => {
    recording.tracer.startActiveSpan('signal', (span) => {
      log.event('signal_filtered', 'Too slow', { symbol: 'BTC/USDT', signalFilter: 'velocity' })
      span.end()
    })
    expect(last().spanId).toBe(recording.spans().at(-1)?.spanContext().spanId)
    expect(recording.spans().at(-1)?.events).toMatchObject([
      { name: 'trading.signal.filtered', attributes: { 'trading.symbol': 'BTC/USDT' } },
    ])
    const counted = (await recording.metrics()).filter(
      ({ name, labels }) =>
        name === 'trading.signal.filtered' && labels['trading.symbol'] === 'BTC/USDT',
    )
    expect(counted).toMatchObject([{ value: 1 }])
  })
})

describe('typed events', () => {
  test('[A34] there is a method for each event of the registry', () => {
    for (const name of Object.keys(registry)) {
      const method = camelCase(name.replace(/^(trading|fillpath)\./, ''))
      expect(log.events, method).toHaveProperty(method, expect.any(Function))
      expect(eventNameOf(method)).toBe(name)
    }
  })

  test('[A34, A23, A35] fields have short names, and the record full ones', () => {
    log.events.signalDetected({
      symbol: 'BTCUSDT',
      side: 'buy',
      decisionPrice: '95000.0',
      atr: 1500,
      velocity: 0.008,
      confidence: 0.85,
    })
    expect(last()).toMatchObject({
      event: 'trading.signal.detected',
      level: 'info',
      attributes: {
        'trading.symbol': 'BTCUSDT',
        'trading.side': 'buy',
        'trading.decision.price': '95000.0',
        'trading.atr': 1500,
        'trading.velocity': 0.008,
        'trading.signal.confidence': 0.85,
      },
    })
  })

  test('[A34] a wrong field or value does not compile', () => {
    // @ts-expect-error -- no such field
    log.events.signalDetected({ symbl: 'BTC' })
    // @ts-expect-error -- a closed set
    log.events.signalDetected({ side: 'long' })
    // @ts-expect-error -- a number
    log.events.signalDetected({ confidence: 'high' })
    // @ts-expect-error -- no such event
    expect(() => log.events.signalDetectd({})).toThrow(TypeError)
  })

  test('[A41, B42] an error goes with an event', () => {
    log.events.orderFailed(
      { orderId: '7' },
      { message: 'Submit failed', error: new RangeError('bad price'), data: { step: 'submit' } },
    )
    expect(last()).toMatchObject({
      event: 'trading.order.failed',
      message: 'Submit failed',
      attributes: {
        'trading.order.id': '7',
        'exception.type': 'RangeError',
        'exception.message': 'bad price',
        step: 'submit',
      },
    })
  })
})

test('[C29, A53] errors with a code and details, and where a retry stands', () => {
  log.events.error({ code: 'E001', details: { step: 'submit' } }, { message: 'No balance' })
  expect(last()).toMatchObject({
    event: 'trading.error',
    message: 'No balance',
    attributes: { 'trading.error.code': 'E001', 'trading.error.details': { step: 'submit' } },
  })
  log.events.retry({ state: 'waiting', attempt: 2, attemptsMax: 5, delayMs: 400 })
  expect(last()).toMatchObject({
    event: 'trading.retry',
    attributes: {
      'trading.retry.state': 'waiting',
      'trading.retry.attempt': 2,
      'trading.retry.attempts_max': 5,
      'trading.retry.delay_ms': 400,
    },
  })
})

describe('names of fields', () => {
  test.each([
    ['trading.order.filled', 'orderId', 'trading.order.id'],
    ['trading.order.filled', 'order_id', 'trading.order.id'],
    ['trading.order.filled', 'id', 'trading.order.id'],
    ['trading.order.filled', 'trading.order.id', 'trading.order.id'],
    ['trading.order.filled', 'symbol', 'trading.symbol'],
    ['trading.api.response', 'durationMs', 'trading.api.duration_ms'],
    ['trading.api.response', 'httpResponseStatusCode', 'http.response.status_code'],
    ['trading.retry', 'state', 'trading.retry.state'],
    ['trading.order.filled', 'myOwn', 'myOwn'],
  ])('in %s, %s means %s', (event, field, name) => {
    expect(attributeNameOf(event, field)).toBe(name)
    expect(namedFields(event, { [field]: 1 })).toEqual({ [name]: 1 })
  })
})
