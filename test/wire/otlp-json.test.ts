import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FillpathError } from '../../src/semconv/error.ts'
import {
  decodeLogs,
  decodeMetrics,
  decodeRequest,
  decodeTraces,
  encodeLogs,
  encodeMetrics,
  encodeTraces,
} from '../../src/wire/otlp-json.ts'
import type { WireRecord } from '../../src/wire/record.ts'
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

describe('every record comes back from its request exactly', () => {
  const runs = { numRuns: 700 }

  test('log records', () => {
    fc.assert(
      fc.property(arbitrary.logRecord(limits), (record) => {
        expect(decodeLogs(encodeLogs([record])).map(plain)).toStrictEqual([plain(record)])
      }),
      runs,
    )
  })

  test('spans', () => {
    fc.assert(
      fc.property(arbitrary.spanRecord(limits), (record) => {
        expect(decodeTraces(encodeTraces([record])).map(plain)).toStrictEqual([plain(record)])
      }),
      runs,
    )
  })

  test('metric points', () => {
    fc.assert(
      fc.property(arbitrary.metricPoint(limits), (record) => {
        expect(decodeMetrics(encodeMetrics([record])).map(plain)).toStrictEqual([plain(record)])
      }),
      runs,
    )
  })
})

describe('what is written', () => {
  test('log records come in groups of their resource and scope, in the order of the first of each', () => {
    const other = { ...scope, name: 'other', schemaUrl: 'u' }
    const records = [
      logRecord({ body: 'one', time: atNs, resource, scope }),
      logRecord({ body: 'two', resource, scope: other }),
      logRecord({
        body: 'three',
        traceId,
        attributes: attributesOf(['n', 5n], ['d', 5], ['z', -0]),
        resource,
        scope,
      }),
    ]
    expect(encodeLogs(records)).toBe(
      '{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"hedge-bot"}},' +
        '{"key":"process.pid","value":{"intValue":"4711"}}]},"scopeLogs":[' +
        '{"scope":{"name":"strategy.atr","version":"1.2.0"},"logRecords":[' +
        '{"timeUnixNano":"1795252833000000001","body":{"stringValue":"one"}},' +
        '{"body":{"stringValue":"three"},"attributes":[{"key":"n","value":{"intValue":"5"}},' +
        '{"key":"d","value":{"doubleValue":5}},{"key":"z","value":{"doubleValue":-0.0}}],' +
        `"traceId":"${traceId}"}]},` +
        '{"scope":{"name":"other","version":"1.2.0"},"logRecords":[{"body":{"stringValue":"two"}}],"schemaUrl":"u"}' +
        '],"schemaUrl":"https://opentelemetry.io/schemas/1.38.0"}]}',
    )
  })

  test('points of one metric come together', () => {
    const point = { type: 'sum', value: 1n, temporality: 2, monotonic: true } as const
    const fields = { name: 'trading.orders', unit: '{order}', resource, scope }
    const buy = metricPoint(point, { ...fields, attributes: attributesOf(['side', 'buy']) })
    const gauge = metricPoint(
      { type: 'gauge', value: 1.5 },
      { ...fields, name: 'trading.exposure' },
    )
    const sell = metricPoint(
      { ...point, value: 2n },
      { ...fields, attributes: attributesOf(['side', 'sell']) },
    )
    const text = encodeMetrics([buy, gauge, sell])
    expect(JSON.parse(text)).toMatchObject({
      resourceMetrics: [
        {
          scopeMetrics: [
            {
              metrics: [
                {
                  name: 'trading.orders',
                  unit: '{order}',
                  sum: {
                    aggregationTemporality: 2,
                    isMonotonic: true,
                    dataPoints: [{ asInt: '1' }, { asInt: '2' }],
                  },
                },
                { name: 'trading.exposure', gauge: { dataPoints: [{ asDouble: 1.5 }] } },
              ],
            },
          ],
        },
      ],
    })
    expect(decodeMetrics(text).map(plain)).toStrictEqual([buy, sell, gauge].map(plain))
  })

  test('nothing is a request without groups', () => {
    expect(encodeTraces([])).toBe('{"resourceSpans":[]}')
    expect(decodeTraces('{"resourceSpans":[]}')).toStrictEqual([])
    expect(decodeTraces('{}')).toStrictEqual([])
  })
})

