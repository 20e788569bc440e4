import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { channels, policies } from '../../grafana/source/stack/channels.ts'
import {
  anything,
  byKey,
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

// Grafana has no program that checks its provisioning files: the shapes of its own parsers, closed, so that a key that
// it would pass over in silence is found.

const orgId: Shape = (value, at) => (value === 1 ? [] : [`${at} is not 1`])
const version: Shape = (value, at) => (value === 1 ? [] : [`${at} is not 1`])
const uid = like(/^[a-zA-Z0-9_-]{1,40}$/)

const dataSource = (jsonData: Shape): Shape =>
  object({
    name: text,
    uid,
    type: text,
    access: oneOf('proxy'),
    url: like(/^http:\/\/[a-z]+:\d+$/),
    'isDefault?': flag,
    jsonData,
  })
const tags = list(object({ key: text, value: text }))
const dataSources = object({
  apiVersion: version,
  datasources: list(
    byKey('type', {
      prometheus: dataSource(
        object({
          timeInterval: duration,
          httpMethod: oneOf('POST', 'GET'),
          exemplarTraceIdDestinations: list(object({ name: text, datasourceUid: uid })),
        }),
      ),
      loki: dataSource(
        object({
          maxLines: count,
          derivedFields: list(
            object({
              name: text,
              matcherType: oneOf('label', 'regex'),
              matcherRegex: text,
              // One `$` and Grafana would fill it in when it reads the file.
              url: like(/^\$\$\{__value\.raw\}$/),
              datasourceUid: uid,
              urlDisplayLabel: text,
            }),
          ),
        }),
      ),
      tempo: dataSource(
        object({
          tracesToLogsV2: object({
            datasourceUid: uid,
            customQuery: flag,
            query: like(/^\{\$\$\{__tags\}\}.*\$\$\{__trace\.traceId\}/),
            tags,
            spanStartTimeShift: duration,
            spanEndTimeShift: duration,
          }),
          tracesToMetrics: object({
            datasourceUid: uid,
            tags,
            spanStartTimeShift: duration,
            spanEndTimeShift: duration,
            queries: list(object({ name: text, query: like(/\{\$\$__tags\}/) })),
          }),
          serviceMap: object({ datasourceUid: uid }),
          nodeGraph: object({ enabled: flag }),
          search: object({ hide: flag }),
          streamingEnabled: object({ search: flag, metrics: flag }),
        }),
      ),
    }),
    3,
  ),
})

const providers = object({
  apiVersion: version,
  providers: list(
    object({
      name: text,
      orgId,
      folder: text,
      folderUid: uid,
      type: oneOf('file'),
      disableDeletion: flag,
      allowUiUpdates: flag,
      updateIntervalSeconds: count,
      options: object({ path: text, foldersFromFilesStructure: flag }),
    }),
  ),
})

const query = object({
  refId: like(/^[A-Z]$/),
  relativeTimeRange: object({ from: count, to: count }),
  datasourceUid: oneOf('prometheus', '__expr__'),
  model: anything,
})
const models: Readonly<Record<string, Shape>> = {
  prometheus: object({ refId: text, expr: text, instant: flag, range: flag }),
  __expr__: object({ refId: text, type: oneOf('math', 'reduce', 'threshold'), expression: text }),
}
const rule = object({
  uid,
  title: text,
  condition: like(/^[A-Z]$/),
  data: list((value, at) => [
    ...query(value, at),
    ...byKey('datasourceUid', {
      prometheus: (one, where) => modelOf(one, where, 'prometheus'),
      __expr__: (one, where) => modelOf(one, where, '__expr__'),
    })(value, at),
  ]),
  noDataState: oneOf('NoData', 'Alerting', 'OK', 'KeepLast'),
  execErrState: oneOf('Error', 'Alerting', 'OK', 'KeepLast'),
  for: duration,
  'keepFiringFor?': duration,
  dashboardUid: uid,
  annotations: object({ summary: text, description: text, runbook_url: text, query: text }),
  labels: object({ severity: oneOf('critical', 'warning') }),
  isPaused: flag,
})

function modelOf(value: unknown, at: string, source: string): readonly string[] {
  const model: unknown = Reflect.get(Object(value) as object, 'model')
  return models[source]?.(model, `${at}.model`) ?? []
}

const rules = object({
  apiVersion: version,
  groups: list(
    object({ orgId, name: text, folder: oneOf('Trading'), interval: duration, rules: list(rule) }),
  ),
})

const message = like(/^\{\{ template "fillpath\.(?:title|message)" \. \}\}$/)
/** Set in the environment of Grafana; an empty one breaks its start. */
const secret = like(/^\$[A-Z_]+$/)
const settings: Readonly<Record<string, Shape>> = {
  telegram: object({ bottoken: secret, chatid: secret, message, parse_mode: oneOf('None') }),
  email: object({ addresses: secret, singleEmail: flag, subject: message, message }),
  slack: object({ url: secret, title: message, text: message }),
  discord: object({ url: secret, title: message, message }),
  webhook: object({ url: secret, httpMethod: oneOf('POST', 'PUT'), maxAlerts: like(/^\d+$/) }),
}
const receivers = Object.fromEntries(
  Object.entries(settings).map(([type, shape]) => [
    type,
    object({ uid, type: text, settings: shape }),
  ]),
)
const contactPoints = object({
  apiVersion: version,
  contactPoints: list(object({ orgId, name: text, receivers: list(byKey('type', receivers)) })),
})

const routing: Readonly<Record<string, Shape>> = {
  receiver: oneOf(...channels.map(({ name }) => name)),
  'group_wait?': duration,
  'group_interval?': duration,
  'repeat_interval?': duration,
}
const policyFile = object({
  apiVersion: version,
  policies: list(
    object({
      orgId,
      ...routing,
      group_by: list(text),
      routes: list(
        object({
          ...routing,
          object_matchers: list(list(text, 3)),
          continue: flag,
          'mute_time_intervals?': list(oneOf('night')),
        }),
      ),
    }),
  ),
})

const clock = like(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/)
const muteTimes = object({
  apiVersion: version,
  muteTimes: list(
    object({
      orgId,
      name: oneOf('night'),
      time_intervals: list(
        object({ times: list(object({ start_time: clock, end_time: clock })), location: text }),
      ),
    }),
  ),
})
const templates = object({
  apiVersion: version,
  templates: list(
    object({ orgId, name: text, template: like(/^\{\{ define "fillpath\.title" \}\}/) }),
  ),
})

const folder = 'grafana/provisioning'
const files: readonly (readonly [path: string, shape: Shape])[] = [
  [`${folder}/datasources/datasources.yaml`, dataSources],
  [`${folder}/dashboards/dashboards.yaml`, providers],
  [`${folder}/alerting/rules.yaml`, rules],
  [`${folder}/alerting/mute-times.yaml`, muteTimes],
  [`${folder}/alerting/templates.yaml`, templates],
  ...channels.map(({ name }) => [`grafana/contact-points/${name}.yaml`, contactPoints] as const),
]
const read = (path: string): unknown => parse(readFileSync(path, 'utf8'))

describe('what Grafana reads when it starts', () => {
  test.each(files)(
    '[X06, C22, C23, C24, C40] %s has the shape that Grafana reads',
    (path, shape) => {
      expect(shape(read(path), path)).toEqual([])
    },
  )

  test('no file is there whose shape is not checked', () => {
    const there = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.yaml'))
      .map((path) => `${folder}/${path}`)
    expect(there.filter((path) => files.every(([known]) => known !== path))).toEqual([])
  })

  test('[C28] the notification policy has it, whatever channels are on', () => {
    for (const enabled of [channels, channels.slice(0, 1), channels.slice(2)]) {
      expect(policyFile(parse(policies(enabled)), 'policies')).toEqual([])
    }
  })

  test('a rule asks what is there: its queries, a data source, a dashboard', () => {
    const file = read(`${folder}/alerting/rules.yaml`) as {
      groups: {
        rules: {
          uid: string
          condition: string
          dashboardUid: string
          data: { refId: string; datasourceUid: string }[]
        }[]
      }[]
    }
    const all = file.groups.flatMap((group) => group.rules)
    expect(new Set(all.map((each) => each.uid)).size).toBe(all.length)
    for (const { uid: of, condition, data, dashboardUid } of all) {
      expect(
        data.map(({ refId }) => refId),
        of,
      ).toContain(condition)
      expect(readdirSync('grafana/dashboards'), of).toContain(
        `${dashboardUid.replace(/^fillpath-/, '')}.json`,
      )
    }
  })

  test('a mistake would be found: a key too much, a word that is none, a secret in the file', () => {
    const broken = (path: string, from: string | RegExp, to: string): readonly string[] => {
      const changed = stringify(read(path)).replace(from, to)
      const shape = files.find(([known]) => known === path)?.[1]
      return shape?.(parse(changed), 'file') ?? ['no shape']
    }
    const alerting = `${folder}/alerting`
    expect(broken(`${alerting}/rules.yaml`, 'noDataState: OK', 'noDataState: Fine')).toHaveLength(1)
    expect(broken(`${alerting}/rules.yaml`, 'isPaused', 'paused')).toHaveLength(2)
    expect(broken(`${alerting}/rules.yaml`, 'for: 30s', 'for: 30')).toHaveLength(1)
    expect(broken(`${alerting}/rules.yaml`, 'range: false', 'ranges: false')).toHaveLength(2)
    expect(broken(`${alerting}/mute-times.yaml`, '22:00', '25:00')).toHaveLength(1)
    const slack = 'grafana/contact-points/slack.yaml'
    expect(broken(slack, '$SLACK_WEBHOOK_URL', 'https://hooks.slack.com/services/T0/B0/x')).toEqual(
      [expect.stringContaining('file.contactPoints[0].receivers[0].settings.url is')],
    )
    const sources = `${folder}/datasources/datasources.yaml`
    expect(broken(sources, '$${__value', '{__value')).toHaveLength(1)
    expect(broken(sources, 'type: loki', 'type: locki')).toHaveLength(1)
  })
})

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
