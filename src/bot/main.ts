/**
 * The reference bot as a program: options, market, telemetry, run, summary.
 *
 * Exit code 0 when it ran to its end, 2 for what it was told wrongly, 1 for anything else, 130 or 143 when it
 * was interrupted and closed everything first.
 */
import { randomBytes } from 'node:crypto'
import { FillpathError, start, type Telemetry } from '../index.ts'
import type { Market } from './market/event.ts'
import { MarketFileError } from './market/market-file-error.ts'
import { recordedMarket } from './market/recorded.ts'
import { syntheticMarket } from './market/synthetic.ts'
import { defaultDurationMs, help, optionsOf, UsageError, type BotOptions } from './options.ts'
import { marketClock, run } from './run.ts'
import { summaryLines, summaryOf } from './summary.ts'
import { Timeline } from './timeline.ts'
import { profiles } from './venue/faults.ts'

/** Bad lines of a recording that are shown one by one. */
const badLinesShown = 5
/** A recording is shown at a speed that gives about so many trades a second. */
const tradesPerSecond = 40
const interruptions = { SIGINT: 130, SIGTERM: 143 } as const

interface Source {
  readonly market: Market
  readonly startNs: bigint
  readonly linesLeftOut: () => number
}

async function main(args: readonly string[]): Promise<number> {
  const options = optionsOf(args)
  if (options === 'help') {
    console.log(help)
    return 0
  }
  const { market, startNs, linesLeftOut } = await sourceOf(options)
  checkStops(options, market)
  const speed = options.speed ?? speedFor(market, options)
  const timeline = new Timeline({ startNs, speed })
  const runId = `${Date.now().toString(36).slice(-5)}${randomBytes(2).toString('hex')}`
  if (!options.json) {
    const pace = speed === Infinity ? 'max' : speed
    console.log(`${market.title}; faults ${options.faults}, speed ${pace}, run ${runId}`)
  }
  const telemetry = await startTelemetry(options, { runId, timeline, speed })
  const { interrupted, code } = watchInterruptions()
  try {
    const result = await run({
      market,
      startNs,
      seed: options.seed,
      faults: profiles[options.faults],
      stops: options.stops,
      durationMs:
        options.durationMs ?? (options.market === undefined ? defaultDurationMs : Infinity),
      speed,
      runId,
      timeline,
      flows: telemetry.flows,
      logger: telemetry.logger,
      interrupted,
    })
    await telemetry.shutdown('run is over')
    const summary = summaryOf(result, {
      market: market.title,
      quote: market.instrument.quote,
      seed: options.seed,
      faults: options.faults,
      linesLeftOut: linesLeftOut(),
    })
    console.log(options.json ? JSON.stringify(summary) : summaryLines(summary).join('\n'))
    return code()
  } finally {
    await telemetry.shutdown('run broke off')
  }
}

async function sourceOf(options: BotOptions): Promise<Source> {
  const { market: path, seed, quotes, symbol } = options
  if (path === undefined) {
    // On a whole second, so that candles begin at the same moments of the market in every run.
    const startNs = BigInt(Math.floor(Date.now() / 1000)) * 1_000_000_000n
    return { market: syntheticMarket({ seed, startNs }), startNs, linesLeftOut: () => 0 }
  }
  let leftOut = 0
  const market = await recordedMarket({
    path,
    seed,
    ...(quotes !== undefined && { quotesPath: quotes }),
    ...(symbol !== undefined && { symbol }),
    onBadLine({ file, line, what }) {
      leftOut += 1
      if (leftOut <= badLinesShown) console.error(`${file}:${line}: ${what}; left out`)
      if (leftOut === badLinesShown) console.error('further bad lines are only counted')
    },
  })
  if (!market.hasTrades) {
    console.error(
      `${path}: holds no trades, and the bot builds its candles from trades: no signals will come`,
    )
  }
  return { market, startNs: market.startNs, linesLeftOut: () => leftOut }
}

function checkStops({ stops }: BotOptions, { venues }: Market): void {
  const unknown = stops.find(({ venue }) => !venues.includes(venue))
  if (!unknown) return
  const [first, second] = venues
  throw new UsageError(
    `--stop-venue names '${unknown.venue}': this market has ${first} (first orders) and ${second} (hedges)`,
  )
}

/** 1, or more for a recording so quiet that nothing would be seen to happen. */
function speedFor(market: Market, options: BotOptions): number {
  if (options.market === undefined || market.tradesPerSecond === 0) return 1
  const wanted = tradesPerSecond / market.tradesPerSecond
  return wanted < 2 ? 1 : Math.min(Math.round(wanted), 100_000)
}

function startTelemetry(
  options: BotOptions,
  { runId, timeline, speed }: { runId: string; timeline: Timeline; speed: number },
): Promise<Telemetry> {
  return start({
    serviceName: process.env['OTEL_SERVICE_NAME'] ?? 'reference-bot',
    runId,
    mode: options.market === undefined ? 'paper' : 'replay',
    metricIntervalMs: 5000,
    // With --json, stdout is for the summary alone.
    ...(options.json && { console: { stream: process.stderr } }),
    flows: {
      // Ten times leverage stands ten percent from liquidation: nothing to warn of.
      liquidationDistanceMin: 0.05,
      ...(speed !== 1 && { clock: marketClock(timeline) }),
    },
  })
}

/** The first signal closes what is open and ends the run, the second ends the process. */
function watchInterruptions(): {
  readonly interrupted: Promise<string>
  readonly code: () => number
} {
  const { promise: interrupted, resolve } = Promise.withResolvers<string>()
  let code = 0
  for (const [signal, exitCode] of Object.entries(interruptions)) {
    process.on(signal, () => {
      if (code !== 0) process.exit(exitCode)
      code = exitCode
      resolve(signal)
    })
  }
  return { interrupted, code: () => code }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const isTold = error instanceof UsageError || error instanceof MarketFileError
  const isSetting = error instanceof FillpathError && error.code === 'setting_invalid'
  console.error(isTold || isSetting ? `bot: ${error.message}` : error)
  process.exitCode = isTold || isSetting ? 2 : 1
}
