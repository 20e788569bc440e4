/** Orders of one signal, on a clock that the test moves. A test file begins with `beforeEach(begin)`. */
import { manualClock } from '../../../../src/base/clock.ts'
import type { ManualClock } from '../../../../src/base/clock.ts'
import { createFlows } from '../../../../src/probe/flow/flows.ts'
import type { Flows } from '../../../../src/probe/flow/handles/flows.ts'
import type { Order, OrderOptions } from '../../../../src/probe/flow/handles/order.ts'
import type { Signal } from '../../../../src/probe/flow/handles/signal.ts'
import { record } from '../../recording.ts'
import type { Recording } from '../../recording.ts'

export let seen: Recording
export let clock: ManualClock
export let flows: Flows
export let signal: Signal

export const limit: OrderOptions = {
  venue: 'binance',
  side: 'buy',
  type: 'limit',
  quantity: '0.010',
  price: '43210.00',
}

/** Everything anew. */
export function begin(): void {
  seen = record()
  clock = manualClock()
  flows = createFlows({ clock })
  signal = flows.signal({
    symbol: 'BTC/USDT',
    strategy: 'atr',
    side: 'buy',
    decisionPrice: '43200',
  })
}

/** An order that its venue has acknowledged. */
export function working(options: Partial<OrderOptions> = {}): Order {
  const order = signal.order({ ...limit, ...options })
  order.submitted()
  order.accepted({ orderId: '881' })
  return order
}

/** The events of orders so far, without their namespace. */
export function kinds(): string[] {
  return seen
    .events()
    .map((name) => name.replace('trading.', ''))
    .filter((name) => name.startsWith('order.'))
}
