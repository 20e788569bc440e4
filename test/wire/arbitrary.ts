import * as fc from 'fast-check'
import type { Arbitrary } from 'fast-check'
import type {
  AnyValue,
  Attributes,
  Exemplar,
  LogRecord,
  MetricPoint,
  Origin,
  PointValue,
  SpanEvent,
  SpanLink,
  SpanRecord,
} from '../../src/wire/record.ts'

/** What differs between the codecs: JSON carries any JavaScript string, protobuf only well-formed ones. */
export interface Limits {
  readonly string: Arbitrary<string>
}

/** Any string, lone surrogates, quotes and control characters included. */
export const anyString = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 12 }) },
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 6 })
    .map((units) => String.fromCharCode(...units)),
  fc.constantFrom(
    '\ud83d',
    '"',
    '\\',
    '\\"',
    ',"resource":{',
    '\u2028',
    '1.0,',
    ':1.0}',
    '9007199254740993]',
    '\0',
  ),
)

/** Any string that UTF-8 can hold. */
export const wellFormedString = anyString.map((text) => text.toWellFormed())

const key = (string: Arbitrary<string>): Arbitrary<string> =>
  fc.oneof(
    { weight: 3, arbitrary: string },
    fc.constantFrom(
      '$bytes',
      '$double',
      '$map',
      '$',
      '__proto__',
      'constructor',
      '0',
      '1',
      '10',
      '01',
      '4294967295',
      '',
    ),
    fc.constantFrom(
      'trading.task.id',
      'trading.sequence',
      'fillpath.record.id',
      'resource',
      'scope',
    ),
  )

export const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -1000n, max: 1000n }),
  fc.constantFrom(2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n), 0n),
)

export const uint64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: 0n, max: 1000n }),
  fc.constantFrom(2n ** 53n + 1n, 2n ** 64n - 1n),
)

export const double = fc.oneof(
  fc.double(),
  fc.integer({ min: -1000, max: 100_000 }).map(Number),
  fc.constantFrom(
    -0,
    0,
    1,
    1e21,
    1.5e300,
    5e-324,
    2 ** 53,
    2 ** 60,
    1e-7,
    NaN,
    Infinity,
    -Infinity,
  ),
)

export const time = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.bigInt({ min: 1_700_000_000_000_000_000n, max: 1_800_000_000_000_000_000n }),
  },
  uint64,
  fc.constantFrom(0n, 1n, 999_999_999n, 1_000_000_000n, 951_782_400_000_000_000n),
)

const uint32 = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 32 - 1 }))
const int32 = fc.oneof(fc.constant(0), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }))
const bytes = fc.uint8Array({ maxLength: 9 })
const hex = (length: number): Arbitrary<string> =>
  fc
    .oneof(
      { weight: 4, arbitrary: fc.uint8Array({ minLength: length, maxLength: length }) },
      fc.constantFrom(new Uint8Array(0), new Uint8Array(length), new Uint8Array(3).fill(171)),
    )
    .map((id) => Buffer.from(id).toString('hex'))

const traceId = hex(16)
const spanId = hex(8)
const enumNumber = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 5 }) }, int32)

export function anyValue({ string }: Limits): Arbitrary<AnyValue> {
  const { value } = fc.letrec<{ value: AnyValue; attributes: Attributes }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      { weight: 4, arbitrary: string },
      { weight: 2, arbitrary: int64 },
      { weight: 2, arbitrary: double },
      fc.boolean(),
      bytes,
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 4 }),
      tie('attributes'),
    ),
    attributes: fc
      .array(fc.tuple(key(string), tie('value')), { maxLength: 4 })
      .map((entries) => new Map(entries)),
  }))
  return value
}

export function attributes(limits: Limits): Arbitrary<Attributes> {
  return fc
    .array(fc.tuple(key(limits.string), anyValue(limits)), { maxLength: 6 })
    .map((entries) => new Map(entries))
}

export function origin(limits: Limits): Arbitrary<Origin> {
  const part = {
    attributes: attributes(limits),
    droppedAttributesCount: uint32,
    schemaUrl: fc.oneof(fc.constant(''), limits.string),
  }
  return fc.record({
    resource: fc.record(part),
    scope: fc.record({ name: limits.string, version: limits.string, ...part }),
  })
}

