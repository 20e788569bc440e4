import type { Signal } from '../ship/endpoint.ts'
import type { SignalCount } from './pipeline.ts'

/** What an outage is said with: to people, not to the receiver that is away. */
export type Say = (level: 'info' | 'warn' | 'error', message: string) => void

interface Count {
  accepted: number
  delivered: number
  dropped: number
}

/**
 * Keeps count of what was accepted, delivered and dropped, and says when the receiver goes away and when it is back:
 * one line each, never one for each record.
 */
export class Delivery {
  readonly destination: string
  readonly #say: Say
  readonly #counts: Record<Signal, Count> = { log: none(), span: none(), metric: none() }
  #up: boolean | undefined
  #droppedAtOutage = 0
  #downSinceMs = 0
  #fullSaid = false

  constructor(destination: string, say: Say) {
    this.destination = destination
    this.#say = say
  }

  /** Whether the receiver took the last request; undefined before the first one. */
  get up(): boolean | undefined {
    return this.#up
  }

  accept(signal: Signal): void {
    this.#counts[signal].accepted += 1
  }

  /** Records that are accepted and neither delivered nor dropped. */
  pending(signal: Signal): number {
    const { accepted, delivered, dropped } = this.#counts[signal]
    return accepted - delivered - dropped
  }

  /** A record found the queue full. */
  dropFull(signal: Signal): void {
    this.#counts[signal].accepted += 1
    this.#counts[signal].dropped += 1
    if (this.#fullSaid) return
    this.#fullSaid = true
    this.#say('error', `telemetry drops ${signal} records: its queue in memory is full.`)
  }

  succeed(signal: Signal, count: number): void {
    this.#counts[signal].delivered += count
    this.#fullSaid = false
    const wasDown = this.#up === false
    this.#up = true
    if (!wasDown) return
    const seconds = Math.round((performance.now() - this.#downSinceMs) / 1000)
    const lost = this.#dropped() - this.#droppedAtOutage
    this.#say(
      lost > 0 ? 'warn' : 'info',
      `${this.destination} takes telemetry again after ${seconds} s; ${lost} records were lost.`,
    )
  }

  fail(signal: Signal, count: number, reason: string): void {
    this.#counts[signal].dropped += count
    if (this.#up === false) return
    this.#up = false
    this.#downSinceMs = performance.now()
    this.#droppedAtOutage = this.#dropped() - count
    this.#say(
      'warn',
      `${this.destination} does not take telemetry: ${reason}. The bot goes on; what does not fit into memory is lost.`,
    )
  }

  counts(): Readonly<Record<Signal, SignalCount>> {
    const { log, span, metric } = this.#counts
    return { log: { ...log }, span: { ...span }, metric: { ...metric } }
  }

  #dropped(): number {
    const { log, span, metric } = this.#counts
    return log.dropped + span.dropped + metric.dropped
  }
}

function none(): Count {
  return { accepted: 0, delivered: 0, dropped: 0 }
}