describe('what senders write', () => {
  const logs = (record: string): string =>
    `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${record}]}]}]}`
  const log = (record: string): WireRecord | undefined => decodeLogs(logs(record))[0]
  const value = (text: string): unknown => decodeLogs(logs(`{"body":${text}}`))[0]?.body

  test('ids in upper case, null for a default, unknown fields', () => {
    expect(
      log(
        `{"traceId":"${traceId.toUpperCase()}","spanId":null,"attributes":null,"newField":{"a":[1]},"trace_id":"aa"}`,
      ),
    ).toStrictEqual(logRecord({ traceId }))
  })

  test('enums by number, by name and by number in a string', () => {
    expect(log('{"severityNumber":"SEVERITY_NUMBER_WARN2"}')).toMatchObject({ severityNumber: 14 })
    expect(log('{"severityNumber":"14"}')).toMatchObject({ severityNumber: 14 })
    expect(log('{"severityNumber":99}')).toMatchObject({ severityNumber: 99 })
    const span = '{"kind":"SPAN_KIND_CLIENT","status":{"code":"STATUS_CODE_ERROR"}}'
    expect(decodeTraces(`{"resourceSpans":[{"scopeSpans":[{"spans":[${span}]}]}]}`)).toStrictEqual([
      spanRecord({ kind: 3, statusCode: 2 }),
    ])
    const sum =
      '{"name":"m","sum":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA","dataPoints":[{"asInt":7}]}}'
    expect(
      decodeMetrics(`{"resourceMetrics":[{"scopeMetrics":[{"metrics":[${sum}]}]}]}`),
    ).toStrictEqual([
      metricPoint({ type: 'sum', value: 7n, temporality: 1, monotonic: false }, { name: 'm' }),
    ])
  })

  test('int64 as a string or a number, exact beyond 2^53', () => {
    expect(value('{"intValue":"9223372036854775807"}')).toBe(2n ** 63n - 1n)
    expect(value('{"intValue":-5}')).toBe(-5n)
    expect(value('{"intValue":9007199254740993}')).toBe(9_007_199_254_740_993n)
    expect(log('{"timeUnixNano":1795252833000000001}')).toMatchObject({ time: atNs })
    expect(
      value(
        '{"arrayValue":{"values":[{"intValue":9007199254740993},{"doubleValue":9007199254740993}]}}',
      ),
    ).toStrictEqual([9_007_199_254_740_993n, 9_007_199_254_740_992])
  })

  test('doubles as numbers, as strings, and what is not finite', () => {
    expect(value('{"doubleValue":1}')).toBe(1)
    expect(value('{"doubleValue":"1.5"}')).toBe(1.5)
    expect(value('{"doubleValue":"NaN"}')).toBeNaN()
    expect(value('{"doubleValue":"-Infinity"}')).toBe(-Infinity)
    expect(value('{"doubleValue":-0.0}')).toBe(-0)
  })

  test('bytes in both alphabets, empty values, nested lists', () => {
    expect(value('{"bytesValue":"-_8"}')).toStrictEqual(Uint8Array.of(0xfb, 0xff))
    expect(value('{"bytesValue":"+/8="}')).toStrictEqual(Uint8Array.of(0xfb, 0xff))
    expect(value('{}')).toBeNull()
    expect(value('{"arrayValue":{}}')).toStrictEqual([])
    expect(
      value('{"kvlistValue":{"values":[{"key":"__proto__","value":{"stringValue":"x"}},{}]}}'),
    ).toStrictEqual(attributesOf(['__proto__', 'x'], ['', null]))
  })

  test('a line of the file exporter holds any signal', () => {
    const lines = [
      encodeLogs([logRecord()]),
      encodeTraces([spanRecord()]),
      '{"resourceMetrics":[]}',
    ]
    expect(lines.map((line) => decodeRequest(line).length)).toStrictEqual([1, 1, 0])
    expect(() => decodeRequest('{"timestamp":"2026"}')).toThrow(
      'none of resourceLogs, resourceSpans and resourceMetrics',
    )
  })

  test.each([
    ['[', 'the JSON body is malformed: SyntaxError'],
    ['', 'the JSON body is malformed: SyntaxError'],
    ['5', 'the JSON body must be an object, not 5'],
    ['{"resourceLogs":{}}', '"resourceLogs" must be an array, not {}'],
    ['{"resourceLogs":[5]}', '"resourceLogs" must be an array of objects, not 5'],
    [
      logs('{"timeUnixNano":"soon"}'),
      '"timeUnixNano" must be an unsigned integer of 64 bits, as a string of digits, not "soon"',
    ],
    [logs('{"timeUnixNano":-1}'), '"timeUnixNano" must be an unsigned integer of 64 bits'],
    [
      logs('{"timeUnixNano":"18446744073709551616"}'),
      '"timeUnixNano" must be an unsigned integer of 64 bits',
    ],
    [logs('{"traceId":"CgsMDQ=="}'), '"traceId" must be an id in hex, not "CgsMDQ=="'],
    [logs('{"traceId":"abc"}'), '"traceId" must be an id in hex, not "abc"'],
    [logs('{"flags":1.5}'), '"flags" must be an integer from 0 to 4294967295, not 1.5'],
    [
      logs('{"severityNumber":"LOUD"}'),
      '"severityNumber" must be a number or SEVERITY_NUMBER_UNSPECIFIED|TRACE|',
    ],
    [logs('{"severityText":1}'), '"severityText" must be a string, not 1'],
    [logs('{"body":"text"}'), '"value" must be an object such as {"stringValue":"…"}, not "text"'],
    [logs('{"body":{"boolValue":"true"}}'), '"boolValue" must be true or false, not "true"'],
    [logs('{"body":{"intValue":1.5}}'), '"intValue" must be an integer of 64 bits'],
    [logs('{"body":{"intValue":9223372036854775808}}'), '"intValue" must be an integer of 64 bits'],
    [
      logs('{"body":{"doubleValue":"x"}}'),
      '"doubleValue" must be a number, "NaN", "Infinity" or "-Infinity", not "x"',
    ],
    [logs('{"body":{"bytesValue":"%"}}'), '"bytesValue" must be base64, not "%"'],
  ])('%s is refused with a reason', (text, message) => {
    const error = errorOf(() => decodeLogs(text))
    expect(error.code).toBe('otlp_malformed')
    expect(error.message).toContain(message)
  })

  test('values nested a million deep are refused', () => {
    const deep = (depth: number): string =>
      '{"arrayValue":{"values":['.repeat(depth) + '{}' + ']}}'.repeat(depth)
    expect(log(`{"body":${deep(90)}}`)).toBeDefined()
    expect(errorOf(() => log(`{"body":${deep(1e5)}}`)).message).toContain('nested at most 100 deep')
    expect(errorOf(() => log(`{"flags":1,"x":${'['.repeat(1e6)}`)).code).toBe('otlp_malformed')
    const inexact = `{"body":{"intValue":9007199254740993},"x":${'['.repeat(1e5)}${']'.repeat(1e5)}}`
    expect(errorOf(() => log(inexact)).code).toBe('otlp_malformed')
  })

  test('a request cut at any character is refused, one with any character changed read or refused', () => {
    const text = encodeLogs([
      logRecord({
        time: atNs,
        body: 'b',
        traceId,
        spanId,
        attributes: attributesOf(['a', 1.5]),
        resource,
        scope,
      }),
    ])
    for (let length = 0; length < text.length; length++) {
      expect(errorOf(() => decodeLogs(text.slice(0, length))).code).toBe('otlp_malformed')
    }
    fc.assert(
      fc.property(
        fc.nat({ max: text.length - 1 }),
        fc.integer({ min: 32, max: 126 }),
        (index, code) => {
          const changed = text.slice(0, index) + String.fromCharCode(code) + text.slice(index + 1)
          expect(codeOf(() => decodeLogs(changed))).toBeOneOf(['read', 'otlp_malformed'])
        },
      ),
      { numRuns: 3000 },
    )
  })

  function codeOf(decode: () => unknown): string {
    try {
      decode()
      return 'read'
    } catch (error) {
      return error instanceof FillpathError ? error.code : String(error)
    }
  }

  function errorOf(decode: () => unknown): FillpathError {
    try {
      decode()
    } catch (error) {
      if (error instanceof FillpathError) return error
      throw error
    }
    throw new Error('no error')
  }
})
