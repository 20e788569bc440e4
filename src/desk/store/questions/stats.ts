import { percentiles } from '../../../base/percentile.ts'
import { Where, correlationValues, numbersOf, ofCorrelation, rowsOf, textAt } from './answer.ts'
import { resultsOf } from './money.ts'
import type { Database } from '../sqlite.ts'
import type { Answer, AnswerRow, Filter } from './answer.ts'

/** How tasks, orders, hedges and positions went: success, profit, latencies; by strategy, symbol and venue. */
export function stats(database: Database, filter: Filter): Answer {
  const tasks = tasksOf(database, filter)
  const positions = positionsOf(database, filter)
  const orders = ordersOf(database, filter)
  const hedges = hedgesOf(database, filter)
  const summary = tasks.length + positions.length + orders.length + hedges.length
  return [
    {
      name: 'summary',
      rows: summary === 0 ? [] : [summaryRow({ tasks, positions, orders, hedges })],
    },
    { name: 'tasks by strategy', rows: grouped(tasks, 'strategy', taskGroup) },
    { name: 'tasks by symbol', rows: grouped(tasks, 'symbol', taskGroup) },
    { name: 'orders by venue', rows: grouped(orders, 'venue', orderGroup) },
    {
      name: 'latency, ms',
      rows: [
        spread('order acknowledged', numbersOf(orders, 'ack_latency_ms')),
        spread('order filled', numbersOf(orders, 'fill_ms')),
        spread('exposure uncovered', numbersOf(ofKind(hedges, 'hedge'), 'window_ms')),
        spread('unwind', numbersOf(ofKind(hedges, 'unwind'), 'window_ms')),
        spread('task', numbersOf(tasks, 'duration_ms')),
      ].filter(({ count }) => Number(count) > 0),
    },
  ]
}

function tasksOf(database: Database, filter: Filter): AnswerRow[] {
  const where = new Where()
    .and('created_at >= ?', filter.fromMs)
    .and('created_at < ?', filter.toMs)
    .and('id = ?', filter.task)
    .and('symbol = ?', filter.symbol)
    .and('strategy = ?', filter.strategy)
    .and('id IN (SELECT task_id FROM orders WHERE venue = ?)', filter.venue)
    .and(
      `id IN (SELECT task_id FROM events WHERE ${ofCorrelation})`,
      ...correlationValues(filter.correlation),
    )
  const sql = `SELECT strategy, symbol, is_success, profit, duration_ms, pause_count, hedge_retry_count FROM tasks`
  return rowsOf(database, `${sql} ${where.sql}`, where.values)
}

function positionsOf(database: Database, filter: Filter): AnswerRow[] {
  const where = new Where().filter(filter, 'closed_at').and(`status = 'closed'`)
  return rowsOf(database, `SELECT symbol, profit FROM positions ${where.sql}`, where.values)
}

function ordersOf(database: Database, filter: Filter): AnswerRow[] {
  const where = new Where().filter(filter, 'first_at')
  const sql = 'SELECT venue, status, ack_latency_ms, fill_ms FROM orders'
  return rowsOf(database, `${sql} ${where.sql}`, where.values)
}

function hedgesOf(database: Database, filter: Filter): AnswerRow[] {
  const where = new Where().filter(filter, 'first_at')
  return rowsOf(database, `SELECT kind, status, window_ms FROM hedges ${where.sql}`, where.values)
}

function summaryRow(of: {
  readonly tasks: readonly AnswerRow[]
  readonly positions: readonly AnswerRow[]
  readonly orders: readonly AnswerRow[]
  readonly hedges: readonly AnswerRow[]
}): AnswerRow {
  const hedges = ofKind(of.hedges, 'hedge')
  return {
    ...taskGroup(of.tasks),
    positions_closed: of.positions.length,
    position_profit: resultsOf(of.positions, 'profit'),
    orders: of.orders.length,
    orders_filled: count(of.orders, 'status', 'filled'),
    orders_rejected: count(of.orders, 'status', 'rejected') + count(of.orders, 'status', 'denied'),
    hedges: hedges.length,
    hedges_failed: count(hedges, 'status', 'failed'),
    unwinds: of.hedges.length - hedges.length,
  }
}

function ofKind(legs: readonly AnswerRow[], kind: 'hedge' | 'unwind'): AnswerRow[] {
  return legs.filter((leg) => leg['kind'] === kind)
}

function taskGroup(tasks: readonly AnswerRow[]): AnswerRow {
  const ended = tasks.filter(({ is_success }) => is_success !== null)
  const succeeded = count(tasks, 'is_success', 1)
  return {
    tasks: tasks.length,
    succeeded,
    failed: ended.length - succeeded,
    success_percent: ended.length === 0 ? null : round((100 * succeeded) / ended.length),
    profit: resultsOf(tasks, 'profit'),
    pauses: total(tasks, 'pause_count'),
    hedge_retries: total(tasks, 'hedge_retry_count'),
  }
}

function orderGroup(orders: readonly AnswerRow[]): AnswerRow {
  const [p50 = null, p99 = null] = percentiles(numbersOf(orders, 'ack_latency_ms'), [0.5, 0.99])
  return {
    orders: orders.length,
    filled: count(orders, 'status', 'filled'),
    canceled: count(orders, 'status', 'canceled'),
    rejected: count(orders, 'status', 'rejected'),
    denied: count(orders, 'status', 'denied'),
    ack_p50_ms: p50 === null ? null : round(p50),
    ack_p99_ms: p99 === null ? null : round(p99),
  }
}

function grouped(
  rows: readonly AnswerRow[],
  name: string,
  summarise: (rows: readonly AnswerRow[]) => AnswerRow,
): AnswerRow[] {
  const groups = Map.groupBy(rows, (row) => textAt(row, name))
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, members]) => ({ [name]: key === '' ? null : key, ...summarise(members) }))
}

/** Percentiles of some durations. */
export function spread(what: string, values: readonly number[]): AnswerRow {
  const [p50, p90, p99, max] = percentiles(values, [0.5, 0.9, 0.99, 1])
  const shown = (value: number | undefined): number | null =>
    value === undefined ? null : round(value)
  return {
    what,
    count: values.length,
    p50: shown(p50),
    p90: shown(p90),
    p99: shown(p99),
    max: shown(max),
  }
}

function total(rows: readonly AnswerRow[], name: string): number {
  return numbersOf(rows, name).reduce((sum, value) => sum + value, 0)
}

function count(rows: readonly AnswerRow[], name: string, value: string | number): number {
  return rows.reduce((sum, row) => sum + Number(row[name] === value), 0)
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
