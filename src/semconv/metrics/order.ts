import { latencyBuckets, ratioBuckets } from './buckets.ts'
import type { MetricDefinition } from './definition.ts'

const orderLabels = ['trading.venue', 'trading.symbol', 'trading.order.type'] as const

/** Orders and fills. */
export const orderMetrics = {
  'trading.order.count': {
    instrument: 'counter',
    brief: 'Orders by status reached.',
    unit: '{order}',
    labels: [...orderLabels, 'trading.order.side', 'trading.order.status'],
  },
  'trading.order.events': {
    instrument: 'counter',
    brief: 'What happened to orders.',
    unit: '{event}',
    labels: [...orderLabels, 'trading.order.event'],
  },
  'trading.order.open': {
    instrument: 'updowncounter',
    brief: 'Orders that work now.',
    unit: '{order}',
    labels: ['trading.venue', 'trading.symbol'],
  },
  'trading.order.rejects': {
    instrument: 'counter',
    brief: 'Venue rejects by reason.',
    unit: '{order}',
    labels: [...orderLabels, 'trading.order.reject.reason'],
    zero: [{}],
  },
  'trading.order.unknown': {
    instrument: 'counter',
    brief: 'Orders whose outcome became unknown.',
    unit: '{order}',
    labels: orderLabels,
    zero: [{}],
  },
  'trading.order.unknown_open': {
    instrument: 'updowncounter',
    brief: 'Orders whose outcome is unknown now.',
    unit: '{order}',
    labels: ['trading.venue', 'trading.symbol'],
  },
  'trading.order.unknown_duration': {
    instrument: 'histogram',
    brief: 'Outcome unknown until reconciled.',
    unit: 's',
    labels: orderLabels,
    buckets: latencyBuckets,
  },
  'trading.order.illegal_transitions': {
    instrument: 'counter',
    brief: 'Updates that the state machine does not allow.',
    unit: '{update}',
    labels: ['trading.venue'],
    zero: [{}],
  },
  'trading.order.duplicates': {
    instrument: 'counter',
    brief: 'Fills that came twice and were counted once.',
    unit: '{fill}',
    labels: ['trading.venue'],
    zero: [{}],
  },
  'trading.order.busts': {
    instrument: 'counter',
    brief: 'Fills that the venue took back. The counters of what was filled keep them.',
    unit: '{fill}',
    labels: ['trading.venue'],
    zero: [{}],
  },
  'trading.order.foreign': {
    instrument: 'counter',
    brief: 'Orders the bot never sent, by origin.',
    unit: '{order}',
    labels: ['trading.venue', 'trading.order.origin'],
    zero: [{}],
  },
  'trading.order.ack.duration': {
    instrument: 'histogram',
    brief: 'Sent until acknowledged.',
    unit: 's',
    labels: orderLabels,
    buckets: latencyBuckets,
  },
  'trading.order.first_fill.duration': {
    instrument: 'histogram',
    brief: 'Sent until the first fill.',
    unit: 's',
    labels: orderLabels,
    buckets: latencyBuckets,
  },
  'trading.order.fill.duration': {
    instrument: 'histogram',
    brief: 'Sent until the last fill.',
    unit: 's',
    labels: orderLabels,
    buckets: latencyBuckets,
  },
  'trading.order.cancel.duration': {
    instrument: 'histogram',
    brief: 'Cancel sent until confirmed.',
    unit: 's',
    labels: orderLabels,
    buckets: latencyBuckets,
  },
  'trading.order.fill_ratio': {
    instrument: 'histogram',
    brief: 'Filled over ordered quantity, when the order ends.',
    unit: '1',
    labels: orderLabels,
    buckets: ratioBuckets,
  },
  'trading.fill.count': {
    instrument: 'counter',
    brief: 'Fills, by liquidity.',
    unit: '{fill}',
    labels: ['trading.venue', 'trading.symbol', 'trading.fill.liquidity'],
  },
  'trading.fill.quantity': {
    instrument: 'counter',
    brief: 'Filled quantity, base money.',
    unit: '{base}',
    labels: ['trading.venue', 'trading.symbol', 'trading.order.side', 'trading.fill.liquidity'],
  },
  'trading.fill.notional': {
    instrument: 'counter',
    brief: 'Filled quote money.',
    unit: '{quote}',
    labels: ['trading.venue', 'trading.symbol', 'trading.order.side', 'trading.fill.liquidity'],
  },
  'trading.fees': {
    instrument: 'updowncounter',
    brief: 'Fees paid, in the currency of the fee; a rebate lowers it.',
    unit: '{currency}',
    labels: ['trading.venue', 'trading.symbol', 'trading.fill.fee_currency'],
  },
} as const satisfies Record<string, MetricDefinition>
