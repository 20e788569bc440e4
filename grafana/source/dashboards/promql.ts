import { metrics } from '../../../src/semconv/metrics.ts'
import { label, series } from '../names.ts'
import { matchers } from './panels.ts'
import type { AttributeName } from '../../../src/semconv/attributes.ts'
import type { MetricName } from '../../../src/semconv/metrics.ts'
import type { MetricDefinition } from '../../../src/semconv/metrics/definition.ts'

function labelsOf(metric: MetricName): readonly AttributeName[] {
  const { labels }: MetricDefinition = metrics[metric]
  return labels
}

function grouping(labels: readonly AttributeName[]): string {
  return labels.length > 0 ? ` by (${labels.map(label).join(', ')})` : ''
}

/** `{{trading_venue}} {{trading_symbol}}` */
export function legend(...labels: readonly AttributeName[]): string {
  return labels.map((name) => `{{${label(name)}}}`).join(' ')
}

/** Events per second of a counter. */
export function rate(metric: MetricName, by: readonly AttributeName[] = [], more = ''): string {
  return `sum${grouping(by)} (rate(${series(metric)}${matchers(labelsOf(metric), more)}[$__rate_interval]))`
}

/** How often a counter rose within the shown range. */
export function total(metric: MetricName, by: readonly AttributeName[] = [], more = ''): string {
  return `sum${grouping(by)} (increase(${series(metric)}${matchers(labelsOf(metric), more)}[$__range]))`
}

/** Quantile of a histogram. */
export function quantile(q: number, metric: MetricName, by: readonly AttributeName[] = []): string {
  const groups = ['le', ...by.map(label)].join(', ')
  return `histogram_quantile(${q}, sum by (${groups}) (rate(${series(metric)}_bucket${matchers(labelsOf(metric))}[$__rate_interval])))`
}

/** Mean of a histogram; of a signed one (label `trading.sign`) with its sign. */
export function mean(metric: MetricName, by: readonly AttributeName[] = []): string {
  const part = (suffix: string, more = ''): string =>
    `sum${grouping(by)} (rate(${series(metric)}_${suffix}${matchers(labelsOf(metric), more)}[$__rate_interval]))`
  if (!labelsOf(metric).includes('trading.sign')) return `${part('sum')} / ${part('count')}`
  // `or … * 0`: where there was no gain, or no cost, there is no series to subtract.
  const none = `${part('count')} * 0`
  const amount = (sign: string): string =>
    `(${part('sum', `${label('trading.sign')}="${sign}"`)} or ${none})`
  return `(${amount('positive')} - ${amount('negative')}) / ${part('count')}`
}

/**
 * How old a sample may be. Prometheus shows the last one of a series for 5 min, so that a bot that was started again would
 * be there twice that long, once as it was; bots send at least twice a minute.
 */
const sampleAgeSecondsMax = 75

/** Aggregate of a gauge, over the runs that still tell it. */
export function gauge(
  aggregate: 'sum' | 'max' | 'min',
  metric: MetricName,
  by: readonly AttributeName[] = [],
): string {
  const selector = series(metric) + matchers(labelsOf(metric))
  return `${aggregate}${grouping(by)} (${selector} and timestamp(${selector}) > time() - ${sampleAgeSecondsMax})`
}

/** Age of a time that a gauge holds, when it was sampled: a bot that has ended does not grow older. 0 is no time. */
export function silence(metric: MetricName, by: readonly AttributeName[]): string {
  const selector = series(metric) + matchers(labelsOf(metric))
  return `min${grouping(by)} (timestamp(${selector}) - (${selector} > 0))`
}

/** The labels that a heat map of the metric can be narrowed by. */
export function narrowing(metric: MetricName): readonly string[] {
  return labelsOf(metric)
}
