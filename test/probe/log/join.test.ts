import { Writable } from 'node:stream'
import { OpenTelemetryTransportV3 } from '@opentelemetry/winston-transport'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import winston from 'winston'
import { joinWinston, winstonTransport } from '../../../src/probe/log/join.ts'
import { startRecording } from '../../../src/probe/telemetry/testing.ts'
import type { RecordedLog, Recording } from '../../../src/probe/telemetry/testing.ts'

let recording: Recording
beforeEach(async () => {
  recording = await startRecording()
  recording.clear()
})
afterEach(() => recording.shutdown())

const { combine, splat, timestamp, errors, json } = winston.format

/** A logger of the bot's own, with a transport of its own. */
function existing(options: winston.LoggerOptions = {}) {
  const lines: Record<string, unknown>[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, next) {
      lines.push(JSON.parse(String(chunk)))
      next()
    },
  })
  const log = winston.createLogger({
    format: combine(splat(), timestamp(), errors({ stack: true }), json()),
    transports: [new winston.transports.Stream({ stream })],
    ...options,
  })
  return { log, lines }
}

function last(): RecordedLog {
  const found = recording.logs().at(-1)
  if (!found) throw new Error('nothing was logged')
  return found
}

describe('a winston logger that exists', () => {
  test('[A02, X02] joins with one line, with the span of the call, and its transports go on', () => {
    const { log, lines } = existing()
    expect(joinWinston(log)).toBe(log)
    recording.tracer.startActiveSpan('work', (span) => {
      log.warn('spread', { bps: 3 })
      expect(last()).toMatchObject({
        level: 'warn',
        severity: 13,
        message: 'spread',
        attributes: { bps: 3 },
        spanId: span.spanContext().spanId,
      })
      span.end()
    })
    expect(lines).toMatchObject([{ level: 'warn', message: 'spread', bps: 3 }])
    expect(last().attributes).toEqual({ bps: 3 })
  })

  test('a logger that has the official transport sends each line once all the same', () => {
    const { log, lines } = existing()
    log.add(new OpenTelemetryTransportV3())
    joinWinston(log)
    log.info('once')
    expect(recording.logs()).toHaveLength(1)
    expect(lines).toHaveLength(1)
  })

  test('what is no winston logger is refused by what it is, not by what it lacks', () => {
    for (const other of [winston, console, {}, undefined]) {
      expect(() => joinWinston(other as never)).toThrow(
        expect.objectContaining({
          code: 'setting_invalid',
          message: 'joinWinston() was given no winston logger',
        }),
      )
    }
  })

  test('joining twice is joining once', () => {
    const { log } = existing()
    joinWinston(joinWinston(log))
    log.info('once')
    expect(recording.logs()).toHaveLength(1)
  })

  test('children follow, also those made before, and say which module they are', () => {
    const { log } = existing({ defaultMeta: { bot: 'b1' } })
    const before = log.child({ module: 'hedge' })
    joinWinston(log)
    before.info('old child')
    expect(last()).toMatchObject({ module: 'hedge', attributes: {} })
    log.child({ label: 'risk', a: 1 }).info('new child')
    expect(last()).toMatchObject({ module: 'risk', attributes: { a: 1 } })
    log.info('itself')
    expect(last()).toMatchObject({ module: 'winston', attributes: { bot: 'b1' } })
  })

  test('[B42] an error beside a message leaves the message alone', () => {
    const { log } = existing()
    joinWinston(log)
    const error = Object.assign(new RangeError('bad price'), { code: 'E_PX', extra: 1 })
    log.error('order failed', error)
    expect(last()).toMatchObject({
      message: 'order failed',
      attributes: {
        'exception.type': 'RangeError',
        'exception.message': 'bad price',
        'exception.code': 'E_PX',
        'trading.error.details': { extra: 1 },
      },
    })
    expect(last().attributes).not.toHaveProperty('stack')
    expect(last().attributes).not.toHaveProperty('code')
  })

  test('[A51] an error alone, also through a child that copies it', () => {
    const { log } = existing()
    joinWinston(log)
    for (const each of [log, log.child({ a: 1 })]) {
      each.error(new TypeError('alone'))
      expect(last()).toMatchObject({
        message: 'alone',
        attributes: { 'exception.type': 'TypeError', 'exception.message': 'alone' },
      })
      expect(last().attributes['exception.stacktrace']).toContain('join.test.ts')
    }
  })

  test('a text called error, a field called level and placeholders stay what they are', () => {
    const { log } = existing()
    joinWinston(log)
    log.error('rejected', { error: 'insufficient funds' })
    expect(last().attributes).toEqual({ error: 'insufficient funds' })
    log.info('book', { level: 5 })
    expect(last()).toMatchObject({ level: 'info', attributes: { level: 5 } })
    log.info('%s at %d', 'BTC', 5, { more: 1 })
    expect(last()).toMatchObject({ message: 'BTC at 5', attributes: { more: 1 } })
  })

  test('a field called message stays one, though winston puts it behind the text', () => {
    const { log } = existing({ format: json() })
    joinWinston(log)
    log.warn('order refused', { message: 'Margin is insufficient.', code: -2019 })
    expect(last()).toMatchObject({ message: 'order refused' })
    expect(last().attributes).toEqual({ message: 'Margin is insufficient.', code: -2019 })
    log.error('order failed', new Error('bad price'))
    expect(last().attributes).not.toHaveProperty('message')
  })

  test('a field called message that a format masks is not told', () => {
    const mask = winston.format((info) => ({ ...info, message: 'masked' }))
    const { log } = existing({ format: combine(mask(), json()) })
    joinWinston(log)
    log.warn('login', { message: 'of the owner' })
    expect(last()).toMatchObject({ message: 'masked' })
    expect(last().attributes).not.toHaveProperty('message')
  })

  test('what its format masks or filters out does not come either, and the format runs once a line', () => {
    let runs = 0
    const mask = winston.format((info) => {
      runs += 1
      if (info['skip']) return false
      info['account'] = '***'
      return info
    })
    const { log, lines } = existing({ format: combine(mask(), json()) })
    joinWinston(log)
    log.info('a', { account: '12345' })
    log.info('b', { skip: true })
    expect(recording.logs().map(({ message }) => message)).toEqual(['a'])
    expect(last().attributes).toEqual({ account: '***' })
    expect(runs).toBe(2)
    expect(lines).toMatchObject([{ message: 'a', account: '***' }])
  })

  test('a format that throws throws into the bot as before, and the line is kept', () => {
    const broken = winston.format(() => {
      throw new Error('format')
    })
    const { log } = existing({ format: broken() })
    joinWinston(log)
    expect(() => log.info('x')).toThrow('format')
    expect(last().message).toBe('x')
  })

  test('levels of the logger hold, those of the bot get a severity, and may be told one', () => {
    const levels = { error: 0, trade: 1, info: 2, chatter: 3 }
    const { log } = existing({ levels, level: 'info' })
    joinWinston(log, { severities: { trade: 'notice' } })
    log.log('trade', 'bought')
    expect(last()).toMatchObject({ level: 'trade', severity: 10 })
    log.log('chatter', 'no')
    expect(last().message).toBe('bought')
    log.level = 'chatter'
    log.log('chatter', 'yes')
    expect(last()).toMatchObject({ level: 'chatter', severity: 5 })
  })

  test('[A08] an event of the registry under `event` is that event', () => {
    const { log } = existing()
    joinWinston(log)
    log.info('Filled', { event: 'order_filled', id: 1 })
    expect(last()).toMatchObject({ event: 'trading.order.filled', attributes: { id: 1 } })
    log.info('other', { event: 'click' })
    expect(last()).toMatchObject({ event: '', attributes: { event: 'click' } })
  })

  test('where only transports fit in, a transport joins', () => {
    const { log } = existing()
    log.add(winstonTransport({ module: 'nest' }))
    log.info('x')
    expect(recording.logs()).toHaveLength(1)
    expect(last()).toMatchObject({ module: 'nest', message: 'x' })
  })

  test("[B46] secrets are gone, in the record and not in what is the bot's own", () => {
    const { log, lines } = existing()
    joinWinston(log)
    log.info('x', { apiSecret: 's3cr3ts3cr3ts3cr3t' })
    expect(last().attributes).toEqual({ apiSecret: '[REDACTED]' })
    expect(lines).toMatchObject([{ apiSecret: 's3cr3ts3cr3ts3cr3t' }])
  })
})
