/** Closes what a leg holds, at market, until nothing is open or the attempts are used up. */
import type { LegOrderOptions, Order } from '../../index.ts'
import { text, zero, type Decimal } from '../decimal.ts'
import { oppositeOf } from '../market/event.ts'
import { ExchangeError } from '../venue/exchange-error.ts'
import type { Bench } from './bench.ts'
import type { Leg } from './leg.ts'
import type { VenueDesk } from './venue-desk.ts'

/** How to close. */
export interface CloseLegOptions {
  readonly desk: VenueDesk
  readonly leg: Leg
  /** Makes the order in the flow, position, hedge or unwind that it belongs to. */
  readonly order: (options: LegOrderOptions) => Order
  /** Leaves so much open. @default nothing */
  readonly downTo?: Decimal
  readonly attemptsMax: number
}

const backoffMs = 60
const backoffMaxCandles = 2

/** Returns whether it is closed. */
export async function closeLeg(bench: Bench, options: CloseLegOptions): Promise<boolean> {
  const { desk, leg, order, downTo = zero, attemptsMax } = options
  const { timeline, candleMs, newId } = bench
  for (let attempt = 1; leg.open.gt(downTo); attempt += 1) {
    if (attempt > attemptsMax) return false
    const quantity = text(leg.open.minus(downTo))
    const side = oppositeOf(leg.side)
    const handle = order({
      venue: desk.id,
      side,
      type: 'market',
      quantity,
      reduceOnly: true,
      timeInForce: 'ioc',
      clientOrderId: newId('x'),
      attempt,
      arrivalPrice: desk.feed.mid?.toFixed(),
    })
    const work = await desk.orders.place(
      handle,
      { type: 'market', side, quantity, params: { reduceOnly: true } },
      { leg },
    )
    await desk.orders.whenOver(work)
    if (leg.open.lte(downTo)) break
    // Perhaps the venue has less than we believe: it closed something itself, and the news is on its way.
    if (work.live.refusal instanceof ExchangeError) await desk.catchUp()
    await timeline.sleep(Math.min(backoffMs * 2 ** attempt, backoffMaxCandles * candleMs))
  }
  return true
}
