import { snapshotTriggers } from '../words.ts'
import type { AttributeDefinition } from './definition.ts'

/** Order-book snapshots, the arbitrage measured on them, and the price guard. */
export const bookAttributes = {
  'trading.book.sequence': {
    type: 'int',
    brief: 'Number of the snapshot within its task or flow, from 1.',
    example: 2,
  },
  'trading.book.trigger': {
    type: 'string',
    brief: 'What the snapshot was taken for.',
    example: 'order_submit',
    values: snapshotTriggers,
  },
  'trading.book.venues': {
    type: 'any',
    brief: 'Per venue: top levels, best bid and ask, spread, latency, nonce, reversed.',
    example: {
      binance: {
        bids: [['43210.0', '1.2']],
        asks: [['43210.5', '0.8']],
        best_bid: '43210.0',
        best_ask: '43210.5',
        spread: '0.5',
        latency_ms: 12,
      },
    },
  },
  'trading.arb.total_cost': {
    type: 'decimal',
    brief: 'Cost of both legs with fees.',
    example: '0.991',
  },
  'trading.arb.profit_percent': {
    type: 'double',
    brief: 'Profit over cost.',
    example: 0.91,
    unit: '%',
  },
  'trading.arb.valid': {
    type: 'boolean',
    brief: 'Whether the arbitrage would pay.',
    example: true,
  },
  'trading.arb.max_depth': {
    type: 'decimal',
    brief: 'Largest quantity that can be executed.',
    example: '100',
  },
  'trading.price_guard.price': {
    type: 'decimal',
    brief: 'Price that crossed the guard.',
    example: '0.57',
  },
  'trading.price_guard.limit': { type: 'decimal', brief: 'Guarded limit.', example: '0.55' },
  'trading.price_guard.paused_ms': {
    type: 'double',
    brief: 'How long the guard held the task.',
    example: 8200,
    unit: 'ms',
  },
  'trading.kline.change': {
    type: 'any',
    brief: 'What a candle update changed.',
    example: { close: ['43210', '43211'] },
  },
} as const satisfies Record<string, AttributeDefinition>
