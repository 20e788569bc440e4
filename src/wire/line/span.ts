import type { SpanEvent, SpanLink, SpanRecord } from '../record.ts'
import { attributesAt, enumAt, objectsAt, stringAt, timeAt, uint32At } from './fields.ts'
import type { Json } from './json.ts'
import { idText } from './log.ts'
import { originText } from './origin.ts'
import type { Cut } from './origin.ts'
import { timeText } from './time.ts'
import { attributesText, doubleText, quote } from './value.ts'

/** Names of the span kinds by their OTLP number. */
const spanKinds = ['', 'internal', 'server', 'client', 'producer', 'consumer'] as const
/** Names of the status codes by their OTLP number. */
const statusCodes = ['', 'ok', 'error'] as const

/** The fields of a span. `name` is always there: it tells a span from a log record. */
export function spanText(span: SpanRecord): string {
  let text = ''
  if (span.start !== 0n) text += `,"timestamp":"${timeText(span.start)}"`
  if (span.end !== 0n) text += `,"end":"${timeText(span.end)}"`
  if (span.start !== 0n && span.end !== 0n) text += `,"duration_ms":${durationText(span)}`
  text += `,"name":${quote(span.name)}` + enumText('kind', span.kind, spanKinds)
  if (span.traceId !== '') text += `,"trace_id":${quote(span.traceId)}`
  if (span.spanId !== '') text += `,"span_id":${quote(span.spanId)}`
  if (span.parentSpanId !== '') text += `,"parent_span_id":${quote(span.parentSpanId)}`
  if (span.traceState !== '') text += `,"trace_state":${quote(span.traceState)}`
  if (span.flags !== 0) text += `,"flags":${span.flags}`
  text += enumText('status_code', span.statusCode, statusCodes)
  if (span.statusMessage !== '') text += `,"status_message":${quote(span.statusMessage)}`
  text += dataText(span)
  if (span.events.length > 0) text += `,"events":[${span.events.map(eventText).join(',')}]`
  if (span.droppedEventsCount !== 0) text += `,"dropped_events_count":${span.droppedEventsCount}`
  if (span.links.length > 0) text += `,"links":[${span.links.map(linkText).join(',')}]`
  if (span.droppedLinksCount !== 0) text += `,"dropped_links_count":${span.droppedLinksCount}`
  return text + idText(span.attributes) + originText(span)
}

/** The span of a line. `duration_ms` and `id` are there to be read, and not used. */
export function spanOf({ json, resource, scope }: Cut): SpanRecord {
  return {
    signal: 'span',
    traceId: stringAt(json, 'trace_id'),
    spanId: stringAt(json, 'span_id'),
    parentSpanId: stringAt(json, 'parent_span_id'),
    traceState: stringAt(json, 'trace_state'),
    flags: uint32At(json, 'flags'),
    name: stringAt(json, 'name'),
    kind: enumAt(json, 'kind', spanKinds),
    start: timeAt(json, 'timestamp'),
    end: timeAt(json, 'end'),
    statusCode: enumAt(json, 'status_code', statusCodes),
    statusMessage: stringAt(json, 'status_message'),
    attributes: attributesAt(json, 'data'),
    droppedAttributesCount: uint32At(json, 'dropped_attributes_count'),
    events: objectsAt(json, 'events').map(eventOf),
    droppedEventsCount: uint32At(json, 'dropped_events_count'),
    links: objectsAt(json, 'links').map(linkOf),
    droppedLinksCount: uint32At(json, 'dropped_links_count'),
    resource,
    scope,
  }
}

/** `,"key":"name"`, or the number where it has no name, or nothing for 0. */
export function enumText(key: string, value: number, names: readonly string[]): string {
  if (value === 0) return ''
  const name = names[value]
  return name === undefined ? `,"${key}":${value}` : `,"${key}":"${name}"`
}

function durationText(span: SpanRecord): string {
  return doubleText(Number(span.end - span.start) / 1e6)
}

function dataText(part: SpanRecord | SpanEvent | SpanLink): string {
  let text = ''
  if (part.attributes.size > 0) text += `,"data":${attributesText(part.attributes)}`
  if (part.droppedAttributesCount !== 0) {
    text += `,"dropped_attributes_count":${part.droppedAttributesCount}`
  }
  return text
}

function eventText(event: SpanEvent): string {
  const time = event.time === 0n ? '' : `"timestamp":"${timeText(event.time)}",`
  return `{${time}"name":${quote(event.name)}${dataText(event)}}`
}

function linkText(link: SpanLink): string {
  let text = `{"trace_id":${quote(link.traceId)},"span_id":${quote(link.spanId)}`
  if (link.traceState !== '') text += `,"trace_state":${quote(link.traceState)}`
  if (link.flags !== 0) text += `,"flags":${link.flags}`
  return text + dataText(link) + '}'
}

function eventOf(json: Json): SpanEvent {
  return {
    time: timeAt(json, 'timestamp'),
    name: stringAt(json, 'name'),
    attributes: attributesAt(json, 'data'),
    droppedAttributesCount: uint32At(json, 'dropped_attributes_count'),
  }
}

function linkOf(json: Json): SpanLink {
  return {
    traceId: stringAt(json, 'trace_id'),
    spanId: stringAt(json, 'span_id'),
    traceState: stringAt(json, 'trace_state'),
    attributes: attributesAt(json, 'data'),
    droppedAttributesCount: uint32At(json, 'dropped_attributes_count'),
    flags: uint32At(json, 'flags'),
  }
}
