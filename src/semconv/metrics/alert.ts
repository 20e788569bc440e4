import { latencyBuckets } from './buckets.ts'
import type { MetricDefinition } from './definition.ts'

/** Services that the bot depends on, and alerts that it raises itself. */
export const alertMetrics = {
  'trading.service.up': {
    instrument: 'gauge',
    brief: '1 while the service is reached.',
    unit: '{service}',
    labels: ['trading.service.name'],
  },
  'trading.service.duration': {
    instrument: 'histogram',
    brief: 'Checks of a service that were answered.',
    unit: 's',
    labels: ['trading.service.name'],
    buckets: latencyBuckets,
  },
  'trading.service.misses': {
    instrument: 'counter',
    brief: 'Checks of a service that were not answered.',
    unit: '{check}',
    labels: ['trading.service.name', 'error.type'],
    zero: [{}],
  },
  'trading.alerts': {
    instrument: 'counter',
    brief: 'Alerts that the bot raised itself.',
    unit: '{alert}',
    labels: ['trading.alert.level', 'trading.alert.type'],
    zero: [{}],
  },
} as const satisfies Record<string, MetricDefinition>
