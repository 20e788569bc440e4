/**
 * What happens while the disk takes nothing.
 *
 * ```
 * writing ──write failed──► reserve ──full──► memory          (critical records; the others go to memory at once)
 *    ▲                         │                │
 *    └──────── probe of 64 KiB succeeded, all records of memory are in segments ────────┘
 * ```
 *
 * A full disk is first met by deleting the spool's own oldest snapshots. Memory holds records of all classes, and the
 * least important goes first; for a critical record that finds no place, stored snapshots and normal records go too.
 */
import type { PriorityClass } from '../../semconv/classes.ts'
import { priorityClasses } from '../../semconv/classes.ts'
import type { Disk } from './disk.ts'
import { errorCode, writeRange } from './disk.ts'
import type { HeldRecord, Memory } from './memory.ts'
import type { NoticeListener } from './notice.ts'
import { tell } from './notice.ts'
import { probeFile, reserveFile } from './place.ts'
import type { Quota } from './quota.ts'
import type { Reserve } from './reserve.ts'
import type { Series } from './series.ts'
import type { Tally } from './tally.ts'

/** Where critical records go now. */
export type SpoolState = 'writing' | 'reserve' | 'memory'

/** What an outage asks of the spool it happens to. */
export interface OutageHost {
  readonly disk: Disk
  readonly series: Readonly<Record<PriorityClass, Series>>
  readonly memory: Memory
  readonly reserve: Reserve
  readonly quota: Quota
  readonly tally: Tally
  readonly onNotice: NoticeListener
  readonly path: (name: string) => string
  /** Makes the folder again if it is gone; says whether it is in place. */
  mend(): boolean
  /** Something was written that is to be synced. */
  written(): void
}

/** How often a disk that took nothing is tried again. */
const retryMs = 250
/** A spool that was refused takes records again where this much can be written. */
export const probeBytes = 64 * 1024
const nothing: readonly HeldRecord[] = []

/** What the spool does while the disk takes nothing, and how it comes back. See the head of this file. */
export class Outage {
  readonly #host: OutageHost
  #state: SpoolState
  #timer: NodeJS.Timeout | undefined

  /** @param refusal why the disk takes nothing from the start on */
  constructor(host: OutageHost, refusal: string | undefined) {
    this.#host = host
    this.#state = 'writing'
    if (refusal !== undefined) this.#enter(refusal)
  }

  get state(): SpoolState {
    return this.#state
  }

