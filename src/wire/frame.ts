/**
 * The frame: how one record stands in a spool segment. Shared by the writer, the shipper and `fillpath spool`.
 *
 * ```
 * segment  =  header (segment.ts) · frame · frame · …            little-endian throughout, append-only
 *
 * frame     0  u32  length     bytes of the payload
 *           4  u32  crc32      of bytes 8 … 28+length, the checksum started from `length`
 *           8  u8   kind       1 critical · 2 normal · 3 snapshot · 16 dictionary · 17 quarantined
 *           9  u8   signal     1 log · 2 span · 3 metric; 0 where the frame holds no record
 *          10  u16  origin     which dictionary entry says where the record comes from; in a dictionary frame: its own id
 *          12  u32  ordinal    how many records of this series (boot and class) stand before it
 *          16  u32  time       milliseconds since the segment was opened, monotonic
 *          20  u64  sequence   the record's number in its boot: with install and boot id it is the record's id
 *          28       payload
 * ```
 *
 * - **Record payload**: one encoded OTLP message without tag and length: `LogRecord`, `Span` or `Metric`.
 * - **Dictionary payload**: `u32 length of resource · resource · scope`. `resource` holds the encoded fields 1 (resource)
 *   and 3 (schema URL) of `ResourceLogs`/`ResourceSpans`/`ResourceMetrics`, `scope` the fields 1 (scope) and 3 (schema
 *   URL) of `ScopeLogs`/`ScopeSpans`/`ScopeMetrics`. The numbers are the same for all three signals, and records are field
 *   2 everywhere, so a request is joined, never decoded:
 *   `tag(1) len { resource · tag(2) len { scope · (tag(2) len payload)* } }`, `tag(n) = n << 3 | 2`.
 *   An entry is written (twice, against bit rot) before the first record of a segment that needs it, so that each
 *   segment can be read alone; an id means the same in all segments of a boot.
 * - **Quarantined payload**: `u32 length of note · note (JSON, {@link QuarantineNote}) · the bytes as they were`.
 * - Ordinals make a loss countable: a jump from 7 to 10 means that two records are missing. After 2³² - 1 comes 0.
 * - Zero bytes up to the end of the file are space kept free, not damage. Anything else that does not verify is a torn
 *   tail (no good frame follows) or a damaged place (one does).
 */
import { crc32 } from 'node:zlib'
import type { PriorityClass } from '../semconv/classes.ts'

/** Bytes before the payload of a frame. */
export const frameHeaderBytes = 28
/** A longer payload is never written, and a frame that claims one is damaged. */
export const payloadBytesMax = 64 * 1024 * 1024

/** Signals of OpenTelemetry that a record can be. */
export const signals = ['log', 'span', 'metric'] as const
/** A signal of OpenTelemetry. */
export type Signal = (typeof signals)[number]

/** Byte 8 of a frame for each kind. */
export const frameKinds = {
  critical: 1,
  normal: 2,
  snapshot: 3,
  dictionary: 16,
  quarantined: 17,
} as const
/** What a frame holds. */
export type FrameKind = keyof typeof frameKinds
/** Byte 9 of a frame for each signal. */
export const signalNumbers = { log: 1, span: 2, metric: 3 } as const satisfies Record<
  Signal,
  number
>

const kindNames: readonly (FrameKind | undefined)[] = namesByNumber(frameKinds)
const signalNames: readonly (Signal | undefined)[] = namesByNumber(signalNumbers)

/** What stands in a frame header besides the payload. */
export interface FrameFields {
  readonly kind: FrameKind
  /** `undefined` in a frame that holds no record. */
  readonly signal: Signal | undefined
  readonly origin: number
  readonly ordinal: number
  readonly timeMs: number
  readonly sequence: number
}

/** A frame that verified, at its place. */
export interface Frame extends FrameFields {
  /** Where the frame begins and where the next one does, in the bytes it was read from. */
  readonly start: number
  readonly end: number
  /** A view, not a copy. */
  readonly payload: Uint8Array
}

