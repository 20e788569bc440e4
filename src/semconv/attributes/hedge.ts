import type { AttributeDefinition } from './definition.ts'

/** Covering a fill on another venue, closing it when that fails, and what stays uncovered meanwhile. */
export const hedgeAttributes = {
  'trading.hedge.id': {
    type: 'string',
    brief: 'The hedge within its flow.',
    example: 'h1',
    id: true,
  },
  'trading.hedge.quantity': { type: 'decimal', brief: 'Quantity to cover.', example: '0.010' },
  'trading.hedge.covered_quantity': {
    type: 'decimal',
    brief: 'Quantity covered so far.',
    example: '0.004',
  },
  'trading.hedge.average_price': {
    type: 'decimal',
    brief: 'Average price of the fills that cover.',
    example: '43208.10',
  },
  'trading.hedge.attempt': { type: 'int', brief: 'Number of the attempt, from 1.', example: 2 },
  'trading.hedge.reason': {
    type: 'string',
    brief: 'Why the hedge failed.',
    example: 'insufficient_balance',
  },
  'trading.hedge.latency_ms': {
    type: 'double',
    brief: 'First fill that had to be covered until the hedge order filled.',
    example: 182.4,
    unit: 'ms',
  },
  'trading.hedge.target': {
    type: 'any',
    brief: 'Target that was set for the hedge: venue, quantity, price limit.',
    example: { venue: 'okx', quantity: '0.010' },
  },
  'trading.exposure.window_ms': {
    type: 'double',
    brief: 'Earliest unhedged fill until the fill that covers it; below zero is set to zero.',
    example: 182.4,
    unit: 'ms',
  },
  'trading.exposure.uncovered': {
    type: 'decimal',
    brief: 'Filled and not yet covered, in base money.',
    example: '0.006',
  },
  'trading.exposure.uncovered_num': {
    type: 'double',
    brief: 'Double twin of trading.exposure.uncovered.',
    example: 0.006,
  },
  'trading.exposure.covered': {
    type: 'decimal',
    brief: 'Filled and covered, in base money.',
    example: '0.004',
  },
  'trading.exposure.net': {
    type: 'decimal',
    brief: 'Signed net exposure, in base money.',
    example: '0.006',
  },
  'trading.exposure.uncovered_quote': {
    type: 'decimal',
    brief: 'Uncovered exposure in quote money, at the last price.',
    example: '259.26',
  },
  'trading.exposure.money_seconds': {
    type: 'double',
    brief: 'Uncovered exposure in quote money, summed over time.',
    example: 47.3,
  },
  'trading.unwind.id': {
    type: 'string',
    brief: 'The unwind within its flow.',
    example: 'u1',
    id: true,
  },
  'trading.unwind.quantity': { type: 'decimal', brief: 'Quantity to close.', example: '0.010' },
  'trading.unwind.closed_quantity': {
    type: 'decimal',
    brief: 'Quantity closed so far.',
    example: '0.010',
  },
  'trading.unwind.average_price': {
    type: 'decimal',
    brief: 'Average price of the closing fills.',
    example: '43190.00',
  },
  'trading.unwind.attempt': { type: 'int', brief: 'Number of the attempt, from 1.', example: 1 },
  'trading.unwind.reason': {
    type: 'string',
    brief: 'Why the unwind was needed, or failed.',
    example: 'hedge_failed',
  },
  'trading.unwind.loss': {
    type: 'decimal',
    brief: 'What the unwind cost, in quote money; positive = lost.',
    example: '0.215',
  },
} as const satisfies Record<string, AttributeDefinition>
