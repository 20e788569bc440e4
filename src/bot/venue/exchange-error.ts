/**
 * What an exchange call throws. Class names and ancestry are ccxt's, so that `instanceof` and `name` read as
 * they do with a real exchange; the raw answer is kept.
 */

/** The answer behind an error. No status where no answer came. */
export interface Answer {
  readonly httpStatus?: number
  /** The venue's own code. */
  readonly code?: number
  readonly body?: string
  readonly retryAfterMs?: number
}

/** Any failed call; ccxt's root of all. */
export class BaseError extends Error {
  readonly httpStatus: number | undefined
  readonly code: number | undefined
  readonly body: string | undefined
  readonly retryAfterMs: number | undefined

  constructor(message: string, answer: Answer = {}) {
    super(message)
    this.name = new.target.name
    this.httpStatus = answer.httpStatus
    this.code = answer.code
    this.body = answer.body
    this.retryAfterMs = answer.retryAfterMs
  }
}

/** The venue answered, and the answer was no. */
export class ExchangeError extends BaseError {}
/** The order breaks a rule: it does not exist. */
export class InvalidOrder extends ExchangeError {}

/** Not enough margin. */
export class InsufficientFunds extends ExchangeError {}
/** Post-only, and it would have taken liquidity. */
export class OrderImmediatelyFillable extends InvalidOrder {}
/** Fill-or-kill, and there is not enough to fill it. */
export class OrderNotFillable extends InvalidOrder {}

/** An order with this client id is there already: perhaps this very one. */
export class DuplicateOrderId extends InvalidOrder {}

/** The venue knows no such open order. */
export class OrderNotFound extends InvalidOrder {}

/** Something went wrong on the way; try again, or find out what happened. */
export class NetworkError extends BaseError {}
/** Sent, and no answer: the venue may or may not have taken it. */
export class RequestTimeout extends NetworkError {}

/** The venue does not work right now. */
export class ExchangeNotAvailable extends NetworkError {}

/** It says so itself. */
export class OnMaintenance extends ExchangeNotAvailable {}

/** Too many requests; `retryAfterMs` says when to come back. */
export class RateLimitExceeded extends NetworkError {}
/** Came after its receive window: refused without a look. */
export class InvalidNonce extends NetworkError {}

/** Why a venue refuses an order, with the codes that Binance futures uses. */
export const refusals = {
  insufficient_balance: [InsufficientFunds, -2019, 'Margin is insufficient.'],
  min_notional: [InvalidOrder, -4164, "Order's notional is too small."],
  lot_size: [InvalidOrder, -4023, 'Qty not increased by step size.'],
  price_filter: [InvalidOrder, -4014, 'Price not increased by tick size.'],
  percent_price: [
    InvalidOrder,
    -4131,
    "The counterparty's best price does not meet the PERCENT_PRICE filter limit.",
  ],
  post_only: [
    OrderImmediatelyFillable,
    -5022,
    'Due to the order could not be executed as maker, the Post Only order will be rejected.',
  ],
  fill_or_kill: [
    OrderNotFillable,
    -5021,
    'Due to the order could not be filled immediately, the FOK order has been rejected.',
  ],
  reduce_only: [InvalidOrder, -2022, 'ReduceOnly Order is rejected.'],
  duplicate_client_order_id: [DuplicateOrderId, -4116, 'ClientOrderId is duplicated.'],
  not_found: [OrderNotFound, -2013, 'Order does not exist.'],
  unknown_order: [OrderNotFound, -2011, 'Unknown order sent.'],
} as const

/** Why a venue refuses an order. */
export type RefusalReason = keyof typeof refusals

/** The error for a refusal, with the raw body a venue would send. */
export function refusal(venue: string, reason: RefusalReason): BaseError {
  const [ErrorClass, code, text] = refusals[reason]
  const body = JSON.stringify({ code, msg: text })
  return new ErrorClass(`${venue} ${body}`, { httpStatus: 400, code, body })
}
