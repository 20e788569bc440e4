import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FillpathError } from '../../src/semconv/error.ts'
import { decodeLine, encodeLine } from '../../src/wire/line.ts'
import * as arbitrary from './arbitrary.ts'
import { plain } from './arbitrary.ts'
import {
  atNs,
  attributesOf,
  logRecord,
  metricPoint,
  resource,
  scope,
  spanRecord,
} from './record.ts'

const limits = { string: arbitrary.anyString }
const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'
const origin =
  '"scope":{"name":"strategy.atr","version":"1.2.0"},' +
  '"resource":{"attributes":{"service.name":"hedge-bot","process.pid":4711},' +
  '"schema_url":"https://opentelemetry.io/schemas/1.38.0"}'

const filled = logRecord({
  time: atNs,
  observedTime: atNs + 2000n,
  severityNumber: 9,
  severityText: 'info',
  eventName: 'trading.order.filled',
  body: 'filled 0.010 at 43210.00',
  traceId,
  spanId,
  flags: 1,
  attributes: attributesOf(
    ['trading.task.id', 'abc123'],
    ['trading.sequence', 5n],
    ['trading.price', '43210.00'],
    ['trading.price_num', 43210],
    ['fillpath.record.id', '5f2a9c01-00000003-1042'],
  ),
  resource,
  scope,
})

describe('golden lines', () => {
  test('[A19, A24, B02] an event reads from left to right: when, how bad, who, what, of which flow, with which data', () => {
    expect(encodeLine(filled)).toBe(
      '{"timestamp":"2026-11-21T09:20:33.000000001Z","observed_timestamp":"2026-11-21T09:20:33.000002001Z",' +
        '"level":"info","severity_number":9,"module":"strategy.atr","event":"trading.order.filled",' +
        '"message":"filled 0.010 at 43210.00",' +
        `"correlation_id":"${traceId}","trace_id":"${traceId}","span_id":"${spanId}","flags":1,` +
        '"task_id":"abc123","sequence":5,' +
        '"data":{"trading.task.id":"abc123","trading.sequence":5,"trading.price":"43210.00",' +
        '"trading.price_num":43210.0,"fillpath.record.id":"5f2a9c01-00000003-1042"},' +
        `"id":"5f2a9c01-00000003-1042",${origin}}`,
    )
  })

  test('[B02] a span tells its duration', () => {
    const span = spanRecord({
      start: atNs,
      end: atNs + 81_500_000n,
      name: 'order',
      kind: 3,
      traceId,
      spanId,
      parentSpanId: '00f067aa0ba902b7',
      traceState: 'rojo=1',
      flags: 257,
      statusCode: 2,
      statusMessage: 'insufficient funds',
      attributes: attributesOf(['trading.venue', 'binance']),
      events: [
        {
          time: atNs,
          name: 'trading.order.rejected',
          attributes: new Map(),
          droppedAttributesCount: 1,
        },
      ],
      links: [
        {
          traceId,
          spanId,
          traceState: '',
          attributes: attributesOf(['a', true]),
          droppedAttributesCount: 0,
          flags: 1,
        },
      ],
      droppedLinksCount: 2,
      resource,
      scope,
    })
    expect(encodeLine(span)).toBe(
      '{"timestamp":"2026-11-21T09:20:33.000000001Z","end":"2026-11-21T09:20:33.081500001Z","duration_ms":81.5,' +
        `"name":"order","kind":"client","trace_id":"${traceId}","span_id":"${spanId}",` +
        '"parent_span_id":"00f067aa0ba902b7","trace_state":"rojo=1","flags":257,"status_code":"error",' +
        '"status_message":"insufficient funds","data":{"trading.venue":"binance"},' +
        '"events":[{"timestamp":"2026-11-21T09:20:33.000000001Z","name":"trading.order.rejected",' +
        '"dropped_attributes_count":1}],' +
        `"links":[{"trace_id":"${traceId}","span_id":"${spanId}","flags":1,"data":{"a":true}}],` +
        `"dropped_links_count":2,${origin}}`,
    )
  })

  test('[B02] a counter and a histogram', () => {
    const counter = metricPoint(
      { type: 'sum', value: 3n, temporality: 2, monotonic: true },
      { time: atNs, start: 1n, name: 'trading.orders', unit: '{order}', resource, scope },
    )
    expect(encodeLine(counter)).toBe(
      '{"timestamp":"2026-11-21T09:20:33.000000001Z","start":"1970-01-01T00:00:00.000000001Z",' +
        '"name":"trading.orders","type":"sum","unit":"{order}","temporality":"cumulative","is_monotonic":true,' +
        `"value":3,${origin}}`,
    )
    const histogram = metricPoint(
      {
        type: 'histogram',
        temporality: 1,
        count: 2n,
        sum: 3,
        min: 1,
        max: 2,
        bounds: [1, Infinity],
        bucketCounts: [1n, 1n, 0n],
      },
      {
        name: 'trading.hedge.latency',
        exemplars: [
          { time: atNs, value: 2.5, traceId, spanId, filteredAttributes: attributesOf(['k', 'v']) },
        ],
      },
    )
    expect(encodeLine(histogram)).toBe(
      '{"name":"trading.hedge.latency","type":"histogram","temporality":"delta","count":2,"sum":3.0,"min":1.0,' +
        '"max":2.0,"bounds":[1.0,{"$double":"Infinity"}],"bucket_counts":[1,1,0],' +
        `"exemplars":[{"timestamp":"2026-11-21T09:20:33.000000001Z","value":2.5,"trace_id":"${traceId}",` +
        `"span_id":"${spanId}","data":{"k":"v"}}]}`,
    )
  })

  test('what JSON lacks has one escape, and a map that looks like one is told apart', () => {
    const record = logRecord({
      attributes: attributesOf(
        ['bytes', Uint8Array.of(0xde, 0xad, 0xbe, 0xef)],
        ['nan', NaN],
        ['zero', -0],
        ['none', null],
        ['big', 9_007_199_254_740_993n],
        ['huge', 1e21],
        ['looks', attributesOf(['$bytes', 'AA=='])],
        ['order', attributesOf(['b', 1n], ['1', 2n])],
        ['levels', attributesOf(['0', 'best'], ['1', 'next'], ['b', 'last'])],
        ['quoted', attributesOf(['say "hi"', 'x'])],
        ['__proto__', 'own'],
        ['surrogate', '\ud83d'],
      ),
    })
    expect(encodeLine(record)).toBe(
      '{"data":{"bytes":{"$bytes":"3q2+7w=="},"nan":{"$double":"NaN"},"zero":-0.0,"none":null,' +
        '"big":9007199254740993,"huge":1e+21,"looks":{"$map":[["$bytes","AA=="]]},' +
        '"order":{"$map":[["b",1],["1",2]]},"levels":{"0":"best","1":"next","b":"last"},' +
        '"quoted":{"$map":[["say \\"hi\\"","x"]]},"__proto__":"own","surrogate":"\\ud83d"}}',
    )
    expect(plain(decodeLine(encodeLine(record)))).toStrictEqual(plain(record))
  })

  test('a severity text that is not the name of the level is kept beside it', () => {
    const line = encodeLine(logRecord({ severityNumber: 13, severityText: 'Warning' }))
    expect(line).toBe('{"level":"warn","severity_number":13,"severity_text":"Warning"}')
    expect(encodeLine(logRecord({ severityNumber: 18 }))).toBe(
      '{"level":"error","severity_number":18,"severity_text":""}',
    )
    expect(encodeLine(logRecord({ severityNumber: 99 }))).toBe('{"severity_number":99}')
  })

  test('a body that is not a string is not called a message', () => {
    expect(encodeLine(logRecord({ body: attributesOf(['a', 1n]) }))).toBe('{"body":{"a":1}}')
    expect(encodeLine(logRecord({ body: '' }))).toBe('{"message":""}')
  })

  test('[A21] an all-zero trace id is no correlation id', () => {
    const zeros = '0'.repeat(32)
    expect(encodeLine(logRecord({ traceId: zeros }))).toBe(`{"trace_id":"${zeros}"}`)
  })
})

