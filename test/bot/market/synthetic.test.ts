import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decimal, isMultipleOf } from '../../../src/bot/decimal.ts'
import { Book } from '../../../src/bot/market/book.ts'
import type { MarketEvent, MarketTrade } from '../../../src/bot/market/event.ts'
import { syntheticMarket } from '../../../src/bot/market/synthetic.ts'

async function collect(seed: number | string, durationS: number): Promise<MarketEvent[]> {
  const events: MarketEvent[] = []
  const market = syntheticMarket({ seed, startNs: 1_700_000_000_000_000_000n, durationS })
  for await (const event of market) events.push(event)
  return events
}

const digest = (events: readonly MarketEvent[]): string =>
  JSON.stringify(events, (_, value) => (typeof value === 'bigint' ? `${value}` : value))

test('the same seed gives the same market to the last digit, another seed another', async () => {
  const [one, again, other] = await Promise.all([collect(7, 20), collect(7, 20), collect(8, 20)])
  expect(digest(one)).toBe(digest(again))
  expect(digest(one)).not.toBe(digest(other))
})

test('whatever the seed: time goes forward, books are sorted and never crossed, steps are whole', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const market = syntheticMarket({ seed, startNs: 0n, durationS: 5 })
      const { tickSize, lotSize } = market.instrument
      let lastNs = 0n
      for await (const event of market) {
        expect(event.timeNs).toBeGreaterThanOrEqual(lastNs)
        lastNs = event.timeNs
        const levels =
          event.kind === 'trade'
            ? [[event.price, event.quantity] as const]
            : event.kind === 'book'
              ? [...event.bids, ...event.asks]
              : []
        for (const [price, quantity] of levels) {
          expect(isMultipleOf(price, tickSize) && isMultipleOf(quantity, lotSize)).toBe(true)
          expect(decimal(quantity).gt(0)).toBe(true)
        }
        if (event.kind !== 'book') continue
        const bids = event.bids.map(([price]) => Number(price))
        const asks = event.asks.map(([price]) => Number(price))
        expect(Math.min(bids.length, asks.length)).toBeGreaterThan(0)
        expect(Math.max(bids.length, asks.length)).toBeLessThanOrEqual(10)
        expect(bids).toEqual(bids.toSorted((a, b) => b - a))
        expect(asks).toEqual(asks.toSorted((a, b) => a - b))
        expect(bids[0]).toBeLessThan(asks[0]!)
      }
    }),
    { numRuns: 15 },
  )
})

test('every trade hits the book that stood before it', async () => {
  const books = new Map<string, Book>()
  let trades = 0
  for (const event of await collect(3, 30)) {
    const book = books.get(event.venue) ?? new Book()
    books.set(event.venue, book)
    if (event.kind !== 'trade') {
      book.apply(event)
      continue
    }
    if (!book.mid) continue
    const hit = book.against(event.aggressor).find((level) => level.price.eq(event.price))
    expect(hit?.quantity.gte(event.quantity)).toBe(true)
    trades += 1
  }
  expect(trades).toBeGreaterThan(500)
})

test('the second venue follows the first with a lag, and a basis that returns to zero', async () => {
  const events = await collect(11, 120)
  const mids = (venue: string): number[] => {
    const book = new Book()
    const grid: number[] = []
    for (const event of events) {
      if (event.venue !== venue || event.kind === 'trade') continue
      book.apply(event)
      grid[Math.floor(Number(event.timeNs % 1_000_000_000_000n) / 20_000_000)] = Number(book.mid)
    }
    for (let step = 1; step < grid.length; step += 1) grid[step] ??= grid[step - 1]!
    return grid.slice(10)
  }
  const [first, second] = [mids('paper-a'), mids('paper-b')]
  // Distance of the second venue from the first as it was some steps of 20 ms ago.
  const distance = (lag: number): number => {
    let sum = 0
    for (let step = 10; step < second.length; step += 1) {
      sum += Math.abs(second[step]! / first[step - lag]! - 1)
    }
    return sum / (second.length - 10)
  }
  const best = [0, 2, 4, 6, 8, 10].toSorted((a, b) => distance(a) - distance(b))[0]
  expect(best).toBe(6)
  expect(distance(6)).toBeLessThan(0.000_6)
})

test('volatility comes in bursts: its absolute returns are correlated, its returns are not', async () => {
  const trades = (await collect(5, 600)).filter(
    (event): event is MarketTrade => event.kind === 'trade' && event.venue === 'paper-a',
  )
  const closes: number[] = []
  for (const trade of trades) {
    closes[Math.floor(Number(trade.timeNs - trades[0]!.timeNs) / 1e9)] = Number(trade.price)
  }
  for (let second = 1; second < closes.length; second += 1) closes[second] ??= closes[second - 1]!
  const returns = closes.slice(1).map((close, index) => close / closes[index]! - 1)
  expect(autocorrelation(returns.map(Math.abs))).toBeGreaterThan(0.15)
  expect(Math.abs(autocorrelation(returns))).toBeLessThan(0.3)
})

function autocorrelation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  let [shared, all] = [0, 0]
  for (const [index, value] of values.entries()) {
    all += (value - mean) ** 2
    if (index > 0) shared += (value - mean) * (values[index - 1]! - mean)
  }
  return shared / all
}
