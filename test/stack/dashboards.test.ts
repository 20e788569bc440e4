import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  anything,
  count,
  duration,
  flag,
  like,
  list,
  object,
  oneOf,
  record,
  text,
} from './shape.ts'
import type { Shape } from './shape.ts'

interface PanelPlace {
  readonly id: number
  readonly type: string
  readonly gridPos: {
    readonly x: number
    readonly y: number
    readonly w: number
    readonly h: number
  }
}

describe('dashboards', () => {
  const sources = new Set(['prometheus', 'loki', 'tempo'])
  const target = (value: unknown, at: string): readonly string[] =>
    object({ type: text, uid: oneOf(...sources) })(
      Reflect.get(Object(value) as object, 'datasource'),
      `${at}.datasource`,
    )
  const panel: Shape = (value, at) => {
    const { id, type, gridPos, title, targets } = value as PanelPlace & {
      title: unknown
      targets?: unknown
    }
    return [
      ...count(id, `${at}.id`),
      ...text(title, `${at}.title`),
      ...oneOf(
        'row',
        'timeseries',
        'stat',
        'heatmap',
        'table',
        'logs',
        'state-timeline',
      )(type, `${at}.type`),
      ...object({ x: count, y: count, w: count, h: count })(gridPos, `${at}.gridPos`),
      ...(type === 'row' ? [] : list(target)(targets, `${at}.targets`)),
    ]
  }
  const variable: Shape = (value, at) => [
    ...oneOf('query', 'textbox')(Reflect.get(Object(value) as object, 'type'), `${at}.type`),
    ...text(Reflect.get(Object(value) as object, 'name'), `${at}.name`),
  ]
  const dashboard = object({
    uid: like(/^fillpath-[a-z]+$/),
    title: text,
    description: text,
    tags: list(text),
    timezone: oneOf('browser'),
    editable: flag,
    graphTooltip: count,
    time: object({ from: text, to: text }),
    refresh: duration,
    fiscalYearStartMonth: count,
    // Classic v1: the file provisioning refuses the form that Grafana 13 exports.
    schemaVersion: (value, at) =>
      typeof value === 'number' && value >= 36 && value <= 42 ? [] : [`${at} is not of v1`],
    templating: object({ list: list(variable) }),
    annotations: anything,
    panels: list(panel),
    links: list(record(anything)),
  })
  const names = readdirSync('grafana/dashboards')

  test('[X03, X05] a curve leads to the log lines of its time, an exemplar is asked for where there are some', () => {
    interface Curve {
      readonly type: string
      readonly title: string
      readonly description?: string
      readonly datasource?: { readonly type: string }
      readonly fieldConfig?: { readonly defaults: { readonly links?: { readonly url: string }[] } }
      readonly targets?: readonly { readonly expr?: string; readonly exemplar?: boolean }[]
    }
    const panels = names.flatMap(
      (name) =>
        (JSON.parse(readFileSync(`grafana/dashboards/${name}`, 'utf8')) as { panels: Curve[] })
          .panels,
    )
    const curves = panels.filter(
      ({ type, datasource }) => type === 'timeseries' && datasource?.type === 'prometheus',
    )
    expect(curves.length).toBeGreaterThan(50)
    const link = '/d/fillpath-logs?${__url_time_range}&${__all_variables}'
    const without = curves.filter(
      ({ fieldConfig }) => !fieldConfig?.defaults.links?.some(({ url }) => url === link),
    )
    expect(without.map(({ title }) => title)).toEqual([])
    expect(readFileSync('grafana/dashboards/logs.json', 'utf8')).toContain('"fillpath-logs"')

    const queries = panels.flatMap(({ targets = [] }) => targets)
    const asking = queries.filter(({ exemplar }) => exemplar === true)
    expect(asking.length).toBeGreaterThan(2)
    // Of all that comes to Prometheus only these have exemplars: the SDK for Node makes none.
    expect(asking.filter(({ expr }) => !expr?.includes('traces_span_metrics_'))).toEqual([])
    const promising = panels.filter(({ description }) => /exemplar/i.test(description ?? ''))
    expect(promising.length).toBe(asking.length)
    expect(promising.every(({ targets = [] }) => targets[0]?.exemplar === true)).toBe(true)
  })

  test.each(names)('[X08] %s is classic JSON, and its panels stand beside one another', (name) => {
    const board = JSON.parse(readFileSync(`grafana/dashboards/${name}`, 'utf8')) as {
      panels: PanelPlace[]
    }
    expect(dashboard(board, name)).toEqual([])
    const { panels } = board
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const taken = new Map<string, number>()
    const overlaps: string[] = []
    for (const { id, gridPos } of panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          const other = taken.get(`${x} ${y}`)
          if (other !== undefined) overlaps.push(`${id} over ${other}`)
          taken.set(`${x} ${y}`, id)
        }
      }
    }
    expect([...new Set(overlaps)]).toEqual([])
  })
})
