/** The end of a run: legs that no flow could close, and whatever a venue holds beyond them, closed at market. */
import { decimal, text, zero } from '../decimal.ts'
import type { Bench } from './bench.ts'
import { closeLeg } from './close-leg.ts'
import { Leg } from './leg.ts'
import type { VenueDesk } from './venue-desk.ts'

const attemptsMax = 60

/** Leaves nothing open at this venue, each rest as a position of its own. */
export async function flatten(bench: Bench, desk: VenueDesk, strategy: string): Promise<void> {
  for (const leg of desk.legs.open) await closeRest(bench, desk, { leg, strategy })
  await desk.refresh()
  const held = desk.position
  if (!held || decimal(held.contracts).eq(0)) return
  const leg = new Leg(desk.id, held.side === 'long' ? 'buy' : 'sell')
  leg.add({
    side: leg.side,
    price: decimal(held.entryPrice),
    quantity: decimal(held.contracts),
    fee: zero,
    timeMs: held.timestamp,
  })
  await closeRest(bench, desk, { leg, strategy })
}

async function closeRest(
  bench: Bench,
  desk: VenueDesk,
  { leg, strategy }: { readonly leg: Leg; readonly strategy: string },
): Promise<void> {
  const { flows, instrument, newId, settings, logger } = bench
  const quantity = text(leg.open)
  logger('bot.trader').warn(`${desk.id} still holds a position; closing it`, {
    'trading.venue': desk.id,
    'trading.position.quantity': quantity,
  })
  const position = flows.position({
    positionId: newId('p'),
    symbol: instrument.symbol,
    strategy,
    venue: desk.id,
    side: leg.side === 'buy' ? 'long' : 'short',
    quantity,
    entryPrice: text(leg.entryPrice),
    leverage: settings.leverage,
  })
  await closeLeg(bench, {
    desk,
    leg,
    order: (options) => position.order(options),
    attemptsMax,
  })
  position.closed({ reason: 'shutdown' })
}
