/**
 * The head of a spool segment: who wrote it, when, and which part of which series it holds.
 *
 * ```
 *   0  8    magic       'fillpath'
 *   8  u16  version     1
 *  10  u16  length      of this header; frames begin here
 *  12  u8   class       1 critical · 2 normal · 3 snapshot · 17 quarantine
 *  13  3    zero
 *  16  16   install     id of the installation (the spool folder)
 *  32  16   boot        id of this run of the bot
 *  48  16   machine     id of the machine's own start, zero where there is none: says when monotonic times compare
 *  64  u64  wall        nanoseconds since the Unix epoch when the segment was opened
 *  72  u64  monotonic   nanoseconds on the machine's monotonic clock at that moment
 *  80  u32  number      of the segment in its series, from 1; the file name says the same
 *  84  u32  ordinal     of the first record
 *  88  u32  crc32       of bytes 0 … 88
 * ```
 *
 * A file is named `<class>-<number, 8 digits>.seg`. A series has one segment that is written, the one with the highest
 * number. A later minor version may lengthen the header; a reader goes by `length` and refuses another `version`.
 */
import { crc32 } from 'node:zlib'
import type { PriorityClass } from '../semconv/classes.ts'
import { frameKinds, readU32, writeU32 } from './frame.ts'

/** The version this code writes, and the only one it reads. */
export const segmentVersion = 1
/** Bytes of the header of a segment. */
export const segmentHeaderBytes = 92

/** What a segment can hold: records of one class, or what was put aside. */
export type SegmentClass = PriorityClass | 'quarantined'

/** The head of a segment. Ids are 32 lower-case hex digits. */
export interface SegmentHeader {
  readonly class: SegmentClass
  readonly install: string
  readonly boot: string
  readonly machine: string
  readonly wallNs: bigint
  readonly monotonicNs: bigint
  readonly number: number
  readonly ordinal: number
}

/** The header of a segment, or why it cannot be read. */
export type SegmentHeaderResult =
  | { readonly header: SegmentHeader; readonly length: number }
  /** `short`: not all there yet. `foreign`: not ours. `version`: ours, of another version. `damaged`: ours, and broken. */
  | {
      readonly header: undefined
      readonly fault: 'short' | 'foreign' | 'version' | 'damaged'
      readonly version: number
    }

const magic = Buffer.from('fillpath', 'latin1')
const places = {
  version: 8,
  length: 10,
  class: 12,
  install: 16,
  boot: 32,
  machine: 48,
  wall: 64,
  monotonic: 72,
  number: 80,
  ordinal: 84,
  crc: 88,
} as const
const headerBytesMax = 4096

/** The bytes of a segment header. */
export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = Buffer.alloc(segmentHeaderBytes)
  magic.copy(bytes)
  bytes.writeUInt16LE(segmentVersion, places.version)
  bytes.writeUInt16LE(segmentHeaderBytes, places.length)
  bytes[places.class] = frameKinds[header.class]
  bytes.write(header.install, places.install, 'hex')
  bytes.write(header.boot, places.boot, 'hex')
  bytes.write(header.machine, places.machine, 'hex')
  bytes.writeBigUInt64LE(BigInt.asUintN(64, header.wallNs), places.wall)
  bytes.writeBigUInt64LE(BigInt.asUintN(64, header.monotonicNs), places.monotonic)
  writeU32(bytes, places.number, header.number)
  writeU32(bytes, places.ordinal, header.ordinal)
  writeU32(bytes, places.crc, crc32(bytes.subarray(0, places.crc)))
  return bytes
}

/** Reads and verifies the head of a segment. */
export function decodeSegmentHeader(source: Uint8Array): SegmentHeaderResult {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength)
  const seen = Math.min(bytes.length, magic.length)
  if (!bytes.subarray(0, seen).equals(magic.subarray(0, seen))) return fault('foreign', 0)
  if (bytes.length < places.class) return fault('short', 0)
  const version = bytes.readUInt16LE(places.version)
  if (version !== segmentVersion) return fault(isMisread(bytes) ? 'damaged' : 'version', version)
  if (bytes.length < segmentHeaderBytes) return fault('short', version)
  const length = bytes.readUInt16LE(places.length)
  const segmentClass = segmentClasses.get(bytes[places.class] ?? 0)
  const intact = crc32(bytes.subarray(0, places.crc)) === readU32(bytes, places.crc)
  if (
    !intact ||
    segmentClass === undefined ||
    length < segmentHeaderBytes ||
    length > headerBytesMax
  ) {
    return fault('damaged', version)
  }
  const id = (at: number): string => bytes.toString('hex', at, at + 16)
  return {
    length,
    header: {
      class: segmentClass,
      install: id(places.install),
      boot: id(places.boot),
      machine: id(places.machine),
      wallNs: bytes.readBigUInt64LE(places.wall),
      monotonicNs: bytes.readBigUInt64LE(places.monotonic),
      number: readU32(bytes, places.number),
      ordinal: readU32(bytes, places.ordinal),
    },
  }
}

/** The file name of a segment. */
export function segmentName(segmentClass: PriorityClass, number: number): string {
  return `${segmentClass}-${String(number).padStart(8, '0')}.seg`
}

/** What a file name says about a segment; `undefined` for a file of another kind. */
export function parseSegmentName(
  name: string,
): { readonly class: PriorityClass; readonly number: number } | undefined {
  const match = /^(critical|normal|snapshot)-(\d{8,10})\.seg$/.exec(name)
  const segmentClass = classNames.get(match?.[1] ?? '')
  return segmentClass && { class: segmentClass, number: Number(match?.[2]) }
}

const segmentClasses: ReadonlyMap<number, SegmentClass> = new Map<number, SegmentClass>([
  [frameKinds.critical, 'critical'],
  [frameKinds.normal, 'normal'],
  [frameKinds.snapshot, 'snapshot'],
  [frameKinds.quarantined, 'quarantined'],
])
const classNames: ReadonlyMap<string, PriorityClass> = new Map<string, PriorityClass>([
  ['critical', 'critical'],
  ['normal', 'normal'],
  ['snapshot', 'snapshot'],
])

/** Is it a header of ours in which only the bytes of the version were changed? */
function isMisread(bytes: Buffer): boolean {
  if (bytes.length < segmentHeaderBytes) return false
  const head = Buffer.from(bytes.subarray(0, places.crc))
  head.writeUInt16LE(segmentVersion, places.version)
  return crc32(head) === readU32(bytes, places.crc)
}

function fault(
  kind: 'short' | 'foreign' | 'version' | 'damaged',
  version: number,
): SegmentHeaderResult {
  return { header: undefined, fault: kind, version }
}
