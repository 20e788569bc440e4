import { Where, limitOf, rowsOf } from './answer.ts'
import type { Database } from '../sqlite.ts'
import type { Answer, Filter } from './answer.ts'

/** Orders, newest last. */
export function orders(database: Database, filter: Filter): Answer {
  return list(database, filter, {
    name: 'orders',
    columns: `first_at AS time, filled_at, status, venue, symbol, strategy, side, type, price, quantity, reason,
      filled_qty, avg_price, ack_latency_ms, fill_ms, order_id, client_id, position_id, task_id, correlation_id,
      trace_id`,
  })
}

/** Fills, newest last. */
export function fills(database: Database, filter: Filter): Answer {
  return list(database, filter, {
    name: 'fills',
    time: 'timestamp',
    columns: `timestamp AS time, venue, symbol, strategy, side, price, quantity, liquidity, fee, fee_currency,
      fees_by_currency, exec_id,
      order_key, task_id, correlation_id, trace_id`,
  })
}

/** Positions, newest last. */
export function positions(database: Database, filter: Filter): Answer {
  return list(database, filter, {
    name: 'positions',
    columns: `opened_at, closed_at, venue, symbol, strategy, side, quantity, entry_price, exit_price, profit, status,
      exit_reason, fees, funding, mae, mfe, drawdown, holding_ms, id, correlation_id, trace_id`,
  })
}

/** Windows in which something was not covered: hedges and unwinds, newest last. */
export function exposure(database: Database, filter: Filter): Answer {
  return list(database, filter, {
    name: 'hedges',
    columns: `started_at, ended_at, kind, venue, symbol, strategy, quantity, covered_qty, window_ms, status, reason,
      attempts, avg_price, loss, task_id, correlation_id, trace_id`,
  })
}

function list(
  database: Database,
  filter: Filter,
  of: { readonly name: string; readonly time?: string; readonly columns: string },
): Answer {
  const time = of.time ?? 'first_at'
  const where = new Where().filter(filter, time)
  const rows = rowsOf(
    database,
    `SELECT ${of.columns} FROM ${of.name} ${where.sql} ORDER BY ${time} DESC ${limitOf(filter)}`,
    where.values,
  )
  return [{ name: of.name, rows: rows.reverse() }]
}
