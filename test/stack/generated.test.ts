import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { alerts } from '../../grafana/source/alerts/files.ts'
import { boards, generatedFiles } from '../../grafana/source/generated.ts'
import { series } from '../../grafana/source/names.ts'
import { attributes } from '../../src/semconv/attributes.ts'
import { events } from '../../src/semconv/events.ts'
import { severities } from '../../src/semconv/severity.ts'
import { metrics } from '../../src/semconv/metrics.ts'
import { tool } from './tools.ts'
import type { MetricDefinition } from '../../src/semconv/metrics/definition.ts'
import type { EventDefinition } from '../../src/semconv/events/definition.ts'
import type { MetricName } from '../../src/semconv/metrics.ts'

const names = Object.keys(metrics) as MetricName[]

/** Every series that the registry can make. */
const known = new Set(
  names.flatMap((name) => {
    const base = series(name)
    return metrics[name].instrument === 'histogram'
      ? ['_bucket', '_sum', '_count'].map((suffix) => base + suffix)
      : [base]
  }),
)

/** Names in a query that look like series of ours. */
function seriesIn(query: string): string[] {
  const withoutLabels = query.replaceAll(/\{[^}]*\}/g, '').replaceAll(/(by|on) \([^)]*\)/g, '')
  return withoutLabels.match(/\b(trading|fillpath)_\w+/g) ?? []
}

/** The queries of all panels on one kind of data source. */
function targets(type: string): string[] {
  return boards
    .map((board) => readFileSync(`grafana/dashboards/${board.name}.json`, 'utf8'))
    .flatMap((text) => (JSON.parse(text) as { panels: Panel[] }).panels)
    .flatMap((panel) => panel.targets ?? [])
    .filter((target) => target.datasource.type === type)
    .map((target) => target.expr ?? target.query ?? '')
}

interface Panel {
  readonly targets?: readonly {
    readonly datasource: { readonly type: string }
    readonly expr?: string
    readonly query?: string
  }[]
}

describe('what is generated for Grafana and Prometheus', () => {
  test('[X06, X08] the committed files are those that the source makes', () => {
    const stale = Object.entries(generatedFiles())
      .filter(([path, text]) => !existsSync(path) || readFileSync(path, 'utf8') !== text)
      .map(([path]) => path)
    expect(stale, 'run `npm run grafana`').toEqual([])
  })

  test('[X07, X38] every query of a panel and of a rule names only series of the registry', () => {
    const queries = targets('prometheus')
    expect(queries.length).toBeGreaterThan(80)
    const unknown = [...queries, ...alerts.map((rule) => rule.expression)]
      .flatMap(seriesIn)
      .filter((name) => !known.has(name))
    expect(unknown).toEqual([])
  })

  test('[X38] every query of a log or trace panel names only attributes of the registry', () => {
    const attributeNames = new Set([...Object.keys(attributes), 'trading.bot.id', 'service.name'])
    const asLabels = new Set([...attributeNames].map((name) => name.replaceAll('.', '_')))
    const inLogs = targets('loki').flatMap(
      (query) => query.match(/\b(trading|exception|fillpath)_\w+/g) ?? [],
    )
    expect(inLogs.length).toBeGreaterThan(5)
    expect(inLogs.filter((name) => !asLabels.has(name))).toEqual([])
    const inTraces = targets('tempo').flatMap((query) =>
      [...query.matchAll(/\b(?:span|resource)\.([a-z_.]+)/g)].map(([, name = '']) => name),
    )
    expect(inTraces.length).toBeGreaterThan(5)
    expect(inTraces.filter((name) => !attributeNames.has(name))).toEqual([])
  })

  test('[X07] a phantom metric would be found', () => {
    expect(
      seriesIn('sum(rate(trading_hedge_phantom_total{a="trading_x"}[5m]))').filter(
        (name) => !known.has(name),
      ),
    ).toEqual(['trading_hedge_phantom_total'])
  })

  test('[X06] an alert reads the metrics it says it reads', () => {
    const wrong = alerts.filter((rule) => {
      const bases = new Set(
        seriesIn(rule.expression).map((name) => name.replace(/_(bucket|sum|count)$/, '')),
      )
      const said = new Set(
        rule.metrics.map((metric) => series(metric).replace(/_(bucket|sum|count)$/, '')),
      )
      return (
        [...bases].some((base) => !said.has(base)) || [...said].some((base) => !bases.has(base))
      )
    })
    expect(wrong.map((rule) => rule.name)).toEqual([])
  })

  test('a counter that alerts begins with a zero, so that its first increment is seen', () => {
    const late = alerts
      .filter((rule) => rule.expression.includes('increase('))
      .flatMap((rule) => rule.metrics)
      .filter((name) => metrics[name].instrument === 'counter' && !('zero' in metrics[name]))
      .filter((name) => name !== 'trading.order.events')
    expect(late).toEqual([])
  })

  test('the limit of a quantile is an edge of its buckets: between two edges it is a guess', () => {
    const quantiles = alerts.filter((rule) => rule.expression.startsWith('histogram_quantile('))
    expect(quantiles.length).toBeGreaterThan(1)
    for (const { name, expression, metrics: of } of quantiles) {
      const limit = Number(/ > (\S+)$/.exec(expression)?.[1])
      const [metric] = of
      const definition: MetricDefinition | undefined = metric && metrics[metric]
      expect(definition?.buckets, name).toContain(limit)
    }
  })

  test('a panel that a runbook names stands on the dashboard that it names', () => {
    const panels = boards.flatMap(({ title, rows }) => [
      title,
      ...Object.values(rows).flatMap((row) => row.map((panel) => panel.build().title ?? '')),
    ])
    const named = alerts.flatMap((rule) =>
      rule.steps.flatMap((step) => [...step.matchAll(/\*([^*]+)\*/g)].map(([, name]) => name)),
    )
    expect(named.length).toBeGreaterThan(8)
    expect(named.filter((name = '') => !panels.includes(name))).toEqual([])
    const onBoard = alerts.flatMap((rule) =>
      rule.steps.flatMap((step) => [...step.matchAll(/\*([^*]+)\* on \*([^*]+)\*/g)]),
    )
    expect(onBoard.length).toBeGreaterThan(1)
    for (const [text, panel = '', board = ''] of onBoard) {
      const there = boards.find(({ title }) => title === board)
      const titles = Object.values(there?.rows ?? {}).flatMap((row) =>
        row.map((each) => each.build().title),
      )
      expect(titles, text).toContain(panel)
    }
  })

  test('the records behind an alert are asked for by events and attributes of the registry', () => {
    const eventNames = Object.keys(events)
    const attributeNames = [...Object.keys(attributes), 'trading.bot.id', 'service.name']
    const labels = new Set(attributeNames.map((name) => name.replaceAll('.', '_')))
    for (const { name, query } of alerts) {
      const named = query.match(/(?<=event_name=~?")[^"]+/g) ?? []
      const unknown = named.filter((pattern) =>
        eventNames.every((event) => !new RegExp(`^(?:${pattern})$`).test(event)),
      )
      expect(unknown, name).toEqual([])
      const used = query.match(/\b(?:trading|fillpath|service)_\w+/g) ?? []
      expect(
        used.filter((label) => !labels.has(label)),
        name,
      ).toEqual([])
    }
  })

  const promtool = tool('promtool')

  test.skipIf(!promtool)('[X07] each rule is silent, fires and clears as its case says', () => {
    const run = (...words: string[]): string | undefined =>
      promtool?.(resolve('grafana/servers'), ...words)
    expect(run('check', 'rules', '--lint=all', '--lint-fatal', 'rules.yaml')).toBe('ok')
    const files = readdirSync('grafana/servers').filter((name) => name.endsWith('.test.yaml'))
    expect(files.map((name) => `grafana/servers/${name}`).toSorted()).toEqual(
      Object.keys(generatedFiles())
        .filter((path) => path.endsWith('.test.yaml'))
        .toSorted(),
    )
    expect(run('test', 'rules', ...files)).toBe('ok')
    expect(alerts.every((rule) => rule.test.silent.length >= 2)).toBe(true)
  })
})

