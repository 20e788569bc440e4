/** A segment file as a reader sees it. */
import { join } from 'node:path'
import type { PriorityClass } from '../../semconv/classes.ts'
import type { Frame, OriginBytes } from '../../wire/frame.ts'
import {
  decodeOrigin,
  findFrame,
  frameHeaderBytes,
  isZero,
  ordinalGap,
  readFrame,
} from '../../wire/frame.ts'
import type { SegmentHeader } from '../../wire/segment.ts'
import { decodeSegmentHeader, segmentHeaderBytes } from '../../wire/segment.ts'
import type { Disk } from './disk.ts'
import { errorCode, readRange } from './disk.ts'
import { Extents } from './extents.ts'

/** What one destination did with a segment. */
export interface Share {
  /** Bytes that were handed out, or hold nothing to deliver. */
  readonly given: Extents
  /** Bytes that the destination has, or that hold nothing to deliver. */
  readonly acked: Extents
  /** How many records `acked` holds. */
  records: number
  /** How many of them stand in the checkpoint on disk. */
  saved: number
  /** Handed out to the end; nothing more will come. */
  finished: boolean
}

/**
 * `unopened`: not looked at yet. `readable`. `empty`: no header yet. `refused`: not ours or of another version, for ever.
 * `unreadable`: the disk refused; looked at again on the next refresh. `gone`: the file was deleted.
 */
export type SegmentState = 'unopened' | 'readable' | 'empty' | 'refused' | 'unreadable' | 'gone'

/** Takes what is wrong with a segment, worth saying aloud. */
export type SegmentReport = (
  code: 'version' | 'foreign' | 'unreadable' | 'damaged',
  message: string,
) => void

/** A segment is walked through in pieces of this: read as a whole, each left megabytes behind for malloc to keep. */
const viewBytes = 64 * 1024
let view: Buffer | undefined

/** Where a segment stands. */
export interface SegmentKey {
  readonly disk: Disk
  readonly folder: string
  readonly name: string
  readonly class: PriorityClass
  readonly number: number
  readonly report: SegmentReport
}

/** A segment as a reader sees it: its frames, and what each destination did with them. */
export class StoredSegment {
  readonly name: string
  readonly class: PriorityClass
  readonly number: number
  state: SegmentState = 'unopened'
  /** Nobody writes to it any more. */
  closed = false
  /** `undefined` while `unopened`, and when the header is damaged: the frames can be read all the same. */
  header: SegmentHeader | undefined
  /** Where frames begin. */
  headerBytes = segmentHeaderBytes
  /** Places whose damage was put aside already. */
  readonly damage = new Set<number>()
  /** Where the torn tail that was put aside begins; it is cut off by {@link StoredSegment.cut}. */
  tornAt: number | undefined

