import { ValueType } from '@opentelemetry/api'
import {
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeLog, logAttributeTag } from '../../../src/wire/encode/log.ts'
import { encodeMetric } from '../../../src/wire/encode/metric.ts'
import { encodeResource, encodeScope } from '../../../src/wire/encode/origins.ts'
import type { EncodableScope } from '../../../src/wire/encode/origins.ts'
import { RecordIds } from '../../../src/wire/encode/record-id.ts'
import { encodeSpan, spanAttributeTag } from '../../../src/wire/encode/span.ts'
import { GrowingBuffer } from '../../../src/wire/encode/target.ts'
import type { Target } from '../../../src/wire/encode/target.ts'
import { valueDepthMax } from '../../../src/wire/encode/value.ts'
import { decodeLogs, decodeMetrics, decodeTraces } from '../../../src/wire/otlp-protobuf.ts'
import type { AnyValue } from '../../../src/wire/record.ts'
import { plain } from '../arbitrary.ts'
import { joinRequest } from './request.ts'
import { readableLog, readableSpan, resourceMetrics } from './sdk.ts'

const resource = resourceFromAttributes({ 'service.name': 'hedge-bot' })

describe('the same as the official serializer, field for field', () => {
  const runs = { numRuns: 500 }

  test('log records', () => {
    fc.assert(
      fc.property(readableLog, (log) => {
        const official = ProtobufLogsSerializer.serializeRequest([log]) ?? new Uint8Array(0)
        const request = join(log.resource, log.instrumentationScope, [
          encoded((to) => encodeLog(to, log)),
        ])
        expect(decodeLogs(request).map(plain)).toStrictEqual(decodeLogs(official).map(plain))
      }),
      runs,
    )
  })

  test('spans', () => {
    fc.assert(
      fc.property(readableSpan, (span) => {
        const official = ProtobufTraceSerializer.serializeRequest([span]) ?? new Uint8Array(0)
        const request = join(span.resource, span.instrumentationScope, [
          encoded((to) => encodeSpan(to, span)),
        ])
        expect(decodeTraces(request).map(plain)).toStrictEqual(decodeTraces(official).map(plain))
      }),
      runs,
    )
  })

  test('metrics', () => {
    fc.assert(
      fc.property(resourceMetrics, (collected) => {
        const official = ProtobufMetricsSerializer.serializeRequest(collected) ?? new Uint8Array(0)
        const requests = collected.scopeMetrics.map(({ scope, metrics }) =>
          join(
            collected.resource,
            scope,
            metrics.map((metric) => encoded((to) => encodeMetric(to, metric))),
          ),
        )
        const decoded = requests.flatMap((request) => decodeMetrics(request))
        expect(decoded.map(plain)).toStrictEqual(decodeMetrics(official).map(plain))
      }),
      runs,
    )
  })
})