describe('every record comes back from its line exactly', () => {
  const runs = { numRuns: 2000 }

  test('[B02, B48] log records', () => {
    fc.assert(fc.property(arbitrary.logRecord(limits), returns), runs)
  })

  test('[B02, B48] spans', () => {
    fc.assert(fc.property(arbitrary.spanRecord(limits), returns), runs)
  })

  test('[B02, B48] metric points', () => {
    fc.assert(fc.property(arbitrary.metricPoint(limits), returns), runs)
  })

  test('times from 1970 to 2554, to the nanosecond', () => {
    fc.assert(
      fc.property(arbitrary.time, (time) => {
        const record = logRecord({ time })
        expect(decodeLine(encodeLine(record))).toStrictEqual(record)
      }),
      { numRuns: 5000 },
    )
  })

  function returns(record: Parameters<typeof encodeLine>[0]): void {
    const line = encodeLine(record)
    expect(line).not.toContain('\n')
    expect(plain(decodeLine(line))).toStrictEqual(plain(record))
  }
})

test('lines of one origin share their resource and scope', () => {
  const one = decodeLine(encodeLine(filled))
  const other = decodeLine(encodeLine({ ...filled, body: 'other', resource: { ...resource } }))
  expect(other.resource).toBe(one.resource)
  expect(other.scope).toBe(one.scope)
})

test('data that holds a "resource" of its own is not taken for the origin', () => {
  for (const key of ['resource', 'scope']) {
    const nested = attributesOf(
      ['a', 1n],
      [key, attributesOf(['attributes', attributesOf(['x', 1n])])],
    )
    for (const from of [{}, { resource, scope }, { resource }, { scope }]) {
      const record = logRecord({ attributes: nested, body: `,"${key}":{}`, ...from })
      expect(plain(decodeLine(encodeLine(record)))).toStrictEqual(plain(record))
    }
  }
})

