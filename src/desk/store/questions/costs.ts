import { Where, numbersOf, rowsOf, textAt } from './answer.ts'
import { sumOf } from './money.ts'
import type { Database } from '../sqlite.ts'
import type { Answer, AnswerRow, Filter } from './answer.ts'

/** What trading cost: fees by currency and liquidity, funding, slippage and shortfall of flows, markout. */
export function costs(database: Database, filter: Filter): Answer {
  return [
    { name: 'fees', rows: fees(database, filter) },
    { name: 'funding', rows: funding(database, filter) },
    { name: 'flows', rows: flows(database, filter) },
    { name: 'markout', rows: markout(database, filter) },
  ]
}

function fees(database: Database, filter: Filter): AnswerRow[] {
  const where = new Where().and('fee IS NOT NULL').filter(filter)
  const rows = rowsOf(
    database,
    `SELECT venue, liquidity, coalesce(each.key, fee_currency) AS fee_currency, coalesce(each.value, fee) AS fee
      FROM (SELECT * FROM fills ${where.sql}) LEFT JOIN json_each(fees_by_currency) AS each
      ORDER BY venue, liquidity, 3`,
    where.values,
  )
  return grouped(rows, ['venue', 'liquidity', 'fee_currency'], (members) => ({
    fills: members.length,
    fees: sumOf(members, 'fee'),
  }))
}

/** What was paid or got in the period; of a position that only tells its total, that, where it was opened in the period. */
function funding(database: Database, filter: Filter): AnswerRow[] {
  const payment = `payload ->> '$."trading.funding.payment"'`
  const paid = new Where()
    .and(`type = 'trading.position.funding' AND ${payment} IS NOT NULL`)
    .filter(filter)
  const totals = new Where()
    .and(
      `funding_num <> 0 AND NOT EXISTS (SELECT 1 FROM events
        WHERE (trace_id = positions.trace_id OR position_id = positions.id)
          AND type = 'trading.position.funding' AND ${payment} IS NOT NULL)`,
    )
    .filter(filter, 'opened_at')
  const rows = rowsOf(
    database,
    `SELECT venue, symbol, position_id AS position, ${payment} AS funding FROM events ${paid.sql}
      UNION ALL SELECT venue, symbol, id, funding FROM positions ${totals.sql} ORDER BY venue, symbol`,
    [...paid.values, ...totals.values],
  )
  return grouped(rows, ['venue', 'symbol'], (members) => ({
    positions: new Set(members.map((row) => textAt(row, 'position'))).size,
    funding: sumOf(members, 'funding'),
  }))
}

function flows(database: Database, filter: Filter): AnswerRow[] {
  const where = new Where().and(`type = 'trading.flow.ended'`).filter(filter)
  const rows = rowsOf(
    database,
    `SELECT strategy, symbol, payload ->> '$."trading.slippage.decision_bps"' AS bps,
      payload ->> '$."trading.shortfall"' AS shortfall, payload ->> '$."trading.shortfall_delay"' AS delay,
      payload ->> '$."trading.shortfall_execution"' AS execution, payload ->> '$."trading.shortfall_fees"' AS fees,
      payload ->> '$."trading.shortfall_opportunity"' AS opportunity
      FROM events ${where.sql} ORDER BY strategy, symbol`,
    where.values,
  )
  return grouped(rows, ['strategy', 'symbol'], (members) => ({
    flows: members.length,
    slippage_bps: meanOf(numbersOf(members, 'bps')),
    shortfall: sumOf(members, 'shortfall'),
    delay: sumOf(members, 'delay'),
    execution: sumOf(members, 'execution'),
    fees: sumOf(members, 'fees'),
    opportunity: sumOf(members, 'opportunity'),
  }))
}

function markout(database: Database, filter: Filter): AnswerRow[] {
  const where = new Where().and(`type = 'trading.markout.measured'`).filter(filter)
  const rows = rowsOf(
    database,
    `SELECT symbol, payload ->> '$."trading.markout.horizon_ms"' AS horizon_ms,
      payload ->> '$."trading.markout_bps"' AS bps FROM events ${where.sql} ORDER BY symbol, horizon_ms`,
    where.values,
  )
  return grouped(rows, ['symbol', 'horizon_ms'], (members) => ({
    measured: members.length,
    markout_bps: meanOf(numbersOf(members, 'bps')),
  }))
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}

function grouped(
  rows: readonly AnswerRow[],
  names: readonly string[],
  summarise: (rows: readonly AnswerRow[]) => AnswerRow,
): AnswerRow[] {
  const groups = Map.groupBy(rows, (row) => names.map((name) => textAt(row, name)).join('\n'))
  return [...groups.values()].map((members) => ({
    ...Object.fromEntries(names.map((name) => [name, members[0]?.[name] ?? null])),
    ...summarise(members),
  }))
}
