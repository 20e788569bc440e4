import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { alerts } from '../../grafana/source/alerts/files.ts'
import { boards } from '../../grafana/source/generated.ts'
import { serverAt } from '../../src/stack/servers.ts'
import { spansOf } from '../../src/stack/tempo.ts'
import { missing } from './engine.ts'
import {
  exposureRequest,
  flowOf,
  logsRequest,
  metricsRequest,
  send,
  tracesRequest,
} from './flows.ts'
import { eventually, startStack } from './stack.ts'
import type { Stack } from './stack.ts'

const bot = 'bot-a'

describe.skipIf(missing('tempo'))('Tempo', () => {
  let stack: Stack
  const flows = 1000
  const requestFlows = 100

  beforeAll(async () => {
    stack = await startStack('otel-collector', 'tempo', 'prometheus', 'loki')
    for (let first = 0; first < flows; first += requestFlows) {
      const part = Array.from({ length: requestFlows }, (_, index) => first + index)
      await send(stack.url('otel-collector'), 'traces', tracesRequest(bot, part))
    }
  }, 600_000)

  afterAll(() => stack?.stop(), 600_000)

  test('[X01] every trace that the Collector took is found by its id', async () => {
    const missingOf = async (first: number): Promise<number> => {
      const answers = await Promise.all(
        Array.from({ length: requestFlows }, (_, index) =>
          spansOf(serverAt('tempo', stack.url('tempo')), flowOf(first + index).traceId),
        ),
      )
      // One that is not there is answered too, with a trace of no spans.
      return answers.filter((spans) => spans.length !== 3).length
    }
    for (let first = 0; first < flows; first += requestFlows) {
      const isNone = (count: number): boolean => count === 0
      expect(await eventually(() => missingOf(first), isNone)).toBe(0)
    }
  })

  test('a flow is found by an order id, and by the order of its spans', async () => {
    const search = async (query: string): Promise<string[]> => {
      const parameters = new URLSearchParams({
        q: query,
        limit: '20',
        start: String(Math.floor(Date.now() / 1000) - 600),
        end: String(Math.floor(Date.now() / 1000) + 60),
      })
      const answer = await fetch(`${stack.url('tempo')}/api/search?${parameters.toString()}`)
      if (!answer.ok) return []
      const { traces } = (await answer.json()) as { traces?: { traceID: string }[] }
      return (traces ?? []).map(({ traceID }) => traceID.padStart(32, '0'))
    }
    const byOrder = await eventually(
      () => search(`{ span.trading.order.id = "${flowOf(7).orderId}" }`),
      (ids) => ids.length > 0,
    )
    expect(byOrder).toEqual([flowOf(7).traceId])
    const nested = await eventually(
      () => search('{ name = "signal" } >> { name = "order" }'),
      (ids) => ids.length > 0,
    )
    expect(nested.length).toBeGreaterThan(0)
    expect(await search('{ name = "order" } >> { name = "signal" }')).toEqual([])
  })

  test('an order makes an edge from the bot to its venue in the service graph', async () => {
    const edges = await eventually(
      async () => {
        const answer = await fetch(
          `${stack.url('prometheus')}/api/v1/query?${new URLSearchParams({ query: 'traces_service_graph_request_total{server="binance"}' }).toString()}`,
        )
        const { data } = (await answer.json()) as {
          data: { result: { metric: Record<string, string> }[] }
        }
        return data.result.map(({ metric }) => metric['client'])
      },
      (clients) => clients.length > 0,
      120_000,
    )
    expect(edges).toContain('fillpath-bot')
  })
})

// It waits for a Tempo that is healthy, as docker-compose.yml says.
describe.skipIf(missing('grafana', 'tempo'))('Grafana', () => {
  let stack: Stack
  const authorization = `Basic ${Buffer.from('admin:of-this-test').toString('base64')}`

  const get = async <T>(path: string): Promise<T> => {
    const answer = await fetch(stack.url('grafana') + path, { headers: { authorization } })
    if (!answer.ok) throw new Error(`${answer.status} from ${path}: ${await answer.text()}`)
    return (await answer.json()) as T
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
    const stateOf = async (): Promise<string> => {
      const { data } = await get<{
        data: { groups: { rules: { name: string; state: string }[] }[] }
      }>('/api/prometheus/grafana/api/v1/rules')
      const all = data.groups.flatMap(({ rules }) => rules)
      return all.find(({ name }) => name === 'UncoveredExposure')?.state ?? 'absent'
    }
    const collector = stack.url('otel-collector')
    await send(collector, 'metrics', exposureRequest(bot, 5000))
    const fired = await eventually(stateOf, (state) => state === 'firing', 150_000)
    expect(fired).toBe('firing')
    await send(collector, 'metrics', exposureRequest(bot, 0))
    const cleared = await eventually(stateOf, (state) => state === 'inactive', 150_000)
    expect(cleared).toBe('inactive')
  }, 400_000)

  test('[X06] every alert rule is provisioned and evaluates without an error', async () => {
    type Groups = {
      data: { groups: { rules: { name: string; health: string; lastError?: string }[] }[] }
    }
    const answer = await eventually(
      () => get<Groups>('/api/prometheus/grafana/api/v1/rules'),
      ({ data }) =>
        data.groups
          .flatMap(({ rules }) => rules)
          .every(({ health }) => health === 'ok' || health === 'nodata'),
      120_000,
    )
    const rules = answer.data.groups.flatMap((group) => group.rules)
    expect(rules.map(({ name }) => name).toSorted()).toEqual(
      alerts.map(({ name }) => name).toSorted(),
    )
    expect(rules.filter(({ lastError }) => lastError)).toEqual([])
  })
})
