import type { Clock } from '../../base/clock.ts'
import type { Unavailable } from './answer.ts'
import type { Signal } from './endpoint.ts'
import type { ShipNoticeListener } from './notice.ts'

/** Names of the signals for people. */
export const signalNouns = { log: 'logs', span: 'spans', metric: 'metrics' } as const

interface Outage {
  readonly signals: Set<Signal>
  readonly sinceMs: number
  attempts: number
}

/** What mends a receiver that refuses everything. */
const remedyOfReceiver = 'check its URL, headers and certificates'

/** A failure that is over by the next attempt is not worth a line. */
const attemptsBeforeSaid = 2

/**
 * When a destination went down and came back, said once for all signals that share a reason: three signals that hit
 * one closed port are one outage, a token that only metrics lack is another.
 */
export class Outages {
  readonly #name: string
  readonly #clock: Clock
  readonly #say: ShipNoticeListener
  /** By reason: `down`, or the type of a misconfiguration. */
  readonly #outages = new Map<string, Outage>()
  /** Reason of each signal that does not get through now, said or not. */
  readonly #reasons = new Map<Signal, string>()
  readonly #attempts = new Map<Signal, number>()

  constructor(name: string, clock: Clock, say: ShipNoticeListener) {
    this.#name = name
    this.#clock = clock
    this.#say = say
  }

  /** Whether the destination is known to take no `signal` now. */
  isDown(signal: Signal): boolean {
    const reason = this.#reasons.get(signal)
    return reason !== undefined && this.#outages.has(reason)
  }

  /** An attempt for `signal` failed. */
  failed(signal: Signal, answer: Unavailable): void {
    const reason = answer.misconfigured ? answer.type : 'down'
    const attempts = (this.#attempts.get(signal) ?? 0) + 1
    this.#attempts.set(signal, attempts)
    if (this.#reasons.get(signal) !== reason) this.#leave(signal)
    this.#reasons.set(signal, reason)
    const outage = this.#outages.get(reason)
    if (outage) {
      outage.signals.add(signal)
      outage.attempts += 1
    } else if (answer.misconfigured || attempts >= attemptsBeforeSaid) {
      const sinceMs = this.#clock.monotonicMs()
      this.#outages.set(reason, { signals: new Set([signal]), sinceMs, attempts })
      this.#sayDown(signal, answer)
    }
  }

  /** Records of `signal` got through. Says how long it took. */
  succeeded(signal: Signal): void {
    this.#attempts.delete(signal)
    const outage = this.#leave(signal)
    if (!outage || outage.signals.size > 0) return
    const seconds = Math.round((this.#clock.monotonicMs() - outage.sinceMs) / 1000)
    const message = `${this.#name} takes ${signalNouns[signal]} again after ${seconds} s and ${outage.attempts} failed attempts`
    this.#say({ code: 'sink_up', level: 'info', message })
  }

  #leave(signal: Signal): Outage | undefined {
    const reason = this.#reasons.get(signal)
    if (reason === undefined) return undefined
    this.#reasons.delete(signal)
    const outage = this.#outages.get(reason)
    if (!outage?.signals.delete(signal)) return undefined
    if (outage.signals.size === 0) this.#outages.delete(reason)
    return outage
  }

  #sayDown(signal: Signal, answer: Unavailable): void {
    const what = signalNouns[signal]
    if (answer.misconfigured) {
      const message = `${this.#name} refuses all ${what} (${answer.reason}): ${answer.remedy ?? remedyOfReceiver}; they stay on disk and are sent again until it takes them`
      this.#say({ code: 'sink_misconfigured', level: 'error', message })
      return
    }
    const message = `${this.#name} takes no ${what} (${answer.reason}); they stay on disk and are sent again until it does`
    this.#say({ code: 'sink_down', level: 'warn', message })
  }
}
