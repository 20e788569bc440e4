/**
 * One of the three series of a boot: the segment files of one class.
 *
 * - One segment is written, the one with the highest number. A segment whose write failed is never written again; what is
 *   in it are whole frames.
 * - What was written stays in memory until it is synced: after a failed fsync the page cache may have forgotten it
 *   (Rebello et al., "Can applications recover from fsync failures?", ATC 2020). Then it is written to a new segment.
 */
import type { PriorityClass } from '../../semconv/classes.ts'
import { readFrame, readU32, frameHeaderBytes } from '../../wire/frame.ts'
import { segmentName } from '../../wire/segment.ts'
import type { Disk } from './disk.ts'
import { FrameBuffer } from './frame-buffer.ts'
import type { Ledger } from './ledger.ts'
import type { HeldRecord } from './memory.ts'
import { OpenSegment } from './open-segment.ts'
import type { Room } from './room.ts'

/** What a series asks of its spool. */
export interface SeriesHost {
  readonly disk: Disk
  readonly install: string
  readonly boot: string
  readonly machine: string
  readonly segmentBytesMax: number
  /** Where a file of the boot's folder is. */
  path(name: string): string
  /** Milliseconds, monotonic. */
  nowMs(): number
  /** Wall time and the machine's monotonic time of a moment of {@link SeriesHost.nowMs}. */
  timesAt(ms: number): { readonly wallNs: bigint; readonly monotonicNs: bigint }
  /** The payload of a dictionary entry. */
  dictionary(origin: number): Uint8Array | undefined
  /** What counts against the quota. */
  readonly ledger: Ledger
  /** A segment was made in the boot's folder. */
  opened(): void
}

/** Written bytes kept in memory for the case that their sync fails; beyond, they would be read back from the file. */
const keptChunksMax = 16

/** The segments of one class, in the order in which they were written. */
export class Series {
  readonly class: PriorityClass
  readonly buffer: FrameBuffer
  /** How often frames of one segment were written again to a new one. */
  rewrites = 0
  readonly #host: SeriesHost
  /** Dictionary entries its records have used. */
  readonly #origins = new Set<number>()
  /** Segments that are not written any more and not synced yet. */
  #retired: OpenSegment[] = []
  #active: OpenSegment | undefined
  #number = 0

  constructor(segmentClass: PriorityClass, host: SeriesHost) {
    this.class = segmentClass
    this.#host = host
    this.buffer = new FrameBuffer(segmentClass, () => host.nowMs())
  }

  /** The segment that is written. */
  get active(): OpenSegment | undefined {
    return this.#active
  }

  /** Segments with bytes that are not on stable storage, oldest first. */
  unsynced(): OpenSegment[] {
    return this.openSegments().filter((segment) => segment.isUnsynced)
  }

