import type { Clock } from '../../base/clock.ts'
import type { Signal } from './endpoint.ts'
import type { ShipNoticeListener } from './notice.ts'
import { signalNouns } from './outages.ts'

/** After the first line the next ones come together, at most this often. */
const sayEveryMs = 60_000

/** Says what a destination refuses for good: the first at once, the others as a count, at most once a minute. */
export class Refusals {
  readonly #name: string
  readonly #clock: Clock
  readonly #say: ShipNoticeListener
  readonly #saidMs = new Map<string, number>()
  #unsaid = 0

  constructor(name: string, clock: Clock, say: ShipNoticeListener) {
    this.#name = name
    this.#clock = clock
    this.#say = say
  }

  /** A record was refused by itself. */
  refused(signal: Signal, reason: string): void {
    this.#unsaid += 1
    if (!this.#isDue('poison')) return
    const what = this.#unsaid === 1 ? `a record of its ${signalNouns[signal]}` : this.#others()
    const message = `${this.#name} will never take ${what} (${reason}); put into the quarantine, the rest is sent`
    this.#unsaid = 0
    this.#say({ code: 'poison', level: 'error', message })
  }

  /** A request was taken but for some of its records. */
  partly(signal: Signal, count: number, total: number, reason: string): void {
    if (!this.#isDue('partly')) return
    const message = `${this.#name} took ${total - count} of ${total} ${signalNouns[signal]} and refused ${count} for good (${reason})`
    this.#say({ code: 'partly_rejected', level: 'error', message })
  }

  /** A request was taken, with a word. */
  warned(signal: Signal, warning: string): void {
    if (!this.#isDue('warning')) return
    const message = `${this.#name} took ${signalNouns[signal]} and says: ${warning}`
    this.#say({ code: 'sink_warning', level: 'warn', message })
  }

  #others(): string {
    return `${this.#unsaid} more records`
  }

  #isDue(subject: string): boolean {
    const nowMs = this.#clock.monotonicMs()
    const saidMs = this.#saidMs.get(subject)
    if (saidMs !== undefined && nowMs - saidMs < sayEveryMs) return false
    this.#saidMs.set(subject, nowMs)
    return true
  }
}
