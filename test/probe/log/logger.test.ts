import { Writable } from 'node:stream'
import { SPLAT } from 'triple-beam'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import winston from 'winston'
import Transport from 'winston-transport'
import { traceIdOf } from '../../../src/base/ids.ts'
import { faultCount } from '../../../src/probe/event/fault.ts'
import { logger } from '../../../src/probe/log/logger.ts'
import type { Logger } from '../../../src/probe/log/logger.ts'
import { logContext } from '../../../src/probe/log/scope.ts'
import { setLogLevel } from '../../../src/probe/log/sinks.ts'
import { startRecording } from '../../../src/probe/telemetry/testing.ts'
import type { RecordedLog, Recording } from '../../../src/probe/telemetry/testing.ts'

let recording: Recording
let log: Logger

beforeEach(async () => {
  recording = await startRecording()
  recording.clear()
  log = logger('strategy.atr')
})
afterEach(() => recording.shutdown())

function last(): RecordedLog {
  const found = recording.logs().at(-1)
  if (!found) throw new Error('nothing was logged')
  return found
}

describe('one logger', () => {
  test('[A01, B33] a module gets the same winston logger each time', () => {
    expect(logger('strategy.atr')).toBe(log)
    expect(log).toBeInstanceOf(winston.Logger)
    expect(logger('hedge')).not.toBe(log)
  })

  test('[A04, A05] a line carries level, module, message and fields', () => {
    log.warn('spread is wide', { bps: 12.5, venue: 'okx' })
    expect(last()).toMatchObject({
      level: 'warn',
      severity: 13,
      module: 'strategy.atr',
      event: '',
      message: 'spread is wide',
      attributes: { bps: 12.5, venue: 'okx' },
    })
  })

  test.each([
    ['fatal', 21],
    ['emerg', 23],
    ['error', 17],
    ['warn', 13],
    ['notice', 10],
    ['info', 9],
    ['http', 7],
    ['verbose', 6],
    ['debug', 5],
    ['trace', 1],
    ['silly', 1],
  ] as const)('the level %s has severity %d', (level, severity) => {
    log[level]('x')
    expect(last()).toMatchObject({ level, severity })
  })

  test('[A58] a class takes any winston logger, and ours is one', () => {
    class Executor {
      readonly #log: winston.Logger
      constructor(external?: winston.Logger) {
        this.#log = external ?? logger('executor')
      }
      run(): void {
        this.#log.info('run')
      }
    }
    new Executor(log).run()
    expect(last().module).toBe('strategy.atr')
    new Executor().run()
    expect(last().module).toBe('executor')
  })

  test('every form of a winston call is understood', () => {
    log.log('info', 'a', { x: 1 })
    expect(last()).toMatchObject({ message: 'a', attributes: { x: 1 } })
    log.log({ level: 'error', message: 'b', y: 2 })
    expect(last()).toMatchObject({ level: 'error', message: 'b', attributes: { y: 2 } })
    log.info({ message: 'c', z: 3 })
    expect(last()).toMatchObject({ level: 'info', message: 'c', attributes: { z: 3 } })
    log.write({ level: 'debug', message: 'd' })
    expect(last()).toMatchObject({ level: 'debug', message: 'd' })
    log.log({ level: 'info', message: '%s at %d', [SPLAT]: ['BTC', 5], e: 1 })
    expect(last()).toMatchObject({ message: 'BTC at 5', attributes: { e: 1 } })
    log.startTimer().done({ message: 'timed' })
    expect(last()).toMatchObject({
      message: 'timed',
      attributes: { durationMs: expect.any(Number) },
    })
    expect(log.info('chained')).toBe(log)
  })
})

