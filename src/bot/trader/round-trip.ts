/**
 * One flow from signal to flat: checked, ordered on the first venue, covered on the second, held, closed; or
 * given up on the way, with nothing left open.
 */
import type { Signal, Task } from '../../index.ts'
import { text, type Decimal } from '../decimal.ts'
import { oppositeOf, type Side } from '../market/event.ts'
import { checkRisk, type RiskPicture } from '../strategy/risk.ts'
import type { Size } from '../strategy/sizing.ts'
import { arbitrageOf, booksOf, type Bench } from './bench.ts'
import { closeLeg } from './close-leg.ts'
import { Hedger } from './hedger.ts'
import { Holding } from './holding.ts'
import { Leg } from './leg.ts'
import { MakerOrder, type MakerResult } from './maker.ts'
import { Stop } from './stop.ts'
import type { Outcome } from './tally.ts'

/** What the detector decided. */
export interface TripPlan {
  readonly side: Side
  readonly size: Size
  readonly decisionPrice: Decimal
  readonly reason: string
}

const unwindAttemptsMax = 8

/** One round trip. */
export class RoundTrip {
  readonly first: Leg
  readonly second: Leg
  readonly #bench: Bench
  readonly #signal: Signal
  readonly #task: Task
  readonly #plan: TripPlan
  readonly #stop = new Stop()

  constructor(
    bench: Bench,
    flow: { readonly signal: Signal; readonly task: Task },
    plan: TripPlan,
  ) {
    this.#bench = bench
    this.#signal = flow.signal
    this.#task = flow.task
    this.#plan = plan
    this.first = new Leg(bench.first.id, plan.side)
    this.second = new Leg(bench.second.id, oppositeOf(plan.side))
  }

