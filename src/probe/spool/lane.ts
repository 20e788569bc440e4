/** Reads one series of one folder for one destination: records in order, damage put aside, nothing twice. */
import type { PriorityClass } from '../../semconv/classes.ts'
import type { Frame, OriginBytes, Signal } from '../../wire/frame.ts'
import {
  classOfFrame,
  decodeOrigin,
  findFrame,
  isZero,
  ordinalGap,
  readFrame,
} from '../../wire/frame.ts'
import type { Share, StoredSegment } from './stored-segment.ts'

/** One record of the spool. */
export interface SpoolRecord {
  /** Where it stands; what {@link SpoolReader.ack} goes by. */
  readonly segment: StoredSegment
  readonly start: number
  readonly end: number
  readonly class: PriorityClass
  readonly signal: Signal
  /** With the boot the record's id; strictly rising within a boot. */
  readonly sequence: number
  readonly boot: string
  /** The same object for all records of a boot that come from the same resource and scope. */
  readonly origin: OriginBytes
  /** One OTLP message without tag and length. Never overwritten later. */
  readonly payload: Uint8Array
}

/** What a lane asks of the folder it reads. */
export interface LaneFolder {
  readonly boot: string
  /** Segments of a class, by number. */
  segments(segmentClass: PriorityClass): readonly StoredSegment[]
  origin(id: number): OriginBytes
  learn(id: number, origin: OriginBytes): void
  /** Puts `bytes` of a segment aside; says whether they are kept. */
  putAside(segment: StoredSegment, place: DamagedPlace, bytes: Uint8Array): boolean
}

/** Bytes of a segment that are no frame, and how many records they may have held. */
export interface DamagedPlace {
  readonly reason: 'damaged' | 'torn'
  readonly offset: number
  readonly records: number
}

/** Which lane of which destination. */
export interface LaneKey {
  readonly class: PriorityClass
  readonly destination: string
  /** Segments this lane reads, by number. */
  readonly accepts: (segment: StoredSegment) => boolean
}

const blockBytes = 256 * 1024
/**
 * So long a place must read as damaged in a segment that grows: a file system of another machine may show what was written
 * last before what was written first.
 */
const doubtMs = 250
const nothing = new Uint8Array(0)

interface Doubt {
  readonly segment: StoredSegment
  readonly position: number
  readonly sinceMs: number
}

/** The records of one class in one folder, in order, as one destination gets them. */
export class Lane {
  readonly #folder: LaneFolder
  readonly #key: LaneKey
  #segment: StoredSegment | undefined
  #record: SpoolRecord | undefined
  #position = 0
  /** The ordinal that comes next; `undefined` after a jump. */
  #ordinal: number | undefined
  /** A place that reads as damaged for now, and since when. */
  #doubt: Doubt | undefined
  #block: Uint8Array = nothing
  #blockStart = 0

  constructor(folder: LaneFolder, key: LaneKey) {
    this.#folder = folder
    this.#key = key
  }

