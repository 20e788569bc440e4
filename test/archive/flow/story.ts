/** One flow from signal to position, as a bot sends it: spans, events, log lines, and the trace of its position. */
import { traceIdOf } from '../../../src/base/ids.ts'
import { attributes, at, event, log, span, traceId } from '../records.ts'
import type { WireRecord } from '../../../src/wire/record.ts'

export const positionTraceId = traceIdOf('position of sig_abc123')
export const ids = {
  signal: 'aaaaaaaaaaaaaaaa',
  order: 'bbbbbbbbbbbbbbbb',
  hedge: 'cccccccccccccccc',
  hedgeOrder: 'dddddddddddddddd',
  position: 'eeeeeeeeeeeeeeee',
} as const

const order = {
  'trading.venue': 'binance',
  'trading.order.side': 'buy',
  'trading.order.type': 'limit',
  'trading.order.quantity': '0.010',
  'trading.order.price': '43210.00',
  'trading.order.client_id': 'fp-7f3a-1',
}
const hedgeOrder = {
  'trading.venue': 'okx',
  'trading.order.side': 'sell',
  'trading.order.type': 'market',
  'trading.order.quantity': '0.010',
  'trading.order.client_id': 'fp-7f3a-2',
}

/** The spans of the flow, in the order of their ends. */
export const spans = {
  order: span('order', ids.order, [0.4, 230.5], {
    parentSpanId: ids.signal,
    kind: 3,
    data: {
      ...order,
      'trading.order.id': '881',
      'trading.order.status': 'filled',
      'trading.order.average_price': '43210.00',
    },
    events: [
      {
        time: at(0.6),
        name: 'trading.order.submitted',
        attributes: attributes({}),
        droppedAttributesCount: 0,
      },
    ],
  }),
  hedgeOrder: span('order', ids.hedgeOrder, [221.5, 402.6], {
    parentSpanId: ids.hedge,
    kind: 3,
    data: {
      ...hedgeOrder,
      'trading.order.id': 'okx-9',
      'trading.order.status': 'filled',
      'trading.order.average_price': '43208.10',
    },
  }),
  hedge: span('hedge', ids.hedge, [220.9, 403.3], {
    parentSpanId: ids.signal,
    data: {
      'trading.hedge.id': 'h1',
      'trading.venue': 'okx',
      'trading.hedge.quantity': '0.010',
      'trading.hedge.latency_ms': 182.4,
      'trading.exposure.window_ms': 182.4,
    },
  }),
  signal: span('signal', ids.signal, [0, 412.5], {
    data: {
      'trading.symbol': 'BTC/USDT',
      'trading.side': 'buy',
      'trading.strategy': 'atr',
      'trading.correlation_id': 'sig_abc123',
      'trading.decision.price': '43210.50',
      'trading.flow.outcome': 'opened',
      'trading.slippage.decision_bps': -0.12,
      'trading.fees': '0.0344',
    },
  }),
  position: span('position', ids.position, [412, 64_412], {
    traceId: positionTraceId,
    data: {
      'trading.position.id': 'p1',
      'trading.position.side': 'long',
      'trading.position.quantity': '0.010',
      'trading.position.entry_price': '43210.00',
      'trading.position.exit.reason': 'take_profit',
      'trading.pnl.realized': '1.91',
      'trading.symbol': 'BTC/USDT',
    },
    links: [
      {
        traceId,
        spanId: ids.signal,
        traceState: '',
        attributes: attributes({}),
        droppedAttributesCount: 0,
        flags: 1,
      },
    ],
  }),
} as const

/** Its events and log lines. */
export const logs = {
  detected: event('trading.signal.detected', 0, ids.signal, { 'trading.symbol': 'BTC/USDT' }),
  line: log('volatility is high enough', { atr: 312.4 }, { time: at(0.2), spanId: ids.signal }),
  submitted: event('trading.order.submitted', 0.6, ids.order, order),
  accepted: event('trading.order.accepted', 41.8, ids.order, {
    ...order,
    'trading.order.id': '881',
    'trading.order.ack_latency_ms': 41.2,
  }),
  filled: event('trading.order.filled', 230.5, ids.order, {
    ...order,
    'trading.order.id': '881',
    'trading.fill.id': 'f1',
    'trading.fill.price': '43210.00',
    'trading.fill.quantity': '0.010',
    'trading.fill.liquidity': 'maker',
    'trading.task.id': 'task-17',
  }),
  warning: log(
    'okx is slow',
    { latencyMs: 30n },
    {
      time: at(300),
      spanId: ids.hedgeOrder,
      severityNumber: 13,
    },
  ),
  hedged: event('trading.order.filled', 402.6, ids.hedgeOrder, {
    ...hedgeOrder,
    'trading.fill.price': '43208.10',
    'trading.fill.quantity': '0.010',
    'trading.fill.liquidity': 'taker',
  }),
  book: event('trading.book.snapshot', 0.3, ids.signal, {
    'trading.book.sequence': 1n,
    'trading.book.trigger': 'order_submit',
    'trading.book.venues': new Map([
      ['binance', attributes({ best_bid: '43210.0', best_ask: '43210.5' })],
    ]),
  }),
} as const

/** Everything, in the order in which it arrives. */
export const story: readonly WireRecord[] = [...Object.values(logs), ...Object.values(spans)]
