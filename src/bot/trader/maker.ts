/**
 * The maker order of a flow: rests at the best price, follows it a few times, steps aside while the price
 * guard says so, and expires at the venue when nobody takes it.
 */
import type { Order, Signal, Task } from '../../index.ts'
import { decimal, roundTo, text, type Decimal } from '../decimal.ts'
import type { Side } from '../market/event.ts'
import { arbitrageOf, booksOf, coverPriceOf, edgeOf, type Bench } from './bench.ts'
import type { Leg } from './leg.ts'
import type { Work } from './orders.ts'
import type { Stop } from './stop.ts'

/** What is to be done. */
export interface MakerPlan {
  readonly side: Side
  readonly quantity: Decimal
}

/** How it ended; what was filled is in the leg. */
export interface MakerResult {
  readonly ended: 'filled' | 'expired' | 'rejected' | 'canceled'
  readonly detail: string
}

/** What a maker order belongs to. */
export interface MakerFlow {
  readonly signal: Signal
  readonly task: Task
  readonly leg: Leg
  /** Asked when the order must go: its hedge failed, or the bot ends. */
  readonly stop: Stop
}

const attemptsMax = 3

/** Works one maker order, in as many pieces as it takes. */
export class MakerOrder {
  readonly #bench: Bench
  readonly #flow: MakerFlow
  readonly #plan: MakerPlan
  #amends = 0

  constructor(bench: Bench, flow: MakerFlow, plan: MakerPlan) {
    this.#bench = bench
    this.#flow = flow
    this.#plan = plan
  }

