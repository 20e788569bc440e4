/**
 * The desk's files: what the collector accepts, one record a line, by day and by task.
 *
 * Invariants:
 * - When `write` resolves, each record stands in its truth (`logs/events_…`, `traces/spans_…`, `metrics/metrics_…`) and
 *   in its views, and the truth is on the disk, not only in the page cache (unless `durable` is off).
 * - When it rejects, no file has changed: the sender may send the same again.
 * - Requests that arrive while others are being written are written together, in the order of their arrival.
 * - A category of the user's own is a view too (`own-views.ts`).
 * - A record whose `fillpath.record.id` was kept lately is not kept twice, nor a metric point that is the same in every
 *   byte, also when the writer was restarted between.
 * - A file of a day holds what arrived on that day in the zone of the archive. The day changes while running; a day that
 *   fills its file goes on in another (`parts.ts`).
 * - A folder with a limit never takes more of the disk: its oldest files are deleted for new ones (`quota.ts`).
 * - Below a limit of free space order-book snapshots are thinned, then left out (`snapshot-guard.ts`).
 * - A full disk stops nothing: each request tries anew, and the first that fits ends the outage.
 * - A task that ended has a `summary.json`, made from its files behind the answer (`summaries.ts`).
 * - Each truth has a hash chain beside it (`chain.ts`), which `fillpath verify` compares.
 * - One archive per folder; the folder is 0700, files are 0600.
 */
import { systemClock } from '../base/clock.ts'
import { FillpathError } from '../semconv/error.ts'
import { dayOf } from '../wire/paths.ts'
import { truths, viewsOf } from './destination.ts'
import { entryOf, isWholeLine, textIn } from './entry.ts'
import { lockFolder } from './folder-lock.ts'
import { SnapshotGuard } from './snapshot-guard.ts'
import { FileGroup } from './group.ts'
import { inOrder } from './order.ts'
import { OwnViews } from './own-views.ts'
import { Parts } from './parts.ts'
import { Quota } from './quota.ts'
import { RecentIds } from './recent-ids.ts'
import { recentIdsIn } from './recent-ids-in.ts'
import { Summaries } from './summaries.ts'
import { zoneOf } from './zone.ts'
import type { Clock } from '../base/clock.ts'
import type { WireRecord } from '../wire/record.ts'
import type { Destination } from './destination.ts'
import type { Entry } from './entry.ts'
import type { FolderLock } from './folder-lock.ts'
import type { ArchiveOptions } from './options.ts'
import type { Zone } from './zone.ts'

const groupCharsMax = 8 * 1024 * 1024
const recentIdsMax = 100_000
// Several bots, each with requests in hand that become three times as long as lines, and a second of acknowledgements.
const recentBytesDefault = 32 * 1024 * 1024
const fileBytesDefault = 256 * 1024 * 1024
const millisecondNs = 1_000_000n

/** What an archive did so far. */
export interface ArchiveCounts {
  readonly logs: number
  readonly spans: number
  readonly metricPoints: number
  /** Records that came again and were not kept again. */
  readonly duplicates: number
  /** Order-book snapshots that were left out, by setting or for want of space. */
  readonly snapshotsLeftOut: number
  /** Requests that could not be kept and were handed back. */
  readonly failures: number
}

/** What became of the records of a request. */
export interface Written {
  /** How many can never be kept. */
  readonly rejected: number
  /** Why the first of them cannot; '' when there is none. */
  readonly reason: string
  /** Characters of the lines of the others. */
  readonly chars: number
}

interface Request {
  readonly entries: readonly Entry[]
  readonly chars: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Opens the archive of a folder.
 * @throws FillpathError `folder_in_use`, `folder_unwritable`, `setting_invalid` (zone)
 */
export async function openArchive(options: ArchiveOptions): Promise<Archive> {
  const zone = zoneOf(options.timeZone ?? 'UTC')
  const lock = await lockFolder(options.folder, options.lockToken)
  try {
    const recentIds = new RecentIds(recentIdsMax)
    const recentBytes = options.recentBytes ?? recentBytesDefault
    for await (const id of recentIdsIn(options.folder, recentBytes)) recentIds.add(id)
    return new Archive(options, { zone, lock, recentIds })
  } catch (cause) {
    await lock.release()
    throw new FillpathError(
      'folder_unwritable',
      `${options.folder} cannot be read: ${String(cause)}`,
      {
        cause,
      },
    )
  }
}

/** See the head of this file. */
export class Archive {
  readonly #options: ArchiveOptions
  readonly #clock: Clock
  readonly #zone: Zone
  readonly #lock: FolderLock
  readonly #recentIds: RecentIds
  readonly #files: FileGroup
  readonly #parts: Parts
  readonly #quota: Quota
  readonly #guard: SnapshotGuard
  readonly #ownViews: OwnViews
  readonly #summaries: Summaries
  readonly #caughtUp: Promise<void>
  readonly #queue: Request[] = []
  readonly #counts = { log: 0, span: 0, metric: 0, duplicates: 0, failures: 0 }
  /** What is to be done while no group is written. */
  readonly #between: (() => Promise<void>)[] = []
  #writing: Promise<void> | undefined
  #day = ''
  #outage = false

