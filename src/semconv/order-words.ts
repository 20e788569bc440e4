import type { OrderEvent, OrderStatus, OrderType, TimeInForce } from './words.ts'

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

type Words<T> = Readonly<Record<Vocabulary, Readonly<Record<string, T>>>>

/** Status words, upper case without separators; FIX 39 codes and LEAN numbers as they are. */
const statuses: Words<OrderStatus> = {
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
    OPEN: 'new',
    CLOSED: 'filled',
    CANCELED: 'canceled',
    CANCELING: 'pending_cancel',
    EXPIRED: 'expired',
    REJECTED: 'rejected',
  },
  binance: {
    PENDINGNEW: 'pending_new',
    NEW: 'new',
    PARTIALLYFILLED: 'partially_filled',
    FILLED: 'filled',
    PENDINGCANCEL: 'pending_cancel',
    CANCELED: 'canceled',
    REJECTED: 'rejected',
    EXPIRED: 'expired',
    EXPIREDINMATCH: 'expired',
    // Liquidation by the insurance fund, and auto-deleveraging: what follows is in the sums.
    NEWINSURANCE: 'new',
    NEWADL: 'new',
    // Conditional (algo) orders.
    TRIGGERING: 'triggered',
    TRIGGERED: 'triggered',
    FINISHED: 'filled',
  },
  bybit: {
    CREATED: 'pending_new',
    NEW: 'new',
    UNTRIGGERED: 'new',
    TRIGGERED: 'triggered',
    PARTIALLYFILLED: 'partially_filled',
    FILLED: 'filled',
    PENDINGCANCEL: 'pending_cancel',
    CANCELED: 'canceled',
    PARTIALLYFILLEDCANCELED: 'canceled',
    DEACTIVATED: 'canceled',
    REJECTED: 'rejected',
  },
  polymarket: {
    LIVE: 'new',
    MATCHED: 'filled',
    DELAYED: 'pending_new',
    UNMATCHED: 'new',
    CANCELED: 'canceled',
    CANCELEDMARKETRESOLVED: 'canceled',
    INVALID: 'rejected',
    EXPIRED: 'expired',
  },
  hummingbot: {
    PENDINGCREATE: 'pending_new',
    PENDINGAPPROVAL: 'pending_new',
    APPROVED: 'pending_new',
    CREATED: 'new',
    OPEN: 'new',
    PARTIALLYFILLED: 'partially_filled',
    PENDINGCANCEL: 'pending_cancel',
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
    PENDINGUPDATE: 'pending_replace',
    PENDINGCANCEL: 'pending_cancel',
    PARTIALLYFILLED: 'partially_filled',
    FILLED: 'filled',
  },
  bbgo: {
    NEW: 'new',
    FILLED: 'filled',
    PARTIALLYFILLED: 'partially_filled',
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
    NEW: 'pending_new',
    SUBMITTED: 'new',
    PARTIALLYFILLED: 'partially_filled',
    FILLED: 'filled',
    CANCELED: 'canceled',
    INVALID: 'rejected',
    CANCELPENDING: 'pending_cancel',
    UPDATESUBMITTED: 'pending_replace',
  },
  vnpy: {
    SUBMITTING: 'pending_new',
    NOTTRADED: 'new',
    PARTTRADED: 'partially_filled',
    ALLTRADED: 'filled',
    CANCELED: 'canceled',
    REJECTED: 'rejected',
  },
  seeds: {
    ORDERSUBMITTING: 'pending_new',
    ORDERSUBMITTED: 'new',
    ORDERFILLING: 'partially_filled',
    ORDERPARTIALFILL: 'partially_filled',
    ORDERFILLED: 'filled',
    ORDERCANCELED: 'canceled',
    ORDEREXPIRED: 'expired',
    ORDERREJECTED: 'rejected',
    ORDERFAILED: 'rejected',
    ORDERTIMEOUT: 'unknown',
    PREDICTSUBMITTED: 'new',
    PENDING: 'pending_new',
  },
}

/** Event words where a vocabulary tells events from statuses. */
const happenings: Readonly<Partial<Record<Vocabulary, Readonly<Record<string, OrderEvent>>>>> = {
  fix: {
    0: 'new',
    // Partial fill and fill of FIX 4.2, one Trade since 4.4.
    1: 'trade',
    2: 'trade',
    3: 'expired',
    4: 'canceled',
    5: 'replaced',
    6: 'pending_cancel',
    7: 'restated',
    8: 'rejected',
    9: 'restated',
    A: 'pending_new',
    B: 'calculated',
    C: 'expired',
    D: 'restated',
    E: 'pending_replace',
    F: 'trade',
    G: 'restated',
    H: 'restated',
    I: 'order_status',
    L: 'triggered',
  },
  binance: {
    NEW: 'new',
    CANCELED: 'canceled',
    REPLACED: 'replaced',
    REJECTED: 'rejected',
    TRADE: 'trade',
    EXPIRED: 'expired',
    CALCULATED: 'calculated',
    AMENDMENT: 'replaced',
    TRADEPREVENTION: 'expired',
  },
  bybit: {
    TRADE: 'trade',
    ADLTRADE: 'trade',
    BUSTTRADE: 'calculated',
    DELIVERY: 'trade',
    SETTLE: 'trade',
    BLOCKTRADE: 'trade',
    MOVEPOSITION: 'trade',
    FUTURESPREAD: 'trade',
  },
  polymarket: {
    PLACEMENT: 'new',
    UPDATE: 'trade',
    CANCELATION: 'canceled',
    TRADE: 'trade',
  },
}

