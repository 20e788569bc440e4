import type { Buckets, Exemplar, MetricPoint, PointValue } from '../record.ts'
import {
  arrayAt,
  at,
  booleanAt,
  doubleAt,
  doubleOf,
  enumAt,
  idAt,
  int32At,
  int64Of,
  objectAt,
  objectsAt,
  uint32At,
  uint64At,
  uint64Of,
} from './fields.ts'
import type { Json } from './fields.ts'
import { attributesAt } from './value.ts'

type Point = Pick<MetricPoint, 'start' | 'time' | 'attributes' | 'flags' | 'exemplars' | 'point'>

const temporalityNames = ['UNSPECIFIED', 'DELTA', 'CUMULATIVE']

/** The data points of a metric. */
export function pointsOf(metric: Json): Point[] {
  if (at(metric, 'gauge') !== undefined) return map(metric, 'gauge', gaugeOf)
  if (at(metric, 'sum') !== undefined) return map(metric, 'sum', sumOf)
  if (at(metric, 'histogram') !== undefined) return map(metric, 'histogram', histogramOf)
  if (at(metric, 'exponentialHistogram') !== undefined) {
    return map(metric, 'exponentialHistogram', exponentialOf)
  }
  return at(metric, 'summary') === undefined ? [] : map(metric, 'summary', summaryOf)
}

function map(metric: Json, key: string, valueOf: (point: Json, data: Json) => PointValue): Point[] {
  const data = objectAt(metric, key)
  return objectsAt(data, 'dataPoints').map((point) => ({
    start: uint64At(point, 'startTimeUnixNano'),
    time: uint64At(point, 'timeUnixNano'),
    attributes: attributesAt(point, 'attributes'),
    flags: uint32At(point, 'flags'),
    exemplars: objectsAt(point, 'exemplars').map(exemplarOf),
    point: valueOf(point, data),
  }))
}

function gaugeOf(point: Json): PointValue {
  return { type: 'gauge', value: numberOf(point) }
}

function sumOf(point: Json, data: Json): PointValue {
  return {
    type: 'sum',
    value: numberOf(point),
    temporality: temporalityOf(data),
    monotonic: booleanAt(data, 'isMonotonic'),
  }
}

function histogramOf(point: Json, data: Json): PointValue {
  return {
    type: 'histogram',
    temporality: temporalityOf(data),
    ...statisticsOf(point),
    bounds: arrayAt(point, 'explicitBounds').map((bound) => doubleOf(bound, 'explicitBounds')),
    bucketCounts: countsOf(point),
  }
}

function exponentialOf(point: Json, data: Json): PointValue {
  return {
    type: 'exponential_histogram',
    temporality: temporalityOf(data),
    ...statisticsOf(point),
    scale: int32At(point, 'scale'),
    zeroCount: uint64At(point, 'zeroCount'),
    zeroThreshold: doubleAt(point, 'zeroThreshold') ?? 0,
    positive: bucketsOf(objectAt(point, 'positive')),
    negative: bucketsOf(objectAt(point, 'negative')),
  }
}

function summaryOf(point: Json): PointValue {
  return {
    type: 'summary',
    count: uint64At(point, 'count'),
    sum: doubleAt(point, 'sum') ?? 0,
    quantiles: objectsAt(point, 'quantileValues').map((part) => ({
      quantile: doubleAt(part, 'quantile') ?? 0,
      value: doubleAt(part, 'value') ?? 0,
    })),
  }
}

function statisticsOf(point: Json): {
  count: bigint
  sum: number | undefined
  min: number | undefined
  max: number | undefined
} {
  return {
    count: uint64At(point, 'count'),
    sum: doubleAt(point, 'sum'),
    min: doubleAt(point, 'min'),
    max: doubleAt(point, 'max'),
  }
}

function temporalityOf(data: Json): number {
  return enumAt(data, 'aggregationTemporality', 'AGGREGATION_TEMPORALITY_', temporalityNames)
}

function numberOf(point: Json): bigint | number | null {
  const int = at(point, 'asInt')
  return int === undefined ? (doubleAt(point, 'asDouble') ?? null) : int64Of(int, 'asInt')
}

function countsOf(json: Json): bigint[] {
  return arrayAt(json, 'bucketCounts').map((count) => uint64Of(count, 'bucketCounts'))
}

function bucketsOf(json: Json): Buckets {
  return { offset: int32At(json, 'offset'), counts: countsOf(json) }
}

function exemplarOf(json: Json): Exemplar {
  return {
    time: uint64At(json, 'timeUnixNano'),
    value: numberOf(json),
    traceId: idAt(json, 'traceId'),
    spanId: idAt(json, 'spanId'),
    filteredAttributes: attributesAt(json, 'filteredAttributes'),
  }
}
