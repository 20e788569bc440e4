import { describe, expect, test } from 'vitest'
import type { MarketBook } from '../../../src/bot/market/event.ts'
import { Timeline } from '../../../src/bot/timeline.ts'
import * as errors from '../../../src/bot/venue/exchange-error.ts'
import type { Order, Trade } from '../../../src/bot/venue/exchange.ts'
import { profiles, type VenueFaults } from '../../../src/bot/venue/faults.ts'
import { receiveWindowMs, requestTimeoutMs } from '../../../src/bot/venue/link.ts'
import { PaperVenue } from '../../../src/bot/venue/paper-venue.ts'
import { instrument } from './engine.ts'

const symbol = instrument.symbol
const calm: VenueFaults = profiles.none.first

async function* books(untilMs: number): AsyncGenerator<MarketBook> {
  for (let timeMs = 0; timeMs <= untilMs; timeMs += 10) {
    const timeNs = BigInt(timeMs) * 1_000_000n
    yield { kind: 'book', venue: 'x', timeNs, bids: [['100', '5']], asks: [['101', '5']] }
  }
}

/** A venue on a book that stands still, with these faults; `act` is the bot. */
async function withVenue(
  faults: VenueFaults,
  act: (venue: PaperVenue, timeline: Timeline) => Promise<void>,
): Promise<void> {
  const timeline = new Timeline({ startNs: 0n })
  const venue = new PaperVenue({ id: 'x', instrument, timeline, seed: 1, faults, candleMs: 100 })
  let failure: unknown
  let isDone = false
  timeline.after(50, () => {
    act(venue, timeline)
      .catch((error: unknown) => {
        failure = error
      })
      .finally(() => {
        isDone = true
        timeline.stop()
      })
  })
  await timeline.run(books(60_000), { event: (event) => venue.onMarket(event), end: () => {} })
  if (failure !== undefined) throw failure
  expect(isDone).toBe(true)
}

const buy = (venue: PaperVenue, price?: string, clientOrderId = 'mine'): Promise<Order> =>
  venue.createOrder(symbol, price === undefined ? 'market' : 'limit', 'buy', '1', price, {
    clientOrderId,
  })