export function logRecord(limits: Limits): Arbitrary<LogRecord> {
  return fc
    .tuple(
      fc.record({
        signal: fc.constant('log' as const),
        time,
        observedTime: time,
        severityNumber: fc.oneof(fc.integer({ min: 0, max: 25 }), int32),
        severityText: fc.oneof(fc.constantFrom('', 'info', 'INFO', 'warn'), limits.string),
        eventName: limits.string,
        body: anyValue(limits),
        attributes: attributes(limits),
        droppedAttributesCount: uint32,
        flags: uint32,
        traceId,
        spanId,
      }),
      origin(limits),
    )
    .map(([record, from]) => ({ ...record, ...from }))
}

export function spanRecord(limits: Limits): Arbitrary<SpanRecord> {
  const event: Arbitrary<SpanEvent> = fc.record({
    time,
    name: limits.string,
    attributes: attributes(limits),
    droppedAttributesCount: uint32,
  })
  const link: Arbitrary<SpanLink> = fc.record({
    traceId,
    spanId,
    traceState: limits.string,
    attributes: attributes(limits),
    droppedAttributesCount: uint32,
    flags: uint32,
  })
  return fc
    .tuple(
      fc.record({
        signal: fc.constant('span' as const),
        traceId,
        spanId,
        parentSpanId: spanId,
        traceState: limits.string,
        flags: uint32,
        name: limits.string,
        kind: enumNumber,
        start: time,
        end: time,
        statusCode: enumNumber,
        statusMessage: limits.string,
        attributes: attributes(limits),
        droppedAttributesCount: uint32,
        events: fc.array(event, { maxLength: 3 }),
        droppedEventsCount: uint32,
        links: fc.array(link, { maxLength: 3 }),
        droppedLinksCount: uint32,
      }),
      origin(limits),
    )
    .map(([span, from]) => ({ ...span, ...from }))
}

function pointValue(): Arbitrary<PointValue> {
  const value = fc.oneof(int64, double, fc.constant(null))
  const statistics = {
    count: uint64,
    sum: fc.option(double, { nil: undefined }),
    min: fc.option(double, { nil: undefined }),
    max: fc.option(double, { nil: undefined }),
  }
  const buckets = fc.record({ offset: int32, counts: fc.array(uint64, { maxLength: 4 }) })
  return fc.oneof(
    fc.record({ type: fc.constant('gauge' as const), value }),
    fc.record({
      type: fc.constant('sum' as const),
      value,
      temporality: enumNumber,
      monotonic: fc.boolean(),
    }),
    fc.record({
      type: fc.constant('histogram' as const),
      temporality: enumNumber,
      ...statistics,
      bounds: fc.array(double, { maxLength: 4 }),
      bucketCounts: fc.array(uint64, { maxLength: 5 }),
    }),
    fc.record({
      type: fc.constant('exponential_histogram' as const),
      temporality: enumNumber,
      ...statistics,
      scale: int32,
      zeroCount: uint64,
      zeroThreshold: double,
      positive: buckets,
      negative: buckets,
    }),
    fc.record({
      type: fc.constant('summary' as const),
      count: uint64,
      sum: double,
      quantiles: fc.array(fc.record({ quantile: double, value: double }), { maxLength: 3 }),
    }),
  )
}

export function metricPoint(limits: Limits): Arbitrary<MetricPoint> {
  const exemplar: Arbitrary<Exemplar> = fc.record({
    time,
    value: fc.oneof(int64, double, fc.constant(null)),
    traceId,
    spanId,
    filteredAttributes: attributes(limits),
  })
  return fc
    .tuple(
      fc.record({
        signal: fc.constant('metric' as const),
        name: limits.string,
        description: limits.string,
        unit: limits.string,
        metadata: attributes(limits),
        start: time,
        time,
        attributes: attributes(limits),
        flags: uint32,
        exemplars: fc.array(exemplar, { maxLength: 2 }),
        point: pointValue(),
      }),
      origin(limits),
    )
    .map(([point, from]) => ({
      ...point,
      exemplars: point.point.type === 'summary' ? [] : point.exemplars,
      ...from,
    }))
}

/**
 * A record in a form in which toStrictEqual sees the order of a map, and int against double. It compares maps without
 * their order.
 */
export function plain(value: unknown): unknown {
  if (value instanceof Map) {
    return { map: Array.from(value, ([key, item]: [unknown, unknown]) => [key, plain(item)]) }
  }
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') }
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
  }
  return value
}
