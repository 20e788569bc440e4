/**
 * What stands on disk and counts against the quota: the segments of this boot and of the folders taken over, oldest first.
 */
import { basename, dirname } from 'node:path'
import type { PriorityClass } from '../../semconv/classes.ts'
import { parseSegmentName } from '../../wire/segment.ts'
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
}

/** The segment files that count against the quota, oldest first. */
export class Ledger {
  readonly #disk: Disk
  readonly #isAway: (folder: string) => boolean
  readonly #entries = new Map<string, LedgerEntry>()
  #bytes = 0

  /** @param isAway whether a folder is one of ours that somebody else has deleted, so that nothing in it was delivered by that */
  constructor(disk: Disk, isAway: (folder: string) => boolean) {
    this.#disk = disk
    this.#isAway = isAway
  }

  /** Bytes of all segments. */
  get bytes(): number {
    return this.#bytes
  }

  get segments(): number {
    return this.#entries.size
  }

  add(path: string, segmentClass: PriorityClass, bytes: number): LedgerEntry {
    const entry = { path, class: segmentClass, bytes, records: 0, isStruckOut: false }
    this.#entries.set(path, entry)
    this.#bytes += bytes
    return entry
  }

  grow(entry: LedgerEntry, bytes: number, records: number): void {
    if (entry.isStruckOut) return
    entry.bytes += bytes
    entry.records = (entry.records ?? 0) + records
    this.#bytes += bytes
  }

  /** Adds the segments of a folder that was taken over. */
  adopt(folder: string): void {
    for (const name of this.#disk.list(folder) ?? []) {
      const parsed = parseSegmentName(name)
      const path = `${folder}/${name}`
      const size = parsed && this.#disk.look(path)?.size
      if (parsed === undefined || size === undefined || this.#entries.has(path)) continue
      this.#entries.set(path, {
        path,
        class: parsed.class,
        bytes: size,
        records: undefined,
        isStruckOut: false,
      })
      this.#bytes += size
    }
    // Adopted segments are older than all of our own.
    const own = [...this.#entries.values()].filter((entry) => dirname(entry.path) !== folder)
    for (const entry of own) {
      this.#entries.delete(entry.path)
      this.#entries.set(entry.path, entry)
    }
  }

  /** Strikes out what the shipper has deleted. Throws what the disk throws. */
  refresh(): void {
    const folders = new Set([...this.#entries.keys()].map((path) => dirname(path)))
    for (const folder of folders) {
      // What is missing there is counted when the folder is made again.
      if (this.#isAway(folder)) continue
      const names = new Set(this.#disk.list(folder) ?? [])
      for (const path of this.#entries.keys()) {
        if (dirname(path) === folder && !names.has(basename(path))) this.forget(path)
      }
    }
  }

  /** Segments of a class, oldest first. */
  ofClass(segmentClass: PriorityClass): LedgerEntry[] {
    return [...this.#entries.values()].filter((entry) => entry.class === segmentClass)
  }

  /** Has the segment its file? Throws what the disk throws. */
  isThere(entry: LedgerEntry): boolean {
    return this.#disk.look(entry.path) !== undefined
  }

  /** Segments in a folder. */
  inFolder(folder: string): LedgerEntry[] {
    return [...this.#entries.values()].filter(({ path }) => dirname(path) === folder)
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
      this.forget(entry.path)
      // The shipper deleted it, or somebody else the whole folder.
      return this.#isAwayNow(entry) ? (entry.records ?? 0) : 0
    }
  }

  forget(path: string): void {
    const entry = this.#entries.get(path)
    if (entry === undefined) return
    entry.isStruckOut = true
    this.#bytes -= entry.bytes
    this.#entries.delete(path)
  }

  /** Where the disk does not tell, rather counted as lost than not counted. */
  #isAwayNow(entry: LedgerEntry): boolean {
    try {
      return this.#isAway(dirname(entry.path))
    } catch {
      return true
    }
  }

  #count(entry: LedgerEntry): number | undefined {
    if (entry.records !== undefined) return entry.records
    const name = basename(entry.path)
    const number = parseSegmentName(name)?.number ?? 0
    const key = { disk: this.#disk, folder: dirname(entry.path), name, number, class: entry.class }
    // The reader says what is wrong with it.
    const report = (): void => undefined
    const segment = new StoredSegment({ ...key, report })
    segment.open()
    try {
      const state: SegmentState = segment.state
      if (state === 'refused') return undefined
      if (state === 'unreadable') throw new Error('what cannot be counted must not be deleted')
      return state === 'readable' ? segment.count() : 0
    } finally {
      segment.close()
    }
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
