/**
 * What is deleted when the spool is at its quota: the oldest snapshots, then the oldest normal records. A record never
 * drives out one of a higher class, and nothing drives out a critical one. Nothing goes for a record that finds no place
 * even then.
 */
import type { PriorityClass } from '../../semconv/classes.ts'
import type { Ledger } from './ledger.ts'
import type { Series } from './series.ts'
import type { DropReason, Tally } from './tally.ts'

/** How much the spool may hold, and what it asks when it holds more. */
export interface QuotaOptions {
  readonly bytesMax: number
  readonly ledger: Ledger
  readonly tally: Tally
  readonly series: Readonly<Record<PriorityClass, Series>>
  /** Bytes of the reserve, which count too. */
  readonly reserveBytes: () => number
  readonly nowMs: () => number
}

/** Looking at the folder costs more than a record; while all are refused it is done this often. */
const refreshMs = 100

/** Whose records may go for a record of a class, the first ones first. */
const victims: Readonly<Record<PriorityClass, readonly PriorityClass[]>> = {
  critical: ['snapshot', 'normal'],
  normal: ['snapshot', 'normal'],
  snapshot: ['snapshot'],
}

/** The limit of the spool on disk: the oldest snapshots go first, then the oldest normal records. */
export class Quota {
  readonly #options: QuotaOptions
  #refreshedMs = Number.NEGATIVE_INFINITY

  constructor(options: QuotaOptions) {
    this.#options = options
  }

  /** Is a quarter of the quota free? */
  get hasRoom(): boolean {
    return this.#fits(this.#options.bytesMax / 4)
  }

  /** Makes room for `bytes` more of a class; false when there is none to be made. */
  admit(recordClass: PriorityClass, bytes: number): boolean {
    if (this.#fits(bytes)) return true
    this.#refresh()
    if (!this.#canFit(recordClass, bytes)) return false
    for (const victim of victims[recordClass]) {
      while (!this.#fits(bytes)) if (!this.dropOldest(victim, 'quota')) break
      if (!this.#fits(bytes) && victim !== recordClass) this.#dropWaiting(victim)
    }
    return this.#fits(bytes)
  }

  /** Deletes the oldest segment of a class; false when there is none, or the disk refuses. */
  dropOldest(recordClass: PriorityClass, reason: DropReason): boolean {
    const { ledger, series, tally } = this.#options
    for (const entry of ledger.ofClass(recordClass)) {
      if (series[recordClass].active?.path === entry.path) series[recordClass].retire()
      const lost = ledger.delete(entry)
      if (lost === undefined) continue
      series[recordClass].forget(entry.path)
      tally.drop(recordClass, reason, lost)
      return true
    }
    return false
  }

  /** Strikes out what the shipper has deleted. */
  #refresh(): void {
    const { ledger, nowMs } = this.#options
    const now = nowMs()
    if (now - this.#refreshedMs < refreshMs) return
    this.#refreshedMs = now
    try {
      ledger.refresh()
    } catch {
      // Then it still counts, until the next time.
    }
  }

  /** Would it fit when all went that may go for it? */
  #canFit(recordClass: PriorityClass, bytes: number): boolean {
    let freed = 0
    for (const victim of victims[recordClass]) {
      for (const entry of this.#options.ledger.ofClass(victim)) {
        freed += entry.bytes
        if (this.#fits(bytes - freed)) return true
      }
    }
    return this.#fits(bytes - freed)
  }

  #fits(bytes: number): boolean {
    const { bytesMax, ledger, reserveBytes } = this.#options
    return ledger.bytes + reserveBytes() + bytes <= bytesMax
  }

  /** Records of a lower class that are about to be written have no place either. */
  #dropWaiting(recordClass: PriorityClass): void {
    const { series, tally } = this.#options
    tally.dropRecords(series[recordClass].takeWaiting(), 'quota')
  }
}