describe('otel-collector.yaml', () => {
  const config = parse(readFileSync('otel-collector.yaml', 'utf8')) as {
    processors: Record<string, { log_conditions?: string[] }>
    service: { pipelines: Record<string, { receivers: string[]; processors: string[] }> }
  }

  /** The conditions of the filters between the receiver and a file, from the pipeline of the file backwards. */
  function conditions(pipeline: string): readonly string[] {
    const { receivers = [], processors = [] } = config.service.pipelines[pipeline] ?? {}
    const own = processors.flatMap((name) => config.processors[name]?.log_conditions ?? [])
    const [from = ''] = receivers
    const before = from === 'forward/logs' ? [] : conditions(from.replace('forward', 'logs'))
    return [...own, ...before]
  }

  /** What an OTTL condition of ours says of an event. Only the forms that the file uses. */
  function drops(condition: string, name: string, severity: number): boolean {
    return condition.split(' or ').some((alternative) =>
      alternative.split(' and ').every((part) => {
        const match = /^(not )?IsMatch\(log\.event_name, "(.*)"\)$/.exec(part.trim())
        if (match)
          return (
            new RegExp((match[2] ?? '').replaceAll('\\\\', '\\')).test(name) !== Boolean(match[1])
          )
        const equal = /^log\.event_name == "(.*)"$/.exec(part.trim())
        if (equal) return name === equal[1]
        if (part.trim() === 'log.severity_number < SEVERITY_NUMBER_ERROR') return severity < 17
        throw new Error(`the test does not know the condition ${part}`)
      }),
    )
  }

  test('each event of the registry goes into the files of its categories and into no other', () => {
    const wrong: string[] = []
    for (const [name, definition] of Object.entries(events) as [string, EventDefinition][]) {
      for (const category of [
        'signals',
        'orders',
        'hedges',
        'api',
        'performance',
        'errors',
      ] as const) {
        const severity = severities[definition.severity]
        const all = conditions(`logs/${category}`)
        expect(all.length).toBeGreaterThan(0)
        const kept = all.every((condition) => !drops(condition, name, severity))
        const belongs = definition.categories.includes(category)
        if (kept !== belongs) wrong.push(`${name} ${kept ? 'is' : 'is not'} in ${category}`)
      }
    }
    expect(wrong).toEqual([])
  })
})
