/** Counts of what the spool took, and of what it lost and why. */
import { priorityClasses } from '../../semconv/classes.ts'
import type { PriorityClass } from '../../semconv/classes.ts'
import type { Signal } from '../../wire/frame.ts'
import type { HeldRecord } from './memory.ts'
import type { NoticeListener } from './notice.ts'
import { tell } from './notice.ts'

/** Why a record was lost. */
export const dropReasons = [
  /** The spool is at its quota. */
  'quota',
  /** The disk takes nothing, and memory is full. */
  'disk_full',
  /** Someone deleted the file it was in. */
  'folder_lost',
  /** Longer than a frame can be. */
  'too_large',
  /** In memory when the spool was closed or the process ended, and the disk took nothing. */
  'exit',
] as const
/** Why a record was dropped. */
export type DropReason = (typeof dropReasons)[number]

/** Counts by class. */
export type ByClass = Readonly<Record<PriorityClass, number>>

/** Lost records by class and reason; every combination is there from the start. */
export type DropCounts = Readonly<Record<PriorityClass, Readonly<Record<DropReason, number>>>>

const hints: Readonly<Record<DropReason, string>> = {
  quota: 'the spool is at its quota',
  disk_full: 'the disk takes nothing and memory is full',
  folder_lost: 'the spool folder was deleted while it was written',
  too_large: 'they are longer than a record can be',
  exit: 'the process ended while the disk took nothing',
}

/** Counts of what was accepted and dropped, by class and reason. */
export class Tally {
  readonly accepted: Record<PriorityClass, number> = zeros()
  /** Records that `commit` answered with false; they are not among `accepted`. */
  readonly refused: Record<PriorityClass, Record<DropReason, number>> = zeroReasons()
  /** Records that were accepted and lost later. */
  readonly dropped: Record<PriorityClass, Record<DropReason, number>> = zeroReasons()
  /** Of these, by signal, those that were lost one by one. Of a file that is deleted as a whole the class alone is known. */
  readonly droppedBySignal: Record<Signal, number> = { log: 0, span: 0, metric: 0 }
  readonly #onNotice: NoticeListener
  /** Class and reason of losses that were said in the present episode. */
  readonly #said = new Set<string>()

  constructor(onNotice: NoticeListener) {
    this.#onNotice = onNotice
  }

  refuse(recordClass: PriorityClass, reason: DropReason): void {
    this.refused[recordClass][reason] += 1
    this.#say(recordClass, reason)
  }

  drop(recordClass: PriorityClass, reason: DropReason, records = 1): void {
    if (records <= 0) return
    this.dropped[recordClass][reason] += records
    this.#say(recordClass, reason)
  }

  /** {@link Tally.drop} of records that are known one by one. */
  dropRecords(records: readonly HeldRecord[], reason: DropReason): void {
    for (const record of records) {
      this.droppedBySignal[record.signal] += 1
      this.drop(record.class, reason)
    }
  }

  /** All is well again: the next loss is said again. */
  calm(): void {
    this.#said.clear()
  }

  /** There is room below the quota again: the next loss at it is said again. */
  roomAgain(): void {
    const said = [...this.#said].filter((key) => key.endsWith(' quota'))
    if (said.length === 0) return
    for (const key of said) this.#said.delete(key)
    let lost = 0
    for (const counts of [this.refused, this.dropped])
      for (const { quota } of Object.values(counts)) lost += quota
    const message = `the spool has room again; ${lost} records were lost at its quota so far`
    tell(this.#onNotice, { code: 'room_again', level: 'info', message })
  }

  /** {@link Tally.lost} by class and reason, those above 0. */
  losses(): Partial<Record<PriorityClass, Record<string, number>>> {
    const losses: Partial<Record<PriorityClass, Record<string, number>>> = {}
    for (const recordClass of priorityClasses) {
      for (const reason of dropReasons) {
        const count = this.refused[recordClass][reason] + this.dropped[recordClass][reason]
        if (count > 0) (losses[recordClass] ??= {})[reason] = count
      }
    }
    return losses
  }

  /** Records lost so far, refused or dropped. */
  lost(): number {
    let lost = 0
    for (const counts of [this.refused, this.dropped]) {
      for (const byReason of Object.values(counts)) {
        for (const count of Object.values(byReason)) lost += count
      }
    }
    return lost
  }

  #say(recordClass: PriorityClass, reason: DropReason): void {
    const key = `${recordClass} ${reason}`
    if (this.#said.has(key)) return
    this.#said.add(key)
    tell(this.#onNotice, {
      code: 'dropped',
      level: recordClass === 'critical' ? 'error' : 'warn',
      message: `losing ${recordClass.toUpperCase()} records: ${hints[reason]}`,
    })
  }
}

function zeros(): Record<PriorityClass, number> {
  return { critical: 0, normal: 0, snapshot: 0 }
}

function zeroReasons(): Record<PriorityClass, Record<DropReason, number>> {
  const reasons = (): Record<DropReason, number> => ({
    quota: 0,
    disk_full: 0,
    folder_lost: 0,
    too_large: 0,
    exit: 0,
  })
  return { critical: reasons(), normal: reasons(), snapshot: reasons() }
}
