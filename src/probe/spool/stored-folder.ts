/** The folder of one boot as a reader sees it: its segments, its dictionary, its checkpoints. */
import { join } from 'node:path'
import type { PriorityClass } from '../../semconv/classes.ts'
import { priorityClasses } from '../../semconv/classes.ts'
import type { OriginBytes } from '../../wire/frame.ts'
import { parseSegmentName } from '../../wire/segment.ts'
import type { CheckpointEntry } from './checkpoint.ts'
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts'
import type { Disk } from './disk.ts'
import { errorCode } from './disk.ts'
import type { Begun } from './folder-order.ts'
import { earlier, noMachine } from './folder-order.ts'
import type { DamagedPlace, LaneFolder } from './lane.ts'
import type { NoticeCode } from './notice.ts'
import { isOwnFile, openSpansFile } from './place.ts'
import type { SegmentReport } from './stored-segment.ts'
import { StoredSegment } from './stored-segment.ts'

/** Bytes that are no frame. */
export interface FoundDamage extends DamagedPlace {
  readonly bytes: Uint8Array
}

/** What a folder asks of its reader. */
export interface FolderOwner {
  readonly disk: Disk
  readonly destinations: readonly string[]
  readonly readOnly: boolean
  /** Records that were counted as dropped, and are not lost. */
  ackedAfterDrop(records: number): void
  say(code: NoticeCode, message: string): void
  putAside(folder: StoredFolder, segment: StoredSegment, place: FoundDamage): boolean
}

const nothing = new Uint8Array(0)

