import type { Context, Span } from '@opentelemetry/api'
import type { DecimalInput } from '../../../base/decimal-input.ts'
import type {
  DenyReason,
  OrderEvent,
  OrderStatus,
  OrderType,
  RejectReason,
  Settlement,
  Side,
  TimeInForce,
} from '../../../semconv/words.ts'
import type { AnyUpdate, Bust, Fill, OrderUpdate } from '../order/update.ts'

export type { DecimalInput } from '../../../base/decimal-input.ts'

/** An order that is about to be sent. */
export interface OrderOptions {
  /** Exchange or broker, lower case. */
  readonly venue: string
  /** @default the symbol of the signal */
  readonly symbol?: string | undefined
  readonly side: Side
  /** @default 'limit' when there is a price, else 'market' */
  readonly type?: OrderType | undefined
  /** In the unit of the venue: base money at spot, contracts where there is a `contractSize`. */
  readonly quantity: DecimalInput
  /** Limit price, in quote money. */
  readonly price?: DecimalInput | undefined
  /** Trigger price of a stop or take-profit, in quote money. */
  readonly stopPrice?: DecimalInput | undefined
  readonly timeInForce?: TimeInForce | undefined
  readonly reduceOnly?: boolean | undefined
  readonly postOnly?: boolean | undefined
  /** Id to send with the order; the join key when the answer is lost. @default a new one, see {@link Order.clientOrderId} */
  readonly clientOrderId?: string | undefined
  readonly account?: string | undefined
  /** Mid when the order reaches the venue; may come later with `accepted`. */
  readonly arrivalPrice?: DecimalInput | undefined
  /** Base quantity of one contract, or quote money of one inverse contract. @default 1 */
  readonly contractSize?: DecimalInput | undefined
  /** Contracts in quote money, settled in base (1/price). @default false */
  readonly inverse?: boolean | undefined
  /** Number of the attempt, from 1. */
  readonly attempt?: number | undefined
  /** Further attributes of the span and its events. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
}

/** What a step of an order may bring, beside what the step says. */
export interface OrderStep {
  readonly orderId?: string | undefined
  readonly venueStatus?: string | undefined
  readonly venueEvent?: string | undefined
  /** Milliseconds since the epoch, of the venue's clock. */
  readonly timeMs?: number | undefined
  /** Further attributes of the event. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
}

/** The venue said no. */
export interface OrderRejection extends OrderStep {
  /** @default found from code and text in the words of the venue */
  readonly reason?: RejectReason | undefined
  /** Code and text exactly as the venue wrote them. */
  readonly code?: string | number | undefined
  readonly text?: string | undefined
  readonly error?: unknown
}

/** What an order amounts to now. Decimal strings. */
export interface OrderState {
  readonly status: OrderStatus
  readonly lastEvent: OrderEvent | undefined
  readonly quantity: string | undefined
  readonly filledQuantity: string
  /** Still open; `'0'` once the order has ended. */
  readonly remainingQuantity: string | undefined
  readonly averagePrice: string | undefined
  /** Fills that were counted. */
  readonly fills: number
  /** Fees by currency. */
  readonly fees: Readonly<Record<string, string>>
}

/**
 * One order at one venue: a span of its own, from before it is sent until its final status.
 *
 * No method throws. A step that the life of an order does not allow is recorded as an event, counted, and changes
 * nothing; a fill that came before counts once; a fill after a cancel is taken.
 */
export interface Order {
  /** Send it to the venue with the order. */
  readonly clientOrderId: string
  readonly orderId: string | undefined
  readonly venue: string
  readonly symbol: string
  readonly side: Side
  readonly status: OrderStatus
  readonly state: OrderState
  /** Whether it reached a final status. */
  readonly ended: boolean
  readonly span: Span
  /** Context in which records belong to this order. */
  readonly context: Context

