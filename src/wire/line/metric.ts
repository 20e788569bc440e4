import { FillpathError } from '../../semconv/error.ts'
import type { Buckets, Exemplar, MetricPoint, PointValue } from '../record.ts'
import {
  attributesAt,
  doubleAt,
  doublesAt,
  enumAt,
  int32At,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
  timeAt,
  uint32At,
  uint64At,
  uint64sAt,
} from './fields.ts'
import type { Json } from './json.ts'
import { originText } from './origin.ts'
import type { Cut } from './origin.ts'
import { enumText } from './span.ts'
import { timeText } from './time.ts'
import { attributesText, doubleText, numberText, quote } from './value.ts'

/** Names of the aggregation temporalities by their OTLP number. */
const temporalities = ['', 'delta', 'cumulative'] as const

/** The fields of a metric point. `type` is always there: no span and no log record has it. */
export function metricText(metric: MetricPoint): string {
  let text = ''
  if (metric.time !== 0n) text += `,"timestamp":"${timeText(metric.time)}"`
  if (metric.start !== 0n) text += `,"start":"${timeText(metric.start)}"`
  text += `,"name":${quote(metric.name)},"type":"${metric.point.type}"`
  if (metric.unit !== '') text += `,"unit":${quote(metric.unit)}`
  text += pointText(metric.point)
  if (metric.exemplars.length > 0) {
    text += `,"exemplars":[${metric.exemplars.map(exemplarText).join(',')}]`
  }
  if (metric.attributes.size > 0) text += `,"data":${attributesText(metric.attributes)}`
  if (metric.flags !== 0) text += `,"flags":${metric.flags}`
  if (metric.description !== '') text += `,"description":${quote(metric.description)}`
  if (metric.metadata.size > 0) text += `,"metadata":${attributesText(metric.metadata)}`
  return text + originText(metric)
}

/** The metric point of a line. */
export function metricOf({ json, resource, scope }: Cut): MetricPoint {
  return {
    signal: 'metric',
    name: stringAt(json, 'name'),
    description: stringAt(json, 'description'),
    unit: stringAt(json, 'unit'),
    metadata: attributesAt(json, 'metadata'),
    start: timeAt(json, 'start'),
    time: timeAt(json, 'timestamp'),
    attributes: attributesAt(json, 'data'),
    flags: uint32At(json, 'flags'),
    exemplars: objectsAt(json, 'exemplars').map(exemplarOf),
    point: pointOf(json),
    resource,
    scope,
  }
}

function pointText(point: PointValue): string {
  switch (point.type) {
    case 'gauge':
      return optionalText('value', point.value)
    case 'sum':
      return (
        enumText('temporality', point.temporality, temporalities) +
        (point.monotonic ? ',"is_monotonic":true' : '') +
        optionalText('value', point.value)
      )
    case 'histogram':
      return (
        enumText('temporality', point.temporality, temporalities) +
        statisticsText(point) +
        `,"bounds":[${point.bounds.map(doubleText).join(',')}]` +
        `,"bucket_counts":[${point.bucketCounts.join(',')}]`
      )
    case 'exponential_histogram':
      return (
        enumText('temporality', point.temporality, temporalities) +
        statisticsText(point) +
        `,"scale":${point.scale},"zero_count":${point.zeroCount}` +
        (Object.is(point.zeroThreshold, 0)
          ? ''
          : `,"zero_threshold":${doubleText(point.zeroThreshold)}`) +
        bucketsText('positive', point.positive) +
        bucketsText('negative', point.negative)
      )
    case 'summary': {
      const quantiles = point.quantiles.map(
        ({ quantile, value }) =>
          `{"quantile":${doubleText(quantile)},"value":${doubleText(value)}}`,
      )
      return `,"count":${point.count},"sum":${doubleText(point.sum)},"quantiles":[${quantiles.join(',')}]`
    }
  }
}

function pointOf(json: Json): PointValue {
  const type = json['type']
  switch (type) {
    case 'gauge':
      return { type, value: numberAt(json, 'value') }
    case 'sum':
      return {
        type,
        value: numberAt(json, 'value'),
        temporality: enumAt(json, 'temporality', temporalities),
        monotonic: json['is_monotonic'] === true,
      }
    case 'histogram':
      return {
        type,
        temporality: enumAt(json, 'temporality', temporalities),
        ...statisticsOf(json),
        bounds: doublesAt(json, 'bounds'),
        bucketCounts: uint64sAt(json, 'bucket_counts'),
      }
    case 'exponential_histogram':
      return {
        type,
        temporality: enumAt(json, 'temporality', temporalities),
        ...statisticsOf(json),
        scale: int32At(json, 'scale'),
        zeroCount: uint64At(json, 'zero_count'),
        zeroThreshold: doubleAt(json, 'zero_threshold') ?? 0,
        positive: bucketsOf(objectAt(json, 'positive')),
        negative: bucketsOf(objectAt(json, 'negative')),
      }
    case 'summary':
      return {
        type,
        count: uint64At(json, 'count'),
        sum: doubleAt(json, 'sum') ?? 0,
        quantiles: objectsAt(json, 'quantiles').map((part) => ({
          quantile: doubleAt(part, 'quantile') ?? 0,
          value: doubleAt(part, 'value') ?? 0,
        })),
      }
    default:
      throw new FillpathError(
        'line_malformed',
        `"type" must be gauge, sum, histogram, exponential_histogram or summary, not ${JSON.stringify(type)}`,
      )
  }
}

interface Statistics {
  readonly count: bigint
  readonly sum: number | undefined
  readonly min: number | undefined
  readonly max: number | undefined
}

function statisticsText(point: Statistics): string {
  return (
    `,"count":${point.count}` +
    optionalText('sum', point.sum) +
    optionalText('min', point.min) +
    optionalText('max', point.max)
  )
}

function statisticsOf(json: Json): Statistics {
  return {
    count: uint64At(json, 'count'),
    sum: doubleAt(json, 'sum'),
    min: doubleAt(json, 'min'),
    max: doubleAt(json, 'max'),
  }
}

function optionalText(key: string, value: bigint | number | null | undefined): string {
  return value === null || value === undefined ? '' : `,"${key}":${numberText(value)}`
}

function bucketsText(key: string, { offset, counts }: Buckets): string {
  if (offset === 0 && counts.length === 0) return ''
  return `,"${key}":{"offset":${offset},"counts":[${counts.join(',')}]}`
}

function bucketsOf(json: Json): Buckets {
  return { offset: int32At(json, 'offset'), counts: uint64sAt(json, 'counts') }
}

function exemplarText(exemplar: Exemplar): string {
  let text = ''
  if (exemplar.time !== 0n) text += `,"timestamp":"${timeText(exemplar.time)}"`
  text += optionalText('value', exemplar.value)
  if (exemplar.traceId !== '') text += `,"trace_id":${quote(exemplar.traceId)}`
  if (exemplar.spanId !== '') text += `,"span_id":${quote(exemplar.spanId)}`
  if (exemplar.filteredAttributes.size > 0) {
    text += `,"data":${attributesText(exemplar.filteredAttributes)}`
  }
  return `{${text.slice(1)}}`
}

function exemplarOf(json: Json): Exemplar {
  return {
    time: timeAt(json, 'timestamp'),
    value: numberAt(json, 'value'),
    traceId: stringAt(json, 'trace_id'),
    spanId: stringAt(json, 'span_id'),
    filteredAttributes: attributesAt(json, 'data'),
  }
}
