import { isTraceId, traceIdOf } from '../../base/ids.ts'
import { eventNameOf } from '../../semconv/aliases.ts'
import { severities } from '../../semconv/severity.ts'
import { followStack } from '../../stack/follow.ts'
import { anyOf, isOneOf, literal, quoted } from '../../stack/logql.ts'
import { byTime } from '../../stack/traces.ts'
import { encodeLine } from '../../wire/line.ts'
import type { Stack } from '../../stack/stack.ts'
import type { LogRecord } from '../../wire/record.ts'
import type { Output } from '../output.ts'

/** What is shown, and how: of the command. */
export interface StackTail {
  readonly level: keyof typeof severities
  readonly event: string | undefined
  readonly correlation: string | undefined
  readonly task: string | undefined
  readonly since: number | undefined
  readonly lines: number
  readonly follow: boolean
  /** Whether a line is asked for. */
  readonly isWanted: (line: string) => boolean
  /** Writes a line; says how many it wrote. */
  readonly show: (line: string) => number
}

/**
 * The last lines of Loki, and each new one; as `fillpath tail` shows them from files.
 * @returns how many lines were shown before it followed
 * @throws FillpathError `server_unreachable`, `server_refused`, `usage`
 */
export async function tailStack(output: Output, stack: Stack, tail: StackTail): Promise<number> {
  const filters = filtersOf(tail)
  let count = 0
  const shown: LogRecord[] = []
  const show = (records: readonly LogRecord[]): void => {
    for (const record of records) {
      const line = encodeLine(record)
      if (tail.isWanted(line)) count += tail.show(line)
    }
    // What is followed may only repeat the newest.
    shown.push(...records)
    if (shown.length > 20_000) shown.splice(0, shown.length - 10_000)
  }
  if (tail.since === undefined) show(await lastOf(stack, filters, tail.lines))
  else {
    const fromNs = BigInt(Date.now() - tail.since) * 1_000_000n
    for await (const page of stack.lines({ ...stack.range, fromNs, filters })) {
      show(page.toSorted(byTime))
    }
  }
  if (!tail.follow) return count
  if (count === 0) output.note(`fillpath: waiting for lines in ${stack.loki.url}`)
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const onAway = (error: unknown): void =>
    output.note(`fillpath: ${error instanceof Error ? error.message : String(error)}; waiting`)
  const following = { filters, signal: stop.signal, known: shown, onAway }
  for await (const records of followStack(stack, following)) show(records)
  return count
}

async function lastOf(
  stack: Stack,
  filters: readonly string[],
  count: number,
): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for (const window of stack.windows) {
    const linesMax = count - records.length
    const lines = { ...window, filters, direction: 'backward', linesMax } as const
    for await (const page of stack.lines(lines)) records.push(...page)
    if (records.length >= count) break
  }
  return records.sort(byTime)
}

/** Filters that let everything through which `isWanted` does; Loki does the leaving out. */
function filtersOf({ level, event, correlation, task }: StackTail): string[] {
  const filters: string[] = []
  if (level !== 'trace') filters.push(`severity_number>=${severities[level]}`)
  if (event !== undefined) {
    const pattern = literal(eventNameOf(event) ?? event)
      .replaceAll(String.raw`\*`, '.*')
      .replaceAll(String.raw`\?`, '.')
    filters.push(`event_name=~${quoted(`(trading[.])?${pattern}`)}`)
  }
  if (correlation !== undefined) {
    const ofTrace = `trace_id=${quoted(traceIdOf(correlation))}`
    const isForeign = !isTraceId(correlation)
    filters.push(
      isForeign ? anyOf([ofTrace, isOneOf('trading.correlation_id', [correlation])]) : ofTrace,
    )
  }
  if (task !== undefined) filters.push(isOneOf('trading.task.id', [task]))
  return filters
}
