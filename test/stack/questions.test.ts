import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run, Running } from '../commands/cli.ts'
import { patient } from '../probe/telemetry/child.ts'
import { missing } from './engine.ts'
import { Splitter } from './splitter.ts'
import { send } from './flows.ts'
import { eventually, json, startStack } from './stack.ts'
import { tempoStub } from './tempo.ts'
import { serverAt } from '../../src/stack/servers.ts'
import { searchTraces, spansOf } from '../../src/stack/tempo.ts'
import type { SpanRecord } from '../../src/wire/record.ts'
import type { Stack } from './stack.ts'
import type { TempoStub } from './tempo.ts'

const debug = 5
// Where its image cannot be had, a stub with the same interface stands in, and that is said aloud.
const hasTempo = !missing('tempo')

/** The reference bot trades into `endpoint` and ends. */
async function trade(endpoint: string, spool: string): Promise<void> {
  const child = spawn(
    process.execPath,
    ['src/bot/main.ts', '--duration', '20s', '--speed', '20', '--json'],
    {
      env: {
        ...process.env,
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        ...patient,
        FILLPATH_SPOOL_FOLDER: spool,
        OTEL_METRIC_EXPORT_INTERVAL: '500',
      },
      stdio: 'ignore',
    },
  )
  const [code]: unknown[] = await once(child, 'close')
  if (code !== 0) throw new Error(`the bot ended with ${String(code)}`)
}

/** The last digits of a sum depend on the order of its parts. */
function rounded(value: number): number {
  return Number(value.toPrecision(12))
}

/** A map of a bot's own: Loki keeps neither the types of its values nor their order. */
function keptWithin(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(keptWithin)
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).toSorted(([a], [b]) => a.localeCompare(b))
    return Object.fromEntries(parts.map(([key, part]) => [key, keptWithin(part)]))
  }
  const number = Number(value)
  return value === null || value === '' || Number.isNaN(number) ? value : String(rounded(number))
}

/** An answer without what the stack does not keep. */
function kept(value: unknown, key = ''): unknown {
  if (key === 'payload') return keptWithin(value)
  if (Array.isArray(value)) return value.map((part) => kept(part))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, kept(part, name)]))
  }
  if (typeof value === 'string' && value.startsWith('{')) return keptWithin(JSON.parse(value))
  return typeof value === 'number' ? rounded(value) : value
}

/** Rows that have one time stand in no order. */
function unordered(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null) return answer
  return Object.fromEntries(
    Object.entries(answer).map(([section, rows]: [string, unknown]) => [
      section,
      Array.isArray(rows)
        ? rows.map((row) => JSON.stringify(row)).toSorted((a, b) => a.localeCompare(b))
        : rows,
    ]),
  )
}

/** Lines of a tree without the fields of log lines, whose order and spelling the stack does not keep. */
function treeOnly(text: string): string[] {
  return text
    .split('\n')
    .map((line) => (/ (?:DEBUG|INFO|WARN|ERROR) /.test(line) ? line.replace(/ \S+=.*$/, '') : line))
}

/** The real Tempo, once it has every trace. */
async function realTempo(stack: Stack, spans: readonly SpanRecord[]): Promise<TempoStub> {
  const url = stack.url('tempo')
  const server = serverAt('tempo', url)
  const byTrace = Map.groupBy(spans, ({ traceId }) => traceId)
  for (const [traceId, sent] of byTrace) {
    // One that is not there is answered too, with a trace of no spans.
    const count = new Set(sent.map(({ spanId }) => spanId)).size
    const there = async (): Promise<number> => (await spansOf(server, traceId)).length
    expect(await eventually(there, (found) => found >= count)).toBe(count)
  }
  // By id at once, by a search a little later.
  const toNs = BigInt(Date.now() + 3_600_000) * 1_000_000n
  const range = { fromNs: toNs - 7_200_000_000_000n, toNs }
  const found = (): Promise<string[]> => searchTraces(server, { query: '{ }', ...range })
  const all = await eventually(found, ({ length }) => length >= byTrace.size)
  expect(all.length).toBe(byTrace.size)
  return { url, stop: async () => {} }
}

interface Answer {
  readonly code: number | null
  readonly value: unknown
  readonly stderr: string
}

