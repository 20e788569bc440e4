/**
 * Lets order-book snapshots go first when the disk fills up, so that there is room for orders, fills and errors.
 *
 * | free space | snapshots kept |
 * |---|---|
 * | at least the limit | one in `every` of each task; by default all |
 * | below the limit | of those, one in ten |
 * | below half the limit | none |
 *
 * It ends when there is a tenth more than the limit, so that it does not flicker. Each change is said once, with the
 * number that was left out; the first snapshot of a task is kept as long as any are.
 */
import { statfs } from 'node:fs/promises'
import { eventNameOf } from '../semconv/aliases.ts'
import { sizeText } from '../wire/setting-kinds.ts'
import type { WireRecord } from '../wire/record.ts'

/** Options of {@link SnapshotGuard}. */
export interface SnapshotGuardOptions {
  /** Free space below which snapshots are thinned, bytes; 0 never. */
  readonly freeBytesMin: number
  /** Of so many snapshots of a task one is kept; 0 keeps none. */
  readonly every: number
  readonly onNotice: (message: string) => void
  /** How often the disk is asked. @default 1000 */
  readonly intervalMs?: number | undefined
}

type Room = 'enough' | 'little' | 'none'

const intervalMsDefault = 1_000
const thinnedEvery = 10
const resumeFactor = 1.1
const tasksMax = 10_000

/** See the head of this file. */
export class SnapshotGuard {
  readonly #folder: string
  readonly #options: SnapshotGuardOptions
  /** Snapshots seen, by task. */
  readonly #seen = new Map<string, number>()
  #room: Room = 'enough'
  #askedAtMs = Number.NEGATIVE_INFINITY
  #leftOut = 0
  #leftOutBefore = 0

  constructor(folder: string, options: SnapshotGuardOptions) {
    this.#folder = folder
    this.#options = options
  }

  /** Snapshots that were not kept. */
  get leftOut(): number {
    return this.#leftOut
  }

  /** Asks the disk, when it was not asked lately. Never rejects. */
  async look(): Promise<void> {
    const { freeBytesMin, intervalMs = intervalMsDefault } = this.#options
    const nowMs = performance.now()
    if (freeBytesMin === 0 || nowMs - this.#askedAtMs < intervalMs) return
    this.#askedAtMs = nowMs
    try {
      const { bavail, bsize } = await statfs(this.#folder)
      this.#set(bavail * bsize)
    } catch {
      // A disk that does not answer is for the write that follows to report.
    }
  }

  /** Whether a record is to be kept; what is no order-book snapshot always is. */
  keeps(record: WireRecord): boolean {
    if (record.signal !== 'log' || record.eventName === '') return true
    const every = this.#every()
    if (every === 1 || eventNameOf(record.eventName) !== 'trading.book.snapshot') return true
    const taskId = record.attributes.get('trading.task.id')
    const task = typeof taskId === 'string' ? taskId : ''
    const seen = this.#seen.get(task) ?? 0
    if (this.#seen.size >= tasksMax) this.#seen.clear()
    this.#seen.set(task, seen + 1)
    if (every > 0 && seen % every === 0) return true
    this.#leftOut += 1
    return false
  }

  #every(): number {
    switch (this.#room) {
      case 'enough':
        return this.#options.every
      case 'little':
        return this.#options.every * thinnedEvery
      case 'none':
        return 0
    }
  }

  #set(freeBytes: number): void {
    const { freeBytesMin, onNotice } = this.#options
    const room = this.#roomOf(freeBytes)
    if (room === this.#room) return
    this.#room = room
    this.#seen.clear()
    const left = `${(freeBytes / 1_048_576).toFixed(1)} MiB free on the disk of ${this.#folder}`
    const limit = sizeText(freeBytesMin)
    switch (room) {
      case 'enough':
        onNotice(
          `${left}: order-book snapshots are kept again; ${this.#leftOut - this.#leftOutBefore} were left out`,
        )
        this.#leftOutBefore = this.#leftOut
        return
      case 'little':
        onNotice(`${left}, less than ${limit}: of ten order-book snapshots one is kept`)
        return
      case 'none':
        onNotice(`${left}, less than half of ${limit}: no order-book snapshots are kept`)
    }
  }

  #roomOf(freeBytes: number): Room {
    const { freeBytesMin } = this.#options
    if (freeBytes < freeBytesMin / 2) return 'none'
    if (freeBytes < freeBytesMin) return 'little'
    if (this.#room !== 'enough' && freeBytes < freeBytesMin * resumeFactor) return 'little'
    return 'enough'
  }
}