  readonly #key: SegmentKey
  readonly #shares = new Map<string, Share>()
  /** Open while it is read: a bot that died all night leaves thousands of segments, and handles are the bot's too. */
  #file: number | undefined
  #hasFailed = false
  /** The place whose frame was last asked for its time. */
  #timed: { readonly position: number; readonly timeMs: number } | undefined
  /** How far {@link StoredSegment.count} came, and what it found. */
  #counted: { position: number; first: number | undefined; records: number } = {
    position: 0,
    first: undefined,
    records: 0,
  }

  constructor(key: SegmentKey) {
    this.#key = key
    this.name = key.name
    this.class = key.class
    this.number = key.number
  }

  get path(): string {
    return join(this.#key.folder, this.name)
  }

  /** Is its file open? */
  get isOpen(): boolean {
    return this.#file !== undefined
  }

  /** What `destination` did with it. */
  share(destination: string): Share {
    let share = this.#shares.get(destination)
    if (share === undefined) {
      share = { given: new Extents(), acked: new Extents(), records: 0, saved: 0, finished: false }
      this.#shares.set(destination, share)
    }
    return share
  }

  /** Opens the file and reads its header. What is wrong with it is reported once. */
  open(): void {
    if (this.state === 'readable' || this.state === 'refused' || this.state === 'gone') return
    try {
      this.#file ??= this.#key.disk.open(this.path, 'read')
      this.#readHeader()
    } catch (error) {
      this.fail(error)
    }
  }

  /** The disk refused to read it. It is tried again. */
  fail(error: unknown): void {
    this.close()
    this.state = 'unreadable'
    // Deleted since the folder was listed: the next listing says so.
    if (errorCode(error) === 'ENOENT' || this.#hasFailed) return
    this.#hasFailed = true
    this.#key.report(
      'unreadable',
      `${this.path} cannot be read (${errorCode(error)}); it is tried again`,
    )
  }

  #readHeader(): void {
    const bytes = Buffer.alloc(segmentHeaderBytes)
    const count = this.#file === undefined ? 0 : readRange(this.#key.disk, this.#file, bytes, 0)
    const result = decodeSegmentHeader(bytes.subarray(0, count))
    if (result.header !== undefined) {
      this.header = result.header
      this.headerBytes = result.length
      this.state = 'readable'
    } else if (result.fault === 'version') {
      this.#refuse(
        'version',
        `has spool format ${result.version}, which this version of fillpath cannot read`,
      )
    } else if (result.fault === 'short' || isZero(bytes, 0, count)) {
      this.state = 'empty'
    } else if (result.fault === 'damaged' || this.#hasFrames()) {
      this.state = 'readable'
      this.#key.report(
        'damaged',
        `the header of ${this.path} is damaged; its records are read all the same`,
      )
    } else {
      this.#refuse('foreign', 'is not a spool segment')
    }
  }

  #hasFrames(): boolean {
    const bytes = this.read(segmentHeaderBytes, this.size() - segmentHeaderBytes)
    return findFrame(bytes, 0) !== undefined
  }

  /** Cuts off a torn tail that was put aside, so that nobody meets it again. A disk that refuses is asked again. */
  cut(): void {
    const { disk } = this.#key
    if (this.tornAt === undefined || this.state !== 'readable') return
    try {
      const file = disk.open(this.path, 'write')
      try {
        disk.truncate(file, this.tornAt)
      } finally {
        disk.close(file)
      }
      this.tornAt = undefined
    } catch {
      // The checkpoint says that nothing is to be delivered there.
    }
  }

  /** Bytes of the file now. Throws what the disk throws. */
  size(): number {
    const { disk } = this.#key
    if (this.#file !== undefined) return disk.entry(this.#file).size
    if (!this.#isKnown) return 0
    const entry = disk.look(this.path)
    if (entry === undefined) throw Object.assign(new Error('it was deleted'), { code: 'ENOENT' })
    return entry.size
  }

  /** Was it opened, and may be opened again? */
  get #isKnown(): boolean {
    return this.state === 'readable' || this.state === 'empty'
  }

  /** Its file, opened again where it was closed; `undefined` where there is nothing to read. */
  #handle(): number | undefined {
    if (this.#isKnown) this.#file ??= this.#key.disk.open(this.path, 'read')
    return this.#file
  }

  /** Up to `length` bytes from `position` on, in a buffer of its own. Throws what the disk throws. */
  read(position: number, length: number): Uint8Array {
    if (length <= 0) return new Uint8Array(0)
    // A reader at the end of a file that grows asks often and gets little: a block each time would keep the collector busy.
    const rest = Math.max(0, this.size() - position)
    const file = rest > 0 ? this.#handle() : undefined
    if (file === undefined) return new Uint8Array(0)
    const bytes = Buffer.allocUnsafeSlow(Math.min(length, rest))
    return bytes.subarray(0, readRange(this.#key.disk, file, bytes, position))
  }

  /** Dictionary entries of the segment, and the ordinal that follows its last record before `until`. */
  survey(until = Number.POSITIVE_INFINITY): {
    readonly origins: Map<number, OriginBytes>
    readonly ordinalNext: number | undefined
  } {
    const origins = new Map<number, OriginBytes>()
    let ordinalNext = this.header?.ordinal
    this.#walk(this.headerBytes, until, (frame) => {
      if (frame.kind === 'dictionary') {
        const origin = decodeOrigin(Buffer.from(frame.payload))
        if (origin !== undefined) origins.set(frame.origin, origin)
        return
      }
      const next = frame.ordinal + 1
      if (ordinalNext === undefined || ordinalGap(ordinalNext, next) > 0) ordinalNext = next
    })
    return { origins, ordinalNext }
  }

  /** How many records it holds now. Reads on from where it stopped the last time. */
  count(): number {
    const from = Math.max(this.#counted.position, this.headerBytes)
    let { first = this.header?.ordinal, records } = this.#counted
    const position = this.#walk(from, Number.POSITIVE_INFINITY, (frame) => {
      if (frame.kind === 'dictionary') return
      first ??= frame.ordinal
      records = Math.max(records, ordinalGap(first, frame.ordinal + 1))
    })
    this.#counted = { position, first, records }
    return records
  }

  /** The frame at `position`, if there is a good one. */
  frameAt(position: number): Frame | undefined {
    const header = this.read(position, frameHeaderBytes)
    const result = readFrame(header, 0)
    if (result.frame !== undefined || result.fault !== 'short') return result.frame
    return readFrame(this.read(position, result.bytesNeeded), 0).frame
  }

  /** When the record at `position` was written, in milliseconds since the segment was opened; 0 where there is none. */
  timeAt(position: number): number {
    if (this.#timed?.position === position) return this.#timed.timeMs
    const frame = this.frameAt(position)
    if (frame !== undefined) this.#timed = { position, timeMs: frame.timeMs }
    return frame?.timeMs ?? 0
  }

  /** Visits each good frame of a range, which is a view that lasts for the visit; returns where the last one ended. */
  #walk(from: number, until: number, visit: (frame: Frame) => void): number {
    let end = Math.min(this.size(), until)
    let position = from
    let bytesNeeded = 0
    while (position < end) {
      const length = Math.min(end - position, Math.max(bytesNeeded, viewBytes))
      const bytes = this.#look(position, length)
      // Cut since it was asked for its size.
      if (bytes.length < length) end = position + bytes.length
      let place = 0
      let result = readFrame(bytes, place)
      for (; result.frame !== undefined; result = readFrame(bytes, place)) {
        visit(result.frame)
        place = result.frame.end
      }
      position += place
      bytesNeeded = result.bytesNeeded
      // A frame that the end of the view cuts is read again, whole.
      if (place > 0 || bytes.length < Math.min(bytesNeeded, end - position)) continue
      const rest = this.read(position, end - position)
      const next = findFrame(rest, 1)
      if (next === undefined) break
      visit(next)
      position += next.end
    }
    return position
  }

  /** Up to `length` bytes from `position` on, in memory that the next look of any segment uses again. */
  #look(position: number, length: number): Uint8Array {
    const file = this.#handle()
    if (file === undefined || length > viewBytes) return this.read(position, length)
    view ??= Buffer.allocUnsafeSlow(viewBytes)
    const bytes = view.subarray(0, length)
    return bytes.subarray(0, readRange(this.#key.disk, file, bytes, position))
  }

  /** How many records each of these destinations has, and has in its checkpoint. */
  common(destinations: readonly string[]): { readonly records: number; readonly saved: number } {
    if (destinations.length === 0) return { records: 0, saved: 0 }
    const shares = destinations.map((destination) => this.share(destination))
    return {
      records: Math.min(...shares.map(({ records }) => records)),
      saved: Math.min(...shares.map(({ saved }) => saved)),
    }
  }

  /** Does `destination` have all there is to have? Only a closed segment is ever complete. */
  isComplete(destination: string): boolean {
    const share = this.share(destination)
    if (!share.finished || (this.state !== 'readable' && this.state !== 'empty')) return false
    try {
      return share.acked.covers(this.headerBytes, this.size())
    } catch {
      return false
    }
  }

  /** Closes the file. It is opened again when more of it is to be read. */
  close(): void {
    if (this.#file === undefined) return
    const file = this.#file
    this.#file = undefined
    try {
      this.#key.disk.close(file)
    } catch {
      // A failed close of a file that was only read loses nothing.
    }
  }

  #refuse(code: 'version' | 'foreign', what: string): void {
    this.close()
    this.state = 'refused'
    this.#key.report(code, `${this.path} ${what}; it was left as it is`)
  }
}
