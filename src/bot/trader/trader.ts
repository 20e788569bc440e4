/**
 * The reference bot: signal → risk check → maker order → hedge → position → exit, several flows at once.
 *
 * It trades through {@link Exchange} alone and tells everything through fillpath's public door, as any bot
 * would. It knows nothing of paper venues, seeds or faults.
 */
import type { Flows, Logger, Task } from '../../index.ts'
import { decimal, least, text, zero, type Decimal } from '../decimal.ts'
import type { Instrument } from '../market/event.ts'
import type { Decision } from '../strategy/detector.ts'
import type { RiskPicture, VenueHealth } from '../strategy/risk.ts'
import { sizeOf, type Size } from '../strategy/sizing.ts'
import type { Timeline } from '../timeline.ts'
import type { Exchange, Order, Side, Trade } from '../venue/exchange.ts'
import { booksOf, edgeOf, equityOf, type Bench } from './bench.ts'
import { flatten } from './flatten.ts'
import { RoundTrip } from './round-trip.ts'
import { botDefaults, type BotSettings } from './settings.ts'
import { SignalSource } from './signals.ts'
import { Stop } from './stop.ts'
import { Tally } from './tally.ts'
import { TradingStateKeeper } from './trading-state.ts'
import { VenueDesk } from './venue-desk.ts'
import { MemoryWatch } from './watch.ts'

/** What a bot is made of. */
export interface TraderOptions {
  readonly timeline: Timeline
  readonly instrument: Instrument
  readonly candleMs: number
  readonly first: Exchange
  readonly second: Exchange
  readonly flows: Flows
  readonly logger: (module: string) => Logger
  /** Part of every id that the bot makes. */
  readonly runId: string
  readonly settings?: BotSettings
}

const strategy = 'atr-lag'

/** One bot. */
export class Trader {
  readonly bench: Bench
  readonly #options: TraderOptions
  readonly #log: Logger
  readonly #signals: SignalSource
  readonly #trips = new Set<Promise<void>>()
  readonly #active = new Set<RoundTrip>()
  #startEquity: Decimal = zero
  #tasks = 0
  #ids = 0