describe('beyond the official serializer', () => {
  test('a bigint is an int64, and a decimal string where it does not fit', () => {
    const big = { max: 2n ** 63n - 1n, min: -(2n ** 63n), small: -1n, over: 2n ** 63n, list: [7n] }
    expect(attributesOf(logWith(big))).toStrictEqual(
      new Map<string, AnyValue>([
        ['max', 2n ** 63n - 1n],
        ['min', -(2n ** 63n)],
        ['small', -1n],
        ['over', '9223372036854775808'],
        ['list', [7n]],
      ]),
    )
  })

  test('a value nested deeper than protobuf libraries read is said to be there', () => {
    let deep: unknown = 'bottom'
    for (let level = 0; level < valueDepthMax + 5; level++) deep = { inner: deep }
    let value = attributesOf(logWith({ deep })).get('deep')
    let levels = 0
    for (; value instanceof Map; levels++) value = value.get('inner')
    expect(levels).toBe(valueDepthMax)
    expect(value).toBe(`[nested deeper than ${valueDepthMax}]`)
  })

  test('a value that contains itself is refused, and leaves nothing behind', () => {
    const self: unknown[] = []
    self.push(self, self)
    const target = new GrowingBuffer(16)
    encodeLog(target, logWith({ a: 1 }))
    const before = target.slice()
    expect(() => encodeLog(target, logWith({ self }))).toThrow(RangeError)
    expect(target.slice()).toStrictEqual(before)
    encodeLog(target, logWith({ b: 2 }))
    expect(target.position).toBeGreaterThan(before.length)
  })

  test('the record id goes in as an attribute', () => {
    const prefix = '5f2a9c01-0123456789abcdef-'
    const ids = new RecordIds(prefix)
    const [sample] = fc.sample(readableSpan, 1)
    for (const number of [0, 9, 10, 1042, 99_999, 100_000, 2 ** 32, 2 ** 53 - 1]) {
      const id = `${prefix}${number}`
      const log = encoded((to) => {
        encodeLog(to, logWith({ a: 'b' }))
        ids.write(to, logAttributeTag, number)
      })
      const [record] = decodeLogs(join(resource, { name: 's' }, [log]))
      expect(record?.attributes).toStrictEqual(
        new Map([
          ['a', 'b'],
          ['fillpath.record.id', id],
        ]),
      )
      const span = encoded((to) => {
        encodeSpan(to, { ...sample!, attributes: {} })
        ids.write(to, spanAttributeTag, number)
      })
      expect(decodeTraces(join(resource, { name: 's' }, [span]))[0]?.attributes).toStrictEqual(
        new Map([['fillpath.record.id', id]]),
      )
    }
  })

  test('more names than are remembered are written as they are, in any order', () => {
    const names = Array.from({ length: 5000 }, (_, index) => `k${index % 2500}`)
    for (const name of names) {
      const pair = { [name]: 1n, 'trading.symbol': name, é: name }
      expect(attributesOf(logWith(pair))).toStrictEqual(new Map(Object.entries(pair)))
    }
  })

  test('times that are no two whole numbers are taken as well as can be', () => {
    const time = (hrTime: [number, number]): bigint | undefined =>
      decodeLogs(
        join(resource, { name: '' }, [encoded((to) => encodeLog(to, { ...logWith({}), hrTime }))]),
      )[0]?.time
    expect(time([1, 1_500_000_000])).toBe(2_500_000_000n)
    expect(time([1.5, 0.5])).toBe(1_000_000_000n)
    expect(time([2 ** 32 - 1, 999_999_999])).toBe(4_294_967_295_999_999_999n)
    expect(time([2 ** 33, 1])).toBe(8_589_934_592_000_000_001n)
  })

  test('an int metric with a value that is none is cut to one', () => {
    const point = (value: number): unknown => {
      const bytes = encoded((to) =>
        encodeMetric(to, {
          descriptor: { name: 'm', description: '', unit: '', valueType: ValueType.INT },
          aggregationTemporality: AggregationTemporality.CUMULATIVE,
          dataPointType: DataPointType.GAUGE,
          dataPoints: [{ startTime: [0, 0], endTime: [0, 0], attributes: {}, value }],
        }),
      )
      return decodeMetrics(join(resource, { name: '' }, [bytes]))[0]?.point
    }
    expect(point(-1.9)).toStrictEqual({ type: 'gauge', value: -1n })
    expect(point(NaN)).toStrictEqual({ type: 'gauge', value: 0n })
    expect(point(-(2 ** 53))).toStrictEqual({ type: 'gauge', value: -(2n ** 53n) })
  })

  test('text is written the same at every length around the lengths where a length takes another byte', () => {
    for (const unit of ['a', 'é', '😀', '\ud83d']) {
      for (const length of [
        0, 1, 40, 41, 42, 60, 61, 63, 64, 95, 96, 97, 126, 127, 128, 129, 16_383, 16_384, 2_097_152,
      ]) {
        const text = unit.repeat(length)
        const key = text.slice(0, 130)
        expect(
          attributesOf(logWith({ [key]: text })).get(key.toWellFormed()) === text.toWellFormed(),
        ).toBe(true)
      }
    }
  })

  function attributesOf(log: ReadableLogRecord): ReadonlyMap<string, AnyValue> {
    const request = join(resource, { name: '' }, [encoded((to) => encodeLog(to, log))])
    return decodeLogs(request)[0]?.attributes ?? new Map()
  }
})

function logWith(attributes: ReadableLogRecord['attributes']): ReadableLogRecord {
  return {
    hrTime: [0, 0],
    hrTimeObserved: [0, 0],
    resource,
    instrumentationScope: { name: '' },
    attributes,
    droppedAttributesCount: 0,
  }
}

/** What is written, from the middle of a target that is too small at first. */
function encoded(write: (target: Target) => void): Uint8Array {
  const target = new GrowingBuffer(1)
  target.reserve(3)
  target.position = 3
  write(target)
  return target.slice(3)
}

function join(
  from: ReadableLogRecord['resource'],
  scope: EncodableScope,
  records: Uint8Array[],
): Uint8Array {
  return joinRequest({ resource: encodeResource(from), scope: encodeScope(scope) }, records)
}
