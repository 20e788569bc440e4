import { metrics } from '../../src/semconv/metrics.ts'
import type { AttributeName } from '../../src/semconv/attributes.ts'
import type { MetricDefinition, MetricName } from '../../src/semconv/metrics.ts'

/**
 * Names as Prometheus stores them (translation strategy UnderscoreEscapingWithSuffixes): dots become underscores, the
 * unit follows unless the name ends with it, a counter ends in `_total`. A `{thing}` leaves no trace.
 */
const unitSuffixes: Readonly<Record<string, string>> = {
  s: 'seconds',
  ms: 'milliseconds',
  By: 'bytes',
  bps: 'bps',
  '%': 'percent',
}

/** The series of a metric, without `_bucket`, `_sum`, `_count`. */
export function series(name: MetricName): string {
  const { instrument, unit }: MetricDefinition = metrics[name]
  let text = name.replaceAll('.', '_')
  const suffix = unit === '1' && instrument === 'gauge' ? 'ratio' : unitSuffixes[unit]
  if (suffix && !text.endsWith(`_${suffix}`)) text += `_${suffix}`
  if (instrument === 'counter' && !text.endsWith('_total')) text += '_total'
  return text
}

/** A label as Prometheus and Loki store it. */
export function label(name: AttributeName | 'trading.bot.id' | 'service.name'): string {
  return name.replaceAll('.', '_')
}

/** `sum by (…)` over labels of the registry, always with the bot. */
export function by(...labels: readonly AttributeName[]): string {
  return `by (${[label('trading.bot.id'), ...labels.map(label)].join(', ')})`
}
