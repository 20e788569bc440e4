import * as common from '@grafana/grafana-foundation-sdk/common'
import * as heatmap from '@grafana/grafana-foundation-sdk/heatmap'
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus'
import { series } from '../names.ts'
import { matchers, sources, target } from './panels.ts'
import type { MetricName } from '../../../src/semconv/metrics.ts'
import type { SpanName } from '../../../src/semconv/spans.ts'
import type { PanelOptions } from './panels.ts'

type HeatOptions = PanelOptions & { readonly unit: string }

function heatmapOf(
  options: HeatOptions,
  buckets: string,
  exemplars: boolean,
): heatmap.PanelBuilder {
  const expression = `sum by (le) (increase(${buckets}[$__rate_interval]))`
  return new heatmap.PanelBuilder()
    .title(options.title)
    .description(options.description)
    .span(options.width ?? 12)
    .height(options.height ?? 9)
    .datasource(sources.prometheus)
    .calculate(false)
    .yAxis(new heatmap.YAxisConfigBuilder().unit(options.unit))
    .color(
      new heatmap.HeatmapColorOptionsBuilder()
        .mode(heatmap.HeatmapColorMode.Scheme)
        .scheme('Turbo')
        .exponent(0.5)
        .steps(64),
    )
    .tooltip(
      new heatmap.HeatmapTooltipBuilder().mode(common.TooltipDisplayMode.Single).yHistogram(true),
    )
    .withTarget(
      target({ expression, legend: '{{le}}', exemplars }, 0, false).format(
        prometheus.PromQueryFormat.Heatmap,
      ),
    )
}

/** Buckets of a histogram of the bot over time. */
export function heat(
  options: HeatOptions & { readonly metric: MetricName; readonly labels: readonly string[] },
): heatmap.PanelBuilder {
  const { metric, labels } = options
  return heatmapOf(options, `${series(metric)}_bucket${matchers(labels)}`, false)
}

/**
 * How long spans of a name took, as the Collector measures them: with exemplars, each a point that leads to its trace.
 * The SDK for Node makes none, so the bot's own histograms have none.
 */
export function spanHeat(
  options: Omit<HeatOptions, 'unit'> & {
    readonly span: SpanName
    /** The labels that it can be narrowed by, of those that span metrics have. */
    readonly labels: readonly ('trading.venue' | 'trading.strategy')[]
  },
): heatmap.PanelBuilder {
  const { span, labels } = options
  const name = `span_name="${span}"`
  return heatmapOf(
    { ...options, unit: 's' },
    `traces_span_metrics_duration_seconds_bucket${matchers(labels, name)}`,
    true,
  )
}