/** A folder of the spool as a reader sees it: its segments, its checkpoints. */
export class StoredFolder implements LaneFolder {
  readonly boot: string
  readonly path: string
  /** The folder that is written now: its newest segments may grow. */
  readonly isLive: boolean
  /** Class → segments by number. */
  readonly #segments: Readonly<Record<PriorityClass, StoredSegment[]>> = {
    critical: [],
    normal: [],
    snapshot: [],
  }
  readonly #origins = new Map<number, OriginBytes>()
  readonly #owner: FolderOwner
  /** Destinations whose checkpoint on disk is behind. */
  readonly #unsaved = new Set<string>()
  /** Destinations that have no checkpoint on disk. */
  readonly #missing = new Set<string>()
  readonly #loaded = new Map<string, Map<string, CheckpointEntry>>()
  readonly #identity: string | undefined
  #hasForeign = false
  /** Spans are to be closed yet, in a segment whose number must be above those that a checkpoint names. */
  #hasOpenSpans = false

  constructor(owner: FolderOwner, key: { boot: string; path: string; isLive: boolean }) {
    this.#owner = owner
    this.boot = key.boot
    this.path = key.path
    this.isLive = key.isLive
    for (const destination of owner.destinations) this.#load(destination)
    this.#identity = owner.disk.look(key.path)?.identity
  }

  segments(segmentClass: PriorityClass): readonly StoredSegment[] {
    return this.#segments[segmentClass]
  }

  /** Looks for new and deleted segments. */
  refresh(names: readonly string[]): void {
    const present = new Set(names)
    this.#hasOpenSpans = present.has(openSpansFile)
    const gone: StoredSegment[] = []
    for (const segmentClass of priorityClasses) {
      const kept = this.#segments[segmentClass].filter(({ name }) => present.has(name))
      for (const segment of this.#segments[segmentClass]) {
        if (present.has(segment.name)) present.delete(segment.name)
        else gone.push(segment)
      }
      this.#segments[segmentClass].splice(0, Infinity, ...kept)
    }
    if (gone.length > 0) this.#forget(gone)
    for (const name of present) this.#discover(name)
    for (const segmentClass of priorityClasses) {
      const list = this.#segments[segmentClass].sort((a, b) => a.number - b.number)
      for (const [index, segment] of list.entries()) {
        if (!this.isLive || index < list.length - 1) segment.closed = true
      }
    }
  }

  /** When it was begun: by its oldest segment. */
  begun(): Begun {
    let begun: Begun = { machine: noMachine, wallNs: 0n, monotonicNs: 0n }
    for (const segmentClass of priorityClasses) {
      const first = this.#segments[segmentClass][0]
      first?.open()
      first?.close()
      const header = first?.header
      if (header === undefined || header.wallNs === 0n) continue
      // What was closed for a dead process has a time of its own, and no machine.
      const isKnown = begun.machine !== noMachine
      const isBetter = header.machine === noMachine ? !isKnown : !isKnown || earlier(header, begun)
      if (begun.wallNs === 0n || isBetter) begun = header
    }
    return begun
  }

  origin(id: number): OriginBytes {
    const known = this.#origins.get(id)
    if (known !== undefined) return known
    for (const segmentClass of priorityClasses) {
      for (const segment of this.#segments[segmentClass]) {
        segment.open()
        for (const [found, origin] of segment.survey().origins) this.learn(found, origin)
        segment.close()
        const origin = this.#origins.get(id)
        if (origin !== undefined) return origin
      }
    }
    this.#owner.say(
      'damaged',
      `${this.path} has lost scope ${id}; its records are sent with the resource of the others and without a scope`,
    )
    // A process has one resource as a rule, and any resource says more than none.
    const [other] = this.#origins.values()
    const origin: OriginBytes = { resource: other?.resource ?? nothing, scope: nothing }
    this.#origins.set(id, origin)
    return origin
  }

  learn(id: number, origin: OriginBytes): void {
    if (this.#origins.has(id)) return
    // Copies: a view would keep the block alive that was read.
    const resource = Buffer.from(origin.resource)
    this.#origins.set(id, { resource, scope: Buffer.from(origin.scope) })
  }

  putAside(segment: StoredSegment, place: DamagedPlace, bytes: Uint8Array): boolean {
    return this.#owner.putAside(this, segment, { ...place, bytes })
  }

  /** Something was acknowledged for `destination`. */
  touch(destination: string): void {
    this.#unsaved.add(destination)
  }

  /** Is something acknowledged that no checkpoint says? */
  get isUnsaved(): boolean {
    return this.#unsaved.size > 0
  }

  /** Deletes what every destination has, and makes checkpoints of the rest durable. Says whether all are. */
  save(): boolean {
    const segments = this.#list()
    const complete = segments.filter((segment) => this.#isComplete(segment))
    // A folder that goes as a whole needs no checkpoint and no sync: after a crash half-way the rest of it is sent again.
    const isDone = complete.length === segments.length && !this.isLive && !this.#hasOpenSpans
    // A full disk takes no checkpoint, and deleting what is delivered makes room: delivered records need none.
    const isSaved = !isDone && this.#saveCheckpoints()
    for (const segment of complete) this.#delete(segment)
    if (isDone && this.#list().length === 0) return true
    for (const segment of this.#list()) segment.cut()
    if (complete.length > 0) this.#syncNames()
    return isSaved || this.#saveCheckpoints()
  }

  /** Removes the folder when nothing is left in it. Says whether it did. */
  removeIfDone(): boolean {
    if (this.isLive || this.#list().length > 0 || this.#hasForeign) return false
    const { disk } = this.#owner
    try {
      const names = disk.list(this.path) ?? []
      if (!names.every(isOwnFile)) return false
      for (const name of names) disk.unlink(join(this.path, name))
      disk.removeFolder(this.path)
      return true
    } catch {
      // Tried again at the next save; an empty folder does no harm.
      return false
    }
  }

  close(): void {
    for (const segment of this.#list()) segment.close()
  }

  #list(): StoredSegment[] {
    return priorityClasses.flatMap((segmentClass) => this.#segments[segmentClass])
  }

  #discover(name: string): void {
    const parsed = parseSegmentName(name)
    if (parsed === undefined) {
      if (isOwnFile(name) || name === openSpansFile || this.#hasForeign) return
      this.#hasForeign = true
      this.#owner.say(
        'foreign',
        `${join(this.path, name)} is not a file of the spool; it was left as it is`,
      )
      return
    }
    const { disk } = this.#owner
    const report: SegmentReport = (code, message) => this.#owner.say(code, message)
    const segment = new StoredSegment({ disk, folder: this.path, name, ...parsed, report })
    for (const [destination, entries] of this.#loaded) {
      const entry = entries.get(name)
      if (entry === undefined) continue
      const share = segment.share(destination)
      share.records = entry.records
      share.saved = entry.records
      for (const [from, to] of entry.acked) {
        share.given.add(from, to)
        share.acked.add(from, to)
      }
    }
    this.#segments[parsed.class].push(segment)
  }

  #load(destination: string): void {
    const key = { folder: this.path, boot: this.boot, destination }
    const { checkpoint, problem } = loadCheckpoint(this.#owner.disk, key)
    if (checkpoint !== undefined) this.#loaded.set(destination, new Map(checkpoint))
    else if (problem === undefined) this.#missing.add(destination)
    if (problem === undefined) return
    const message = `the checkpoint of ${destination} in ${this.path} is not used, ${problem}; records may be sent twice`
    this.#owner.say('checkpoint', message)
  }

  #isComplete(segment: StoredSegment): boolean {
    return (
      segment.closed &&
      this.#owner.destinations.length > 0 &&
      this.#owner.destinations.every((destination) => segment.isComplete(destination))
    )
  }

  #saveCheckpoints(): boolean {
    if (this.#unsaved.size === 0) return true
    let isSaved = true
    // First those that have none: a record is delivered when all checkpoints say so, and one that is not there says nothing.
    for (const destination of new Set([...this.#missing, ...this.#unsaved])) {
      const checkpoint = new Map<string, CheckpointEntry>()
      for (const segment of this.#list()) {
        const { records, acked } = segment.share(destination)
        if (acked.size > 0) checkpoint.set(segment.name, { records, acked })
      }
      const key = { folder: this.path, boot: this.boot, destination }
      try {
        if (saveCheckpoint(this.#owner.disk, key, checkpoint)) this.#unsaved.delete(destination)
        else isSaved = false
        this.#missing.delete(destination)
        for (const segment of this.#list()) {
          const share = segment.share(destination)
          share.saved = share.records
        }
      } catch (error) {
        const message = `the checkpoint of ${destination} in ${this.path} cannot be written (${errorCode(error)}); after a crash records would be sent twice`
        this.#owner.say('checkpoint', message)
        isSaved = false
      }
    }
    return isSaved
  }

  #delete(segment: StoredSegment): void {
    try {
      segment.close()
      this.#owner.disk.unlink(segment.path)
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') {
        this.#owner.say(
          'unreadable',
          `${segment.path} is delivered and cannot be deleted (${errorCode(error)})`,
        )
        return
      }
    }
    segment.state = 'gone'
    const list = this.#segments[segment.class]
    list.splice(list.indexOf(segment), 1)
    for (const destination of this.#owner.destinations) this.touch(destination)
  }

  #syncNames(): void {
    try {
      this.#owner.disk.syncFolderNow(this.path)
    } catch {
      // A deleted name that comes back after a power loss costs duplicates only.
    }
  }

  /** Deleted by the writer, which counted all but what the checkpoints say as dropped. */
  #forget(segments: readonly StoredSegment[]): void {
    const isReplaced = this.#isReplaced()
    for (const segment of segments) {
      segment.close()
      segment.state = 'gone'
      const { records, saved } = segment.common(this.#owner.destinations)
      if (!isReplaced) this.#owner.ackedAfterDrop(records - saved)
    }
  }

  /** Was the folder deleted by somebody, and made again by the writer? It wrote again what it could, and nobody knows what. */
  #isReplaced(): boolean {
    try {
      return this.#owner.disk.look(this.path)?.identity !== this.#identity
    } catch {
      return true
    }
  }
}
