/**
 * The book of one made-up venue: whole ticks and whole lots, so nothing is ever rounded.
 *
 * A level keeps its size from step to step, as queues do in a real book; it changes by trades that hit it,
 * and by orders that others add and cancel. Bids stay below asks at all times.
 */
import { decimal, text } from '../decimal.ts'
import type { Random } from '../random.ts'
import type { Level, MarketEvent, Side } from './event.ts'

/** What a made-up book is made of. */
export interface BookModelOptions {
  readonly venue: string
  readonly depth: number
  readonly tickSize: string
  readonly lotSize: string
  readonly random: Random
}

/** One step in the life of the venue. */
export interface Step {
  /** Where the middle of the book belongs now. */
  readonly mid: number
  readonly regime: { readonly trades: number; readonly halfSpread: number }
  /** Part of the trades that come to this venue. */
  readonly share: number
  /** Venue time: events fall inside, from (inclusive) to (exclusive). */
  readonly windowNs: readonly [from: bigint, to: bigint]
  readonly stepS: number
}

/** Most ticks from one level to the next. */
const gapMax = 12

/** Sizes in lots, by price in ticks. */
type Queue = Map<number, number>

/** One made-up venue. Call `advance` step by step. */
export class BookModel {
  readonly #options: BookModelOptions
  readonly #random: Random
  readonly #tick: number
  readonly #bids: Queue = new Map()
  readonly #asks: Queue = new Map()
  #changed = true
  #trades = 0
  #center = 0
  #halfSpread = 1

  constructor(options: BookModelOptions) {
    this.#options = options
    this.#random = options.random
    this.#tick = Number(options.tickSize)
  }

