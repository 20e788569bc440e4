import { Where, rowsOf, textAt } from './answer.ts'
import type { Database } from '../sqlite.ts'
import type { Answer, AnswerRow, Filter } from './answer.ts'

const stepsBefore = 5
const examplesMax = 10

/** What failed, grouped by reason; of the latest ones the last events before it, and the order books then. */
export function failures(database: Database, filter: Filter): Answer {
  const failed = failedOf(database, filter)
  const groups = Map.groupBy(failed, (row) => `${textAt(row, 'what')}\n${textAt(row, 'reason')}`)
  const examples = failed.slice(-examplesMax)
  return [
    {
      name: 'failures',
      rows: [...groups.values()]
        .map((rows) => ({
          what: rows[0]?.['what'] ?? null,
          reason: rows[0]?.['reason'] ?? null,
          count: rows.length,
          first_at: rows[0]?.['time'] ?? null,
          last_at: rows.at(-1)?.['time'] ?? null,
          tasks:
            [...new Set(rows.map((row) => textAt(row, 'task')))].filter(Boolean).join(' ') || null,
          venues:
            [...new Set(rows.map((row) => textAt(row, 'venue')))].filter(Boolean).join(' ') || null,
        }))
        .sort((a, b) => b.count - a.count || (textAt(a, 'what') < textAt(b, 'what') ? -1 : 1)),
    },
    { name: 'before', rows: examples.flatMap((row) => eventsBefore(database, row)) },
    { name: 'books', rows: examples.flatMap((row) => booksAt(database, row)) },
  ]
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
    `SELECT timestamp AS time, ns, key, task_id AS task, trace_id, venue, symbol,
      replace(replace(type, 'trading.', ''), '.', ' ') AS what,
      coalesce(payload ->> '$."trading.order.reject.reason"', payload ->> '$."trading.deny.reason"',
        payload ->> '$."trading.hedge.reason"', payload ->> '$."trading.unwind.reason"',
        payload ->> '$."trading.task.reason"', payload ->> '$."error.type"', payload ->> '$."exception.type"',
        'unknown') AS reason
      FROM events ${where.sql} ORDER BY timestamp, ns, key`,
    where.values,
  )
}

/** The last events of its task, else of its flow, that came before. */
function eventsBefore(database: Database, failure: AnswerRow): AnswerRow[] {
  const { task = null, trace_id = null, time = null, ns = null, what = null } = failure
  const [column, id] = task !== null ? ['task_id', task] : ['trace_id', trace_id]
  if (id === null) return []
  const rows = rowsOf(
    database,
    `SELECT timestamp AS time, replace(type, 'trading.', '') AS event, venue, message FROM events
      WHERE ${column} = ? AND (timestamp, ns) < (?, ?) ORDER BY timestamp DESC, ns DESC, sequence DESC LIMIT ?`,
    [id, Number(time), Number(ns), stepsBefore],
  )
  return rows.reverse().map((row) => ({ failure: what, task, ...row }))
}

/** The order books of the last snapshot before. */
function booksAt(database: Database, failure: AnswerRow): AnswerRow[] {
  const { task = null, trace_id = null, time = null, what = null } = failure
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
  return rows.map((row) => ({ failure: what, task, ...row }))
}
