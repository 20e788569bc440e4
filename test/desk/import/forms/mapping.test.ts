import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { createLogger, format, transports } from 'winston'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { traceIdOf } from '../../../../src/base/ids.ts'
import { readMapping } from '../../../../src/desk/import/forms/built-in.ts'
import { mappedForm } from '../../../../src/desk/import/forms/mapped.ts'
import { mappingOf } from '../../../../src/desk/import/forms/mapping.ts'
import type { AnyValue, LogRecord } from '../../../../src/wire/record.ts'
import { run } from '../../../commands/cli.ts'
import { allRows } from '../../store/rows.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-mapping-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** The record of a line, by a mapping that is built in or given. */
function recordOf(mapping: string | object, line: string | object): LogRecord {
  const looked = typeof mapping === 'string' ? readMapping(mapping) : mappingOf(mapping, 'm.json')
  const text = typeof line === 'string' ? line : JSON.stringify(line)
  const [arrival] = mappedForm(looked)(text)
  if (arrival?.record.signal !== 'log') throw new Error('no log record')
  return arrival.record
}

const attributesOf = (record: LogRecord): Record<string, AnyValue> =>
  Object.fromEntries(record.attributes)

describe('built-in mappings', () => {
  test('[B27] pino: what its logger writes, with its error, its child and its host', () => {
    const line =
      '{"level":50,"time":1768473045123,"pid":657,"hostname":"host-1","name":"hedge-bot","taskId":"t1","symbol":"BTC/USDT",' +
      '"err":{"type":"RangeError","message":"too much","stack":"RangeError: too much\\n    at x.js:1:1"},"orderId":"x9","msg":"order failed"}'
    const record = recordOf('pino', line)
    expect(record).toMatchObject({
      time: 1_768_473_045_123_000_000n,
      severityNumber: 17,
      severityText: 'error',
      body: 'order failed',
      eventName: '',
      traceId: traceIdOf('t1'),
      scope: { name: 'hedge-bot' },
    })
    expect(attributesOf(record)).toEqual({
      'trading.task.id': 't1',
      'trading.symbol': 'BTC/USDT',
      'trading.order.id': 'x9',
      'exception.type': 'RangeError',
      'exception.message': 'too much',
      'exception.stacktrace': expect.stringContaining('RangeError: too much'),
    })
    const resource = Object.fromEntries(record.resource.attributes)
    expect(resource).toEqual({
      'service.name': 'hedge-bot',
      'host.name': 'host-1',
      'process.pid': 657n,
    })
  })

  test('[B27] winston: what its JSON format writes, its words for levels, an event of the vocabulary', () => {
    const stream = new PassThrough()
    const log = createLogger({
      level: 'silly',
      format: format.combine(format.timestamp(), format.json()),
      defaultMeta: { service: 'hedge-bot' },
      transports: [new transports.Stream({ stream })],
    })
    log.verbose('filled', { event: 'ORDER_FILLED', correlationId: 'sig_1', price: 101.5, qty: 2 })
    const record = recordOf('winston', String(stream.read()))
    expect(record).toMatchObject({
      severityText: 'debug',
      eventName: 'trading.order.filled',
      body: 'filled',
      traceId: traceIdOf('sig_1'),
    })
    expect(attributesOf(record)).toEqual({
      'trading.correlation_id': 'sig_1',
      'trading.order.price': '101.5',
      'trading.order.quantity': '2',
    })
  })

  test('[B27] structlog: the message is the event where the vocabulary knows it, else a message', () => {
    const line = {
      event: 'signal_detected',
      level: 'warning',
      timestamp: '2026-01-15T10:30:45.123456Z',
      logger: 'atr',
      symbol: 'BTCUSDT',
      correlation_id: 'sig_2',
    }
    const record = recordOf('structlog', line)
    expect(record).toMatchObject({
      time: 1_768_473_045_123_456_000n,
      severityText: 'warn',
      eventName: 'trading.signal.detected',
      body: 'signal_detected',
      scope: { name: 'atr' },
    })
    const plain = recordOf('structlog', { ...line, event: 'volatility is high enough' })
    expect(plain).toMatchObject({ eventName: '', body: 'volatility is high enough' })
    const failed = recordOf('structlog', { ...line, level: 'critical', exception: 'Traceback …' })
    expect(failed.severityText).toBe('fatal')
    expect(failed.attributes.get('exception.stacktrace')).toBe('Traceback …')
  })
})

const own = {
  time: { field: 'at', format: 'epoch_s' },
  level: { field: 'sev', words: { W: 'warn' } },
  message: 'text',
  event: { field: 'what', names: { doneBuy: 'trading.order.filled' } },
  task_id: 'ctx.task',
  attributes: {
    px: 'trading.order.price',
    'ctx.oid': 'trading.order.id',
    tries: 'trading.hedge.attempt',
    mine: 'acme.note',
  },
  resource: { bot: 'trading.bot.id' },
  drop: ['noise'],
}

