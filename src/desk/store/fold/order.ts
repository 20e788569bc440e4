import { twinOf } from '../value.ts'
import type { Row, Story } from './fields.ts'

const submitted = ['trading.order.submitting', 'trading.order.submitted'] as const
const filled = 'trading.order.filled'
const ends = [
  filled,
  'trading.order.canceled',
  'trading.order.expired',
  'trading.order.rejected',
  'trading.order.denied',
  'trading.order.failed',
] as const

/** Status that an event stands for, where its sender did not say. */
const statusByEvent: Readonly<Record<string, string>> = {
  'trading.order.submitting': 'pending_new',
  'trading.order.submitted': 'pending_new',
  'trading.order.accepted': 'new',
  'trading.order.triggered': 'triggered',
  'trading.order.partially_filled': 'partially_filled',
  [filled]: 'filled',
  'trading.order.canceled': 'canceled',
  'trading.order.expired': 'expired',
  'trading.order.rejected': 'rejected',
  'trading.order.failed': 'rejected',
  'trading.order.denied': 'denied',
  'trading.order.unknown': 'unknown',
}

/** An order, from its events. */
export function orderRow(key: string, story: Story): Row {
  const price = story.last('trading.order.price')
  const quantity = story.last('trading.order.quantity')
  const filledQuantity = story.last('trading.order.filled_quantity')
  const average = story.last('trading.order.average_price')
  const hedge = story.last('trading.hedge.id')
  const unwind = story.last('trading.unwind.id')
  const within = story.column('trace_id') ?? story.column('task_id')
  return {
    key,
    task_id: story.column('task_id'),
    trace_id: story.column('trace_id'),
    correlation_id: story.column('correlation_id'),
    hedge_key:
      hedge !== null
        ? `hedge/${within}/${hedge}`
        : unwind !== null
          ? `unwind/${within}/${unwind}`
          : null,
    symbol: story.column('symbol'),
    strategy: story.column('strategy'),
    venue: story.column('venue'),
    order_id: story.last('trading.order.id'),
    client_id: story.last('trading.order.client_id'),
    side: story.last('trading.order.side'),
    type: story.last('trading.order.type'),
    price,
    price_num: twinOf(price),
    quantity,
    quantity_num: twinOf(quantity),
    filled_qty: filledQuantity,
    filled_qty_num: twinOf(filledQuantity),
    avg_price: average,
    avg_price_num: twinOf(average),
    status: statusOf(story),
    reason:
      story.last('trading.order.reject.reason') ??
      story.last('trading.deny.reason') ??
      story.last('trading.order.cancel.reason'),
    submitted_at: story.firstAt(...submitted),
    accepted_at: story.firstAt('trading.order.accepted'),
    filled_at: story.lastAt(filled),
    ended_at: story.lastAt(...ends),
    ack_latency_ms: story.lastNumber('trading.order.ack_latency_ms'),
    fill_ms: story.lastNumber('trading.order.fill_ms'),
  }
}

function statusOf({ events }: Story): string | null {
  for (const { type, fields } of events.toReversed()) {
    const said = fields['trading.order.status']
    if (typeof said === 'string' && said !== '') return said
    const status = statusByEvent[type]
    if (status !== undefined) return status
  }
  return null
}

/** The fills of an order: each id once; a fill that only names the total so far is none. */
export function fillRows(orderKey: string, story: Story): Row[] {
  const rows = new Map<string, Row>()
  for (const { type, timestamp, fields } of story.events) {
    if (type !== filled && type !== 'trading.order.partially_filled') continue
    const text = (name: string): string | null => {
      const value = fields[name]
      if (typeof value === 'number') return String(value)
      return typeof value === 'string' && value !== '' ? value : null
    }
    const quantity = text('trading.fill.quantity')
    if (quantity === null) continue
    const execId = text('trading.fill.id')
    const key = `${orderKey}/${execId ?? `@${timestamp}/${quantity}/${text('trading.order.filled_quantity')}`}`
    if (rows.has(key)) continue
    const price = text('trading.fill.price')
    const fee = text('trading.fill.fee')
    rows.set(key, {
      key,
      order_key: orderKey,
      timestamp,
      task_id: story.column('task_id'),
      trace_id: story.column('trace_id'),
      correlation_id: story.column('correlation_id'),
      symbol: story.column('symbol'),
      strategy: story.column('strategy'),
      venue: story.column('venue'),
      exec_id: execId,
      side: story.last('trading.order.side'),
      price,
      price_num: twinOf(price),
      quantity,
      quantity_num: twinOf(quantity),
      liquidity: text('trading.fill.liquidity'),
      fee,
      fee_num: twinOf(fee),
      fee_currency: text('trading.fill.fee_currency'),
    })
  }
  return [...rows.values()]
}
