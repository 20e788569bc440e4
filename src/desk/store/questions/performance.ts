import { Where, numbersOf, rowsOf, textAt } from './answer.ts'
import { spread } from './stats.ts'
import type { Database } from '../sqlite.ts'
import type { Answer, AnswerRow, Filter } from './answer.ts'

const slowestMax = 10

/**
 * How long calls, orders, hedges and decisions took, day by day where there are several, and the slowest of them.
 * @param dayOf the day of an instant, `YYYY-MM-DD`
 */
export function performance(
  database: Database,
  filter: Filter,
  dayOf: (ms: number) => string = (ms) => new Date(ms).toISOString().slice(0, 10),
): Answer {
  const where = new Where().and('ms IS NOT NULL').filter(filter)
  const rows = rowsOf(
    database,
    `SELECT what, ms, timestamp AS time, venue, symbol, task_id, trace_id FROM (${measures.join(' UNION ALL ')})
      ${where.sql} ORDER BY ms DESC, timestamp`,
    where.values,
  )
  const days = Map.groupBy(rows, (row) => dayOf(Number(row['time'])))
  return [
    { name: 'durations, ms', rows: spreads(rows) },
    {
      name: 'by day, ms',
      rows:
        days.size < 2
          ? []
          : [...days]
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .flatMap(([day, ofDay]) => spreads(ofDay).map((row) => ({ day, ...row }))),
    },
    { name: 'slowest', rows: rows.slice(0, filter.limit ?? slowestMax) },
  ]
}

function spreads(rows: readonly AnswerRow[]): AnswerRow[] {
  const groups = Map.groupBy(rows, (row) =>
    [textAt(row, 'what'), textAt(row, 'venue')].join(' ').trim(),
  )
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([what, members]) => spread(what, numbersOf(members, 'ms')))
}

const measures = [
  measure(
    `'api ' || coalesce(payload ->> '$."trading.api.operation"', payload ->> '$."url.path"', '')`,
    'trading.api.duration_ms',
    `type IN ('trading.api.response', 'trading.api.error', 'trading.api.timeout')`,
  ),
  measure(
    `'order acknowledged'`,
    'trading.order.ack_latency_ms',
    `type = 'trading.order.accepted'`,
  ),
  measure(`'order filled'`, 'trading.order.fill_ms', `type = 'trading.order.filled'`),
  measure(
    `'exposure uncovered'`,
    'trading.exposure.window_ms',
    `type IN ('trading.hedge.completed', 'trading.hedge.failed')`,
  ),
  measure(
    `'unwind'`,
    'trading.exposure.window_ms',
    `type IN ('trading.unwind.completed', 'trading.unwind.failed')`,
  ),
  measure(`'flow'`, 'trading.flow.duration_ms', `type = 'trading.flow.ended'`),
  measure(
    `'late ' || coalesce(payload ->> '$."trading.latency.operation"', '')`,
    'trading.latency_ms',
    `type = 'trading.latency.high'`,
  ),
] as const

function measure(what: string, attribute: string, condition: string): string {
  return `SELECT ${what} AS what, CAST(payload ->> '$."${attribute}"' AS REAL) AS ms, timestamp, venue, symbol, strategy,
    task_id, correlation_id, trace_id FROM events WHERE ${condition}`
}