describe.skipIf(missing('collector', 'loki', 'prometheus'))('questions to the stack', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'fillpath-questions-'))
  const data = join(scratch, 'data')
  let stack: Stack
  let desk: Running
  let splitter: Splitter
  let tempo: TempoStub
  let loki: string
  let sources: string[]

  const ask = async (words: readonly string[], from: readonly string[]): Promise<Answer> => {
    const { code, stdout, stderr } = await run([...words, ...from, '--json'])
    return { code, value: stdout === '' ? undefined : kept(JSON.parse(stdout)), stderr }
  }

  beforeAll(async () => {
    const services = ['otel-collector', 'loki', 'prometheus'] as const
    stack = await startStack(...services, ...(hasTempo ? (['tempo'] as const) : []))
    loki = stack.url('loki')
    desk = new Running(['desk', '--data', data, '--http-port', '0', '--grpc-port', '0'])
    await desk.says('Ctrl-C')
    const deskUrl = /OTLP\/HTTP\s+(http:\S+)/.exec(desk.stdout)?.[1] ?? ''
    splitter = new Splitter([deskUrl, stack.url('otel-collector')])
    await trade(await splitter.listen(), join(scratch, 'spool'))
    const stored = splitter.logs.filter(({ severityNumber }) => severityNumber >= debug).length
    const inLoki = await eventually(
      async () => {
        const { data: answer } = await json<{
          data: { result: readonly { readonly value: [number, string] }[] }
        }>(`${loki}/loki/api/v1/query`, {
          query: 'sum(count_over_time({service_name=~".+"}[1h]))',
        })
        return Number(answer.result[0]?.value[1] ?? 0)
      },
      (count) => count >= stored,
    )
    expect(inLoki).toBe(stored)
    tempo = hasTempo ? await realTempo(stack, splitter.spans) : await tempoStub(splitter.spans)
    sources = ['--loki', loki, '--tempo', tempo.url, '--prometheus', stack.url('prometheus')]
  }, 600_000)

  afterAll(async () => {
    await tempo?.stop()
    await splitter?.stop()
    await desk?.interrupted()
    await stack?.stop()
    rmSync(scratch, { recursive: true, force: true })
  }, 600_000)

  /** The id of a flow that has a position. */
  const opened = (): string => {
    const { attributes } =
      splitter.logs.findLast(({ eventName }) => eventName === 'trading.position.closed') ?? {}
    const id = attributes?.get('trading.correlation_id')
    return typeof id === 'string' ? id : ''
  }
  test('[A68, A75] trace draws the same tree from Loki and Tempo as from the files', async () => {
    const words = ['trace', opened(), '--logs', '--all']
    const local = await run([...words, '--data', data])
    const remote = await run([...words, ...sources])
    expect(remote.stderr).toBe('')
    expect(remote.code).toBe(0)
    expect(treeOnly(remote.stdout)).toEqual(treeOnly(local.stdout))
    expect(remote.stdout).toContain('├─ order')
  })

  test.each([
    ['stats'],
    ['failures'],
    ['errors'],
    ['performance'],
    ['orders'],
    ['fills'],
    ['positions'],
    ['exposure'],
    ['costs'],
    ['events', '--type', 'trading.order.*'],
    ['events', '--level', 'warn'],
    ['why', 'BTC/USDT'],
    ['sql', 'SELECT type, count(*) AS count FROM events GROUP BY type ORDER BY type'],
    ['sql', 'SELECT name, count(*) AS count, min(duration_ms) AS least FROM spans GROUP BY name'],
    [
      'sql',
      'SELECT venue, count(*) AS count, max(best_bid_num) AS bid FROM snapshot_books GROUP BY venue',
    ],
  ])('query %s %s %s answers from the stack as from the files', async (...words) => {
    const local = await ask(['query', ...words], ['--data', data])
    const remote = await ask(['query', ...words], sources)
    expect(remote.code).toBe(0)
    expect(unordered(remote.value)).toEqual(unordered(local.value))
  })

  test('query timeline, flow and orderbook find their task and flow without being told a time', async () => {
    const id = opened()
    for (const words of [
      ['timeline', id],
      ['flow', id],
      ['orderbook', id, '2'],
    ]) {
      const local = await ask(['query', ...words], ['--data', data])
      const remote = await ask(['query', ...words], sources)
      expect(remote.stderr).toBe('')
      expect(remote.value).toEqual(local.value)
    }
  })

  test('tail shows the lines of Loki as those of the files, with the same filters', async () => {
    const lines = async (from: readonly string[], words: readonly string[]): Promise<unknown[]> => {
      const { stdout } = await run(['tail', '--no-follow', '--json', ...words, ...from])
      const records = stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>)
      return records
        .map(({ id, timestamp, level, module, event, message, trace_id, span_id }) =>
          JSON.stringify({ id, timestamp, level, module, event, message, trace_id, span_id }),
        )
        .toSorted((a, b) => a.localeCompare(b))
    }
    for (const words of [
      ['--lines', '100000', '--level', 'debug'],
      ['--lines', '100000', '--level', 'warn'],
      ['--lines', '100000', '--event', 'trading.order.fill??'],
      ['--since', '1h', '--correlation', opened()],
      ['--since', '1h', '--task', opened(), '--event', 'trading.hedge.*'],
    ]) {
      const local = await lines(['--data', data], words)
      expect(local.length).toBeGreaterThan(0)
      expect(await lines(['--loki', loki], words)).toEqual(local)
    }
    const last = await run(['tail', '--no-follow', '--lines', '7', '--loki', loki])
    expect(last.stdout.trim().split('\n').length).toBeGreaterThanOrEqual(7)
    expect(last.stdout).toMatch(/run\.ended/)
  })

  test('tail gives each new line of Loki once', async () => {
    const following = new Running(['tail', '--lines', '1', '--loki', loki])
    await following.says('run.ended')
    const now = String(BigInt(Date.now()) * 1_000_000n)
    const logRecords = ['one', 'two', 'three'].map((word) => ({
      timeUnixNano: now,
      severityNumber: 9,
      body: { stringValue: `new line ${word}` },
    }))
    const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })
    await send(stack.url('otel-collector'), 'logs', body)
    await following.says('new line three')
    const { stdout, code } = await following.interrupted()
    expect(code).toBe(0)
    expect(stdout.match(/new line \w+/g)?.toSorted()).toEqual([
      'new line one',
      'new line three',
      'new line two',
    ])
  })

  test('a flow is shown from Loki alone, and it is said that Tempo is away', async () => {
    const away = ['--loki', loki, '--tempo', 'http://127.0.0.1:1']
    const { code, stdout, stderr } = await run(['trace', opened(), ...away])
    expect(code).toBe(0)
    expect(stderr).toContain('tempo does not answer at http://127.0.0.1:1')
    expect(stderr).toContain('Spans are missing')
    expect(stdout).toContain('order paper-a')
    expect(stdout).toMatch(/^position [0-9a-f]{32}/m)
  })

  test('a flow is shown from Tempo alone, and it is said that Loki is away', async () => {
    const local = await run(['trace', opened(), '--data', data])
    const away = ['--loki', 'http://127.0.0.1:1', '--tempo', tempo.url]
    const { code, stdout, stderr } = await run(['trace', opened(), ...away])
    expect(code).toBe(0)
    expect(stderr).toContain('loki does not answer at http://127.0.0.1:1')
    // The duration of the flow is not asked for: a log line after its last span makes it longer.
    const [flow, outcome] = (stdout.split('\n')[0] ?? '').split(' · ')
    expect([flow, outcome]).toEqual((local.stdout.split('\n')[0] ?? '').split(' · ').slice(0, 2))
  })

  test('an id is never a part of a query', async () => {
    for (const id of ['x" or trace_id=~".+', 'a\\', '`}', 'a|b', '.*', '{{.x}}\n.']) {
      for (const words of [['trace'], ['query', 'flow'], ['query', 'timeline']]) {
        const { code, stdout, stderr } = await run([...words, id, ...sources])
        expect([code, stdout]).toEqual([1, ''])
        expect(stderr).toContain('[not_found]')
      }
    }
  })

  test('an id that is nowhere is answered with the nearest, wherever it was asked', async () => {
    for (const words of [['trace'], ['query', 'flow'], ['query', 'timeline']]) {
      const { code, stdout, stderr } = await run([...words, `${opened()}x`, ...sources])
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toContain('[not_found]')
      expect(stderr).toContain(`"${opened()}"`)
    }
  })
})
