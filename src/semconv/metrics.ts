import { alertMetrics } from './metrics/alert.ts'
import { flowMetrics } from './metrics/flow.ts'
import { orderMetrics } from './metrics/order.ts'
import { positionMetrics } from './metrics/position.ts'
import { systemMetrics } from './metrics/system.ts'
import type { MetricDefinition } from './metrics/definition.ts'

/** Every metric that fillpath writes. */
export const metrics = {
  ...flowMetrics,
  ...orderMetrics,
  ...positionMetrics,
  ...systemMetrics,
  ...alertMetrics,
} as const satisfies Record<string, MetricDefinition>

/** The name of a metric in the registry. */
export type MetricName = keyof typeof metrics
