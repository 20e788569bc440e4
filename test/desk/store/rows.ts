import { openStore, openToRead } from '../../../src/desk/store/store.ts'
import type { WireRecord } from '../../../src/wire/record.ts'

/**
 * Every table with the columns that its rows are compared by: not the row numbers, which tell the order
 * of arrival, nor the numbers of files, which tell the order of reading.
 */
const tables = {
  events: 'key',
  orderbook_snapshots: 'key',
  snapshot_books: 'snapshot_key, venue',
  spans: 'key',
  metric_points: 'series, bucket',
  runs: 'run_id',
  tasks: 'id',
  orders: 'key',
  fills: 'key',
  hedges: 'key',
  positions: 'id',
} as const

/** All rows of an index, by table, in an order of their own. */
export function allRows(path: string): Record<string, Record<string, unknown>[]> {
  const database = openToRead(path)
  try {
    return Object.fromEntries(
      Object.entries(tables).map(([table, order]) => [
        table,
        database
          .prepare(`SELECT * FROM ${table} ORDER BY ${order}`)
          .all()
          .map((row) => withoutNumbers(row, order === 'id')),
      ]),
    )
  } finally {
    database.close()
  }
}

/** A row without the numbers that an index gives in the order of its reading. */
function withoutNumbers(row: Record<string, unknown>, hasOwnId: boolean): Record<string, unknown> {
  const { id, file_id: _file, ...rest } = row
  return hasOwnId ? { id, ...rest } : rest
}

/** What the last version of the schema added, taken away again. */
export const toSchema4 = `
  DROP INDEX idx_orders_first; DROP INDEX idx_hedges_first; DROP INDEX idx_positions_first;
  CREATE INDEX idx_orders_submitted ON orders(submitted_at);
  CREATE INDEX idx_hedges_started ON hedges(started_at);
  CREATE INDEX idx_positions_opened ON positions(opened_at);
  ALTER TABLE fills DROP COLUMN fees_by_currency;`

/** How many rows each table has. */
export function rowCounts(path: string): Record<string, number> {
  return Object.fromEntries(
    Object.entries(allRows(path)).map(([table, rows]) => [table, rows.length]),
  )
}

/** Makes an index at `path` of records that come in batches, and says where it is. */
export function filledIndex(path: string, batches: readonly (readonly WireRecord[])[]): string {
  const store = openStore(path)
  for (const records of batches) store.add(records.map((record) => ({ record })))
  store.close()
  return path
}
