/**
 * A pair that is open: a position at each venue, valued together and closed together.
 *
 * Each venue knows of its own side only, with a margin, funding and liquidation price of its own, so each leg
 * is a position of its own. What counts is their sum: the stop, the take-profit and the time limit look at
 * what the pair would bring if it were closed now. The stop and take-profit price of the first leg say where
 * that is if the other venue stands still.
 */
import type { Hedge, Position, PositionMark, Signal } from '../../index.ts'
import { decimal, roundTo, text, zero, type Decimal } from '../decimal.ts'
import { oppositeOf } from '../market/event.ts'
import { booksOf, type Bench } from './bench.ts'
import { closeLeg } from './close-leg.ts'
import type { Leg } from './leg.ts'
import type { VenueDesk } from './venue-desk.ts'

/** Why a pair was closed. */
export type ExitReason =
  | 'take_profit'
  | 'stop_loss'
  | 'timeout'
  | 'liquidation'
  | 'adl'
  | 'shutdown'

/** What is held, and where it comes from. */
export interface HoldingFlow {
  readonly signal: Signal
  readonly hedges: readonly Hedge[]
  readonly first: Leg
  readonly second: Leg
}

interface Side {
  readonly desk: VenueDesk
  readonly leg: Leg
  readonly position: Position
  /** Funding that the position was told of. */
  toldFunding: Decimal
}

const closeAttemptsMax = 60

/** Holds one pair until it is closed. */
export class Holding {
  readonly #bench: Bench
  readonly #flow: HoldingFlow
  readonly #sides: readonly [Side, Side]
  readonly #openedMs: number
  readonly #notional: Decimal
  #hasTrailed = false

  constructor(bench: Bench, flow: HoldingFlow) {
    this.#bench = bench
    this.#flow = flow
    this.#openedMs = bench.timeline.elapsedMs
    this.#notional = flow.first.entered.times(flow.first.entryPrice)
    this.#sides = [this.#openFirst(), this.#openSecond()]
  }

