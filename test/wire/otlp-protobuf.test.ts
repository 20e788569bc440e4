import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FillpathError } from '../../src/semconv/error.ts'
import { decodeLogs, decodeMetrics, decodeTraces } from '../../src/wire/otlp-protobuf.ts'
import { depthMax, messagesMax } from '../../src/wire/protobuf/reader.ts'
import type { WireRecord } from '../../src/wire/record.ts'
import * as arbitrary from './arbitrary.ts'
import { plain } from './arbitrary.ts'
import { requestOf } from './protobuf-writer.ts'
import {
  atNs,
  attributesOf,
  logRecord,
  metricPoint,
  resource,
  scope,
  spanRecord,
} from './record.ts'

const {
  Varint: varint,
  Bit64: bit64,
  LengthDelimited: bytes,
  StartGroup: start,
  EndGroup: end,
  Bit32: bit32,
} = WireType
const limits = { string: arbitrary.wellFormedString }
const decoders = { log: decodeLogs, span: decodeTraces, metric: decodeMetrics } as const

const log = logRecord({
  time: atNs,
  severityNumber: 17,
  severityText: 'error',
  eventName: 'trading.hedge.failed',
  body: attributesOf(['a', [1n, 'zwei', null, Uint8Array.of(1)]]),
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  attributes: attributesOf(['trading.price', '43210.00'], ['trading.sequence', -5n], ['x', 1.5]),
  resource,
  scope,
})

describe('every record comes back from its request exactly', () => {
  test('log records', () => {
    fc.assert(fc.property(arbitrary.logRecord(limits), fc.boolean(), returns), { numRuns: 700 })
  })

  test('spans', () => {
    fc.assert(fc.property(arbitrary.spanRecord(limits), fc.boolean(), returns), { numRuns: 700 })
  })

  test('metric points', () => {
    fc.assert(fc.property(arbitrary.metricPoint(limits), fc.boolean(), returns), { numRuns: 700 })
  })

  function returns(record: WireRecord, shuffled: boolean): void {
    const decoded = decoders[record.signal](requestOf([record, record], shuffled))
    expect(decoded.map(plain)).toStrictEqual([plain(record), plain(record)])
  }
})

test('records of one group share their resource and scope', () => {
  const writer = new BinaryWriter()
  writer.tag(1, bytes).fork().tag(2, bytes).fork()
  writer.tag(2, bytes).bytes(Uint8Array.of()).tag(2, bytes).bytes(Uint8Array.of())
  const [one, other] = decodeLogs(writer.join().join().finish())
  expect(one).toStrictEqual(logRecord())
  expect(one?.resource).toBe(other?.resource)
  expect(one?.scope).toBe(other?.scope)
})

test('an empty request holds nothing', () => {
  for (const decode of Object.values(decoders)) expect(decode(new Uint8Array(0))).toStrictEqual([])
})

test('a record does not change when the body it came in is used again', () => {
  const request = Buffer.from(requestOf([log]))
  const before = plain(decodeLogs(request))
  const decoded = decodeLogs(request)
  request.fill(0)
  expect(plain(decoded)).toStrictEqual(before)
})

test('of several kinds of data in one metric, against the rule, the last one holds', () => {
  const writer = new BinaryWriter()
  writer.tag(1, bytes).fork().tag(2, bytes).fork().tag(2, bytes).fork()
  writer.tag(7, bytes).fork().tag(1, bytes).bytes(Uint8Array.of()).tag(2, varint).uint32(2).join()
  writer.tag(5, bytes).fork().tag(1, bytes).bytes(Uint8Array.of()).join()
  expect(decodeMetrics(writer.join().join().join().finish())).toStrictEqual([
    metricPoint({ type: 'gauge', value: null }),
  ])
})

test('unknown fields of every wire type are skipped, groups too', () => {
  const unknown = new BinaryWriter()
  unknown.tag(900, varint).uint64(2n ** 64n - 1n)
  unknown.tag(901, bit64).fixed64(1n)
  unknown.tag(902, bytes).string('new')
  unknown.tag(903, start).tag(1, start).tag(7, varint).uint32(5).tag(1, end).tag(903, end)
  unknown.tag(904, bit32).fixed32(1)
  const extra = unknown.finish()
  const writer = new BinaryWriter().raw(extra)
  writer.tag(1, bytes).fork().raw(extra).tag(2, bytes).fork().raw(extra)
  writer.tag(2, bytes).fork().raw(extra).tag(12, bytes).string('known').raw(extra).join()
  const request = writer.join().join().finish()
  expect(decodeLogs(request)).toStrictEqual([logRecord({ eventName: 'known' })])
})

test('a known field of another wire type is skipped', () => {
  const writer = new BinaryWriter()
  writer.tag(1, bytes).fork().tag(2, bytes).fork().tag(2, bytes).fork()
  writer.tag(12, varint).uint32(1).tag(1, varint).uint32(7)
  const request = writer.join().join().join().finish()
  expect(decodeLogs(request)).toStrictEqual([logRecord()])
})

test('text that is not UTF-8 costs one character, not the record', () => {
  const writer = new BinaryWriter()
  writer.tag(1, bytes).fork().tag(2, bytes).fork().tag(2, bytes).fork()
  writer
    .tag(12, bytes)
    .bytes(Uint8Array.of(97, 0xff, 98))
    .tag(3, bytes)
    .bytes(Uint8Array.of(0xff, 97))
  const [record] = decodeLogs(writer.join().join().join().finish())
  expect(record).toMatchObject({ eventName: 'a\ufffdb', severityText: '\ufffda' })
})

