/** What an event of a flow says, on the line of a tree, where its span has said the rest. */
import { shortValue, withoutNamespace } from '../../archive/human.ts'
import { eventDefinition } from '../../semconv/events.ts'
import { numberText } from '../../semconv/told.ts'
import { durationText } from '../time-text.ts'
import { numberOf, textOf } from './attribute.ts'
import { prefixed, words } from './words.ts'
import type { Happening, SpanNode } from '../../archive/flow/tree.ts'
import type { AttributeName } from '../../semconv/attributes.ts'
import type { Attributes } from '../../wire/record.ts'
import type { Tone } from './words.ts'

const valuesMax = 4

/** Numbers of the record, and what every event of a flow repeats: no news on a line of it. */
const noNews: ReadonlySet<string> = new Set([
  'trading.order.event',
  'trading.order.status',
  'trading.book.sequence',
  'trading.sequence',
  'trading.symbol',
  'trading.strategy',
  'trading.correlation_id',
  'trading.run.id',
  'fillpath.record.id',
])

/** Names that say less than people need. */
const titles: Readonly<Record<string, (attributes: Attributes) => string | undefined>> = {
  'trading.order.illegal_transition': () => 'not allowed:',
  'trading.order.fill_busted': () => 'fill taken back',
  'trading.order.replaced': (of) =>
    textOf(of, 'trading.order.event') === 'restated' ? 'changed by the venue' : undefined,
}

/** What the events that are read most have to tell beyond their name. The others show what is new in them. */
const tellers: Readonly<Record<string, (attributes: Attributes) => string>> = {
  'trading.signal.detected': () => '',
  'trading.signal.denied': (of) => denial(of),
  'trading.hedge_target.set': (of) => targetWords(of),
  'trading.flow.ended': (of) => textOf(of, 'trading.flow.outcome'),
  'trading.flow.interrupted': (of) => textOf(of, 'trading.flow.reason'),
  'trading.order.submitting': () => '',
  'trading.order.submitted': (of) => textOf(of, 'trading.order.client_id'),
  'trading.order.accepted': (of) =>
    words(textOf(of, 'trading.order.id'), after(of, 'trading.order.ack_latency_ms')),
  'trading.order.cancel_requested': (of) => textOf(of, 'trading.order.cancel.reason'),
  'trading.order.cancel_rejected': (of) => rejection(of),
  'trading.order.canceled': (of) =>
    words(textOf(of, 'trading.order.cancel.reason'), after(of, 'trading.order.cancel_latency_ms')),
  'trading.order.rejected': (of) => rejection(of),
  'trading.order.denied': (of) => denial(of),
  'trading.order.unknown': (of) =>
    words(textOf(of, 'error.type'), after(of, 'trading.api.duration_ms')),
  'trading.order.reconciled': (of) =>
    words(textOf(of, 'trading.order.status'), after(of, 'trading.order.unknown_ms')),
  'trading.hedge.started': () => '',
  'trading.hedge.attempted': (of) => textOf(of, 'trading.hedge.attempt'),
  'trading.hedge.partially_covered': (of) =>
    part(of, 'trading.hedge.covered_quantity', 'trading.hedge.quantity'),
  'trading.hedge.completed': (of) => prefixed('@ ', textOf(of, 'trading.hedge.average_price')),
  'trading.hedge.failed': (of) => textOf(of, 'trading.hedge.reason'),
  'trading.unwind.started': () => '',
  'trading.unwind.attempted': (of) => textOf(of, 'trading.unwind.attempt'),
  'trading.unwind.partially_closed': (of) =>
    part(of, 'trading.unwind.closed_quantity', 'trading.unwind.quantity'),
  'trading.unwind.completed': (of) => prefixed('@ ', textOf(of, 'trading.unwind.average_price')),
  'trading.exposure.changed': (of) =>
    prefixed('uncovered ', textOf(of, 'trading.exposure.uncovered')),
  'trading.api.error': (of) => callWords(of),
  'trading.api.timeout': (of) => callWords(of),
  'trading.api.request': (of) => callWords(of),
  'trading.api.response': (of) => callWords(of),
  'trading.task.created': (of) => textOf(of, 'trading.task.type'),
  'trading.task.started': () => '',
  'trading.task.paused': (of) => textOf(of, 'trading.task.reason'),
  'trading.task.resumed': () => '',
  'trading.task.completed': (of) => prefixed('profit ', textOf(of, 'trading.task.profit')),
  'trading.task.failed': (of) => textOf(of, 'trading.task.reason'),
  'trading.task.canceled': (of) => textOf(of, 'trading.task.reason'),
  'trading.price_guard.triggered': (of) =>
    words(
      textOf(of, 'trading.price_guard.price'),
      prefixed('past ', textOf(of, 'trading.price_guard.limit')),
    ),
  'trading.price_guard.resumed': (of) => after(of, 'trading.price_guard.paused_ms'),
  'trading.position_size.calculated': (of) => textOf(of, 'trading.decision.quantity'),
  'trading.leverage.set': (of) => textOf(of, 'trading.decision.leverage'),
  'trading.order.expired': () => '',
  'trading.order.fill_busted': (of) => words(textOf(of, 'trading.fill.ref_id'), fillWords(of)),
  'trading.order.replaced': (of) => prefixed('to ', sizeWords(of)),
  'trading.order.illegal_transition': (of) =>
    textOf(of, 'trading.order.transition').replaceAll('"', '').replaceAll('_', ' '),
  'trading.hedge.closed': (of) => prefixed('PnL ', textOf(of, 'trading.pnl.realized')),
  'trading.hedge.delayed': (of) => after(of, 'trading.hedge.latency_ms'),
  'trading.position.opened': () => '',
  'trading.position.stop_triggered': (of) =>
    words(
      textOf(of, 'trading.position.exit.reason'),
      prefixed('@ ', textOf(of, 'trading.position.mark_price')),
    ),
  'trading.position.funding': (of) => textOf(of, 'trading.funding.payment'),
  'trading.position.closed': (of) => prefixed('@ ', textOf(of, 'trading.position.exit_price')),
}