  /** The events of one step, in order of time. */
  advance(step: Step): MarketEvent[] {
    const events: Untimed[] = []
    const mid = step.mid / this.#tick
    // Makers requote now and then, not at every move: a book that stands still for a while.
    const isOutside = Math.abs(mid - this.#center) > step.regime.halfSpread
    if (isOutside || this.#random.chance(step.stepS)) this.#requote(mid, step.regime.halfSpread)
    const bid = Math.floor(this.#center - this.#halfSpread)
    const ask = Math.max(bid + 1, Math.ceil(this.#center + this.#halfSpread))
    this.#sweep('sell', (price) => price > bid, events)
    this.#sweep('buy', (price) => price < ask, events)
    this.#refill(bid, ask)
    this.#show(events)
    if (this.#random.chance(step.regime.trades * step.share * step.stepS)) this.#trade(events)
    if (this.#random.chance(0.3)) this.#thinOut()
    this.#show(events)
    return spread(events, step.windowNs, this.#random)
  }

  #requote(mid: number, halfSpread: number): void {
    this.#center = mid
    this.#halfSpread = halfSpread * this.#random.between(0.5, 1.5)
  }

  /** The middle moved through these levels: some were hit, the others canceled in time. */
  #sweep(aggressor: Side, isPassed: (price: number) => boolean, events: Untimed[]): void {
    const queue = aggressor === 'buy' ? this.#asks : this.#bids
    for (const [price, lots] of inOrder(queue, aggressor)) {
      if (!isPassed(price)) break
      if (this.#random.chance(0.3)) {
        const hit = Math.max(1, Math.floor(lots * this.#random.between(0.2, 1)))
        events.push(this.#print(aggressor, price, hit))
      }
      queue.delete(price)
      this.#changed = true
    }
  }

  /** Somebody takes what is at the best price, and goes on to the next level when it is not enough. */
  #trade(events: Untimed[]): void {
    const aggressor: Side = this.#random.chance(0.5) ? 'buy' : 'sell'
    const queue = aggressor === 'buy' ? this.#asks : this.#bids
    let open = Math.min(Math.max(1, Math.round(this.#random.heavy(20))), 2000)
    for (const [price, lots] of inOrder(queue, aggressor)) {
      if (open === 0 || queue.size === 1) break
      const hit = Math.min(open, lots)
      events.push(this.#print(aggressor, price, hit))
      open -= hit
      if (hit === lots) queue.delete(price)
      else queue.set(price, lots - hit)
      this.#changed = true
    }
  }

  #refill(bid: number, ask: number): void {
    this.#fill(this.#bids, bid, -1)
    this.#fill(this.#asks, ask, 1)
  }

  /** From the best price outwards: what is near stays, gaps and the far end are filled. */
  #fill(queue: Queue, best: number, direction: 1 | -1): void {
    if (!queue.has(best)) this.#add(queue, best, 150)
    const kept = [...queue.keys()].toSorted((one, other) => (one - other) * direction)
    const far = kept.splice(this.#options.depth)
    let last = best
    for (const price of kept.slice(1)) {
      while ((price - last) * direction > gapMax) {
        last += direction * (1 + this.#random.below(gapMax))
        this.#add(queue, last, 400)
      }
      last = price
    }
    while (queue.size - far.length < this.#options.depth) {
      last += direction * (1 + this.#random.below(gapMax))
      this.#add(queue, last, 400)
    }
    const worst = [...queue.keys()].toSorted((one, other) => (one - other) * direction)
    for (const price of worst.slice(this.#options.depth)) queue.delete(price)
  }

  #add(queue: Queue, price: number, median: number): void {
    queue.set(price, Math.min(Math.max(1, Math.round(this.#random.heavy(median))), 20_000))
    this.#changed = true
  }

  /** Others add to one level of each side, or cancel part of it. */
  #thinOut(): void {
    for (const queue of [this.#bids, this.#asks]) {
      const prices = [...queue.keys()]
      const price = prices[this.#random.below(prices.length)]
      const lots = price === undefined ? undefined : queue.get(price)
      if (price === undefined || lots === undefined) continue
      queue.set(price, Math.max(1, Math.round(lots * this.#random.between(0.6, 1.5))))
    }
    this.#changed = true
  }

  #print(aggressor: Side, price: number, lots: number): Untimed {
    this.#trades += 1
    const [at, quantity] = this.#level([price, lots])
    return {
      kind: 'trade',
      venue: this.#options.venue,
      id: `${this.#trades}`,
      price: at,
      quantity,
      aggressor,
    }
  }

  /** What stands in the book is seen before anybody can trade with it. */
  #show(events: Untimed[]): void {
    if (!this.#changed) return
    this.#changed = false
    events.push({
      kind: 'book',
      venue: this.#options.venue,
      bids: inOrder(this.#bids, 'sell').map((entry) => this.#level(entry)),
      asks: inOrder(this.#asks, 'buy').map((entry) => this.#level(entry)),
    })
  }

  #level([price, lots]: readonly [number, number]): Level {
    const { tickSize, lotSize } = this.#options
    return [text(decimal(price).times(tickSize)), text(decimal(lots).times(lotSize))]
  }
}

type Untimed = MarketEvent extends infer E
  ? E extends MarketEvent
    ? Omit<E, 'timeNs'>
    : never
  : never

/** Best level first for somebody who takes as `aggressor`. */
function inOrder(queue: Queue, aggressor: Side): [number, number][] {
  const direction = aggressor === 'buy' ? 1 : -1
  return [...queue].toSorted(([one], [other]) => (one - other) * direction)
}

/** Gives the events times inside the window, in their order, to the microsecond as venues do. */
function spread(
  events: readonly Untimed[],
  [from, to]: readonly [bigint, bigint],
  random: Random,
): MarketEvent[] {
  const microseconds = Number((to - from) / 1000n)
  const times = events.map(() => random.below(microseconds)).toSorted((one, other) => one - other)
  return events.map((event, index) => ({
    ...event,
    timeNs: from + BigInt(times[index] ?? 0) * 1000n,
  }))
}
