import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { isTraceId } from '../base/ids.ts'
import { nearest } from '../base/nearest.ts'
import { importFiles, noCounts } from '../desk/import/import.ts'
import { removeDatabase } from '../desk/import/rebuild.ts'
import { followRemovals } from '../desk/import/removals.ts'
import { truthFiles } from '../desk/import/sources.ts'
import { explained } from '../desk/store/sqlite.ts'
import { openStore, openToRead } from '../desk/store/store.ts'
import { folderSettings } from '../desk/settings.ts'
import { FillpathError } from '../semconv/error.ts'
import { severities } from '../semconv/severity.ts'
import { dayOf, indexPath } from '../wire/paths.ts'
import { dayListText, dayText, daysOfFiles } from './day-list.ts'
import { settingsOf } from './options.ts'
import { periodOf } from './period.ts'
import { stackOf } from './stack/source.ts'
import { withStack } from './stack/question.ts'
import type { Filter } from '../desk/store/questions/answer.ts'
import type { Database } from '../desk/store/sqlite.ts'
import type { Output } from './output.ts'
import type { About, From } from './stack/question.ts'

/** What can be said to every question. */
export interface QueryOptions {
  readonly data?: string
  readonly timeZone?: string
  readonly csv?: boolean
  readonly from?: From
  readonly to?: string
  readonly days?: string
  readonly date?: string
  readonly task?: string
  readonly correlation?: string
  readonly symbol?: string
  readonly venue?: string
  readonly strategy?: string
  readonly limit?: string
}

/** Where to ask, and what the answer is limited to. */
export interface Question {
  readonly database: Database
  readonly folder: string
  readonly timeZone: string
  readonly filter: Filter
  /** Of which there are files, as `YYYYMMDD`; none where the stack is asked. */
  readonly days: readonly string[]
}

/**
 * Opens the index, with all that is in the files or that the stack has, and hands it to `ask`.
 * @param about what is asked about, so that the stack is not asked for all
 * @throws FillpathError `index_unusable`, `index_busy`, `not_found`, `usage`, `server_unreachable`, `server_refused`
 */
export async function withIndex<T>(
  output: Output,
  options: QueryOptions,
  ask: (question: Question) => T,
  about?: About,
): Promise<T> {
  const { data, timeZone } = settingsOf(folderSettings, {
    data: options.data,
    timeZone: options.timeZone,
  })
  const folder = resolve(data)
  const nowMs = Number(systemClock.wallNs() / 1_000_000n)
  const filter: Filter = {
    ...periodOf({ ...options, from: options.from?.time }, timeZone, nowMs),
    task: options.task,
    correlation: options.correlation,
    symbol: options.symbol,
    venue: options.venue,
    strategy: options.strategy,
    limit: limitOf(options.limit),
  }
  const stack = stackOf(output, options.from?.stack === true ? 'stack' : undefined, { ...options })
  if (stack !== undefined) {
    return withStack(output, stack, { about, filter, timeZone }, (database) =>
      ask({ database, folder, timeZone, filter, days: [] }),
    )
  }
  if (about !== undefined) refuseNarrowing(options, about)
  await catchUp(output, folder)
  const days = await daysOfFiles(folder)
  const path = join(folder, indexPath)
  const database = openToRead(path)
  try {
    return explained(path, () => ask({ database, folder, timeZone, filter, days }))
  } finally {
    database.close()
  }
}

const narrowing = [
  'to',
  'days',
  'date',
  'task',
  'correlation',
  'symbol',
  'venue',
  'strategy',
] as const

/**
 * What is asked by an id or a statement is answered whole: an option that would not narrow it must not seem to.
 * @throws FillpathError `usage`
 */
function refuseNarrowing(options: QueryOptions, { kind }: About): void {
  const given =
    options.from?.time === undefined
      ? [...narrowing, 'limit' as const].find((name) => options[name] !== undefined)
      : 'from'
  if (given === undefined) return
  throw new FillpathError('usage', `--${given} does not narrow this answer`, {
    hint:
      kind === 'tables'
        ? `Put the condition into the statement: WHERE timestamp >= unixepoch('now', '-1 day') * 1000, LIMIT 10.`
        : 'Leave it out; lists such as "query events" and "query orders" take it.',
  })
}

/**
 * Reads what came into the files since, so that an answer never lags behind them. Where that cannot be, as on a full disk,
 * an index that was there before answers all the same, and it is said.
 */
