/** What a record must be, from the objects of the SDK that sent it; by the rules of OTLP, not by our decoders. */
import type {
  AnyValue,
  Attributes,
  LogRecord,
  MetricPoint,
  Origin,
  PointValue,
  SpanRecord,
} from '../../../src/wire/record.ts'

type Time = readonly [seconds: number, nanoseconds: number]
type Values = Readonly<Record<string, unknown>>

interface SentOrigin {
  readonly resource: { readonly attributes: Values; readonly schemaUrl?: string }
  readonly scope: { readonly name: string; readonly version?: string; readonly schemaUrl?: string }
}

interface SentContext {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
  readonly traceState: string
  readonly isRemote?: boolean
}

interface SentSpan extends SentOrigin {
  readonly name: string
  readonly kind: number
  readonly context: SentContext
  readonly parentSpanId: string
  readonly start: Time
  readonly end: Time
  readonly status: { readonly code: number; readonly message?: string }
  readonly attributes: Values
  readonly dropped: readonly [attributes: number, events: number, links: number]
  readonly events: readonly {
    readonly name: string
    readonly time: Time
    readonly attributes?: Values
    readonly droppedAttributesCount?: number
  }[]
  readonly links: readonly {
    readonly context: SentContext
    readonly attributes?: Values
    readonly droppedAttributesCount?: number
  }[]
}

interface SentLog extends SentOrigin {
  readonly time: Time
  readonly observed: Time
  readonly severityNumber?: number
  readonly severityText?: string
  readonly eventName?: string
  readonly body?: unknown
  readonly attributes: Values
  readonly droppedAttributesCount: number
  readonly context?: SentContext
}

interface SentMetric extends SentOrigin {
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly dataPointType: number
  readonly aggregationTemporality: number
  readonly isMonotonic?: boolean
  readonly dataPoints: readonly {
    readonly startTime: Time
    readonly endTime: Time
    readonly attributes: Values
    readonly value: number | SentHistogram
  }[]
}

interface SentHistogram {
  readonly count: number
  readonly sum?: number
  readonly min?: number
  readonly max?: number
  readonly buckets?: { readonly boundaries: readonly number[]; readonly counts: readonly number[] }
  readonly scale?: number
  readonly zeroCount?: number
  readonly positive?: { readonly offset: number; readonly bucketCounts: readonly number[] }
  readonly negative?: { readonly offset: number; readonly bucketCounts: readonly number[] }
}

/** What one sender says it sent. */
export interface Report {
  readonly spans: readonly SentSpan[]
  readonly logs: readonly SentLog[]
  readonly metrics: readonly SentMetric[]
}

function ns([seconds, nanoseconds]: Time): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds)
}

/** JavaScript has one kind of number: the SDK writes whole ones as int64. */
function value(given: unknown): AnyValue {
  if (typeof given === 'number') return Number.isInteger(given) ? BigInt(given) : given
  if (typeof given === 'string' || typeof given === 'boolean') return given
  if (given instanceof Uint8Array) return new Uint8Array(given)
  if (Array.isArray(given)) return given.map(value)
  return typeof given === 'object' && given !== null ? attributes({ ...given }) : null
}

function attributes(values: Values = {}): Attributes {
  return new Map(Object.entries(values).map(([key, given]) => [key, value(given)]))
}

function origin({ resource, scope }: SentOrigin): Origin {
  return {
    resource: {
      attributes: attributes(resource.attributes),
      droppedAttributesCount: 0,
      schemaUrl: resource.schemaUrl ?? '',
    },
    scope: {
      name: scope.name,
      version: scope.version ?? '',
      attributes: new Map(),
      droppedAttributesCount: 0,
      schemaUrl: scope.schemaUrl ?? '',
    },
  }
}

/** OTLP span flags: bits 0–7 the trace flags, bit 8 "is remote is known", bit 9 "is remote". */
function spanFlags(traceFlags: number, isRemote: boolean | undefined): number {
  return traceFlags | 0x100 | (isRemote === true ? 0x200 : 0)
}

