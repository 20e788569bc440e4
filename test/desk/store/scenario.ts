import type { EventName } from '../../../src/semconv/events.ts'
import type { AttributeName } from '../../../src/semconv/attributes.ts'
import { eventDefinition } from '../../../src/semconv/events.ts'
import { severities } from '../../../src/semconv/severity.ts'
import { traceIdOf } from '../../../src/base/ids.ts'
import type {
  AnyValue,
  LogRecord,
  MetricPoint,
  SpanRecord,
  WireRecord,
} from '../../../src/wire/record.ts'

/** Two tasks, a fixed day: one hedge failed and was unwound, one worked; a position of its own; a log line; a metric. */

/** 2026-01-15T10:30:00Z. */
export const dayStartMs = Date.UTC(2026, 0, 15, 10, 30)

const resource = {
  attributes: new Map<string, AnyValue>([
    ['service.name', 'hedge-bot'],
    ['trading.bot.id', 'bot-1'],
    ['trading.run.id', 'run-1'],
  ]),
  droppedAttributesCount: 0,
  schemaUrl: '',
}
const scope = {
  name: 'fillpath',
  version: '1',
  attributes: new Map<string, AnyValue>(),
  droppedAttributesCount: 0,
  schemaUrl: '',
}

export type Said = Partial<Record<AttributeName, AnyValue>>

/** An event `ms` after the start of the scenario. */
export function event(name: EventName, ms: number, said: Said): LogRecord {
  const definition = eventDefinition(name)
  const attributes = new Map(Object.entries(said))
  const correlation = attributes.get('trading.correlation_id') ?? attributes.get('trading.task.id')
  return {
    signal: 'log',
    time: BigInt(dayStartMs + ms) * 1_000_000n,
    observedTime: BigInt(dayStartMs + ms) * 1_000_000n,
    severityNumber: severities[definition?.severity ?? 'info'],
    severityText: definition?.severity ?? 'info',
    eventName: name,
    body: `${name} at ${ms}`,
    attributes,
    droppedAttributesCount: 0,
    flags: 1,
    traceId: typeof correlation === 'string' ? traceIdOf(correlation) : '',
    spanId: '',
    resource,
    scope,
  }
}

function book(bid: string, ask: string, spread: string): AnyValue {
  return new Map<string, AnyValue>([
    [
      'bids',
      [
        [bid, '1'],
        ['90', '2'],
      ],
    ],
    [
      'asks',
      [
        [ask, '1'],
        ['110', '4'],
      ],
    ],
    ['best_bid', bid],
    ['best_ask', ask],
    ['spread', spread],
    ['latency_ms', 12n],
  ])
}

