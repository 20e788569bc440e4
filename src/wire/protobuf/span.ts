import type { Origin, SpanEvent, SpanLink, SpanRecord } from '../record.ts'
import type { ProtobufReader } from './reader.ts'
import { noAttributes, readKeyValue } from './value.ts'
import type { Draft } from './value.ts'

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/** `opentelemetry.proto.trace.v1.Span` */
export function readSpan(reader: ProtobufReader, origin: Origin, records: SpanRecord[]): void {
  let attributes: Draft
  const events: SpanEvent[] = []
  const links: SpanLink[] = []
  const span: Mutable<SpanRecord> = {
    signal: 'span',
    traceId: '',
    spanId: '',
    parentSpanId: '',
    traceState: '',
    flags: 0,
    name: '',
    kind: 0,
    start: 0n,
    end: 0n,
    statusCode: 0,
    statusMessage: '',
    attributes: noAttributes,
    droppedAttributesCount: 0,
    events,
    droppedEventsCount: 0,
    links,
    droppedLinksCount: 0,
    resource: origin.resource,
    scope: origin.scope,
  }
  reader.count()
  const outer = reader.enter()
  while (reader.more()) {
    const tag = reader.tag()
    switch (tag) {
      case 0x4a:
        attributes = readKeyValue(reader, attributes)
        break
      case 0x5a:
        events.push(readEvent(reader))
        break
      case 0x6a:
        links.push(readLink(reader))
        break
      case 0x7a:
        readStatus(reader, span)
        break
      default:
        readField(reader, tag, span)
    }
  }
  reader.leave(outer)
  span.attributes = attributes ?? noAttributes
  records.push(span)
}

function readField(reader: ProtobufReader, tag: number, span: Mutable<SpanRecord>): void {
  switch (tag) {
    case 0x0a:
      span.traceId = reader.hex()
      break
    case 0x12:
      span.spanId = reader.hex()
      break
    case 0x1a:
      span.traceState = reader.string()
      break
    case 0x22:
      span.parentSpanId = reader.hex()
      break
    case 0x2a:
      span.name = reader.name()
      break
    case 0x30:
      span.kind = reader.int32()
      break
    case 0x39:
      span.start = reader.fixed64()
      break
    case 0x41:
      span.end = reader.fixed64()
      break
    case 0x50:
      span.droppedAttributesCount = reader.uint32()
      break
    case 0x60:
      span.droppedEventsCount = reader.uint32()
      break
    case 0x70:
      span.droppedLinksCount = reader.uint32()
      break
    case 0x85:
      span.flags = reader.fixed32()
      break
    default:
      reader.skip()
  }
}

function readStatus(reader: ProtobufReader, span: Mutable<SpanRecord>): void {
  const outer = reader.enter()
  while (reader.more()) {
    switch (reader.tag()) {
      case 0x12:
        span.statusMessage = reader.string()
        break
      case 0x18:
        span.statusCode = reader.int32()
        break
      default:
        reader.skip()
    }
  }
  reader.leave(outer)
}

function readEvent(reader: ProtobufReader): SpanEvent {
  let time = 0n
  let name = ''
  let attributes: Draft
  let droppedAttributesCount = 0
  reader.count()
  const outer = reader.enter()
  while (reader.more()) {
    switch (reader.tag()) {
      case 0x09:
        time = reader.fixed64()
        break
      case 0x12:
        name = reader.name()
        break
      case 0x1a:
        attributes = readKeyValue(reader, attributes)
        break
      case 0x20:
        droppedAttributesCount = reader.uint32()
        break
      default:
        reader.skip()
    }
  }
  reader.leave(outer)
  return { time, name, attributes: attributes ?? noAttributes, droppedAttributesCount }
}

function readLink(reader: ProtobufReader): SpanLink {
  let traceId = ''
  let spanId = ''
  let traceState = ''
  let attributes: Draft
  let droppedAttributesCount = 0
  let flags = 0
  reader.count()
  const outer = reader.enter()
  while (reader.more()) {
    switch (reader.tag()) {
      case 0x0a:
        traceId = reader.hex()
        break
      case 0x12:
        spanId = reader.hex()
        break
      case 0x1a:
        traceState = reader.string()
        break
      case 0x22:
        attributes = readKeyValue(reader, attributes)
        break
      case 0x28:
        droppedAttributesCount = reader.uint32()
        break
      case 0x35:
        flags = reader.fixed32()
        break
      default:
        reader.skip()
    }
  }
  reader.leave(outer)
  return {
    traceId,
    spanId,
    traceState,
    attributes: attributes ?? noAttributes,
    droppedAttributesCount,
    flags,
  }
}
