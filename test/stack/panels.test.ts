import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { alerts } from '../../grafana/source/alerts/files.ts'
import { missing } from './engine.ts'
import { emptyBecause, exemplarsOf, panelQueries } from './panels.ts'
import { eventually, json, startStack } from './stack.ts'
import type { PanelQuery } from './panels.ts'
import type { Stack } from './stack.ts'

const bot = 'bot-of-panels'

/** Counters that stay at the zero they are born with in this run: their series have no labels yet. */
const quiet: Readonly<Record<string, string>> = {
  fillpath_spool_dropped_total: 'the spool was never full',
  fillpath_ship_failures_total: 'the Collector took every request',
  trading_feed_gaps_total: 'the paper venues do not number their messages',
}

const isQuiet = ({ query }: PanelQuery): boolean =>
  Object.keys(quiet).some((name) => query.includes(name))

/** Runs the reference bot with some faults, as a user does, until it ends. */
async function trade(faults: string, folder: string, endpoint: string): Promise<void> {
  const words = ['--faults', faults, '--speed', '5', '--duration', '5m', '--json']
  const child = spawn(process.execPath, ['src/bot/main.ts', ...words], {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: {
      ...process.env,
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_RESOURCE_ATTRIBUTES: `trading.bot.id=${bot},service.instance.id=${faults}`,
      FILLPATH_SPOOL_FOLDER: join(folder, faults),
    },
  })
  const [code]: unknown[] = await once(child, 'close')
  if (code !== 0) throw new Error(`the bot with faults ${faults} ended with ${String(code)}`)
}

