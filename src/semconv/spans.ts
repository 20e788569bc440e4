import type { AttributeName } from './attributes.ts'
import type { MetricName } from './metrics.ts'

/** One kind of span: short, low in cardinality by name; symbols, ids and prices are attributes. */
export interface SpanDefinition {
  readonly brief: string
  readonly starts: string
  readonly ends: string
  readonly kind: 'internal' | 'client'
  /** The attribute that identifies it within its trace. */
  readonly id?: AttributeName
  /** Histogram of its duration. */
  readonly duration?: MetricName
}

/** The spans of a flow. One signal-to-position flow is one trace; a position is a trace of its own, linked to it. */
export const spans = {
  signal: {
    brief: 'Root of a flow.',
    starts: 'the detector decides',
    ends: 'the position is opened, or the flow ended without one',
    kind: 'internal',
    duration: 'trading.flow.duration',
  },
  order: {
    brief: 'One order at one venue.',
    starts: 'before it is submitted',
    ends: 'the order reaches a final status',
    kind: 'client',
    id: 'trading.order.client_id',
  },
  hedge: {
    brief: 'Covering what was filled on another venue, with order spans of its own.',
    starts: 'the first fill that must be covered',
    ends: 'covered, or given up',
    kind: 'internal',
    id: 'trading.hedge.id',
  },
  unwind: {
    brief: 'Closing the filled leg because the hedge cannot be had, with order spans of its own.',
    starts: 'the hedge is given up',
    ends: 'flat again, or failed',
    kind: 'internal',
    id: 'trading.unwind.id',
  },
  position: {
    brief: 'An open position: a trace of its own, linked to the flow that opened it.',
    starts: 'the position is opened',
    ends: 'the position is closed',
    kind: 'internal',
    id: 'trading.position.id',
  },
} as const satisfies Record<string, SpanDefinition>

/** The name of a span of a flow. */
export type SpanName = keyof typeof spans
