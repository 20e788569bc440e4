/**
 * Answers from the index: `node test/bench/query.bench.ts [records] [cli]`, 1,000,000 records unless said otherwise.
 *
 * - start: `fillpath query orders` on a small folder beside `node -e 0`; `cli` is the command, for one that is built
 * - timeline of one task among all of the records, beside one indexed read of its rows
 * - a text in all lines: `fillpath query events --text`, of the index as it is, beside `grep -F` (or `rg`) on the files
 * - a desk that receives with and without filling its index, in turn: what filling costs the receiver, in records a
 *   second and, which other work on the machine changes less, in CPU of the thread that receives and of the one that fills
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDesk } from '../../src/desk/desk.ts'
import { deskSettings } from '../../src/desk/settings.ts'
import { timeline } from '../../src/desk/store/questions/timeline.ts'
import { openToRead } from '../../src/desk/store/store.ts'
import { encodeLine } from '../../src/wire/line.ts'
import { encodeLogs } from '../../src/wire/otlp-json.ts'
import { readSettings } from '../../src/wire/settings.ts'
import { taskEvents } from '../desk/store/scenario.ts'

const requests = 60
const tasksPerRequest = 28

if (process.argv[2] === 'send') await send(Number(process.argv[3]), process.argv.slice(4))
else await measure(Number(process.argv[2] ?? 1_000_000), process.argv[3] ?? 'src/cli.ts')

async function measure(records: number, cli: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fillpath-bench-'))
  try {
    start(folder, cli)
    await live(folder)
    large(folder, records, cli)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function start(folder: string, cli: string): void {
  const data = join(folder, 'small')
  writeEvents(data, 500)
  const query = [cli, 'query', 'orders', '--data', data, '--json']
  spawnSync(process.execPath, query)
  const [bare = [], asked = []] = inTurn(15, [
    () => void spawnSync(process.execPath, ['-e', '0']),
    () => void spawnSync(process.execPath, query),
  ])
  const aboveMs = median(asked) - median(bare)
  console.log(
    `start: node -e 0 ${median(bare).toFixed(0)} ms, fillpath query orders ${median(asked).toFixed(0)} ms: ${aboveMs.toFixed(0)} ms above`,
  )
}

function large(folder: string, records: number, cli: string): void {
  const data = join(folder, 'large')
  const file = writeEvents(data, records)
  const bytes = statSync(file).size
  const ms = timed(() => {
    const run = spawnSync(process.execPath, [cli, 'import', '--all', '--data', data], {
      encoding: 'utf8',
    })
    if (run.status !== 0) throw new Error(run.stderr)
  })
  const size = `${records.toLocaleString('en')} records (${(bytes / 1e9).toFixed(2)} GB)`
  console.log(`${size} imported in ${(ms / 1000).toFixed(0)} s`)
  const database = openToRead(join(data, 'index.db'))
  const read = database.prepare('SELECT * FROM events WHERE task_id = ? ORDER BY timestamp')
  const tasks = Array.from(
    { length: 201 },
    (_, index) => `task-${Math.floor((index * records) / 20 / 201)}`,
  )
  const answers: number[] = []
  const reads: number[] = []
  // Each task is met by both, first by one and then by the other: who comes second finds its pages in memory.
  for (const [index, task] of tasks.entries()) {
    const both = [
      () => answers.push(timed(() => void timeline(database, task))),
      () => reads.push(timed(() => void read.all(task))),
    ]
    for (const one of index % 2 === 0 ? both : both.toReversed()) one()
  }
  database.close()
  console.log(
    `timeline of one task: ${median(answers).toFixed(2)} ms, at most ${Math.max(...answers).toFixed(1)} ms; ratio to one indexed read ${(median(answers) / median(reads)).toFixed(2)}`,
  )
  const text = 'task-77 '
  const query = [cli, 'query', 'events', '--text', text, '--data', data, '--json', '--limit', '100']
  const finder = ['rg', 'grep'].find((name) => spawnSync(name, ['--version']).error === undefined)
  const [asked = [], found = []] = inTurn(3, [
    () => void spawnSync(process.execPath, query, { maxBuffer: 1e9 }),
    () => void (finder && spawnSync(finder, ['-F', text, file], { maxBuffer: 1e9 })),
  ])
  const rival =
    finder === undefined
      ? 'neither rg nor grep is installed: no ratio'
      : `${finder} -F on the file ${(median(found) / 1000).toFixed(2)} s; ratio ${(median(asked) / median(found)).toFixed(1)}`
  console.log(`a text in all of them: ${(median(asked) / 1000).toFixed(2)} s; ${rival}`)
}

/** Writes a day of events; tells where. */
function writeEvents(data: string, records: number): string {
  mkdirSync(join(data, 'logs'), { recursive: true })
  const path = join(data, 'logs', 'events_20260115.jsonl')
  const file = openSync(path, 'w')
  for (let task = 0, count = 0; count < records; task += 1) {
    const events = taskEvents(`task-${task}`, task * 70, task % 3 > 0)
    writeSync(file, events.map((event) => `${encodeLine(event)}\n`).join(''))
    count += events.length
  }
  closeSync(file)
  return path
}

