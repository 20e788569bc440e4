import { traceIdOf } from '../../../base/ids.ts'
import { rowsOf } from './answer.ts'
import type { Database } from '../sqlite.ts'
import type { Answer } from './answer.ts'

const prefixCharsMin = 6

/**
 * From the signal to the trade: all that has an id in common with `id`, which is a trace id or its first digits, or the
 * correlation, order, client order, position or task id.
 */
export function flow(database: Database, id: string): Answer {
  const traces = JSON.stringify(tracesOf(database, id))
  const among = 'trace_id IN (SELECT value FROM json_each(?))'
  return [
    {
      name: 'orders',
      rows: rowsOf(
        database,
        `SELECT submitted_at, status, venue, symbol, side, type, price, quantity, filled_qty, avg_price, reason,
          order_id, client_id, key FROM orders WHERE ${among} ORDER BY first_at, key`,
        [traces],
      ),
    },
    {
      name: 'hedges',
      rows: rowsOf(
        database,
        `SELECT started_at, kind, status, reason, venue, quantity, covered_qty, window_ms, loss, attempts, avg_price
          FROM hedges WHERE ${among} ORDER BY first_at, key`,
        [traces],
      ),
    },
    {
      name: 'positions',
      rows: rowsOf(
        database,
        `SELECT opened_at, closed_at, status, venue, symbol, side, quantity, profit, entry_price, exit_price, id
          FROM positions WHERE ${among} ORDER BY first_at, id`,
        [traces],
      ),
    },
    {
      name: 'events',
      rows: rowsOf(
        database,
        `SELECT timestamp AS time, replace(type, 'trading.', '') AS event, level, venue, message, module, trace_id
          FROM events WHERE ${among} AND type <> 'fillpath.span.started' ORDER BY timestamp, ns, sequence, key`,
        [traces],
      ),
    },
  ]
}

/** The traces of an id, and those that share a correlation id or a position with them. */
function tracesOf(database: Database, id: string): string[] {
  const found = new Set<string>()
  const take = (sql: string, ...values: string[]): void => {
    for (const { trace_id } of rowsOf(database, sql, values)) {
      if (trace_id !== null && trace_id !== undefined) found.add(String(trace_id))
    }
  }
  take(
    `SELECT trace_id FROM events WHERE trace_id = ? OR correlation_id = ? OR task_id = ? OR position_id = ?
      UNION SELECT trace_id FROM orders WHERE order_id = ? OR client_id = ?
      UNION SELECT orders.trace_id FROM fills JOIN orders ON orders.key = fills.order_key WHERE exec_id = ?`,
    traceIdOf(id),
    ...Array.from({ length: 6 }, () => id),
  )
  if (found.size === 0 && id.length >= prefixCharsMin && /^[0-9a-f]+$/i.test(id)) {
    take('SELECT DISTINCT trace_id FROM events WHERE trace_id GLOB ?', `${id.toLowerCase()}*`)
  }
  // A position has a trace of its own: what opened it names it, or has the same correlation id.
  const known = JSON.stringify([...found])
  take(
    `SELECT DISTINCT trace_id FROM events WHERE correlation_id IN (
        SELECT correlation_id FROM events WHERE trace_id IN (SELECT value FROM json_each(?)))
      UNION SELECT DISTINCT trace_id FROM events WHERE position_id IN (
        SELECT position_id FROM events WHERE trace_id IN (SELECT value FROM json_each(?)))`,
    known,
    known,
  )
  return [...found]
}

/** Ids that a flow can be asked for by. */
export function flowIds(database: Database): string[] {
  const sql = `SELECT DISTINCT correlation_id AS id FROM events WHERE correlation_id IS NOT NULL
    UNION SELECT order_id FROM orders WHERE order_id IS NOT NULL
    UNION SELECT client_id FROM orders WHERE client_id IS NOT NULL
    UNION SELECT DISTINCT position_id FROM events WHERE position_id IS NOT NULL UNION SELECT id FROM tasks
    UNION SELECT DISTINCT trace_id FROM events WHERE trace_id IS NOT NULL`
  return rowsOf(database, sql).map(({ id }) => String(id))
}
