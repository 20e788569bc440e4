import type { Attributes, Buckets, Exemplar, PointValue } from '../record.ts'
import type { ProtobufReader } from './reader.ts'
import { noAttributes, readKeyValue } from './value.ts'
import type { Draft } from './value.ts'

/** The kind of a metric. */
export type PointType = PointValue['type']

/** One data point. Temporality and monotonicity belong to its metric and are filled in there. */
export interface Point {
  start: bigint
  time: bigint
  attributes: Attributes
  flags: number
  readonly exemplars: Exemplar[]
  readonly value: PointValue
}

/** T while it is read: its fields are set, its lists grow. */
type Mutable<T> = {
  -readonly [Key in keyof T]: T[Key] extends readonly (infer Item)[] ? Item[] : T[Key]
}
type Value<T extends PointType> = Mutable<Extract<PointValue, { type: T }>>

/** The data point of the message that comes next. */
export function readPoint(reader: ProtobufReader, type: PointType): Point {
  reader.count()
  switch (type) {
    case 'gauge':
      return readFields(reader, { type, value: null }, readNumber)
    case 'sum':
      return readFields(reader, { type, value: null, temporality: 0, monotonic: false }, readNumber)
    case 'histogram':
      return readFields(
        reader,
        { type, ...noStatistics, bounds: [], bucketCounts: [] },
        readHistogram,
      )
    case 'exponential_histogram':
      return readFields(
        reader,
        {
          type,
          ...noStatistics,
          scale: 0,
          zeroCount: 0n,
          zeroThreshold: 0,
          positive: noBuckets,
          negative: noBuckets,
        },
        readExponential,
      )
    case 'summary':
      return readFields(reader, { type, count: 0n, sum: 0, quantiles: [] }, readSummary)
  }
}

const noStatistics = { temporality: 0, count: 0n, sum: undefined, min: undefined, max: undefined }
const noBuckets: Buckets = { offset: 0, counts: [] }

/** Where the kinds of points keep what all of them have. */
interface Layout {
  readonly attributes: number
  readonly exemplars: number
  readonly flags: number
}

const layouts: Readonly<Record<PointType, Layout>> = {
  gauge: { attributes: 0x3a, exemplars: 0x2a, flags: 0x40 },
  sum: { attributes: 0x3a, exemplars: 0x2a, flags: 0x40 },
  histogram: { attributes: 0x4a, exemplars: 0x42, flags: 0x50 },
  exponential_histogram: { attributes: 0x0a, exemplars: 0x5a, flags: 0x50 },
  summary: { attributes: 0x3a, exemplars: 0, flags: 0x40 },
}

function readFields<V extends PointValue>(
  reader: ProtobufReader,
  value: V,
  readValue: (reader: ProtobufReader, tag: number, value: V) => void,
): Point {
  const layout = layouts[value.type]
  const point: Point = {
    start: 0n,
    time: 0n,
    attributes: noAttributes,
    flags: 0,
    exemplars: [],
    value,
  }
  let attributes: Draft
  const outer = reader.enter()
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === 0x11) point.start = reader.fixed64()
    else if (tag === 0x19) point.time = reader.fixed64()
    else if (tag === layout.attributes) attributes = readKeyValue(reader, attributes)
    else if (tag === layout.exemplars) point.exemplars.push(readExemplar(reader))
    else if (tag === layout.flags) point.flags = reader.uint32()
    else readValue(reader, tag, value)
  }
  reader.leave(outer)
  point.attributes = attributes ?? noAttributes
  return point
}

function readNumber(reader: ProtobufReader, tag: number, value: Value<'gauge' | 'sum'>): void {
  if (tag === 0x21) value.value = reader.double()
  else if (tag === 0x31) value.value = reader.sfixed64()
  else reader.skip()
}

function readHistogram(reader: ProtobufReader, tag: number, value: Value<'histogram'>): void {
  if (tag === 0x21) value.count = reader.fixed64()
  else if (tag === 0x29) value.sum = reader.double()
  else if (tag === 0x59) value.min = reader.double()
  else if (tag === 0x61) value.max = reader.double()
  else if (tag === 0x32 || tag === 0x31) reader.repeated(value.bucketCounts, () => reader.fixed64())
  else if (tag === 0x3a || tag === 0x39) reader.repeated(value.bounds, () => reader.double())
  else reader.skip()
}

function readExponential(
  reader: ProtobufReader,
  tag: number,
  value: Value<'exponential_histogram'>,
): void {
  if (tag === 0x21) value.count = reader.fixed64()
  else if (tag === 0x29) value.sum = reader.double()
  else if (tag === 0x30) value.scale = reader.sint32()
  else if (tag === 0x39) value.zeroCount = reader.fixed64()
  else if (tag === 0x42) value.positive = readBuckets(reader)
  else if (tag === 0x4a) value.negative = readBuckets(reader)
  else if (tag === 0x61) value.min = reader.double()
  else if (tag === 0x69) value.max = reader.double()
  else if (tag === 0x71) value.zeroThreshold = reader.double()
  else reader.skip()
}

function readSummary(reader: ProtobufReader, tag: number, value: Value<'summary'>): void {
  if (tag === 0x21) value.count = reader.fixed64()
  else if (tag === 0x29) value.sum = reader.double()
  else if (tag === 0x32) value.quantiles.push(readQuantile(reader))
  else reader.skip()
}

function readBuckets(reader: ProtobufReader): Buckets {
  let offset = 0
  const counts: bigint[] = []
  const outer = reader.enter()
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === 0x08) offset = reader.sint32()
    else if (tag === 0x12 || tag === 0x10) reader.repeated(counts, () => reader.uint64())
    else reader.skip()
  }
  reader.leave(outer)
  return { offset, counts }
}

function readQuantile(reader: ProtobufReader): { quantile: number; value: number } {
  let quantile = 0
  let value = 0
  reader.count()
  const outer = reader.enter()
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === 0x09) quantile = reader.double()
    else if (tag === 0x11) value = reader.double()
    else reader.skip()
  }
  reader.leave(outer)
  return { quantile, value }
}

function readExemplar(reader: ProtobufReader): Exemplar {
  const exemplar: Mutable<Exemplar> = {
    time: 0n,
    value: null,
    traceId: '',
    spanId: '',
    filteredAttributes: noAttributes,
  }
  let attributes: Draft
  reader.count()
  const outer = reader.enter()
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === 0x11) exemplar.time = reader.fixed64()
    else if (tag === 0x19) exemplar.value = reader.double()
    else if (tag === 0x31) exemplar.value = reader.sfixed64()
    else if (tag === 0x22) exemplar.spanId = reader.hex()
    else if (tag === 0x2a) exemplar.traceId = reader.hex()
    else if (tag === 0x3a) attributes = readKeyValue(reader, attributes)
    else reader.skip()
  }
  reader.leave(outer)
  exemplar.filteredAttributes = attributes ?? noAttributes
  return exemplar
}