describe.skipIf(missing('collector', 'loki', 'prometheus'))('the panels of the dashboards', () => {
  let stack: Stack
  const folder = mkdtempSync(join(tmpdir(), 'fillpath-panels-'))
  let ended: Promise<boolean>

  beforeAll(async () => {
    stack = await startStack('otel-collector', 'loki', 'prometheus')
    const endpoint = stack.url('otel-collector')
    const bots = ['heavy', 'blackouts', 'liquidations']
    ended = Promise.all(bots.map((faults) => trade(faults, folder, endpoint))).then(() => true)
    // Awaited by the first test.
    ended.catch(() => undefined)
  }, 600_000)

  afterAll(async () => {
    await stack?.stop()
    rmSync(folder, { recursive: true, force: true })
  }, 600_000)

  test('[X08, X11, D20, A44–A48, C20, C25, C26, C27] every query on Prometheus and Loki shows something in a run of the bot', async () => {
    const asked = panelQueries().filter(({ source }) => source !== 'tempo')
    expect(asked.length).toBeGreaterThan(90)
    const urls = { prometheus: stack.url('prometheus'), loki: stack.url('loki') }
    // One that showed something is not asked again: what a bot that has ended told last goes out of date.
    let left = asked
    const ask = async (): Promise<string[]> => {
      const answers = await Promise.all(
        left.map(async (panel) => {
          const named = isQuiet(panel) ? { ...panel, legend: [] } : panel
          return { panel, why: await emptyBecause(named, { urls, bot }) }
        }),
      )
      const empty = answers.filter(({ why }) => why !== undefined)
      left = empty.map(({ panel }) => panel)
      return empty.map(({ panel, why }) => `${why}: ${panel.where}`)
    }
    while (!(await Promise.race([ended, sleep(5_000, false)]))) await ask()
    // The machine is measured every 30 s, the Collector's own measures every 15 s.
    expect(await eventually(ask, (empty) => empty.length === 0, 90_000)).toEqual([])
  }, 900_000)

  test('[X05] the heat maps of spans have exemplars, and each leads to a trace of the bot', async () => {
    const asked = panelQueries().filter(({ hasExemplars }) => hasExemplars)
    expect(asked.length).toBeGreaterThan(2)
    const traces = new Set(
      readFileSync(join(stack.folder, 'traces.jsonl'), 'utf8').match(
        /(?<="traceId":")[0-9a-f]{32}/g,
      ),
    )
    for (const panel of asked) {
      const ids = await eventually(
        () => exemplarsOf(panel, { url: stack.url('prometheus'), bot }),
        (all) => all.length > 0,
        90_000,
      )
      expect(ids.length, panel.where).toBeGreaterThan(0)
      expect(
        ids.filter((id) => !traces.has(id)),
        panel.where,
      ).toEqual([])
    }
  })

  test('[X06] the series that an alert reads have the labels that it tells of', async () => {
    const wrong: string[] = []
    for (const { name, expression, summary } of alerts) {
      const selectors = expression
        .replaceAll(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"/g, '')
        .match(/\b(?:trading|fillpath|system|otelcol)_\w+|\bup\b/g)
      const read = (selectors ?? []).filter(
        (each) => !/^trading_(?:bot_id|venue|symbol|strategy)$/.test(each),
      )
      if (read.length === 0) continue
      for (const [, label = ''] of summary.matchAll(/\$labels\.(\w+)/g)) {
        const { data } = await json<{ data: { result: readonly unknown[] } }>(
          `${stack.url('prometheus')}/api/v1/query`,
          { query: `count({__name__=~"${read.join('|')}",${label}!=""})` },
        )
        if (data.result.length === 0)
          wrong.push(`${name}: no series of ${read.join(', ')} has ${label}`)
      }
    }
    expect(wrong).toEqual([])
    const machine = await json<{ data: { result: { metric: Record<string, string> }[] } }>(
      `${stack.url('prometheus')}/api/v1/query`,
      { query: 'system_memory_utilization_ratio{state="free"}' },
    )
    // The name of the machine that the engine runs on, not that of a container.
    const { stdout } = spawnSync('docker', ['info', '-f', '{{.Name}}'], { encoding: 'utf8' })
    expect(machine.data.result.map(({ metric }) => metric['instance'])).toEqual([stdout.trim()])
  })

  test('[C27] an alert that the bot raised itself fires, and its record says why', async () => {
    interface Alerts {
      readonly data: { readonly alerts: readonly { readonly labels: Record<string, string> }[] }
    }
    const raised = async (): Promise<readonly Record<string, string>[]> => {
      const { data } = await json<Alerts>(`${stack.url('prometheus')}/api/v1/alerts`)
      return data.alerts
        .map(({ labels }) => labels)
        .filter(({ alertname = '' }) => alertname.startsWith('OwnAlert'))
    }
    const fired = await eventually(raised, (all) => all.length > 0, 90_000)
    expect(fired[0]).toMatchObject({
      trading_bot_id: bot,
      trading_alert_type: expect.stringMatching(/^trading_(?:reducing|halted)$/) as string,
    })
    const lines = await json<{ data: { result: { stream: Record<string, string> }[] } }>(
      `${stack.url('loki')}/loki/api/v1/query_range`,
      { query: `{trading_bot_id="${bot}"} | event_name="trading.alert.raised"`, since: '1h' },
    )
    expect(lines.data.result[0]?.stream).toMatchObject({
      trading_alert_type: expect.any(String) as string,
      trading_alert_title: expect.any(String) as string,
      trading_alert_level: expect.stringMatching(/^(?:warning|critical)$/) as string,
    })
  })

  test('a panel of a series that does not exist would be found', async () => {
    const urls = { prometheus: stack.url('prometheus'), loki: stack.url('loki') }
    const panel = {
      where: 'x',
      source: 'prometheus',
      query: 'trading_phantom',
      isInstant: false,
      hasExemplars: false,
      legend: [],
    } as const
    expect(await emptyBecause(panel, { urls, bot })).toBe('no series')
    const mute = { ...panel, query: 'trading_heartbeat_total', legend: ['trading_phantom'] }
    expect(await emptyBecause(mute, { urls, bot })).toContain('no series has the labels')
  })
})
