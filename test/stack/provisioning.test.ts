import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { channels, policies } from '../../grafana/source/stack/channels.ts'
import {
  contactPoints,
  dataSources,
  muteTimes,
  policyFile,
  providers,
  rules,
  templates,
} from './provisioning-shapes.ts'
import type { Shape } from './shape.ts'

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

  test('[X06, X09] uncovered exposure fires within two evaluations', () => {
    const { groups } = read(`${folder}/alerting/rules.yaml`) as {
      groups: { interval: string; rules: { title: string; for: string }[] }[]
    }
    const group = groups.find(({ rules: all }) =>
      all.some((one) => one.title === 'UncoveredExposure'),
    )
    const rule = group?.rules.find(({ title }) => title === 'UncoveredExposure')
    expect([group?.interval, rule?.for]).toEqual(['10s', '20s'])
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
    expect(broken(`${alerting}/rules.yaml`, 'interval: 10s', 'interval: 15s')).toHaveLength(1)
    expect(broken(`${alerting}/rules.yaml`, 'isPaused', 'paused')).toHaveLength(2)
    expect(broken(`${alerting}/rules.yaml`, 'for: 20s', 'for: 20')).toHaveLength(1)
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
