/**
 * What stands on disk and counts against the quota: the segments of this boot and of the folders taken over, oldest first.
 */
import { basename, dirname } from 'node:path'
import type { PriorityClass } from '../../semconv/classes.ts'
import { ordinalGap } from '../../wire/frame.ts'
import { parseSegmentName, segmentName } from '../../wire/segment.ts'
import { loadCheckpoint } from './checkpoint.ts'
import type { Disk } from './disk.ts'
import { errorCode } from './disk.ts'
import { parseCheckpointName, parseFolderName } from './place.ts'
import type { SegmentState } from './stored-segment.ts'
import { StoredSegment } from './stored-segment.ts'

/** One segment file. */
export interface LedgerEntry {
  readonly path: string
  readonly class: PriorityClass
  bytes: number
  /** Records in it; `undefined` for a segment of an earlier boot that was not counted yet. */
  records: number | undefined
  /** Deleted, or handed over: it does not count any more. */
  isStruckOut: boolean
  /** Its file went with a deleted folder, not with a delivery, and it is to be written again. */
  isHomeless: boolean
}

/** Folders taken over that one round looks at: a bot that died all night leaves thousands, and this is the bot's own thread. */
const foldersMax = 64

/** The segment files that count against the quota, oldest first. */
export class Ledger {
  readonly #disk: Disk
  readonly #isAway: () => boolean
  /** Segments of this boot, by path. */
  readonly #own = new Map<string, LedgerEntry>()
  /** Segments of the folders that were taken over, which are older, by folder and path. */
  readonly #adopted = new Map<string, Map<string, LedgerEntry>>()
  /** Folders taken over that the present round of looks has not come to. */
  #unseen: string[] = []
  #bytes = 0
  #segments = 0

  /** @param isAway whether somebody has deleted our own folder, so that what is missing there was not delivered */
  constructor(disk: Disk, isAway: () => boolean) {
    this.#disk = disk
    this.#isAway = isAway
  }

  /** Bytes of all segments. */
  get bytes(): number {
    return this.#bytes
  }

  get segments(): number {
    return this.#segments
  }

