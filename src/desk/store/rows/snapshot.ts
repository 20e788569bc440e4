import { integerOf, jsonOf, numberOf, textOf, textOfValue, twinOf } from '../value.ts'
import { logTime, timeCells } from './event.ts'
import type { AnyValue, Attributes, LogRecord } from '../../../wire/record.ts'
import type { Cell } from '../sqlite.ts'

/** Columns of a snapshot, in the order of {@link snapshotCells}. */
export const snapshotColumns = [
  'key',
  'task_id',
  'sequence',
  'timestamp',
  'ns',
  'trigger',
  'trace_id',
  'symbol',
  'total_cost',
  'total_cost_num',
  'profit_percent',
  'is_arb_valid',
  'max_depth',
  'max_depth_num',
] as const

/** Columns of one venue's book, in the order of {@link bookCells}. */
export const bookColumns = [
  'snapshot_key',
  'venue',
  'best_bid',
  'best_bid_num',
  'best_ask',
  'best_ask_num',
  'spread',
  'spread_num',
  'latency_ms',
  'depth_json',
] as const

/** The row of a snapshot of order books. Snapshots have numbers of their own within a task. */
export function snapshotCells(record: LogRecord, key: string): Cell[] {
  const { attributes } = record
  const cost = textOf(attributes, 'trading.arb.total_cost')
  const depth = textOf(attributes, 'trading.arb.max_depth')
  const valid = attributes.get('trading.arb.valid')
  return [
    key,
    textOf(attributes, 'trading.task.id'),
    integerOf(attributes, 'trading.book.sequence'),
    ...timeCells(logTime(record)),
    textOf(attributes, 'trading.book.trigger'),
    record.traceId || null,
    textOf(attributes, 'trading.symbol'),
    cost,
    twinOf(cost),
    numberOf(attributes, 'trading.arb.profit_percent'),
    typeof valid === 'boolean' ? Number(valid) : null,
    depth,
    twinOf(depth),
  ]
}

/** The rows of the books in a snapshot; a venue without a book has none. */
export function bookCells(record: LogRecord, key: string): Cell[][] {
  const venues = record.attributes.get('trading.book.venues')
  if (!isMap(venues)) return []
  const rows: Cell[][] = []
  for (const [venue, book] of venues) {
    if (!isMap(book)) continue
    const bid = textOfValue(book.get('best_bid'))
    const ask = textOfValue(book.get('best_ask'))
    const spread = textOfValue(book.get('spread'))
    const latency = book.get('latency_ms')
    rows.push([
      key,
      venue,
      bid,
      twinOf(bid),
      ask,
      twinOf(ask),
      spread,
      twinOf(spread),
      typeof latency === 'bigint' || typeof latency === 'number' ? Number(latency) : null,
      `{"bids":${jsonOf(book.get('bids')) ?? '[]'},"asks":${jsonOf(book.get('asks')) ?? '[]'}}`,
    ])
  }
  return rows
}

function isMap(value: AnyValue | undefined): value is Attributes {
  return value instanceof Map
}