/** The events of a task that bought and had to cover. */
export function taskEvents(taskId: string, startMs: number, hedges: boolean): LogRecord[] {
  let sequence = 0n
  let ms = startMs
  const correlation = `sig_${taskId}`
  const base: Said = {
    'trading.task.id': taskId,
    'trading.correlation_id': correlation,
    'trading.symbol': 'BTC/USDT',
    'trading.strategy': 'atr',
  }
  const tell = (name: EventName, said: Said = {}): LogRecord => {
    ms += 10
    sequence += 1n
    return event(name, ms, { ...base, 'trading.sequence': sequence, ...said })
  }
  const snapshot = (number: bigint, bid: string, ask: string): LogRecord => {
    ms += 1
    return event('trading.book.snapshot', ms, {
      ...base,
      'trading.book.sequence': number,
      'trading.book.trigger': number === 1n ? 'task_created' : 'hedge_start',
      'trading.book.venues': new Map([
        ['binance', book(bid, ask, '1')],
        ['bybit', book('99', '102', '3')],
      ]),
      'trading.arb.total_cost': '0.98',
      'trading.arb.profit_percent': 2.04,
      'trading.arb.valid': true,
      'trading.arb.max_depth': '40',
    })
  }
  const maker: Said = {
    'trading.venue': 'binance',
    'trading.order.client_id': `${taskId}-1`,
    'trading.order.side': 'buy',
    'trading.order.type': 'limit',
    'trading.order.price': '101',
    'trading.order.quantity': '2',
  }
  const hedge: Said = {
    'trading.venue': 'bybit',
    'trading.hedge.id': 'h1',
    'trading.hedge.quantity': '2',
  }
  const taker: Said = {
    'trading.venue': 'bybit',
    'trading.hedge.id': 'h1',
    'trading.order.client_id': `${taskId}-2`,
    'trading.order.side': 'sell',
    'trading.order.type': 'market',
    'trading.order.quantity': '2',
  }
  const unwind: Said = {
    'trading.venue': 'binance',
    'trading.unwind.id': 'u1',
    'trading.unwind.quantity': '2',
  }
  return [
    tell('trading.task.created', {
      'trading.task.type': 'arbitrage',
      'trading.task.config': new Map<string, AnyValue>([
        ['quantity', '2'],
        ['title', 'BTC up?'],
      ]),
      'trading.code.commit': '3f2c1ab',
    }),
    snapshot(1n, '100', '101'),
    tell('trading.task.started'),
    tell('trading.signal.detected', { 'trading.side': 'buy', 'trading.decision.price': '100.9' }),
    tell('trading.order.submitted', { ...maker, 'trading.order.status': 'pending_new' }),
    tell('trading.order.accepted', {
      ...maker,
      'trading.order.id': `${taskId}-881`,
      'trading.order.status': 'new',
      'trading.order.ack_latency_ms': hedges ? 12.5 : 40.5,
    }),
    tell('trading.order.partially_filled', {
      ...maker,
      'trading.order.status': 'partially_filled',
      'trading.fill.id': 'f1',
      'trading.fill.price': '101',
      'trading.fill.quantity': '0.5',
      'trading.fill.liquidity': 'maker',
      'trading.fill.fee': '0.01',
      'trading.fill.fee_currency': 'USDT',
      'trading.order.filled_quantity': '0.5',
      'trading.order.average_price': '101',
    }),
    tell('trading.order.filled', {
      ...maker,
      'trading.order.status': 'filled',
      'trading.fill.id': 'f2',
      'trading.fill.price': '101.2',
      'trading.fill.quantity': '1.5',
      'trading.fill.liquidity': 'taker',
      'trading.fill.fee': '0.05',
      'trading.fill.fee_currency': 'USDT',
      'trading.order.filled_quantity': '2',
      'trading.order.average_price': '101.15',
      'trading.order.fill_ms': 30.5,
    }),
    tell('trading.price_guard.triggered', {
      'trading.price_guard.price': '105',
      'trading.price_guard.limit': '104',
    }),
    tell('trading.task.paused', { 'trading.task.reason': 'price guard' }),
    tell('trading.task.resumed'),
    snapshot(2n, '100.5', '101.5'),
    tell('trading.hedge.started', {
      ...hedge,
      'trading.hedge.covered_quantity': '0',
      'trading.book.sequence': 2n,
    }),
    tell('trading.hedge.attempted', { ...hedge, 'trading.hedge.attempt': 1n }),
    tell('trading.order.submitted', { ...taker, 'trading.order.status': 'pending_new' }),
    ...(hedges
      ? [
          tell('trading.order.filled', {
            ...taker,
            'trading.order.status': 'filled',
            'trading.fill.id': 'h-f1',
            'trading.fill.price': '102',
            'trading.fill.quantity': '2',
            'trading.fill.liquidity': 'taker',
            'trading.order.filled_quantity': '2',
            'trading.order.average_price': '102',
          }),
          tell('trading.hedge.completed', {
            ...hedge,
            'trading.hedge.covered_quantity': '2',
            'trading.hedge.average_price': '102',
            'trading.exposure.window_ms': 61.5,
          }),
          tell('trading.task.completed', {
            'trading.task.profit': '1.7',
            'trading.task.success': true,
            'trading.task.duration_ms': 150.5,
          }),
        ]
      : [
          tell('trading.order.rejected', {
            ...taker,
            'trading.order.status': 'rejected',
            'trading.order.reject.reason': 'insufficient_balance',
          }),
          tell('trading.hedge.failed', {
            ...hedge,
            'trading.hedge.covered_quantity': '0',
            'trading.hedge.reason': 'insufficient_balance',
            'trading.exposure.window_ms': 90.25,
            'trading.exposure.uncovered': '2',
          }),
          tell('trading.unwind.started', { ...unwind, 'trading.unwind.reason': 'hedge_failed' }),
          tell('trading.unwind.completed', {
            ...unwind,
            'trading.unwind.closed_quantity': '2',
            'trading.unwind.average_price': '100',
            'trading.unwind.loss': '2.3',
          }),
          tell('trading.task.failed', {
            'trading.task.profit': '-2.36',
            'trading.task.success': false,
            'trading.task.duration_ms': 350.5,
            'trading.task.reason': 'hedge failed',
            'error.type': 'HedgeError',
            'exception.type': 'HedgeError',
            'exception.message': 'no money on bybit',
            'exception.stacktrace':
              'HedgeError: no money on bybit\n    at hedge (/bot/hedge.ts:12:3)',
          }),
        ]),
  ]
}

