/**
 * One run: a market, two paper venues, the bot, on one timeline.
 *
 * The run is decided by the market, the seed, the fault profile and its length, and by nothing else: not by
 * the speed, not by the machine, not by telemetry. It lasts for a given market time, then everything is
 * closed; a recording that is over earlier ends it earlier.
 */
import type { Flows, FlowsOptions, Logger } from '../index.ts'
import type { Market } from './market/event.ts'
import { candleMsFor } from './strategy/candle.ts'
import { Timeline, type Pace } from './timeline.ts'
import type { BotSettings } from './trader/settings.ts'
import type { Tally } from './trader/tally.ts'
import { Trader } from './trader/trader.ts'
import type { FaultProfile } from './venue/faults.ts'
import { PaperVenue } from './venue/paper-venue.ts'

/** A time in which a venue does not answer at all. */
export interface VenueStop {
  /** One of the market's venues. */
  readonly venue: string
  /** Market time from the start of the run. */
  readonly afterMs: number
  readonly forMs: number
}

/** What a run is made of. */
export interface RunOptions {
  readonly market: Market
  /** Market time of the first event. */
  readonly startNs: bigint
  readonly seed: number | string
  readonly faults: FaultProfile
  /** Market time after which no new signal is taken; `Infinity` is until the market is over. */
  readonly durationMs: number
  /** Venues that stop, beside what the faults do. @default none */
  readonly stops?: readonly VenueStop[]
  /** Market seconds per second. @default Infinity */
  readonly speed?: number
  /** Part of every id, so that the ids of several runs differ. */
  readonly runId: string
  readonly settings?: BotSettings
  readonly timeline?: Timeline
  readonly flows: Flows
  readonly logger: (module: string) => Logger
  /** Ends the run early, when it resolves, with a reason. */
  readonly interrupted?: Promise<string>
}

/** What came of it. */
export interface RunResult {
  readonly tally: Tally
  readonly venues: readonly [PaperVenue, PaperVenue]
  readonly trader: Trader
  readonly candleMs: number
  /** Market time that passed. */
  readonly elapsedMs: number
  readonly events: number
  readonly pace: Pace
}

/**
 * Clocks for flows on a market that runs faster than the clock: records carry the time they are made, durations
 * are market time. At speed 1 the two agree, and the machine's own clocks are finer.
 */
export function marketClock(timeline: Timeline): NonNullable<FlowsOptions['clock']> {
  return {
    wallNs: () => BigInt(Date.now()) * 1_000_000n,
    monotonicMs: () => timeline.elapsedMs,
  }
}

/** Runs to the end: when it resolves, both venues are flat. */
export async function run(options: RunOptions): Promise<RunResult> {
  const { market, seed, faults, startNs, speed = Infinity, flows, logger, runId } = options
  const timeline = options.timeline ?? new Timeline({ startNs, speed })
  const candleMs = candleMsFor(market.tradesPerSecond)
  const [firstId = 'paper-a', secondId = 'paper-b'] = market.venues
  const common = { instrument: market.instrument, timeline, seed, candleMs }
  const first = new PaperVenue({
    ...common,
    id: firstId,
    faults: faults.first,
    idPrefix: `${runId}-a`,
  })
  const second = new PaperVenue({
    ...common,
    id: secondId,
    faults: faults.second,
    idPrefix: `${runId}-b`,
  })
  const trader = new Trader({
    timeline,
    instrument: market.instrument,
    candleMs,
    first,
    second,
    flows,
    logger,
    runId,
    ...(options.settings && { settings: options.settings }),
  })
  const life = liveWith(trader, timeline)
  let events = 0
  timeline.after(0, () => life.begin())
  if (Number.isFinite(options.durationMs)) {
    timeline.after(options.durationMs, () => life.end('time is up'))
  }
  for (const { venue, afterMs, forMs } of options.stops ?? []) {
    timeline.after(afterMs, () => (venue === firstId ? first : second).stop(forMs))
  }
  void options.interrupted?.then((reason) => life.end(reason))
  await timeline.run(market, {
    event(event) {
      events += 1
      if (event.venue === firstId) first.onMarket(event)
      else second.onMarket(event)
    },
    end: () => life.end('the market is over'),
  })
  await life.over
  const { elapsedMs, pace } = timeline
  return {
    tally: trader.bench.tally,
    venues: [first, second],
    trader,
    candleMs,
    elapsedMs,
    events,
    pace,
  }
}

/** Starts the bot once and stops it once; what it throws ends the run. */
function liveWith(
  trader: Trader,
  timeline: Timeline,
): { begin(): void; end(reason: string): void; readonly over: Promise<void> } {
  const { promise: over, resolve, reject } = Promise.withResolvers<void>()
  // Nobody may be waiting for it yet when it fails.
  over.catch(() => undefined)
  const fail = (error: unknown): void => {
    reject(error)
    timeline.stop()
  }
  let started: Promise<void> | undefined
  let isEnding = false
  return {
    over,
    begin() {
      started = trader.start()
      started.catch(fail)
    },
    end(reason) {
      if (isEnding) return
      isEnding = true
      const stop = async (): Promise<void> => {
        await started
        await trader.stop(reason)
        resolve()
        timeline.stop()
      }
      stop().catch(fail)
    },
  }
}
