import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { alerts } from '../../grafana/source/alerts/files.ts'
import { boards } from '../../grafana/source/generated.ts'
import { run } from '../commands/cli.ts'
import { missing } from './engine.ts'
import { exposureRequest, flowOf, logsRequest, metricsRequest, send } from './flows.ts'
import { chosen, panelTargets } from './panels.ts'
import { eventually, startStack } from './stack.ts'
import type { Stack } from './stack.ts'

const bot = 'bot-a'

// It waits for a Tempo that is healthy, as docker-compose.yml says.
describe.skipIf(missing('grafana', 'tempo'))('Grafana', () => {
  let stack: Stack
  const authorization = `Basic ${Buffer.from('admin:of-this-test').toString('base64')}`

  const get = async <T>(path: string): Promise<T> => {
    const answer = await fetch(stack.url('grafana') + path, { headers: { authorization } })
    if (!answer.ok) throw new Error(`${answer.status} from ${path}: ${await answer.text()}`)
    return (await answer.json()) as T
  }

  const post = async (
    path: string,
    body: object,
  ): Promise<{ ok: boolean; status: number; text: string }> => {
    const answer = await fetch(stack.url('grafana') + path, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { ok: answer.ok, status: answer.status, text: await answer.text() }
  }

  beforeAll(async () => {
    stack = await startStack('otel-collector', 'loki', 'prometheus', 'tempo', 'grafana')
    const collector = stack.url('otel-collector')
    await send(collector, 'logs', logsRequest(bot, [1, 2, 3]))
    await send(
      collector,
      'metrics',
      metricsRequest(bot, 3, BigInt(Date.now()) * 1_000_000n, flowOf(1).traceId),
    )
  }, 600_000)

  afterAll(() => stack?.stop(), 600_000)

  test('[X08] the dashboards stand in the folder Trading under their uids', async () => {
    const found = await eventually(
      () => get<{ uid: string; folderTitle?: string }[]>('/api/search?type=dash-db&limit=100'),
      (list) => list.length >= boards.length,
    )
    expect(found.map(({ uid }) => uid).toSorted()).toEqual(
      boards.map(({ name }) => `fillpath-${name}`).toSorted(),
    )
    expect(new Set(found.map(({ folderTitle }) => folderTitle))).toEqual(new Set(['Trading']))
    const folders = await get<{ title: string }[]>('/api/folders')
    expect(folders.map(({ title }) => title)).toEqual(['Trading'])
  })

  test('[X03, X05] the data sources lead from line to trace, from trace to lines, from exemplar to trace', async () => {
    const sources =
      await get<{ uid: string; jsonData: Record<string, unknown> }[]>('/api/datasources')
    const of = (uid: string): Record<string, unknown> =>
      sources.find((source) => source.uid === uid)?.jsonData ?? {}
    expect(of('prometheus')['exemplarTraceIdDestinations']).toEqual([
      { name: 'trace_id', datasourceUid: 'tempo' },
    ])
    expect(of('loki')['derivedFields']).toMatchObject([
      {
        matcherType: 'label',
        matcherRegex: 'trace_id',
        datasourceUid: 'tempo',
        url: '${__value.raw}',
      },
    ])
    expect(of('tempo')['tracesToLogsV2']).toMatchObject({
      datasourceUid: 'loki',
      query: '{${__tags}} | trace_id = "${__trace.traceId}"',
    })
  })

  test('[X08] every query of a panel on Prometheus and Loki is one that Grafana can ask', async () => {
    const asked = panelTargets().filter(({ datasource }) => datasource.type !== 'tempo')
    expect(asked.length).toBeGreaterThan(90)
    const refused: string[] = []
    for (const target of asked) {
      const query = {
        ...target,
        refId: 'A',
        expr: chosen(target.expr ?? '', bot),
        intervalMs: 15_000,
        maxDataPoints: 100,
      }
      const ask = async (): Promise<string> => {
        const { ok, status, text } = await post('/api/ds/query', {
          queries: [query],
          from: 'now-10m',
          to: 'now',
        })
        if (!ok) return `${status}: ${text}`
        const { results } = JSON.parse(text) as { results: { A?: { error?: string } } }
        return results.A === undefined ? `no answer: ${text}` : (results.A.error ?? '')
      }
      // Its data sources are processes of their own, and may start after it.
      const problem = await eventually(
        ask,
        (error) => error === '',
        refused.length > 0 ? 0 : 60_000,
      )
      if (problem !== '') refused.push(`${query.expr}: ${problem}`)
    }
    expect(refused).toEqual([])
  }, 300_000)

  test('stack check finds its probe in each server, and Grafana ready', async () => {
    const { code, stdout } = await run([
      ...['stack', 'check', '--json', '--timeout', '90s'],
      ...['--collector', stack.url('otel-collector'), '--loki', stack.url('loki')],
      ...['--tempo', stack.url('tempo'), '--prometheus', stack.url('prometheus')],
      ...['--grafana', stack.url('grafana')],
    ])
    const { servers } = JSON.parse(stdout) as {
      servers: { name: string; problem: string | null; version: string | null }[]
    }
    expect(servers.map(({ name, problem }) => [name, problem])).toEqual([
      ['otel-collector', null],
      ['tempo', null],
      ['loki', null],
      ['prometheus', null],
      ['grafana', null],
    ])
    for (const name of ['grafana', 'tempo']) {
      expect(servers.find((each) => each.name === name)?.version).toMatch(/\d+\.\d+/)
    }
    expect(code).toBe(0)
  }, 180_000)

  test('Prometheus and Loki answer through Grafana', async () => {
    for (const uid of ['prometheus', 'loki']) {
      // Its data sources are processes of their own, and may start after it.
      const statusOf = (): Promise<string> =>
        get<{ status: string }>(`/api/datasources/uid/${uid}/health`).then(
          ({ status }) => status,
          String,
        )
      expect(await eventually(statusOf, (status) => status === 'OK'), uid).toBe('OK')
    }
  })

  test('[X06, X09] uncovered exposure fires in Grafana, and clears by itself', async () => {
    interface Rule {
      readonly name: string
      readonly state: string
      readonly alerts?: readonly {
        readonly labels: Readonly<Record<string, string>>
        readonly annotations: Readonly<Record<string, string>>
      }[]
    }
    const ruleOf = async (): Promise<Rule | undefined> => {
      const { data } = await get<{ data: { groups: { rules: Rule[] }[] } }>(
        '/api/prometheus/grafana/api/v1/rules',
      )
      const all = data.groups.flatMap(({ rules }) => rules)
      return all.find(({ name }) => name === 'UncoveredExposure')
    }
    const collector = stack.url('otel-collector')
    await send(collector, 'metrics', exposureRequest(bot, 5000))
    const fired = await eventually(ruleOf, (rule) => rule?.state === 'firing', 150_000)
    expect(fired?.state).toBe('firing')
    // An instance of the time without any data may still be there, as a normal one.
    const own = fired?.alerts?.filter(({ labels }) => labels['trading_bot_id'] === bot)
    expect(own?.map(({ annotations }) => annotations)).toEqual([
      expect.objectContaining({
        summary: `${bot}: 5000.00 of BTC/USDT filled and not covered`,
        query: `{trading_bot_id="${bot}"} | event_name=~"trading.(hedge|unwind|exposure).+"`,
      }),
    ])
    await send(collector, 'metrics', exposureRequest(bot, 0))
    const cleared = await eventually(ruleOf, (rule) => rule?.state === 'inactive', 150_000)
    expect(cleared?.state).toBe('inactive')
  }, 400_000)

  test('[X06] every alert rule is provisioned and evaluates without an error', async () => {
    type Groups = {
      data: {
        groups: {
          rules: { name: string; health: string; lastError?: string; lastEvaluation: string }[]
        }[]
      }
    }
    // Before the first evaluation it is the year 1.
    const isEvaluated = (time: string): boolean => Date.parse(time) > Date.UTC(2020)
    const answer = await eventually(
      () => get<Groups>('/api/prometheus/grafana/api/v1/rules'),
      ({ data }) =>
        data.groups
          .flatMap(({ rules }) => rules)
          .every(
            ({ health, lastEvaluation }) =>
              (health === 'ok' || health === 'nodata') && isEvaluated(lastEvaluation),
          ),
      120_000,
    )
    const rules = answer.data.groups.flatMap((group) => group.rules)
    expect(rules.map(({ name }) => name).toSorted()).toEqual(
      alerts.map(({ name }) => name).toSorted(),
    )
    expect(rules.filter(({ lastError }) => lastError)).toEqual([])
    expect(rules.filter(({ lastEvaluation }) => !isEvaluated(lastEvaluation))).toEqual([])
  }, 180_000)
})
