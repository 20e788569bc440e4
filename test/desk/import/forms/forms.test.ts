import { describe, expect, test } from 'vitest'
import { traceIdOf } from '../../../../src/base/ids.ts'
import { arrivalsOf } from '../../../../src/desk/import/forms/forms.ts'
import { encodeLine } from '../../../../src/wire/line.ts'
import { encodeLogs, encodeTraces } from '../../../../src/wire/otlp-json.ts'
import type { LogRecord } from '../../../../src/wire/record.ts'
import { event, orderSpan, scenario } from '../../store/scenario.ts'

function logOf(line: string): LogRecord {
  const [arrival] = arrivalsOf(line)
  if (arrival?.record.signal !== 'log') throw new Error('no log record')
  return arrival.record
}

describe('lines of fillpath and of the Collector', () => {
  test('[B48] every record comes back from its line', () => {
    for (const record of scenario()) {
      expect(arrivalsOf(encodeLine(record))).toEqual([{ record }])
    }
  })

  test.each([
    '{"level":30,"time":1700000000000,"pid":1,"hostname":"h","msg":"hi"}',
    '{"level":"info","message":"hi","timestamp":"2026-01-15T10:30:00.000Z","orderId":"881"}',
    '{"event":"hi","level":"info","timestamp":"2026-01-15T10:30:00.000000Z"}',
    '{"ts":1,"msg":"hi"}',
  ])('[B27, B48] a line of another logger is no record without its time: %s', (line) => {
    expect(() => arrivalsOf(line)).toThrow('is of another logger: read its file by a mapping')
  })

  test.each([
    '{"timestamp": "2026-01-15T10:30:00.000000001Z", "severity_number": 9, "message": "spaced"}',
    '{"message":"no time","scope":{"name":"x"}}',
    '{"message":"nearly nothing"}',
    '{"severity_number":9}',
  ])('[B48] a line of ours is one however it is spaced, and however little it says: %s', (line) => {
    expect(arrivalsOf(line)).toHaveLength(1)
  })

  test('a request in OTLP JSON gives all its records', () => {
    const events = [event('trading.error', 1, {}), event('trading.error', 2, {})]
    expect(arrivalsOf(encodeLogs(events)).map(({ record }) => record)).toEqual(events)
    expect(arrivalsOf(encodeTraces([orderSpan()])).map(({ record }) => record)).toEqual([
      orderSpan(),
    ])
  })
})

describe('JSON lines of a Python bot', () => {
  const line = (more: object): string =>
    JSON.stringify({
      timestamp: '2026-01-15T10:30:45.123Z',
      level: 'INFO',
      module: 'atr_detector',
      event: 'signal_detected',
      correlation_id: 'sig_abc123',
      data: { symbol: 'BTCUSDT', direction: 'UP', price: 95000.0, atr: 1500.0 },
      ...more,
    })

  test('[A67] name, trace, time and data are those of the registry', () => {
    const record = logOf(line({}))
    expect(record).toMatchObject({
      eventName: 'trading.signal.detected',
      severityNumber: 9,
      time: 1_768_473_045_123_000_000n,
      traceId: traceIdOf('sig_abc123'),
      scope: { name: 'atr_detector' },
    })
    expect(Object.fromEntries(record.attributes)).toEqual({
      'trading.correlation_id': 'sig_abc123',
      'trading.symbol': 'BTCUSDT',
      'trading.side': 'buy',
      'trading.decision.price': '95000',
      'trading.atr': 1500,
    })
  })

  test('[A66] an event that the formatter called generic is found in the data; order_reJECTED is order.rejected', () => {
    const record = logOf(
      line({ event: 'generic', data: { event: 'order_reJECTED', order_id: '7' } }),
    )
    expect(record.eventName).toBe('trading.order.rejected')
    expect(record.attributes.has('event')).toBe(false)
  })

  test.each([
    ['2026-01-15T10:30:45.123456Z', 1_768_473_045_123_456_000n],
    ['2026-01-15 10:30:45,123', 1_768_473_045_123_000_000n],
    ['2026-01-15T10:30:45+01:00', 1_768_469_445_000_000_000n],
  ])('the time %s is read to its last digit', (timestamp, time) => {
    expect(logOf(line({ timestamp })).time).toBe(time)
  })

  test('a time that is none is told', () => {
    expect(() => arrivalsOf(line({ timestamp: 'yesterday' }))).toThrow(/"yesterday", not ISO 8601/)
  })
})

describe('task logs', () => {
  test('[B44] an event and a snapshot with the same number are two', () => {
    const common = { timestamp: 1704067200000, taskId: 'abc123', sequence: 1 }
    const [first] = arrivalsOf(JSON.stringify({ ...common, type: 'TASK_CREATED', payload: {} }))
    const [second] = arrivalsOf(
      JSON.stringify({ ...common, trigger: 'hedge_start', predict: null }),
    )
    expect([first?.key, second?.key]).toEqual(['task/abc123/1', 'book/abc123/1'])
  })

  test('[B24] a snapshot has the book of each venue, under the name it has there', () => {
    const record = logOf(
      JSON.stringify({
        timestamp: 1704067215000,
        taskId: 'abc123',
        sequence: 2,
        trigger: 'hedge_start',
        predict: {
          bids: [[0.54, 100]],
          asks: [[0.55, 80]],
          bestBid: 0.54,
          bestAsk: 0.55,
          spread: 0.01,
          latencyMs: 45,
        },
        polymarket: null,
        arbMetrics: { totalCost: 0.99, profitPercent: 1.01, isValid: true, maxDepth: 80 },
      }),
    )
    expect(record.eventName).toBe('trading.book.snapshot')
    expect(record.attributes.get('trading.book.venues')).toEqual(
      new Map([
        [
          'predict',
          new Map<string, unknown>([
            ['bids', [['0.54', '100']]],
            ['asks', [['0.55', '80']]],
            ['best_bid', '0.54'],
            ['best_ask', '0.55'],
            ['spread', '0.01'],
            ['latency_ms', 45],
          ]),
        ],
      ]),
    )
    expect(record.attributes.get('trading.arb.total_cost')).toBe('0.99')
  })

  test('a line without a number is told', () => {
    expect(() => arrivalsOf('{"timestamp":1,"taskId":"a","type":"TASK_CREATED"}')).toThrow(
      /sequence of a line of a task log is undefined/,
    )
  })
})

test.each(['{"timestamp":', '[]', '"text"', '{"resourceLogs":[{"scopeLogs":7}]}', '\u0000\u0000'])(
  '[B48] %j is no record',
  (line) => {
    expect(() => arrivalsOf(line)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/malformed$/) }),
    )
  },
)
