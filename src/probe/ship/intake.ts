import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../base/clock.ts'
import type { SpoolRecord } from '../spool/lane.ts'
import type { Line, SpoolReader } from '../spool/reader.ts'
import type { Answer } from './answer.ts'
import type { Signal } from './endpoint.ts'
import { bytesInRequest } from './request.ts'
import type { Tuning } from './tuning.ts'

/** What an intake is made from. */
export interface IntakeOptions {
  readonly name: string
  readonly signal: Signal
  /** Whether what waits goes before what is new. */
  readonly isInOrder: boolean
  readonly reader: SpoolReader
  readonly clock: Clock
  readonly tuning: Tuning
}

/** Records for one request. */
export interface Batch {
  readonly records: readonly SpoolRecord[]
  /** New records may join the next one if it waits a little. */
  readonly small: boolean
}

/** Of so many requests one is for the backlog while new records wait, the others are for those. */
const backlogEvery = 5

/**
 * What the next request of a channel holds.
 *
 * Live first: during a drain at least four of five requests are for new records, as long as there are any, and in each
 * of the two lines records come in order. Metrics are the exception: Prometheus takes the points of a series forward in
 * time only, so theirs is one line, oldest first; there are few of them. So are the bot's own files, which are to be in
 * order, and which nobody waits for.
 */
export class Intake {
  readonly #options: IntakeOptions
  #turn = 0
  /** When the backlog was found empty; it fills at a start and after an outage only. */
  #emptyMs = Number.NEGATIVE_INFINITY
  /** Grows and shrinks with what the receiver takes in time. */
  #recordsMax: number
  /** Shrinks for good with what the receiver calls too large. */
  #bytesMax: number

  constructor(options: IntakeOptions) {
    this.#options = options
    this.#recordsMax = options.tuning.recordsMax
    this.#bytesMax = options.tuning.bytesMax
  }

  /**
   * The next batch; empty when there is nothing to send now.
   * @param held records that are sent first
   * @param isThorough whether empty has to mean empty: somebody waits for all to be sent
   */
  async take(held: readonly SpoolRecord[], isThorough: boolean): Promise<Batch> {
    const records = [...held]
    const lines = this.#lines(isThorough)
    for (const [index, line] of lines.entries()) {
      const isRead = await this.#gather(line, records)
      if (records.length === held.length) {
        if (line === 'backlog' && isRead) this.#emptyMs = this.#options.clock.monotonicMs()
        continue
      }
      if (index === 0) this.#turn += 1
      const small = line === 'live' && records.length < this.#recordsMax / 2
      return { records, small }
    }
    return { records, small: true }
  }

  /** The receiver is back: new records go first from here on, when much waits; what waits becomes backlog. */
  resume(): void {
    const { isInOrder, reader, name, tuning } = this.#options
    if (isInOrder || reader.waiting(name).bytes < tuning.backlogBytes) return
    reader.skipToLive(name)
    this.#emptyMs = Number.NEGATIVE_INFINITY
  }

  /** Fits the size of requests to what the receiver makes of them. */
  learn(answer: Answer, records: readonly SpoolRecord[]): void {
    const { tuning } = this.#options
    switch (answer.kind) {
      case 'accepted':
      case 'partial':
        this.#recordsMax = Math.min(this.#recordsMax * 2, tuning.recordsMax)
        break
      case 'too_large':
        if (records.length > 1) this.#bytesMax = Math.max(1, Math.floor(bytesOf(records) / 2))
        break
      case 'unavailable':
        if (answer.perhapsTooLarge) this.#recordsMax = Math.max(1, Math.floor(records.length / 2))
        break
      case 'refused':
        break
    }
  }

  #lines(isThorough: boolean): readonly Line[] {
    const { isInOrder, clock, tuning } = this.#options
    if (!isThorough && clock.monotonicMs() - this.#emptyMs < tuning.lookMs) return ['live']
    if (isInOrder) return ['backlog', 'live']
    return this.#turn % backlogEvery === backlogEvery - 1
      ? ['backlog', 'live']
      : ['live', 'backlog']
  }

  /**
   * Adds records of the signal, and passes over those of the others: they have channels of their own. True when the line
   * was read to its end.
   */
  async #gather(line: Line, records: SpoolRecord[]): Promise<boolean> {
    const { name, signal, reader } = this.#options
    let bytes = bytesOf(records)
    while (records.length < this.#recordsMax && bytes < this.#bytesMax) {
      const portion = {
        recordsMax: this.#recordsMax - records.length,
        bytesMax: this.#bytesMax - bytes,
      }
      const found = reader.next(name, line, portion)
      if (found.length === 0) return true
      let foundBytes = 0
      const others: SpoolRecord[] = []
      for (const record of found) {
        const length = bytesInRequest(record.payload.length)
        foundBytes += length
        if (record.signal !== signal) {
          others.push(record)
          continue
        }
        // A copy: the view would keep the block alive that was read, and a rare record would cost a quarter megabyte.
        records.push({ ...record, payload: Buffer.from(record.payload) })
        bytes += length
      }
      reader.ack(name, others)
      // A look at the end of a line costs more than the next look finds there.
      const isFull = found.length >= portion.recordsMax || foundBytes >= portion.bytesMax / 2
      if (!isFull && records.length > 0) return false
      if (others.length > 0) await nextTurn()
    }
    return false
  }
}

function bytesOf(records: readonly SpoolRecord[]): number {
  let bytes = 0
  for (const { payload } of records) bytes += bytesInRequest(payload.length)
  return bytes
}