  /** Segments of this boot. */
  get own(): LedgerEntry[] {
    return [...this.#own.values()]
  }

  add(path: string, segmentClass: PriorityClass, bytes: number): LedgerEntry {
    const state = { isStruckOut: false, isHomeless: false }
    const entry = { path, class: segmentClass, bytes, records: 0, ...state }
    this.#enter(this.#own, entry)
    return entry
  }

  grow(entry: LedgerEntry, bytes: number, records: number): void {
    if (entry.isStruckOut) return
    entry.bytes += bytes
    entry.records = (entry.records ?? 0) + records
    this.#bytes += bytes
  }

  /** Adds the segments of a folder that was taken over. Throws what the disk throws. */
  adopt(folder: string): void {
    const entries = this.#adopted.get(folder) ?? new Map<string, LedgerEntry>()
    for (const name of this.#disk.list(folder) ?? []) {
      const parsed = parseSegmentName(name)
      const path = `${folder}/${name}`
      const bytes = parsed && this.#disk.look(path)?.size
      if (parsed === undefined || bytes === undefined || entries.has(path)) continue
      this.#adopted.set(folder, entries)
      const { class: segmentClass } = parsed
      this.#enter(entries, {
        path,
        class: segmentClass,
        bytes,
        records: undefined,
        isStruckOut: false,
        isHomeless: false,
      })
    }
  }

  /** Strikes out what the shipper has deleted; with many folders, in some of them. Throws what the disk throws. */
  refresh(): void {
    const [own] = this.#own.keys()
    // What is missing in a folder that somebody deleted is counted when it is made again.
    if (own !== undefined && !this.#isAway()) this.#refresh(dirname(own), this.#own)
    if (this.#unseen.length === 0) this.#unseen = [...this.#adopted.keys()]
    for (const folder of this.#unseen.splice(0, foldersMax)) {
      const entries = this.#adopted.get(folder)
      if (entries !== undefined) this.#refresh(folder, entries)
    }
  }

  #refresh(folder: string, entries: ReadonlyMap<string, LedgerEntry>): void {
    const names = new Set(this.#disk.list(folder) ?? [])
    for (const { path, isHomeless } of entries.values())
      if (!isHomeless && !names.has(basename(path))) this.forget(path)
  }

  /** Segments of a class, oldest first. */
  *ofClass(segmentClass: PriorityClass): Generator<LedgerEntry, void, undefined> {
    for (const entries of [...this.#adopted.values(), this.#own])
      for (const entry of entries.values()) if (entry.class === segmentClass) yield entry
  }

  /** Has the segment its file? Throws what the disk throws. */
  isThere(entry: LedgerEntry): boolean {
    return this.#disk.look(entry.path) !== undefined
  }

  /**
   * Deletes a segment. Returns how many records are lost with it: those that some destination had not acknowledged in a
   * saved checkpoint. `undefined` when the disk refuses.
   */
  delete(entry: LedgerEntry): number | undefined {
    try {
      const records = this.#count(entry)
      const lost = Math.max(0, (records ?? 0) - this.#acknowledged(entry))
      // What another version wrote is not ours to delete.
      if (records !== undefined) this.#disk.unlink(entry.path)
      this.forget(entry.path)
      return lost
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') return undefined
      // The shipper deleted it, or somebody else the whole folder.
      const isLost = this.#own.has(entry.path) && (entry.isHomeless || this.#isAwayNow())
      this.forget(entry.path)
      return isLost ? (entry.records ?? 0) : 0
    }
  }

  forget(path: string): void {
    const folder = dirname(path)
    const entries = this.#own.has(path) ? this.#own : this.#adopted.get(folder)
    const entry = entries?.get(path)
    if (entries === undefined || entry === undefined) return
    entry.isStruckOut = true
    this.#bytes -= entry.bytes
    this.#segments -= 1
    entries.delete(path)
    if (entries.size === 0) this.#adopted.delete(folder)
  }

  #enter(entries: Map<string, LedgerEntry>, entry: LedgerEntry): void {
    entries.set(entry.path, entry)
    this.#bytes += entry.bytes
    this.#segments += 1
  }

  /** Where the disk does not tell, rather counted as lost than not counted. */
  #isAwayNow(): boolean {
    try {
      return this.#isAway()
    } catch {
      return true
    }
  }

  #count(entry: LedgerEntry): number | undefined {
    if (entry.records !== undefined) return entry.records
    const segment = this.#stored(entry.path, entry.class)
    segment.open()
    try {
      const state: SegmentState = segment.state
      if (state === 'refused') return undefined
      if (state === 'unreadable') throw new Error('what cannot be counted must not be deleted')
      return state === 'readable' ? (this.#countToNext(segment) ?? segment.count()) : 0
    } finally {
      segment.close()
    }
  }

  /**
   * Records of an adopted segment by where the next one of its series begins: to read all of it would hold the bot for as
   * long as the disk takes. `undefined` where that does not tell.
   */
  #countToNext({ class: segmentClass, number, path, header }: StoredSegment): number | undefined {
    const nextPath = `${dirname(path)}/${segmentName(segmentClass, number + 1)}`
    if (!this.#adopted.get(dirname(path))?.has(nextPath)) return undefined
    const next = this.#stored(nextPath, segmentClass)
    next.open()
    next.close()
    if (header === undefined || next.header === undefined) return undefined
    const records = ordinalGap(header.ordinal, next.header.ordinal)
    return records < 0 ? undefined : records
  }

  #stored(path: string, segmentClass: PriorityClass): StoredSegment {
    const name = basename(path)
    const number = parseSegmentName(name)?.number ?? 0
    // The reader says what is wrong with it.
    const report = (): void => undefined
    const key = { disk: this.#disk, folder: dirname(path), name, number, class: segmentClass }
    return new StoredSegment({ ...key, report })
  }

  #acknowledged(entry: LedgerEntry): number {
    const folder = dirname(entry.path)
    const boot = parseFolderName(basename(folder))?.boot ?? ''
    const counts: number[] = []
    for (const name of this.#disk.list(folder) ?? []) {
      const destination = parseCheckpointName(name)
      if (destination === undefined) continue
      const { checkpoint } = loadCheckpoint(this.#disk, { folder, boot, destination })
      counts.push(checkpoint?.get(basename(entry.path))?.records ?? 0)
    }
    return counts.length === 0 ? 0 : Math.min(...counts)
  }
}
