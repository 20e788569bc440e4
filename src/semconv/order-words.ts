import { orderStatusTable } from './order-status-words.ts'
import type { Vocabulary } from './order-status-words.ts'
import type { OrderEvent, OrderStatus, OrderType, TimeInForce } from './words.ts'

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
    G: 'trade_correct',
    H: 'trade_cancel',
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
    TRADE_PREVENTION: 'expired',
  },
  bybit: {
    Trade: 'trade',
    AdlTrade: 'trade',
    BustTrade: 'calculated',
    Delivery: 'trade',
    Settle: 'trade',
    BlockTrade: 'trade',
    MovePosition: 'trade',
    FutureSpread: 'trade',
  },
  polymarket: {
    PLACEMENT: 'new',
    UPDATE: 'trade',
    CANCELLATION: 'canceled',
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
  return look(orderStatusTable[vocabulary], vocabulary, word)
}

/** The words of a vocabulary for a status, as they are written there. */
export function orderStatusWords(vocabulary: Vocabulary, status: OrderStatus): string[] {
  const words = Object.entries(orderStatusTable[vocabulary])
  return words.filter(([, meaning]) => meaning === status).map(([word]) => word)
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

const plainWords = new WeakMap<Readonly<Record<string, unknown>>, ReadonlyMap<string, string>>()

// Case and separators do not tell words apart, but for FIX codes: A is pending new, a is none.
function look<T>(
  words: Readonly<Record<string, T>>,
  vocabulary: Vocabulary,
  word: unknown,
): T | undefined {
  if (typeof word !== 'string' && typeof word !== 'number') return undefined
  const text = String(word)
  if (Object.hasOwn(words, text)) return words[text]
  if (vocabulary === 'fix') return undefined
  let byPlain = plainWords.get(words)
  if (!byPlain) {
    byPlain = new Map(Object.keys(words).map((key) => [plain(key), key]))
    plainWords.set(words, byPlain)
  }
  const key = byPlain.get(plain(text))
  return key === undefined ? undefined : words[key]
}

function plain(word: string): string {
  return word
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, '')
    .replaceAll('CANCELL', 'CANCEL')
}
