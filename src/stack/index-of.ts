/**
 * An index of what the stack has about a question, in memory: the records go through the same store as those of files,
 * so that each question is asked of the same tables.
 */
import { openDatabase } from '../desk/store/sqlite.ts'
import { migrate } from '../desk/store/schema.ts'
import { Store } from '../desk/store/store.ts'
import { FillpathError } from '../semconv/error.ts'
import { StackFlows } from './flows.ts'
import { anyOf, isOneOf } from './logql.ts'
import { inParallel } from './parallel.ts'
import { pointsOf } from './prometheus.ts'
import { spansOf } from './tempo.ts'
import type { OnProgress } from '../archive/flow/find.ts'
import type { Database } from '../desk/store/sqlite.ts'
import type { LogRecord, WireRecord } from '../wire/record.ts'
import type { Lines, Range, Stack } from './stack.ts'

/** What a question is about: a task, a flow by any of its ids, or all that happened in a period. */
export type Subject =
  | { readonly kind: 'task'; readonly id: string }
  | { readonly kind: 'flow'; readonly id: string }
  | {
      readonly kind: 'period'
      readonly range: Range
      /** Tables that are made of more than log records. */
      readonly spans: boolean
      readonly points: boolean
    }

const memory = ':memory:'
/** What a computer can be expected to keep in memory. */
const linesMax = 500_000
/** What began before a period or ended after it is known by events outside of it. */
const marginNs = 3_600_000_000_000n
const idsOfQuery = 40

/**
 * The index; to be closed by the caller.
 * @throws FillpathError `server_unreachable`, `server_refused`, `usage` (too many lines)
 */
export async function indexOf(
  stack: Stack,
  subject: Subject,
  onProgress?: OnProgress,
): Promise<Database> {
  const database = openDatabase(memory, { readOnly: false })
  try {
    migrate(database, memory)
    const store = new Store(memory, database)
    const keep = (records: readonly WireRecord[]): void => {
      store.add(records.map((record) => ({ record })))
    }
    switch (subject.kind) {
      case 'task':
        await keepTask(stack, subject.id, keep)
        break
      case 'flow':
        await keepFlow(stack, subject.id, keep)
        break
      case 'period':
        await keepPeriod(stack, subject, keep, onProgress)
    }
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

type Keep = (records: readonly WireRecord[]) => void

/** The lines of a task, and what else happened in its flows. */
async function keepTask(stack: Stack, task: string, keep: Keep): Promise<void> {
  const filters = [isOneOf('trading.task.id', [task])]
  const traces = new Set<string>()
  await keepLines(stack, { ...stack.range, filters }, (records) => {
    for (const { traceId } of records) if (traceId !== '') traces.add(traceId)
    keep(records)
  })
  keep(await new StackFlows(stack, { spans: false }).logsOf([...traces]))
}

/** The traces of an id, and those that have a correlation id or a position in common with them. */
async function keepFlow(stack: Stack, id: string, keep: Keep): Promise<void> {
  const flows = new StackFlows(stack, { spans: false })
  const found = (await flows.find(id)).map(({ traceId }) => traceId)
  if (found.length === 0) return
  const records = await flows.logsOf(found)
  keep(records)
  const filters = (['trading.correlation_id', 'trading.position.id'] as const).flatMap((name) => {
    const ids = [...valuesOf(records, name)].slice(0, idsOfQuery)
    return ids.length === 0 ? [] : [isOneOf(name, ids)]
  })
  if (filters.length === 0) return
  const others = new Set<string>()
  const lines = { ...flows.around(records), filters: [anyOf(filters)] }
  await keepLines(stack, lines, (page) => {
    for (const { traceId } of page) if (traceId !== '') others.add(traceId)
    keep(page)
  })
  for (const traceId of found) others.delete(traceId)
  keep(await flows.logsOf([...others]))
}

function valuesOf(records: readonly LogRecord[], name: string): Set<string> {
  const values = new Set<string>()
  for (const { attributes } of records) {
    const value = attributes.get(name)
    if (typeof value === 'string' && value !== '') values.add(value)
  }
  return values
}

async function keepPeriod(
  stack: Stack,
  { range, spans, points }: Extract<Subject, { kind: 'period' }>,
  keep: Keep,
  onProgress: OnProgress = () => {},
): Promise<void> {
  const fromNs = range.fromNs - marginNs
  const toNs = range.toNs + marginNs
  const traces = new Set<string>()
  await keepLines(stack, { fromNs, toNs, filters: [] }, (records) => {
    keep(records)
    if (spans) for (const { traceId } of records) if (traceId !== '') traces.add(traceId)
    const last = records.at(-1)
    if (last !== undefined) onProgress(Number(last.time - fromNs) / Number(toNs - fromNs))
  })
  const lacks = 'Its table is empty.'
  if (spans) {
    const found = await stack.optional('tempo', { lacks, otherwise: [] }, (tempo) =>
      inParallel([...traces], (id) => spansOf(tempo, id)),
    )
    keep(found.flat())
  }
  if (points) {
    await stack.optional('prometheus', { lacks, otherwise: undefined }, async (prometheus) => {
      for await (const part of pointsOf(prometheus, range)) keep(part)
    })
  }
}

async function keepLines(
  stack: Stack,
  lines: Lines,
  keep: (records: readonly LogRecord[]) => void,
): Promise<void> {
  let count = 0
  for await (const records of stack.lines({ ...lines, linesMax: linesMax + 1 })) {
    count += records.length
    if (count > linesMax) throw tooMany()
    keep(records)
  }
}

function tooMany(): FillpathError {
  return new FillpathError(
    'usage',
    `Loki has more than ${linesMax.toLocaleString('en')} lines of what is asked for`,
    {
      hint: 'Ask for a shorter period with --from, --to or --date, or for fewer streams with --selector.',
    },
  )
}