describe('a paper venue looks like ccxt', () => {
  test('an order, its fills, the position and the balance, all as decimal strings', async () => {
    await withVenue(calm, async (venue) => {
      await venue.setLeverage(5, symbol)
      const order = await buy(venue)
      expect(order).toMatchObject({
        symbol,
        clientOrderId: 'mine',
        type: 'market',
        side: 'buy',
        status: 'closed',
        amount: '1',
        filled: '1',
        remaining: '0',
        average: '101',
        cost: '101',
        fee: { currency: 'USDT', cost: '0.00505' },
        info: { status: 'FILLED', clientOrderId: 'mine', executedQty: '1' },
      })
      expect(order.trades).toMatchObject([
        { price: '101', amount: '1', takerOrMaker: 'taker', order: order.id },
      ])
      expect(await venue.fetchPositions()).toMatchObject([
        {
          side: 'long',
          contracts: '1',
          entryPrice: '101',
          leverage: 5,
          initialMargin: '20.2',
          unrealizedPnl: '-0.5',
        },
      ])
      const { USDT } = await venue.fetchBalance()
      expect(USDT).toMatchObject({ total: '9999.99495' })
      expect(await venue.fetchMyTrades(symbol)).toMatchObject([{ id: order.trades[0]?.id }])
      expect(await venue.fetchTicker(symbol)).toMatchObject({
        bid: '100',
        ask: '101',
        markPrice: '100.5',
      })
      const book = await venue.fetchOrderBook(symbol, 1)
      expect([book.bids, book.asks]).toEqual([[['100', '5']], [['101', '5']]])
    })
  })

  test('a call takes market time, both ways', async () => {
    await withVenue(calm, async (venue, timeline) => {
      const sent = timeline.elapsedMs
      await buy(venue, '100')
      const tookMs = timeline.elapsedMs - sent
      expect(tookMs).toBeGreaterThan(calm.wayMs)
      expect(tookMs).toBeLessThan(calm.wayMs * 4)
    })
  })

  test('the user stream tells each step in the words of the venue', async () => {
    await withVenue(calm, async (venue, timeline) => {
      const seen: string[] = []
      void (async () => {
        for (;;) {
          for (const { info, status, trades } of await venue.watchOrders(symbol)) {
            seen.push(`${String(info['x'])} ${String(info['X'])} ${status} ${trades.length}`)
          }
        }
      })()
      const resting = await buy(venue, '100', 'resting')
      await venue.editOrder(resting.id, symbol, 'limit', 'buy', '0.5', '99.5')
      await venue.cancelOrder(resting.id, symbol)
      await buy(venue, undefined, 'taking')
      await timeline.sleep(100)
      expect(seen).toEqual([
        'NEW NEW open 0',
        'AMENDMENT NEW open 0',
        'CANCELED CANCELED canceled 0',
        'NEW NEW open 0',
        'TRADE FILLED closed 1',
      ])
    })
  })

  test.each([
    ['insufficient_balance', 'InsufficientFunds', -2019, ['limit', '2000', '100', {}]],
    ['price_filter', 'InvalidOrder', -4014, ['limit', '1', '100.3', {}]],
    ['lot_size', 'InvalidOrder', -4023, ['limit', '0.55', '100', {}]],
    ['min_notional', 'InvalidOrder', -4164, ['limit', '0.1', '99', {}]],
    ['post_only', 'OrderImmediatelyFillable', -5022, ['limit', '1', '101', { postOnly: true }]],
    ['fill_or_kill', 'OrderNotFillable', -5021, ['limit', '9', '101', { timeInForce: 'FOK' }]],
    ['reduce_only', 'InvalidOrder', -2022, ['limit', '1', '100', { reduceOnly: true }]],
  ] as const)(
    '[X14, A41] a refusal for %s is the class %s, with code and body',
    async (_, name, code, wish) => {
      await withVenue(calm, async (venue) => {
        const [type, amount, price, params] = wish
        const error: unknown = await venue
          .createOrder(symbol, type, 'buy', amount, price, params)
          .catch((e) => e)
        expect(error).toBeInstanceOf(errors.ExchangeError)
        expect(error).toMatchObject({
          name,
          code,
          httpStatus: 400,
          body: expect.stringContaining(`${code}`),
        })
      })
    },
  )

  test('an order that is gone cannot be canceled, one that never was cannot be found', async () => {
    await withVenue(calm, async (venue) => {
      const order = await buy(venue)
      await expect(venue.cancelOrder(order.id, symbol)).rejects.toMatchObject({
        name: 'OrderNotFound',
        code: -2011,
      })
      await expect(venue.fetchOrder('', symbol, { clientOrderId: 'nobody' })).rejects.toMatchObject(
        {
          name: 'OrderNotFound',
          code: -2013,
        },
      )
    })
  })
})

describe('[X13] a request whose answer is lost', () => {
  const timesOut = async (
    fault: 'lost' | 'lost_reply' | 'late',
    afterwards: (venue: PaperVenue, timeline: Timeline) => Promise<void>,
  ): Promise<void> => {
    await withVenue({ ...calm, create: { [fault]: 1 } }, async (venue, timeline) => {
      const sent = timeline.elapsedMs
      await expect(buy(venue)).rejects.toMatchObject({ name: 'RequestTimeout' })
      expect(timeline.elapsedMs - sent).toBe(requestTimeoutMs)
      await afterwards(venue, timeline)
    })
  }
  const lookUp = (venue: PaperVenue): Promise<Order> =>
    venue.fetchOrder('', symbol, { clientOrderId: 'mine' })

  test('may have been carried out', () =>
    timesOut('lost_reply', async (venue) => {
      expect(await lookUp(venue)).toMatchObject({ status: 'closed', filled: '1' })
    }))

  test('may never have come', () =>
    timesOut('lost', async (venue, timeline) => {
      await timeline.sleep(receiveWindowMs)
      await expect(lookUp(venue)).rejects.toBeInstanceOf(errors.OrderNotFound)
      expect(venue.core.orders).toEqual([])
    }))

  test('may come after the bot asked for it, but never after its receive window', () =>
    timesOut('late', async (venue, timeline) => {
      const early: unknown = await lookUp(venue).catch((error: unknown) => error)
      await timeline.sleep(receiveWindowMs - requestTimeoutMs)
      expect(early).toBeInstanceOf(errors.OrderNotFound)
      expect(await lookUp(venue)).toMatchObject({ status: 'closed' })
    }))
})

