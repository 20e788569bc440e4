import type { Signal } from '../ship/endpoint.ts'
import type { SignalCount } from './pipeline.ts'

/** Says something to people: it must not need the receiver that is away. */
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
  readonly #destination: string
  readonly #say: Say
  readonly #counts: Record<Signal, Count> = { log: none(), span: none(), metric: none() }
  readonly #refusalsSaid = new Set<string>()
  #up: boolean | undefined
  #downSinceMs = 0
  #droppedBefore = 0
  #isFullSaid = false
  #isClosed = false

  constructor(destination: string, say: Say) {
    this.#destination = destination
    this.#say = say
  }

  /** Whether the receiver took the last request; undefined before the first one. */
  get up(): boolean | undefined {
    return this.#up
  }

  accept(signal: Signal, count = 1): void {
    if (!this.#isClosed) this.#counts[signal].accepted += count
  }

  /** Records that are accepted and neither delivered nor dropped. */
  pending(signal: Signal): number {
    const { accepted, delivered, dropped } = this.#counts[signal]
    return accepted - delivered - dropped
  }

  /** The receiver has them. */
  succeed(signal: Signal, count: number): void {
    this.#counts[signal].delivered += count
    this.#isFullSaid = false
    const wasDown = this.#up === false
    this.#up = true
    if (!wasDown) return
    const seconds = Math.max(1, Math.round((performance.now() - this.#downSinceMs) / 1000))
    const lost = this.#dropped() - this.#droppedBefore
    const waiting = this.pending('log') + this.pending('span')
    this.#say(
      lost > 0 ? 'warn' : 'info',
      `${this.#destination} takes telemetry again after ${seconds} s: ${count + waiting} records had waited, ${lost} were lost.`,
    )
  }

  /** The receiver does not take anything now. */
  outage(reason: string): void {
    if (this.#up === false) return
    this.#up = false
    this.#downSinceMs = performance.now()
    this.#droppedBefore = this.#dropped()
    this.#say(
      'warn',
      `${this.#destination} does not take telemetry: ${reason}. The bot goes on; records wait in memory.`,
    )
  }

  /** The receiver will never take these. */
  refuse(signal: Signal, count: number, reason: string): void {
    this.#counts[signal].dropped += count
    if (this.#refusalsSaid.has(reason)) return
    if (this.#refusalsSaid.size < 100) this.#refusalsSaid.add(reason)
    this.#say(
      'error',
      `${this.#destination} refuses ${count} ${signal} records for good: ${reason}`,
    )
  }

  /** A record found the queue full. */
  overflow(signal: Signal): void {
    this.#counts[signal].accepted += 1
    this.#counts[signal].dropped += 1
    if (this.#isFullSaid) return
    this.#isFullSaid = true
    this.#say(
      'error',
      `memory for telemetry is full: new ${signal} records are dropped and counted.`,
    )
  }

  /** The end: what still waits is lost, and nothing is accepted any more. */
  giveUp(): void {
    let lost = 0
    this.#isClosed = true
    for (const signal of ['log', 'span', 'metric'] as const) {
      const pending = this.pending(signal)
      this.#counts[signal].dropped += pending
      if (signal !== 'metric') lost += pending
    }
    if (lost === 0) return
    this.#say('error', `${lost} records could not be delivered to ${this.#destination} in time.`)
  }

  /** These were dropped, and nobody needs to hear of it. */
  drop(signal: Signal, count: number): void {
    this.#counts[signal].dropped += count
  }

  counts(): Readonly<Record<Signal, SignalCount>> {
    const { log, span, metric } = this.#counts
    return { log: { ...log }, span: { ...span }, metric: { ...metric } }
  }

  #dropped(): number {
    return this.#counts.log.dropped + this.#counts.span.dropped
  }
}

function none(): Count {
  return { accepted: 0, delivered: 0, dropped: 0 }
}
