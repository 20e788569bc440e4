import { FillpathError } from '../../../semconv/error.ts'
import { plainRow } from './answer.ts'
import type { Database } from '../sqlite.ts'
import type { Answer } from './answer.ts'

/** The tables that a statement may read. */
export const tableNames =
  'tasks, events, orders, fills, hedges, positions, orderbook_snapshots, snapshot_books, spans, metric_points, runs'

/**
 * The rows of any statement that only reads.
 * @throws FillpathError `usage` when SQLite does not understand it, it would write, or it is more than one
 */
export function sql(database: Database, statement: string): Answer {
  try {
    const query = database.prepare(statement)
    const rest = statement.slice(query.sourceSQL.length).replaceAll(comments, '')
    if (/[^;\s]/.test(rest)) throw refused(`it is followed by another one: ${rest.trim()}`)
    return [{ name: 'rows', rows: query.all().map(plainRow) }]
  } catch (cause) {
    if (cause instanceof FillpathError || isOfIndex(cause)) throw cause
    throw refused(cause instanceof Error ? cause.message : String(cause), cause)
  }
}

const comments = /--[^\n]*|\/\*[^]*?(?:\*\/|$)/g

/** Whether it is the index that is at fault: busy, locked, damaged, of something else, or its disk full. */
function isOfIndex(error: unknown): boolean {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0
  return [5, 6, 11, 13, 26].includes(code)
}

function refused(reason: string, cause?: unknown): FillpathError {
  return new FillpathError('usage', `SQLite refuses the statement: ${reason}`, {
    hint: `The tables are ${tableNames}; "SELECT sql FROM sqlite_schema" shows their columns. Nothing can be written.`,
    cause,
  })
}
