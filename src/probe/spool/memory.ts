/**
 * Records that no file takes now, in memory, bounded. Over the bound the least important goes, oldest first; a record
 * never drives out one of a higher class.
 */
import type { PriorityClass } from '../../semconv/classes.ts'
import { priorityClasses } from '../../semconv/classes.ts'
import type { Signal } from '../../wire/frame.ts'

/** A record outside of a segment. */
export interface HeldRecord {
  readonly class: PriorityClass
  readonly signal: Signal
  readonly origin: number
  readonly sequence: number
  /** When it was committed, on the monotonic clock. */
  readonly atMs: number
  readonly payload: Uint8Array
}

/** How much is held in memory while the disk takes nothing. */
export interface MemoryLimits {
  readonly recordsMax: number
  readonly bytesMax: number
}

/** Records held in memory while the disk takes nothing: snapshots go first, critical ones last. */
export class Memory {
  readonly #limits: MemoryLimits
  readonly #queues: Readonly<Record<PriorityClass, HeldRecord[]>> = {
    critical: [],
    normal: [],
    snapshot: [],
  }
  readonly #bytesOf: Record<PriorityClass, number> = { critical: 0, normal: 0, snapshot: 0 }
  #records = 0
  #bytes = 0

  constructor(limits: MemoryLimits) {
    this.#limits = limits
  }

  get records(): number {
    return this.#records
  }

  get bytes(): number {
    return this.#bytes
  }

  /** How many records of a class it holds. */
  count(recordClass: PriorityClass): number {
    return this.#queues[recordClass].length
  }

  /** Keeps a record. Returns what had to go: others, or the record itself. */
  add(record: HeldRecord): HeldRecord[] {
    const { recordsMax, bytesMax } = this.#limits
    const length = record.payload.length
    const kept = this.#keptFor(record.class)
    if (kept.records + 1 > recordsMax || kept.bytes + length > bytesMax) return [record]
    const gone: HeldRecord[] = []
    while (this.#records + 1 > recordsMax || this.#bytes + length > bytesMax) {
      const victim = this.#takeLeast()
      if (victim === undefined) break
      gone.push(victim)
    }
    this.#queues[record.class].push(record)
    this.#reckon(record, 1)
    return gone
  }

  /** Takes out the oldest records of a class. */
  takeAll(recordClass: PriorityClass): HeldRecord[] {
    const records = this.#queues[recordClass].splice(0)
    for (const record of records) this.#reckon(record, -1)
    return records
  }

  /** What may not go for a record of this class: higher classes, and critical records. */
  #keptFor(recordClass: PriorityClass): { records: number; bytes: number } {
    const last = Math.max(priorityClasses.indexOf(recordClass), 1)
    let records = 0
    let bytes = 0
    for (const higher of priorityClasses.slice(0, last)) {
      records += this.#queues[higher].length
      bytes += this.#bytesOf[higher]
    }
    return { records, bytes }
  }

  /** The oldest of the lowest class. */
  #takeLeast(): HeldRecord | undefined {
    for (const recordClass of priorityClasses.toReversed()) {
      const record = this.#queues[recordClass].shift()
      if (record === undefined) continue
      this.#reckon(record, -1)
      return record
    }
    return undefined
  }

  #reckon({ class: recordClass, payload }: HeldRecord, sign: 1 | -1): void {
    this.#records += sign
    this.#bytes += sign * payload.length
    this.#bytesOf[recordClass] += sign * payload.length
  }
}