/** Why there is no frame at a place. */
export type FrameFault =
  /** Nothing but zero bytes here: not written yet, or space kept free. */
  | 'empty'
  /** The bytes end before the frame does; `bytesNeeded` says how many make it whole, if its length is right. */
  | 'short'
  /** The bytes are there and do not verify. */
  | 'damaged'

/** A frame that verified, or why there is none. */
export type FrameResult =
  | { readonly frame: Frame }
  | { readonly frame: undefined; readonly fault: FrameFault; readonly bytesNeeded: number }

/** Writes the header of a frame whose payload already stands at `start + 28 … end`, checksum last. */
export function writeFrameHeader(
  bytes: Uint8Array,
  start: number,
  end: number,
  fields: FrameFields,
): void {
  const { ordinal, timeMs, sequence } = fields
  const word = frameWord(fields.kind, fields.signal, fields.origin)
  beginFrame(bytes, start, end, { word, ordinal, timeMs, sequence })
  sealFrame(bytes, start)
}

/** Bytes 8 … 11 of a frame as one number. */
export function frameWord(kind: FrameKind, signal: Signal | undefined, origin: number): number {
  return (
    frameKinds[kind] | ((signal === undefined ? 0 : signalNumbers[signal]) << 8) | (origin << 16)
  )
}

/** The fields of a frame as {@link beginFrame} takes them. */
export interface FrameHead {
  /** See {@link frameWord}. */
  readonly word: number
  readonly ordinal: number
  readonly timeMs: number
  readonly sequence: number
}

/** {@link writeFrameHeader} for the hot path, without the checksum: {@link sealFrame} adds it. */
export function beginFrame(bytes: Uint8Array, start: number, end: number, head: FrameHead): void {
  writeU32(bytes, start, end - start - frameHeaderBytes)
  writeU32(bytes, start + 8, head.word)
  writeU32(bytes, start + 12, head.ordinal)
  writeU32(bytes, start + 16, head.timeMs)
  writeU32(bytes, start + 20, head.sequence)
  writeU32(bytes, start + 24, Math.floor(head.sequence / 0x1_0000_0000))
}

/** Writes the checksum of a frame that is complete but for that. Returns where the frame ends. */
export function sealFrame(bytes: Uint8Array, start: number): number {
  const length = readU32(bytes, start)
  const end = start + frameHeaderBytes + length
  writeU32(bytes, start + 4, crc32(bytes.subarray(start + 8, end), length))
  return end
}

/** Reads and verifies the frame at `start`; bytes from `limit` on are not looked at. */
export function readFrame(bytes: Uint8Array, start: number, limit = bytes.length): FrameResult {
  const payloadStart = start + frameHeaderBytes
  if (payloadStart > limit) {
    return noFrame(isZero(bytes, start, limit) ? 'empty' : 'short', frameHeaderBytes)
  }
  const length = readU32(bytes, start)
  const kind = kindNames[bytes[start + 8] ?? 0]
  if (kind === undefined || length > payloadBytesMax) {
    return noFrame(isZero(bytes, start, payloadStart) ? 'empty' : 'damaged', 0)
  }
  const end = payloadStart + length
  if (end > limit) return noFrame('short', frameHeaderBytes + length)
  const signalNumber = bytes[start + 9] ?? 0
  const signal = signalNames[signalNumber]
  if ((signal === undefined) !== frameKinds[kind] >= frameKinds.dictionary)
    return noFrame('damaged', 0)
  if (crc32(bytes.subarray(start + 8, end), length) !== readU32(bytes, start + 4))
    return noFrame('damaged', 0)
  return {
    frame: {
      kind,
      signal,
      origin: readU32(bytes, start + 8) >>> 16,
      ordinal: readU32(bytes, start + 12),
      timeMs: readU32(bytes, start + 16),
      sequence: readU32(bytes, start + 20) + readU32(bytes, start + 24) * 0x1_0000_0000,
      start,
      end,
      payload: bytes.subarray(payloadStart, end),
    },
  }
}

