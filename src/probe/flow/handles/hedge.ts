import type { Context, Span } from '@opentelemetry/api'
import type { DecimalInput } from '../../../base/decimal-input.ts'
import type { Side } from '../../../semconv/words.ts'
import type { Order, OrderOptions } from './order.ts'

/**
 * An order within a hedge, unwind or position: what it leaves out comes from there. The quantity of a hedge or unwind is
 * base money; an order with a `contractSize` gets it in its contracts, inverse ones at its price, its arrival price, or
 * that of the last fill. Inverse ones for an inverse entry are as many as its own, and cover those, at any price. An
 * unwind where the entry was filled has the contracts of the entry.
 */
export type LegOrderOptions = Omit<OrderOptions, 'venue' | 'quantity' | 'side'> &
  Partial<Pick<OrderOptions, 'venue' | 'quantity' | 'side'>>

/** What is to be covered, and where. */
export interface HedgeOptions {
  /** @default h1, h2 … within the flow */
  readonly hedgeId?: string | undefined
  readonly venue: string
  readonly symbol?: string | undefined
  /** @default the side against the signal */
  readonly side?: Side | undefined
  /** Quantity to cover, in base money. @default what is uncovered now */
  readonly quantity?: DecimalInput | undefined
  /** Above this hedge latency the hedge is delayed. @default what createFlows was told */
  readonly delayLimitMs?: number | undefined
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Covering what was filled. Its clock runs from the first fill that is not covered, also when that fill came before
 * the hedge was made. It ends by itself when its orders have covered the quantity.
 */
export interface Hedge {
  readonly hedgeId: string
  readonly span: Span
  readonly context: Context
  readonly ended: boolean
  readonly quantity: string
  readonly coveredQuantity: string
  /** An attempt: an order whose fills cover. */
  order(options?: LegOrderOptions): Order
  /** Cover that no order of this process brings (a netted fill, an option). */
  covered(cover: {
    readonly quantity: DecimalInput
    readonly price?: DecimalInput | undefined
  }): void
  /**
   * Given up. What is uncovered stays so until an unwind or another hedge.
   * @param failure a `reason` is a label: a word (`timeout`, `venue_down`), not an id or a message; these belong in `error`
   */
  failed(failure?: { readonly reason?: string | undefined; readonly error?: unknown }): void
  /** The hedge leg was closed with its position. */
  closed(close?: { readonly realizedPnl?: DecimalInput | undefined }): void
  /** Runs `fn` in the context of the hedge. What it throws fails the hedge and is thrown on. */
  run<T>(fn: () => T): T
}

/** What is to be closed again, and why. */
export interface UnwindOptions {
  /** @default u1, u2 … within the flow */
  readonly unwindId?: string | undefined
  /** @default the venue of the first filled order */
  readonly venue?: string | undefined
  readonly symbol?: string | undefined
  /** @default the side against the signal */
  readonly side?: Side | undefined
  /** Quantity to close, in base money. @default what is uncovered now */
  readonly quantity?: DecimalInput | undefined
  /** @default 'hedge_failed' */
  readonly reason?: string | undefined
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Closing the filled leg because the hedge cannot be had. It ends by itself when the quantity is closed; when nothing
 * of the flow is left open then, the flow ends as `unwound`.
 */
export interface Unwind {
  readonly unwindId: string
  readonly span: Span
  readonly context: Context
  readonly ended: boolean
  readonly quantity: string
  readonly closedQuantity: string
  order(options?: LegOrderOptions): Order
  /** Given up: the filled leg stays open and a person must look. Ends the flow as `unwind_failed`. */
  failed(failure?: { readonly reason?: string | undefined; readonly error?: unknown }): void
  /** Runs `fn` in the context of the unwind. What it throws fails the unwind and is thrown on. */
  run<T>(fn: () => T): T
}
