import type { AttributeName } from '../attributes.ts'

/** OpenTelemetry instrument. */
type Instrument = 'counter' | 'updowncounter' | 'gauge' | 'histogram'

/** One metric of the convention. The unit stands in the metadata, never in the name. */
export interface MetricDefinition {
  readonly instrument: Instrument
  readonly brief: string
  /** UCUM unit; `{thing}` counts things. A gauge never has the unit `1` (Prometheus would call it a ratio). */
  readonly unit: string
  /** Labels. None is an id. */
  readonly labels: readonly AttributeName[]
  /** Bucket edges of a histogram, in its unit. */
  readonly buckets?: readonly number[]
  /**
   * Label sets that are created with 0 at start, so that `increase()` sees the first increment.
   * For counters that alert.
   */
  readonly zero?: readonly Readonly<Partial<Record<AttributeName, string>>>[]
}
