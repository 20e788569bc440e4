import { twinOf } from '../value.ts'
import type { Row, Story } from './fields.ts'

/** A hedge or an unwind, from its events. */
export function hedgeRow(key: string, story: Story): Row {
  const isHedge = key.startsWith('hedge/')
  const kind = isHedge ? 'hedge' : 'unwind'
  const of = `trading.${kind}` as const
  const quantity = story.last(`${of}.quantity`)
  const covered = story.last(
    isHedge ? 'trading.hedge.covered_quantity' : 'trading.unwind.closed_quantity',
  )
  const average = story.last(`${of}.average_price`)
  const loss = story.last('trading.unwind.loss')
  const tried = story.lastNumber(`${of}.attempt`) ?? 0
  return {
    key,
    kind,
    hedge_id: story.last(`${of}.id`),
    task_id: story.column('task_id'),
    trace_id: story.column('trace_id'),
    correlation_id: story.column('correlation_id'),
    symbol: story.column('symbol'),
    strategy: story.column('strategy'),
    venue: story.column('venue'),
    status: statusOf(story, of),
    quantity,
    quantity_num: twinOf(quantity),
    covered_qty: covered,
    covered_qty_num: twinOf(covered),
    avg_price: average,
    avg_price_num: twinOf(average),
    attempts: Math.max(tried, story.count(`${of}.attempted`)),
    reason: story.last(`${of}.reason`),
    loss,
    loss_num: twinOf(loss),
    window_ms: story.lastNumber('trading.exposure.window_ms'),
    first_at: story.events[0]?.timestamp ?? null,
    started_at: story.firstAt(`${of}.started`),
    ended_at: story.lastAt(`${of}.completed`, `${of}.failed`),
  }
}

const words: Readonly<Record<string, string>> = {
  completed: 'completed',
  failed: 'failed',
  partially_covered: 'partial',
  partially_closed: 'partial',
}

function statusOf({ events }: Story, of: string): string {
  for (const { type } of events.toReversed()) {
    const status = words[type.slice(of.length + 1)]
    if (status !== undefined) return status
  }
  return 'started'
}
