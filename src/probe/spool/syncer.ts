/**
 * Brings what was written to stable storage: on a timer, one file at a time on one thread of the pool, and on demand.
 *
 * A failed fsync is never tried again on the same file: the system may have marked the lost pages clean, and a second call
 * would report success. The frames that were not covered are written to a new segment, from memory, and that one is synced.
 */
import type { Disk } from './disk.ts'
import { errorCode } from './disk.ts'
import type { NoticeListener } from './notice.ts'
import { tell } from './notice.ts'
import type { OpenSpans } from './open-spans.ts'
import type { OpenSegment } from './open-segment.ts'
import type { Series } from './series.ts'

/** What the syncer asks of its spool. */
export interface SyncHost {
  readonly disk: Disk
  readonly series: readonly Series[]
  readonly openSpans: OpenSpans
  readonly intervalMs: number
  /** Folders whose names changed since they were synced; emptied by the syncer. */
  readonly folders: Set<string>
  nowMs(): number
  readonly onNotice: NoticeListener
}

/** How long syncs took, and how many failed. */
export interface SyncStatistics {
  readonly count: number
  readonly failures: number
  /** The last one and the longest one, in milliseconds. */
  readonly lastMs: number
  readonly maxMs: number
}

/** A folder that may not be opened, or a file system that syncs no folders: nothing more can be done. */
const unsyncable: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP', 'EISDIR'])
const backoffMsMax = 30_000

/** fdatasync off the main thread, and what follows when it fails. */
export class Syncer {
  readonly #host: SyncHost
  #timer: NodeJS.Timeout | undefined
  #running: Promise<boolean> | undefined
  #count = 0
  #failures = 0
  #lastMs = 0
  #maxMs = 0
  /** Pause after a failure, doubled by each one that follows; 0 when all is well. */
  #backoffMs = 0
  #isStopped = false
  /** Segments that this one wrote again. */
  #rewrites = 0

  constructor(host: SyncHost) {
    this.#host = host
  }

  get statistics(): SyncStatistics {
    return {
      count: this.#count,
      failures: this.#failures,
      lastMs: this.#lastMs,
      maxMs: this.#maxMs,
    }
  }

  /** Something was written: it is synced when the timer fires. */
  wake(): void {
    if (this.#timer !== undefined || this.#isStopped) return
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        void this.run()
      },
      Math.max(this.#host.intervalMs, this.#backoffMs),
    )
    this.#timer.unref()
  }

  /** Resolves when all that is written now was synced, or to false when the disk refused. Never rejects. */
  async run(): Promise<boolean> {
    // A pass that runs already may have gone by a file before the last bytes were written to it.
    if (this.#running !== undefined) await this.#running
    this.#running ??= this.#pass().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  async #pass(): Promise<boolean> {
    let isWell: boolean
    let before: number
    // What was written again while it was waited for stands in a segment that was in no list.
    do {
      before = this.#rewritesOfOthers()
      isWell = await this.#syncAll()
    } while (isWell && this.#rewritesOfOthers() !== before)
    this.#backoffMs = isWell ? 0 : Math.min(backoffMsMax, Math.max(1000, this.#backoffMs * 2))
    if (!isWell || this.#host.series.some((series) => series.unsynced().length > 0)) this.wake()
    return isWell
  }

  /** Segments written again because somebody had deleted their files. */
  #rewritesOfOthers(): number {
    let rewrites = -this.#rewrites
    for (const series of this.#host.series) rewrites += series.rewrites
    return rewrites
  }

  async #syncAll(): Promise<boolean> {
    let isWell = true
    for (const series of this.#host.series) {
      for (const segment of series.unsynced()) {
        // Deleted and closed since the list was made.
        if (!segment.isUnsynced) continue
        const ok = await this.#syncSegment(series, segment)
        isWell &&= ok
      }
    }
    if (!(await this.#host.openSpans.sync())) isWell = false
    // Taken out first: a folder that fails is put back, and would be met again.
    const folders = [...this.#host.folders]
    for (const folder of folders) {
      const ok = await this.#syncFolder(folder)
      isWell &&= ok
    }
    return isWell
  }

  async #syncSegment(series: Series, segment: OpenSegment): Promise<boolean> {
    if (!segment.isSuspect) {
      const cause = await this.#sync(series, segment)
      // Deleted meanwhile to make room: there is nothing left to save.
      if (cause === undefined || !segment.isUnsynced) return true
      this.#say(
        `fsync of ${segment.path} failed (${errorCode(cause)}); its records are written again to a new segment`,
      )
    }
    try {
      const next = series.rewrite(segment, segment.syncedBytes)
      if (next !== undefined) this.#rewrites += 1
      const cause = next && (await this.#sync(series, next))
      if (cause === undefined) return true
      this.#say(
        `fsync of ${next?.path} failed too (${errorCode(cause)}); a power loss now would lose records`,
      )
    } catch (error) {
      this.#say(
        `${segment.path} cannot be written again (${errorCode(error)}); a power loss now would lose records`,
      )
    }
    return false
  }

  /** Syncs a segment; returns what went wrong, after which it must never be synced again. */
  async #sync(series: Series, segment: OpenSegment): Promise<unknown> {
    const { size } = segment
    const startMs = this.#host.nowMs()
    try {
      await segment.sync()
    } catch (error) {
      segment.isSuspect = true
      this.#failures += 1
      return error
    }
    this.#count += 1
    this.#lastMs = this.#host.nowMs() - startMs
    this.#maxMs = Math.max(this.#maxMs, this.#lastMs)
    series.synced(segment, size)
    return undefined
  }

  async #syncFolder(folder: string): Promise<boolean> {
    this.#host.folders.delete(folder)
    try {
      await this.#host.disk.syncFolder(folder)
      return true
    } catch (error) {
      if (unsyncable.has(errorCode(error))) return true
      this.#host.folders.add(folder)
      if (errorCode(error) === 'ENOENT') return false
      this.#failures += 1
      this.#say(`fsync of the folder ${folder} failed (${errorCode(error)})`)
      return false
    }
  }

  #say(message: string): void {
    // Once for each episode, not for each pass of it.
    if (this.#backoffMs > 0) return
    tell(this.#host.onNotice, { code: 'sync_failed', level: 'error', message })
  }
}
