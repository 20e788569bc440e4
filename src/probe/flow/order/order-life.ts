import { compare, maximum, subtract, zero } from '../../../base/decimal.ts'
import type { Decimal } from '../../../base/decimal.ts'
import type { OrderEvent, OrderStatus } from '../../../semconv/words.ts'
import { Fills } from './fills.ts'
import type { FillChange, Refusal, Terms } from './fills.ts'
import { isFinal, judge } from './order-machine.ts'
import type { JudgedEvent, Verdict } from './order-machine.ts'

/** A fill is taken back for good, or replaced by a corrected one. */
export type BustEvent = Extract<OrderEvent, 'trade_cancel' | 'trade_correct'>

/**
 * Status, sums and times of one order. Knows nothing of spans and records.
 *
 * - While it is live: ordered = filled + remaining. Once it has ended, nothing remains.
 * - A fill is taken in any status; only a repeat, or one without an id that finds no room, is not.
 * - Times are monotonic milliseconds.
 */
export class OrderLife {
  readonly fills: Fills
  #status: OrderStatus = 'pending_new'
  #lastEvent: OrderEvent | undefined
  #quantity: Decimal | undefined
  #wasAcked = false
  #wasTriggered = false
  #wasSubmitted = false
  #sentMs: number | undefined
  #ackMs: number | undefined
  #firstFillMs: number | undefined
  #lastFillMs: number | undefined
  #cancelSentMs: number | undefined
  #unknownSinceMs: number | undefined

  constructor(quantity: Decimal | undefined, terms: Terms) {
    this.#quantity = quantity
    this.fills = new Fills(terms)
  }

  get status(): OrderStatus {
    return this.#status
  }

  get lastEvent(): OrderEvent | undefined {
    return this.#lastEvent
  }

  get quantity(): Decimal | undefined {
    return this.#quantity
  }

