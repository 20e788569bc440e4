import type { Link } from '@opentelemetry/api'
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace'
import {
  beginMessage,
  endMessage,
  writeFixed32,
  writeId,
  writeString,
  writeTime,
  writeUint32,
} from './target.ts'
import type { Target } from './target.ts'
import { encodeRecord, writeAttributes, writeName } from './value.ts'

/** Bits 8 and 9 of the flags: whether it is known that the parent is of another process, and whether it is. */
const hasIsRemote = 0x100
const isRemote = 0x200

/** The tag of an attribute of a `Span`, to add more of them. */
export const spanAttributeTag = 0x4a

/**
 * Writes the body of a `Span` message. A span that has not ended is written as it stands, without an end.
 *
 * @throws RangeError for a value that contains itself; nothing is written then
 */
export function encodeSpan(target: Target, span: ReadableSpan): void {
  encodeRecord(target, span, writeSpan)
}

function writeSpan(target: Target, span: ReadableSpan): void {
  const context = span.spanContext()
  const parent = span.parentSpanContext
  writeId(target, 0x0a, context.traceId)
  writeId(target, 0x12, context.spanId)
  const traceState = context.traceState?.serialize()
  if (traceState) writeString(target, 0x1a, traceState)
  if (parent?.spanId) writeId(target, 0x22, parent.spanId)
  writeName(target, 0x2a, span.name)
  // The kinds of the API are one less than those of OTLP, which has 0 for unspecified.
  if (span.kind !== undefined) writeUint32(target, 0x30, span.kind + 1)
  writeTime(target, 0x39, span.startTime)
  writeTime(target, 0x41, span.endTime)
  writeAttributes(target, spanAttributeTag, span.attributes)
  writeUint32(target, 0x50, span.droppedAttributesCount)
  for (const event of span.events) writeEvent(target, event)
  writeUint32(target, 0x60, span.droppedEventsCount)
  for (const link of span.links) writeLink(target, link)
  writeUint32(target, 0x70, span.droppedLinksCount)
  const start = beginMessage(target, 0x7a)
  if (span.status.message) writeString(target, 0x12, span.status.message)
  writeUint32(target, 0x18, span.status.code)
  endMessage(target, start)
  target.reserve(2)
  target.bytes[target.position++] = 0x85
  target.bytes[target.position++] = 0x01
  writeFixed32(target, flagsOf(context.traceFlags, parent?.isRemote))
}

function flagsOf(traceFlags: number, remote: boolean | undefined): number {
  return (traceFlags & 0xff) | hasIsRemote | (remote ? isRemote : 0)
}

function writeEvent(target: Target, event: TimedEvent): void {
  const start = beginMessage(target, 0x5a)
  writeTime(target, 0x09, event.time)
  writeName(target, 0x12, event.name)
  writeAttributes(target, 0x1a, event.attributes)
  writeUint32(target, 0x20, event.droppedAttributesCount ?? 0)
  endMessage(target, start)
}

function writeLink(target: Target, link: Link): void {
  const { context } = link
  const start = beginMessage(target, 0x6a)
  writeId(target, 0x0a, context.traceId)
  writeId(target, 0x12, context.spanId)
  const traceState = context.traceState?.serialize()
  if (traceState) writeString(target, 0x1a, traceState)
  writeAttributes(target, 0x22, link.attributes)
  writeUint32(target, 0x28, link.droppedAttributesCount ?? 0)
  target.reserve(1)
  target.bytes[target.position++] = 0x35
  writeFixed32(target, flagsOf(context.traceFlags, context.isRemote))
  endMessage(target, start)
}
