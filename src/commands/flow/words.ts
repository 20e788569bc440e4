/** What a span of a flow says, in the words of traders, as short as a line of a tree must be. */
import { durationText } from '../time-text.ts'
import { numberOf, textOf } from './attribute.ts'
import type { SpanNode } from '../../archive/flow/tree.ts'
import type { AttributeName } from '../../semconv/attributes.ts'
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
        prefixed('· ', textOf(attributes, 'trading.signal.reason')),
        prefixed('· decided at ', textOf(attributes, 'trading.decision.price')),
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
        prefixed('· ', textOf(attributes, 'trading.unwind.reason')),
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

function endedResult(node: SpanNode): Result {
  const { name, attributes, span, state } = node
  const failed: Result | undefined =
    state === 'failed'
      ? { text: words('failed', span?.statusMessage ?? ''), tone: 'bad' }
      : undefined
  switch (name) {
    case 'signal': {
      const outcome = textOf(attributes, 'trading.flow.outcome')
      return outcome === '' ? (failed ?? none) : { text: outcome, tone: outcomeTone(outcome) }
    }
    case 'order':
      return orderResult(node) ?? failed ?? none
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

function orderResult(node: SpanNode): Result | undefined {
  const { attributes } = node
  const status = textOf(attributes, 'trading.order.status')
  const reason =
    lastWord(node, 'trading.order.reject.reason') || lastWord(node, 'trading.deny.reason')
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

/** What the span says, or the last of its events that says it. */
function lastWord(node: SpanNode, name: AttributeName): string {
  const speakers = [node, ...node.events.toReversed()]
  return (
    speakers.map(({ attributes }) => textOf(attributes, name)).find((text) => text !== '') ?? ''
  )
}

/** Joins what is not empty. */
export function words(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ')
}

/** `prefix` and `text`; nothing when there is no text. */
export function prefixed(prefix: string, text: string): string {
  return text === '' ? '' : prefix + text
}
