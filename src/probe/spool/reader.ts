/**
 * Reads a spool while it is written, for any number of destinations, each at its own pace.
 *
 * - `next()` hands records out, `ack()` says that the destination has them, `save()` makes that durable and deletes what
 *   every destination has. Between hand-out and `ack` the caller holds the records: they are not handed out again by this
 *   reader, and they are by the next one if no `ack` was saved. A crash at any step costs duplicates, never a record.
 * - Two lines for each destination. `live`: what the running boot writes. `backlog`: the rest, oldest first: folders of
 *   dead processes, and what `live` left behind when {@link SpoolReader.skipToLive} was called. A record is handed out in
 *   one of them, once.
 * - Within a folder records come in the order of their sequence (a snapshot may come late: it is written last).
 * - A segment is deleted only when it is closed and each destination acknowledged each record of it. Segments of another
 *   version and foreign files are left as they are.
 * - New segments are found by listing: {@link SpoolReader.refresh}, which `next()` calls when it has nothing to give.
 *   Poll it; nothing signals that the spool grew.
 */
import { join } from 'node:path'
import type { PriorityClass } from '../../semconv/classes.ts'
import { priorityClasses } from '../../semconv/classes.ts'
import type { QuarantineNote } from '../../wire/frame.ts'
import type { Disk } from './disk.ts'
import { errorCode, readWhole, realDisk } from './disk.ts'
import { inOrder } from './folder-order.ts'
import type { SpoolRecord } from './lane.ts'
import { Lane } from './lane.ts'
import type { NoticeCode, NoticeListener } from './notice.ts'
import { printNotice, tell } from './notice.ts'
import type { SpoolPlace } from './place.ts'
import { installFile, parseFolderName } from './place.ts'
import { Quarantine } from './quarantine.ts'
import type { FolderOwner, FoundDamage } from './stored-folder.ts'
import { StoredFolder } from './stored-folder.ts'
import type { StoredSegment } from './stored-segment.ts'
import type { Waiting } from './waiting.ts'
import { measureWaiting } from './waiting.ts'

export type { SpoolRecord } from './lane.ts'
export type { SpoolPlace } from './place.ts'
export type { Waiting } from './waiting.ts'

/** Options of {@link openReader}. */
export interface ReaderOptions {
  readonly place: SpoolPlace
  /** Names of the receivers that must each have a record before it is deleted. */
  readonly destinations: readonly string[]
  /**
   * Bytes of refused and damaged records kept for each boot.
   * @default 67108864
   */
  readonly quarantineBytesMax?: number
  /**
   * Look, and change nothing on disk: no checkpoint is written, nothing is put aside or deleted.
   * @default false
   */
  readonly readOnly?: boolean
  readonly disk?: Disk
  /** @default one line on stderr */
  readonly onNotice?: NoticeListener
}

/** How much to hand out at once. The first record is handed out whatever its size. */
export interface Portion {
  readonly recordsMax: number
  readonly bytesMax: number
}

/** `live`: what the running boot writes. `backlog`: everything before it. */
export type Line = 'live' | 'backlog'

/** Counts since the reader was opened. */
export interface ReaderCounts {
  /** Records put aside because they were damaged or refused. */
  quarantined: number
  /** Delivered records that the writer had to count as dropped: it deleted their segment before a checkpoint said so. */
  ackedAfterDrop: number
}

/** Opens a reader. The folder may still be empty. */
export function openReader(options: ReaderOptions): SpoolReader {
  return new SpoolReader(options)
}

const quarantineBytesMaxDefault = 64 * 1024 * 1024
/** Notices remembered so as not to repeat them. */
const saidMax = 1000