/** The first place from `start` on where a frame verifies; `undefined` when there is none before `limit`. */
export function findFrame(
  bytes: Uint8Array,
  start: number,
  limit = bytes.length,
): Frame | undefined {
  const last = limit - frameHeaderBytes
  for (let place = start; place <= last; place += 1) {
    if (kindNames[bytes[place + 8] ?? 0] === undefined) continue
    const { frame } = readFrame(bytes, place, limit)
    if (frame !== undefined) return frame
  }
  return undefined
}

/** The class of a record's frame; `undefined` for a frame that holds no record. */
export function classOfFrame(frame: FrameFields): PriorityClass | undefined {
  return frame.kind === 'dictionary' || frame.kind === 'quarantined' ? undefined : frame.kind
}

/** Where records come from, as bytes ready to stand in a request (see the top of this file). */
export interface OriginBytes {
  readonly resource: Uint8Array
  readonly scope: Uint8Array
}

/** The payload of a dictionary frame. */
export function encodeOrigin(origin: OriginBytes): Uint8Array {
  return joinParts(origin.resource, origin.scope)
}

/** Reads the payload of a dictionary frame; `undefined` when it is malformed. */
export function decodeOrigin(payload: Uint8Array): OriginBytes | undefined {
  const parts = splitParts(payload)
  return parts && { resource: parts[0], scope: parts[1] }
}

/** Why bytes were put aside, and where they came from. */
export interface QuarantineNote {
  /** `damaged`, `torn`, or the reason a receiver gave. */
  readonly reason: string
  /** How many records the bytes held. */
  readonly records: number
  /** Name of the segment file, and the place in it. */
  readonly segment: string
  readonly offset: number
  /** Bytes at that place; more than are kept here when the quarantine was full. */
  readonly length: number
  /** Which receiver refused the record; absent when nobody could have read it. */
  readonly destination?: string
}

/** The payload of a quarantined frame. */
export function encodeQuarantined(note: QuarantineNote, bytes: Uint8Array): Uint8Array {
  return joinParts(Buffer.from(JSON.stringify(note)), bytes)
}

/** Reads the payload of a quarantined frame; `undefined` when it is malformed. */
export function decodeQuarantined(
  payload: Uint8Array,
): { readonly note: QuarantineNote; readonly bytes: Uint8Array } | undefined {
  const parts = splitParts(payload)
  if (parts === undefined) return undefined
  const note = parseNote(Buffer.from(parts[0]).toString())
  return note && { note, bytes: parts[1] }
}

/**
 * How far one ordinal stands behind another, less than 0 when it stands before it. They are 32 bits and begin again at 0:
 * a bot that records 5,000 a second gets there in ten days.
 */
export function ordinalGap(from: number, to: number): number {
  return (to - from) | 0
}

/** Are all bytes of the range zero? */
export function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let place = start; place < end; place += 1) if (bytes[place] !== 0) return false
  return true
}

/** Four bytes as an unsigned number. */
export function readU32(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16)
  return (low | ((bytes[at + 3] ?? 0) << 24)) >>> 0
}

/** The low 32 bits of a number. */
export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
}

function noFrame(fault: FrameFault, bytesNeeded: number): FrameResult {
  return { frame: undefined, fault, bytesNeeded }
}

function joinParts(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + first.length + second.length)
  writeU32(bytes, 0, first.length)
  bytes.set(first, 4)
  bytes.set(second, 4 + first.length)
  return bytes
}

function splitParts(payload: Uint8Array): readonly [Uint8Array, Uint8Array] | undefined {
  const end = 4 + readU32(payload, 0)
  if (payload.length < 4 || end > payload.length) return undefined
  return [payload.subarray(4, end), payload.subarray(end)]
}

function parseNote(text: string): QuarantineNote | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isNote(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isNote(value: unknown): value is QuarantineNote {
  if (typeof value !== 'object' || value === null) return false
  const fields: Partial<Record<keyof QuarantineNote, unknown>> = value
  return typeof fields.reason === 'string' && typeof fields.segment === 'string'
}

function namesByNumber<Name extends string>(
  numbers: Readonly<Record<Name, number>>,
): (Name | undefined)[] {
  const names: (Name | undefined)[] = []
  for (const name in numbers) names[numbers[name]] = name
  return names
}
