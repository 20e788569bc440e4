import type { OrderStatus } from './words.ts'

/**
 * Order words of venues and of other trading systems, mapped to ours. The venue's own word is kept beside it by the caller.
 *
 * Sources: FIX 4.4 fields 39, 150, 40, 59; ccxt `Order`; Binance spot and USDⓈ-M user streams; Bybit V5 enums;
 * Polymarket CLOB; hummingbot `in_flight_order.py`; nautilus_trader `OrderStatus`; bbgo `types/order.go`; LEAN
 * `OrderTypes.cs`; vnpy `constant.py`; the words of the source documents.
 */
export const vocabularies = [
  'fix',
  'ccxt',
  'binance',
  'bybit',
  'polymarket',
  'hummingbot',
  'nautilus',
  'bbgo',
  'lean',
  'vnpy',
  'seeds',
] as const
/** Whose words they are. */
export type Vocabulary = (typeof vocabularies)[number]

/** Status words as they are written there; FIX 39 codes and LEAN numbers. */
export const orderStatusTable: Readonly<Record<Vocabulary, Readonly<Record<string, OrderStatus>>>> =
  {
    fix: {
      0: 'new',
      1: 'partially_filled',
      2: 'filled',
      // Done for day: it works no more today; for us the order is over.
      3: 'expired',
      4: 'canceled',
      // Replaced (removed since FIX 4.4): the replacing order works on.
      5: 'new',
      6: 'pending_cancel',
      // Stopped: a trade is guaranteed and has not come yet.
      7: 'new',
      8: 'rejected',
      // Suspended: it neither works nor has it ended.
      9: 'new',
      A: 'pending_new',
      B: 'filled',
      C: 'expired',
      D: 'pending_new',
      E: 'pending_replace',
    },
    ccxt: {
      open: 'new',
      closed: 'filled',
      canceled: 'canceled',
      canceling: 'pending_cancel',
      expired: 'expired',
      rejected: 'rejected',
    },
    binance: {
      PENDING_NEW: 'pending_new',
      NEW: 'new',
      PARTIALLY_FILLED: 'partially_filled',
      FILLED: 'filled',
      PENDING_CANCEL: 'pending_cancel',
      CANCELED: 'canceled',
      REJECTED: 'rejected',
      EXPIRED: 'expired',
      EXPIRED_IN_MATCH: 'expired',
      // Liquidation by the insurance fund, and auto-deleveraging: what follows is in the sums.
      NEW_INSURANCE: 'new',
      NEW_ADL: 'new',
      // Conditional (algo) orders.
      TRIGGERING: 'triggered',
      TRIGGERED: 'triggered',
    },
    bybit: {
      Created: 'pending_new',
      New: 'new',
      Untriggered: 'new',
      Triggered: 'triggered',
      PartiallyFilled: 'partially_filled',
      Filled: 'filled',
      PendingCancel: 'pending_cancel',
      Cancelled: 'canceled',
      PartiallyFilledCanceled: 'canceled',
      Deactivated: 'canceled',
      Rejected: 'rejected',
    },
    polymarket: {
      LIVE: 'new',
      MATCHED: 'filled',
      DELAYED: 'pending_new',
      UNMATCHED: 'new',
      CANCELED: 'canceled',
      CANCELED_MARKET_RESOLVED: 'canceled',
      INVALID: 'rejected',
      EXPIRED: 'expired',
    },
    hummingbot: {
      PENDING_CREATE: 'pending_new',
      PENDING_APPROVAL: 'pending_new',
      APPROVED: 'pending_new',
      CREATED: 'new',
      OPEN: 'new',
      PARTIALLY_FILLED: 'partially_filled',
      PENDING_CANCEL: 'pending_cancel',
      FILLED: 'filled',
      COMPLETED: 'filled',
      CANCELED: 'canceled',
      FAILED: 'rejected',
    },
    nautilus: {
      INITIALIZED: 'pending_new',
      EMULATED: 'pending_new',
      RELEASED: 'pending_new',
      SUBMITTED: 'pending_new',
      DENIED: 'denied',
      ACCEPTED: 'new',
      REJECTED: 'rejected',
      CANCELED: 'canceled',
      EXPIRED: 'expired',
      TRIGGERED: 'triggered',
      PENDING_UPDATE: 'pending_replace',
      PENDING_CANCEL: 'pending_cancel',
      PARTIALLY_FILLED: 'partially_filled',
      FILLED: 'filled',
    },
    bbgo: {
      NEW: 'new',
      FILLED: 'filled',
      PARTIALLY_FILLED: 'partially_filled',
      CANCELED: 'canceled',
      REJECTED: 'rejected',
      EXPIRED: 'expired',
    },
    lean: {
      0: 'pending_new',
      1: 'new',
      2: 'partially_filled',
      3: 'filled',
      5: 'canceled',
      7: 'rejected',
      8: 'pending_cancel',
      9: 'pending_replace',
      New: 'pending_new',
      Submitted: 'new',
      PartiallyFilled: 'partially_filled',
      Filled: 'filled',
      Canceled: 'canceled',
      Invalid: 'rejected',
      CancelPending: 'pending_cancel',
      UpdateSubmitted: 'pending_replace',
    },
    vnpy: {
      SUBMITTING: 'pending_new',
      NOTTRADED: 'new',
      PARTTRADED: 'partially_filled',
      ALLTRADED: 'filled',
      CANCELLED: 'canceled',
      REJECTED: 'rejected',
    },
    seeds: {
      order_submitting: 'pending_new',
      ORDER_SUBMITTED: 'new',
      order_filling: 'partially_filled',
      ORDER_PARTIAL_FILL: 'partially_filled',
      ORDER_FILLED: 'filled',
      ORDER_CANCELLED: 'canceled',
      ORDER_EXPIRED: 'expired',
      order_reJECTED: 'rejected',
      ORDER_FAILED: 'rejected',
      order_timeout: 'unknown',
      PREDICT_SUBMITTED: 'new',
      PENDING: 'pending_new',
    },
  }