/** What happened: `fill 0.004 @ 43210.00 maker`, `accepted 881 after 41.2 ms`. */
export function eventWords(event: Happening, node: SpanNode | undefined): string {
  const { name, attributes } = event
  if (isFill(name)) return words('fill', fillWords(attributes))
  if (name === 'trading.book.snapshot') return bookWords(attributes)
  const title = titles[name]?.(attributes) ?? titleOf(name, node)
  const teller = tellers[name]
  return teller === undefined ? words(title, news(event, node)) : words(title, teller(attributes))
}

/** `accepted` on an order span, `order.accepted` elsewhere. */
function titleOf(name: string, node: SpanNode | undefined): string {
  const short = withoutNamespace(name)
  return node !== undefined && short.startsWith(`${node.name}.`)
    ? short.slice(node.name.length + 1)
    : short
}

/** What the event says and its span does not. */
function news({ name, attributes }: Happening, node: SpanNode | undefined): string {
  const own = eventDefinition(name)?.attributes ?? [...attributes.keys()]
  const values: string[] = []
  for (const key of own) {
    const value = attributes.get(key)
    if (value === undefined || value === null || noNews.has(key) || key.endsWith('_num')) continue
    const known = node?.attributes.get(key)
    if (known !== undefined && shortValue(known) === shortValue(value)) continue
    const text = typeof value === 'number' ? numberText(key, value) : shortValue(value, 40)
    values.push(`${shortName(key, name)}=${text}`)
  }
  return values.slice(0, valuesMax).join(' ')
}

/** `ack_latency_ms` for `trading.order.ack_latency_ms` in an event of an order. */
function shortName(key: string, eventName: string): string {
  const namespace = eventName.slice(0, eventName.lastIndexOf('.') + 1)
  return key.startsWith(namespace) ? key.slice(namespace.length) : withoutNamespace(key)
}