async function live(folder: string): Promise<void> {
  const bodies: string[] = []
  let records = 0
  for (let number = 0; number < requests; number += 1) {
    const events = Array.from({ length: tasksPerRequest }, (_, index) =>
      taskEvents(`live-${number}-${index}`, number * 50, true),
    ).flat()
    records += events.length
    const path = join(folder, `body-${number}.json`)
    writeFileSync(path, encodeLogs(events))
    bodies.push(path)
  }
  const runs = new Map([
    [false, [] as Receiving[]],
    [true, [] as Receiving[]],
  ])
  for (let round = 0; round < 5; round += 1) {
    for (const [index, run] of runs) run.push(await receive(folder, index, bodies))
  }
  const medians = (of: keyof Receiving): number[] =>
    [...runs.values()].map((run) => median(run.map((each) => each[of])))
  const [without = Number.NaN, filling = Number.NaN] = medians('ms')
  const [alone, beside] = medians('threadMs').map((ms) => ((ms / records) * 1000).toFixed(0))
  const [others, filler] = medians('restMs').map((ms) => ((ms / records) * 1000).toFixed(0))
  const rate = (ms: number): string => Math.round((records / ms) * 1000).toLocaleString('en')
  console.log(
    `a desk receives ${rate(without)} records/s, ${rate(filling)} while it fills its index: ${Math.round(100 * (1 - without / filling))} % less`,
  )
  console.log(
    `CPU of its thread: ${alone} µs a record, ${beside} µs while the index is filled; of its other threads ${others} µs, and ${filler} µs with what fills`,
  )
}

/** What a desk took for all bodies. */
interface Receiving {
  readonly ms: number
  /** CPU of the thread that receives. */
  readonly threadMs: number
  /** CPU of the other threads, until the index has everything and the summaries of the tasks are written. */
  readonly restMs: number
}

/** What a desk takes for all bodies from a sender in a process of its own. */
async function receive(
  folder: string,
  index: boolean,
  bodies: readonly string[],
): Promise<Receiving> {
  const data = join(folder, 'desk')
  const options = { data, httpPort: 0, grpcPort: 0 }
  const desk = await startDesk({
    ...readSettings(deskSettings, { options, environment: {} }),
    index,
    indexWaitMs: 300_000,
  })
  const sender = spawn(
    process.execPath,
    [import.meta.filename, 'send', String(desk.ports.http), ...bodies],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  await once(sender.stdout, 'data')
  const startMs = performance.now()
  const thread = process.threadCpuUsage()
  const all = process.cpuUsage()
  sender.stdin.write('go\n')
  await once(sender.stdout, 'data')
  const ms = performance.now() - startMs
  const threadMs = milliseconds(process.threadCpuUsage(thread))
  await once(sender, 'exit')
  await desk.stop()
  const restMs = milliseconds(process.cpuUsage(all)) - milliseconds(process.threadCpuUsage(thread))
  rmSync(data, { recursive: true, force: true })
  return { ms, threadMs, restMs }
}

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1_000
}

async function send(port: number, paths: readonly string[]): Promise<void> {
  const { readFileSync } = await import('node:fs')
  const bodies = paths.map((path) => readFileSync(path))
  process.stdout.write('ready\n')
  await once(process.stdin, 'data')
  const line = async (): Promise<void> => {
    for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
      const answer = await fetch(`http://127.0.0.1:${port}/v1/logs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      if (answer.status !== 200) throw new Error(`answer ${answer.status}`)
      await answer.arrayBuffer()
    }
  }
  await Promise.all([line(), line(), line(), line()])
  process.stdout.write('done\n')
  process.exit(0)
}

function inTurn(rounds: number, works: readonly (() => void)[]): number[][] {
  const times = works.map(() => [] as number[])
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, work] of works.entries()) times[index]?.push(timed(work))
  }
  return times
}

function timed(work: () => void): number {
  const startMs = performance.now()
  work()
  return performance.now() - startMs
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}
