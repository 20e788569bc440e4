import * as common from '@grafana/grafana-foundation-sdk/common'
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import * as logs from '@grafana/grafana-foundation-sdk/logs'
import * as loki from '@grafana/grafana-foundation-sdk/loki'
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus'
import * as stat from '@grafana/grafana-foundation-sdk/stat'
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline'
import * as table from '@grafana/grafana-foundation-sdk/table'
import * as tempo from '@grafana/grafana-foundation-sdk/tempo'
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries'
import { label } from '../names.ts'
import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import type { AttributeName } from '../../../src/semconv/attributes.ts'

/** Width of a panel, of 24 columns. */
export type Width = 4 | 6 | 8 | 12 | 24

/** One query of a panel: PromQL with its legend. */
export interface Query {
  readonly expression: string
  readonly legend?: string
  /** Also ask for exemplars: points that lead to a trace. Only the span metrics have them. @default false */
  readonly exemplars?: boolean
}

/** What every panel has. */
export interface PanelOptions {
  readonly title: string
  readonly description: string
  readonly width?: Width
  readonly height?: number
}

export const sources = {
  prometheus: { type: 'prometheus', uid: 'prometheus' },
  loki: { type: 'loki', uid: 'loki' },
  tempo: { type: 'tempo', uid: 'tempo' },
} as const

/** Variables that narrow a metric, as label matchers; only those that the metric carries. */
const variables: Readonly<Record<string, AttributeName>> = {
  venue: 'trading.venue',
  symbol: 'trading.symbol',
  strategy: 'trading.strategy',
}

/** Label matchers of the dashboard's variables for the labels that a metric has. */
export function matchers(labels: readonly string[], more = ''): string {
  const own = Object.entries(variables)
    .filter(([, attribute]) => labels.includes(attribute))
    .map(([variable, attribute]) => `${label(attribute)}=~"$${variable}"`)
  return `{${[`${label('trading.bot.id')}=~"$bot"`, ...own, ...(more ? [more] : [])].join(',')}}`
}

/** A query on Prometheus, for one moment or for a course. */
export function target(query: Query, index: number, instant: boolean): prometheus.DataqueryBuilder {
  const built = new prometheus.DataqueryBuilder()
    .refId(String.fromCodePoint(65 + index))
    .datasource(sources.prometheus)
    .expr(query.expression)
    .exemplar(query.exemplars ?? false)
    .legendFormat(query.legend ?? '__auto')
  return instant ? built.instant() : built.range()
}

/** A link that is seen: the SDK would put it into the menu of the dashboard's controls. */
export function seen(link: dashboard.DashboardLinkBuilder): Builder<dashboard.DashboardLink> {
  return {
    build() {
      const { placement: _, ...rest } = link.build()
      return rest
    },
  }
}

/** From a point of a metric to the log lines of the time that is shown, with what is chosen. */
const toLogs = seen(
  new dashboard.DashboardLinkBuilder('Log lines')
    .type(dashboard.DashboardLinkType.Link)
    .url('/d/fillpath-logs?${__url_time_range}&${__all_variables}'),
)

/** Lines over time. */
export function lines(
  options: PanelOptions & { readonly unit: string; readonly queries: readonly Query[] },
): timeseries.PanelBuilder {
  const panel = new timeseries.PanelBuilder()
    .title(options.title)
    .description(options.description)
    .span(options.width ?? 8)
    .height(options.height ?? 8)
    .datasource(sources.prometheus)
    .unit(options.unit)
    .lineWidth(1)
    .fillOpacity(8)
    .showPoints(common.VisibilityMode.Auto)
    .dataLinks([toLogs])
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .placement(common.LegendPlacement.Bottom),
    )
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi))
  options.queries.forEach((query, index) => panel.withTarget(target(query, index, false)))
  return panel
}

/** One big number with its course. */
export function figure(
  options: PanelOptions & {
    readonly unit: string
    readonly query: Query
    readonly limits?: readonly [number, number]
    /** It counts things: `increase` guesses a part of one at the edges. */
    readonly whole?: boolean
  },
): stat.PanelBuilder {
  const [warning, critical] = options.limits ?? [undefined, undefined]
  const steps = [
    { value: null, color: 'green' },
    ...(warning === undefined ? [] : [{ value: warning, color: 'orange' }]),
    ...(critical === undefined ? [] : [{ value: critical, color: 'red' }]),
  ]
  const panel = new stat.PanelBuilder()
    .title(options.title)
    .description(options.description)
    .span(options.width ?? 4)
    .height(options.height ?? 4)
    .datasource(sources.prometheus)
    .unit(options.unit)
    .noValue('0')
    .colorMode(common.BigValueColorMode.Value)
    .graphMode(common.BigValueGraphMode.Area)
    .thresholds(
      new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute).steps(steps),
    )
    .withTarget(target(options.query, 0, false))
  return options.whole ? panel.decimals(0) : panel
}

