import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { missing } from './engine.ts'
import { flowOf, logsRequest, metricsRequest, recordsOfFlow, send } from './flows.ts'
import { eventually, json, startStack } from './stack.ts'
import { tool } from './tools.ts'
import type { Stack } from './stack.ts'

const bot = 'bot-that-stays'
const before = 100
const waiting = 100
const dayS = 86_400
/** Times of samples that a Prometheus of long ago has written: one within 30 days, one not. */
const ages = { recent: 2 * dayS, old: 45 * dayS } as const

interface Result {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] }
}

/** Puts blocks with a sample of each age into the volume of a Prometheus that is stopped. Returns how many there are. */
function seed(container: string, nowS: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'fillpath-blocks-'))
  const samples = Object.entries(ages).map(
    ([age, s]) => `fillpath_seed{age="${age}"} 1 ${nowS - s}`,
  )
  writeFileSync(
    join(folder, 'seed.om'),
    ['# TYPE fillpath_seed gauge', ...samples.toReversed(), '# EOF', ''].join('\n'),
  )
  const made = tool('promtool')?.(
    folder,
    ...['tsdb', 'create-blocks-from', 'openmetrics', 'seed.om', 'blocks'],
  )
  if (made !== 'ok') throw new Error(`promtool: ${made}`)
  const count = readdirSync(join(folder, 'blocks')).length
  // As the user of the image, who must be able to delete them.
  const tar = execFileSync('tar', [
    ...['--owner=65534', '--group=65534', '-C', join(folder, 'blocks'), '-c', '.'],
  ])
  const copied = spawnSync('docker', ['cp', '-', `${container}:/prometheus`], { input: tar })
  if (copied.status !== 0) throw new Error(String(copied.stderr))
  rmSync(folder, { recursive: true, force: true })
  return count
}

describe.skipIf(missing('collector', 'loki', 'prometheus'))(
  'docker compose down, and up again',
  () => {
    let stack: Stack
    const nowS = Math.floor(Date.now() / 1000)
    /** What was in Prometheus before, and when it was asked for. */
    const found = { value: '', atS: 0, blocks: 0 }

    const lines = async (): Promise<number> => {
      const { data } = await json<Result>(`${stack.url('loki')}/loki/api/v1/query`, {
        query: `sum(count_over_time({trading_bot_id="${bot}"}[1h]))`,
      })
      return Number(data.result[0]?.value[1] ?? 0)
    }
    const valueOf = async (query: string, atS: number): Promise<string> => {
      const { data } = await json<Result>(`${stack.url('prometheus')}/api/v1/query`, {
        query,
        time: String(atS),
      })
      return data.result[0]?.value[1] ?? 'none'
    }
    const fills = `trading_fill_count_total{trading_bot_id="${bot}"}`
    const flows = (first: number, count: number): number[] =>
      Array.from({ length: count }, (_, index) => first + index)

    beforeAll(async () => {
      stack = await startStack('otel-collector', 'loki', 'prometheus')
      const collector = stack.url('otel-collector')
      await send(collector, 'logs', logsRequest(bot, flows(0, before)))
      const start = BigInt(Date.now()) * 1_000_000n
      await send(collector, 'metrics', metricsRequest(bot, before, start, flowOf(0).traceId))
      await eventually(lines, (count) => count >= before * recordsOfFlow)
      found.value = await eventually(
        () => valueOf(fills, Date.now() / 1000),
        (value) => value === String(before),
      )
      found.atS = Date.now() / 1000
      // What is acknowledged now waits in the queue of the Collector, and nowhere else but in the files.
      await stack.environment.getContainer('loki-1').stop({ remove: false, timeout: 30_000 })
      await send(collector, 'logs', logsRequest(bot, flows(before, waiting)))
      const prometheus = stack.environment.getContainer('prometheus-1')
      await prometheus.stop({ remove: false, timeout: 30_000 })
      found.blocks = seed(prometheus.getId(), nowS)
      await stack.downAndUp()
    }, 600_000)

    afterAll(() => stack?.stop(), 600_000)

    test('the lines of before are in Loki, and those that waited for it come, each once', async () => {
      const all = (before + waiting) * recordsOfFlow
      expect(await eventually(lines, (count) => count >= all, 120_000)).toBe(all)
    })

    test('the samples of before are in Prometheus', async () => {
      expect(found.value).toBe(String(before))
      // At the time before: what came since does not help.
      expect(await valueOf(fills, found.atS)).toBe(String(before))
    })

    test('the files go on where they ended', async () => {
      await send(stack.url('otel-collector'), 'logs', logsRequest(bot, flows(5000, 1)))
      const text = readFileSync(join(stack.folder, 'logs.jsonl'), 'utf8')
      for (const index of [0, before, 5000]) expect(text).toContain(flowOf(index).traceId)
    })

    test('Prometheus deletes what is older than 30 days, and keeps the rest', async () => {
      expect(found.blocks).toBe(2)
      const flags = await json<{ data: Record<string, string> }>(
        `${stack.url('prometheus')}/api/v1/status/flags`,
      )
      expect(flags.data).toMatchObject({
        'storage.tsdb.retention.time': '30d',
        'storage.tsdb.retention.size': '8GiB',
      })
      const ofAge = (age: keyof typeof ages): Promise<string> =>
        valueOf(`fillpath_seed{age="${age}"}`, nowS - ages[age] + 1)
      expect(await ofAge('recent')).toBe('1')
      expect(
        await eventually(
          () => ofAge('old'),
          (value) => value === 'none',
          120_000,
        ),
      ).toBe('none')
    })

    test('Loki deletes after 30 days, which only its compactor does', async () => {
      const config = await (await fetch(`${stack.url('loki')}/config`)).text()
      expect(config).toMatch(/^ {2}retention_period: (?:30d|4w2d|720h)/m)
      expect(config).toMatch(/^compactor:\n(?: {2}.*\n)*? {2}retention_enabled: true$/m)
      expect(config).toMatch(/^ {2}delete_request_store: filesystem$/m)
    })
  },
)
