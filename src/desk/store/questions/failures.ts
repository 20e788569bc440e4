import { Where, rowsOf, textAt } from './answer.ts'
import type { Database } from '../sqlite.ts'
import type { Answer, AnswerRow, Filter } from './answer.ts'

const stepsBefore = 5
const examplesMax = 10
const heads = ['failure', 'task'] as const
/** What costs money comes first where not all can be shown; a check that said no is the least. */
const ranks = ['unwind failed', 'hedge failed', 'task failed', 'order failed', 'order rejected']

/** What failed, grouped by reason; of the latest ones the last events before it, and the order books then. */
export function failures(database: Database, filter: Filter): Answer {
  const failed = failedOf(database, filter)
  const groups = [...Map.groupBy(failed, nameOf).values()].sort(
    (a, b) => b.length - a.length || (nameOf(a[0]) < nameOf(b[0]) ? -1 : 1),
  )
  const examples = examplesOf(groups)
  return [
    {
      name: 'failures',
      rows: groups.map((rows) => ({
        what: rows[0]?.['what'] ?? null,
        reason: rows[0]?.['reason'] ?? null,
        count: rows.length,
        first_at: rows[0]?.['time'] ?? null,
        last_at: rows.at(-1)?.['time'] ?? null,
        venues: distinct(rows, 'venue'),
        tasks: distinct(rows, 'task'),
      })),
    },
    { name: 'before', heads, rows: examples.flatMap((row) => eventsBefore(database, row)) },
    { name: 'books', heads, rows: examples.flatMap((row) => booksAt(database, row)) },
  ]
}

function nameOf(failure: AnswerRow | undefined): string {
  return `${textAt(failure ?? {}, 'what')}: ${textAt(failure ?? {}, 'reason')}`
}

function distinct(rows: readonly AnswerRow[], column: string): string | null {
  return [...new Set(rows.map((row) => textAt(row, column)))].filter(Boolean).join(' ') || null
}

/** The latest of each group, then the ones before, so that no reason hides another. */
function examplesOf(unranked: readonly (readonly AnswerRow[])[]): AnswerRow[] {
  const groups = unranked.toSorted((a, b) => rankOf(a[0]) - rankOf(b[0]))
  const perGroup = groups.map(() => 0)
  let left = examplesMax
  for (let round = 1; left > 0 && round <= examplesMax; round += 1) {
    for (const [index, rows] of groups.entries()) {
      if (left === 0) break
      if (rows.length < round) continue
      perGroup[index] = round
      left -= 1
    }
  }
  return groups.flatMap((rows, index) => rows.slice(rows.length - (perGroup[index] ?? 0)))
}

function rankOf(failure: AnswerRow | undefined): number {
  const rank = ranks.indexOf(textAt(failure ?? {}, 'what'))
  return rank < 0 ? ranks.length : rank
}

function failedOf(database: Database, filter: Filter): AnswerRow[] {
  const where = new Where()
    .and(
      `type IN ('trading.task.failed', 'trading.task.canceled', 'trading.hedge.failed', 'trading.unwind.failed',
        'trading.order.rejected', 'trading.order.failed', 'trading.order.denied', 'trading.signal.denied')`,
    )
    .filter(filter)
  return rowsOf(
    database,
    `SELECT timestamp AS time, ns, sequence, key, task_id AS task, trace_id, venue, symbol,
      replace(replace(type, 'trading.', ''), '.', ' ') AS what,
      coalesce(payload ->> '$."trading.order.reject.reason"', payload ->> '$."trading.deny.reason"',
        payload ->> '$."trading.hedge.reason"', payload ->> '$."trading.unwind.reason"',
        payload ->> '$."trading.task.reason"', payload ->> '$."error.type"', payload ->> '$."exception.type"',
        'unknown') AS reason
      FROM events ${where.sql} ORDER BY timestamp, ns, key`,
    where.values,
  )
}

/** What tells nothing of its own: the records of spans, and requests, whose answers stand behind them. */
const isStep = `type NOT LIKE 'fillpath.%' AND type <> 'trading.api.request'`

/** The last events of its task, else of its flow, that came before. */
function eventsBefore(database: Database, failure: AnswerRow): AnswerRow[] {
  const { task = null, trace_id = null, time = null, ns = null, sequence = null } = failure
  const [column, id] = task !== null ? ['task_id', task] : ['trace_id', trace_id]
  if (id === null) return []
  const rows = rowsOf(
    database,
    `SELECT timestamp AS time, replace(type, 'trading.', '') AS event, venue, message FROM events
      WHERE ${column} = ? AND (timestamp, ns, ifnull(sequence, 0)) < (?, ?, ?) AND ${isStep}
      ORDER BY timestamp DESC, ns DESC, sequence DESC, key DESC LIMIT ?`,
    [id, Number(time), Number(ns), Number(sequence), stepsBefore],
  )
  return rows.reverse().map((row) => ({ failure: nameOf(failure), task, ...row }))
}

/** The order books of the last snapshot before. */
function booksAt(database: Database, failure: AnswerRow): AnswerRow[] {
  const { task = null, trace_id = null, time = null } = failure
  const [column, id] = task !== null ? ['task_id', task] : ['trace_id', trace_id]
  if (id === null) return []
  const rows = rowsOf(
    database,
    `SELECT snapshot.sequence AS book, snapshot.timestamp AS time, trigger, venue, best_bid, best_ask, spread
      FROM (SELECT * FROM orderbook_snapshots WHERE ${column} = ? AND timestamp <= ?
        ORDER BY timestamp DESC, ns DESC LIMIT 1) AS snapshot
      JOIN snapshot_books ON snapshot_key = snapshot.key ORDER BY venue`,
    [id, Number(time)],
  )
  return rows.map((row) => ({ failure: nameOf(failure), task, ...row }))
}