  async work(): Promise<MakerResult> {
    const { leg, stop, task } = this.#flow
    for (let attempt = 1; ; attempt += 1) {
      const left = this.#plan.quantity.minus(leg.entered)
      if (left.lte(0)) return { ended: 'filled', detail: 'filled' }
      if (stop.reason !== undefined) return this.#ended('canceled', stop.reason)
      const price = this.#price()
      if (!price) return this.#ended('canceled', 'no book')
      if (attempt > 1) task.attempt(`${task.taskId}-${attempt}`)
      const work = await this.#place(left, price, attempt)
      if (work.live.status === 'rejected') {
        // Refused because the market came to its price meanwhile: try at the new one.
        if (attempt < attemptsMax && this.#crosses(price)) continue
        return this.#ended('rejected', 'refused by the venue')
      }
      const why = await this.#attend(work, price)
      if (why !== 'price_guard') return this.#ended(endOf(why), why)
      const isBack = await this.#waitForPrice()
      if (!isBack || attempt >= attemptsMax) return this.#ended('canceled', 'price_guard')
    }
  }

  async #place(quantity: Decimal, price: string, attempt: number): Promise<Work> {
    const { first, timeline, candleMs, settings, newId } = this.#bench
    const { signal, leg } = this.#flow
    const { side } = this.#plan
    signal.snapshot('order_submit', booksOf(this.#bench), arbitrageOf(this.#bench, side, price))
    const expiresAt = timeline.nowMs + settings.makerLifeCandles * candleMs
    const handle: Order = signal.order({
      venue: first.id,
      side,
      type: 'limit',
      quantity: text(quantity),
      price,
      timeInForce: 'gtd',
      postOnly: true,
      clientOrderId: newId('m'),
      attempt,
      arrivalPrice: first.feed.mid?.toFixed(),
    })
    const state = {
      bid: first.feed.bestBid?.toFixed(),
      ask: first.feed.bestAsk?.toFixed(),
      free: first.money.free.toFixed(2),
      open: first.legs.net.toFixed(),
    }
    return first.orders.place(
      handle,
      {
        type: 'limit',
        side,
        quantity: text(quantity),
        price,
        params: { postOnly: true, expiresAt },
      },
      { leg, state },
    )
  }

  /** Looks after a resting order until it is over. Returns why it is. */
  async #attend(work: Work, firstPrice: string): Promise<string> {
    const { first, second, timeline, candleMs, settings } = this.#bench
    const { stop } = this.#flow
    let price = decimal(firstPrice)
    let isOver = false
    const over = first.orders.whenOver(work).then(() => {
      isOver = true
    })
    let movedMs = timeline.elapsedMs
    for (;;) {
      const { changed } = first.feed
      await Promise.race([over, stop.asked, changed.next, second.feed.changed.next])
      if (isOver) return isFilled(work) ? 'filled' : work.live.status
      // Final already; a fill that was overtaken is on its way.
      if (work.live.status !== 'open') {
        await over
        continue
      }
      const why = stop.reason ?? (this.#isGuarded(price) ? 'price_guard' : undefined)
      if (why !== undefined) {
        if (why === 'price_guard') this.#trigger(price)
        await first.orders.cancel(work, why)
        await over
        if (!isFilled(work)) return why
        // The cancel came too late: what was to be avoided is done, and the flow goes on.
        if (why === 'price_guard') this.#flow.task.resumed()
        return 'filled'
      }
      const next = this.#price()
      const isBehind = next !== undefined && isBetter(this.#plan.side, decimal(next), price)
      const isSoon = timeline.elapsedMs - movedMs < candleMs
      if (!isBehind || isSoon || this.#amends >= settings.amendsMax) continue
      movedMs = timeline.elapsedMs
      this.#amends += 1
      if (await first.orders.amend(work, next)) price = decimal(next)
    }
  }

  /** Would a fill at this price be covered at too great a loss? */
  #isGuarded(price: Decimal): boolean {
    const edge = edgeOf(this.#bench, this.#plan.side, price)
    return edge !== undefined && edge < this.#bench.settings.guardBps
  }

  #trigger(price: Decimal): void {
    const { tally, settings, instrument } = this.#bench
    const { task, signal } = this.#flow
    const { side } = this.#plan
    tally.pauses += 1
    const cover = coverPriceOf(this.#bench, side)
    const part = decimal(settings.guardBps).div(10_000)
    const limit = price.times(side === 'buy' ? part.plus(1) : part.times(-1).plus(1))
    signal.snapshot(
      'price_guard',
      booksOf(this.#bench),
      arbitrageOf(this.#bench, side, text(price)),
    )
    task.priceGuardTriggered({
      price: cover?.toFixed() ?? '0',
      limit: text(roundTo(limit, instrument.tickSize)),
    })
    task.paused('price_guard')
  }

  /** Waits for the edge to come back; returns whether it did. */
  async #waitForPrice(): Promise<boolean> {
    const { timeline, candleMs, settings, first, second } = this.#bench
    const { task, stop } = this.#flow
    const { side } = this.#plan
    const untilMs = timeline.elapsedMs + settings.guardPauseCandles * candleMs
    while (timeline.elapsedMs < untilMs && stop.reason === undefined) {
      const edge = edgeOf(this.#bench, side)
      if (edge !== undefined && edge >= settings.detector.edgeMinBps) {
        task.priceGuardResumed({ price: coverPriceOf(this.#bench, side)?.toFixed() ?? '0' })
        task.resumed()
        return true
      }
      const news = [first.feed.changed.next, second.feed.changed.next]
      await Promise.race([...news, stop.asked, timeline.sleep(candleMs)])
    }
    return false
  }

  /** Best price of the own side: behind those who are there already. */
  #price(): string | undefined {
    const { bestBid, bestAsk } = this.#bench.first.feed
    return (this.#plan.side === 'buy' ? bestBid : bestAsk)?.toFixed()
  }

  #crosses(price: string): boolean {
    const { bestBid, bestAsk } = this.#bench.first.feed
    const opposite = this.#plan.side === 'buy' ? bestAsk : bestBid
    return opposite !== undefined && !isBetter(this.#plan.side, opposite, decimal(price))
  }

  /** With something filled the flow goes on, whatever became of the rest. */
  #ended(ended: MakerResult['ended'], detail: string): MakerResult {
    return this.#flow.leg.entered.gt(0) ? { ended: 'filled', detail } : { ended, detail }
  }
}

/** Is `price` further into the market than `other`, for an order that rests on this side? */
function isBetter(side: Side, price: Decimal, other: Decimal): boolean {
  return side === 'buy' ? price.gt(other) : price.lt(other)
}

function isFilled({ live }: Work): boolean {
  return live.status === 'closed'
}

function endOf(why: string): MakerResult['ended'] {
  if (why === 'filled' || why === 'expired') return why
  return why === 'rejected' ? 'rejected' : 'canceled'
}
