import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arbitrageMetrics, snapshotAttributes } from '../../../src/probe/flow/book.ts'
import type { Book } from '../../../src/probe/flow/handles/book.ts'

const book: Book = {
  bids: [
    ['43210.0', '1.2'],
    ['43209.5', '2'],
  ],
  asks: [
    ['43210.50', '0.8'],
    ['43211', '3'],
  ],
  latencyMs: 12,
  timestamp: 1_700_000_000_000,
  nonce: 77,
}

const venueOf = (attributes: ReturnType<typeof snapshotAttributes>, venue: string): unknown =>
  (attributes['trading.book.venues'] as Record<string, unknown>)[venue]

describe('a snapshot', () => {
  test('[B15, B17] has per venue the levels, best bid and ask, spread, latency, time and nonce', () => {
    const attributes = snapshotAttributes({ binance: book, okx: null })
    expect(attributes['trading.book.venues']).toEqual({
      binance: {
        bids: [
          ['43210.0', '1.2'],
          ['43209.5', '2'],
        ],
        asks: [
          ['43210.50', '0.8'],
          ['43211', '3'],
        ],
        best_bid: '43210.0',
        best_ask: '43210.50',
        spread: '0.5',
        latency_ms: 12,
        timestamp_ms: 1_700_000_000_000,
        nonce: 77,
      },
      okx: null,
    })
  })

  test('[B15] keeps the best five levels of any order of levels', () => {
    const level = fc.tuple(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 9 }))
    fc.assert(
      fc.property(
        fc.uniqueArray(level, { selector: ([price]) => price, maxLength: 60 }),
        (levels) => {
          const venue = venueOf(snapshotAttributes({ v: { bids: levels, asks: levels } }), 'v')
          const prices = levels.map(([price]) => price).sort((a, b) => a - b)
          const texts = (sorted: readonly number[]): string[] => sorted.slice(0, 5).map(String)
          expect(venue).toMatchObject({
            asks: texts(prices).map((price) => [price, expect.any(String)]),
            bids: texts(prices.toReversed()).map((price) => [price, expect.any(String)]),
          })
        },
      ),
    )
  })

  test('[B19] of the NO side is turned round: 1 − price, sides swapped', () => {
    const no: Book = {
      bids: [
        ['0.40', '10'],
        ['0.42', '20'],
      ],
      asks: [
        ['0.46', '30'],
        ['0.44', '40'],
      ],
      reversed: true,
    }
    expect(venueOf(snapshotAttributes({ polymarket: no }), 'polymarket')).toEqual({
      bids: [
        ['0.56', '40'],
        ['0.54', '30'],
      ],
      asks: [
        ['0.58', '20'],
        ['0.6', '10'],
      ],
      best_bid: '0.56',
      best_ask: '0.58',
      spread: '0.02',
      reversed: true,
    })
  })

  test('[B15] of an empty or broken book says so and loses nothing else', () => {
    const broken: Book = {
      bids: [
        ['x', '1'],
        ['5', '0'],
        ['4', '1'],
      ],
      asks: [],
    }
    expect(venueOf(snapshotAttributes({ v: broken }), 'v')).toEqual({
      bids: [['4', '1']],
      asks: [],
      best_bid: '4',
      best_ask: null,
      spread: null,
    })
  })

  test('a book of ccxt fits as it is', () => {
    const ccxt = {
      symbol: 'BTC/USDT',
      bids: [[43210, 1.2, 1]],
      asks: [[43211, 1]],
      timestamp: undefined,
      nonce: undefined,
    }
    const typed: Book = { ...ccxt, bids: [[43210, 1.2, 1]], asks: [[43211, 1]] }
    expect(venueOf(snapshotAttributes({ v: typed }), 'v')).toMatchObject({
      best_bid: '43210',
      spread: '1',
    })
  })
})

describe('arbitrage', () => {
  const predict: Book = {
    bids: [['0.54', '100']],
    asks: [
      ['0.55', '80'],
      ['0.56', '100'],
    ],
  }
  const polymarket: Book = {
    bids: [['0.43', '50']],
    asks: [
      ['0.43', '30'],
      ['0.44', '60'],
    ],
  }

  test('[B18] two buys of complementary outcomes pay 1: cost with fees, profit, depth', () => {
    const metrics = arbitrageMetrics(
      { predict, polymarket },
      {
        legs: [
          { venue: 'predict', side: 'buy', feeRate: '0.01' },
          { venue: 'polymarket', side: 'buy', price: '0.44' },
        ],
      },
    )
    // 0.55 × 1.01 + 0.44 = 0.9955
    expect(metrics).toMatchObject({ totalCost: '0.9955', valid: true, maxDepth: '80' })
    expect(metrics?.profitPercent).toBeCloseTo((0.0045 / 0.9955) * 100, 10)
  })

  test('[B18] it is not valid below the profit asked for', () => {
    const legs = [
      { venue: 'predict', side: 'buy' },
      { venue: 'polymarket', side: 'buy', price: '0.44' },
    ] as const
    const books = { predict, polymarket }
    expect(arbitrageMetrics(books, { legs, profitPercentMin: 0.5 })?.valid).toBe(true)
    expect(arbitrageMetrics(books, { legs, profitPercentMin: 2 })?.valid).toBe(false)
  })

  test('[B18] a buy and a sell of the same thing pay the price of the sell', () => {
    const cheap: Book = { bids: [], asks: [['100', '2']] }
    const dear: Book = { bids: [['101', '1.5']], asks: [] }
    const metrics = arbitrageMetrics(
      { cheap, dear },
      {
        legs: [
          { venue: 'cheap', side: 'buy', feeRate: '0.001' },
          { venue: 'dear', side: 'sell', feeRate: '0.001' },
        ],
      },
    )
    // 100 + 0.1 + 0.101 against 101
    expect(metrics).toMatchObject({ totalCost: '100.201', valid: true, maxDepth: '1.5' })
  })

  test('[B18] a missing book gives no figures, and none stand in the event', () => {
    const options = {
      legs: [
        { venue: 'predict', side: 'buy' },
        { venue: 'gone', side: 'buy' },
      ],
    } as const
    expect(arbitrageMetrics({ predict }, options)).toBeUndefined()
    const attributes = snapshotAttributes({ predict, gone: null }, options)
    expect(Object.keys(attributes)).toEqual(['trading.book.venues'])
  })
})
