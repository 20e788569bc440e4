import type { Attributes, HrTime, SpanContext } from '@opentelemetry/api'
import {
  createTraceState,
  SeverityNumber,
  SpanKind,
  SpanStatusCode,
  ValueType,
} from '@opentelemetry/api'
import type { InstrumentationScope } from '@opentelemetry/core'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics'
import type { MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import * as fc from 'fast-check'
import type { Arbitrary } from 'fast-check'
import { anyString } from '../arbitrary.ts'

/* Objects of the SDK with everything that a user can put into them, for comparison with the official serializer. */

const text = fc.oneof(
  { weight: 4, arbitrary: anyString },
  fc.string({ minLength: 90, maxLength: 130 }),
  fc.string({ unit: 'grapheme', minLength: 40, maxLength: 60 }),
  fc.constant('x'.repeat(20_000)),
)

const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.maxSafeInteger(),
  fc.constantFrom(
    0,
    -0,
    -1,
    127,
    128,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    2 ** 62,
    -(2 ** 63),
    2 ** 63,
    1e300,
    NaN,
    Infinity,
    -Infinity,
  ),
)

const { value } = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { weight: 5, arbitrary: text },
    { weight: 4, arbitrary: number },
    { weight: 2, arbitrary: fc.boolean() },
    fc.uint8Array({ maxLength: 200 }),
    fc.constantFrom(null, undefined, Symbol('s'), () => 1),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ),
  object: fc
    .array(fc.tuple(fc.oneof(text, fc.constant('__proto__')), tie('value')), { maxLength: 4 })
    .map((entries): unknown => Object.fromEntries(entries)),
}))

/** What {@link value} makes is wider than the type, as what users pass is. */
const attributes: Arbitrary<Attributes> = fc
  .array(fc.tuple(fc.oneof(text, fc.constant('__proto__')), value), { maxLength: 12 })
  .map((entries) => Object.fromEntries(entries))

const simpleAttributes = fc
  .array(fc.tuple(fc.string({ minLength: 1 }), fc.oneof(text, number, fc.boolean())), {
    maxLength: 5,
  })
  .map((entries) => Object.fromEntries(entries) as Attributes)

const time: Arbitrary<HrTime> = fc.oneof(
  fc.tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 999_999_999 })),
  fc.constant<HrTime>([0, 0]),
)

const count = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 31 }))
const hex = (length: number): Arbitrary<string> =>
  fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((id) => Buffer.from(id).toString('hex'))

const spanContext: Arbitrary<SpanContext> = fc.record(
  {
    traceId: hex(16),
    spanId: hex(8),
    traceFlags: fc.integer({ min: 0, max: 255 }),
    isRemote: fc.boolean(),
    traceState: fc.constantFrom(createTraceState('rojo=00f067,congo=t61'), createTraceState('')),
  },
  { requiredKeys: ['traceId', 'spanId', 'traceFlags'] },
)

const resource: Arbitrary<Resource> = fc
  .tuple(
    simpleAttributes,
    fc.option(fc.constant('https://opentelemetry.io/schemas/1.38.0'), { nil: undefined }),
  )
  .map(([from, schemaUrl]) =>
    resourceFromAttributes(from, schemaUrl === undefined ? {} : { schemaUrl }),
  )

const scope: Arbitrary<InstrumentationScope> = fc.record(
  { name: text, version: text, schemaUrl: text },
  { requiredKeys: ['name'] },
)

const logScope = fc.record(
  { name: text, version: text, schemaUrl: text, attributes, droppedAttributesCount: count },
  { requiredKeys: ['name'] },
)

export const readableLog: Arbitrary<ReadableLogRecord> = fc.record(
  {
    hrTime: time,
    hrTimeObserved: time,
    spanContext,
    severityText: text,
    severityNumber: fc.constantFrom(
      SeverityNumber.UNSPECIFIED,
      SeverityNumber.TRACE,
      SeverityNumber.INFO2,
      SeverityNumber.FATAL4,
    ),
    body: value,
    eventName: text,
    resource,
    instrumentationScope: logScope,
    attributes,
    droppedAttributesCount: count,
  },
  {
    requiredKeys: [
      'hrTime',
      'hrTimeObserved',
      'resource',
      'instrumentationScope',
      'attributes',
      'droppedAttributesCount',
    ],
  },
)

