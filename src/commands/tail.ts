import { resolve } from 'node:path'
import { Command } from 'commander'
import { systemClock } from '../base/clock.ts'
import { isTraceId, traceIdOf } from '../base/ids.ts'
import { eventOf } from '../archive/destination.ts'
import { timeOf } from '../archive/flow/find.ts'
import { followLines } from '../archive/follow.ts'
import { humanLine } from '../archive/human.ts'
import { recordOf } from '../archive/read.ts'
import { storedNow } from '../archive/recent.ts'
import { zoneOf } from '../archive/zone.ts'
import { folderSettings } from '../desk/settings.ts'
import { FillpathError } from '../semconv/error.ts'
import { severities } from '../semconv/severity.ts'
import { eventMatcher } from '../wire/event-pattern.ts'
import { keyEventMark } from './key-events.ts'
import { addOptions, settingsOf } from './options.ts'
import { paintPart } from './paint.ts'
import { addStackOptions, fromBrief, stackOf } from './stack/source.ts'
import { tailStack } from './stack/tail.ts'
import { Summaries } from './summaries.ts'
import { damagedText } from './words.ts'
import type { Zone } from '../archive/zone.ts'
import type { LogRecord } from '../wire/record.ts'
import type { Settings } from '../wire/settings.ts'
import type { Output } from './output.ts'
import type { ExitCode } from './exit-code.ts'

const examples = `
Examples:
  $ fillpath tail                                       the last lines, then each new one; Ctrl-C ends it
  $ fillpath tail --level warn --since 1h               what went wrong in the last hour, and goes wrong now
  $ fillpath tail --event 'trading.order.*'             every step of every order
  $ fillpath tail --correlation sig_abc123              one flow
  $ fillpath tail --level info --summary                with counts and latencies every 5 s, key events marked
  $ fillpath tail --no-follow --lines 500 --json | jq   as stored, for programs
  $ fillpath tail --from stack --level error            from Loki, of all bots that send there`

const tailSettings = {
  ...folderSettings,
  level: {
    kind: 'choice',
    values: ['trace', 'debug', 'info', 'warn', 'error', 'fatal'],
    brief: 'Only lines of this level or above.',
    default: 'trace',
  },
  event: {
    kind: 'string',
    brief: 'Only events of this name, in any spelling, or of a pattern such as order.*.',
  },
  correlation: { kind: 'string', brief: 'Only lines of this trace id or correlation id.' },
  task: { kind: 'string', brief: 'Only lines of this task.' },
  since: { kind: 'duration', brief: 'All lines of the last while, such as 10m or 2h.' },
  lines: { kind: 'integer', max: 1_000_000, brief: 'How many of the last lines.', default: 20 },
  summary: {
    kind: 'duration',
    min: 1_000,
    max: 86_400_000,
    brief: 'How often a summary is given.',
  },
} as const satisfies Settings

interface TailFilter {
  readonly level: keyof typeof severities
  readonly event: string | undefined
  readonly correlation: string | undefined
  readonly task: string | undefined
  readonly since: number | undefined
}

/** `fillpath tail`: what happened last, and what happens now. */
export function tailCommand(output: Output, end: (code: ExitCode) => void): Command {
  const command = new Command('tail')
    .description('show the last log lines and events, and each new one as it comes')
    .option('--no-follow', 'stop after the lines that are there')
    .option('--json', 'lines as they are stored, in JSON')
    .option(
      '--summary [seconds]',
      'signals, orders, errors, latencies every few seconds, of all lines (else 5)',
    )
    .addHelpText('after', examples)
  const { data: _data, timeZone: _timeZone, ...filters } = tailSettings
  addOptions(command, filters, ['level', 'event', 'correlation', 'task', 'since', 'lines'])
  addOptions(command, folderSettings, ['data', 'timeZone'])
  addStackOptions(command.option('--from <source>', fromBrief))
  return command.action(async (options: Readonly<Record<string, unknown>>) => {
    const settings = settingsOf(tailSettings, { ...options, summary: summaryOf(options) })
    const from = typeof options['from'] === 'string' ? options['from'] : undefined
    const stack = stackOf(output, from, options)
    const folder = resolve(settings.data)
    const isWanted = filterOf(settings)
    const isMonitor = settings.summary !== undefined
    const summaries = isMonitor ? new Summaries(output, settings.summary) : undefined
    const show = shower(output, zoneOf(settings.timeZone), isMonitor)
    const follow = options['follow'] !== false
    if (stack !== undefined) {
      const counting = (line: string): number => {
        summaries?.add(line)
        return show(line)
      }
      if (follow) summaries?.begin()
      const tail = { ...settings, isWanted, show: counting, follow }
      const count = await tailStack(output, stack, tail)
      summaries?.end()
      return end(follow ? 0 : stopped(count, stack.loki.url))
    }
    const stored = await storedNow(folder, 'events')
    let count = 0
    const { since } = settings
    if (since === undefined) {
      const lines = await stored.last(settings.lines, isWanted)
      summaries?.addShown(lines, follow)
      for (const line of inTime(lines)) count += show(line)
    } else {
      for await (const lines of stored.since(sinceMs(since), isWanted)) {
        summaries?.addShown(lines, follow)
        for (const line of inTime(lines)) count += show(line)
      }
    }
    for (const path of stored.damaged) output.note(damagedText(path))
    if (!follow) {
      if (count > 0) summaries?.end()
      return end(stopped(count, folder))
    }
    summaries?.begin()
    if (stored.ends.size === 0) output.note(`fillpath: waiting for lines in ${folder}`)
    const stop = new AbortController()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
    const following = { signal: stop.signal, fromBytes: stored.ends, fromDay: stored.lastDay }
    for await (const lines of followLines(folder, 'events', following)) {
      for (const line of lines) summaries?.add(line)
      for (const line of inTime(lines.filter(isWanted))) show(line)
    }
    summaries?.end()
    end(0)
  })
}

