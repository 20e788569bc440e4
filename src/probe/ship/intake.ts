import { setImmediate as nextTurn } from 'node:timers/promises'
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
  readonly reader: SpoolReader
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
 * time only, so theirs is one line, oldest first; there are few of them.
 */
export class Intake {
  readonly #options: IntakeOptions
  #turn = 0
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
   */
  async take(held: readonly SpoolRecord[]): Promise<Batch> {
    const records = [...held]
    const lines = this.#lines()
    for (const [index, line] of lines.entries()) {
      await this.#gather(line, records)
      if (records.length === held.length) continue
      if (index === 0) this.#turn += 1
      const small = line === 'live' && records.length < this.#recordsMax / 2
      return { records, small }
    }
    return { records, small: true }
  }

  /** The receiver is back: new records go first from here on, when much waits; what waits becomes backlog. */
  resume(): void {
    const { signal, reader, name, tuning } = this.#options
    if (signal === 'metric' || reader.waiting(name).bytes < tuning.backlogBytes) return
    reader.skipToLive(name)
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

  #lines(): readonly Line[] {
    if (this.#options.signal === 'metric') return ['backlog', 'live']
    return this.#turn % backlogEvery === backlogEvery - 1
      ? ['backlog', 'live']
      : ['live', 'backlog']
  }

  /** Adds records of the signal, and passes over those of the others: they have channels of their own. */
  async #gather(line: Line, records: SpoolRecord[]): Promise<void> {
    const { name, signal, reader } = this.#options
    let bytes = bytesOf(records)
    while (records.length < this.#recordsMax && bytes < this.#bytesMax) {
      const portion = {
        recordsMax: this.#recordsMax - records.length,
        bytesMax: this.#bytesMax - bytes,
      }
      const found = reader.next(name, line, portion)
      if (found.length === 0) return
      const others: SpoolRecord[] = []
      for (const record of found) {
        if (record.signal === signal) {
          // A copy: the view would keep the block alive that was read, and a rare record would cost a quarter megabyte.
          records.push({ ...record, payload: Buffer.from(record.payload) })
          bytes += bytesInRequest(record.payload.length)
        } else others.push(record)
      }
      reader.ack(name, others)
      if (others.length > 0) await nextTurn()
    }
  }
}

function bytesOf(records: readonly SpoolRecord[]): number {
  let bytes = 0
  for (const { payload } of records) bytes += bytesInRequest(payload.length)
  return bytes
}
