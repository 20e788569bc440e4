import { globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { missing } from './engine.ts'
import {
  failedRequest,
  flowOf,
  logsRequest,
  metricsRequest,
  recordsOfFlow,
  requestSaying,
  send,
  tracesRequest,
} from './flows.ts'
import { eventually, json, startStack } from './stack.ts'
import type { Stack } from './stack.ts'

interface LokiResult {
  readonly data: {
    readonly result: readonly {
      readonly stream: Record<string, string>
      readonly values: readonly [string, string][]
    }[]
  }
}
interface PrometheusResult {
  readonly data: {
    readonly result: readonly {
      readonly metric: Record<string, string>
      readonly value: [number, string]
    }[]
  }
}

const bot = 'bot-a'
const flows = 1000
const tasks = 200
const connections = 50
const secret = 'sk-live-0123456789abcdef'

const rangeOf = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => first + index)

/** Does it for all of them, so many at a time. */
async function atOnce(
  all: readonly number[],
  act: (index: number) => Promise<void>,
): Promise<void> {
  const left = all.values()
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (const index of left) await act(index)
    }),
  )
}

const byText = (a: string, b: string): number => a.localeCompare(b)

/** Every span or log record in the lines of a file that the Collector wrote, one batch a line. */
function recordsOf(
  path: string,
  group: string,
  scopes: string,
  records: string,
): Record<string, unknown>[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => (JSON.parse(line) as Record<string, Record<string, unknown>[]>)[group] ?? [])
    .flatMap((part) => part[scopes] as Record<string, unknown>[])
    .flatMap((part) => part[records] as Record<string, unknown>[])
}

const logsIn = (path: string): Record<string, unknown>[] =>
  recordsOf(path, 'resourceLogs', 'scopeLogs', 'logRecords')

