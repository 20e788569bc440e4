import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { alerts } from '../../grafana/source/alerts/files.ts'
import { serverAt } from '../../src/stack/servers.ts'
import { spansOf } from '../../src/stack/tempo.ts'
import { missing } from './engine.ts'
import { flowOf, send, tracesRequest, troubledRequest } from './flows.ts'
import { chosen, panelQueries } from './panels.ts'
import { eventually, json, startStack } from './stack.ts'
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
  }, 720_000)

  const search = async (query: string): Promise<string[]> => {
    const parameters = new URLSearchParams({
      q: query,
      limit: '20',
      start: String(Math.floor(Date.now() / 1000) - 600),
      end: String(Math.floor(Date.now() / 1000) + 60),
    })
    const answer = await fetch(`${stack.url('tempo')}/api/search?${parameters.toString()}`)
    // A query that it cannot read never gets better; anything else may be a part that still starts.
    if (answer.status === 400) throw new Error(await answer.text())
    if (!answer.ok) return []
    const { traces } = (await answer.json()) as { traces?: { traceID: string }[] }
    return (traces ?? []).map(({ traceID }) => traceID.padStart(32, '0'))
  }

  test('a flow is found by an order id, and by the order of its spans', async () => {
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
  }, 180_000)

  test('[X06, X08] the traces that a panel or an alert speaks of are found by its query, and no others', async () => {
    const index = flows
    await send(stack.url('otel-collector'), 'traces', troubledRequest(bot, index))
    const ofPanels = panelQueries().filter(({ source }) => source === 'tempo')
    const ofAlerts = alerts.map(({ query }) => query).filter((query) => query.startsWith('{ '))
    const queries = [
      ...ofPanels.map(({ query }) => chosen(query, bot)),
      ...ofAlerts.map((query) => query.replaceAll('$bot', bot)),
    ]
    expect([ofPanels.length, ofAlerts.length]).toEqual([3, 2])
    for (const query of queries) {
      const found = await eventually(
        () => search(query),
        (ids) => ids.length > 0,
      )
      expect(found, query).toEqual([flowOf(index).traceId])
    }
  }, 360_000)

  test('an order makes an edge from the bot to its venue in the service graph', async () => {
    const edges = await eventually(
      async () => {
        const { data } = await json<{ data: { result: { metric: Record<string, string> }[] } }>(
          `${stack.url('prometheus')}/api/v1/query`,
          { query: 'traces_service_graph_request_total{server="binance"}' },
        )
        return data.result.map(({ metric }) => metric['client'])
      },
      (clients) => clients.length > 0,
      120_000,
    )
    expect(edges).toContain('fillpath-bot')
  }, 180_000)
})
