/** Events that matter most to somebody who looks on: they stand out in `fillpath tail`. */
import type { EventName } from '../semconv/events.ts'
import type { Style } from './output.ts'

/** What an event means to the one who looks on. */
type Meaning = 'begins' | 'good' | 'bad'

const meanings: Readonly<Partial<Record<EventName, Meaning>>> = {
  'trading.signal.detected': 'begins',
  'trading.task.started': 'begins',
  'trading.order.filled': 'good',
  'trading.hedge.completed': 'good',
  'trading.position.opened': 'good',
  'trading.position.closed': 'good',
  'trading.task.completed': 'good',
  'trading.unwind.completed': 'good',
  'trading.signal.denied': 'bad',
  'trading.order.rejected': 'bad',
  'trading.order.denied': 'bad',
  'trading.order.failed': 'bad',
  'trading.order.unknown': 'bad',
  'trading.order.foreign': 'bad',
  'trading.hedge.failed': 'bad',
  'trading.hedge.delayed': 'bad',
  'trading.unwind.started': 'bad',
  'trading.unwind.failed': 'bad',
  'trading.price_guard.triggered': 'bad',
  'trading.position.liquidation_near': 'bad',
  'trading.position.liquidated': 'bad',
  'trading.task.failed': 'bad',
  'trading.flow.abandoned': 'bad',
  'trading.flow.interrupted': 'bad',
  'trading.feed.disconnected': 'bad',
  'trading.feed.stale': 'bad',
  'trading.state.changed': 'bad',
  'trading.rate_limit.hit': 'bad',
  'trading.error': 'bad',
}

const styles: Readonly<Record<Meaning, Style>> = {
  begins: ['bold', 'black', 'bgCyan'],
  good: ['bold', 'black', 'bgGreen'],
  bad: ['bold', 'white', 'bgRed'],
}

/** How the name of an event is written; undefined for one that does not stand out. */
export function keyEventStyle(name: string): Style | undefined {
  const meaning = Object.hasOwn(meanings, name) ? meanings[name as EventName] : undefined
  return meaning && styles[meaning]
}

/** The mark before its line, for where there is no colour: `+`, `!`, `>`, or a space. */
export function keyEventMark(name: string): string {
  const meaning = Object.hasOwn(meanings, name) ? meanings[name as EventName] : undefined
  switch (meaning) {
    case 'begins':
      return '>'
    case 'good':
      return '+'
    case 'bad':
      return '!'
    case undefined:
      return ' '
  }
}
