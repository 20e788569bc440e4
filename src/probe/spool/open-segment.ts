/** The segment of a series that is being written, or waits for its last sync. */
import type { PriorityClass } from '../../semconv/classes.ts'
import type { SegmentHeader } from '../../wire/segment.ts'
import { encodeSegmentHeader } from '../../wire/segment.ts'
import type { Chunk } from './chunk.ts'
import type { Disk } from './disk.ts'
import { readRange, writeRange } from './disk.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'

/** What a new segment begins with. */
export interface SegmentStart {
  readonly class: PriorityClass
  readonly path: string
  readonly header: SegmentHeader
  /** Dictionary frames that its records need. */
  readonly dictionary: Uint8Array
  readonly bytesMax: number
  readonly ledger: Ledger
  /** A file of `bytesMax` zero bytes that becomes the segment and is never outgrown: its space is already there. */
  readonly reservePath: string | undefined
}

/** The segment that a series writes to. */
export class OpenSegment {
  readonly class: PriorityClass
  readonly path: string
  readonly header: SegmentHeader
  readonly bytesMax: number
  /** What it counts against the quota. */
  readonly entry: LedgerEntry
  readonly isReserve: boolean
  /** Where the first record can stand. */
  readonly bodyStart: number
  /** Bytes in the file that are whole frames. */
  size: number
  /** Records in the file. */
  records = 0
  /** Bytes that are on stable storage. */
  syncedBytes = 0
  /** A sync of it failed: it must never be synced again, its frames are written elsewhere. */
  isSuspect = false
  /** What was written since then, oldest first; the last one may still grow. */
  readonly chunks: Chunk[] = []
  readonly #disk: Disk
  readonly #file: number
  #isClosed = false
  /** Syncs under way. */
  #syncs = 0

  /** Opens a segment. Throws what the disk throws, with nothing left behind. */
  constructor(disk: Disk, start: SegmentStart) {
    this.#disk = disk
    this.class = start.class
    this.path = start.path
    this.header = start.header
    this.bytesMax = start.bytesMax
    this.isReserve = start.reservePath !== undefined
    const head = Buffer.concat([encodeSegmentHeader(start.header), start.dictionary])
    if (start.reservePath !== undefined) disk.rename(start.reservePath, start.path)
    this.#file = disk.open(start.path, this.isReserve ? 'write' : 'create')
    try {
      writeRange(disk, this.#file, head, 0)
    } catch (error) {
      disk.close(this.#file)
      disk.unlink(start.path)
      throw error
    }
    this.bodyStart = head.length
    this.size = head.length
    this.entry = start.ledger.add(start.path, start.class, head.length)
  }

  /** Has it bytes that are not on stable storage? */
  get isUnsynced(): boolean {
    return !this.#isClosed && this.size > this.syncedBytes
  }

  /** Has someone deleted the file, or put another in its place? */
  isLost(): boolean {
    return !this.#isClosed && this.#disk.entry(this.#file).links === 0
  }

  /** Its file went with its folder: no sync saves what is in it, and it stays open until that is written elsewhere. */
  loseHome(): void {
    this.entry.isHomeless = true
    this.isSuspect = true
    this.syncedBytes = 0
  }

  /** Writes up to `length` bytes at `position`; says how many it wrote. */
  write(bytes: Uint8Array, offset: number, length: number): number {
    return this.#disk.write(this.#file, bytes, { offset, length }, this.size)
  }

  /** Writes frames that were in another segment. Throws what the disk throws. */
  append(frames: Buffer, records: number): void {
    writeRange(this.#disk, this.#file, frames, this.size)
    const end = frames.length
    const whole = { start: 0, written: end, sealed: end, filled: end, base: this.size }
    this.chunks.push({ bytes: frames, ...whole })
    this.size += end
    this.records += records
  }

  /** Cuts off what is not a whole frame. Where that fails too, readers pass over the torn tail. */
  tryTruncate(): void {
    try {
      this.#disk.truncate(this.#file, this.size)
    } catch {
      // Nothing more is written behind it, and the next segment says that nothing is missing.
    }
  }

  /** Resolves when what is in the file now is on stable storage. */
  async sync(): Promise<void> {
    // The number of a closed file may be that of another by now.
    if (this.#isClosed) return
    this.#syncs += 1
    try {
      await this.#disk.syncFile(this.#file)
    } finally {
      this.#syncs -= 1
      if (this.#isClosed) this.#closeFile()
    }
  }

  /** All frames from `from` on, from memory where they are still there, else from the file. */
  frames(from: number): Uint8Array {
    const first = this.chunks[0]
    const isKept = first !== undefined && first.base + first.start <= from
    if (!isKept) {
      const bytes = Buffer.allocUnsafeSlow(this.size - from)
      return bytes.subarray(0, readRange(this.#disk, this.#file, bytes, from))
    }
    const parts = this.chunks.map((chunk) =>
      chunk.bytes.subarray(Math.max(chunk.start, from - chunk.base), chunk.written),
    )
    return Buffer.concat(parts)
  }

  /** Closes the file, once; after a sync that is under way. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#closeFile()
  }

  #closeFile(): void {
    if (this.#syncs > 0) return
    try {
      this.#disk.close(this.#file)
    } catch {
      // All that mattered was written and synced before, or said to have failed.
    }
  }
}
