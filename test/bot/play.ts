/** Plays the bot on a market with everything recorded in memory. */
import type { Market } from '../../src/bot/market/event.ts'
import { syntheticMarket } from '../../src/bot/market/synthetic.ts'
import { marketClock, run, type RunResult, type VenueStop } from '../../src/bot/run.ts'
import { Timeline } from '../../src/bot/timeline.ts'
import { botDefaults } from '../../src/bot/trader/settings.ts'
import { profiles, type ProfileName } from '../../src/bot/venue/faults.ts'
import { startRecording, type Recording } from '../../src/probe/telemetry/testing.ts'

export interface Play {
  readonly faults: ProfileName
  readonly seed: number
  readonly durationMs: number
  /** @default the synthetic one */
  readonly market?: Market & { readonly startNs: bigint }
  readonly speed?: number
  readonly stops?: readonly VenueStop[]
}

export interface Played extends RunResult {
  readonly logs: ReturnType<Recording['logs']>
  readonly spans: ReturnType<Recording['spans']>
  /** What the flow API still holds open. */
  readonly leftOpen: number
}

const startNs = 1_700_000_000_000_000_000n

export async function play({
  faults,
  seed,
  durationMs,
  market,
  speed,
  stops = [],
}: Play): Promise<Played> {
  const from = market?.startNs ?? startNs
  const timeline = new Timeline({ startNs: from, ...(speed !== undefined && { speed }) })
  const telemetry = await startRecording({
    runId: 'test',
    flows: { liquidationDistanceMin: 0.05, clock: marketClock(timeline) },
  })
  const result = await run({
    market: market ?? syntheticMarket({ seed, startNs }),
    startNs: from,
    seed,
    faults: profiles[faults],
    durationMs,
    stops,
    runId: 'r1',
    timeline,
    // A limit that any process is above, so that this is told too.
    settings: { ...botDefaults, memoryLimitBytes: 1 },
    flows: telemetry.flows,
    logger: telemetry.logger,
  })
  const open = telemetry.flows.open()
  const leftOpen = open.signals + open.orders.length + open.positions.length + open.tasks.length
  await telemetry.shutdown()
  return { ...result, leftOpen, logs: telemetry.logs(), spans: telemetry.spans() }
}

/** Told when the machine finds it: how full its memory is, and by a timer that market time overtakes or not. */
const byMachine: ReadonlySet<string | undefined> = new Set([
  'trading.memory.high',
  'trading.hedge.delayed',
])

/** All that was recorded, but for what the machine's own clock and memory put into it. */
export function digest({ logs }: Played): string[] {
  return logs
    .filter(({ event }) => !byMachine.has(event))
    .map(({ event, message, level, attributes }) => {
      const {
        'trading.signal.detection_latency_ms': _latency,
        // Counts those that are left out, too.
        'trading.sequence': _sequence,
        // Which promises an error passed on its way is the engine's affair.
        'exception.stacktrace': _stack,
        ...stable
      } = attributes
      return JSON.stringify([event, level, message, stable])
    })
}
