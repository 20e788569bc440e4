import { holdingBuckets } from './buckets.ts'
import type { MetricDefinition } from './definition.ts'

const positionLabels = ['trading.symbol', 'trading.strategy', 'trading.position.side'] as const

/** Positions and results. */
export const positionMetrics = {
  'trading.position.count': {
    instrument: 'counter',
    brief: 'Positions closed, by reason.',
    unit: '{position}',
    labels: [...positionLabels, 'trading.position.exit.reason'],
  },
  'trading.position.open': {
    instrument: 'updowncounter',
    brief: 'Positions that are open now.',
    unit: '{position}',
    labels: positionLabels,
  },
  'trading.position.quantity': {
    instrument: 'gauge',
    brief: 'Open quantity, base money; inverse contracts at their entry price.',
    unit: '{base}',
    labels: positionLabels,
  },
  'trading.position.holding.duration': {
    instrument: 'histogram',
    brief: 'Opened until closed.',
    unit: 's',
    labels: positionLabels,
    buckets: holdingBuckets,
  },
  'trading.position.liquidation_distance': {
    instrument: 'gauge',
    brief: '|mark − liquidation| / mark.',
    unit: '{ratio}',
    labels: positionLabels,
  },
  'trading.pnl.realized': {
    instrument: 'updowncounter',
    brief: 'Realized result after fees and funding; base money for inverse contracts.',
    unit: '{quote}',
    labels: [...positionLabels, 'trading.pnl.currency'],
  },
  'trading.pnl.unrealized': {
    instrument: 'gauge',
    brief: 'Unrealized result by price source; base money for inverse contracts.',
    unit: '{quote}',
    labels: ['trading.symbol', 'trading.strategy', 'trading.pnl.source'],
  },
  'trading.pnl.difference': {
    instrument: 'gauge',
    brief: 'Largest difference between the price sources.',
    unit: '{quote}',
    labels: ['trading.symbol', 'trading.strategy'],
  },
  'trading.pnl.mae': {
    instrument: 'gauge',
    brief: 'Worst unrealized result of the last closed position.',
    unit: '{quote}',
    labels: positionLabels,
  },
  'trading.pnl.mfe': {
    instrument: 'gauge',
    brief: 'Best unrealized result of the last closed position.',
    unit: '{quote}',
    labels: positionLabels,
  },
  'trading.pnl.drawdown': {
    instrument: 'gauge',
    brief: 'Fall of the realized result from its best; base money for inverse contracts.',
    unit: '{quote}',
    labels: ['trading.strategy', 'trading.pnl.currency'],
  },
  'trading.funding.payment': {
    instrument: 'updowncounter',
    brief: 'Funding; positive = got.',
    unit: '{quote}',
    labels: ['trading.venue', 'trading.symbol'],
  },
  'trading.liquidations': {
    instrument: 'counter',
    brief: 'Liquidations and ADL by the venue.',
    unit: '{order}',
    labels: ['trading.venue', 'trading.symbol', 'trading.order.origin'],
    zero: [{}],
  },
  'trading.liquidation.warnings': {
    instrument: 'counter',
    brief: 'Positions that came near their liquidation price.',
    unit: '{warning}',
    labels: ['trading.venue', 'trading.symbol'],
    zero: [{}],
  },
} as const satisfies Record<string, MetricDefinition>
