import { rowsOf } from './answer.ts'
import type { Database } from '../sqlite.ts'
import type { Answer } from './answer.ts'

/**
 * What happened to a task, step by step, with the snapshots of the order books in their places; not the notes that keep
 * spans over a crash.
 */
export function timeline(database: Database, task: string): Answer {
  const steps = rowsOf(
    database,
    `SELECT timestamp AS time, sequence, replace(type, 'trading.', '') AS event, level, venue,
        message, payload ->> '$."trading.book.sequence"' AS book, ns, key
      FROM events WHERE task_id = ? AND type <> 'fillpath.span.started'
    UNION ALL
    SELECT timestamp, NULL, 'book.snapshot', 'debug', NULL, trigger, sequence, ns, key
      FROM orderbook_snapshots WHERE task_id = ?
    ORDER BY time, ns, sequence, key`,
    [task, task],
  )
  const startMs = Number(steps[0]?.['time'])
  return [
    { name: 'task', rows: rowsOf(database, 'SELECT * FROM tasks WHERE id = ?', [task]) },
    {
      name: 'timeline',
      // Named one by one: taking two of them out of a copy takes twice the time of the read.
      rows: steps.map((step) => ({
        time: step['time'] ?? null,
        ms: Number(step['time']) - startMs,
        sequence: step['sequence'] ?? null,
        event: step['event'] ?? null,
        level: step['level'] ?? null,
        venue: step['venue'] ?? null,
        message: step['message'] ?? null,
        book: step['book'] ?? null,
      })),
    },
  ]
}

/** The ids of all tasks that anything is known of. */
export function taskIds(database: Database): string[] {
  const sql = `SELECT id FROM tasks UNION SELECT DISTINCT task_id FROM events WHERE task_id IS NOT NULL
    UNION SELECT DISTINCT task_id FROM orderbook_snapshots WHERE task_id IS NOT NULL`
  return rowsOf(database, sql).map(({ id }) => String(id))
}
