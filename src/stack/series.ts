import { metrics } from '../semconv/metrics.ts'
import type { MetricName } from '../semconv/metrics.ts'
import type { MetricDefinition } from '../semconv/metrics/definition.ts'

const unitSuffixes: Readonly<Record<string, string>> = {
  s: 'seconds',
  ms: 'milliseconds',
  By: 'bytes',
  bps: 'bps',
  '%': 'percent',
}

/**
 * The series of a metric as Prometheus stores it (translation strategy UnderscoreEscapingWithSuffixes), without `_bucket`,
 * `_sum` and `_count`: dots become underscores, the unit follows unless the name ends with it, a counter ends in `_total`.
 * A `{thing}` leaves no trace.
 */
export function series(name: MetricName): string {
  const { instrument, unit }: MetricDefinition = metrics[name]
  let text = name.replaceAll('.', '_')
  const suffix = unit === '1' && instrument === 'gauge' ? 'ratio' : unitSuffixes[unit]
  if (suffix && !text.endsWith(`_${suffix}`)) text += `_${suffix}`
  if (instrument === 'counter' && !text.endsWith('_total')) text += '_total'
  return text
}

/** Every metric of the registry, by its series. */
export const metricOfSeries: ReadonlyMap<string, MetricName> = new Map(
  Object.keys(metrics).map((name) => {
    // Object.keys of the registry are its names.
    const known = name as MetricName
    return [series(known), known]
  }),
)
