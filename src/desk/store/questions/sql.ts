import { FillpathError } from '../../../semconv/error.ts'
import { migrate } from '../schema.ts'
import { openDatabase } from '../sqlite.ts'
import { plainRow } from './answer.ts'
import type { Database } from '../sqlite.ts'
import type { Answer } from './answer.ts'

/** The tables that a statement may read. */
export const tableNames =
  'tasks, events, orders, fills, hedges, positions, orderbook_snapshots, snapshot_books, spans, metric_points, runs'

/**
 * The tables with their columns, for people.
 * @param width of a line
 */
export function schemaText(width: number): string {
  const database = openDatabase(':memory:', { readOnly: false })
  try {
    migrate(database, ':memory:')
    const lines = tableNames.split(', ').flatMap((table) => {
      const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all(table)
      return wrapped(
        columns.map(({ name }) => String(name)).filter((name) => name !== 'file_id'),
        { head: table.padEnd(headChars), width },
      )
    })
    return `${lines.join('\n')}\n\n${conventions}`
  } finally {
    database.close()
  }
}

const headChars = 21
const conventions = `timestamp, bucket and every …_at are milliseconds since 1970, ns what is below them. Money and
quantities are text, to the last digit, with a number beside them (…_num) to sum and compare.
payload has all attributes as JSON: payload ->> '$."trading.order.side"'. fills.order_key is
orders.key, orders.hedge_key is hedges.key. An order of an id that others had before is its
second, third …: binance/7, binance/7 #2; a position so: p1, p1#2.`

function wrapped(
  words: readonly string[],
  { head, width }: { readonly head: string; readonly width: number },
): string[] {
  const lines: string[] = []
  let line = head
  for (const [index, word] of words.entries()) {
    const text = index < words.length - 1 ? `${word},` : word
    if (line.length + text.length + 1 > width) {
      lines.push(line.trimEnd())
      line = ' '.repeat(headChars)
    }
    line += `${text} `
  }
  return [...lines, line.trimEnd()]
}

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