describe.skipIf(missing('collector', 'loki', 'prometheus'))(
  'Collector, Loki, Prometheus and files',
  () => {
    let stack: Stack
    let collector: string
    let loki: string
    let prometheus: string
    const start = BigInt(Date.now()) * 1_000_000n

    const query = (
      logql: string,
      more: Readonly<Record<string, string>> = {},
    ): Promise<LokiResult> =>
      json(`${loki}/loki/api/v1/query_range`, { query: logql, limit: '5000', since: '1h', ...more })
    const instant = (logql: string): Promise<PrometheusResult> =>
      json(`${loki}/loki/api/v1/query`, { query: logql })
    const prom = (promql: string): Promise<PrometheusResult> =>
      json(`${prometheus}/api/v1/query`, { query: promql })

    beforeAll(async () => {
      stack = await startStack('otel-collector', 'loki', 'prometheus')
      collector = stack.url('otel-collector')
      loki = stack.url('loki')
      prometheus = stack.url('prometheus')
      // All 200 tasks at once, five times; a request holds one flow, and so one task.
      for (let first = 0; first < flows; first += tasks) {
        await atOnce(rangeOf(first, tasks), (index) =>
          send(collector, 'logs', logsRequest(bot, [index])),
        )
        await send(collector, 'traces', tracesRequest(bot, rangeOf(first, tasks)))
      }
      await send(collector, 'metrics', metricsRequest(bot, flows, start, flowOf(0).traceId))
    }, 600_000)

    afterAll(async () => {
      await stack?.stop()
    }, 600_000)

    test('[X03] every line of 1,000 flows is in Loki, found by trace id with its event name', async () => {
      const all = await eventually(
        () => instant(`sum(count_over_time({trading_bot_id="${bot}"}[1h]))`),
        ({ data }) => Number(data.result[0]?.value[1]) >= flows * recordsOfFlow,
      )
      expect(Number(all.data.result[0]?.value[1])).toBe(flows * recordsOfFlow)

      const lines = await query(`{service_name="fillpath-bot"} | trace_id="${flowOf(7).traceId}"`)
      const names = lines.data.result
        .map(({ stream }) => stream['event_name'] ?? '')
        .toSorted(byText)
      expect(names).toEqual([
        'trading.api.response',
        'trading.hedge.completed',
        'trading.order.filled',
        'trading.order.submitted',
        'trading.signal.detected',
      ])
    })

    test('1,000 order ids make no label: Loki has the four listed ones', async () => {
      const { data } = await json<{ data: string[] }>(`${loki}/loki/api/v1/labels`, { since: '1h' })
      expect(data.toSorted()).toEqual([
        'deployment_environment_name',
        'service_name',
        'service_namespace',
        'trading_bot_id',
      ])
    })

    test('[X04, X05] the sum of a counter is in Prometheus, and a bucket leads to its trace', async () => {
      const fills = await eventually(
        () => prom(`sum(trading_fill_count_total{trading_bot_id="${bot}"})`),
        ({ data }) => data.result.length > 0,
      )
      expect(fills.data.result[0]?.value[1]).toBe(String(flows))
      const { data } = await json<{ data: { exemplars: { labels: Record<string, string> }[] }[] }>(
        `${prometheus}/api/v1/query_exemplars`,
        {
          query: 'trading_hedge_duration_seconds_bucket',
          start: String(Date.now() / 1000 - 600),
          end: String(Date.now() / 1000 + 60),
        },
      )
      expect(data[0]?.exemplars[0]?.labels['trace_id']).toBe(flowOf(0).traceId)
    })

    test('every span and every line is in the files, each category apart', () => {
      const spans = recordsOf(
        join(stack.folder, 'traces.jsonl'),
        'resourceSpans',
        'scopeSpans',
        'spans',
      )
      expect(new Set(spans.map((span) => span['traceId'])).size).toBe(flows)
      expect(spans).toHaveLength(flows * 3)
      expect(logsIn(join(stack.folder, 'logs.jsonl'))).toHaveLength(flows * recordsOfFlow)
      expect(logsIn(join(stack.folder, 'signals.jsonl'))).toHaveLength(flows)
      expect(logsIn(join(stack.folder, 'orders.jsonl'))).toHaveLength(flows * 2)
      expect(logsIn(join(stack.folder, 'hedges.jsonl'))).toHaveLength(flows)
      expect(logsIn(join(stack.folder, 'api.jsonl'))).toHaveLength(flows)
    })

    test('[B04] 200 tasks at once have a file each, and none is in the file of another', () => {
      const folders = readdirSync(join(stack.folder, 'tasks')).filter((name) => name !== '_none')
      expect(folders).toHaveLength(tasks)
      for (const task of folders) {
        const file = join(stack.folder, 'tasks', task, 'events.jsonl')
        const bodies = logsIn(file).map(
          (record) => (record['body'] as { stringValue: string }).stringValue,
        )
        const foreign = bodies.filter(
          (body) => `task-${Number(body.split(' ').at(-1)) % 200}` !== task,
        )
        expect(foreign, file).toEqual([])
        expect(bodies).toHaveLength((flows / tasks) * recordsOfFlow)
      }
    })

    test('a record without a task is not lost from the task files', async () => {
      await send(collector, 'logs', logsRequest('bot-b', [5000], { 'trading.task.id': '' }))
      const file = join(stack.folder, 'tasks', '_none', 'events.jsonl')
      expect(logsIn(file)).toHaveLength(recordsOfFlow)
    })

    test('[C35] a secret reaches no server and no file; order ids and tx hashes stay', async () => {
      await send(
        collector,
        'logs',
        logsRequest('bot-c', [6000], {
          api_key: secret,
          'trading.api.params': { nested: { apiSecret: secret }, symbol: 'BTCUSDT' },
          note: `calling with signature=${secret}&symbol=BTCUSDT`,
        }),
      )
      const lines = await eventually(
        () => query('{trading_bot_id="bot-c"}'),
        ({ data }) => data.result.length >= recordsOfFlow,
      )
      // In the words of a person, and in what a span says of its error.
      await send(collector, 'logs', requestSaying('bot-c', `refused: api_secret=${secret} (-2014)`))
      await send(collector, 'traces', failedRequest('bot-c', `signature=${secret}&symbol=BTCUSDT`))
      // In the name of an event, which Loki gets as an attribute and the files as it is.
      const named = `GET /order?signature=${secret}&symbol=BTCUSDT`
      await send(collector, 'logs', requestSaying('bot-c', 'answered (-2014)', named))
      const said = await eventually(
        () => query('{trading_bot_id="bot-c"} |= "(-2014)"'),
        ({ data }) => data.result.length > 1,
      )
      expect(said.data.result).toHaveLength(2)
      expect(said.data.result.map(({ stream }) => stream['event_name'])).toContain(
        'GET /order?****&symbol=BTCUSDT',
      )
      const stored = JSON.stringify([lines, said])
      expect(stored).not.toContain(secret)
      expect(stored).toContain(flowOf(6000).orderId)
      expect(stored).toContain(`0x${flowOf(6000).traceId}${flowOf(6000).traceId}`)
      const leaking = globSync('**/*.jsonl', { cwd: stack.folder }).filter((file) =>
        readFileSync(join(stack.folder, file), 'utf8').includes(secret),
      )
      expect(leaking).toEqual([])
      expect(readFileSync(join(stack.folder, 'traces.jsonl'), 'utf8')).toContain('&symbol=BTCUSDT')
      const values = await json<{ data: Record<string, string>[] }>(`${prometheus}/api/v1/series`, {
        'match[]': '{trading_bot_id="bot-c"}',
      })
      expect(JSON.stringify(values.data)).not.toContain(secret)
    })

    test('requests, errors and durations of spans become metrics', async () => {
      const calls = await eventually(
        () => prom('sum by (span_name) (traces_span_metrics_calls_total)'),
        // A newborn counter begins with the zero of its creation.
        ({ data }) => data.result.filter(({ value }) => Number(value[1]) >= flows).length >= 3,
      )
      const counted = Object.fromEntries(
        calls.data.result.map(({ metric, value }) => [metric['span_name'], Number(value[1])]),
      )
      expect(counted).toMatchObject({ signal: flows, order: flows, hedge: flows })
    })

    test('a delta counter does not cost the other metrics of its request', async () => {
      const now = String(BigInt(Date.now()) * 1_000_000n)
      const request = JSON.parse(metricsRequest('bot-d', 3, start, flowOf(1).traceId)) as {
        resourceMetrics: { scopeMetrics: { metrics: object[] }[] }[]
      }
      request.resourceMetrics[0]?.scopeMetrics[0]?.metrics.push({
        name: 'python.delta',
        sum: {
          aggregationTemporality: 1,
          isMonotonic: true,
          dataPoints: [{ startTimeUnixNano: now, timeUnixNano: now, asInt: '5' }],
        },
      })
      await send(collector, 'metrics', JSON.stringify(request))
      const fills = await eventually(
        () => prom('trading_fill_count_total{trading_bot_id="bot-d"}'),
        ({ data }) => data.result.length > 0,
      )
      expect(fills.data.result[0]?.value[1]).toBe('3')
    })

    test('[X07] the alert rules are loaded and none has an error', async () => {
      const { data } = await json<{
        data: { groups: { rules: { name: string; health: string; lastError?: string }[] }[] }
      }>(`${prometheus}/api/v1/rules`)
      const rules = data.groups.flatMap((group) => group.rules)
      expect(rules.length).toBeGreaterThanOrEqual(18)
      expect(rules.filter((rule) => rule.lastError)).toEqual([])
    })
  },
)
