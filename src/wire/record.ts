/**
 * The records both wings speak: what an OTLP request holds, flat, each with its own resource and scope.
 *
 * Nothing is lost between OTLP (protobuf or JSON), this form and a JSONL line: an int64 is a `bigint`, a double is a
 * `number`, bytes are a `Uint8Array`, a kvlist is a `Map` in wire order, an unset AnyValue is `null`.
 * Ids are lower-case hex, `''` where the sender gave none. Times are nanoseconds since the Unix epoch, `0n` where unset.
 */

/** One OTLP AnyValue. */
export type AnyValue =
  | string
  | boolean
  | bigint
  | number
  | Uint8Array
  | null
  | readonly AnyValue[]
  | Attributes

/** Attributes, or a kvlist value, in the order of the wire. */
export type Attributes = ReadonlyMap<string, AnyValue>

/** The entity that produced a record: the bot, its host, its run. */
export interface Resource {
  readonly attributes: Attributes
  readonly droppedAttributesCount: number
  readonly schemaUrl: string
}

/** The instrumentation scope, with the schema URL of its group. */
export interface Scope {
  readonly name: string
  readonly version: string
  readonly attributes: Attributes
  readonly droppedAttributesCount: number
  readonly schemaUrl: string
}

/** Where a record comes from. Records of one request share the objects: compare by identity to group. */
export interface Origin {
  readonly resource: Resource
  readonly scope: Scope
}

/** A log line or, when `eventName` is not empty, an event. */
export interface LogRecord extends Origin {
  readonly signal: 'log'
  readonly time: bigint
  readonly observedTime: bigint
  readonly severityNumber: number
  readonly severityText: string
  readonly eventName: string
  readonly body: AnyValue
  readonly attributes: Attributes
  readonly droppedAttributesCount: number
  readonly flags: number
  readonly traceId: string
  readonly spanId: string
}

/** Something that happened during a span. */
export interface SpanEvent {
  readonly time: bigint
  readonly name: string
  readonly attributes: Attributes
  readonly droppedAttributesCount: number
}

/** A reference to a span of this or another trace. */
export interface SpanLink {
  readonly traceId: string
  readonly spanId: string
  readonly traceState: string
  readonly attributes: Attributes
  readonly droppedAttributesCount: number
  readonly flags: number
}

/** A finished span. */
export interface SpanRecord extends Origin {
  readonly signal: 'span'
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly traceState: string
  readonly flags: number
  readonly name: string
  /** OTLP number: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number
  readonly start: bigint
  readonly end: bigint
  /** OTLP number: 0 unset, 1 ok, 2 error. */
  readonly statusCode: number
  readonly statusMessage: string
  readonly attributes: Attributes
  readonly droppedAttributesCount: number
  readonly events: readonly SpanEvent[]
  readonly droppedEventsCount: number
  readonly links: readonly SpanLink[]
  readonly droppedLinksCount: number
}

/** A measurement that stands for the bucket it fell into, with the trace it was made in. */
export interface Exemplar {
  readonly time: bigint
  readonly value: bigint | number | null
  readonly traceId: string
  readonly spanId: string
  readonly filteredAttributes: Attributes
}

/** OTLP number: 0 unspecified, 1 delta, 2 cumulative. */
type Temporality = number

/** The value of a metric point, by the kind of its metric. */
export type PointValue =
  | { readonly type: 'gauge'; readonly value: bigint | number | null }
  | {
      readonly type: 'sum'
      readonly value: bigint | number | null
      readonly temporality: Temporality
      readonly monotonic: boolean
    }
  | {
      readonly type: 'histogram'
      readonly temporality: Temporality
      readonly count: bigint
      readonly sum: number | undefined
      readonly min: number | undefined
      readonly max: number | undefined
      readonly bounds: readonly number[]
      readonly bucketCounts: readonly bigint[]
    }
  | {
      readonly type: 'exponential_histogram'
      readonly temporality: Temporality
      readonly count: bigint
      readonly sum: number | undefined
      readonly min: number | undefined
      readonly max: number | undefined
      readonly scale: number
      readonly zeroCount: bigint
      readonly zeroThreshold: number
      readonly positive: Buckets
      readonly negative: Buckets
    }
  | {
      readonly type: 'summary'
      readonly count: bigint
      readonly sum: number
      readonly quantiles: readonly { readonly quantile: number; readonly value: number }[]
    }

/** One side of an exponential histogram. */
export interface Buckets {
  readonly offset: number
  readonly counts: readonly bigint[]
}

/** One data point of a metric. */
export interface MetricPoint extends Origin {
  readonly signal: 'metric'
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly metadata: Attributes
  readonly start: bigint
  readonly time: bigint
  readonly attributes: Attributes
  readonly flags: number
  readonly exemplars: readonly Exemplar[]
  readonly point: PointValue
}

/** Any record of the wire. */
export type WireRecord = LogRecord | SpanRecord | MetricPoint