  /** Runs it. Throws only for faults of the bot itself. */
  async run(risk: () => RiskPicture): Promise<void> {
    const { first, second, shutdown } = this.#bench
    void shutdown.asked.then((reason) => this.#stop.ask(reason))
    first.legs.add(this.first)
    second.legs.add(this.second)
    const hedger = await this.#signal.run(() => this.#enter(risk))
    if (hedger) await this.#hold(hedger)
  }

  /** Up to the open pair; undefined when there is none in the end. */
  async #enter(risk: () => RiskPicture): Promise<Hedger | undefined> {
    const signal = this.#signal
    const { settings, second, logger } = this.#bench
    const { size, side } = this.#plan
    signal.received()
    signal.positionSize({
      quantity: text(size.quantity),
      risk: {
        notional: size.notional.toFixed(2),
        at_risk: size.risk.toFixed(2),
        limited_by: size.limitedBy,
      },
    })
    const verdict = checkRisk(risk(), settings.risk)
    if (!verdict.allowed) {
      this.#deny(verdict.reason, verdict.limit)
      return undefined
    }
    this.#task.started()
    signal.leverage({ leverage: settings.leverage, marginMode: 'isolated' })
    signal.hedgeTarget({ venue: second.id, quantity: text(size.quantity) })
    logger('bot.trip').info(
      `${side} ${text(size.quantity)} on ${this.first.venue}, cover on ${second.id}`,
    )
    const flow = { signal, first: this.first, second: this.second, stop: this.#stop }
    const hedger = new Hedger(this.#bench, flow)
    const hedging = hedger.work()
    const maker = await this.#workMaker()
    hedger.finish()
    const isCovered = await hedging
    if (!isCovered) {
      await this.#unwind()
      return undefined
    }
    // One leg alone is held too: the other was taken by its venue, and the pair is closed at once.
    if (this.first.open.gt(0) || this.second.open.gt(0)) return hedger
    const isTaken = this.first.entered.gt(0)
    this.#giveUp(isTaken ? { ended: 'canceled', detail: 'taken by the venue' } : maker)
    return undefined
  }

  #workMaker(): Promise<MakerResult> {
    const { side, size } = this.#plan
    const flow = { signal: this.#signal, task: this.#task, leg: this.first, stop: this.#stop }
    return new MakerOrder(this.#bench, flow, { side, quantity: size.quantity }).work()
  }

  #deny(reason: RiskDenial, limit: string): void {
    const { first, newId } = this.#bench
    const { side, size, decisionPrice } = this.#plan
    const signal = this.#signal
    if (size.quantity.gt(0)) {
      const order = signal.order({
        venue: first.id,
        side,
        type: 'limit',
        quantity: text(size.quantity),
        price: text(decisionPrice),
        postOnly: true,
        clientOrderId: newId('m'),
      })
      order.denied({ reason, limit })
    }
    signal.denied({ reason, limit })
    this.#task.canceled({ reason })
    this.#note('denied', reason)
  }

  /** Nothing was filled. */
  #giveUp({ ended, detail }: MakerResult): void {
    const signal = this.#signal
    if (ended === 'rejected') {
      signal.rejected()
      this.#task.failed(undefined, { reason: detail })
    } else if (ended === 'expired') {
      signal.expired()
      this.#task.canceled({ reason: 'not filled in time' })
    } else {
      signal.canceled(detail)
      this.#task.canceled({ reason: detail })
    }
    this.#note(ended === 'filled' ? 'canceled' : ended, detail)
  }

  /** The hedge failed: the first leg is closed again. */
  async #unwind(): Promise<void> {
    const { tally, first, state } = this.#bench
    const signal = this.#signal
    const leg = this.first
    tally.unwinds += 1
    signal.snapshot(
      'unwind_start',
      booksOf(this.#bench),
      arbitrageOf(this.#bench, oppositeOf(leg.side)),
    )
    const isFlat = leg.open.eq(0) || (await this.#closeFirst())
    await Promise.all([first.settleFunding(), this.#bench.second.settleFunding()])
    const result = this.first.made.plus(this.second.made)
    if (isFlat) {
      if (!signal.ended) signal.end('unwound')
      this.#task.failed(undefined, { reason: 'hedge_failed', profit: text(result) })
      this.#note('unwound', 'hedge failed')
      return
    }
    state.unwindFailed()
    this.#task.failed(undefined, { reason: 'unwind_failed' })
    this.#note('unwind_failed', `${text(leg.open)} open on ${leg.venue}`)
  }

  async #closeFirst(): Promise<boolean> {
    const { first } = this.#bench
    const leg = this.first
    const unwind = this.#signal.unwind({
      venue: first.id,
      side: oppositeOf(leg.side),
      quantity: text(leg.open),
      reason: 'hedge_failed',
    })
    const isFlat = await unwind.run(() =>
      closeLeg(this.#bench, {
        desk: first,
        leg,
        order: (options) => unwind.order(options),
        attemptsMax: unwindAttemptsMax,
      }),
    )
    if (!isFlat) unwind.failed({ reason: 'not closed' })
    return isFlat
  }

  async #hold(hedger: Hedger): Promise<void> {
    const { logger } = this.#bench
    const signal = this.#signal
    signal.snapshot(
      'position_open',
      booksOf(this.#bench),
      arbitrageOf(this.#bench, this.first.side),
    )
    const { first, second } = this
    const holding = new Holding(this.#bench, { signal, hedges: hedger.hedges, first, second })
    const reason = await holding.untilClosed()
    const result = first.made.plus(second.made)
    this.#task.completed({ reason, profit: text(result) })
    this.#task.run(() =>
      logger('bot.trip').info(
        `pair closed: ${reason.replaceAll('_', ' ')}, result ${result.toFixed(4)}`,
        {
          [first.venue]: first.made.toFixed(4),
          [second.venue]: second.made.toFixed(4),
          fees: first.fees.plus(second.fees).toFixed(4),
        },
      ),
    )
    this.#note('opened', reason)
  }

  #note(outcome: Outcome, detail: string): void {
    this.#bench.tally.flows.push({
      traceId: this.#signal.traceId,
      correlationId: this.#signal.correlationId,
      side: this.#plan.side,
      reason: this.#plan.reason,
      outcome,
      detail,
      legs: [this.first, this.second],
    })
  }
}

type RiskDenial = Extract<ReturnType<typeof checkRisk>, { allowed: false }>['reason']
