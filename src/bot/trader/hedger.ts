/**
 * Covers on the second venue what is filled on the first, as it is filled.
 *
 * Each gap is one hedge with up to three attempts. When they do not cover it, what they did cover is given
 * back and the hedge fails: the round trip then unwinds the first leg, so that it ends flat on both venues.
 */
import type { Hedge, Order, Signal } from '../../index.ts'
import { ceilTo, decimal, floorTo, text, type Decimal } from '../decimal.ts'
import { arbitrageOf, booksOf, type Bench } from './bench.ts'
import { closeLeg } from './close-leg.ts'
import type { Leg } from './leg.ts'
import type { Stop } from './stop.ts'

/** What is hedged. */
export interface HedgerFlow {
  readonly signal: Signal
  readonly first: Leg
  readonly second: Leg
  /** Asked when a hedge fails: the maker order must go. */
  readonly stop: Stop
}

const backoffMs = 40
const giveBackAttemptsMax = 30

/** Hedges one flow. */
export class Hedger {
  readonly #bench: Bench
  readonly #flow: HedgerFlow
  /** Nothing more is filled after this. */
  readonly #complete: Promise<void>
  readonly #finish: () => void
  readonly hedges: Hedge[] = []
  #isComplete = false

  constructor(bench: Bench, flow: HedgerFlow) {
    this.#bench = bench
    this.#flow = flow
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#complete = promise
    this.#finish = resolve
  }

  /** The first leg is complete. */
  finish(): void {
    this.#isComplete = true
    this.#finish()
  }

  /** Covers until all is covered and the first leg complete. Returns false when a hedge failed. */
  async work(): Promise<boolean> {
    const { first, second } = this.#flow
    for (;;) {
      const gap = first.open.minus(second.open)
      if (gap.gt(0)) {
        if (!(await this.#cover(gap))) return false
      } else {
        if (this.#isComplete) return true
        await Promise.race([this.#complete, first.changed.next])
      }
    }
  }

  async #cover(gap: Decimal): Promise<boolean> {
    const { tally, state, second: desk, settings, timeline } = this.#bench
    const { signal, first, second, stop } = this.#flow
    tally.hedges += 1
    signal.snapshot('hedge_start', booksOf(this.#bench), arbitrageOf(this.#bench, first.side))
    const hedge = signal.hedge({ venue: desk.id, side: second.side, quantity: text(gap) })
    this.hedges.push(hedge)
    const target = second.open.plus(gap)
    for (let attempt = 1; attempt <= settings.hedgeAttemptsMax; attempt += 1) {
      await hedge.run(() => this.#attempt(hedge, target.minus(second.open), attempt))
      if (second.open.gte(target)) return true
      await timeline.sleep(backoffMs * 2 ** attempt)
    }
    tally.hedgesFailed += 1
    stop.ask('hedge_failed')
    await closeLeg(this.#bench, {
      desk,
      leg: second,
      order: (options) => hedge.order(options),
      attemptsMax: giveBackAttemptsMax,
    })
    hedge.failed({ reason: desk.client.isUp ? 'not_filled' : 'venue_down' })
    state.hedgeFailed()
    return false
  }

  async #attempt(hedge: Hedge, quantity: Decimal, attempt: number): Promise<void> {
    const { second: desk, newId } = this.#bench
    const { second } = this.#flow
    const price = this.#limit()
    // Without a book there is nothing to take.
    if (!price) return
    const wish = { type: 'limit', side: second.side, quantity: text(quantity), price } as const
    const handle: Order = hedge.order({
      ...wish,
      timeInForce: 'ioc',
      clientOrderId: newId('h'),
      attempt,
      arrivalPrice: desk.feed.mid?.toFixed(),
    })
    const work = await desk.orders.place(
      handle,
      { ...wish, params: { timeInForce: 'IOC' } },
      { leg: second },
    )
    await desk.orders.whenOver(work)
  }

  /** The worst price that is taken: so far beyond the best. */
  #limit(): string | undefined {
    const { second: desk, settings, instrument } = this.#bench
    const { second } = this.#flow
    const slip = decimal(settings.hedgeSlipBps).div(10_000)
    const { bestBid, bestAsk } = desk.feed
    if (second.side === 'buy') {
      return bestAsk && text(ceilTo(bestAsk.times(slip.plus(1)), instrument.tickSize))
    }
    return bestBid && text(floorTo(bestBid.times(slip.times(-1).plus(1)), instrument.tickSize))
  }
}
