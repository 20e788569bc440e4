import { rowsOf } from './answer.ts'
import type { Database } from '../sqlite.ts'
import type { Answer } from './answer.ts'

/** Why a symbol did or did not give a signal: the last word of each condition up to an instant. */
export function why(database: Database, symbol: string, atMs: number): Answer {
  const rows = rowsOf(
    database,
    `SELECT time, event, condition, message, payload FROM (
      SELECT timestamp AS time, replace(type, 'trading.', '') AS event,
        coalesce(payload ->> '$."trading.signal.filter"', payload ->> '$."trading.indicator.name"',
          payload ->> '$."trading.deny.reason"', payload ->> '$."trading.pattern"') AS condition,
        coalesce(payload ->> '$."trading.signal.reason"', message) AS message, payload,
        row_number() OVER (PARTITION BY type, coalesce(payload ->> '$."trading.signal.filter"',
          payload ->> '$."trading.indicator.name"', payload ->> '$."trading.deny.reason"')
          ORDER BY timestamp DESC, ns DESC, key DESC) AS place
      FROM events WHERE symbol = ? AND timestamp <= ? AND type IN ('trading.signal.detected', 'trading.signal.filtered',
        'trading.signal.cooldown', 'trading.signal.denied', 'trading.atr.calculated', 'trading.velocity.checked',
        'trading.pattern.checked', 'trading.state.changed', 'trading.feed.stale', 'trading.feed.disconnected'))
    WHERE place = 1 ORDER BY time DESC`,
    [symbol, atMs],
  )
  return [{ name: 'conditions', rows }]
}

/** The symbols that anything is known of. */
export function symbols(database: Database): string[] {
  const sql = 'SELECT DISTINCT symbol FROM events WHERE symbol IS NOT NULL'
  return rowsOf(database, sql).map(({ symbol }) => String(symbol))
}
