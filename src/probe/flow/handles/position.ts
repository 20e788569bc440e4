import type { Context, Span } from '@opentelemetry/api'
import type { DecimalInput } from '../../../base/decimal-input.ts'
import type { ExitReason, OrderOrigin, PositionSide, PriceSource } from '../../../semconv/words.ts'
import type { Order } from './order.ts'
import type { LegOrderOptions } from './hedge.ts'

/** A position that was opened. What is left out comes from the fills of the flow. */
export interface PositionOptions {
  readonly positionId: string
  readonly venue?: string | undefined
  readonly symbol?: string | undefined
  readonly strategy?: string | undefined
  readonly side?: PositionSide | undefined
  /** In the unit of its orders. @default what the flow filled and did not unwind */
  readonly quantity?: DecimalInput | undefined
  /** @default the average price of what the flow filled */
  readonly entryPrice?: DecimalInput | undefined
  /** Fees of the entry in quote money; base money for inverse contracts. */
  readonly entryFees?: DecimalInput | undefined
  readonly leverage?: number | undefined
  readonly marginMode?: 'cross' | 'isolated' | undefined
  readonly liquidationPrice?: DecimalInput | undefined
  readonly stopPrice?: DecimalInput | undefined
  readonly takeProfitPrice?: DecimalInput | undefined
  /** Base quantity of one contract, or quote money of one inverse contract. @default 1 */
  readonly contractSize?: DecimalInput | undefined
  /** Contracts in quote money, settled in base: results are in base money (1/price). @default false */
  readonly inverse?: boolean | undefined
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
}

/** A position beside the one that a flow opens. */
export interface LinkedPositionOptions extends PositionOptions {
  readonly symbol: string
  /** Context of the flow, hedge or order it comes from. */
  readonly link?: Context | undefined
}

/** Prices to value a position with, by source, and what the venue says about its margin. */
export type PositionMark = { readonly [Source in PriceSource]?: DecimalInput | undefined } & {
  readonly liquidationPrice?: DecimalInput | undefined
  /** Maintenance margin over margin balance. */
  readonly marginRatio?: number | undefined
}

/** How a position was closed. What is left out comes from the orders made with {@link Position.order}. */
export interface PositionClose {
  readonly exitPrice?: DecimalInput | undefined
  readonly reason?: ExitReason | undefined
  /** Fees of the exit in quote money; base money for inverse contracts. */
  readonly fees?: DecimalInput | undefined
  /** Result as the venue reports it, before fees and funding; kept beside the own figure. */
  readonly venueRealizedPnl?: DecimalInput | undefined
}

/** What a position amounts to now. Decimal strings, in quote money (base money for inverse contracts). */
export interface PositionState {
  readonly side: PositionSide
  readonly quantity: string
  readonly entryPrice: string
  /** After fees and funding. */
  readonly realizedPnl: string
  readonly unrealizedPnl: string | undefined
  readonly fees: string
  readonly funding: string
  /** Worst and best unrealized result, and the largest fall from the best. */
  readonly mae: string
  readonly mfe: string
  readonly drawdown: string
}

/**
 * An open position: a trace of its own, linked to the flow that opened it. Lives across minutes or days.
 * Results: quantity × (close − open) × sign − fees + funding; with 1/price for inverse contracts.
 */
export interface Position {
  readonly positionId: string
  readonly symbol: string
  readonly state: PositionState
  readonly ended: boolean
  readonly span: Span
  readonly context: Context
  /**
   * Values it. Drives unrealized result, worst and best, liquidation warnings. The event is written at most once a
   * second (`markIntervalMs`); the measures see every call.
   */
  marked(mark: PositionMark): void
  /** Quantity, stop, take-profit, leverage or liquidation price changed. */
  modified(change: {
    readonly quantity?: DecimalInput | undefined
    readonly entryPrice?: DecimalInput | undefined
    readonly stopPrice?: DecimalInput | undefined
    readonly takeProfitPrice?: DecimalInput | undefined
    readonly leverage?: number | undefined
    readonly liquidationPrice?: DecimalInput | undefined
  }): void
  /** Funding; positive = got, negative = paid. */
  funding(funding: {
    readonly payment: DecimalInput
    readonly rate?: DecimalInput | undefined
  }): void
  /** Stop-loss or take-profit was reached. */
  stopTriggered(trigger: {
    readonly reason: 'stop_loss' | 'take_profit' | 'trailing_stop'
    readonly price?: DecimalInput | undefined
  }): void
  /** An order of the position: those against its side reduce it, those with its side add to it. */
  order(options: LegOrderOptions): Order
  /** A part was closed by something else than an order of this handle. */
  reduced(part: {
    readonly quantity: DecimalInput
    readonly price: DecimalInput
    readonly fees?: DecimalInput | undefined
  }): void
  /** The venue closed it, or a part of it. */
  liquidated(liquidation: {
    readonly origin?: Extract<OrderOrigin, 'liquidation' | 'adl' | 'insurance'> | undefined
    /** @default all of it */
    readonly quantity?: DecimalInput | undefined
    /** @default the last mark */
    readonly price?: DecimalInput | undefined
  }): void
  /**
   * Flat, or given up: ends its trace. What its orders have not closed is closed at `exitPrice`, or at the last mark.
   * A position that its orders closed and that nobody ends is ended after a minute.
   */
  closed(close?: PositionClose): void
  /** Runs `fn` in the context of the position. What it throws is recorded as an error and thrown on. */
  run<T>(fn: () => T): T
}
