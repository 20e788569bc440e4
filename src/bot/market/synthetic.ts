/**
 * A market made from a seed: one fair price, two venues that follow it.
 *
 * - The fair price is a random walk whose drift and deviation follow regimes (calm, rising, falling,
 *   burst), as volatility clusters in real markets.
 * - The first venue quotes around the fair price. The second follows `lagMs` later, off by a basis that
 *   wanders and returns to zero (Ornstein–Uhlenbeck).
 * - Each venue keeps a book of `depth` levels. Trades hit it: single trades at the best price, and sweeps
 *   when the fair price moves through levels. What is not hit is canceled, added to and thinned out.
 *
 * The same options give the same events to the last digit. It runs for ever unless `durationS` is set.
 */
import { randomStream, type Random } from '../random.ts'
import { wanderingBasis } from './basis.ts'
import type { Instrument, Market, MarketEvent } from './event.ts'
import { BookModel } from './book-model.ts'

/** What a made-up market is made of. */
export interface SyntheticOptions {
  readonly seed: number | string
  /** Venue time of the first event, ns since the Unix epoch. */
  readonly startNs: bigint
  /** @default 'paper-a', 'paper-b' */
  readonly venues?: readonly [first: string, second: string]
  /** @default 43210.5 */
  readonly startPrice?: number
  /** How much later the second venue follows. @default 120 */
  readonly lagMs?: number
  /** Levels on each side. @default 10 */
  readonly depth?: number
  /** Market time after which the events end. @default for ever */
  readonly durationS?: number
}

/** Perpetual on bitcoin, with the steps such contracts have. */
const instrument: Instrument = {
  symbol: 'BTC/USDT',
  base: 'BTC',
  quote: 'USDT',
  tickSize: '0.1',
  lotSize: '0.001',
  minNotional: '5',
}

interface Regime {
  readonly name: 'calm' | 'rising' | 'falling' | 'burst'
  /** Part of the price, a second. */
  readonly drift: number
  /** Part of the price, a square root of a second. */
  readonly deviation: number
  /** Mean length. */
  readonly lengthS: number
  /** Trades a second on the first venue, sweeps apart. */
  readonly trades: number
  /** Half the spread, in ticks. */
  readonly halfSpread: number
}

const regimes: readonly Regime[] = [
  { name: 'calm', drift: 0, deviation: 0.00012, lengthS: 4, trades: 12, halfSpread: 8 },
  { name: 'rising', drift: 0.00025, deviation: 0.0002, lengthS: 3, trades: 18, halfSpread: 10 },
  { name: 'falling', drift: -0.00025, deviation: 0.0002, lengthS: 3, trades: 18, halfSpread: 10 },
  { name: 'burst', drift: 0, deviation: 0.0008, lengthS: 1.5, trades: 40, halfSpread: 30 },
]

const stepMs = 20
const stepS = stepMs / 1000
const rootStep = Math.sqrt(stepS)

/** A market of two venues from a seed. Iterating twice gives the same events twice. */
export function syntheticMarket(options: SyntheticOptions): Market {
  const venues = options.venues ?? ['paper-a', 'paper-b']
  return {
    instrument,
    venues,
    title: `synthetic ${instrument.symbol}`,
    tradesPerSecond: 45,
    [Symbol.asyncIterator]: () => events({ ...options, venues }),
  }
}

async function* events(
  options: SyntheticOptions & { readonly venues: readonly [string, string] },
): AsyncGenerator<MarketEvent, void, undefined> {
  const { seed, startNs, startPrice = 43_210.5, lagMs = 120, depth = 10 } = options
  const fair = fairPrice(randomStream(seed, 'fair price'), startPrice)
  const basis = wanderingBasis(randomStream(seed, 'basis'))
  const books = options.venues.map(
    (venue, index) =>
      new BookModel({
        venue,
        depth,
        tickSize: instrument.tickSize,
        lotSize: instrument.lotSize,
        random: randomStream(seed, `book ${index}`),
      }),
  )
  const history: number[] = Array.from({ length: Math.ceil(lagMs / stepMs) }, () => startPrice)
  const steps = options.durationS === undefined ? Infinity : Math.ceil(options.durationS / stepS)
  for (let step = 0; step < steps; step += 1) {
    const { price, regime } = fair()
    history.push(price)
    const earlier = history.shift() ?? price
    const windowNs: readonly [bigint, bigint] = [
      startNs + BigInt(step * stepMs) * 1_000_000n,
      startNs + BigInt((step + 1) * stepMs) * 1_000_000n,
    ]
    const out = [
      ...(books[0]?.advance({ mid: price, regime, share: 1, windowNs, stepS }) ?? []),
      ...(books[1]?.advance({
        mid: earlier * (1 + basis(stepS)),
        regime,
        share: 0.7,
        windowNs,
        stepS,
      }) ?? []),
    ]
    // Each venue's events are in order; merged by time they are all in order.
    out.sort((one, other) => (one.timeNs < other.timeNs ? -1 : one.timeNs > other.timeNs ? 1 : 0))
    yield* out
  }
}

function fairPrice(random: Random, start: number): () => { price: number; regime: Regime } {
  let price = start
  let regime = regimes[0] as Regime
  return () => {
    if (random.chance(stepS / regime.lengthS)) {
      const others = regimes.filter((other) => other !== regime)
      regime = others[random.below(others.length)] as Regime
    }
    price *= 1 + regime.drift * stepS + regime.deviation * rootStep * random.normal()
    return { price, regime }
  }
}