describe('children', () => {
  test('[A07] withData adds fields to a logger of its own and leaves the parent alone', () => {
    const nested = { level: 1 }
    const parent = log.withData({ a: 1, nested })
    const child = parent.withData({ b: 2, nested: { ...nested, extra: true } })
    child.info('child')
    expect(last().attributes).toEqual({ a: 1, b: 2, nested: { level: 1, extra: true } })
    parent.info('parent')
    expect(last().attributes).toEqual({ a: 1, nested: { level: 1 } })
    log.info('root')
    expect(last().attributes).toEqual({})
    expect(nested).toEqual({ level: 1 })
  })

  test('fields of the call win over those of the logger, and winston calls the same thing child', () => {
    log.child({ venue: 'okx', leg: 1 }).info('x', { venue: 'binance' })
    expect(last().attributes).toEqual({ venue: 'binance', leg: 1 })
  })

  test('a record keeps its values when the bot changes the object afterwards', () => {
    const book = { bids: [[100, 1]], depth: 1 }
    log.info('book', { book })
    book.bids.push([99, 2])
    book.depth = 2
    expect(last().attributes).toEqual({ book: { bids: [[100, 1]], depth: 1 } })
  })

  test('[A06, A67] withCorrelationId puts a line into the trace that the id stands for, without a span', () => {
    log.withCorrelationId('sig_abc123').info('received')
    expect(last()).toMatchObject({
      traceId: traceIdOf('sig_abc123'),
      spanId: '',
      attributes: { 'trading.correlation_id': 'sig_abc123' },
    })
  })

  test('[A06] inside a span of that very trace the line keeps the span', async () => {
    await logContext({ correlationId: 'sig_1' }, async () => {
      const span = recording.tracer.startSpan('signal')
      recording.tracer.startActiveSpan('inner', {}, (inner) => {
        log.withCorrelationId('sig_1').info('here')
        expect(last()).toMatchObject({
          traceId: traceIdOf('sig_1'),
          spanId: inner.spanContext().spanId,
        })
        inner.end()
      })
      span.end()
    })
  })
})

describe('scopes', () => {
  test('[A09] logContext adds fields, restores them afterwards, nests, and survives awaits', async () => {
    const inside = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      log.info('late')
    }
    let pending: Promise<void> = Promise.resolve()
    await logContext({ task: 't1', leg: 1 }, async () => {
      await logContext({ leg: 2 }, inside)
      expect(last().attributes).toEqual({ task: 't1', leg: 2 })
      log.info('outer again')
      expect(last().attributes).toEqual({ task: 't1', leg: 1 })
      pending = inside()
    })
    log.info('after')
    expect(last().attributes).toEqual({})
    await pending
    expect(last()).toMatchObject({ message: 'late', attributes: { task: 't1', leg: 1 } })
  })

  test('[A09] a throw inside restores too, and comes out', () => {
    expect(() =>
      logContext({ a: 1 }, () => {
        throw new RangeError('out')
      }),
    ).toThrow('out')
    log.info('after')
    expect(last().attributes).toEqual({})
  })

  test('[A06, A72] a correlation id of a scope is on every line, event and new span in it', () => {
    logContext({ correlationId: 'sig_9' }, () => {
      log.info('line')
      expect(last()).toMatchObject({
        traceId: traceIdOf('sig_9'),
        attributes: { 'trading.correlation_id': 'sig_9' },
      })
      recording.events.orderSubmitted({ orderId: '1' })
      expect(last()).toMatchObject({
        traceId: traceIdOf('sig_9'),
        attributes: { 'trading.correlation_id': 'sig_9', 'trading.order.id': '1' },
      })
      const span = recording.tracer.startSpan('work')
      expect(span.spanContext().traceId).toBe(traceIdOf('sig_9'))
      span.end()
    })
  })

  test('[X02] a scope entered inside a span is nearer than the span, a span started inside is nearer than the scope', () => {
    recording.tracer.startActiveSpan('outer', (outer) => {
      logContext({ correlationId: 'other' }, () => {
        log.info('scope is nearer')
        expect(last().traceId).toBe(traceIdOf('other'))
        recording.tracer.startActiveSpan('inner', (inner) => {
          log.info('span is nearer')
          expect(last().spanId).toBe(inner.spanContext().spanId)
          inner.end()
        })
      })
      outer.end()
    })
  })
})

