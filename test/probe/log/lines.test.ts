import { describe, expect, test } from 'vitest'
import type { Entry } from '../../../src/probe/log/entry.ts'
import { humanLines } from '../../../src/probe/log/human.ts'
import { jsonLine } from '../../../src/probe/log/json.ts'

const span = { traceId: '3f2c1ab4'.repeat(4), spanId: 'aabbccdd00112233', traceFlags: 1 }

function entry(changes: Partial<Entry> = {}): Entry {
  return {
    time: [1_768_473_045, 123_000_001],
    severity: 9,
    level: 'info',
    module: 'simple_hedge',
    event: '',
    message: 'text',
    data: {},
    span: undefined,
    traceId: '',
    ...changes,
  }
}

describe('a JSON line', () => {
  test('[A04, A20, C01] has every standard field at the top, event among them', () => {
    const line = jsonLine(
      entry({
        event: 'trading.signal.received',
        message: 'Signal received',
        data: { 'trading.symbol': 'BTCUSDT', 'trading.atr': 1500 },
        span,
        traceId: span.traceId,
      }),
    )
    expect(line).not.toContain('\n')
    expect(JSON.parse(line)).toEqual({
      timestamp: '2026-01-15T10:30:45.123000001Z',
      level: 'INFO',
      module: 'simple_hedge',
      event: 'trading.signal.received',
      message: 'Signal received',
      correlation_id: span.traceId,
      trace_id: span.traceId,
      span_id: span.spanId,
      data: { 'trading.symbol': 'BTCUSDT', 'trading.atr': 1500 },
    })
  })

  test('[A06, A72] a foreign correlation id stands as itself', () => {
    const line = jsonLine(
      entry({ data: { 'trading.correlation_id': 'sig_123456' }, traceId: 'ab'.repeat(16) }),
    )
    expect(JSON.parse(line)).toMatchObject({
      event: '',
      correlation_id: 'sig_123456',
      trace_id: 'ab'.repeat(16),
      span_id: '',
    })
  })
})

describe('a line for people', () => {
  const plain = humanLines(false)

  test('[A11] has time, level, module, event, short trace id, message and fields', () => {
    const line = plain(
      entry({
        event: 'trading.order.filled',
        message: 'Filled',
        data: { 'trading.symbol': 'BTC/USDT', note: 'two words', book: { bid: 1 } },
        span,
        traceId: span.traceId,
      }),
    )
    expect(line).toMatch(
      /^\d\d:30:45\.123 INFO  simple_hedge order\.filled 3f2c1ab4 Filled symbol=BTC\/USDT note="two words" book=\{"bid":1\}$/,
    )
  })

  test('[A51, A73] a stack stands below, with its causes, indented', () => {
    const line = plain(
      entry({
        severity: 17,
        level: 'error',
        message: 'order failed',
        data: {
          'exception.type': 'RangeError',
          'exception.message': 'bad price',
          'exception.code': 'E_PX',
          'exception.stacktrace':
            'RangeError: bad price\n    at f\nCaused by: Error: inner\n    at g',
        },
      }),
    )
    expect(line.split('\n').slice(1)).toEqual([
      '    RangeError: bad price',
      '        at f',
      '    Caused by: Error: inner',
      '        at g',
    ])
    expect(line).toContain('exception.code=E_PX')
  })

  test('no value can forge a line or speak to the terminal', () => {
    const line = plain(
      entry({
        message: 'a\n10:00:00.000 ERROR fake b\u001b]0;title\u0007',
        module: 'm\u001b[2J',
        data: { 'k\r': 'v\u202e\u009b31m', list: ['\u001b[0m'] },
      }),
    )
    expect(line).toMatch(/\n {4}10:00:00\.000 ERROR fake/)
    // oxlint-disable-next-line no-control-regex -- they must not be there
    expect(line).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    expect(line).toContain('\\u001b')
  })

  test('colour says the level, and is not there when it is not wanted', () => {
    const coloured = humanLines(true)
    expect(coloured(entry({ severity: 17, level: 'error' }))).toContain('\u001b[31m')
    expect(coloured(entry({ severity: 13, level: 'warn' }))).toContain('\u001b[33m')
    expect(plain(entry({ severity: 17, level: 'error' }))).not.toContain('\u001b')
  })

  test('a price keeps its digits, a measured time loses those that mean nothing', () => {
    const line = plain(
      entry({
        data: {
          price: 97_123.456_789,
          'trading.atr': 1234.567_89,
          'trading.hedge.latency_ms': 182.412_345_678,
        },
      }),
    )
    expect(line).toMatch(/ price=97123\.456789 atr=1234\.56789 hedge\.latency_ms=182\.412$/)
  })

  test('a long value is cut', () => {
    expect(plain(entry({ data: { body: 'x'.repeat(5000) } })).length).toBeLessThan(600)
  })
})