  begin(sequence: number, origin: number): Room {
    if (!this.#origins.has(origin)) this.#define(origin)
    return this.buffer.begin(sequence, origin)
  }

  /** Adds a record that was kept elsewhere. */
  restore(record: HeldRecord): void {
    if (!this.#origins.has(record.origin)) this.#define(record.origin)
    this.buffer.add(record)
  }

  /** Writes all that waits. Throws what the disk throws; then whole frames are in the file and the rest still waits. */
  write(): void {
    const { chunk } = this.buffer
    const length = chunk.filled - chunk.written
    if (length === 0) return
    const active = this.#active
    if (active !== undefined && active.size + length > active.bytesMax) {
      if (active.isReserve) throw reserveFull()
      if (active.records > 0) this.retire()
    }
    this.#put(this.#active ?? this.#openNext(undefined))
  }

  /**
   * Takes out what waits. Dictionary entries among it are gone, so the segment ends: the next one begins with all of them.
   */
  takeWaiting(): HeldRecord[] {
    const records = this.buffer.takeWaiting()
    this.retire()
    return records
  }

  /** Ends the segment; the next write opens another. */
  retire(): void {
    const segment = this.#active
    if (segment === undefined) return
    this.#active = undefined
    if (segment.isUnsynced) this.#retired.push(segment)
    else segment.close()
    this.buffer.turn()
  }

  /** Goes on in the file that was kept free for this. Throws what the disk throws. */
  useReserve(path: string, bytesMax: number): void {
    this.retire()
    this.#openNext({ path, bytesMax })
  }

  /** `bytes` of the segment are on stable storage: forgets the copies. */
  synced(segment: OpenSegment, bytes: number): void {
    segment.syncedBytes = Math.max(segment.syncedBytes, bytes)
    const { chunk, pool, waiting, room } = this.buffer
    while (segment.chunks[0] !== undefined && segment.chunks[0] !== chunk) {
      const first = segment.chunks[0]
      if (first.base + first.written > bytes) break
      segment.chunks.shift()
      pool.give(first)
    }
    const isIdle = waiting === 0 && chunk.filled === chunk.written && !room.isOpen
    if (isIdle && segment.chunks[0] === chunk && chunk.base + chunk.written <= bytes) {
      segment.chunks.shift()
      chunk.start = chunk.written = chunk.sealed = chunk.filled = 0
    }
    this.#release(segment)
  }

  /**
   * Writes the frames of a segment from byte `from` on again, to a new one: its sync failed, or its file is gone. Throws
   * what the disk throws, and the old segment stays in charge then. Returns the new segment, if there was anything to write.
   */
  rewrite(segment: OpenSegment, from: number): OpenSegment | undefined {
    const frames = Buffer.from(segment.frames(Math.max(from, segment.bodyStart)))
    if (segment === this.#active || frames.length > 0) this.retire()
    const next = frames.length > 0 ? this.#createCopy(segment, frames) : undefined
    if (next !== undefined) this.rewrites += 1
    const records = next?.records ?? 0
    segment.records -= records
    this.#host.ledger.grow(segment.entry, 0, -records)
    segment.syncedBytes = segment.size
    this.#release(segment)
    return next
  }

  /** A new segment with frames of another one. */
  #createCopy(segment: OpenSegment, frames: Buffer): OpenSegment {
    const { records, ordinal } = census(frames)
    // Its number is higher than all before, and nothing else is being written: readers rely on both.
    const next = this.#create({ ...segment.header, ordinal: ordinal ?? segment.header.ordinal })
    this.#retired.push(next)
    try {
      next.append(frames, records)
    } catch (error) {
      next.tryTruncate()
      this.#release(next)
      throw error
    }
    this.#host.ledger.grow(next.entry, frames.length, records)
    return next
  }

  /** Segments whose files are open. */
  openSegments(): OpenSegment[] {
    return this.#active === undefined ? [...this.#retired] : [...this.#retired, this.#active]
  }

  /** The file of a segment that is not written any more was deleted on purpose: it need not be synced. */
  forget(path: string): void {
    for (const segment of this.#retired.filter((other) => other.path === path)) {
      segment.syncedBytes = segment.size
      this.#release(segment)
    }
  }

  /** Closes all files. */
  close(): void {
    this.retire()
    for (const segment of this.#retired.splice(0)) segment.close()
  }

  #define(origin: number): void {
    const payload = this.#host.dictionary(origin)
    if (payload === undefined) return
    this.#origins.add(origin)
    // A segment that is opened later begins with all entries used so far.
    if (this.#active !== undefined) this.buffer.define(origin, payload)
  }

  #put(segment: OpenSegment): void {
    const { buffer } = this
    buffer.seal()
    const { chunk } = buffer
    if (segment.chunks.at(-1) !== chunk) {
      chunk.start = chunk.written
      chunk.base = segment.size - chunk.written
      segment.chunks.push(chunk)
      this.#forgetOldest(segment)
    }
    const sizeBefore = segment.size
    const waitingBefore = buffer.waiting
    try {
      while (chunk.written < chunk.filled) {
        const count = segment.write(chunk.bytes, chunk.written, chunk.filled - chunk.written)
        if (count === 0) throw new Error('the disk took no byte and gave no reason')
        segment.size += count
        chunk.written += count
      }
      buffer.waiting = 0
    } catch (error) {
      this.#cutBack(segment, sizeBefore)
      throw error
    } finally {
      const records = waitingBefore - buffer.waiting
      segment.records += records
      this.#host.ledger.grow(segment.entry, segment.size - sizeBefore, records)
    }
  }

  /** What is kept in memory is bounded; the oldest goes, and is used again. */
  #forgetOldest(segment: OpenSegment): void {
    if (segment.chunks.length <= keptChunksMax) return
    const oldest = segment.chunks.shift()
    if (oldest !== undefined) this.buffer.pool.give(oldest)
  }

  /** After a failed write: the last whole frame is the end of the file, and nothing more goes into it. */
  #cutBack(segment: OpenSegment, sizeBefore: number): void {
    const { buffer } = this
    const { chunk } = buffer
    const end = chunk.written
    let place = sizeBefore - chunk.base
    for (;;) {
      const next = place + frameHeaderBytes + readU32(chunk.bytes, place)
      if (place + frameHeaderBytes > end || next > end) break
      if (readFrame(chunk.bytes, place, next).frame?.signal !== undefined) buffer.waiting -= 1
      place = next
    }
    const isTorn = place < end
    chunk.written = place
    segment.size = place + chunk.base
    if (isTorn) segment.tryTruncate()
    this.retire()
  }