describe('levels', () => {
  test('[A12] the level of a sink may change at run time', () => {
    setLogLevel('otel', 'warn')
    recording.clear()
    log.info('not sent')
    log.warn('sent')
    expect(recording.logs().map((each) => each.message)).toEqual(['sent'])
    setLogLevel('otel', 'debug')
    log.debug('sent too')
    expect(last().message).toBe('sent too')
    expect(() => setLogLevel('otel', 'warm' as never)).toThrow(/"warm".*Did you mean "warn"/)
  })

  test('the level of a logger holds for it and its children alone', () => {
    log.level = 'error'
    recording.clear()
    log.warn('no')
    log.child({}).warn('no')
    logger('other').warn('yes')
    log.error('yes')
    expect(recording.logs().map((each) => each.message)).toEqual(['yes', 'yes'])
    expect(log.level).toBe('error')
    expect(log.isLevelEnabled('warn')).toBe(false)
    expect(log.isErrorEnabled()).toBe(true)
    log.level = 'silly'
  })

  test('a silent logger says nothing', () => {
    log.silent = true
    recording.clear()
    log.error('no')
    log.silent = false
    log.error('yes')
    expect(recording.logs().map((each) => each.message)).toEqual(['yes'])
  })
})

test('a message is freed of colour codes, and a very long one is cut with a mark', () => {
  log.info('\u001b[31mred\u001b[0m alert')
  expect(last().message).toBe('red alert')
  log.info('x'.repeat(40_000))
  expect(last().message).toMatch(/^x{32000,33000}…\[\+\d+ characters\]$/)
})

describe('transports of the bot', () => {
  test('a logger that was ended takes lines still, and throws nothing', async () => {
    const log = logger('ended')
    const lines: string[] = []
    const stream = new Writable({
      write(chunk: Buffer, _encoding, next) {
        lines.push(String(chunk))
        next()
      },
    })
    const failures: unknown[] = []
    log.on('error', (error) => failures.push(error))
    log.add(new winston.transports.Stream({ stream }))
    log.info('before')
    log.end()
    log.info('after')
    await new Promise((resolve) => setImmediate(resolve))
    expect(failures).toEqual([])
    expect(lines).toHaveLength(1)
    expect(recording.logs().map(({ message }) => message)).toEqual(['before', 'after'])
    log.clear()
  })

  test('a transport that fails does not end the bot, and a listener of the bot still hears of it', () => {
    const log = logger('failing')
    const transport = new Transport({ log: (_info: unknown, next: () => void) => next() })
    log.add(transport)
    const faults = faultCount()
    expect(() => transport.emit('error', new Error('ENOSPC'))).not.toThrow()
    expect(faultCount()).toBe(faults + 1)
    const heard: unknown[] = []
    log.on('error', (error: Error) => heard.push(error.message))
    transport.emit('error', new Error('ENOSPC'))
    expect(heard).toEqual(['ENOSPC'])
    log.clear()
  })

  test('a transport added to a logger gets its lines, with ids, and without secrets', () => {
    const seen: Record<string, unknown>[] = []
    const transport = new winston.transports.Stream({
      stream: new Writable({
        write(chunk: Buffer, _encoding, next) {
          seen.push(JSON.parse(String(chunk)))
          next()
        },
      }),
      format: winston.format.json(),
    })
    log.add(transport)
    log.withCorrelationId('sig_1').warn('hello', { apiKey: 'abcdefgh12345678', a: 1 })
    log.remove(transport)
    log.warn('not any more')
    expect(seen).toEqual([
      expect.objectContaining({
        level: 'warn',
        message: 'hello',
        module: 'strategy.atr',
        a: 1,
        apiKey: '[REDACTED]',
        trace_id: traceIdOf('sig_1'),
      }),
    ])
  })
})