  /** Writes what waits in a series, wherever it can be kept. Returns the records that were lost by that. */
  write(series: Series): readonly HeldRecord[] {
    if (this.#state === 'writing') {
      try {
        series.write()
        this.#host.written()
        return nothing
      } catch (error) {
        if (this.#retry(series, error)) return nothing
        this.#enter(error)
      }
    }
    if (series.class === 'critical' && this.#writeToReserve(series)) return nothing
    return this.#hold(series, series.takeWaiting())
  }

  /** Tries to write again; true when the disk takes records and memory is empty. */
  resume(): boolean {
    if (this.#state === 'writing') return true
    const { series, onNotice, tally } = this.#host
    if (!this.#host.mend() || !this.#probe()) return false
    series.critical.retire()
    for (const recordClass of priorityClasses) if (!this.#restore(recordClass)) return false
    this.#state = 'writing'
    clearTimeout(this.#timer)
    this.#timer = undefined
    tally.calm()
    const lost = tally.lost()
    const message = `the disk takes records again; ${lost === 0 ? 'none' : lost} lost so far`
    tell(onNotice, { code: 'disk_back', level: 'info', message })
    return true
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  /** A second chance for a failed write: in a new segment, in a folder made again, in place of old snapshots. */
  #retry(series: Series, cause: unknown): boolean {
    let code = errorCode(cause)
    if (code === 'ENOENT' && !this.#host.mend()) return false
    for (;;) {
      const isFull = code === 'ENOSPC' || code === 'EDQUOT'
      if (isFull && series.class === 'snapshot') return false
      if (isFull && !this.#host.quota.dropOldest('snapshot', 'disk_full')) return false
      try {
        series.write()
        this.#host.written()
        return true
      } catch (error) {
        const again = errorCode(error)
        // Anything but a full disk is tried once more only: deleting does not mend it.
        if (again !== 'ENOSPC' && again !== 'EDQUOT') return false
        code = again
      }
    }
  }

  #enter(cause: unknown): void {
    if (this.#state !== 'writing') return
    this.#state = 'memory'
    const { onNotice, series } = this.#host
    for (const recordClass of priorityClasses) series[recordClass].retire()
    tell(onNotice, {
      code: 'disk_refused',
      level: 'error',
      message: `${this.#host.path('')} takes no records (${errorCode(cause)}); the bot goes on, CRITICAL records go to ${this.#host.reserve.isReady ? 'the reserve' : 'memory'}, the others to memory; tried again every ${retryMs} ms`,
    })
    this.#schedule()
  }

  #writeToReserve(series: Series): boolean {
    const { reserve } = this.#host
    try {
      if (series.active?.isReserve !== true) {
        const { bytes } = reserve
        // What does not fit must not use it up: those that come later may.
        if (!reserve.isReady || series.buffer.waitingBytes >= bytes) return false
        reserve.spend()
        series.useReserve(this.#host.path(reserveFile), bytes)
        this.#state = 'reserve'
      }
      series.write()
      this.#host.written()
      return true
    } catch {
      series.retire()
      this.#state = 'memory'
      return false
    }
  }

  #hold(series: Series, records: readonly HeldRecord[]): HeldRecord[] {
    const lost: HeldRecord[] = []
    for (const record of records) {
      // A place was made for one of those before it: the disk takes records again.
      if (this.state === 'writing') {
        series.restore(record)
        continue
      }
      const gone = this.#host.memory.add(record)
      const isHomeless = record.class === 'critical' && gone.includes(record)
      lost.push(...(isHomeless ? this.#makePlace(record) : gone))
    }
    if (this.state === 'writing') lost.push(...this.write(series))
    return lost
  }

  /** The last resort for a critical record: stored records of lower classes go. Returns what was lost in memory. */
  #makePlace(record: HeldRecord): readonly HeldRecord[] {
    const { quota, memory, series } = this.#host
    for (const recordClass of ['snapshot', 'normal'] as const) {
      while (quota.dropOldest(recordClass, 'disk_full')) {
        if (this.resume()) {
          series.critical.restore(record)
          return this.write(series.critical)
        }
        const gone = memory.add(record)
        if (!gone.includes(record)) return gone
      }
    }
    return [record]
  }

  /** Takes records of a class out of memory into segments; what the disk refuses goes back. */
  #restore(recordClass: PriorityClass): boolean {
    const series = this.#host.series[recordClass]
    const records = this.#host.memory.takeAll(recordClass)
    let restored = 0
    try {
      for (const record of records) {
        series.restore(record)
        restored += 1
        if (series.buffer.isCrowded) this.#writeWithin(series)
      }
      this.#writeWithin(series)
      return true
    } catch {
      // Memory held them all a moment ago, so it has room for them now.
      for (const record of series.takeWaiting()) this.#host.memory.add(record)
      for (const record of records.slice(restored)) this.#host.memory.add(record)
      return false
    }
  }

  /** Writes what waits, as far as the quota goes. */
  #writeWithin(series: Series): void {
    const { quota, tally } = this.#host
    if (!quota.admit(series.class, series.buffer.waitingBytes)) {
      tally.dropRecords(series.takeWaiting(), 'quota')
    }
    series.write()
    this.#host.written()
  }

  /** Is there room for more than the next record? Else the spool would flutter between its states. */
  #probe(): boolean {
    const { disk, path } = this.#host
    const place = path(probeFile)
    try {
      const file = disk.open(place, 'create')
      try {
        writeRange(disk, file, new Uint8Array(probeBytes), 0)
        return true
      } finally {
        disk.close(file)
        disk.unlink(place)
      }
    } catch (error) {
      // Left by a probe that could not be deleted.
      if (errorCode(error) === 'EEXIST') this.#removeProbe(place)
      return false
    }
  }

  #removeProbe(place: string): void {
    try {
      this.#host.disk.unlink(place)
    } catch {
      // Tried again with the next probe.
    }
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (!this.resume()) this.#schedule()
    }, retryMs)
    this.#timer.unref()
  }
}