/** The record of a span. */
export function expectedSpan(sent: SentSpan): SpanRecord {
  const [droppedAttributesCount, droppedEventsCount, droppedLinksCount] = sent.dropped
  return {
    signal: 'span',
    traceId: sent.context.traceId,
    spanId: sent.context.spanId,
    parentSpanId: sent.parentSpanId,
    traceState: sent.context.traceState,
    flags: spanFlags(sent.context.traceFlags, false),
    name: sent.name,
    // The API counts from 0, OTLP from 1.
    kind: sent.kind + 1,
    start: ns(sent.start),
    end: ns(sent.end),
    statusCode: sent.status.code,
    statusMessage: sent.status.message ?? '',
    attributes: attributes(sent.attributes),
    droppedAttributesCount,
    events: sent.events.map((event) => ({
      time: ns(event.time),
      name: event.name,
      attributes: attributes(event.attributes),
      droppedAttributesCount: event.droppedAttributesCount ?? 0,
    })),
    droppedEventsCount,
    links: sent.links.map((link) => ({
      traceId: link.context.traceId,
      spanId: link.context.spanId,
      traceState: link.context.traceState,
      attributes: attributes(link.attributes),
      droppedAttributesCount: link.droppedAttributesCount ?? 0,
      flags: spanFlags(link.context.traceFlags, link.context.isRemote),
    })),
    droppedLinksCount,
    ...origin(sent),
  }
}

/** The record of a log record. */
export function expectedLog(sent: SentLog): LogRecord {
  return {
    signal: 'log',
    time: ns(sent.time),
    observedTime: ns(sent.observed),
    severityNumber: sent.severityNumber ?? 0,
    severityText: sent.severityText ?? '',
    eventName: sent.eventName ?? '',
    body: value(sent.body),
    attributes: attributes(sent.attributes),
    droppedAttributesCount: sent.droppedAttributesCount,
    flags: sent.context?.traceFlags ?? 0,
    traceId: sent.context?.traceId ?? '',
    spanId: sent.context?.spanId ?? '',
    ...origin(sent),
  }
}

/** The records of a metric's points. */
export function expectedPoints(sent: SentMetric): MetricPoint[] {
  return sent.dataPoints.map((point) => ({
    signal: 'metric',
    name: sent.name,
    description: sent.description,
    unit: sent.unit,
    metadata: new Map(),
    start: ns(point.startTime),
    time: ns(point.endTime),
    attributes: attributes(point.attributes),
    flags: 0,
    exemplars: [],
    point: pointValue(sent, point.value),
    ...origin(sent),
  }))
}

/** `dataPointType` of the SDK: 0 histogram, 1 exponential histogram, 2 gauge, 3 sum. */
function pointValue(sent: SentMetric, given: number | SentHistogram): PointValue {
  // The SDK counts temporality from 0 (delta), OTLP from 1.
  const temporality = sent.aggregationTemporality + 1
  if (typeof given === 'number') {
    // Every instrument here is made without a value type, which is double.
    return sent.dataPointType === 2
      ? { type: 'gauge', value: given }
      : { type: 'sum', value: given, temporality, monotonic: sent.isMonotonic === true }
  }
  const shared = {
    temporality,
    count: BigInt(given.count),
    sum: given.sum,
    min: given.min,
    max: given.max,
  }
  if (sent.dataPointType === 0) {
    return {
      type: 'histogram',
      ...shared,
      bounds: given.buckets?.boundaries ?? [],
      bucketCounts: (given.buckets?.counts ?? []).map(BigInt),
    }
  }
  const side = (buckets: SentHistogram['positive']) => ({
    offset: buckets?.offset ?? 0,
    counts: (buckets?.bucketCounts ?? []).map(BigInt),
  })
  return {
    type: 'exponential_histogram',
    ...shared,
    scale: given.scale ?? 0,
    zeroCount: BigInt(given.zeroCount ?? 0),
    zeroThreshold: 0,
    positive: side(given.positive),
    negative: side(given.negative),
  }
}