test('[A33] too many requests are refused with the time to wait, and the weight is told', async () => {
  await withVenue({ ...calm, weightLimit: 6, weightWindowMs: 1000 }, async (venue, timeline) => {
    await venue.fetchBalance()
    expect([venue.usedWeight, venue.weightLimit]).toEqual([5, 6])
    const error: unknown = await venue.fetchBalance().catch((e: unknown) => e)
    expect(error).toMatchObject({ name: 'RateLimitExceeded', httpStatus: 429 })
    expect(error).toBeInstanceOf(errors.RateLimitExceeded)
    await timeline.sleep((error as errors.RateLimitExceeded).retryAfterMs ?? 0)
    await venue.fetchBalance()
  })
})

test('a venue in maintenance answers 503 and carries nothing out', async () => {
  const faults: VenueFaults = { ...calm, maintenance: { everyCandles: 2, forCandles: 1 } }
  await withVenue(faults, async (venue, timeline) => {
    await timeline.sleep(190)
    await expect(buy(venue)).rejects.toMatchObject({ name: 'OnMaintenance', httpStatus: 503 })
    expect(venue.core.orders).toEqual([])
    await timeline.sleep(100)
    expect(await buy(venue)).toMatchObject({ status: 'closed' })
  })
})

test('what happens by itself happens at its time: funding, deleveraging, wrong marks', async () => {
  const faults: VenueFaults = {
    ...calm,
    funding: { everyCandles: 3, rate: '0.001' },
    deleveraging: { everyCandles: 5, share: '0.5' },
    markErrors: { everyCandles: 9, part: '0.2' },
  }
  await withVenue(faults, async (venue, timeline) => {
    await buy(venue)
    await timeline.sleep(850)
    const foreign = venue.core.orders.filter((order) => order.origin !== 'user')
    expect(foreign.map(({ origin }) => origin)).toEqual(['adl', 'liquidation'])
    expect((await venue.fetchFundingHistory(symbol)).map(({ amount }) => amount)).toEqual([
      '-0.1005',
      '-0.05025',
    ])
    expect(await venue.fetchPositions()).toEqual([])
    const own: readonly Trade[] = await venue.fetchMyTrades(symbol)
    expect(own.map(({ side, amount }) => `${side} ${amount}`)).toEqual([
      'buy 1',
      'sell 0.5',
      'sell 0.5',
    ])
  })
})

test('a cancel that crosses with a fill is told so, and the fill stands', async () => {
  await withVenue(calm, async (venue) => {
    const order = await buy(venue, '100')
    const canceling = venue.cancelOrder(order.id, symbol)
    // While the cancel is on its way the whole queue trades.
    venue.onMarket({
      kind: 'trade',
      venue: 'x',
      id: '1',
      timeNs: 1n,
      price: '99',
      quantity: '50',
      aggressor: 'sell',
    })
    await expect(canceling).rejects.toBeInstanceOf(errors.OrderNotFound)
    expect(await venue.fetchOrder(order.id, symbol)).toMatchObject({
      status: 'closed',
      filled: '1',
    })
  })
})
