/**
 * The spans of a process that have begun and have not ended, on disk: no SDK exports a span that never ends, so this is what
 * the next start closes them from when this process dies (closing.ts).
 *
 * ```
 * open-spans  =  segment header, number 0 · frame · frame · …
 *
 * begun    a frame of a span: the span as it is to be sent should nobody end it, without its end
 * ended    the same sequence once more, without a payload
 * ```
 *
 * The run itself stands there in the same way: a frame of the log record that tells of its crash, without a time.
 *
 * - A span stands in the file before {@link OpenSpans.begin} returns. Its end does when {@link OpenSpans.end} returns, and
 *   the record that ends it was written before that: of all spans that have ended, at most the last one is still open here.
 * - What the disk refuses is kept in memory and written later, all at once: the file is replaced as a whole.
 * - The file stays small: it is emptied when no span is open, and replaced when most of it is about spans that have ended.
 */
import type { Clock } from '../../base/clock.ts'
import type { Target } from '../../wire/encode/target.ts'
import { frameHeaderBytes, writeFrameHeader } from '../../wire/frame.ts'
import type { FrameFields, Signal } from '../../wire/frame.ts'
import { encodeSegmentHeader } from '../../wire/segment.ts'
import type { Disk } from './disk.ts'
import { writeRange } from './disk.ts'
import type { Home } from './home.ts'
import { machineId, machineNs } from './machine.ts'
import { openSpansDraft, openSpansFile } from './place.ts'
import { spareRoom } from './room.ts'

/** What open spans ask of their spool. */
export interface OpenSpansHost {
  readonly disk: Disk
  readonly home: Home
  readonly clock: Clock
  /** Folders whose names are to be synced. */
  readonly folders: Set<string>
  /** The payload of a dictionary entry. */
  dictionary(origin: number): Uint8Array | undefined
  /** Whether what is taken now stays when the process dies: it is not in memory for want of a disk. */
  isKept(): boolean
}

interface OpenSpan {
  readonly signal: Signal
  readonly sequence: number
  readonly origin: number
  readonly payload: Uint8Array
}

/** From here on a file that is mostly about spans that have ended is replaced. */
const wasteBytesMin = 256 * 1024
const u32Max = 0xffff_ffff
const nothing = new Uint8Array(0)

/** See the head of this file. Nothing here throws. */
export class OpenSpans {
  readonly #host: OpenSpansHost
  readonly #spans = new Map<string, OpenSpan>()
  /** Dictionary entries that stand in the file. */
  readonly #origins = new Set<number>()
  // A room, as for all other records: encoders run faster where they know one kind of target.
  readonly #buffer = spareRoom('critical')
  #file: number | undefined
  /** Tells one file from the next: the number of an open file may be given again. */
  #generation = 0
  #size = 0
  #liveBytes = 0
  #syncedBytes = 0
  #epochMs = 0
  #sequence = 0
  /** The file says less, or other, than is true. */
  #isBehind = false

  constructor(host: OpenSpansHost) {
    this.#host = host
  }

  /** How many spans are open. */
  get count(): number {
    return this.#spans.size
  }

