import { twinOf } from '../value.ts'
import type { Row, Story } from './fields.ts'

/** A position, from its events. */
export function positionRow(id: string, story: Story): Row | undefined {
  const opened = story.firstAt('trading.position.opened')
  const closed = story.lastAt('trading.position.closed', 'trading.position.liquidated')
  // The flow that opened it names it too; only its own events make a row.
  if (!story.events.some(({ type }) => type.startsWith('trading.position.'))) return undefined
  // What was held at most: the last word of a position that is closed would be nothing.
  const quantity = story.most('trading.position.quantity')
  const entry = story.last('trading.position.entry_price')
  const exit = story.last('trading.position.exit_price')
  const profit = story.last('trading.pnl.realized')
  const fees = story.last('trading.fees')
  const funding = story.last('trading.funding.total')
  return {
    id,
    trace_id: story.column('trace_id'),
    correlation_id: story.column('correlation_id'),
    task_id: story.column('task_id'),
    symbol: story.column('symbol'),
    strategy: story.column('strategy'),
    venue: story.column('venue'),
    side: story.last('trading.position.side'),
    quantity,
    quantity_num: twinOf(quantity),
    entry_price: entry,
    entry_price_num: twinOf(entry),
    exit_price: exit,
    exit_price_num: twinOf(exit),
    status: closed === null ? 'open' : 'closed',
    exit_reason: story.last('trading.position.exit.reason'),
    profit,
    profit_num: twinOf(profit),
    fees,
    fees_num: twinOf(fees),
    funding,
    funding_num: twinOf(funding),
    mae: story.last('trading.pnl.mae'),
    mfe: story.last('trading.pnl.mfe'),
    drawdown: story.last('trading.pnl.drawdown'),
    opened_at: opened,
    closed_at: closed,
    holding_ms: story.lastNumber('trading.position.holding_ms'),
  }
}
