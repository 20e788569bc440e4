import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type {
  AnyValue,
  Attributes,
  Buckets,
  Exemplar,
  LogRecord,
  MetricPoint,
  PointValue,
  Resource,
  Scope,
  SpanRecord,
  WireRecord,
} from '../../src/wire/record.ts'

/*
 * A second, slow and plain writer of OTLP protobuf, on another library, for all that a record can hold: the official
 * serializer writes neither exemplars nor dropped counts of resources nor bytes in every place.
 */

const { Varint: varint, Bit64: bit64, LengthDelimited: delimited, Bit32: bit32 } = WireType

function tag(writer: BinaryWriter, field: number, type: WireType = delimited): BinaryWriter {
  return writer.tag(field, type)
}

function message(writer: BinaryWriter, field: number, write: () => void): void {
  tag(writer, field).fork()
  write()
  writer.join()
}

/** An export request with one group for each record. */
export function requestOf(records: readonly WireRecord[], shuffled = false): Uint8Array {
  const writer = new BinaryWriter()
  for (const record of records) {
    message(writer, 1, () => {
      const parts = [
        () => message(writer, 1, () => writeResource(writer, record.resource)),
        () =>
          message(writer, 2, () => {
            const inner = [
              () => message(writer, 1, () => writeScope(writer, record.scope)),
              () => message(writer, 2, () => writeRecord(writer, record)),
              () => tag(writer, 3).string(record.scope.schemaUrl),
            ]
            for (const part of shuffled ? inner.reverse() : inner) part()
          }),
        () => tag(writer, 3).string(record.resource.schemaUrl),
      ]
      for (const part of shuffled ? parts.reverse() : parts) part()
    })
  }
  return writer.finish()
}

function writeRecord(writer: BinaryWriter, record: WireRecord): void {
  if (record.signal === 'log') writeLog(writer, record)
  else if (record.signal === 'span') writeSpan(writer, record)
  else writeMetric(writer, record)
}

function writeResource(writer: BinaryWriter, resource: Resource): void {
  writeAttributes(writer, 1, resource.attributes)
  tag(writer, 2, varint).uint32(resource.droppedAttributesCount)
}

function writeScope(writer: BinaryWriter, scope: Scope): void {
  tag(writer, 1).string(scope.name)
  tag(writer, 2).string(scope.version)
  writeAttributes(writer, 3, scope.attributes)
  tag(writer, 4, varint).uint32(scope.droppedAttributesCount)
}

function writeAttributes(writer: BinaryWriter, field: number, attributes: Attributes): void {
  for (const [key, value] of attributes) {
    message(writer, field, () => {
      tag(writer, 1).string(key)
      message(writer, 2, () => writeAnyValue(writer, value))
    })
  }
}

function writeAnyValue(writer: BinaryWriter, value: AnyValue): void {
  if (typeof value === 'string') tag(writer, 1).string(value)
  else if (typeof value === 'boolean') tag(writer, 2, varint).bool(value)
  else if (typeof value === 'bigint') tag(writer, 3, varint).int64(value)
  else if (typeof value === 'number') tag(writer, 4, bit64).double(value)
  else if (value instanceof Uint8Array) tag(writer, 7).bytes(value)
  else if (value instanceof Map) message(writer, 6, () => writeAttributes(writer, 1, value))
  else if (Array.isArray(value)) {
    message(writer, 5, () => {
      for (const item of value) message(writer, 1, () => writeAnyValue(writer, item))
    })
  }
}

function writeId(writer: BinaryWriter, field: number, hex: string): void {
  tag(writer, field).bytes(Buffer.from(hex, 'hex'))
}

function writeLog(writer: BinaryWriter, log: LogRecord): void {
  tag(writer, 1, bit64).fixed64(log.time)
  tag(writer, 2, varint).int32(log.severityNumber)
  tag(writer, 3).string(log.severityText)
  // Field 4 held the name of a log record once.
  tag(writer, 4).string('deprecated')
  message(writer, 5, () => writeAnyValue(writer, log.body))
  writeAttributes(writer, 6, log.attributes)
  tag(writer, 7, varint).uint32(log.droppedAttributesCount)
  tag(writer, 8, bit32).fixed32(log.flags)
  writeId(writer, 9, log.traceId)
  writeId(writer, 10, log.spanId)
  tag(writer, 11, bit64).fixed64(log.observedTime)
  tag(writer, 12).string(log.eventName)
}

function writeSpan(writer: BinaryWriter, span: SpanRecord): void {
  writeId(writer, 1, span.traceId)
  writeId(writer, 2, span.spanId)
  tag(writer, 3).string(span.traceState)
  writeId(writer, 4, span.parentSpanId)
  tag(writer, 5).string(span.name)
  tag(writer, 6, varint).int32(span.kind)
  tag(writer, 7, bit64).fixed64(span.start)
  tag(writer, 8, bit64).fixed64(span.end)
  writeAttributes(writer, 9, span.attributes)
  tag(writer, 10, varint).uint32(span.droppedAttributesCount)
  for (const event of span.events) {
    message(writer, 11, () => {
      tag(writer, 1, bit64).fixed64(event.time)
      tag(writer, 2).string(event.name)
      writeAttributes(writer, 3, event.attributes)
      tag(writer, 4, varint).uint32(event.droppedAttributesCount)
    })
  }
  tag(writer, 12, varint).uint32(span.droppedEventsCount)
  for (const link of span.links) {
    message(writer, 13, () => {
      writeId(writer, 1, link.traceId)
      writeId(writer, 2, link.spanId)
      tag(writer, 3).string(link.traceState)
      writeAttributes(writer, 4, link.attributes)
      tag(writer, 5, varint).uint32(link.droppedAttributesCount)
      tag(writer, 6, bit32).fixed32(link.flags)
    })
  }
  tag(writer, 14, varint).uint32(span.droppedLinksCount)
  message(writer, 15, () => {
    tag(writer, 1, varint).int32(1)
    tag(writer, 2).string(span.statusMessage)
    tag(writer, 3, varint).int32(span.statusCode)
  })
  tag(writer, 16, bit32).fixed32(span.flags)
}