describe('a mapping of its user', () => {
  test('[B27] takes fields by their paths, tables of words and events; what is not named stays', () => {
    const record = recordOf(own, {
      at: 1_700_000_000.25,
      sev: 'W',
      text: 'done',
      what: 'doneBuy',
      ctx: { task: 7, oid: 'o1', extra: { deep: [1, 2.5] } },
      px: 0.1,
      tries: 2,
      mine: true,
      bot: 'b1',
      noise: 'x',
    })
    expect(record).toMatchObject({
      time: 1_700_000_000_250_000_000n,
      severityText: 'warn',
      body: 'done',
      eventName: 'trading.order.filled',
    })
    expect(attributesOf(record)).toEqual({
      'trading.task.id': '7',
      'trading.order.price': '0.1',
      'trading.order.id': 'o1',
      'trading.hedge.attempt': 2n,
      'acme.note': true,
      ctx: new Map([['extra', new Map([['deep', [1n, 2.5]]])]]),
    })
    expect(Object.fromEntries(record.resource.attributes)).toEqual({ 'trading.bot.id': 'b1' })
  })

  test('an order id of nineteen digits keeps each of them', () => {
    const record = recordOf(
      own,
      '{"at":1,"ctx":{"oid":1234567890123456789},"raw":-9007199254740993}',
    )
    expect(attributesOf(record)).toEqual({
      'trading.order.id': '1234567890123456789',
      raw: -9_007_199_254_740_993n,
    })
  })

  test('a time without a zone is of the zone that is named, summer and winter', () => {
    const mapping = { time: { field: 't', zone: 'Europe/Berlin' } }
    const utc = (t: string): string =>
      new Date(Number(recordOf(mapping, { t }).time / 1_000_000n)).toISOString()
    expect(utc('2026-01-15 10:30:00,5')).toBe('2026-01-15T09:30:00.500Z')
    expect(utc('2026-07-15 10:30:00')).toBe('2026-07-15T08:30:00.000Z')
    expect(utc('2026-07-15T10:30:00+09:00')).toBe('2026-07-15T01:30:00.000Z')
  })

  test('[B48] a line without a time, or with none that is one, is told', () => {
    expect(() => recordOf('winston', { level: 'info', message: 'x' })).toThrow(/no timestamp/)
    expect(() => recordOf('pino', { time: 'soon' })).toThrow(/time is soon, not a time/)
    expect(() => recordOf('pino', '[1]')).toThrow(/no object/)
  })

  test.each([
    [{}, 'time is missing', ''],
    [{ time: 'ts', atributes: {} }, 'atributes is not known', 'Did you mean "attributes"?'],
    [{ time: { field: 'ts', format: 'epoch_msec' } }, 'time.format is "epoch_msec"', 'epoch_ms'],
    [{ time: 'ts', level: { words: { x: 'warm' } } }, 'level.words.x is "warm"', '"warn"'],
    [
      { time: 'ts', attributes: { px: 'trading.ordr.price' } },
      'attributes.px',
      '"trading.order.price"',
    ],
    [{ time: 'ts', attributes: { oid: 'order.id' } }, 'attributes.oid', '"trading.order.id"'],
    [
      { time: 'ts', event: { field: 'e', names: { a: 'trading.order.fild' } } },
      'event.names.a',
      '"trading.order.filled"',
    ],
    [{ time: 'ts', drop: ['a', 1] }, 'drop[1] is 1', 'name of a field'],
    [[], 'not an object', ''],
  ])('%j is refused by its path, with what may have been meant', (json, path, near) => {
    expect(() => mappingOf(json, 'm.json')).toThrow(
      expect.objectContaining({
        code: 'setting_invalid',
        message: expect.stringMatching(/^m\.json: /),
      }),
    )
    expect(() => mappingOf(json, 'm.json')).toThrow(path)
    expect(() => mappingOf(json, 'm.json')).toThrow(near)
  })

  test('a file that is not JSON is told with its line, one that is not there with the built-in names', () => {
    const path = write('m.json', '{\n  "time": "ts",\n  "level": }\n')
    expect(() => readMapping(path)).toThrow(`${path}:3: the mapping is not JSON`)
    expect(() => readMapping('pinno')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('Did you mean "pino"?') }),
    )
  })
})

describe('fillpath import --mapping', () => {
  test('[B27, B44] comes in once, also when the mapping is mended; lines that were bad come then', async () => {
    const lines = [
      '{"at":1700000000,"what":"doneBuy","ctx":{"task":"t1","oid":"o1"},"venue":"binance"}',
      '{"time":1700000001,"what":"doneBuy","ctx":{"task":"t1","oid":"o2"},"venue":"binance"}',
    ]
    const log = write('bot.log', `${lines.join('\n')}\n`)
    const mapping = write('m.json', JSON.stringify(own))
    const args = ['import', log, '--mapping', mapping, '--data', folder, '--json']
    const first = await run(args)
    expect(JSON.parse(first.stdout)).toMatchObject({ added: 1, bad: 1 })
    const rejects = readFileSync(join(folder, 'import-rejects.jsonl'), 'utf8')
    expect(JSON.parse(rejects)).toMatchObject({
      file: 'bot.log',
      line: 2,
      reason: expect.stringContaining('no at'),
    })
    writeFileSync(log, `${lines.join('\n').replace('"time"', '"at"')}\n`)
    writeFileSync(mapping, JSON.stringify({ ...own, drop: [] }))
    const second = await run(args)
    expect(JSON.parse(second.stdout)).toMatchObject({ added: 1, known: 1, bad: 0 })
    const { orders } = allRows(join(folder, 'index.db'))
    expect(orders).toMatchObject([{ order_id: 'o1' }, { order_id: 'o2' }])
    expect((await run(['import', '--all', '--mapping', 'pino', '--data', folder])).code).toBe(2)
  })

  test('[B27] the mapping that docs/import.md shows works as it says', () => {
    const text = readFileSync('docs/import.md', 'utf8')
    const [mapping = '', line = ''] = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(
      ([, json]) => json ?? '',
    )
    const record = recordOf(JSON.parse(mapping), line.replaceAll('\n', ' '))
    expect(record).toMatchObject({
      eventName: 'trading.order.filled',
      severityText: 'info',
      traceId: traceIdOf('sig_abc123'),
    })
    expect(attributesOf(record)).toMatchObject({
      'trading.order.id': '1234567890123456789',
      'trading.order.price': '43210.5',
      'trading.task.id': '7f3a',
      'trading.venue': 'binance',
    })
  })
})
