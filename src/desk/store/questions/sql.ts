import { FillpathError } from '../../../semconv/error.ts'
import { plainRow } from './answer.ts'
import type { Database } from '../sqlite.ts'
import type { Answer } from './answer.ts'

/** The tables that a statement may read. */
export const tableNames =
  'tasks, events, orders, fills, hedges, positions, orderbook_snapshots, snapshot_books, spans, metric_points, runs'

/**
 * The rows of any statement that only reads.
 * @throws FillpathError `usage` when SQLite does not understand it, or it would write
 */
export function sql(database: Database, statement: string): Answer {
  try {
    return [{ name: 'rows', rows: database.prepare(statement).all().map(plainRow) }]
  } catch (cause) {
    const code = cause instanceof Error && 'errcode' in cause ? Number(cause.errcode) & 0xff : 0
    // 1 is an error in the statement, 8 an attempt to write.
    if (code !== 1 && code !== 8) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FillpathError('usage', `SQLite refuses the statement: ${reason}`, {
      hint: `The tables are ${tableNames}; "SELECT sql FROM sqlite_schema" shows their columns. Nothing can be written.`,
      cause,
    })
  }
}
