import { add, divide, format, multiply, parseDecimal, zero } from '../../../base/decimal.ts'
import { twinOf } from '../value.ts'
import type { Row, Story } from './fields.ts'

/** A quantity at a price, of an order or a hedge of the task. */
export interface Part {
  readonly quantity: string | null
  readonly price: string | null
  readonly loss?: string | null
}

/** What a task is made of, beside its own events. */
export interface TaskParts {
  /** Its orders that open: neither hedge nor unwind, nor what closes a position. */
  readonly orders: readonly Part[]
  readonly hedges: readonly Part[]
  readonly unwinds: readonly Part[]
  readonly priceGuards: number
  /** Attempts of hedges beyond the first of each. */
  readonly retries: number
}

/** A task, from its events and parts; undefined where nothing tells of the task itself. */
export function taskRow(id: string, story: Story, parts: TaskParts): Row | undefined {
  const [first] = story.events
  if (first === undefined) return undefined
  const filled = totalOf(parts.orders)
  const hedged = totalOf(parts.hedges)
  const loss = lossOf(parts.unwinds)
  const profit = story.last('trading.task.profit')
  const status = statusOf(story)
  const createdAt = story.firstAt('trading.task.created') ?? first.timestamp
  const startedAt = story.firstAt('trading.task.started')
  const completedAt = story.lastAt(...ends)
  const config = configOf(story)
  const quantity = textOf(config['quantity'])
  const success = story.last('trading.task.success')
  return {
    id,
    type: story.last('trading.task.type') ?? textOf(config['type']),
    symbol: story.column('symbol'),
    strategy: story.column('strategy'),
    title: textOf(config['title']),
    status,
    config: story.last('trading.task.config'),
    config_hash: story.last('trading.task.config_hash'),
    code_commit: story.last('trading.code.commit'),
    run_id: story.last('trading.run.id'),
    reason: story.last('trading.task.reason'),
    quantity,
    quantity_num: twinOf(quantity),
    filled_qty: filled.quantity,
    filled_qty_num: twinOf(filled.quantity),
    avg_price: filled.price,
    avg_price_num: twinOf(filled.price),
    hedged_qty: hedged.quantity,
    hedged_qty_num: twinOf(hedged.quantity),
    avg_hedge_price: hedged.price,
    avg_hedge_price_num: twinOf(hedged.price),
    profit,
    profit_num: twinOf(profit),
    profit_percent: percentOf(profit, filled),
    unwind_loss: loss,
    unwind_loss_num: twinOf(loss),
    pause_count: story.lastNumber('trading.task.pauses') ?? story.count('trading.task.paused'),
    price_guard_count: parts.priceGuards,
    hedge_retry_count: story.lastNumber('trading.task.retries') ?? parts.retries,
    created_at: createdAt,
    started_at: startedAt,
    completed_at: completedAt,
    duration_ms:
      story.lastNumber('trading.task.duration_ms') ??
      (completedAt === null ? null : completedAt - (startedAt ?? createdAt)),
    is_success: success === null ? successOf(status) : Number(success === 'true'),
  }
}

const ends = ['trading.task.completed', 'trading.task.failed', 'trading.task.canceled'] as const

const statusByEvent: Readonly<Record<string, string>> = {
  'trading.task.created': 'created',
  'trading.task.started': 'started',
  'trading.task.paused': 'paused',
  'trading.task.resumed': 'started',
  'trading.task.completed': 'completed',
  'trading.task.failed': 'failed',
  'trading.task.canceled': 'canceled',
}

// The event tells, not the status field: in the old form that names the order's state (PREDICT_SUBMITTED).
function statusOf({ events }: Story): string {
  for (const { type } of events.toReversed()) {
    const status = statusByEvent[type]
    if (status !== undefined) return status
  }
  return 'unknown'
}

function successOf(status: string): number | null {
  if (status === 'completed') return 1
  return status === 'failed' || status === 'canceled' ? 0 : null
}

function configOf({ events }: Story): Readonly<Record<string, unknown>> {
  const config = events.findLast(({ fields }) => fields['trading.task.config'])?.fields[
    'trading.task.config'
  ]
  return typeof config === 'object' && config !== null ? { ...config } : {}
}

function textOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : null
}

interface Total {
  readonly quantity: string | null
  readonly price: string | null
}

/** What the parts amount to, exactly, at their average price. */
function totalOf(parts: readonly Part[]): Total {
  let total = zero
  let priced = zero
  let value = zero
  let known = false
  for (const part of parts) {
    const quantity = parseDecimal(part.quantity)
    if (quantity === undefined) continue
    known = true
    total = add(total, quantity)
    const price = parseDecimal(part.price)
    if (price === undefined) continue
    priced = add(priced, quantity)
    value = add(value, multiply(quantity, price))
  }
  const average = divide(value, priced)
  return {
    quantity: known ? format(total) : null,
    price: average === undefined ? null : format(average),
  }
}

function lossOf(unwinds: readonly Part[]): string | null {
  const losses = unwinds.flatMap(({ loss }) => parseDecimal(loss) ?? [])
  return losses.length === 0 ? null : format(losses.reduce(add))
}

function percentOf(profit: string | null, { quantity, price }: Total): number | null {
  const gain = twinOf(profit)
  const stake = (twinOf(quantity) ?? 0) * (twinOf(price) ?? 0)
  return gain === null || stake === 0 ? null : (100 * gain) / stake
}