function after(attributes: Attributes, name: AttributeName): string {
  const ms = numberOf(attributes, name)
  return ms === undefined ? '' : `after ${durationText(ms)}`
}

function sizeWords(attributes: Attributes): string {
  return words(
    textOf(attributes, 'trading.order.quantity'),
    prefixed('@ ', textOf(attributes, 'trading.order.price')),
  )
}

function part(attributes: Attributes, done: AttributeName, whole: AttributeName): string {
  return words(textOf(attributes, done), prefixed('of ', textOf(attributes, whole)))
}

function denial(attributes: Attributes): string {
  const limit = textOf(attributes, 'trading.risk.limit')
  return words(textOf(attributes, 'trading.deny.reason'), limit === '' ? '' : `(${limit})`)
}

function rejection(attributes: Attributes): string {
  return words(
    textOf(attributes, 'trading.order.reject.reason'),
    textOf(attributes, 'trading.order.reject.code'),
    textOf(attributes, 'trading.order.reject.text'),
  )
}

function callWords(attributes: Attributes): string {
  return words(
    textOf(attributes, 'trading.api.operation'),
    textOf(attributes, 'http.response.status_code'),
    textOf(attributes, 'error.type'),
    after(attributes, 'trading.api.duration_ms'),
  )
}

function targetWords(attributes: Attributes): string {
  const target = attributes.get('trading.hedge.target')
  const venue = target instanceof Map ? (target as Attributes).get('venue') : undefined
  return words(
    venue === undefined ? '' : shortValue(venue),
    textOf(attributes, 'trading.hedge.quantity'),
  )
}

function fillWords(attributes: Attributes): string {
  const all = attributes.get('trading.fees_by_currency')
  const fees = all instanceof Map ? [...(all as Attributes)] : []
  const fee =
    fees.length > 0
      ? fees.map(([currency, amount]) => words(shortValue(amount), currency)).join(' and ')
      : words(
          textOf(attributes, 'trading.fill.fee'),
          textOf(attributes, 'trading.fill.fee_currency'),
        )
  return words(
    textOf(attributes, 'trading.fill.quantity'),
    prefixed('@ ', textOf(attributes, 'trading.fill.price')),
    textOf(attributes, 'trading.fill.liquidity'),
    prefixed('fee ', fee),
    textOf(attributes, 'trading.fill.late') === 'true' ? 'late' : '',
  )
}

/** `book 2 for order_submit · binance 43210.0 / 43210.5 · okx 43211.0 / 43212.0` */
function bookWords(attributes: Attributes): string {
  const venues = attributes.get('trading.book.venues')
  const quotes: string[] = []
  if (venues instanceof Map) {
    for (const [venue, book] of venues as Attributes) {
      if (!(book instanceof Map)) continue
      const best = (side: string): string => shortValue((book as Attributes).get(side) ?? null)
      quotes.push(`· ${venue} ${best('best_bid')} / ${best('best_ask')}`)
    }
  }
  return words(
    `book ${textOf(attributes, 'trading.book.sequence')}`,
    prefixed('for ', textOf(attributes, 'trading.book.trigger')),
    ...quotes,
  )
}

function isFill(name: string): boolean {
  return name === 'trading.order.filled' || name === 'trading.order.partially_filled'
}

/** Whether an event is left out of a tree that does not show everything. */
export function isDetail(name: string): boolean {
  const known = eventDefinition(name)
  // The fill was shown when it was counted; its confirmation adds an id.
  if (name === 'trading.order.fill_confirmed') return true
  return known !== undefined && (known.severity === 'debug' || known.class === 'snapshot')
}

/** How an event is coloured. */
export function eventTone(name: string): Tone {
  if (isFill(name)) return 'good'
  const severity = eventDefinition(name)?.severity ?? 'info'
  if (severity === 'error' || severity === 'fatal') return 'bad'
  return severity === 'warn' ? 'warning' : 'dim'
}
