import { add, compare, format, parseDecimal, subtract, zero } from '../../../base/decimal.ts'
import { rowsOf, textAt } from './answer.ts'
import type { Database } from '../sqlite.ts'
import type { Answer, AnswerRow } from './answer.ts'

/** The order books of a snapshot: a ladder for each venue, spread and depth, and what changed since the one before. */
export function orderbook(database: Database, task: string, sequence: number): Answer {
  const [snapshot] = snapshotsOf(database, task, '=', sequence)
  if (snapshot === undefined) return []
  const [before] = snapshotsOf(database, task, '<', sequence)
  const books = booksOf(database, snapshot)
  const booksBefore = before === undefined ? [] : booksOf(database, before)
  const { key: _key, ...shown } = snapshot
  return [
    { name: 'snapshot', rows: [shown] },
    { name: 'books', rows: books.map(summary) },
    ...books.map((book) => ({ name: `ladder ${textAt(book, 'venue')}`, rows: ladder(book) })),
    {
      name: before === undefined ? 'changes' : `changes since ${textAt(before, 'sequence')}`,
      rows: before === undefined ? [] : changes(booksBefore, books),
    },
  ]
}

/** The numbers of the snapshots of a task. */
export function bookNumbers(database: Database, task: string): number[] {
  const sql = `SELECT DISTINCT sequence FROM orderbook_snapshots WHERE task_id = ? ORDER BY sequence`
  return rowsOf(database, sql, [task]).map(({ sequence }) => Number(sequence))
}

function snapshotsOf(
  database: Database,
  task: string,
  relation: '=' | '<',
  sequence: number,
): AnswerRow[] {
  return rowsOf(
    database,
    `SELECT key, task_id, sequence, timestamp AS time, trigger, total_cost, profit_percent, is_arb_valid, max_depth
      FROM orderbook_snapshots WHERE task_id = ? AND sequence ${relation} ?
      ORDER BY sequence DESC, timestamp DESC LIMIT 1`,
    [task, sequence],
  )
}

function booksOf(database: Database, snapshot: AnswerRow): AnswerRow[] {
  const sql = 'SELECT * FROM snapshot_books WHERE snapshot_key = ? ORDER BY venue'
  return rowsOf(database, sql, [textAt(snapshot, 'key')])
}

type Level = readonly [price: string, quantity: string]

function levelsOf(book: AnswerRow, side: 'bids' | 'asks'): Level[] {
  const depth: unknown = JSON.parse(textAt(book, 'depth_json'))
  const levels: unknown =
    typeof depth === 'object' && depth !== null ? Reflect.get(depth, side) : []
  return Array.isArray(levels)
    ? levels
        .filter(Array.isArray)
        .map((level: unknown[]): Level => [String(level[0]), String(level[1])])
    : []
}

function summary(book: AnswerRow): AnswerRow {
  const { venue = null, best_bid = null, best_ask = null, spread = null, latency_ms = null } = book
  return {
    venue,
    best_bid,
    best_ask,
    spread,
    bid_depth: depthOf(levelsOf(book, 'bids')),
    ask_depth: depthOf(levelsOf(book, 'asks')),
    latency_ms,
  }
}

function depthOf(levels: readonly Level[]): string {
  return format(
    levels.reduce((sum, [, quantity]) => add(sum, parseDecimal(quantity) ?? zero), zero),
  )
}

function ladder(book: AnswerRow): AnswerRow[] {
  const bids = levelsOf(book, 'bids')
  const asks = levelsOf(book, 'asks')
  return Array.from({ length: Math.max(bids.length, asks.length) }, (_, index) => ({
    level: index + 1,
    bid_quantity: bids[index]?.[1] ?? null,
    bid: bids[index]?.[0] ?? null,
    ask: asks[index]?.[0] ?? null,
    ask_quantity: asks[index]?.[1] ?? null,
  }))
}

/** Prices whose quantity changed, on each side of each venue. */
function changes(before: readonly AnswerRow[], after: readonly AnswerRow[]): AnswerRow[] {
  const venues = new Set([...before, ...after].map((book) => textAt(book, 'venue')))
  const rows: AnswerRow[] = []
  for (const venue of [...venues].sort()) {
    for (const side of ['bids', 'asks'] as const) {
      const was = sideOf(before, venue, side)
      const is = sideOf(after, venue, side)
      for (const price of new Set([...was.keys(), ...is.keys()])) {
        const old = parseDecimal(was.get(price)) ?? zero
        const now = parseDecimal(is.get(price)) ?? zero
        if (compare(old, now) === 0) continue
        const change = format(subtract(now, old))
        rows.push({
          venue,
          side: side.slice(0, 3),
          price,
          before: format(old),
          after: format(now),
          change,
        })
      }
    }
  }
  return rows
}

function sideOf(
  books: readonly AnswerRow[],
  venue: string,
  side: 'bids' | 'asks',
): Map<string, string> {
  const book = books.find((row) => row['venue'] === venue)
  return new Map(book === undefined ? [] : levelsOf(book, side))
}
