/** What a span and an event of a flow say, in the words of traders, as short as a line of a tree must be. */
import { shortValue, withoutNamespace } from '../../desk/archive/human.ts'
import { eventDefinition } from '../../semconv/events.ts'
import { durationText } from '../time-text.ts'
import { numberOf, textOf } from './attribute.ts'
import type { Happening, SpanNode } from '../../desk/archive/flow/tree.ts'
import type { Attributes } from '../../wire/record.ts'

/** How good what a line says is for the trader: decides its colour. */
export type Tone = 'good' | 'bad' | 'warning' | 'plain' | 'dim'

/** What a span came to. */
export interface Result {
  readonly text: string
  readonly tone: Tone
}

/** What a span is about: `binance buy limit 0.010 @ 43210.00`. */
export function spanWords(node: SpanNode): string {
  const { name, attributes } = node
  switch (name) {
    case 'signal':
      return words(
        textOf(attributes, 'trading.side'),
        textOf(attributes, 'trading.symbol'),
        textOf(attributes, 'trading.signal.reason'),
        prefixed('decided at ', textOf(attributes, 'trading.decision.price')),
      )
    case 'order':
      return orderWords(attributes)
    case 'hedge':
      return words(
        textOf(attributes, 'trading.hedge.id'),
        textOf(attributes, 'trading.venue'),
        textOf(attributes, 'trading.hedge.quantity'),
      )
    case 'unwind':
      return words(
        textOf(attributes, 'trading.unwind.id'),
        textOf(attributes, 'trading.venue'),
        textOf(attributes, 'trading.unwind.quantity'),
        prefixed('because ', textOf(attributes, 'trading.unwind.reason')),
      )
    case 'position':
      return words(
        textOf(attributes, 'trading.position.id'),
        textOf(attributes, 'trading.position.side'),
        textOf(attributes, 'trading.position.quantity'),
        textOf(attributes, 'trading.symbol'),
        prefixed('@ ', textOf(attributes, 'trading.position.entry_price')),
      )
    default:
      return node.span?.scope.name ?? ''
  }
}

function orderWords(attributes: Attributes): string {
  return words(
    textOf(attributes, 'trading.venue'),
    textOf(attributes, 'trading.order.side'),
    textOf(attributes, 'trading.order.type'),
    textOf(attributes, 'trading.order.quantity'),
    prefixed('@ ', textOf(attributes, 'trading.order.price')),
    textOf(attributes, 'trading.order.post_only') === 'true' ? 'post-only' : '',
    textOf(attributes, 'trading.order.reduce_only') === 'true' ? 'reduce-only' : '',
  )
}

/** What a span came to: `filled @ 43210.00`, `covered in 182 ms`, `interrupted`. */
export function spanResult(node: SpanNode): Result {
  switch (node.state) {
    case 'open':
      return { text: 'still open', tone: 'warning' }
    case 'missing':
      return { text: 'not received', tone: 'warning' }
    case 'interrupted':
      return { text: 'interrupted', tone: 'bad' }
    case 'ended':
    case 'failed':
      return endedResult(node)
  }
}

function endedResult({ name, attributes, span, state }: SpanNode): Result {
  const failed: Result | undefined =
    state === 'failed' ? { text: span?.statusMessage || 'failed', tone: 'bad' } : undefined
  switch (name) {
    case 'signal': {
      const outcome = textOf(attributes, 'trading.flow.outcome')
      return outcome === '' ? (failed ?? none) : { text: outcome, tone: outcomeTone(outcome) }
    }
    case 'order':
      return orderResult(attributes) ?? failed ?? none
    case 'hedge': {
      const latency = numberOf(attributes, 'trading.hedge.latency_ms')
      if (failed !== undefined) return failed
      return latency === undefined
        ? none
        : { text: `covered in ${durationText(latency)}`, tone: 'good' }
    }
    case 'unwind': {
      const loss = textOf(attributes, 'trading.unwind.loss')
      return failed ?? { text: words('flat again', prefixed('cost ', loss)), tone: 'warning' }
    }
    case 'position': {
      const pnl = textOf(attributes, 'trading.pnl.realized')
      const text = words(textOf(attributes, 'trading.position.exit.reason'), prefixed('PnL ', pnl))
      return failed ?? { text, tone: pnl.startsWith('-') ? 'bad' : 'good' }
    }
    default:
      return failed ?? none
  }
}

const none: Result = { text: '', tone: 'plain' }

/** The colour of an outcome of a flow. */
export function outcomeTone(outcome: string): Tone {
  if (outcome === 'opened') return 'good'
  if (['filtered', 'expired', 'canceled', 'denied'].includes(outcome)) return 'dim'
  return outcome === 'unwound' ? 'warning' : 'bad'
}