  /** The next record, not taken yet; `undefined` when there is none now. */
  peek(): SpoolRecord | undefined {
    if (this.#record !== undefined && this.#isUsable(this.#record.segment)) return this.#record
    this.#record = undefined
    while (this.#record === undefined && this.#select()) {
      if (!this.#advance()) return undefined
    }
    return this.#record
  }

  /** Takes the record that {@link peek} showed. */
  take(record: SpoolRecord): void {
    record.segment.share(this.#key.destination).given.add(record.start, record.end)
    this.#position = record.end
    this.#record = undefined
  }

  /** Makes the first unfinished segment the current one. */
  #select(): boolean {
    if (this.#segment !== undefined && this.#isUsable(this.#segment)) return true
    this.#segment = undefined
    this.#forgetBlock()
    for (const segment of this.#folder.segments(this.#key.class)) {
      if (!this.#key.accepts(segment) || this.#share(segment).finished) continue
      segment.open()
      if (segment.state === 'empty' && !segment.closed) return false
      if (segment.state === 'empty') this.#finishEmpty(segment)
      if (segment.state !== 'readable') continue
      this.#segment = segment
      this.#position = segment.headerBytes
      this.#ordinal = segment.header?.ordinal
      return true
    }
    return false
  }

  #isUsable(segment: StoredSegment): boolean {
    return (
      segment.state === 'readable' && this.#key.accepts(segment) && !this.#share(segment).finished
    )
  }

  /** Goes on by one step in the current segment; false when there is nothing to read now. */
  #advance(): boolean {
    const segment = this.#segment
    if (segment === undefined) return false
    const closed = segment.closed
    try {
      const resumed = this.#share(segment).given.endAt(this.#position)
      if (resumed > this.#position) {
        this.#position = resumed
        this.#ordinal = undefined
      }
      const result = this.#frameAt(segment)
      if (result !== undefined) {
        this.#pass(segment, result)
        return true
      }
      return this.#leap(segment, closed)
    } catch (error) {
      segment.fail(error)
      return true
    }
  }

  /** The frame at the current position, read from disk in blocks. */
  #frameAt(segment: StoredSegment): Frame | undefined {
    let bytesNeeded = blockBytes
    const blockEnd = this.#blockStart + this.#block.length
    if (this.#position < this.#blockStart || this.#position > blockEnd) {
      this.#block = nothing
      this.#blockStart = this.#position
    }
    for (;;) {
      const result = readFrame(this.#block, this.#position - this.#blockStart)
      if (result.frame !== undefined) return result.frame
      if (result.fault === 'damaged') return undefined
      bytesNeeded = Math.max(bytesNeeded, result.bytesNeeded)
      const isFresh = this.#blockStart === this.#position && this.#block.length > 0
      if (isFresh && this.#block.length >= result.bytesNeeded) return undefined
      const seen = isFresh ? this.#block.length : -1
      this.#block = segment.read(this.#position, bytesNeeded)
      this.#blockStart = this.#position
      if (this.#block.length <= seen || this.#block.length === 0) return undefined
    }
  }

  #pass(segment: StoredSegment, frame: Frame): void {
    const start = this.#position
    const end = start + frame.end - frame.start
    const recordClass = classOfFrame(frame)
    if (recordClass === undefined || frame.signal === undefined || this.#isRepeated(frame)) {
      const origin = frame.kind === 'dictionary' ? decodeOrigin(frame.payload) : undefined
      if (origin !== undefined) this.#folder.learn(frame.origin, origin)
      this.#skip(segment, end)
      return
    }
    this.#ordinal = frame.ordinal + 1
    this.#record = {
      segment,
      start,
      end,
      class: recordClass,
      signal: frame.signal,
      sequence: frame.sequence,
      boot: this.#folder.boot,
      origin: this.#folder.origin(frame.origin),
      payload: frame.payload,
    }
  }

  /** A frame that stands in the file twice. */
  #isRepeated(frame: Frame): boolean {
    return this.#ordinal !== undefined && ordinalGap(this.#ordinal, frame.ordinal) < 0
  }

  /** No frame at the current position: wait for it, end the segment, or find the next one behind the damage. */
  #leap(segment: StoredSegment, closed: boolean): boolean {
    const rest = segment.read(this.#position, segment.size() - this.#position)
    // What stood here when the block was read may be out of date: the segment grows, and a reserve grows in place.
    this.#forgetBlock()
    if (readFrame(rest, 0).frame !== undefined) return true
    if (isZero(rest, 0, rest.length)) {
      if (closed) this.#finish(segment, this.#position + rest.length)
      return closed
    }
    const next = this.#findNext(rest)
    if (!closed && (next === undefined || this.#isDoubtful(segment))) return false
    this.#ordinal ??= segment.survey(this.#position).ordinalNext ?? 0
    const length = next === undefined ? rest.length : next.start
    const isKept = this.#putAside(segment, withoutZeros(rest.subarray(0, length)), next)
    if (next !== undefined) {
      this.#skip(segment, this.#position + length)
      return true
    }
    if (isKept) segment.tornAt = this.#position
    this.#finish(segment, this.#position + length)
    return true
  }

  /** Was the damage at the current position first seen a moment ago? */
  #isDoubtful(segment: StoredSegment): boolean {
    const nowMs = performance.now()
    const position = this.#position
    // The first records of all segments stand at the same place.
    if (this.#doubt?.segment !== segment || this.#doubt.position !== position)
      this.#doubt = { segment, position, sinceMs: nowMs }
    return nowMs - this.#doubt.sinceMs < doubtMs
  }

  /** The next frame that can stand here: of this series, and not before what was read already. */
  #findNext(rest: Uint8Array): Frame | undefined {
    let frame = findFrame(rest, 1)
    while (frame !== undefined) {
      const fits = frame.kind === 'dictionary' || frame.kind === this.#key.class
      if (fits && !(this.#isRepeated(frame) && frame.kind !== 'dictionary')) return frame
      frame = findFrame(rest, frame.start + 1)
    }
    return undefined
  }

  /** Says whether the bytes are kept elsewhere now. */
  #putAside(segment: StoredSegment, bytes: Uint8Array, next: Frame | undefined): boolean {
    if (segment.damage.has(this.#position)) return false
    const expected = this.#ordinal ?? 0
    const following = next?.ordinal ?? this.#ordinalBehind(segment)
    const records = following === undefined ? 1 : Math.max(0, ordinalGap(expected, following))
    const reason = next === undefined ? 'torn' : 'damaged'
    segment.damage.add(this.#position)
    return this.#folder.putAside(segment, { reason, offset: this.#position, records }, bytes)
  }

  /**
   * The ordinal with which later segments of the series go on: says exactly how many records a torn tail held. The lowest,
   * because after a failed sync the records of one segment stand again in a later one.
   */
  #ordinalBehind(segment: StoredSegment): number | undefined {
    let lowest: number | undefined
    for (const later of this.#folder.segments(this.#key.class)) {
      if (later.number <= segment.number) continue
      const { isOpen } = later
      later.open()
      if (!isOpen) later.close()
      const ordinal = later.header?.ordinal
      if (ordinal === undefined) continue
      if (lowest === undefined || ordinalGap(lowest, ordinal) < 0) lowest = ordinal
    }
    return lowest
  }

  #skip(segment: StoredSegment, end: number): void {
    const share = this.#share(segment)
    share.given.add(this.#position, end)
    share.acked.add(this.#position, end)
    this.#position = end
  }

  #finish(segment: StoredSegment, end: number): void {
    const share = this.#share(segment)
    const start = segment === this.#segment ? this.#position : segment.headerBytes
    share.given.add(start, end)
    share.acked.add(start, end)
    share.finished = true
    segment.close()
    this.#segment = undefined
    this.#forgetBlock()
  }

  /** A closed segment without so much as a header: the process ended before it wrote one. */
  #finishEmpty(segment: StoredSegment): void {
    try {
      this.#finish(segment, segment.size())
    } catch (error) {
      segment.fail(error)
    }
  }

  #forgetBlock(): void {
    this.#block = nothing
    this.#blockStart = 0
  }

  #share(segment: StoredSegment): Share {
    return segment.share(this.#key.destination)
  }
}

/** Space kept free behind the last bytes is not worth keeping. */
function withoutZeros(bytes: Uint8Array): Uint8Array {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end -= 1
  return bytes.subarray(0, end)
}