  constructor(
    options: ArchiveOptions,
    parts: { readonly zone: Zone; readonly lock: FolderLock; readonly recentIds: RecentIds },
  ) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#zone = parts.zone
    this.#lock = parts.lock
    this.#recentIds = parts.recentIds
    this.#quota = new Quota(options, {
      timeZone: this.#zone.name,
      close: async () => this.#files.close(),
    })
    const { fileBytesMax = fileBytesDefault } = options
    this.#parts = new Parts(options.folder, Math.min(fileBytesMax, this.#quota.partBytesMax))
    this.#guard = new SnapshotGuard(options.folder, {
      freeBytesMin: options.freeBytesMin ?? 0,
      every: options.snapshotsEvery ?? 1,
      onNotice: (message) => this.#notice(message),
    })
    this.#ownViews = new OwnViews(options.categories ?? [])
    this.#files = new FileGroup(options.folder, {
      durable: options.durable ?? true,
      isWholeLine,
      onRepair: (path, bytes) => {
        this.#notice(`${path}: cut off ${bytes} bytes of a line that a crash left unfinished`)
      },
    })
    this.#summaries = new Summaries(options.folder, (message) => this.#notice(message))
    this.#caughtUp = this.#summaries.catchUp()
  }

  /** What it did so far. */
  counts(): ArchiveCounts {
    const { log, span, metric, duplicates, failures } = this.#counts
    const { leftOut: snapshotsLeftOut } = this.#guard
    return { logs: log, spans: span, metricPoints: metric, duplicates, snapshotsLeftOut, failures }
  }

  /**
   * Keeps the records, apart from those that can never be kept, which it counts.
   * @throws the error of the system when none of them was kept
   */
  async write(records: readonly WireRecord[]): Promise<Written> {
    const entries: Entry[] = []
    let chars = 0
    let reason = ''
    for (const record of records) {
      const entry = entryOf(record)
      if (typeof entry === 'string') reason ||= entry
      else {
        entries.push(entry)
        chars += entry.line.length
      }
    }
    if (entries.length > 0) {
      await new Promise<void>((resolve, reject) => {
        this.#queue.push({ entries, chars, resolve, reject })
        this.#writing ??= this.#writeQueue()
      })
    }
    return { rejected: records.length - entries.length, reason, chars }
  }

  /** Does `work` while nothing is written. */
  async exclusively(work: () => Promise<void>): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#between.push(async () => work().then(resolve, reject))
      this.#writing ??= this.#writeQueue()
    })
  }

  /** Writes what waits, closes the files and lets the folder go. */
  async close(): Promise<void> {
    await this.#writing
    await this.#caughtUp
    await this.#summaries.settled()
    await this.#files.close()
    await this.#lock.release()
  }

  async #writeQueue(): Promise<void> {
    while (this.#queue.length > 0 || this.#between.length > 0) {
      for (const work of this.#between.splice(0)) await work()
      if (this.#queue.length === 0) continue
      const requests = this.#nextGroup()
      try {
        const kept = await this.#writeGroup(inOrder(requests.flatMap((request) => request.entries)))
        this.#setOutage(undefined)
        for (const request of requests) request.resolve()
        this.#summaries.note(kept)
        this.#tell(kept)
      } catch (error) {
        this.#counts.failures += requests.length
        this.#setOutage(error)
        for (const request of requests) request.reject(error)
      }
    }
    this.#writing = undefined
  }

  #nextGroup(): Request[] {
    let count = 0
    let chars = 0
    for (const request of this.#queue) {
      if (count > 0 && chars + request.chars > groupCharsMax) break
      count += 1
      chars += request.chars
    }
    return this.#queue.splice(0, count)
  }

  async #writeGroup(entries: readonly Entry[]): Promise<WireRecord[]> {
    const day = dayOf(Number(this.#clock.wallNs() / millisecondNs), this.#zone.name)
    if (day !== this.#day) {
      this.#day = day
      this.#parts.clear()
      await this.#files.close()
    }
    await this.#guard.look()
    const fresh = this.#recentIds.without(entries)
    const kept = fresh.entries.filter(({ record }) => this.#guard.keeps(record))
    const views = new Map<Destination, string[]>()
    const truth = new Map<Destination, string[]>()
    for (const entry of kept) {
      add(truth, truths[entry.record.signal], entry.line)
      const { record } = entry
      for (const view of viewsOf(record)) add(views, view, textIn(entry, view, this.#zone))
      for (const view of this.#ownViews.of(record)) add(views, view, entry.line)
    }
    await this.#quota.make([views, truth])
    await this.#files.write(
      await this.#parts.byPath(views, day),
      await this.#parts.byPath(truth, day),
    )
    for (const id of fresh.ids) this.#recentIds.add(id)
    for (const { record } of kept) this.#counts[record.signal] += 1
    this.#counts.duplicates += entries.length - fresh.entries.length
    return kept.map(({ record }) => record)
  }

  #setOutage(error: unknown): void {
    const outage = error !== undefined
    if (outage === this.#outage) return
    this.#outage = outage
    if (this.#options.tellsOutages === false) return
    const reason = error instanceof Error ? error.message : String(error)
    this.#notice(
      outage
        ? `cannot write to ${this.#options.folder}: ${reason}; senders are told to come again`
        : `writing to ${this.#options.folder} again`,
    )
  }

  /** What a listener throws must not hand back what is kept. */
  #tell(kept: readonly WireRecord[]): void {
    try {
      this.#options.onKept?.(kept)
    } catch (error) {
      this.#notice(`a listener of the archive failed: ${String(error)}`)
    }
  }

  #notice(message: string): void {
    this.#options.onNotice?.(message)
  }
}

function add(texts: Map<Destination, string[]>, destination: Destination, text: string): void {
  const lines = texts.get(destination)
  if (lines === undefined) texts.set(destination, [text])
  else lines.push(text)
}
