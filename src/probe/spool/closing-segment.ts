/** What a dead process left open, closed: a segment of its critical records. */
import { SeverityNumber, TraceFlags } from '@opentelemetry/api'
import { events } from '../../semconv/events.ts'
import { encodeLog, logAttributeTag } from '../../wire/encode/log.ts'
import { spanAttributeTag } from '../../wire/encode/span.ts'
import { GrowingBuffer, writeBytes, writeTime } from '../../wire/encode/target.ts'
import { writeKeyValue } from '../../wire/encode/value.ts'
import { frameHeaderBytes, writeFrameHeader } from '../../wire/frame.ts'
import type { Frame, Signal } from '../../wire/frame.ts'
import { encodeSegmentHeader } from '../../wire/segment.ts'
import type { SegmentHeader } from '../../wire/segment.ts'
import { SpanBytes } from './span-bytes.ts'

const eventName = 'trading.flow.interrupted'

/** The segment in which spans are closed; it follows the last one of its series. */
export class ClosingSegment {
  readonly #header: SegmentHeader
  readonly #parts: Uint8Array[]
  readonly #idPrefix: string
  #ordinal: number
  #sequence: number

  /** @param sequence the highest one of the boot */
  constructor(header: SegmentHeader, sequence: number) {
    this.#header = header
    this.#ordinal = header.ordinal
    this.#sequence = sequence
    this.#idPrefix = `${header.install.slice(0, 8)}-${header.boot.slice(0, 16)}-`
    this.#parts = [encodeSegmentHeader(header)]
  }

  /** All of it. */
  bytes(): Uint8Array {
    return Buffer.concat(this.#parts)
  }

  /** Adds a dictionary entry. */
  define(origin: number, payload: Uint8Array): void {
    const fields = { kind: 'dictionary', signal: undefined, sequence: 0 } as const
    this.#add(payload, { ...fields, origin, ordinal: this.#ordinal })
  }

  /** Adds the record that tells of the crash of the run, with its time. */
  tell(origin: number, payload: Uint8Array): void {
    const target = new GrowingBuffer(payload.length + 128)
    target.reserve(payload.length)
    target.bytes.set(payload)
    target.position = payload.length
    for (const tag of [0x09, 0x59]) writeTime(target, tag, timeOf(this.#header.wallNs))
    writeKeyValue(target, 0x32, 'fillpath.record.id', `${this.#idPrefix}run-crashed`)
    this.#record(origin, 'log', target.slice())
  }

  /** Adds a span with its end, and the event when it is that of a flow. */
  close(origin: number, payload: Uint8Array): void {
    const span = new SpanBytes(payload)
    const endNs = this.#header.wallNs > span.startNs ? this.#header.wallNs : span.startNs
    const id = this.#idPrefix + span.spanId
    const target = new GrowingBuffer(payload.length + 128)
    target.reserve(payload.length)
    target.bytes.set(payload)
    target.position = payload.length
    writeTime(target, 0x41, timeOf(endNs))
    writeKeyValue(target, spanAttributeTag, 'fillpath.record.id', id)
    this.#record(origin, 'span', target.slice())
    if (span.name === 'signal') this.#record(origin, 'log', this.#event(span, endNs, `${id}-end`))
  }

  #event(span: SpanBytes, endNs: bigint, id: string): Uint8Array {
    const { traceId, spanId } = span
    const target = new GrowingBuffer(1024)
    encodeLog(target, {
      hrTime: timeOf(endNs),
      hrTimeObserved: timeOf(endNs),
      spanContext: { traceId, spanId, traceFlags: TraceFlags.SAMPLED },
      severityNumber: SeverityNumber.ERROR,
      severityText: events[eventName].severity,
      body: 'The process died while spans of the flow were open.',
      eventName,
      attributes: {},
      droppedAttributesCount: 0,
    })
    writeKeyValue(target, logAttributeTag, 'fillpath.record.id', id)
    // What the span says of itself the event says too: an attribute is the same bytes in both.
    for (const attribute of span.attributes()) writeBytes(target, logAttributeTag, attribute)
    return target.slice()
  }

  #record(origin: number, signal: Signal, payload: Uint8Array): void {
    this.#sequence += 1
    const fields = { kind: 'critical', signal, sequence: this.#sequence } as const
    this.#add(payload, { ...fields, origin, ordinal: this.#ordinal })
    this.#ordinal += 1
  }

  #add(
    payload: Uint8Array,
    fields: Pick<Frame, 'kind' | 'signal' | 'origin' | 'ordinal' | 'sequence'>,
  ): void {
    const frame = new Uint8Array(frameHeaderBytes + payload.length)
    frame.set(payload, frameHeaderBytes)
    writeFrameHeader(frame, 0, frame.length, { ...fields, timeMs: 0 })
    this.#parts.push(frame)
  }
}

function timeOf(ns: bigint): [number, number] {
  return [Number(ns / 1_000_000_000n), Number(ns % 1_000_000_000n)]
}
