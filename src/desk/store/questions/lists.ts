import { Where, limitOf, rowsOf } from './answer.ts'
import type { Database } from '../sqlite.ts'
import type { Answer, Filter } from './answer.ts'

/** Orders, newest last. */
export function orders(database: Database, filter: Filter): Answer {
  return list(database, filter, {
    name: 'orders',
    columns: `first_at AS time, status, venue, symbol, side, type, price, quantity, filled_qty, avg_price, reason,
      filled_at, strategy, ack_latency_ms, fill_ms, order_id, client_id, position_id, task_id, correlation_id,
      trace_id`,
  })
}

/** Fills, newest last. */
export function fills(database: Database, filter: Filter): Answer {
  return list(database, filter, {
    name: 'fills',
    time: 'timestamp',
    columns: `timestamp AS time, venue, symbol, side, price, quantity, fee, fee_currency, fees_by_currency, liquidity,
      strategy, exec_id, order_key, task_id, correlation_id, trace_id`,
  })
}

/** Positions, newest last. */
export function positions(database: Database, filter: Filter): Answer {
  return list(database, filter, {
    name: 'positions',
    key: 'id',
    columns: `opened_at, closed_at, status, venue, symbol, side, quantity, profit, entry_price, exit_price, exit_reason,
      strategy, fees, funding, mae, mfe, drawdown, holding_ms, id, correlation_id, trace_id`,
  })
}

/** Windows in which something was not covered: hedges and unwinds, newest last. */
export function exposure(database: Database, filter: Filter): Answer {
  return list(database, filter, {
    name: 'hedges',
    columns: `started_at, kind, status, reason, venue, symbol, quantity, covered_qty, window_ms, loss, attempts,
      avg_price, ended_at, strategy, task_id, correlation_id, trace_id`,
  })
}

function list(
  database: Database,
  filter: Filter,
  of: {
    readonly name: string
    readonly columns: string
    /** @default first_at */
    readonly time?: string
    /** What decides at one time, so that the same rows come whatever the index was made of. @default key */
    readonly key?: string
  },
): Answer {
  const { time = 'first_at', key = 'key' } = of
  const where = new Where().filter(filter, time)
  const rows = rowsOf(
    database,
    `SELECT ${of.columns} FROM ${of.name} ${where.sql} ORDER BY ${time} DESC, ${key} DESC ${limitOf(filter)}`,
    where.values,
  )
  return [{ name: of.name, rows: rows.reverse() }]
}