  get ended(): boolean {
    return isFinal(this.#status)
  }

  /** Whether it was, or is being, sent to the venue. */
  get wasSent(): boolean {
    return this.#sentMs !== undefined
  }

  get wasAcked(): boolean {
    return this.#wasAcked
  }

  /** Still open; zero once it has ended; undefined where the ordered quantity is not known. */
  get remaining(): Decimal | undefined {
    return this.ended ? zero : this.room
  }

  /** What may still be filled, ended or not. */
  get room(): Decimal | undefined {
    return this.#quantity && maximum(subtract(this.#quantity, this.fills.quantity), zero)
  }

  get sentMs(): number | undefined {
    return this.#sentMs
  }

  get cancelSentMs(): number | undefined {
    return this.#cancelSentMs
  }

  get unknownSinceMs(): number | undefined {
    return this.#unknownSinceMs
  }

  /** Sent until acknowledged. */
  get ackLatencyMs(): number | undefined {
    return since(this.#sentMs, this.#ackMs)
  }

  /** Sent until the first fill. */
  get firstFillMs(): number | undefined {
    return since(this.#sentMs, this.#firstFillMs)
  }

  /** Sent until the last fill so far. */
  get lastFillMs(): number | undefined {
    return since(this.#sentMs, this.#lastFillMs)
  }

  /** About to be sent: the clock of the latencies runs from here. */
  sending(nowMs: number): void {
    this.#sentMs ??= nowMs
  }

  /** Applies what happened, and says how it was judged. */
  step(event: JudgedEvent, nowMs: number): Verdict {
    const verdict = this.#judge(event)
    if (verdict === 'illegal' || verdict === 'repeat') return verdict
    this.#lastEvent = event
    this.#note(event, nowMs)
    if (verdict === 'back') this.#status = this.#workingStatus()
    else if (verdict !== 'late') this.#move(verdict, nowMs)
    return verdict
  }

  /** Takes a fill. */
  take(
    fill: {
      readonly execId: string | undefined
      readonly quantity: Decimal
      readonly price: Decimal
    },
    nowMs: number,
  ): FillChange | Refusal {
    // An order that was denied or rejected has no room for a fill that cannot prove itself.
    const hasRoom = this.#status !== 'denied' && this.#status !== 'rejected'
    const change = this.fills.take(fill, hasRoom ? this.room : zero)
    if (typeof change !== 'string') this.#afterFill(nowMs)
    return change
  }

  /** Takes the filled quantity that the venue reports. */
  catchUp(
    filled: Decimal,
    averagePrice: Decimal | undefined,
    fallbackPrice: Decimal | undefined,
    nowMs: number,
  ): FillChange | undefined {
    const change = this.fills.catchUp(filled, averagePrice, fallbackPrice)
    if (change) this.#afterFill(nowMs)
    return change
  }

  /**
   * Takes a fill back. An order that has ended stays so, and one that was filled whole is canceled: what was taken back
   * fills no more, unless the venue says otherwise with a fill. (FIX: canceled takes precedence over what is filled.)
   */
  bust(execId: string, told: Decimal | undefined, event: BustEvent): ReturnType<Fills['bust']> {
    const change = this.fills.bust(execId, told)
    if (typeof change === 'string') return change
    this.#lastEvent = event
    if (this.#status === 'filled') this.#status = 'canceled'
    else if (this.#status === 'partially_filled') this.#status = this.#workingStatus()
    return change
  }

  /** The ordered quantity changed. */
  resize(quantity: Decimal): void {
    this.#quantity = quantity
    if (!this.ended && this.fills.count > 0 && compare(this.fills.quantity, quantity) >= 0) {
      this.#status = 'filled'
    }
  }

  #judge(event: JudgedEvent): Verdict {
    if (event === 'pending_new' && this.#wasSubmitted) return 'repeat'
    if (event === 'denied' && this.#status === 'pending_new' && this.wasSent) return 'illegal'
    const verdict = judge(this.#status, event)
    const isKnownAck = event === 'new' && this.#wasAcked
    const isKnownTrigger = event === 'triggered' && this.#wasTriggered
    return verdict === 'late' && (isKnownAck || isKnownTrigger) ? 'repeat' : verdict
  }

  #note(event: JudgedEvent, nowMs: number): void {
    if (event === 'pending_new') {
      this.#wasSubmitted = true
      this.sending(nowMs)
    } else if (event === 'new') this.#acked(nowMs)
    else if (event === 'triggered') {
      this.#wasTriggered = true
      this.#acked(nowMs)
    } else if (event === 'pending_cancel') this.#cancelSentMs ??= nowMs
    else if (event === 'cancel_rejected') this.#cancelSentMs = undefined
  }

  #acked(nowMs: number): void {
    this.#wasAcked = true
    this.#ackMs ??= nowMs
  }

  #move(to: OrderStatus, nowMs: number): void {
    if (to === 'unknown') this.#unknownSinceMs = nowMs
    // Out of "unknown" the order may come back with fills, or triggered.
    this.#status = to === 'new' ? this.#workingStatus() : to
  }

  #afterFill(nowMs: number): void {
    this.#lastEvent = 'trade'
    this.#firstFillMs ??= nowMs
    this.#lastFillMs = nowMs
    const isComplete =
      this.#quantity !== undefined && compare(this.fills.quantity, this.#quantity) >= 0
    if (isComplete) this.#status = 'filled'
    else if (
      !this.ended &&
      this.#status !== 'pending_cancel' &&
      this.#status !== 'pending_replace'
    ) {
      this.#status = 'partially_filled'
    }
  }

  #workingStatus(): OrderStatus {
    if (this.fills.count > 0) return 'partially_filled'
    if (this.#wasTriggered) return 'triggered'
    return this.#wasAcked ? 'new' : 'pending_new'
  }
}

function since(startMs: number | undefined, endMs: number | undefined): number | undefined {
  return startMs === undefined || endMs === undefined ? undefined : Math.max(0, endMs - startMs)
}
