/**
 * One flow among many in Loki: `node test/bench/stack-query.bench.ts [flows] [rounds]`. Needs Docker.
 *
 * The same records (five a flow) go into Loki and into a file of the desk. Then one flow after the other, each of them
 * once, is looked for in turn, median of the rounds:
 * - loki: `query_range` by trace id over the last hour, with loki.yaml as it is delivered
 * - loki, 30 days: the same over all the time that Loki keeps
 * - grep: `grep -F` of the trace id over the file, which is in the page cache
 * - trace --loki and trace --data: the whole command, which searches by every id and then reads the flow
 * First while Loki has the lines in memory, then after it has written its chunks.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeLine } from '../../src/wire/line.ts'
import { decodeLogs } from '../../src/wire/otlp-json.ts'
import { dayOf } from '../../src/wire/paths.ts'
import { flowOf, logsRequest, recordsOfFlow } from '../stack/flows.ts'
import { eventually, json, startStack } from '../stack/stack.ts'

const flows = Number(process.argv[2] ?? 100_000)
const rounds = Number(process.argv[3] ?? 11)
const flowsOfRequest = 500
const hourMs = 3_600_000

const folder = mkdtempSync(join(tmpdir(), 'fillpath-bench-'))
const stack = await startStack('loki')
try {
  await measure(stack.url('loki'))
} finally {
  await stack.stop()
  rmSync(folder, { recursive: true, force: true })
}

async function measure(loki: string): Promise<void> {
  const path = join(folder, 'logs', `events_${dayOf(Date.now())}.jsonl`)
  mkdirSync(join(folder, 'logs'))
  const tookMs = await fill(loki, path)
  const records = flows * recordsOfFlow
  const rate = Math.round(records / (tookMs / 1000))
  console.log(
    `${records.toLocaleString('en')} records of ${flows.toLocaleString('en')} flows, ${(statSync(path).size / 1e6).toFixed(0)} MB as lines, ${rate.toLocaleString('en')} records/s into Loki`,
  )
  await compare('in memory', loki, path, 0)
  const flushed = await fetch(`${loki}/flush`, { method: 'POST' })
  if (!flushed.ok) throw new Error(`Loki did not flush: ${flushed.status}`)
  await eventually(
    () => chunksIn(loki),
    (chunks) => chunks === 0,
    120_000,
  )
  await compare('after its chunks are written', loki, path, rounds)
}

/** Puts the flows into Loki, one request after the other, and into the file. */
async function fill(loki: string, path: string): Promise<number> {
  const file = openSync(path, 'w')
  let tookMs = 0
  for (let first = 0; first < flows; first += flowsOfRequest) {
    const count = Math.min(flowsOfRequest, flows - first)
    const body = logsRequest(
      'bench',
      Array.from({ length: count }, (_, index) => first + index),
    )
    const startedMs = performance.now()
    const answer = await fetch(`${loki}/otlp/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    tookMs += performance.now() - startedMs
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`)
    writeSync(
      file,
      decodeLogs(body)
        .map((record) => `${encodeLine(record)}\n`)
        .join(''),
    )
  }
  closeSync(file)
  return tookMs
}

async function chunksIn(loki: string): Promise<number> {
  const text = await (await fetch(`${loki}/metrics`)).text()
  return Number(/^loki_ingester_memory_chunks (\S+)$/m.exec(text)?.[1] ?? 0)
}

type Way = 'loki' | 'loki, 30 days' | 'grep' | 'trace --loki' | 'trace --data'

async function compare(when: string, loki: string, path: string, skipped: number): Promise<void> {
  const times: Record<Way, number[]> = {
    loki: [],
    'loki, 30 days': [],
    grep: [],
    'trace --loki': [],
    'trace --data': [],
  }
  const ways: Readonly<Record<Way, (traceId: string) => unknown>> = {
    loki: (id) => ask(loki, id, hourMs),
    'loki, 30 days': (id) => ask(loki, id, 30 * 24 * hourMs),
    grep: (id) => insist(spawnSync('grep', ['-cF', id, path], { encoding: 'utf8' }).stdout.trim()),
    'trace --loki': (id) => trace(id, '--loki', loki),
    'trace --data': (id) => trace(id, '--data', folder),
  }
  const names = Object.keys(ways) as Way[]
  for (let round = 0; round < rounds; round++) {
    const place = Math.floor(((round + skipped + 0.5) / (2 * rounds)) * flows)
    for (const way of round % 2 === 0 ? names : names.toReversed()) {
      const startedMs = performance.now()
      await ways[way](flowOf(place).traceId)
      times[way].push(performance.now() - startedMs)
    }
  }
  console.log(`\n${when}`)
  for (const way of names) {
    const sorted = times[way].toSorted((a, b) => a - b)
    const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
    const [least, most] = [sorted[0] ?? 0, sorted.at(-1) ?? 0]
    console.log(
      `  ${way.padEnd(14)} ${median.toFixed(0).padStart(7)} ms   (${least.toFixed(0)} – ${most.toFixed(0)})`,
    )
  }
  const of = (way: Way): number => times[way].toSorted((a, b) => a - b)[rounds >> 1] ?? Number.NaN
  console.log(`  loki / grep ${(of('loki') / of('grep')).toFixed(2)}`)
  console.log(
    `  trace --loki / trace --data ${(of('trace --loki') / of('trace --data')).toFixed(2)}`,
  )
}

async function ask(loki: string, traceId: string, sinceMs: number): Promise<void> {
  const { data } = await json<{ data: { result: { values: unknown[] }[] } }>(
    `${loki}/loki/api/v1/query_range`,
    {
      query: `{service_name=~".+"} | trace_id="${traceId}"`,
      start: `${Date.now() - sinceMs}000000`,
      end: `${Date.now()}000000`,
      limit: '1000',
    },
  )
  insist(String(data.result.reduce((sum, { values }) => sum + values.length, 0)))
}

function trace(...words: readonly string[]): void {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['src/cli.ts', 'trace', ...words, '--json'],
    { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] },
  )
  if (status !== 0) throw new Error(stderr)
}

function insist(count: string): void {
  if (count !== String(recordsOfFlow)) throw new Error(`found ${count} records of a flow`)
}
