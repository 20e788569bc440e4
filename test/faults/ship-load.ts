/**
 * Load for fault tests of the shipper: numbered records at a steady rate, and an account that costs a few bytes a record,
 * so that an outage of half an hour fits into a test.
 */
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { ShipReport } from '../../src/probe/ship/report.ts'
import type { Spool } from '../../src/probe/spool/spool.ts'
import type { PriorityClass } from '../../src/semconv/classes.ts'
import type { Signal } from '../../src/wire/frame.ts'
import { encodeText, numberOf, textOf, textsOf } from '../ship-stage.ts'
import { isFull } from '../seed.ts'
import type { StubRequest } from '../stub-collector.ts'

/** What was emitted and what came out, by number. */
export class Ledger {
  /** Records that the spool took. */
  accepted = 0
  /** Records that came and were never emitted, or came changed. */
  spurious = 0
  /** Records that came again. */
  duplicates = 0
  /** Different records that came. */
  received = 0
  /** How often each number came; 255 stands for more. */
  #times = new Uint8Array(1 << 16)
  #emitted = new Uint8Array(1 << 16)
  /** `performance.now()` when each was emitted; kept with the order alone. */
  readonly #emittedMs: number[] = []
  /** How long each took from emission to arrival, in milliseconds; kept with the order alone. */
  readonly lagsMs: number[] = []
  /** Numbers in the order they came in, first arrivals only; kept on demand. */
  readonly order: number[] | undefined
  #next = 0

  /** `expected` records have their place in memory from the start, so that the account does not grow with them. */
  constructor(options: { readonly keepOrder?: boolean; readonly expected?: number } = {}) {
    if (options.keepOrder) this.order = []
    if (options.expected !== undefined) {
      this.#times = new Uint8Array(options.expected).fill(0)
      this.#emitted = new Uint8Array(options.expected).fill(0)
    }
  }

  /** Numbers given out so far. */
  get next(): number {
    return this.#next
  }

  /** Emits `count` records. */
  emit(spool: Spool, origin: number, count: number, kind: LoadKind = {}): void {
    const { signal = 'log', class: recordClass = 'normal', mark = () => '' } = kind
    for (let done = 0; done < count; done += 1) {
      const number = this.#next
      this.#next += 1
      const room = spool.begin(recordClass, origin)
      encodeText(room, signal, mark(number) + textOf(signal, recordClass, number))
      if (!spool.commit(room, signal)) continue
      this.accepted += 1
      this.#emitted = grown(this.#emitted, number)
      this.#emitted[number] = 1
      if (this.order) this.#emittedMs[number] = performance.now()
    }
  }

  /** Books what a receiver took. */
  take(request: StubRequest): void {
    for (const text of textsOf(request)) this.#book(text, request.atMs)
  }

  /** Whether `number` was delivered. */
  has(number: number): boolean {
    return (this.#times[number] ?? 0) > 0
  }

  #book(text: string, atMs: number): void {
    const number = numberOf(text)
    if (number === undefined || this.#emitted[number] !== 1) {
      this.spurious += 1
      return
    }
    this.#times = grown(this.#times, number)
    const times = this.#times[number] ?? 0
    this.#times[number] = Math.min(times + 1, 255)
    if (times > 0) {
      this.duplicates += 1
      return
    }
    this.received += 1
    if (!this.order) return
    this.order.push(number)
    this.lagsMs.push(atMs - (this.#emittedMs[number] ?? atMs))
  }
}

/** What is emitted. */
export interface LoadKind {
  readonly signal?: Signal
  readonly class?: PriorityClass
  /** Text in front of the record's own, which makes it spurious where it is delivered. */
  readonly mark?: (number: number) => string
}

function grown(bytes: Uint8Array<ArrayBuffer>, index: number): Uint8Array<ArrayBuffer> {
  if (index < bytes.length) return bytes
  const longer = new Uint8Array(Math.max(bytes.length * 2, index + 1))
  longer.set(bytes)
  return longer
}

/** Calls `emit` with the number of records that are due, `perSecond` on average, until it returns false. */
export async function atRate(
  perSecond: number,
  emit: (count: number, elapsedMs: number) => boolean,
): Promise<void> {
  const beganMs = performance.now()
  let emitted = 0
  for (;;) {
    const elapsedMs = performance.now() - beganMs
    const due = Math.floor((elapsedMs / 1000) * perSecond)
    const goesOn = emit(due - emitted, elapsedMs)
    emitted = due
    if (!goesOn) return
    await sleep(5)
  }
}

/**
 * The equation at the end of every run: accepted = delivered + in spool + dropped + quarantined; nothing that was never
 * emitted, nothing changed.
 */
export function expectConserved(
  ledger: Ledger,
  ended: { readonly spool: Spool; readonly inSpool: number; readonly report: ShipReport },
): void {
  const { dropped } = ended.spool.statistics
  const lost = Object.values(dropped).flatMap((byReason) => Object.values(byReason))
  const droppedSum = lost.reduce((sum, count) => sum + count, 0)
  const quarantined = ended.report.channels.reduce((sum, channel) => sum + channel.quarantined, 0)
  const whole = { spurious: ledger.spurious, damaged: ended.report.damaged }
  expect(whole).toEqual({ spurious: 0, damaged: 0 })
  expect(ledger.received + ended.inSpool + droppedSum + quarantined).toBe(ledger.accepted)
}

/** Requests that failed, by status or error code, over all channels. */
export function failuresOf(report: ShipReport): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { failures } of report.channels) {
    for (const [type, count] of Object.entries(failures)) sums[type] = (sums[type] ?? 0) + count
  }
  return sums
}

/** One line of results for the table at the end of `npm run test:faults`, which names a file for them. */
export function note(promise: string, values: Readonly<Record<string, number | string>>): void {
  if (!isFull) return
  const parts = Object.entries(values).map(
    ([name, value]) =>
      `${name} ${typeof value === 'number' ? value.toLocaleString('en-US') : value}`,
  )
  const text = `${promise}: ${parts.join(', ')}`
  console.log(text)
  const file = process.env['FILLPATH_FAULTS_NOTES']
  if (file !== undefined) appendFileSync(file, `${text}\n`)
}

/** The `share` quantile of some numbers, rounded. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)
}