/** `--summary` alone, with seconds, or with a time such as 1m. */
function summaryOf({ summary }: Readonly<Record<string, unknown>>): unknown {
  if (summary === true) return '5s'
  return typeof summary === 'string' && /^[\d.]+$/.test(summary) ? `${summary}s` : summary
}

function stopped(count: number, folder: string): ExitCode {
  if (count > 0) return 0
  throw new FillpathError('not_found', `no line in ${folder} is what was asked for`, {
    hint: 'Ask for less with fewer filters, or look elsewhere with --data FOLDER.',
  })
}

function sinceMs(durationMs: number): number {
  return Number(systemClock.wallNs() / 1_000_000n) - durationMs
}

/** Whether a line is asked for. Texts are looked for before the line is decoded. */
function filterOf(filter: TailFilter): (line: string) => boolean {
  const severity = severities[filter.level]
  const matches = filter.event === undefined ? undefined : eventMatcher(filter.event)
  const traceId = filter.correlation === undefined ? undefined : traceIdOf(filter.correlation)
  const sinceNs = filter.since === undefined ? 0n : BigInt(sinceMs(filter.since)) * 1_000_000n
  const isPlain = severity === severities.trace && matches === undefined && sinceNs === 0n
  return (line) => {
    if (traceId !== undefined && !line.includes(traceId) && !mentions(line, filter.correlation)) {
      return false
    }
    if (filter.task !== undefined && !mentions(line, filter.task)) return false
    if (isPlain && traceId === undefined && filter.task === undefined) return true
    const record = recordOf(line)
    return (
      record?.signal === 'log' &&
      record.severityNumber >= (severity === severities.trace ? 0 : severity) &&
      (matches === undefined || matches(eventOf(record))) &&
      (sinceNs === 0n || timeOf(record) >= sinceNs) &&
      (traceId === undefined || isOfTrace(record, traceId, filter.correlation)) &&
      (filter.task === undefined || record.attributes.get('trading.task.id') === filter.task)
    )
  }
}

function mentions(line: string, text: string | undefined): boolean {
  return text !== undefined && line.includes(JSON.stringify(text))
}

function isOfTrace(record: LogRecord, traceId: string, correlation: string | undefined): boolean {
  if (record.traceId === traceId) return true
  return (
    !isTraceId(correlation ?? '') && record.attributes.get('trading.correlation_id') === correlation
  )
}

const timestamp = /^\{"timestamp":"([^"]{30})"/

/** Requests bring lines by module; what came together is shown in the order of time. Lines without a time stay put. */
function inTime(lines: readonly string[]): readonly string[] {
  const timed = lines.map((line) => ({ line, time: timestamp.exec(line)?.[1] ?? '' }))
  if (timed.some(({ time }) => time === '')) return lines
  return timed
    .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
    .map(({ line }) => line)
}

/** Writes lines; says how many it wrote. @param isMarked whether a mark stands before key events */
function shower(output: Output, zone: Zone, isMarked: boolean): (line: string) => number {
  const paint = paintPart(output)
  return (line) => {
    if (output.json) {
      output.line(line)
      return 1
    }
    const record = recordOf(line)
    if (record?.signal !== 'log') return 0
    const text = humanLine(record, { zone, paint, traceDigits: 8, valueCharsMax: 200, stack: true })
    output.line(isMarked ? `${keyEventMark(record.eventName)} ${text}` : text)
    return 1
  }
}
