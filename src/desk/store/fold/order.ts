import { fillsOf, toldFill } from '../../../wire/fills.ts'
import { twinOf } from '../value.ts'
import type { ToldFill } from '../../../wire/fills.ts'
import type { Row, Story } from './fields.ts'

/** What tells that an order is sent. */
export const orderSends = ['trading.order.submitting', 'trading.order.submitted'] as const

const filled = 'trading.order.filled'

/** What tells that an order is over. */
export const orderEnds = [
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

/**
 * An order, from its events.
 * @param own the same events, those first of who sent it: what it belongs to is up to them
 */
export function orderRow(key: string, story: Story, own: Story = story): Row {
  const price = story.last('trading.order.price')
  const quantity = story.last('trading.order.quantity')
  const filledQuantity = story.last('trading.order.filled_quantity')
  // Of one whose fills were all taken back nothing is left of what they told.
  const isEmpty = twinOf(filledQuantity) === 0
  const average = isEmpty ? null : story.last('trading.order.average_price')
  const position = closedPositionOf(story)
  return {
    key,
    task_id: own.column('task_id'),
    trace_id: own.column('trace_id'),
    correlation_id: own.column('correlation_id'),
    position_id: position,
    // What closes a position is told with the hedge that opened it, and is no part of that.
    hedge_key: position === null ? legOf(story, own) : null,
    symbol: own.column('symbol'),
    strategy: own.column('strategy'),
    venue: own.column('venue'),
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
    first_at: story.events[0]?.timestamp ?? null,
    submitted_at: story.firstAt(...orderSends),
    accepted_at: story.firstAt('trading.order.accepted'),
    filled_at: isEmpty ? null : story.lastAt(filled),
    ended_at: story.lastAt(...orderEnds),
    ack_latency_ms: story.lastNumber('trading.order.ack_latency_ms'),
    fill_ms: story.lastNumber('trading.order.fill_ms'),
  }
}

/** The position that an order goes against; null where it opens or adds. */
function closedPositionOf(story: Story): string | null {
  const against = { long: 'sell', short: 'buy' }[story.last('trading.position.side') ?? '']
  return against === story.last('trading.order.side') ? story.last('trading.position.id') : null
}

/** The hedge or unwind that an order is of. */
function legOf(story: Story, own: Story): string | null {
  const within = own.column('trace_id') ?? own.column('task_id')
  for (const kind of ['hedge', 'unwind'] as const) {
    const id = story.last(`trading.${kind}.id`)
    if (id !== null) return `${kind}/${within}/${id}`
  }
  return null
}

function statusOf({ events }: Story): string | null {
  let last: string | null = null
  let isOver = false
  for (const { type, fields } of events) {
    const said = fields['trading.order.status']
    const isSaid = typeof said === 'string' && said !== ''
    const status = isSaid ? said : statusByEvent[type]
    const isEnd = isOneOf(orderEnds, type)
    // A fill may be told ahead of the answer that the order was taken.
    if (status === undefined || (isOver && !isEnd && !isSaid)) continue
    last = status
    isOver = isEnd || (isOver && !isSaid)
  }
  return last
}

function isOneOf(types: readonly string[], type: string): boolean {
  return types.includes(type)
}

/** The fills of an order, see `wire/fills.ts`; one that only names the total so far is none. */
export function fillRows(orderKey: string, story: Story, own: Story = story): Row[] {
  const rows = new Map<string, Row>()
  const told = story.events.flatMap(({ type, timestamp, fields }) => {
    const fill = toldFill(type, (name) => fields[name])
    return fill === undefined ? [] : [{ ...fill, timestamp, key: keyOf(fill, timestamp) }]
  })
  for (const fill of fillsOf(told)) {
    const key = `${orderKey}/${fill.key}`
    if (rows.has(key)) continue
    const { timestamp, execId, price, quantity, fees } = fill
    const [currency = '', fee = null] = fees.entries().next().value ?? []
    rows.set(key, {
      key,
      order_key: orderKey,
      timestamp,
      task_id: own.column('task_id'),
      trace_id: own.column('trace_id'),
      correlation_id: own.column('correlation_id'),
      symbol: own.column('symbol'),
      strategy: own.column('strategy'),
      venue: own.column('venue'),
      exec_id: execId,
      side: story.last('trading.order.side'),
      price,
      price_num: twinOf(price),
      quantity,
      quantity_num: twinOf(quantity),
      liquidity: fill.liquidity,
      fee,
      fee_num: twinOf(fee),
      fee_currency: currency || null,
      fees_by_currency: fees.size > 1 ? JSON.stringify(Object.fromEntries(fees)) : null,
    })
  }
  return [...rows.values()]
}

function keyOf({ execId, quantity, filledQuantity }: ToldFill, timestamp: number): string {
  return execId ?? `@${timestamp}/${quantity}/${filledQuantity}`
}
