import type { AttributeDefinition } from './definition.ts'

/** What a fill or a flow cost against the decision and the arrival price. */
export const costAttributes = {
  'trading.sign': {
    type: 'string',
    brief:
      'Sign of a measured value: an OpenTelemetry histogram takes none below zero, so it gets the amount, and the sign is this label.',
    example: 'negative',
    values: ['positive', 'negative'],
  },
  'trading.slippage.decision_bps': {
    type: 'double',
    brief: 'Average fill against the decision price; positive = worse for us.',
    example: 1.3,
    unit: 'bps',
  },
  'trading.slippage.arrival_bps': {
    type: 'double',
    brief: 'Average fill against the arrival price; positive = worse for us.',
    example: 0.8,
    unit: 'bps',
  },
  'trading.shortfall': {
    type: 'decimal',
    brief:
      'Implementation shortfall (Perold): delay, execution, fees, opportunity; quote money, positive = cost.',
    example: '0.42',
  },
  'trading.shortfall_delay': { type: 'decimal', brief: 'Decision to arrival.', example: '0.05' },
  'trading.shortfall_execution': { type: 'decimal', brief: 'Arrival to fills.', example: '0.21' },
  'trading.shortfall_fees': { type: 'decimal', brief: 'Fees, in quote money.', example: '0.16' },
  'trading.shortfall_opportunity': {
    type: 'decimal',
    brief: 'Unfilled part at the end price.',
    example: '0',
  },
  'trading.markout_bps': {
    type: 'double',
    brief: 'Mid after the horizon against the fill; positive = good for us.',
    example: -0.6,
    unit: 'bps',
  },
  'trading.markout.horizon_ms': {
    type: 'int',
    brief: 'Time between the fill and the mid that it is compared with.',
    example: 1000,
    unit: 'ms',
  },
} as const satisfies Record<string, AttributeDefinition>