test('keys of the same length and hash are told apart', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'é', '😀', '\ufffd'), maxLength: 8 })),
      (keys) => {
        const attributes = new Map(keys.map((key) => [key, key]))
        const [record] = decodeLogs(requestOf([logRecord({ attributes })]))
        expect(record?.attributes).toStrictEqual(attributes)
      },
    ),
    { numRuns: 2000 },
  )
})

describe('bad bodies', () => {
  const requests = {
    log: requestOf([log]),
    span: requestOf([
      spanRecord({
        name: 'order',
        start: atNs,
        events: [{ time: atNs, name: 'e', attributes: log.attributes, droppedAttributesCount: 1 }],
        links: [
          {
            traceId: log.traceId,
            spanId: log.spanId,
            traceState: 'a=b',
            attributes: new Map(),
            droppedAttributesCount: 0,
            flags: 1,
          },
        ],
        resource,
        scope,
      }),
    ]),
    metric: requestOf([
      metricPoint(
        {
          type: 'histogram',
          temporality: 2,
          count: 2n,
          sum: 3,
          min: 1,
          max: 2,
          bounds: [1, 2],
          bucketCounts: [1n, 1n, 0n],
        },
        { name: 'm', attributes: log.attributes, resource, scope },
      ),
    ]),
  }

  test.each(['log', 'span', 'metric'] as const)(
    'a %s request cut at any byte is refused',
    (signal) => {
      const request = requests[signal]
      for (let length = 1; length < request.length; length++) {
        expect(codeOf(() => decoders[signal](request.slice(0, length)))).toBe('otlp_malformed')
      }
    },
  )

  test.each(['log', 'span', 'metric'] as const)(
    'a %s request with any bit flipped is read or refused',
    (signal) => {
      const request = requests[signal]
      for (let bit = 0; bit < request.length * 8; bit++) {
        const changed = Uint8Array.from(request)
        changed[bit >> 3]! ^= 1 << (bit & 7)
        expect(codeOf(() => decoders[signal](changed))).toBeOneOf(['read', 'otlp_malformed'])
      }
    },
  )

  test('random bytes are read or refused', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom('log' as const, 'span' as const, 'metric' as const),
        (body, signal) => {
          expect(codeOf(() => decoders[signal](body))).toBeOneOf(['read', 'otlp_malformed'])
        },
      ),
      { numRuns: 20_000 },
    )
  })

  test('the message says where and why', () => {
    expect(() => decodeLogs(Uint8Array.of(0x0a, 0x05, 0x01))).toThrow(
      'the protobuf body is malformed at byte 2 of 3: a length of 5 where 1 bytes are left',
    )
    expect(() => decodeLogs(Uint8Array.of(0x00))).toThrow('a field without a number')
    expect(() => decodeLogs(Uint8Array.of(0x0f))).toThrow('a field of wire type 7')
    expect(() => decodeLogs(Uint8Array.of(0x1b, 0x24))).toThrow('a group that another one ends')
    expect(() => decodeLogs(Uint8Array.of(0x1b))).toThrow('a group without an end')
    expect(() => decodeLogs(Uint8Array.of(0x18, 0x80))).toThrow('an integer that is cut off')
    expect(() => decodeLogs(new Uint8Array(12).fill(0xff))).toThrow(
      'an integer longer than 10 bytes',
    )
    expect(() => decodeLogs(Buffer.from('{"resourceLogs":[]}'))).toThrow(/malformed/)
  })

  test('a length of four gigabytes allocates nothing', () => {
    expect(codeOf(() => decodeLogs(Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f)))).toBe(
      'otlp_malformed',
    )
  })

  test('a value nested deeper than allowed is refused, one within is read', () => {
    expect(decodeLogs(nested(40))).toHaveLength(1)
    expect(() => decodeLogs(nested(60))).toThrow(`nested deeper than ${depthMax}`)
    expect(() => decodeLogs(nested(200_000))).toThrow(`nested deeper than ${depthMax}`)
    const groups = Buffer.alloc(200_000, 0x1b)
    expect(() => decodeLogs(groups)).toThrow(`nested deeper than ${depthMax}`)
  })

  test('a body of nothing but empty messages is refused before it fills the memory', () => {
    const records = Buffer.alloc(2 * (messagesMax + 1), Uint8Array.of(0x12, 0x00))
    const writer = new BinaryWriter()
    writer.tag(1, bytes).fork().tag(2, bytes).fork().raw(records)
    expect(() => decodeLogs(writer.join().join().finish())).toThrow(
      `more than ${messagesMax} messages`,
    )
  })

  /** A log record whose body is an array in an array in an array … */
  function nested(depth: number): Uint8Array {
    const heads: Buffer[] = []
    let length = 0
    const wrap = (field: number): void => {
      const head = Buffer.from(new BinaryWriter().tag(field, bytes).uint32(length).finish())
      heads.push(head)
      length += head.length
    }
    for (let level = 0; level < depth; level++) {
      wrap(1)
      wrap(5)
    }
    for (const field of [5, 2, 2, 1]) wrap(field)
    return Buffer.concat(heads.reverse())
  }

  function codeOf(decode: () => unknown): string {
    try {
      decode()
      return 'read'
    } catch (error) {
      return error instanceof FillpathError ? error.code : String(error)
    }
  }
})
