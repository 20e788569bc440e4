/**
 * A second venue made from a recorded first one, for markets of which only one was recorded.
 *
 * It shows what the first showed `lagMs` ago, off by a wandering basis: bids rounded down and asks up to
 * whole ticks, so that it never quotes tighter than the market it is made from. Seven of ten trades happen
 * there too, at its prices.
 */
import { ceilTo, decimal, floorTo, most, text } from '../decimal.ts'
import type { Random } from '../random.ts'
import { wanderingBasis } from './basis.ts'
import type { Instrument, Level, MarketEvent } from './event.ts'

/** What the second venue is like. */
export interface SecondVenueOptions {
  readonly venue: string
  readonly instrument: Instrument
  readonly random: Random
  readonly lagMs: number
}

/** The events of both venues, in order of time. */
export async function* withSecondVenue(
  events: AsyncIterable<MarketEvent>,
  options: SecondVenueOptions,
): AsyncGenerator<MarketEvent, void, undefined> {
  const mirror = mirrorOf(options)
  const waiting: MarketEvent[] = []
  for await (const event of events) {
    while (waiting[0] && waiting[0].timeNs < event.timeNs) yield waiting.shift() as MarketEvent
    yield event
    const reflection = mirror(event)
    if (reflection) waiting.push(reflection)
  }
  yield* waiting
}

function mirrorOf(options: SecondVenueOptions): (event: MarketEvent) => MarketEvent | undefined {
  const { venue, instrument, random } = options
  const lagNs = BigInt(Math.round(options.lagMs * 1_000_000))
  const basis = wanderingBasis(random)
  let lastNs: bigint | undefined
  let ratio = decimal(1)
  const down = (price: string): string =>
    text(
      most(floorTo(decimal(price).times(ratio), instrument.tickSize), decimal(instrument.tickSize)),
    )
  const up = (price: string): string =>
    text(ceilTo(decimal(price).times(ratio), instrument.tickSize))
  return (event) => {
    const seconds = lastNs === undefined ? 0 : Number(event.timeNs - lastNs) / 1e9
    lastNs = event.timeNs
    ratio = decimal((1 + basis(seconds)).toFixed(8))
    const timeNs = event.timeNs + lagNs
    if (event.kind === 'trade') {
      if (!random.chance(0.7)) return undefined
      const price = event.aggressor === 'buy' ? up(event.price) : down(event.price)
      return { ...event, venue, timeNs, price }
    }
    if (event.kind === 'quote') {
      const { bid, ask } = event
      return { ...event, venue, timeNs, bid: [down(bid[0]), bid[1]], ask: [up(ask[0]), ask[1]] }
    }
    return { ...event, venue, timeNs, bids: merged(event.bids, down), asks: merged(event.asks, up) }
  }
}

/** Two levels that fall on one price become one. */
function merged(levels: readonly Level[], move: (price: string) => string): Level[] {
  const moved = new Map<string, string>()
  for (const [price, quantity] of levels) {
    const at = move(price)
    moved.set(at, text(decimal(moved.get(at) ?? '0').plus(quantity)))
  }
  return [...moved]
}