/** A reader of a spool. See the head of this file for its promises. */
export class SpoolReader {
  readonly #options: ReaderOptions
  readonly #owner: FolderOwner
  /** Boot → folder. */
  readonly #folders = new Map<string, StoredFolder>()
  /** Lanes by `destination line boot`. */
  readonly #lanes = new Map<string, readonly Lane[]>()
  /** The segment from which on each series of the running boot is live, by destination. */
  readonly #splits = new Map<string, Readonly<Record<PriorityClass, number>>>()
  readonly #quarantines = new Map<string, Quarantine>()
  readonly #said = new Set<string>()
  readonly #counts: ReaderCounts = { quarantined: 0, ackedAfterDrop: 0 }
  /** Folders as they are read: the oldest first, the running boot last. */
  #order: readonly StoredFolder[] = []

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#owner = {
      disk: options.disk ?? realDisk,
      destinations: options.destinations,
      readOnly: options.readOnly ?? false,
      ackedAfterDrop: (records) => {
        this.#counts.ackedAfterDrop += records
      },
      say: (code, message) => this.#say(code, message),
      putAside: (folder, segment, place) => this.#putAside(folder, segment, place),
    }
    this.refresh()
  }

  get counts(): Readonly<ReaderCounts> {
    return this.#counts
  }

  /** The next records of a line for a destination; empty when there are none now. */
  next(destination: string, line: Line, portion: Portion): SpoolRecord[] {
    const records = this.#collect(destination, line, portion)
    if (records.length > 0) return records
    this.refresh()
    return this.#collect(destination, line, portion)
  }

  /** The destination has these records. */
  ack(destination: string, records: Iterable<SpoolRecord>): void {
    for (const { segment, boot, start, end } of records) {
      const countBefore = segment.state === 'gone' ? this.#common(segment) : 0
      const share = segment.share(destination)
      share.acked.add(start, end)
      share.records += 1
      if (segment.state === 'gone') {
        this.#counts.ackedAfterDrop += this.#common(segment) - countBefore
      }
      this.#folders.get(boot)?.touch(destination)
    }
  }

  /** The destination will never take this record: keeps it aside with the reason, and acknowledges it. */
  quarantine(destination: string, record: SpoolRecord, reason: string): void {
    const { segment, start, end } = record
    const folder = this.#folders.get(record.boot)
    const length = end - start
    const note = { reason, records: 1, segment: segment.name, offset: start, length, destination }
    if (folder !== undefined) this.#store(folder, note, record.payload)
    this.#counts.quarantined += 1
    this.ack(destination, [record])
  }

  /**
   * The destination took these records but for `count` of them, and does not say which: notes the reason and where they
   * stood, and acknowledges them all. Their bytes are not kept: most of them were delivered.
   */
  quarantineSome(
    destination: string,
    records: readonly SpoolRecord[],
    { count, reason }: { readonly count: number; readonly reason: string },
  ): void {
    const [first] = records
    if (first === undefined) return
    const folder = this.#folders.get(first.boot)
    const length = records.reduce((sum, { start, end }) => sum + end - start, 0)
    const { segment, start: offset } = first
    const note = { reason, records: count, segment: segment.name, offset, length, destination }
    if (folder !== undefined) this.#store(folder, note, new Uint8Array(0))
    this.#counts.quarantined += count
    this.ack(destination, records)
  }

  /**
   * Makes acknowledgements durable and deletes what every destination has. Returns the boots for which the disk refused, or
   * that were not come to within the time: they are tried again by the next call.
   */
  save(withinMs = Number.POSITIVE_INFINITY): readonly string[] {
    const unsaved: string[] = []
    if (this.#owner.readOnly) return unsaved
    // What the writer has dropped meanwhile must not count as saved.
    this.refresh()
    const endMs = performance.now() + withinMs
    for (const [boot, folder] of Array.from(this.#folders)) {
      const isLate = performance.now() > endMs
      if (isLate && folder.isUnsaved) unsaved.push(boot)
      if (isLate) continue
      // The next round begins with those that this one does not come to.
      this.#folders.delete(boot)
      this.#folders.set(boot, folder)
      try {
        this.#quarantines.get(boot)?.sync()
      } catch (error) {
        this.#say('unreadable', `the quarantine of ${boot} cannot be synced (${errorCode(error)})`)
        unsaved.push(boot)
        continue
      }
      if (!folder.save()) unsaved.push(boot)
      if (folder.removeIfDone()) this.#drop(boot)
    }
    return unsaved
  }

  /**
   * Hands what `live` has not given yet over to `backlog`, up to the newest segment of each series, so that new records
   * go first again. Roll the spool before to leave nothing old in the live line.
   */
  skipToLive(destination: string): void {
    this.refresh()
    const folder = this.#folders.get(this.#options.place.boot ?? '')
    if (folder === undefined) return
    const newest = (segmentClass: PriorityClass): number =>
      folder.segments(segmentClass).at(-1)?.number ?? 0
    this.#splits.set(destination, {
      critical: newest('critical'),
      normal: newest('normal'),
      snapshot: newest('snapshot'),
    })
  }

  /** What is on disk and not acknowledged by `destination`. Reads what was written since it was last asked. */
  waiting(destination: string): Waiting {
    this.refresh()
    return measureWaiting(this.#folders.values(), destination)
  }

  /** {@link waiting}, but for what the running boot writes. */
  left(destination: string): Waiting {
    this.refresh()
    const dead = [...this.#folders.values()].filter(({ isLive }) => !isLive)
    return measureWaiting(dead, destination)
  }

  /** Looks for new, taken over and deleted folders and segments. */
  refresh(): void {
    const { place } = this.#options
    const { disk } = this.#owner
    const seen = new Set<string>()
    try {
      for (const name of disk.list(place.root) ?? []) {
        const parsed = parseFolderName(name)
        if (parsed === undefined || (place.owner !== undefined && parsed.owner !== place.owner))
          continue
        const path = join(place.root, name)
        const names = disk.list(path)
        if (names === undefined) continue
        seen.add(parsed.boot)
        this.#folder(parsed.boot, path).refresh(names)
      }
    } catch (error) {
      this.#say(
        'unreadable',
        `${place.root} cannot be listed (${errorCode(error)}); it is tried again`,
      )
      return
    }
    for (const boot of this.#folders.keys()) if (!seen.has(boot)) this.#drop(boot)
    if (this.#order.length !== this.#folders.size) this.#order = inOrder(this.#folders.values())
  }

  close(): void {
    for (const folder of this.#folders.values()) folder.close()
    for (const quarantine of this.#quarantines.values()) quarantine.close()
    this.#quarantines.clear()
  }

  #common(segment: StoredSegment): number {
    return segment.common(this.#options.destinations).records
  }

  #collect(destination: string, line: Line, portion: Portion): SpoolRecord[] {
    const records: SpoolRecord[] = []
    let bytes = 0
    for (const folder of this.#order) {
      if (line === 'live' && !folder.isLive) continue
      const lanes = this.#lanesOf(destination, line, folder)
      while (records.length < portion.recordsMax) {
        const first = earliest(lanes)
        if (first === undefined) break
        bytes += first.record.payload.length
        if (bytes > portion.bytesMax && records.length > 0) return records
        first.lane.take(first.record)
        records.push(first.record)
      }
    }
    return records
  }

  #lanesOf(destination: string, line: Line, folder: StoredFolder): readonly Lane[] {
    const name = `${destination} ${line} ${folder.boot}`
    let lanes = this.#lanes.get(name)
    if (lanes === undefined) {
      const accepts = (segment: StoredSegment): boolean => {
        const split = this.#splits.get(destination)?.[segment.class] ?? 0
        const isLive = folder.isLive && segment.number >= split
        return isLive === (line === 'live')
      }
      lanes = priorityClasses.map(
        (segmentClass) => new Lane(folder, { class: segmentClass, destination, accepts }),
      )
      this.#lanes.set(name, lanes)
    }
    return lanes
  }

  #folder(boot: string, path: string): StoredFolder {
    let folder = this.#folders.get(boot)
    if (folder === undefined || folder.path !== path) {
      folder?.close()
      this.#forgetLanes(boot)
      folder = new StoredFolder(this.#owner, {
        boot,
        path,
        isLive: boot === this.#options.place.boot,
      })
      this.#folders.set(boot, folder)
    }
    return folder
  }

  #drop(boot: string): void {
    this.#folders.get(boot)?.close()
    this.#folders.delete(boot)
    this.#quarantines.get(boot)?.close()
    this.#quarantines.delete(boot)
    this.#forgetLanes(boot)
    this.#order = []
  }

  #forgetLanes(boot: string): void {
    for (const name of this.#lanes.keys()) if (name.endsWith(` ${boot}`)) this.#lanes.delete(name)
  }

  #putAside(folder: StoredFolder, segment: StoredSegment, place: FoundDamage): boolean {
    const { reason, records, offset, bytes } = place
    const note = { reason, records, segment: segment.name, offset, length: bytes.length }
    this.#counts.quarantined += records
    const isKept = this.#store(folder, note, bytes)
    const message = `${segment.path} is ${reason} at byte ${offset} (${bytes.length} bytes, ${records === 1 ? '1 record' : `${records} records`}); put aside, the rest is read`
    this.#say('damaged', message, segment.path)
    return isKept
  }

  #store(folder: StoredFolder, note: QuarantineNote, bytes: Uint8Array): boolean {
    if (this.#owner.readOnly) return false
    try {
      let quarantine = this.#quarantines.get(folder.boot)
      if (quarantine === undefined) {
        quarantine = new Quarantine({
          disk: this.#owner.disk,
          root: this.#options.place.root,
          boot: folder.boot,
          install: this.#install(),
          bytesMax: this.#options.quarantineBytesMax ?? quarantineBytesMaxDefault,
        })
        this.#quarantines.set(folder.boot, quarantine)
      }
      return quarantine.add(note, bytes)
    } catch (error) {
      const message = `${note.records} records of ${note.segment} (${note.reason}) cannot be kept in the quarantine (${errorCode(error)}); they are counted only`
      this.#say('damaged', message, `${folder.boot} quarantine`)
      return false
    }
  }

  #install(): string {
    const text = readWhole(this.#owner.disk, join(this.#options.place.root, installFile))
    const id = text?.toString().trim() ?? ''
    return /^[0-9a-f]{32}$/.test(id) ? id : '0'.repeat(32)
  }

  /** Says a thing once for each `subject`. */
  #say(code: NoticeCode, message: string, subject = message): void {
    const key = `${code} ${subject}`
    if (this.#said.has(key)) return
    if (this.#said.size >= saidMax) this.#said.clear()
    this.#said.add(key)
    tell(this.#options.onNotice ?? printNotice, { code, level: 'warn', message })
  }
}

/** The lane whose next record has the lowest sequence. Critical is asked first: see the order of writing in spool.ts. */
function earliest(lanes: readonly Lane[]): { lane: Lane; record: SpoolRecord } | undefined {
  let first: { lane: Lane; record: SpoolRecord } | undefined
  for (const lane of lanes) {
    const record = lane.peek()
    if (record !== undefined && (first === undefined || record.sequence < first.record.sequence))
      first = { lane, record }
  }
  return first
}
