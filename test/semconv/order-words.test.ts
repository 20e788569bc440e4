import { describe, expect, test } from 'vitest'
import {
  orderEventOf,
  orderStatusOf,
  orderStatusWords,
  orderTypeOf,
  timeInForceOf,
} from '../../src/semconv/order-words.ts'
import { vocabularies } from '../../src/semconv/order-status-words.ts'
import type { Vocabulary } from '../../src/semconv/order-status-words.ts'
import { rejectReasonOf, rejectReasonOfClass } from '../../src/semconv/reject-words.ts'
import { orderStatuses } from '../../src/semconv/words.ts'

/** The table of reference/trading.md (c), column by column. */
const table: Readonly<Partial<Record<Vocabulary, Readonly<Record<string, string>>>>> = {
  fix: {
    A: 'pending_new',
    '0': 'new',
    '1': 'partially_filled',
    '2': 'filled',
    '6': 'pending_cancel',
    E: 'pending_replace',
    '4': 'canceled',
    C: 'expired',
    '8': 'rejected',
  },
  ccxt: {
    open: 'new',
    closed: 'filled',
    canceled: 'canceled',
    expired: 'expired',
    rejected: 'rejected',
  },
  binance: {
    NEW: 'new',
    PARTIALLY_FILLED: 'partially_filled',
    FILLED: 'filled',
    CANCELED: 'canceled',
    EXPIRED: 'expired',
    EXPIRED_IN_MATCH: 'expired',
  },
  polymarket: { LIVE: 'new', MATCHED: 'filled', CANCELED: 'canceled' },
  hummingbot: {
    PENDING_CREATE: 'pending_new',
    OPEN: 'new',
    PARTIALLY_FILLED: 'partially_filled',
    FILLED: 'filled',
    PENDING_CANCEL: 'pending_cancel',
    CANCELED: 'canceled',
    FAILED: 'rejected',
  },
  nautilus: {
    SUBMITTED: 'pending_new',
    ACCEPTED: 'new',
    PARTIALLY_FILLED: 'partially_filled',
    FILLED: 'filled',
    PENDING_CANCEL: 'pending_cancel',
    PENDING_UPDATE: 'pending_replace',
    CANCELED: 'canceled',
    EXPIRED: 'expired',
    REJECTED: 'rejected',
    DENIED: 'denied',
    TRIGGERED: 'triggered',
  },
  bbgo: {
    NEW: 'new',
    PARTIALLY_FILLED: 'partially_filled',
    FILLED: 'filled',
    CANCELED: 'canceled',
    EXPIRED: 'expired',
    REJECTED: 'rejected',
  },
  lean: {
    '0': 'pending_new',
    '1': 'new',
    '2': 'partially_filled',
    '3': 'filled',
    '5': 'canceled',
    '7': 'rejected',
    '8': 'pending_cancel',
    '9': 'pending_replace',
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
    ORDER_SUBMITTING: 'pending_new',
    ORDER_SUBMITTED: 'new',
    ORDER_FILLING: 'partially_filled',
    ORDER_PARTIAL_FILL: 'partially_filled',
    ORDER_FILLED: 'filled',
    ORDER_CANCELLED: 'canceled',
    ORDER_EXPIRED: 'expired',
    ORDER_REJECTED: 'rejected',
    order_reJECTED: 'rejected',
    ORDER_TIMEOUT: 'unknown',
  },
}

describe('status words', () => {
  test.each(Object.entries(table))('[A26, B11] of %s', (vocabulary, words) => {
    const mapped = Object.keys(words ?? {}).map((word) => [
      word,
      orderStatusOf(vocabulary as Vocabulary, word),
    ])
    expect(Object.fromEntries(mapped)).toEqual(words)
  })

  test('[B11] case, separators and a second L make no difference, but for FIX codes', () => {
    expect(orderStatusOf('binance', 'partially-filled')).toBe('partially_filled')
    expect(orderStatusOf('bybit', 'PARTIALLY_FILLED')).toBe('partially_filled')
    expect(orderStatusOf('ccxt', 'CANCELLED')).toBe('canceled')
    expect(orderStatusOf('lean', 3)).toBe('filled')
    expect(orderStatusOf('fix', 'a')).toBeUndefined()
  })

  test('what is no word of a vocabulary has no meaning in it', () => {
    for (const vocabulary of vocabularies) {
      for (const word of ['', 'toString', '__proto__', 'NONSENSE', null, undefined, {}]) {
        expect(orderStatusOf(vocabulary, word)).toBeUndefined()
      }
    }
  })

  test('every word of every vocabulary leads back to its status', () => {
    for (const vocabulary of vocabularies) {
      for (const status of orderStatuses) {
        for (const word of orderStatusWords(vocabulary, status)) {
          expect([word, orderStatusOf(vocabulary, word)]).toEqual([word, status])
        }
      }
    }
  })
})

