import { describe, expect, test } from 'vitest'
import { humanLine, plain, shortValue } from '../../src/archive/human.ts'
import { zoneOf } from '../../src/archive/zone.ts'
import { attributes, event, log, traceId } from './records.ts'

const zone = zoneOf('UTC')

describe('a record as a line for people', () => {
  test('[A11, A13] has time, level, module, event, message, fields and trace, in this order', () => {
    const record = { ...event('trading.feed.stale', 0, ''), body: 'no message for a minute' }
    const line = humanLine(
      {
        ...record,
        attributes: attributes({ 'trading.feed.name': 'books', retries: 3n, ratio: 0.5 }),
      },
      { zone },
    )
    expect(line).toBe(
      `2026-11-21 09:20:33.000 INFO  bot.orders feed.stale no message for a minute feed.name=books retries=3 ratio=0.5 trace=${traceId}`,
    )
  })

  test('cannot be forged or broken by what a sender wrote, with colours or without', () => {
    const nasty = 'one\ntwo\r\u001b[2J\u0007\u2028three\u202egpj\u0085'
    const record = log(
      nasty,
      { [nasty]: nasty, nested: attributes({ deep: nasty }) },
      {
        eventName: nasty,
        severityText: nasty,
        severityNumber: 0,
        scope: { ...log('').scope, name: nasty },
        traceId: '',
      },
    )
    const lines = [
      humanLine(record, { zone }),
      humanLine(record, { zone, paint: (_part, text) => text, stack: true }),
    ]
    for (const line of lines) {
      expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u)
      expect(line).toContain(String.raw`one\ntwo\u000d\u001b[2J`)
    }
  })

  test('[A16, A73] has the stack of an exception below it, and not within it', () => {
    const record = log('failed', { 'exception.stacktrace': 'Error: x\n    at y\u001b[1m' })
    expect(humanLine(record, { zone })).not.toContain('at y')
    expect(humanLine(record, { zone, stack: true }).split('\n').slice(1)).toEqual([
      '    Error: x',
      String.raw`        at y\u001b[1m`,
    ])
  })

  test('colours each part, and shortens what is long', () => {
    const line = humanLine(log('x', { text: 'y'.repeat(500) }), {
      zone,
      paint: (part, text) => `<${part}>${text}</>`,
      traceDigits: 8,
      valueCharsMax: 10,
    })
    expect(line).toBe(
      `<time>2026-11-21 09:20:33.000</> <level>INFO </> <module>bot.orders</> x <key>text=</>yyyyyyyyyy… <trace>trace=${traceId.slice(0, 8)}</>`,
    )
  })
})

test('a value is bare where nothing can be mistaken', () => {
  expect(shortValue('BTC/USDT')).toBe('BTC/USDT')
  expect(shortValue('two words')).toBe('"two words"')
  expect(shortValue('a=b')).toBe('"a=b"')
  expect(shortValue('')).toBe('""')
  expect(shortValue(12n)).toBe('12')
  expect(shortValue(true)).toBe('true')
  expect(shortValue(null)).toBe('null')
  expect(shortValue(attributes({ a: [1n, 'x'] }))).toBe('{"a":[1,"x"]}')
  expect(plain('tab\there')).toBe('tab here')
})