const types: Readonly<Record<string, OrderType>> = {
  MARKET: 'market',
  LIMIT: 'limit',
  LIMITMAKER: 'limit',
  STOP: 'stop_limit',
  STOPLIMIT: 'stop_limit',
  STOPLOSSLIMIT: 'stop_limit',
  STOPMARKET: 'stop_market',
  STOPLOSS: 'stop_market',
  TAKEPROFIT: 'take_profit_limit',
  TAKEPROFITLIMIT: 'take_profit_limit',
  TAKEPROFITMARKET: 'take_profit_market',
  LIMITIFTOUCHED: 'take_profit_limit',
  MARKETIFTOUCHED: 'take_profit_market',
  TRAILINGSTOP: 'trailing_stop',
  TRAILINGSTOPMARKET: 'trailing_stop',
  TRAILINGSTOPLIMIT: 'trailing_stop',
}

/** FIX 40 OrdType; Binance spot, where STOP_LOSS and TAKE_PROFIT are market orders. */
const typesOf: Readonly<Partial<Record<Vocabulary, Readonly<Record<string, OrderType>>>>> = {
  fix: {
    1: 'market',
    2: 'limit',
    3: 'stop_market',
    4: 'stop_limit',
    J: 'take_profit_market',
    P: 'trailing_stop',
  },
}

/** A time in force, and whether it is how the venue writes post-only. */
export interface TimeInForceWord {
  readonly timeInForce: TimeInForce
  readonly postOnly: boolean
}

const times: Readonly<Record<string, TimeInForceWord>> = {
  DAY: { timeInForce: 'day', postOnly: false },
  GTC: { timeInForce: 'gtc', postOnly: false },
  GOODTILLCANCEL: { timeInForce: 'gtc', postOnly: false },
  GTEGTC: { timeInForce: 'gtc', postOnly: false },
  IOC: { timeInForce: 'ioc', postOnly: false },
  IMMEDIATEORCANCEL: { timeInForce: 'ioc', postOnly: false },
  RPI: { timeInForce: 'gtc', postOnly: true },
  // Polymarket's fill-and-kill is an immediate-or-cancel.
  FAK: { timeInForce: 'ioc', postOnly: false },
  FOK: { timeInForce: 'fok', postOnly: false },
  FILLORKILL: { timeInForce: 'fok', postOnly: false },
  GTD: { timeInForce: 'gtd', postOnly: false },
  OPG: { timeInForce: 'opening', postOnly: false },
  CLS: { timeInForce: 'close', postOnly: false },
  // "Good till crossing": post-only at Binance and in ccxt.
  GTX: { timeInForce: 'gtc', postOnly: true },
  PO: { timeInForce: 'gtc', postOnly: true },
  POSTONLY: { timeInForce: 'gtc', postOnly: true },
}

// FIX 59 5 is "good till crossing" in its first meaning: until the auction, not post-only.
const fixTimes: Readonly<Record<string, TimeInForceWord>> = {
  0: { timeInForce: 'day', postOnly: false },
  1: { timeInForce: 'gtc', postOnly: false },
  2: { timeInForce: 'opening', postOnly: false },
  3: { timeInForce: 'ioc', postOnly: false },
  4: { timeInForce: 'fok', postOnly: false },
  5: { timeInForce: 'day', postOnly: false },
  6: { timeInForce: 'gtd', postOnly: false },
  7: { timeInForce: 'close', postOnly: false },
}

/** The status that `word` stands for, or undefined when the vocabulary has no such word. */
export function orderStatusOf(vocabulary: Vocabulary, word: unknown): OrderStatus | undefined {
  return look(statuses[vocabulary], vocabulary, word)
}

/** The event that `word` stands for, or undefined. */
export function orderEventOf(vocabulary: Vocabulary, word: unknown): OrderEvent | undefined {
  return look(happenings[vocabulary] ?? {}, vocabulary, word)
}

/** The order type that `word` stands for, or undefined. */
export function orderTypeOf(vocabulary: Vocabulary, word: unknown): OrderType | undefined {
  const own = typesOf[vocabulary]
  return look(own ?? types, vocabulary, word)
}

/** Time in force and post-only that `word` stands for, or undefined. */
export function timeInForceOf(vocabulary: Vocabulary, word: unknown): TimeInForceWord | undefined {
  return look(vocabulary === 'fix' ? fixTimes : times, vocabulary, word)
}

function look<T>(
  words: Readonly<Record<string, T>>,
  vocabulary: Vocabulary,
  word: unknown,
): T | undefined {
  if (typeof word !== 'string' && typeof word !== 'number') return undefined
  // FIX codes are single characters; letters of both cases are different codes there.
  const key = vocabulary === 'fix' ? String(word) : plain(String(word))
  return Object.hasOwn(words, key) ? words[key] : undefined
}

function plain(word: string): string {
  return word
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, '')
    .replaceAll('CANCELL', 'CANCEL')
}