/** Traces that a TraceQL query finds, each a link into Tempo; the longest first of the newest. */
export function traces(
  options: PanelOptions & { readonly query: string; readonly limit?: number },
): table.PanelBuilder {
  return new table.PanelBuilder()
    .title(options.title)
    .description(options.description)
    .span(options.width ?? 24)
    .height(options.height ?? 10)
    .datasource(sources.tempo)
    .withTarget(
      new tempo.DataqueryBuilder()
        .refId('A')
        .datasource(sources.tempo)
        .queryType('traceql')
        .query(options.query)
        .tableType(tempo.SearchTableType.Traces)
        .limit(options.limit ?? 100),
    )
    .sortBy([new common.TableSortByFieldStateBuilder().displayName('Duration').desc(true)])
}

/** A bar for each series over time, with a word and a colour for each value. */
export function history(
  options: PanelOptions & {
    readonly query: Query
    readonly states: Readonly<Record<number, { readonly text: string; readonly color: string }>>
  },
): statetimeline.PanelBuilder {
  return new statetimeline.PanelBuilder()
    .title(options.title)
    .description(options.description)
    .span(options.width ?? 24)
    .height(options.height ?? 8)
    .datasource(sources.prometheus)
    .mergeValues(true)
    .showValue(common.VisibilityMode.Never)
    .mappings([{ type: dashboard.MappingType.ValueToText, options: options.states }])
    .withTarget(target(options.query, 0, false))
}

/** A table of the newest value of each series. */
export function list(
  options: PanelOptions & { readonly unit: string; readonly query: Query },
): table.PanelBuilder {
  return new table.PanelBuilder()
    .title(options.title)
    .description(options.description)
    .span(options.width ?? 12)
    .height(options.height ?? 8)
    .datasource(sources.prometheus)
    .unit(options.unit)
    .withTransformation({ id: 'organize', options: { excludeByName: { Time: true } } })
    .withTarget(target(options.query, 0, true).format(prometheus.PromQueryFormat.Table))
}

/** Log lines. */
export function records(options: PanelOptions & { readonly query: string }): logs.PanelBuilder {
  return new logs.PanelBuilder()
    .title(options.title)
    .description(options.description)
    .span(options.width ?? 24)
    .height(options.height ?? 12)
    .datasource(sources.loki)
    .showTime(true)
    .wrapLogMessage(true)
    .enableLogDetails(true)
    .sortOrder(common.LogsSortOrder.Descending)
    .withTarget(
      new loki.DataqueryBuilder()
        .refId('A')
        .datasource(sources.loki)
        .expr(options.query)
        .maxLines(500),
    )
}

/** Counts of log lines over time. */
export function counts(
  options: PanelOptions & { readonly query: string; readonly legend: string },
): timeseries.PanelBuilder {
  return new timeseries.PanelBuilder()
    .title(options.title)
    .description(options.description)
    .span(options.width ?? 12)
    .height(options.height ?? 7)
    .datasource(sources.loki)
    .unit('short')
    .drawStyle(common.GraphDrawStyle.Bars)
    .fillOpacity(60)
    .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal))
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .placement(common.LegendPlacement.Bottom),
    )
    .withTarget(
      new loki.DataqueryBuilder()
        .refId('A')
        .datasource(sources.loki)
        .expr(options.query)
        .legendFormat(options.legend),
    )
}

/** A table of counts of log lines over the shown range. */
export function ranking(options: PanelOptions & { readonly query: string }): table.PanelBuilder {
  return new table.PanelBuilder()
    .title(options.title)
    .description(options.description)
    .span(options.width ?? 12)
    .height(options.height ?? 7)
    .datasource(sources.loki)
    .withTransformation({ id: 'organize', options: { excludeByName: { Time: true } } })
    .withTarget(
      new loki.DataqueryBuilder()
        .refId('A')
        .datasource(sources.loki)
        .expr(options.query)
        .queryType('instant'),
    )
}