/** A span of an order. */
export function orderSpan(): SpanRecord {
  return {
    signal: 'span',
    traceId: traceIdOf('sig_good'),
    spanId: '00f067aa0ba902b7',
    parentSpanId: '',
    traceState: '',
    flags: 1,
    name: 'order',
    kind: 3,
    start: BigInt(dayStartMs) * 1_000_000n,
    end: BigInt(dayStartMs + 40) * 1_000_000n,
    statusCode: 1,
    statusMessage: '',
    attributes: new Map<string, AnyValue>([['trading.venue', 'binance']]),
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    resource,
    scope,
  }
}

/** A point of a gauge. */
export function gauge(ms: number, value: number): MetricPoint {
  return {
    signal: 'metric',
    name: 'trading.exposure.uncovered',
    description: '',
    unit: '',
    metadata: new Map(),
    start: 0n,
    time: BigInt(dayStartMs + ms) * 1_000_000n,
    attributes: new Map([['trading.symbol', 'BTC/USDT']]),
    flags: 0,
    exemplars: [],
    point: { type: 'gauge', value },
    resource,
    scope,
  }
}

/** A position that was opened and closed. */
export function positionEvents(): LogRecord[] {
  const base: Said = {
    'trading.symbol': 'ETH/USDT',
    'trading.strategy': 'mean',
    'trading.venue': 'binance',
    'trading.correlation_id': 'sig_eth',
    'trading.position.id': 'p1',
    'trading.position.side': 'short',
  }
  return [
    event('trading.position.opened', 5_000, {
      ...base,
      'trading.position.quantity': '1',
      'trading.position.entry_price': '2000',
    }),
    event('trading.position.funding', 6_000, { ...base, 'trading.funding.total': '-0.02' }),
    event('trading.position.closed', 7_000, {
      ...base,
      'trading.position.quantity': '0',
      'trading.position.exit_price': '1980',
      'trading.pnl.realized': '19.98',
      'trading.fees': '0.4',
      'trading.position.exit.reason': 'take_profit',
      'trading.position.holding_ms': 2000.5,
    }),
  ]
}

/** Everything, in the order of time. */
export function scenario(): WireRecord[] {
  return [
    ...taskEvents('good', 0, true),
    ...taskEvents('bad', 1_000, false),
    ...positionEvents(),
    event('trading.signal.filtered', 8_000, {
      'trading.symbol': 'SOL/USDT',
      'trading.signal.filter': 'atr_too_low',
      'trading.signal.reason': 'ATR 0.2 below 0.5',
    }),
    event('trading.api.response', 8_500, {
      'trading.venue': 'binance',
      'trading.api.operation': 'createOrder',
      'trading.api.duration_ms': 45.5,
    }),
    event('trading.api.response', 8_600, {
      'trading.venue': 'binance',
      'trading.api.operation': 'createOrder',
      'trading.api.duration_ms': 145.5,
    }),
    orderSpan(),
    gauge(100, 2),
    gauge(200, 0.5),
    gauge(60_100, 0),
  ]
}
