import { readFileSync } from 'node:fs'
import { boards } from '../../grafana/source/generated.ts'
import { json } from './stack.ts'

/** One query of a panel of a committed dashboard. */
export interface PanelQuery {
  /** `board / panel: query`, for messages. */
  readonly where: string
  readonly source: 'prometheus' | 'loki' | 'tempo'
  readonly query: string
  /** Asked for one moment, not for a course. */
  readonly isInstant: boolean
  /** Asked for points that lead to a trace, too. */
  readonly hasExemplars: boolean
  /** What the legend takes from a series, as `trading_venue`. */
  readonly legend: readonly string[]
}

/** A query as the JSON of a dashboard has it. */
export interface PanelTarget {
  readonly datasource: { readonly type: PanelQuery['source'] }
  readonly expr?: string
  readonly query?: string
  readonly legendFormat?: string
  readonly instant?: boolean
  readonly exemplar?: boolean
  readonly queryType?: string
}

interface DashboardFile {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly PanelTarget[] }[]
}

function dashboardFile(name: string): DashboardFile {
  return JSON.parse(readFileSync(`grafana/dashboards/${name}.json`, 'utf8')) as DashboardFile
}

/** The same queries with all that Grafana is told of them. */
export function panelTargets(): PanelTarget[] {
  return boards.flatMap(({ name }) =>
    dashboardFile(name).panels.flatMap(({ targets = [] }) => targets),
  )
}

/** Every query of every dashboard, as the committed JSON has it, with its variables still in place. */
export function panelQueries(): PanelQuery[] {
  return boards.flatMap(({ name }) => {
    return dashboardFile(name).panels.flatMap(({ title, targets = [] }) =>
      targets.map(
        ({ datasource, expr, query, legendFormat = '', instant, exemplar, queryType }) => ({
          where: `${name} / ${title}: ${expr ?? query ?? ''}`,
          source: datasource.type,
          query: expr ?? query ?? '',
          isInstant: instant === true || queryType === 'instant',
          hasExemplars: exemplar === true,
          legend: [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label),
        }),
      ),
    )
  })
}

/** The query as the browser sends it to Grafana, with *All* chosen for every variable and nothing searched for. */
export function chosen(query: string, bot: string): string {
  return query
    .replaceAll('$bot', bot)
    .replaceAll(/\$(venue|symbol|strategy)\b/g, '.*')
    .replaceAll('$search', '')
}

/** The query as Grafana sends it. */
export function filledIn(query: string, bot: string): string {
  return chosen(query, bot)
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__range', '10m')
    .replaceAll('$__auto', '1m')
}

interface Series {
  readonly metric?: Readonly<Record<string, string>>
  readonly stream?: Readonly<Record<string, string>>
  readonly values?: readonly (readonly [number | string, string])[]
  readonly value?: readonly [number, string]
}

/** The answer for now, or for ten minutes until now in steps of five seconds. */
async function series(api: string, query: string, isInstant: boolean): Promise<readonly Series[]> {
  const now = Date.now() / 1000
  const { data } = await json<{ data: { result: readonly Series[] } }>(
    `${api}/${isInstant ? 'query' : 'query_range'}`,
    {
      query,
      ...(isInstant
        ? { time: String(now) }
        : { start: String(now - 600), end: String(now), step: '5' }),
    },
  )
  return data.result
}

/**
 * What is wrong with the answer to a panel's query; undefined when the panel shows something: a series with a
 * number, or a line, and with every label that its legend names.
 */
export async function emptyBecause(
  { source, query, isInstant, legend }: PanelQuery,
  { urls, bot }: { urls: Readonly<Record<'prometheus' | 'loki', string>>; bot: string },
): Promise<string | undefined> {
  if (source === 'tempo') throw new Error('Tempo is asked in its own test')
  const api = urls[source] + (source === 'prometheus' ? '/api/v1' : '/loki/api/v1')
  const result = await series(api, filledIn(query, bot), isInstant)
  if (result.length === 0) return 'no series'
  const labelled = result.filter((one) =>
    legend.every((label) => (one.metric ?? one.stream)?.[label]),
  )
  if (labelled.length === 0) return `no series has the labels ${legend.join(', ')}`
  // A line of a log is text; a sample is a number, and NaN draws nothing.
  const shows = labelled.some(
    ({ stream, value, values = value ? [value] : [] }) =>
      stream !== undefined || values.some(([, number]) => number !== 'NaN'),
  )
  return shows ? undefined : 'nothing but NaN'
}

/** The trace ids that the exemplars of a panel's query lead to. */
export async function exemplarsOf(
  { query }: PanelQuery,
  { url, bot }: { readonly url: string; readonly bot: string },
): Promise<readonly string[]> {
  const now = Date.now() / 1000
  const { data } = await json<{
    data: { exemplars: { labels: Readonly<Record<string, string>> }[] }[]
  }>(`${url}/api/v1/query_exemplars`, {
    query: filledIn(query, bot),
    start: String(now - 3600),
    end: String(now + 60),
  })
  return data.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels['trace_id'] ?? ''))
}