  /**
   * A span has begun.
   * @param key what {@link OpenSpans.end} is called with
   * @param origin see `Spool.origin`
   * @param encode writes the body of a `Span` message, complete but for the end; of a `LogRecord` for the run
   */
  // oxlint-disable-next-line max-params -- an object would be made for every span
  begin(
    key: string,
    origin: number,
    encode: (target: Target) => void,
    signal: 'span' | 'log' = 'span',
  ): void {
    const buffer = this.#buffer
    buffer.position = frameHeaderBytes
    encode(buffer)
    this.#sequence += 1
    const payload = new Uint8Array(buffer.bytes.subarray(frameHeaderBytes, buffer.position))
    const span = { signal, sequence: this.#sequence, origin, payload }
    this.#spans.set(key, span)
    this.#liveBytes += frameHeaderBytes + span.payload.length
    // While the disk refuses it is tried once a second, not with every span.
    if (!this.#isBehind) this.#append(span)
  }

  /** A span has ended, and the record that says so was written. */
  end(key: string): void {
    const span = this.#spans.get(key)
    if (span === undefined) return
    this.#spans.delete(key)
    this.#liveBytes -= frameHeaderBytes + span.payload.length
    // The end is in memory only: should the process die now the span is closed by the next one.
    if (!this.#host.isKept()) this.#isBehind = true
    else if (this.#isWasteful()) this.#replace()
    else if (!this.#isBehind) this.#append({ ...span, payload: nothing })
  }

  /** Writes what the disk refused before, and writes it again when the file or its folder is gone. Once a second. */
  mend(): void {
    if (this.#isBehind || this.#isLost()) this.#replace()
  }

  /** Resolves when what is in the file is on stable storage; to false when the disk refuses. */
  async sync(): Promise<boolean> {
    const file = this.#file
    const size = this.#size
    const generation = this.#generation
    if (file === undefined || size <= this.#syncedBytes) return !this.#isBehind
    try {
      await this.#host.disk.syncFile(file)
      if (generation === this.#generation) this.#syncedBytes = size
    } catch {
      // Written again to a new file: what a failed sync has forgotten is not brought back by another.
      if (generation === this.#generation) this.#isBehind = true
    }
    // What stood in the file when this was called stands in another one by now.
    if (generation !== this.#generation) return this.sync()
    return !this.#isBehind
  }

  /** The process lets go of its folder. The file goes when no span is open; else the next start closes what is left. */
  close(): void {
    if (this.#file === undefined && !this.#isBehind) return
    if (this.#spans.size > 0 || !this.#host.isKept()) {
      if (this.#isBehind) this.#replace()
    } else this.#remove()
    this.#closeFile()
  }

  #append(span: OpenSpan): void {
    try {
      if (this.#file === undefined) this.#create()
      const head = this.#origins.has(span.origin) ? nothing : this.#entry(span.origin)
      const frame = this.#frame(span)
      const bytes = head.length === 0 ? frame : Buffer.concat([head, frame])
      this.#write(bytes)
      this.#origins.add(span.origin)
    } catch {
      this.#isBehind = true
    }
  }

  /** The frame of a span; of one that has just begun its payload stands in the buffer already. */
  #frame(span: OpenSpan): Uint8Array {
    const buffer = this.#buffer
    const end = frameHeaderBytes + span.payload.length
    writeFrameHeader(buffer.bytes, 0, end, this.#fields(span))
    return buffer.bytes.subarray(0, end)
  }

  #fields({ signal, sequence, origin }: Omit<OpenSpan, 'payload'>): FrameFields {
    const sinceMs = Math.max(0, Math.round(this.#host.clock.monotonicMs() - this.#epochMs))
    const timeMs = Math.min(sinceMs, u32Max)
    return { kind: 'critical', signal, ordinal: 0, timeMs, sequence, origin }
  }

  #entry(origin: number): Uint8Array {
    const payload = this.#host.dictionary(origin)
    if (payload === undefined) return nothing
    const bytes = new Uint8Array(frameHeaderBytes + payload.length)
    bytes.set(payload, frameHeaderBytes)
    const empty = this.#fields({ signal: 'span', sequence: 0, origin })
    const fields = { ...empty, kind: 'dictionary' } as const
    writeFrameHeader(bytes, 0, bytes.length, { ...fields, signal: undefined })
    return bytes
  }

  #write(bytes: Uint8Array): void {
    if (this.#file === undefined) return
    writeRange(this.#host.disk, this.#file, bytes, this.#size)
    this.#size += bytes.length
  }

  #create(): void {
    const head = this.#head()
    this.#file = this.#createFile(this.#host.home.path(openSpansFile), head)
    this.#size = head.length
    this.#host.folders.add(this.#host.home.folder)
  }

  #createFile(path: string, bytes: Uint8Array): number {
    const { disk } = this.#host
    const file = disk.open(path, 'create')
    try {
      writeRange(disk, file, bytes, 0)
      return file
    } catch (error) {
      disk.close(file)
      disk.unlink(path)
      throw error
    }
  }

  #head(): Uint8Array {
    this.#generation += 1
    this.#origins.clear()
    this.#syncedBytes = 0
    this.#epochMs = this.#host.clock.monotonicMs()
    const { install, boot } = this.#host.home
    return encodeSegmentHeader({
      class: 'critical',
      install,
      boot,
      machine: machineId(),
      wallNs: this.#host.clock.wallNs(),
      monotonicNs: machineNs(),
      number: 0,
      ordinal: 0,
    })
  }

  /** Puts a file with what is open now in place of the one that was written. */
  #replace(): void {
    this.#isBehind = true
    if (this.#spans.size === 0 && this.#file === undefined) {
      this.#isBehind = false
      return
    }
    const { disk } = this.#host
    try {
      const parts = [this.#head()]
      for (const span of this.#spans.values()) {
        if (!this.#origins.has(span.origin)) parts.push(this.#entry(span.origin))
        this.#origins.add(span.origin)
        const frame = new Uint8Array(frameHeaderBytes + span.payload.length)
        frame.set(span.payload, frameHeaderBytes)
        writeFrameHeader(frame, 0, frame.length, this.#fields(span))
        parts.push(frame)
      }
      const bytes = Buffer.concat(parts)
      const path = this.#host.home.path(openSpansFile)
      const draft = openSpansDraft(path)
      if (disk.look(draft) !== undefined) disk.unlink(draft)
      const file = this.#createFile(draft, bytes)
      // Not synced on this thread: it is with the next sync of the spool.
      disk.rename(draft, path)
      // The one that was replaced has no name any more: while its end is waited for, a bot would stand still for milliseconds.
      if (this.#file !== undefined) void disk.closeLater(this.#file).catch(() => undefined)
      this.#file = file
      this.#size = bytes.length
      this.#isBehind = false
      this.#host.folders.add(this.#host.home.folder)
    } catch {
      // Tried again with the next span, and once a second.
    }
  }

  #remove(): void {
    try {
      this.#host.disk.unlink(this.#host.home.path(openSpansFile))
    } catch {
      // A file without an open span in it closes none.
    }
  }

  #isWasteful(): boolean {
    const waste = this.#size - this.#liveBytes
    return waste > wasteBytesMin && waste > this.#liveBytes * 4
  }

  #isLost(): boolean {
    if (this.#file === undefined) return false
    try {
      return this.#host.disk.entry(this.#file).links === 0 || this.#hasMoved()
    } catch {
      return false
    }
  }

  /** Another process took the folder over, with the file in it. */
  #hasMoved(): boolean {
    return this.#host.disk.look(this.#host.home.path(openSpansFile)) === undefined
  }

  #closeFile(): void {
    if (this.#file === undefined) return
    try {
      this.#host.disk.close(this.#file)
    } catch {
      // What was written is written.
    }
    this.#file = undefined
  }
}