const dataFields = {
  gauge: 5,
  sum: 7,
  histogram: 9,
  exponential_histogram: 10,
  summary: 11,
} as const

function writeMetric(writer: BinaryWriter, metric: MetricPoint): void {
  const { point } = metric
  tag(writer, 1).string(metric.name)
  tag(writer, 2).string(metric.description)
  message(writer, dataFields[point.type], () => {
    message(writer, 1, () => writePoint(writer, metric))
    if ('temporality' in point) tag(writer, 2, varint).int32(point.temporality)
    if (point.type === 'sum') tag(writer, 3, varint).bool(point.monotonic)
  })
  tag(writer, 3).string(metric.unit)
  writeAttributes(writer, 12, metric.metadata)
}

/** Numbers of the fields that all points have, in another place in each kind. */
const pointFields = {
  gauge: { attributes: 7, exemplars: 5, flags: 8 },
  sum: { attributes: 7, exemplars: 5, flags: 8 },
  histogram: { attributes: 9, exemplars: 8, flags: 10 },
  exponential_histogram: { attributes: 1, exemplars: 11, flags: 10 },
  summary: { attributes: 7, exemplars: 0, flags: 8 },
} as const

function writePoint(writer: BinaryWriter, metric: MetricPoint): void {
  const fields = pointFields[metric.point.type]
  writeAttributes(writer, fields.attributes, metric.attributes)
  tag(writer, 2, bit64).fixed64(metric.start)
  tag(writer, 3, bit64).fixed64(metric.time)
  writeValue(writer, metric.point)
  tag(writer, fields.flags, varint).uint32(metric.flags)
  for (const exemplar of metric.exemplars) {
    message(writer, fields.exemplars, () => writeExemplar(writer, exemplar))
  }
}

function writeValue(writer: BinaryWriter, point: PointValue): void {
  switch (point.type) {
    case 'gauge':
    case 'sum':
      writeNumber(writer, 4, point.value)
      return
    case 'histogram':
      writeStatistics(writer, point, [5, 11, 12])
      packed(writer, 6, point.bucketCounts, (count) => writer.fixed64(count))
      packed(writer, 7, point.bounds, (bound) => writer.double(bound))
      return
    case 'exponential_histogram':
      writeStatistics(writer, point, [5, 12, 13])
      tag(writer, 6, varint).sint32(point.scale)
      tag(writer, 7, bit64).fixed64(point.zeroCount)
      message(writer, 8, () => writeBuckets(writer, point.positive))
      message(writer, 9, () => writeBuckets(writer, point.negative))
      tag(writer, 14, bit64).double(point.zeroThreshold)
      return
    case 'summary':
      tag(writer, 4, bit64).fixed64(point.count)
      tag(writer, 5, bit64).double(point.sum)
      for (const { quantile, value } of point.quantiles) {
        message(writer, 6, () => {
          tag(writer, 1, bit64).double(quantile)
          tag(writer, 2, bit64).double(value)
        })
      }
  }
}

function writeNumber(
  writer: BinaryWriter,
  doubleField: number,
  value: bigint | number | null,
): void {
  if (typeof value === 'bigint') tag(writer, 6, bit64).sfixed64(value)
  else if (value !== null) tag(writer, doubleField, bit64).double(value)
}

function writeStatistics(
  writer: BinaryWriter,
  point: {
    count: bigint
    sum: number | undefined
    min: number | undefined
    max: number | undefined
  },
  fields: readonly [sum: number, min: number, max: number],
): void {
  tag(writer, 4, bit64).fixed64(point.count)
  for (const [index, value] of [point.sum, point.min, point.max].entries()) {
    if (value !== undefined) tag(writer, fields[index] ?? 0, bit64).double(value)
  }
}

/** Odd lists are written unpacked, one field for each number, which every reader must take as well. */
function packed<T>(
  writer: BinaryWriter,
  field: number,
  values: readonly T[],
  write: (value: T) => void,
): void {
  if (values.length % 2 === 1) {
    for (const value of values) {
      tag(writer, field, bit64)
      write(value)
    }
  } else if (values.length > 0) {
    message(writer, field, () => values.forEach((value) => write(value)))
  }
}

function writeBuckets(writer: BinaryWriter, buckets: Buckets): void {
  tag(writer, 1, varint).sint32(buckets.offset)
  message(writer, 2, () => buckets.counts.forEach((count) => writer.uint64(count)))
}

function writeExemplar(writer: BinaryWriter, exemplar: Exemplar): void {
  tag(writer, 2, bit64).fixed64(exemplar.time)
  writeNumber(writer, 3, exemplar.value)
  writeId(writer, 4, exemplar.spanId)
  writeId(writer, 5, exemplar.traceId)
  writeAttributes(writer, 7, exemplar.filteredAttributes)
}