  /** Runs `fn` in the context of the order, such as the look-up that reconciles it. What it throws is only thrown on. */
  run<T>(fn: () => T): T
  /** About to be sent; `state` is what the bot knew (balance, position, book). */
  submitting(step?: OrderStep & { readonly state?: unknown }): void
  /** Handed to the venue. */
  submitted(step?: OrderStep): void
  /**
   * Sends the order: `submitting`, then `send` in the context of the order, then `submitted` and an update from the
   * answer, when it is a ccxt order or `read` can read it (such as `binanceUpdates`). What `send` throws is told apart:
   * rejected by the venue, never sent, or outcome unknown (timeout, lost connection, 5xx, or a client id that the venue
   * has already, unless an earlier attempt under that id is still open); then it is thrown on. Ask the venue for an
   * order whose outcome is unknown, and tell what it said to `reconciled`.
   */
  submit<T>(
    send: () => Promise<T>,
    step?: {
      readonly state?: unknown
      readonly read?: ((answer: T) => readonly OrderUpdate[]) | undefined
    },
  ): Promise<T>
  /** The venue acknowledged it. */
  accepted(step?: OrderStep & { readonly arrivalPrice?: DecimalInput | undefined }): void
  /** Its trigger price was reached. */
  triggered(step?: OrderStep): void
  /** A fill, the last one or a part. Without `quantity`: all that is open. */
  filled(fill?: Fill & OrderStep): void
  /** The venue was asked for the state while the bot waits. */
  polled(step?: OrderStep): void
  /** A cancel was sent. */
  cancelRequested(step?: OrderStep & { readonly reason?: string | undefined }): void
  /** The venue refused the cancel; the order works on. */
  cancelRejected(rejection?: OrderRejection): void
  /** It works no more: canceled by the bot, a person, or the venue. What was filled stays filled. */
  canceled(step?: OrderStep & { readonly reason?: string | undefined }): void
  /** A change was sent. */
  replaceRequested(change?: OrderChange & OrderStep): void
  /** The venue took the change. */
  replaced(change?: OrderChange & OrderStep): void
  /** It works no more by its own terms: time in force, post-only, self-trade prevention. What was filled stays filled. */
  expired(step?: OrderStep & { readonly reason?: string | undefined }): void
  /** The venue rejected it. */
  rejected(rejection?: OrderRejection): void
  /** The own risk check stopped it; it was never sent. */
  denied(denial: {
    readonly reason: DenyReason
    /** Limit that was hit, with its value: `max_position=0.5`. */
    readonly limit?: string | undefined
    readonly attributes?: Readonly<Record<string, unknown>> | undefined
  }): void
  /** It could not be sent: it never reached the venue. */
  failed(error?: unknown, step?: OrderStep): void
  /** It was sent and its outcome is not known (timeout). It stays open until it is reconciled. */
  unknown(error?: unknown, step?: OrderStep): void
  /** The venue was asked and the outcome is known: pass what it said, or 'not_found'. */
  reconciled(found: AnyUpdate | 'not_found'): void
  /**
   * The venue took a fill back (trade bust). What is filled, the fees, the cover of a hedge, the exposure and the result of
   * a position that it closed are as if it had not been; its id counts no more. An order that was filled is then `canceled`;
   * a fill that comes all the same is taken. A position that the flow has opened already stays what it was opened as: say
   * the truth with `position.modified`.
   */
  busted(bust: Bust & OrderStep): void
  /** The settlement of a fill moved on (on-chain venues). One that `failed` takes its fill back. */
  settled(settlement: {
    readonly execId?: string | undefined
    readonly state: Settlement
    readonly txHash?: string | undefined
  }): void
  /** What the venue said, in whatever shape {@link Flows.update} takes. */
  update(update: AnyUpdate): void
  /** Mid some time after a fill: the markout of it. */
  markout(markout: {
    readonly mid: DecimalInput
    readonly horizonMs: number
    /** Compares with the price of this fill. @default the average price */
    readonly execId?: string | undefined
  }): void
}

/** A change of an order. */
export interface OrderChange {
  /** All that is ordered now, what is filled already included; not by how much it changed. */
  readonly quantity?: DecimalInput | undefined
  readonly price?: DecimalInput | undefined
  readonly stopPrice?: DecimalInput | undefined
  /** New client order id, where the venue wants one; the old one still finds the order. */
  readonly clientOrderId?: string | undefined
  readonly orderId?: string | undefined
}
