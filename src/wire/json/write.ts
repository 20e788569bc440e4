import type {
  Buckets,
  Exemplar,
  LogRecord,
  MetricPoint,
  Origin,
  PointValue,
  Resource,
  Scope,
  SpanEvent,
  SpanLink,
  SpanRecord,
} from '../record.ts'
import {
  arrayField,
  attributesField,
  doubleField,
  doubleText,
  longField,
  numberField,
  object,
  objectField,
  stringField,
  valueText,
} from './text.ts'

/** A request: records grouped by the identity of their resource and scope, in the order of the first of each. */
export function writeGroups<R extends Origin>(
  records: readonly R[],
  [groups, scopes, items]: readonly [groups: string, scopes: string, items: string],
  write: (records: readonly R[]) => string[],
): string {
  const resources = groupBy(records, (record) => record.resource)
  const resourceTexts = Array.from(resources, ([resource, ofResource]) => {
    const scopeTexts = Array.from(
      groupBy(ofResource, (record) => record.scope),
      ([scope, ofScope]) =>
        object(
          objectField('scope', scopeFields(scope)) +
            arrayField(items, write(ofScope)) +
            stringField('schemaUrl', scope.schemaUrl),
        ),
    )
    return object(
      objectField('resource', partFields(resource)) +
        arrayField(scopes, scopeTexts) +
        stringField('schemaUrl', resource.schemaUrl),
    )
  })
  return `{"${groups}":[${resourceTexts.join(',')}]}`
}

function groupBy<R, K>(records: readonly R[], keyOf: (record: R) => K): Map<K, R[]> {
  return Map.groupBy(records, keyOf)
}

function scopeFields(scope: Scope): string {
  return stringField('name', scope.name) + stringField('version', scope.version) + partFields(scope)
}

function partFields(
  part: Resource | Scope | LogRecord | SpanRecord | SpanEvent | SpanLink,
): string {
  return (
    attributesField('attributes', part.attributes) +
    numberField('droppedAttributesCount', part.droppedAttributesCount)
  )
}

/** A LogRecord. */
export function logText(log: LogRecord): string {
  return object(
    longField('timeUnixNano', log.time) +
      longField('observedTimeUnixNano', log.observedTime) +
      numberField('severityNumber', log.severityNumber) +
      stringField('severityText', log.severityText) +
      stringField('eventName', log.eventName) +
      (log.body === null ? '' : `,"body":${valueText(log.body)}`) +
      partFields(log) +
      numberField('flags', log.flags) +
      stringField('traceId', log.traceId) +
      stringField('spanId', log.spanId),
  )
}

/** A Span. */
export function spanText(span: SpanRecord): string {
  const status = stringField('message', span.statusMessage) + numberField('code', span.statusCode)
  return object(
    stringField('traceId', span.traceId) +
      stringField('spanId', span.spanId) +
      stringField('traceState', span.traceState) +
      stringField('parentSpanId', span.parentSpanId) +
      numberField('flags', span.flags) +
      stringField('name', span.name) +
      numberField('kind', span.kind) +
      longField('startTimeUnixNano', span.start) +
      longField('endTimeUnixNano', span.end) +
      partFields(span) +
      arrayField('events', span.events.map(eventText)) +
      numberField('droppedEventsCount', span.droppedEventsCount) +
      arrayField('links', span.links.map(linkText)) +
      numberField('droppedLinksCount', span.droppedLinksCount) +
      objectField('status', status),
  )
}

function eventText(event: SpanEvent): string {
  const fields = longField('timeUnixNano', event.time) + stringField('name', event.name)
  return object(fields + partFields(event))
}

function linkText(link: SpanLink): string {
  return object(
    stringField('traceId', link.traceId) +
      stringField('spanId', link.spanId) +
      stringField('traceState', link.traceState) +
      partFields(link) +
      numberField('flags', link.flags),
  )
}

const dataNames = {
  gauge: 'gauge',
  sum: 'sum',
  histogram: 'histogram',
  exponential_histogram: 'exponentialHistogram',
  summary: 'summary',
} as const satisfies Record<PointValue['type'], string>

/** Metrics: points of the same name, unit, kind and so on come together again. */
export function metricTexts(points: readonly MetricPoint[]): string[] {
  const metrics = groupBy(points, (metric) => {
    const { point } = metric
    const header =
      stringField('name', metric.name) +
      stringField('description', metric.description) +
      stringField('unit', metric.unit) +
      attributesField('metadata', metric.metadata)
    const temporality = 'temporality' in point ? point.temporality : 0
    const data =
      numberField('aggregationTemporality', temporality) +
      ('monotonic' in point && point.monotonic ? ',"isMonotonic":true' : '')
    return `${header},"${dataNames[point.type]}":{${data === '' ? '' : data.slice(1) + ','}`
  })
  return Array.from(
    metrics,
    ([start, ofMetric]) =>
      `{${start.slice(1)}"dataPoints":[${ofMetric.map(pointText).join(',')}]}}`,
  )
}

function pointText(metric: MetricPoint): string {
  return object(
    longField('startTimeUnixNano', metric.start) +
      longField('timeUnixNano', metric.time) +
      attributesField('attributes', metric.attributes) +
      numberField('flags', metric.flags) +
      arrayField('exemplars', metric.exemplars.map(exemplarText)) +
      valueFields(metric.point),
  )
}

function valueFields(point: PointValue): string {
  switch (point.type) {
    case 'gauge':
    case 'sum':
      return numberFields(point.value)
    case 'histogram':
      return (
        statisticsFields(point) +
        arrayField('explicitBounds', point.bounds.map(doubleText)) +
        countsField(point.bucketCounts)
      )
    case 'exponential_histogram':
      return (
        statisticsFields(point) +
        numberField('scale', point.scale) +
        longField('zeroCount', point.zeroCount) +
        (Object.is(point.zeroThreshold, 0)
          ? ''
          : doubleField('zeroThreshold', point.zeroThreshold)) +
        objectField('positive', bucketsFields(point.positive)) +
        objectField('negative', bucketsFields(point.negative))
      )
    case 'summary': {
      const quantiles = point.quantiles.map(({ quantile, value }) =>
        object(doubleField('quantile', quantile) + doubleField('value', value)),
      )
      return (
        longField('count', point.count) +
        doubleField('sum', point.sum) +
        arrayField('quantileValues', quantiles)
      )
    }
  }
}

function numberFields(value: bigint | number | null): string {
  if (value === null) return ''
  return typeof value === 'bigint' ? `,"asInt":"${value}"` : doubleField('asDouble', value)
}

function statisticsFields(
  point: Extract<PointValue, { type: 'histogram' | 'exponential_histogram' }>,
): string {
  return (
    longField('count', point.count) +
    doubleField('sum', point.sum) +
    doubleField('min', point.min) +
    doubleField('max', point.max)
  )
}

function countsField(counts: readonly bigint[]): string {
  return arrayField(
    'bucketCounts',
    counts.map((count) => `"${count}"`),
  )
}

function bucketsFields(buckets: Buckets): string {
  return numberField('offset', buckets.offset) + countsField(buckets.counts)
}

function exemplarText(exemplar: Exemplar): string {
  return object(
    longField('timeUnixNano', exemplar.time) +
      numberFields(exemplar.value) +
      stringField('traceId', exemplar.traceId) +
      stringField('spanId', exemplar.spanId) +
      attributesField('filteredAttributes', exemplar.filteredAttributes),
  )
}