async function catchUp(output: Output, folder: string): Promise<void> {
  const path = join(folder, indexPath)
  const wasThere = existsSync(path)
  try {
    await readNew(output, folder)
  } catch (error) {
    const code = error instanceof FillpathError ? error.code : ''
    if (code !== 'folder_unwritable' && code !== 'index_busy') throw error
    if (!wasThere) {
      // What was begun answers nothing, and takes the last room of the disk. One that is busy is made by another process.
      if (code === 'folder_unwritable') await removeDatabase(path)
      throw error
    }
    const reason = error instanceof Error ? error.message : ''
    output.note(`fillpath: the answer is of what the index had before: ${reason}`)
  }
}

async function readNew(output: Output, folder: string): Promise<void> {
  const files = await truthFiles(folder)
  if (files.length === 0 && !existsSync(join(folder, indexPath))) return
  const bytesAll = files.reduce((sum, { size }) => sum + size, 0)
  const progress = output.progress('reading what is new')
  let bytes = 0
  const counts = noCounts()
  const store = openStore(join(folder, indexPath))
  try {
    await importFiles(store, files, counts, {
      onProgress: (read) => progress.update((bytes += read) / Math.max(1, bytesAll)),
      onUnreadable: ({ message, hint }) => output.note(`fillpath: ${message}. ${hint}`),
    })
    await followRemovals(store, folder)
  } finally {
    progress.done()
    store.close()
  }
  if (counts.bad > 0) {
    output.note(`fillpath: ${counts.bad} lines could not be read; "fillpath rebuild" says which`)
  }
}

function limitOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const limit = Number(text)
  if (Number.isSafeInteger(limit) && limit > 0) return limit
  throw new FillpathError('usage', `--limit is "${text}", not a whole number above 0`)
}

/**
 * The lowest severity number of a level.
 * @throws FillpathError `usage`
 */
export function severityOf(level: string | undefined): number | undefined {
  if (level === undefined) return undefined
  const severity = new Map<string, number>(Object.entries(severities)).get(level.toLowerCase())
  if (severity !== undefined) return severity
  throw new FillpathError(
    'usage',
    `--level is "${level}", not one of ${Object.keys(severities).join(', ')}`,
  )
}

/** The values of a column of the events. */
export function valuesOf(database: Database, column: string): string[] {
  return database
    .prepare(`SELECT DISTINCT ${column} AS value FROM events WHERE ${column} IS NOT NULL`)
    .all()
    .map(({ value }) => String(value))
}

/** An error for an id that nothing has, with the nearest that there are. */
export function unknownId(what: string, id: string, known: readonly string[]): FillpathError {
  const near = nearest(id, known)
  return new FillpathError('not_found', `there is no ${what} "${id}" in the index`, {
    hint:
      near.length > 0
        ? `Did you mean ${near.map((candidate) => `"${candidate}"`).join(' or ')}?`
        : known.length === 0
          ? 'The index is empty. Say where the files are with --data FOLDER.'
          : `There are ${known.length.toLocaleString('en')}, none of them near.`,
  })
}

/** What can be asked for, by the option, and the column of events that knows all of them. */
const asked = [
  ['task', 'task_id'],
  ['correlation', 'correlation_id'],
  ['symbol', 'symbol'],
  ['venue', 'venue'],
  ['strategy', 'strategy'],
] as const

/**
 * An error for an answer without rows: what was asked for that nothing has, with the nearest that there are, else what
 * there is.
 */
export function nothingFound(question: Question): FillpathError {
  const { database, days, filter, timeZone } = question
  for (const [name, column] of asked) {
    const value = filter[name]
    if (value === undefined || isTraceId(value)) continue
    const known = valuesOf(database, column)
    if (known.length > 0 && !known.includes(value)) return unknownId(name, value, known)
  }
  const { first, last } =
    database.prepare('SELECT min(timestamp) AS first, max(timestamp) AS last FROM events').get() ??
    {}
  const day = (value: unknown): string => dayText(dayOf(Number(value), timeZone))
  const files = days.length === 0 ? '' : `; there are files of ${dayListText(days)}`
  return new FillpathError('not_found', 'nothing in the index is what was asked for', {
    hint:
      first === null || first === undefined
        ? 'The index is empty. Say where the files are with --data FOLDER.'
        : `The index has events from ${day(first)} to ${day(last)}${files}. Ask with fewer filters or another period.`,
  })
}
