import type { Attributes, MetricPoint, Origin, PointValue } from '../record.ts'
import { readPoint } from './point.ts'
import type { Point, PointType } from './point.ts'
import type { ProtobufReader } from './reader.ts'
import { noAttributes, readKeyValue } from './value.ts'
import type { Draft } from './value.ts'

/** What the points of one metric have in common, known when all of it was read. */
interface Header {
  name: string
  description: string
  unit: string
  metadata: Attributes
  temporality: number
  monotonic: boolean
}

/** `opentelemetry.proto.metrics.v1.Metric`, one record for each of its points. A metric without points leaves no record. */
export function readMetric(reader: ProtobufReader, origin: Origin, records: MetricPoint[]): void {
  const header: Header = {
    name: '',
    description: '',
    unit: '',
    metadata: noAttributes,
    temporality: 0,
    monotonic: false,
  }
  const points: Point[] = []
  let metadata: Draft
  const outer = reader.enter()
  while (reader.more()) {
    const tag = reader.tag()
    const type = pointTypes[tag]
    if (type !== undefined) readData(reader, type, header, points)
    else if (tag === 0x0a) header.name = reader.name()
    else if (tag === 0x12) header.description = reader.name()
    else if (tag === 0x1a) header.unit = reader.name()
    else if (tag === 0x62) metadata = readKeyValue(reader, metadata)
    else reader.skip()
  }
  reader.leave(outer)
  header.metadata = metadata ?? noAttributes
  for (const point of points) records.push(recordOf(point, header, origin))
}

/** The kinds of data by their tag. Tags 0x22, 0x32 and 0x42 held the int kinds of OTLP before 0.9 and are skipped. */
const pointTypes: Readonly<Record<number, PointType>> = {
  0x2a: 'gauge',
  0x3a: 'sum',
  0x4a: 'histogram',
  0x52: 'exponential_histogram',
  0x5a: 'summary',
}

/** Gauge, Sum, Histogram, ExponentialHistogram and Summary have the same field numbers. */
function readData(reader: ProtobufReader, type: PointType, header: Header, points: Point[]): void {
  // Of several kinds in one metric, against the rule, the last one holds.
  points.length = 0
  header.temporality = 0
  header.monotonic = false
  const outer = reader.enter()
  while (reader.more()) {
    switch (reader.tag()) {
      case 0x0a:
        points.push(readPoint(reader, type))
        break
      case 0x10:
        header.temporality = reader.int32()
        break
      case 0x18:
        header.monotonic = reader.bool()
        break
      default:
        reader.skip()
    }
  }
  reader.leave(outer)
}

function recordOf(point: Point, header: Header, origin: Origin): MetricPoint {
  return {
    signal: 'metric',
    name: header.name,
    description: header.description,
    unit: header.unit,
    metadata: header.metadata,
    start: point.start,
    time: point.time,
    attributes: point.attributes,
    flags: point.flags,
    exemplars: point.exemplars,
    point: withHeader(point.value, header),
    resource: origin.resource,
    scope: origin.scope,
  }
}

function withHeader(value: PointValue, { temporality, monotonic }: Header): PointValue {
  switch (value.type) {
    case 'gauge':
    case 'summary':
      return value
    case 'sum':
      return { ...value, temporality, monotonic }
    case 'histogram':
    case 'exponential_histogram':
      return { ...value, temporality }
  }
}