  constructor(options: TraderOptions) {
    const { timeline, instrument, candleMs, flows, logger, settings = botDefaults } = options
    this.#options = options
    this.#log = logger('bot.trader')
    const tally = new Tally()
    this.bench = {
      timeline,
      instrument,
      candleMs,
      settings,
      flows,
      logger,
      tally,
      first: this.#desk(options.first, tally, settings, (trade) => this.#signals.take(trade)),
      second: this.#desk(options.second, tally, settings),
      state: new TradingStateKeeper({
        flows,
        timeline,
        failuresMax: settings.failuresMax,
        forgetMs: settings.failureCandles * candleMs,
      }),
      shutdown: new Stop(),
      newId: (kind) => `${options.runId}-${kind}${(this.#ids += 1)}`,
    }
    this.#signals = new SignalSource({
      detector: flows.detector({ symbol: instrument.symbol, strategy }),
      settings: settings.detector,
      candleMs,
      around: () => ({
        spread: this.#spread(),
        edgeBps: (side) => edgeOf(this.bench, side),
      }),
      onSignal: (decision, trade) => this.#begin(decision, trade),
      onFiltered: () => (tally.filtered += 1),
    })
  }

  /** Connects to both venues. */
  async start(): Promise<void> {
    const { first, second, settings, timeline, candleMs, flows } = this.bench
    flows.tradingState('active')
    await Promise.all([first.start(settings.leverage), second.start(settings.leverage)])
    this.#startEquity = equityOf(this.bench)
    const memory = new MemoryWatch(this.#log.events, settings.memoryLimitBytes)
    timeline.every(candleMs * 8, () => memory.look())
    this.#log.info('connected', { equity: this.#startEquity.toFixed(2), candle_ms: candleMs })
  }

  /** Takes no new signals, closes what is open, and resolves when everything is flat. */
  async stop(reason: string): Promise<void> {
    const { shutdown, state, first, second } = this.bench
    this.#log.events.shutdownInitiated({ reason })
    state.reduceForShutdown()
    shutdown.ask(reason)
    while (this.#trips.size > 0) await Promise.all(this.#trips)
    for (const desk of [first, second]) {
      await desk.catchUp()
      await flatten(this.bench, desk, strategy)
      await desk.refresh()
      desk.close()
    }
  }

  #desk(
    exchange: Exchange,
    tally: Tally,
    settings: BotSettings,
    onTrade?: (trade: Trade) => void,
  ): VenueDesk {
    const { instrument, timeline, candleMs, flows, logger } = this.#options
    return new VenueDesk({
      exchange,
      instrument,
      timeline,
      candleMs,
      latencyLimitMs: settings.latencyLimitMs,
      flows,
      log: logger(`bot.venue.${exchange.id}`),
      tally,
      ...(onTrade && { onTrade }),
      onForeign: (desk, order) => this.#foreign(desk, order),
    })
  }

  #begin(decision: Decision, trade: Trade): void {
    const { outcome, atr, velocity, pattern } = decision
    const { tally, shutdown, first, timeline, instrument } = this.bench
    const { mid } = first.feed
    if (outcome.kind !== 'signal' || !atr || !mid || shutdown.reason !== undefined) return
    tally.signals += 1
    const task = this.#newTask()
    task.snapshot('task_created', booksOf(this.bench))
    const signal = task.signal({
      symbol: instrument.symbol,
      strategy,
      side: outcome.side,
      decisionPrice: text(mid),
      signalId: `${task.taskId}-s`,
      reason: outcome.reason,
      confidence: outcome.confidence,
      atr: atr.value,
      velocity: velocity?.value,
      pattern: pattern?.name,
      // Replayed markets have times of their own: what counts is how old the news is.
      marketTimeMs: Date.now() - Math.max(0, timeline.nowMs - trade.timestamp),
    })
    const size = this.#size(mid, atr.value)
    const { side, reason } = outcome
    const trip = new RoundTrip(
      this.bench,
      { signal, task },
      { side, size, decisionPrice: mid, reason },
    )
    const picture = this.#picture(side, size, this.#active.size)
    this.#active.add(trip)
    const run = trip
      .run(() => picture)
      .catch((error: unknown) => {
        // A fault of the bot, not of the market: told with its stack, and the bot goes on.
        this.#log.events.error({}, { error, message: 'a round trip broke off' })
        task.failed(error)
      })
      .finally(() => {
        this.#active.delete(trip)
        this.#trips.delete(run)
      })
    this.#trips.add(run)
  }

  #newTask(): Task {
    const { instrument, flows, settings } = this.bench
    this.#tasks += 1
    return flows.task({
      taskId: `${this.#options.runId}-t${this.#tasks}`,
      type: 'pair',
      symbol: instrument.symbol,
      strategy,
      executorId: `trader-${this.#options.runId}`,
      config: {
        tick_size: instrument.tickSize,
        lot_size: instrument.lotSize,
        leverage: settings.leverage,
        risk_share: settings.riskShare,
        take_profit_bps: settings.takeProfitBps,
        stop_loss_bps: settings.stopLossBps,
        guard_bps: settings.guardBps,
      },
    })
  }

  #size(price: Decimal, atr: number): Size {
    const { settings, instrument, first, second } = this.bench
    const depths = (['buy', 'sell'] as const).flatMap((side) => [
      first.feed.depthFor(side),
      second.feed.depthFor(side),
    ])
    const depth = depths.reduce(least)
    return sizeOf(
      { equity: equityOf(this.bench), price, stopDistance: decimal(atr.toFixed(10)), depth },
      settings,
      instrument,
    )
  }

  #picture(side: Side, size: Size, flowsOpen: number): RiskPicture {
    const { first, second, settings, state } = this.bench
    const { open } = first.legs
    const openNotional = open.reduce((sum, leg) => sum.plus(leg.open.times(leg.entryPrice)), zero)
    const busy = [...this.#active].map((trip) => trip.first.side)
    return {
      state: state.state,
      side,
      quantity: size.quantity,
      notional: size.notional,
      leverage: settings.leverage,
      equity: equityOf(this.bench),
      startEquity: this.#startEquity,
      free: first.money.free,
      openNotional,
      openSide: busy[0],
      flowsOpen,
      first: healthOf(first),
      second: healthOf(second),
    }
  }

  #spread(): number | undefined {
    const { bestBid, bestAsk } = this.bench.first.feed
    return bestBid && bestAsk ? Number(bestAsk.minus(bestBid)) : undefined
  }

  readonly #foreignFills = new Set<string>()

  /** An order the bot never sent: what it did falls on the oldest legs it closes. */
  #foreign(desk: VenueDesk, order: Order): void {
    const { tally } = this.bench
    const fresh = order.trades.filter(({ id }) => !this.#foreignFills.has(id))
    if (fresh.length === 0) return
    tally.foreignOrders += 1
    this.#log.warn(`${desk.id} traded by itself`, {
      'trading.venue': desk.id,
      'trading.order.client_id': order.clientOrderId,
      'trading.order.side': order.side,
    })
    for (const { id, side, price, amount, fee, timestamp } of fresh) {
      this.#foreignFills.add(id)
      const fill = {
        side,
        price: decimal(price),
        quantity: decimal(amount),
        fee: decimal(fee?.cost ?? 0),
        timeMs: timestamp,
      }
      tally.filled(desk.id, fill)
      desk.legs.take(fill, order.clientOrderId.startsWith('adl') ? 'adl' : 'liquidation')
    }
  }
}

function healthOf({ client, feed }: VenueDesk): VenueHealth {
  return { isUp: client.isUp, priceAge: feed.age, weightUsed: client.weightUsed }
}
