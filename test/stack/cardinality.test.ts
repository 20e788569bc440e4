import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { attributes } from '../../src/semconv/attributes.ts'
import { missing } from './engine.ts'
import { flowOf, logsRequest, metricsRequest, recordsOfFlow, send, tracesRequest } from './flows.ts'
import { eventually, json, startStack } from './stack.ts'
import type { Stack } from './stack.ts'

const orders = { 'bot-few': 50, 'bot-many': 5000 } as const
type Bot = keyof typeof orders
const bots = Object.keys(orders) as Bot[]
const requestOrders = 500

interface Result {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] }
}

describe.skipIf(missing('collector', 'loki', 'prometheus'))('5,000 order ids', () => {
  let stack: Stack

  const numberOf = async (url: string, query: string): Promise<number> => {
    const { data } = await json<Result>(url, { query })
    return Number(data.result[0]?.value[1] ?? 0)
  }
  const linesOf = (bot: Bot): Promise<number> =>
    numberOf(
      `${stack.url('loki')}/loki/api/v1/query`,
      `sum(count_over_time({trading_bot_id="${bot}"}[1h]))`,
    )
  const prometheus = (query: string): Promise<number> =>
    numberOf(`${stack.url('prometheus')}/api/v1/query`, query)

  beforeAll(async () => {
    stack = await startStack('otel-collector', 'loki', 'prometheus')
    const collector = stack.url('otel-collector')
    const start = BigInt(Date.now()) * 1_000_000n
    for (const bot of bots) {
      for (let first = 0; first < orders[bot]; first += requestOrders) {
        const count = Math.min(requestOrders, orders[bot] - first)
        const part = Array.from({ length: count }, (_, index) => first + index)
        await send(collector, 'logs', logsRequest(bot, part))
        await send(collector, 'traces', tracesRequest(bot, part))
      }
      await send(collector, 'metrics', metricsRequest(bot, orders[bot], start, flowOf(1).traceId))
    }
  }, 600_000)

  afterAll(() => stack?.stop(), 600_000)

  test('[X38] make no label and no stream of Loki: each bot has one, and its lines are all there', async () => {
    for (const bot of bots) {
      const all = orders[bot] * recordsOfFlow
      expect(
        await eventually(
          () => linesOf(bot),
          (count) => count >= all,
          120_000,
        ),
      ).toBe(all)
    }
    const loki = `${stack.url('loki')}/loki/api/v1`
    const { data: labels } = await json<{ data: string[] }>(`${loki}/labels`, { since: '1h' })
    expect(labels.toSorted()).toEqual([
      'deployment_environment_name',
      'service_name',
      'service_namespace',
      'trading_bot_id',
    ])
    const { data: streams } = await json<{ data: Record<string, string>[] }>(`${loki}/series`, {
      'match[]': '{trading_bot_id=~".+"}',
      since: '1h',
    })
    expect(streams).toHaveLength(bots.length)
  }, 600_000)

  test('[X38] make no series of Prometheus: a bot with a hundred times the orders has as many', async () => {
    for (const bot of bots) {
      const calls = `sum(traces_span_metrics_calls_total{trading_bot_id="${bot}"})`
      const all = orders[bot] * 3
      expect(
        await eventually(
          () => prometheus(calls),
          (count) => count >= all,
          120_000,
        ),
      ).toBe(all)
    }
    const [few, many] = await Promise.all(
      bots.map((bot) => prometheus(`count({trading_bot_id="${bot}"})`)),
    )
    expect(few).toBeGreaterThan(10)
    expect(many).toBe(few)
    const { data: labels } = await json<{ data: string[] }>(
      `${stack.url('prometheus')}/api/v1/labels`,
    )
    const ids = Object.entries(attributes).flatMap(([name, definition]) =>
      'id' in definition ? [name.replaceAll('.', '_')] : [],
    )
    expect(ids).toContain('trading_order_id')
    expect(labels.filter((name) => ids.includes(name))).toEqual([])
  }, 600_000)
})
