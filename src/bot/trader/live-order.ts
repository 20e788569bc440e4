/**
 * What the bot itself knows of an order it sent, from answers and from the user stream, in whatever order they
 * come: doubled, late, overtaken, or only found again by asking.
 */
import { decimal, zero, type Decimal } from '../decimal.ts'
import type { BaseError } from '../venue/exchange-error.ts'
import type { Order, OrderStatus, Side, Trade } from '../venue/exchange.ts'
import { Change } from './change.ts'
import type { LegFill } from './leg.ts'

/** How an order ended, or that it did not yet. */
export type LiveStatus = 'sending' | 'unknown' | OrderStatus

/** One order, from before it is sent. */
export class LiveOrder {
  readonly clientOrderId: string
  readonly side: Side
  readonly quantity: Decimal
  readonly changed = new Change()
  readonly #fills = new Set<string>()
  readonly #onFill: (fill: LegFill & { readonly id: string }) => void
  #id: string | undefined
  #status: LiveStatus = 'sending'
  #filled: Decimal = zero
  /** What the venue says was filled, once the order is final. */
  #finalFilled: Decimal | undefined
  #refusal: BaseError | undefined

  constructor(
    order: { readonly clientOrderId: string; readonly side: Side; readonly quantity: Decimal },
    onFill: (fill: LegFill & { readonly id: string }) => void,
  ) {
    this.clientOrderId = order.clientOrderId
    this.side = order.side
    this.quantity = order.quantity
    this.#onFill = onFill
  }

  /** The venue's id, once known. */
  get id(): string | undefined {
    return this.#id
  }

  get status(): LiveStatus {
    return this.#status
  }

  /** Sum of the fills that arrived. */
  get filled(): Decimal {
    return this.#filled
  }

  get remaining(): Decimal {
    return this.quantity.minus(this.#filled)
  }

  /** Final, and every fill that the venue speaks of has arrived. */
  get isOver(): boolean {
    return this.#finalFilled !== undefined && this.#finalFilled.eq(this.#filled)
  }

  /** Takes a message or an answer. A final status stays, whatever comes late. */
  ingest(order: Order): void {
    this.#id ??= order.id
    for (const trade of order.trades) this.#take(trade)
    if (this.#finalFilled === undefined) {
      this.#status = order.status
      if (order.status !== 'open') this.#finalFilled = decimal(order.filled)
    }
    this.changed.happen()
  }

  /** A fill that was found by asking for the own trades. */
  ingestTrade(trade: Trade): void {
    this.#take(trade)
    this.changed.happen()
  }

  /** Sent, and no answer. */
  lose(): void {
    if (this.#status === 'sending') this.#status = 'unknown'
    this.changed.happen()
  }

  /** Why the venue refused it, where it did. */
  get refusal(): BaseError | undefined {
    return this.#refusal
  }

  /** It never existed at the venue. */
  refuse(why?: BaseError): void {
    this.#refusal = why
    this.#status = 'rejected'
    this.#finalFilled = zero
    this.changed.happen()
  }

  #take(trade: Trade): void {
    if (this.#fills.has(trade.id)) return
    this.#fills.add(trade.id)
    const fill = {
      id: trade.id,
      side: trade.side,
      price: decimal(trade.price),
      quantity: decimal(trade.amount),
      fee: decimal(trade.fee?.cost ?? 0),
      timeMs: trade.timestamp,
    }
    this.#filled = this.#filled.plus(fill.quantity)
    this.#onFill(fill)
  }
}
