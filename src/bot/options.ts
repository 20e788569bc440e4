/** The bot's command line: what may be said, and plain words for what may not. */
import { parseArgs } from 'node:util'
import type { VenueStop } from './run.ts'
import { isProfileName, profiles, type ProfileName } from './venue/faults.ts'

/** Something on the command line that cannot be used; the message says what is allowed. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What the bot is to do. */
export interface BotOptions {
  /** Recorded market; undefined is the synthetic one. */
  readonly market: string | undefined
  readonly quotes: string | undefined
  readonly symbol: string | undefined
  readonly seed: string
  /** Market seconds per second; undefined lets the market decide. */
  readonly speed: number | undefined
  /** Market time; undefined is half a minute, of a recording all. */
  readonly durationMs: number | undefined
  readonly faults: ProfileName
  readonly stops: readonly VenueStop[]
  readonly json: boolean
}

/** A seed whose half minute has every outcome in it. */
const defaultSeed = '3'
/** Half a minute: how long a run on the synthetic market lasts. */
export const defaultDurationMs = 30_000

/** What `--help` prints. */
export const help = `The reference bot of fillpath: trades on paper, and tells all of it to OTEL_EXPORTER_OTLP_ENDPOINT.

Usage: node src/bot/main.ts [options]

  --market FILE      a recorded market: CSV of trades, quotes or books, .gz too (Binance public data, Tardis,
                     or time,trade_id,price,quantity,is_buyer_maker); quotes beside it are found by themselves
  --quotes FILE      quotes or books of the same time as the trades in --market
  --symbol SYMBOL    of the recording, where its name does not say it: BTC/USDT
  --seed SEED        any word or number; the same seed is the same run (default ${defaultSeed})
  --speed FACTOR     market seconds per second, or max (default 1; a slow recording is shown faster)
  --duration TIME    market time to trade for: 30s, 2m, 1h (default 30s; a recording is played to its end)
  --duration-s N     the same in seconds
  --faults PROFILE   what goes wrong at the venues (default lively):
${Object.entries(profiles)
  .map(([name, { description }]) => `                       ${name.padEnd(13)} ${description}`)
  .join('\n')}
  --stop-venue V@T+D the venue V stops T after the start, and is back D later; in this time nothing that is sent
                     to it is answered: paper-b@10s+90s (D is 60s where it is left out); may be given again
  --json             one JSON object at the end in place of the summary; lines go to stderr
  --help             this text

Ctrl-C closes what is open and ends the run; a second one ends it at once.`

/**
 * Reads the arguments.
 * @returns 'help' when that was asked for
 * @throws {UsageError}
 */
export function optionsOf(args: readonly string[]): BotOptions | 'help' {
  const values = parsed(args)
  if (values.help === true) return 'help'
  if (values.quotes !== undefined && values.market === undefined) {
    throw new UsageError('--quotes is given without --market: name the file of trades too')
  }
  if (values.duration !== undefined && values['duration-s'] !== undefined) {
    throw new UsageError('--duration and --duration-s are both given: one is enough')
  }
  return {
    market: values.market,
    quotes: values.quotes,
    symbol: symbolOf(values.symbol),
    seed: values.seed ?? defaultSeed,
    speed: speedOf(values.speed),
    durationMs: durationOf('--duration', values.duration) ?? secondsOf(values['duration-s']),
    faults: faultsOf(values.faults),
    stops: (values['stop-venue'] ?? []).map(stopOf),
    json: values.json ?? false,
  }
}

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const

interface Values {
  readonly market?: string
  readonly quotes?: string
  readonly symbol?: string
  readonly seed?: string
  readonly speed?: string
  readonly duration?: string
  readonly 'duration-s'?: string
  readonly faults?: string
  readonly 'stop-venue'?: string[]
  readonly json?: boolean
  readonly help?: boolean
}

function parsed(args: readonly string[]): Values {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        market: text,
        quotes: text,
        symbol: text,
        seed: text,
        speed: text,
        duration: text,
        'duration-s': text,
        faults: text,
        'stop-venue': { ...text, multiple: true },
        json: flag,
        help: { ...flag, short: 'h' },
      },
    })
    return values
  } catch (error) {
    // Node's own words: `Unknown option '--sped'.`
    const [first = ''] = (error as Error).message.split('\n')
    throw new UsageError(`${first.replace(/\.? To specify.*$/, '')}; --help lists what there is`, {
      cause: error,
    })
  }
}

function speedOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (value === 'max') return Infinity
  const speed = Number(value)
  if (value.trim() !== '' && speed > 0 && Number.isFinite(speed)) return speed
  throw new UsageError(`--speed is '${value}': give a number above 0, or max`)
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

function durationOf(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const [, amount = '', unit = 's'] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(value) ?? []
  const durationMs = Number(amount) * (unitsMs[unit] ?? 1000)
  if (amount !== '' && durationMs > 0) return durationMs
  throw new UsageError(`${name} is '${value}': give a time above 0, such as 30s, 2m or 1h`)
}

function secondsOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const seconds = Number(value)
  if (value.trim() !== '' && seconds > 0 && Number.isFinite(seconds)) return seconds * 1000
  throw new UsageError(`--duration-s is '${value}': give a number of seconds above 0`)
}

function faultsOf(value = 'lively'): ProfileName {
  if (isProfileName(value)) return value
  throw new UsageError(`--faults is '${value}': give one of ${Object.keys(profiles).join(', ')}`)
}

const stopDefaultMs = 60_000

function stopOf(value: string): VenueStop {
  const [, venue = '', after, length] = /^([^@\s]+)@([^+]+)(?:\+(.+))?$/.exec(value) ?? []
  if (venue === '') {
    throw new UsageError(
      `--stop-venue is '${value}': give venue and times, such as paper-b@10s+90s`,
    )
  }
  return {
    venue,
    afterMs: durationOf('--stop-venue', after) ?? 0,
    forMs: durationOf('--stop-venue', length) ?? stopDefaultMs,
  }
}

function symbolOf(value: string | undefined): string | undefined {
  if (value === undefined || /^[A-Za-z0-9]{1,12}\/[A-Za-z0-9]{2,6}$/.test(value)) return value
  throw new UsageError(`--symbol is '${value}': give it as BTC/USDT`)
}