  /** Watches the pair until there is a reason to close it, and closes it. Returns the reason. */
  async untilClosed(): Promise<ExitReason> {
    const { signal } = this.#flow
    const reason = await this.#watch()
    signal.snapshot('position_close', booksOf(this.#bench))
    const [first, second] = this.#sides
    if (reason === 'stop_loss' || reason === 'take_profit') {
      for (const { position, leg } of this.#sides) {
        position.stopTriggered({ reason, price: this.#exitPrice(leg)?.toFixed() })
      }
    }
    for (const side of this.#sides) this.#agree(side)
    await Promise.all(this.#sides.map((side) => this.#close(side)))
    await Promise.all(this.#sides.map(({ desk }) => desk.settleFunding()))
    this.#tellFunding()
    this.#closeHedges(second.leg)
    second.position.closed({ reason })
    first.position.closed({ reason })
    return reason
  }

  /** Each hedge gets its share of what the second leg made. */
  #closeHedges(leg: Leg): void {
    for (const hedge of this.#flow.hedges) {
      const share = leg.made.times(hedge.coveredQuantity).div(leg.entered)
      hedge.closed({ realizedPnl: text(share.round(8)) })
    }
  }

  async #watch(): Promise<ExitReason> {
    const { first, second, timeline, candleMs, settings, shutdown } = this.#bench
    const untilMs = this.#openedMs + settings.holdCandles * candleMs
    for (;;) {
      const taken = this.#takenByVenue()
      if (taken) return taken
      const bps = this.#resultBps()
      if (bps !== undefined && bps >= settings.takeProfitBps) return 'take_profit'
      if (bps !== undefined && bps <= -this.#stopBps()) return 'stop_loss'
      if (shutdown.reason !== undefined) return 'shutdown'
      if (timeline.elapsedMs >= untilMs) return 'timeout'
      this.#mark()
      this.#trail(bps)
      await Promise.race([
        first.feed.changed.next,
        second.feed.changed.next,
        this.#flow.first.changed.next,
        this.#flow.second.changed.next,
        shutdown.asked,
        timeline.sleep(candleMs),
      ])
    }
  }

  /** A venue closed a leg, or a part of it: what is left on the other side is no hedge any more. */
  #takenByVenue(): ExitReason | undefined {
    const [first, second] = this.#sides
    if (first.leg.open.eq(second.leg.open)) return undefined
    return first.leg.takenBy ?? second.leg.takenBy ?? 'adl'
  }

  /** Brings the position in line with the leg, where the venue took from several positions at once. */
  #agree({ leg, position }: Side): void {
    const beyond = decimal(position.state.quantity).minus(leg.open)
    if (beyond.gt(0)) {
      const origin = leg.takenBy ?? 'adl'
      position.liquidated({ origin, quantity: text(beyond), price: text(leg.exitPrice) })
    } else if (beyond.lt(0)) position.modified({ quantity: text(leg.open) })
  }

  /** What the pair would bring if it were closed now, in basis points of what was put in, all fees counted. */
  #resultBps(): number | undefined {
    const results = this.#sides.map(({ leg }) => {
      const price = this.#exitPrice(leg)
      return price && leg.resultAt(price)
    })
    const [first, second] = results
    if (!first || !second) return undefined
    const bps = first.plus(second).div(this.#notional).times(10_000)
    return Number(bps) - this.#bench.settings.exitFeesBps
  }

  /** What closing the leg would get right now, taking from the book. */
  #exitPrice(leg: Leg): Decimal | undefined {
    const { feed } = leg === this.#flow.first ? this.#bench.first : this.#bench.second
    return feed.priceFor(oppositeOf(leg.side), leg.open)
  }

  /** Where the pair reaches `bps` if the other venue stands still. */
  #priceAt(leg: Leg, bps: number): string {
    const part = decimal(leg.side === 'buy' ? bps : -bps).div(10_000)
    return text(roundTo(leg.entryPrice.times(part.plus(1)), this.#bench.instrument.tickSize))
  }

  #stopBps(): number {
    const { stopLossBps } = this.#bench.settings
    return this.#hasTrailed ? stopLossBps / 2 : stopLossBps
  }

  /** Half way to the profit the stop comes closer. */
  #trail(bps: number | undefined): void {
    const { takeProfitBps } = this.#bench.settings
    if (this.#hasTrailed || bps === undefined || bps < takeProfitBps / 2) return
    this.#hasTrailed = true
    const [{ position, leg }] = this.#sides
    position.modified({ stopPrice: this.#priceAt(leg, -this.#stopBps()) })
  }

  #mark(): void {
    for (const side of this.#sides) {
      const { desk, position } = side
      const { feed, position: seen } = desk
      const mark: PositionMark = {
        mark: seen?.markPrice,
        last: feed.last?.toFixed(),
        mid: feed.mid?.toFixed(),
        liquidationPrice: seen?.liquidationPrice,
        marginRatio: seen && Number(decimal(seen.maintenanceMargin).div(seen.initialMargin)),
      }
      position.marked(mark)
    }
    this.#tellFunding()
  }

  #tellFunding(): void {
    for (const side of this.#sides) {
      const payment = side.leg.funding.minus(side.toldFunding)
      if (payment.eq(0)) continue
      side.toldFunding = side.leg.funding
      side.position.funding({ payment: text(payment) })
    }
  }

  async #close({ desk, leg, position }: Side): Promise<void> {
    await position.run(() =>
      closeLeg(this.#bench, {
        desk,
        leg,
        order: (options) => position.order(options),
        attemptsMax: closeAttemptsMax,
      }),
    )
  }

  #openFirst(): Side {
    const { settings, first: desk, newId } = this.#bench
    const { signal, first: leg } = this.#flow
    const position = signal.opened({
      positionId: newId('p'),
      venue: desk.id,
      side: leg.side === 'buy' ? 'long' : 'short',
      quantity: text(leg.open),
      entryPrice: text(leg.entryPrice),
      entryFees: text(leg.fees),
      leverage: settings.leverage,
      marginMode: 'isolated',
      stopPrice: this.#priceAt(leg, -settings.stopLossBps),
      takeProfitPrice: this.#priceAt(leg, settings.takeProfitBps),
    })
    return { desk, leg, position, toldFunding: zero }
  }

  #openSecond(): Side {
    const { settings, second: desk, newId, flows } = this.#bench
    const { signal, second: leg, hedges } = this.#flow
    const position = flows.position({
      positionId: newId('p'),
      symbol: signal.symbol,
      venue: desk.id,
      side: leg.side === 'buy' ? 'long' : 'short',
      quantity: text(leg.open),
      entryPrice: text(leg.entryPrice),
      entryFees: text(leg.fees),
      leverage: settings.leverage,
      marginMode: 'isolated',
      link: hedges[0]?.context,
    })
    return { desk, leg, position, toldFunding: zero }
  }
}