function orderResult(attributes: Attributes): Result | undefined {
  const status = textOf(attributes, 'trading.order.status')
  const reason =
    textOf(attributes, 'trading.order.reject.reason') || textOf(attributes, 'trading.deny.reason')
  const filled = textOf(attributes, 'trading.order.filled_quantity')
  const price = textOf(attributes, 'trading.order.average_price')
  switch (status) {
    case '':
      return undefined
    case 'filled':
      return { text: words('filled', prefixed('@ ', price)), tone: 'good' }
    case 'canceled':
    case 'expired': {
      const part = Number(filled) > 0 ? `after ${filled} @ ${price}` : ''
      return { text: words(status, part), tone: part === '' ? 'dim' : 'warning' }
    }
    case 'rejected':
    case 'unknown':
      return { text: words(status, reason), tone: 'bad' }
    case 'denied':
      return { text: words(status, reason), tone: 'warning' }
    default:
      return { text: status, tone: 'warning' }
  }
}

/** What happened: `fill 0.004 @ 43210.00 maker`, `accepted order.id=881 ack_latency_ms=41.2`. */
export function eventWords(event: Happening, node: SpanNode | undefined): string {
  const { name, attributes } = event
  if (name === 'trading.order.filled' || name === 'trading.order.partially_filled') {
    return fillWords(attributes)
  }
  if (name === 'trading.book.snapshot') return bookWords(attributes)
  const shown = eventDefinition(name)?.attributes ?? [...attributes.keys()]
  const values = shown
    .filter((key) => isNews(key, attributes, node))
    .map((key) => `${shortName(key, name)}=${shortValue(attributes.get(key) ?? null, 40)}`)
  return words(titleOf(name, node), ...values)
}

/** Whether the event tells more than its span does. */
function isNews(key: string, attributes: Attributes, node: SpanNode | undefined): boolean {
  const value = attributes.get(key)
  if (value === undefined || value === null || key.endsWith('_num')) return false
  if (key === 'trading.order.event' || key === 'trading.order.status') return false
  const known = node?.attributes.get(key)
  return known === undefined || shortValue(known) !== shortValue(value)
}

/** `accepted` on an order span, `order.accepted` elsewhere. */
function titleOf(name: string, node: SpanNode | undefined): string {
  const short = withoutNamespace(name)
  return node !== undefined && short.startsWith(`${node.name}.`)
    ? short.slice(node.name.length + 1)
    : short
}

/** `ack_latency_ms` for `trading.order.ack_latency_ms` in an event of an order. */
function shortName(key: string, eventName: string): string {
  const namespace = eventName.slice(0, eventName.lastIndexOf('.') + 1)
  return key.startsWith(namespace) ? key.slice(namespace.length) : withoutNamespace(key)
}

function fillWords(attributes: Attributes): string {
  return words(
    'fill',
    textOf(attributes, 'trading.fill.quantity'),
    prefixed('@ ', textOf(attributes, 'trading.fill.price')),
    textOf(attributes, 'trading.fill.liquidity'),
    prefixed(
      'fee ',
      words(
        textOf(attributes, 'trading.fill.fee'),
        textOf(attributes, 'trading.fill.fee_currency'),
      ),
    ),
    textOf(attributes, 'trading.fill.late') === 'true' ? 'late' : '',
  )
}

/** `book 2 for order_submit  binance 43210.0 / 43210.5  okx 43211.0 / 43212.0` */
function bookWords(attributes: Attributes): string {
  const venues = attributes.get('trading.book.venues')
  const quotes: string[] = []
  if (venues instanceof Map) {
    for (const [venue, book] of venues as Attributes) {
      if (!(book instanceof Map)) continue
      const best = (side: string): string => shortValue((book as Attributes).get(side) ?? null)
      quotes.push(`${venue} ${best('best_bid')} / ${best('best_ask')}`)
    }
  }
  return words(
    `book ${textOf(attributes, 'trading.book.sequence')}`,
    prefixed('for ', textOf(attributes, 'trading.book.trigger')),
    ...quotes,
  )
}

/** Whether an event is left out of a tree that does not show everything. */
export function isDetail(name: string): boolean {
  const known = eventDefinition(name)
  return known !== undefined && (known.severity === 'debug' || known.class === 'snapshot')
}

/** How an event is coloured. */
export function eventTone(name: string): Tone {
  if (name === 'trading.order.filled' || name === 'trading.order.partially_filled') return 'good'
  const severity = eventDefinition(name)?.severity ?? 'info'
  if (severity === 'error' || severity === 'fatal') return 'bad'
  return severity === 'warn' ? 'warning' : 'dim'
}

/** Joins what is not empty. */
export function words(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ')
}

function prefixed(prefix: string, text: string): string {
  return text === '' ? '' : prefix + text
}
