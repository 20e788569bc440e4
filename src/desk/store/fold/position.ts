import { twinOf } from '../value.ts'
import { Story, numberOfField } from './fields.ts'
import type { Row, StoredEvent } from './fields.ts'

const opened = 'trading.position.opened'
const closed = 'trading.position.closed'
const liquidated = 'trading.position.liquidated'

/** What is told of one position. */
interface Life {
  readonly events: StoredEvent[]
  /** The bot that opened it. */
  bot: string | null | undefined
  isOver: boolean
}

/**
 * The positions of an id, from its events: one, or several where a bot gives the id again, such as that of the symbol,
 * after it was closed or flat, or another bot gives it too. The first is called by the id, the next `<id>#2`. What is told
 * late of one that has a trace of its own, such as its end, is not taken for the next one's.
 */
export function positionRows(id: string, story: Story): Row[] {
  const first: Life = { events: [], bot: undefined, isOver: false }
  const lives = [first]
  const lifeOfTrace = new Map<string, Life>()
  let newest = first
  for (const event of story.events) {
    const { type, trace_id: trace, bot_id: bot } = event
    const own = lives.findLast((life) => life.bot === bot)
    if (type === opened) {
      newest = own ?? first
      if (newest.isOver || (newest.bot !== undefined && newest.bot !== bot)) {
        newest = { events: [], bot, isOver: false }
        lives.push(newest)
      }
      newest.bot = bot
      if (trace !== null) lifeOfTrace.set(trace, newest)
    }
    const newestOfBot = type === opened ? newest : (own ?? newest)
    const life = lifeOfTrace.get(trace ?? '') ?? newestOfBot
    if (life === newestOfBot) life.isOver = isOverWith(event, life.isOver)
    life.events.push(event)
  }
  return lives.flatMap(({ events }, index) => {
    // The flow that opened it names it too; only its own events make a row.
    if (!events.some(({ type }) => type.startsWith('trading.position.'))) return []
    return [positionRow(index === 0 ? id : `${id}#${index + 1}`, new Story(events))]
  })
}

function isOverWith({ type, fields }: StoredEvent, wasOver: boolean): boolean {
  if (type === opened || type === closed) return type === closed
  const left = numberOfField(fields['trading.position.quantity'])
  if (left === null) return wasOver || type === liquidated
  return type.startsWith('trading.position.') ? left === 0 : wasOver
}

/** When it was over: closed, or liquidated whole and not found to be there still. */
function closedAtOf(story: Story): number | null {
  const at = story.lastAt(closed)
  if (at !== null) return at
  let overAt: number | null = null
  for (const { type, timestamp, fields } of story.events) {
    const left = numberOfField(fields['trading.position.quantity'])
    if (type === liquidated) overAt = left === null || left === 0 ? timestamp : null
    else if (left !== null && left !== 0) overAt = null
  }
  return overAt
}

function positionRow(id: string, story: Story): Row {
  const closedAt = closedAtOf(story)
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
    status: closedAt === null ? 'open' : 'closed',
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
    first_at: story.events[0]?.timestamp ?? null,
    opened_at: story.firstAt(opened),
    closed_at: closedAt,
    holding_ms: story.lastNumber('trading.position.holding_ms'),
  }
}