const event = fc.record(
  { time, name: text, attributes, droppedAttributesCount: count },
  { requiredKeys: ['time', 'name'] },
)

const link = fc.record(
  { context: spanContext, attributes, droppedAttributesCount: count },
  { requiredKeys: ['context'] },
)

export const readableSpan: Arbitrary<ReadableSpan> = fc
  .tuple(
    fc.record({
      name: text,
      kind: fc.constantFrom(SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.CONSUMER),
      startTime: time,
      endTime: time,
      duration: time,
      ended: fc.boolean(),
      status: fc.record(
        {
          code: fc.constantFrom(SpanStatusCode.UNSET, SpanStatusCode.OK, SpanStatusCode.ERROR),
          message: text,
        },
        { requiredKeys: ['code'] },
      ),
      attributes,
      links: fc.array(link, { maxLength: 3 }),
      events: fc.array(event, { maxLength: 3 }),
      resource,
      instrumentationScope: scope,
      droppedAttributesCount: count,
      droppedEventsCount: count,
      droppedLinksCount: count,
    }),
    spanContext,
    fc.option(spanContext, { nil: undefined }),
  )
  .map(([span, context, parent]) => ({
    ...span,
    spanContext: () => context,
    ...(parent === undefined ? {} : { parentSpanContext: parent }),
  }))

const optionalNumber = fc.option(fc.double(), { nil: undefined })

function points<T>(
  pointValue: Arbitrary<T>,
): Arbitrary<{ startTime: HrTime; endTime: HrTime; attributes: Attributes; value: T }[]> {
  return fc.array(fc.record({ startTime: time, endTime: time, attributes, value: pointValue }), {
    maxLength: 3,
  })
}

const statistics = fc
  .record({ sum: optionalNumber, min: optionalNumber, max: optionalNumber })
  .map((all) => Object.fromEntries(Object.entries(all).filter(([, one]) => one !== undefined)))
const whole = fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 32, 2 ** 52))

const histogram = fc
  .tuple(
    statistics,
    fc.record({
      count: whole,
      buckets: fc.record({
        boundaries: fc.array(fc.double(), { maxLength: 40 }),
        counts: fc.array(whole, { maxLength: 40 }),
      }),
    }),
  )
  .map(([some, rest]) => ({ ...some, ...rest }))

const buckets = fc.record({
  offset: fc.integer({ min: -2000, max: 2000 }),
  bucketCounts: fc.array(whole, { maxLength: 40 }),
})

const exponential = fc
  .tuple(
    statistics,
    fc.record({
      count: whole,
      scale: fc.integer({ min: -10, max: 20 }),
      zeroCount: whole,
      positive: buckets,
      negative: buckets,
    }),
  )
  .map(([some, rest]) => ({ ...some, ...rest }))

const metric: Arbitrary<MetricData> = fc
  .tuple(
    fc.record({
      descriptor: fc.record({
        name: text,
        description: text,
        unit: text,
        valueType: fc.constantFrom(ValueType.INT, ValueType.DOUBLE),
      }),
      aggregationTemporality: fc.constantFrom(
        AggregationTemporality.DELTA,
        AggregationTemporality.CUMULATIVE,
      ),
    }),
    fc.oneof(
      fc.record({
        dataPointType: fc.constant(DataPointType.GAUGE as const),
        dataPoints: points(number),
      }),
      fc.record({
        dataPointType: fc.constant(DataPointType.SUM as const),
        dataPoints: points(number),
        isMonotonic: fc.boolean(),
      }),
      fc.record({
        dataPointType: fc.constant(DataPointType.HISTOGRAM as const),
        dataPoints: points(histogram),
      }),
      fc.record({
        dataPointType: fc.constant(DataPointType.EXPONENTIAL_HISTOGRAM as const),
        dataPoints: points(exponential),
      }),
    ),
  )
  .map(([base, data]) => ({ ...base, ...data }))

export const resourceMetrics: Arbitrary<ResourceMetrics> = fc.record({
  resource,
  scopeMetrics: fc.array(fc.record({ scope, metrics: fc.array(metric, { maxLength: 3 }) }), {
    minLength: 1,
    maxLength: 1,
  }),
})