describe('event words', () => {
  test('[A26] FIX 150, in the old and the new way of telling fills', () => {
    const codes = [
      '0',
      '1',
      '2',
      '4',
      '5',
      '6',
      '8',
      'A',
      'B',
      'C',
      'D',
      'E',
      'F',
      'G',
      'H',
      'I',
      'L',
    ]
    expect(codes.map((code) => orderEventOf('fix', code))).toEqual([
      'new',
      'trade',
      'trade',
      'canceled',
      'replaced',
      'pending_cancel',
      'rejected',
      'pending_new',
      'calculated',
      'expired',
      'restated',
      'pending_replace',
      'trade',
      'trade_correct',
      'trade_cancel',
      'order_status',
      'triggered',
    ])
  })

  test('[A26] Binance x', () => {
    const words = ['NEW', 'CANCELED', 'CALCULATED', 'EXPIRED', 'TRADE', 'AMENDMENT', 'REJECTED']
    expect(words.map((word) => orderEventOf('binance', word))).toEqual([
      'new',
      'canceled',
      'calculated',
      'expired',
      'trade',
      'replaced',
      'rejected',
    ])
  })
})

describe('time in force', () => {
  test('GTX is post-only at Binance; FIX 5 is not', () => {
    expect(timeInForceOf('binance', 'GTX')).toEqual({ timeInForce: 'gtc', postOnly: true })
    expect(timeInForceOf('ccxt', 'PO')).toEqual({ timeInForce: 'gtc', postOnly: true })
    expect(timeInForceOf('bybit', 'PostOnly')).toEqual({ timeInForce: 'gtc', postOnly: true })
    expect(timeInForceOf('fix', '5')).toEqual({ timeInForce: 'day', postOnly: false })
    expect(timeInForceOf('fix', '3')?.timeInForce).toBe('ioc')
    expect(timeInForceOf('polymarket', 'FAK')?.timeInForce).toBe('ioc')
  })
})

describe('order types', () => {
  test('of FIX, ccxt and Binance', () => {
    expect(['1', '2', '3', '4'].map((code) => orderTypeOf('fix', code))).toEqual([
      'market',
      'limit',
      'stop_market',
      'stop_limit',
    ])
    expect(orderTypeOf('ccxt', 'limit')).toBe('limit')
    expect(orderTypeOf('binance', 'TRAILING_STOP_MARKET')).toBe('trailing_stop')
    expect(orderTypeOf('binance', 'ICEBERG')).toBeUndefined()
  })
})

describe('reject reasons', () => {
  test.each([
    ['binance', '-2019', 'Margin is insufficient.', 'insufficient_balance'],
    [
      'binance',
      '-2010',
      'Account has insufficient balance for requested action.',
      'insufficient_balance',
    ],
    ['binance', '-1013', 'Filter failure: LOT_SIZE', 'lot_size'],
    ['binance', '-1013', 'Filter failure: MIN_NOTIONAL', 'min_notional'],
    ['binance', '-1013', 'Filter failure: PRICE_FILTER', 'tick_size'],
    ['binance', '-1013', 'Filter failure: PERCENT_PRICE_BY_SIDE', 'price_out_of_range'],
    [
      'binance',
      '-5022',
      'Due to the order could not be executed as maker',
      'post_only_would_cross',
    ],
    ['binance', '-2010', 'Order would immediately match and take.', 'post_only_would_cross'],
    ['binance', '-1021', 'Timestamp for this request is outside of the recvWindow.', 'timestamp'],
    ['binance', '-1022', 'Signature for this request is not valid.', 'signature'],
    ['binance', '-2011', 'Unknown order sent.', 'unknown_order'],
    ['binanceusdm', '-4164', 'x', 'min_notional'],
    ['bybit', '110007', 'ab not enough for new order', 'insufficient_balance'],
    ['bybit', '170218', 'The LIMIT-MAKER order is rejected', 'post_only_would_cross'],
    ['bybit', undefined, 'EC_PostOnlyWillTakeLiquidity', 'post_only_would_cross'],
    ['bybit', '10024', 'regional restrictions', 'region_blocked'],
    ['polymarket', undefined, 'not enough balance / allowance', 'insufficient_balance'],
    [
      'polymarket',
      undefined,
      "order couldn't be fully filled. FOK orders are fully filled or killed.",
      'fok_unfilled',
    ],
    [
      'polymarket',
      undefined,
      'order 0x1 is invalid. Size (1) lower than the minimum: 5',
      'min_notional',
    ],
    [
      'polymarket',
      undefined,
      'invalid post-only order: order crosses book',
      'post_only_would_cross',
    ],
    ['polymarket', undefined, 'the orderbook 123 does not exist', 'market_closed'],
    ['fix', '3', undefined, 'insufficient_balance'],
    ['kraken', undefined, 'EOrder:Rate limit exceeded', 'rate_limit'],
    ['other', '77', 'no', 'other'],
    ['binance', undefined, undefined, 'other'],
  ])('[X14, A41] %s %s "%s" is %s', (venue, code, text, reason) => {
    expect(rejectReasonOf({ venue, code, text })).toBe(reason)
  })

  test('[X14] classes of ccxt, by the nearest known parent', () => {
    expect(rejectReasonOfClass(['OrderImmediatelyFillable', 'InvalidOrder'])).toBe(
      'post_only_would_cross',
    )
    expect(rejectReasonOfClass(['AccountSuspended', 'AuthenticationError'])).toBe('permission')
    expect(rejectReasonOfClass(['toString', 'Error'])).toBeUndefined()
  })

  test('a page as the text of an error is judged by its beginning, in no time', () => {
    expect(rejectReasonOf({ text: 'price'.repeat(100_000) })).toBe('other')
  })
})
