/** Orders of one signal, on a clock that the test moves. A test file begins with `beforeEach(begin)`. */
import type { Order, OrderOptions } from '../../../../src/probe/flow/handles/order.ts'
import type { Signal } from '../../../../src/probe/flow/handles/signal.ts'
import { begin as beginFlows, flows, seen } from '../stage.ts'

export { clock, flows, seen } from '../stage.ts'
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
  beginFlows()
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