  #openNext(
    reserve: { readonly path: string; readonly bytesMax: number } | undefined,
  ): OpenSegment {
    this.buffer.renewEpoch()
    const { install, boot, machine } = this.#host
    const { wallNs, monotonicNs } = this.#host.timesAt(this.buffer.epochMs)
    const ordinal = this.buffer.ordinal - this.buffer.waiting
    const times = { wallNs, monotonicNs }
    const head = { class: this.class, install, boot, machine, ...times, number: 0, ordinal }
    this.#active = this.#create(head, reserve)
    return this.#active
  }

  #create(
    head: OpenSegment['header'],
    reserve?: { readonly path: string; readonly bytesMax: number },
  ): OpenSegment {
    this.#number += 1
    const payloads: [number, Uint8Array][] = []
    for (const origin of this.#origins) {
      const payload = this.#host.dictionary(origin)
      if (payload !== undefined) payloads.push([origin, payload])
    }
    const segment = new OpenSegment(this.#host.disk, {
      class: this.class,
      path: this.#host.path(segmentName(this.class, this.#number)),
      header: { ...head, number: this.#number },
      dictionary: this.buffer.definitions(payloads, head.ordinal),
      ledger: this.#host.ledger,
      bytesMax: reserve?.bytesMax ?? this.#host.segmentBytesMax,
      reservePath: reserve?.path,
    })
    this.#host.opened()
    return segment
  }

  /** Closes a segment that is neither written nor synced any more. */
  #release(segment: OpenSegment): void {
    if (segment === this.#active || segment.isUnsynced) return
    this.#retired = this.#retired.filter((other) => other !== segment)
    segment.close()
  }
}

/** How many records stand in a run of frames, and the ordinal of the first. */
function census(frames: Uint8Array): { records: number; ordinal: number | undefined } {
  let records = 0
  let ordinal: number | undefined
  for (let place = 0; place < frames.length;) {
    const { frame } = readFrame(frames, place)
    if (frame === undefined) break
    if (frame.signal !== undefined) {
      records += 1
      ordinal ??= frame.ordinal
    }
    place = frame.end
  }
  return { records, ordinal }
}

function reserveFull(): Error {
  return Object.assign(new Error('the reserve is full'), { code: 'ENOSPC' })
}