test('a line of another version with more fields is read', () => {
  expect(
    decodeLine('{"message":"a","new_field":[1],"scope":{"name":"m","new":1},"new":{"a":1}}'),
  ).toMatchObject({
    body: 'a',
    scope: { name: 'm' },
  })
  expect(decodeLine('{"message":"a","resource":{"schema_url":"u"},"later":5}')).toMatchObject({
    resource: { schemaUrl: 'u' },
  })
})

test('fields behind the resource are not lost', () => {
  const line = '{"flags":1,"resource":{"schema_url":"u"},"message":"a"}'
  expect(decodeLine(line)).toMatchObject({ flags: 1, body: 'a', resource: { schemaUrl: 'u' } })
})

describe('bad lines', () => {
  test.each([
    ['', 'an empty line is not a record'],
    ['  \r', 'an empty line is not a record'],
    ['hello', 'a record is a JSON object, not "hello"'],
    ['[1]', 'a record is a JSON object, not "[1]"'],
    ['{"message":"ab', 'the line is cut off after 14 characters: "{\\"message\\":\\"ab"'],
    ['{"message":}', 'the line is not valid JSON: "{\\"message\\":}"'],
    ['{"timestamp":"yesterday"}', '"yesterday" is not a time like 2026-11-21T09:20:33.000000001Z'],
    ['{"timestamp":"2026-02-30T00:00:00.000000000Z"}', 'is not a time like'],
    ['{"timestamp":"1969-12-31T23:59:59.000000000Z"}', 'between 1970 and 2554'],
    ['{"timestamp":"2026-11-21T09:20:33.00000000xZ"}', 'is not a time like'],
    [
      '{"timestamp":"2026-11-21T09:20:33.000000000Z","observed_timestamp":"2026-11-21T09:20:33.0000000001"}',
      'is not a time like',
    ],
    ['{"timestamp":5}', '"timestamp" must be a time, not 5'],
    ['{"message":5}', '"message" must be a string, not 5'],
    ['{"flags":-1}', '"flags" must be an integer from 0 to 4294967295, not -1'],
    ['{"flags":1.0}', '"flags" must be an integer from 0 to 4294967295, not {"$double":"1.0"}'],
    ['{"data":[1]}', '"data" must be an object of attributes, not [1]'],
    ['{"data":{"$bytes":"AA=="}}', '"data" must be an object of attributes'],
    ['{"body":{"$new":1}}', '"$new" must be a known escape ($bytes, $double, $int or $map), not 1'],
    ['{"body":{"$double":"abc"}}', '"$double" must be a known escape'],
    [
      '{"body":9223372036854775808}',
      '"$int" must be an integer of 64 bits, not "9223372036854775808"',
    ],
    ['{"body":{"$map":[["a"]]}}', '"$map" must be pairs of a key and a value, not ["a"]'],
    [
      '{"name":"a","kind":"cliend"}',
      '"kind" must be one of internal, server, client, producer, consumer, not "cliend"',
    ],
    ['{"name":"a","events":[1]}', '"events" must be an array of objects, not 1'],
    [
      '{"type":"sums"}',
      '"type" must be gauge, sum, histogram, exponential_histogram or summary, not "sums"',
    ],
    ['{"type":"gauge","value":"3"}', '"value" must be a number, not "3"'],
    ['{"type":"summary","count":-1}', '"count" must be an unsigned integer of 64 bits, not -1'],
  ])('[B48] %j says what is wrong', (line, message) => {
    const error = errorOf(line)
    expect(error.code).toBe('line_malformed')
    expect(error.message).toContain(message)
  })

  test('[B48] a half-written line is refused wherever it was cut', () => {
    const line = encodeLine(filled)
    for (let length = 0; length < line.length; length++) {
      expect(errorOf(line.slice(0, length)).code).toBe('line_malformed')
    }
  })

  test('[B48] a line with any byte changed is read or refused, never a crash', () => {
    const line = encodeLine(filled)
    fc.assert(
      fc.property(
        fc.nat({ max: line.length - 1 }),
        fc.integer({ min: 32, max: 126 }),
        (at, code) => {
          const changed = line.slice(0, at) + String.fromCharCode(code) + line.slice(at + 1)
          expect(codeOf(changed)).toBeOneOf(['read', 'line_malformed'])
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('[B48] a line nested a million deep is refused', () => {
    const deep = '{"body":' + '['.repeat(1e6) + ']'.repeat(1e6) + '}'
    expect(errorOf(deep).code).toBe('line_malformed')
  })

  function codeOf(line: string): string {
    try {
      decodeLine(line)
      return 'read'
    } catch (error) {
      return error instanceof FillpathError ? error.code : String(error)
    }
  }

  function errorOf(line: string): FillpathError {
    try {
      decodeLine(line)
    } catch (error) {
      if (error instanceof FillpathError) return error
      throw error
    }
    throw new Error(`no error for ${line}`)
  }
})
