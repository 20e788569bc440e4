import type { LogRecord, MetricPoint, Origin, SpanEvent, SpanLink, SpanRecord } from '../record.ts'
import { at, enumAt, idAt, objectAt, objectsAt, stringAt, uint32At, uint64At } from './fields.ts'
import type { Json } from './fields.ts'
import { pointsOf } from './point.ts'
import { attributesAt, valueOf } from './value.ts'

const severities = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']
const severityNames = [
  'UNSPECIFIED',
  ...severities.flatMap((name) => [name, `${name}2`, `${name}3`, `${name}4`]),
]
const kindNames = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const statusNames = ['UNSET', 'OK', 'ERROR']

/** The records of a request: `groups` names the array of resource groups, `scopes` that of scope groups, and so on. */
export function readGroups<R>(
  request: Json,
  [groups, scopes, items]: readonly [groups: string, scopes: string, items: string],
  read: (json: Json, origin: Origin) => readonly R[],
): R[] {
  const records: R[] = []
  for (const group of objectsAt(request, groups)) {
    const resource = {
      ...partOf(objectAt(group, 'resource')),
      schemaUrl: stringAt(group, 'schemaUrl'),
    }
    for (const scopeGroup of objectsAt(group, scopes)) {
      const json = objectAt(scopeGroup, 'scope')
      const scope = {
        name: stringAt(json, 'name'),
        version: stringAt(json, 'version'),
        ...partOf(json),
        schemaUrl: stringAt(scopeGroup, 'schemaUrl'),
      }
      for (const item of objectsAt(scopeGroup, items)) {
        for (const record of read(item, { resource, scope })) records.push(record)
      }
    }
  }
  return records
}

/** What nearly every message of OTLP has. */
function partOf(json: Json): Pick<SpanEvent, 'attributes' | 'droppedAttributesCount'> {
  return {
    attributes: attributesAt(json, 'attributes'),
    droppedAttributesCount: uint32At(json, 'droppedAttributesCount'),
  }
}

/** The record of a LogRecord, as a list of one. */
export function readLog(json: Json, origin: Origin): LogRecord[] {
  const record: LogRecord = {
    signal: 'log',
    time: uint64At(json, 'timeUnixNano'),
    observedTime: uint64At(json, 'observedTimeUnixNano'),
    severityNumber: enumAt(json, 'severityNumber', 'SEVERITY_NUMBER_', severityNames),
    severityText: stringAt(json, 'severityText'),
    eventName: stringAt(json, 'eventName'),
    body: valueOf(at(json, 'body')),
    ...partOf(json),
    flags: uint32At(json, 'flags'),
    traceId: idAt(json, 'traceId'),
    spanId: idAt(json, 'spanId'),
    ...origin,
  }
  return [record]
}

/** The record of a Span, as a list of one. */
export function readSpan(json: Json, origin: Origin): SpanRecord[] {
  const status = objectAt(json, 'status')
  const record: SpanRecord = {
    signal: 'span',
    traceId: idAt(json, 'traceId'),
    spanId: idAt(json, 'spanId'),
    parentSpanId: idAt(json, 'parentSpanId'),
    traceState: stringAt(json, 'traceState'),
    flags: uint32At(json, 'flags'),
    name: stringAt(json, 'name'),
    kind: enumAt(json, 'kind', 'SPAN_KIND_', kindNames),
    start: uint64At(json, 'startTimeUnixNano'),
    end: uint64At(json, 'endTimeUnixNano'),
    statusCode: enumAt(status, 'code', 'STATUS_CODE_', statusNames),
    statusMessage: stringAt(status, 'message'),
    ...partOf(json),
    events: objectsAt(json, 'events').map(eventOf),
    droppedEventsCount: uint32At(json, 'droppedEventsCount'),
    links: objectsAt(json, 'links').map(linkOf),
    droppedLinksCount: uint32At(json, 'droppedLinksCount'),
    ...origin,
  }
  return [record]
}

/** One record for each point of a metric. */
export function readMetric(json: Json, origin: Origin): MetricPoint[] {
  const metric = {
    name: stringAt(json, 'name'),
    description: stringAt(json, 'description'),
    unit: stringAt(json, 'unit'),
    metadata: attributesAt(json, 'metadata'),
  }
  return pointsOf(json).map((point) => ({ signal: 'metric', ...metric, ...point, ...origin }))
}

function eventOf(json: Json): SpanEvent {
  return { time: uint64At(json, 'timeUnixNano'), name: stringAt(json, 'name'), ...partOf(json) }
}

function linkOf(json: Json): SpanLink {
  return {
    traceId: idAt(json, 'traceId'),
    spanId: idAt(json, 'spanId'),
    traceState: stringAt(json, 'traceState'),
    ...partOf(json),
    flags: uint32At(json, 'flags'),
  }
}
