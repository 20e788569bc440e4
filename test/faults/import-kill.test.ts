/** P12: an import that is killed again and again ends with the rows of one that never was, and nothing is in there twice. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openToRead } from '../../src/desk/store/store.ts'
import { encodeLine } from '../../src/wire/line.ts'
import { taskEvents } from '../desk/store/scenario.ts'
import { seeded, temporaryFolder } from './lives.ts'
import { isFull } from '../seed.ts'

const lineCount = isFull ? 1_000_000 : 20_000
const badCount = isFull ? 1_000 : 50
const killCount = isFull ? 20 : 5

const cli = join(import.meta.dirname, '../../src/cli.ts')

/** Writes lines of many tasks, every so many of them one that is no record; tells how many records there are. */
function writeLines(path: string): number {
  const file = openSync(path, 'w')
  const every = Math.floor(lineCount / badCount)
  let records = 0
  let bad = 0
  for (let task = 0; records + bad < lineCount; task += 1) {
    const events = taskEvents(`t${task}`, task * 1_000, task % 3 > 0)
    const lines = events.map((event) => encodeLine(event))
    records += lines.length
    if (bad < badCount && records >= (bad + 1) * every * 0.9) {
      bad += 1
      lines.push(`{"half of line ${bad}`)
    }
    writeSync(file, `${lines.join('\n')}\n`)
  }
  closeSync(file)
  expect(bad).toBe(badCount)
  return records
}

const tables = {
  events: 'key',
  orderbook_snapshots: 'key',
  snapshot_books: 'snapshot_key || venue',
  tasks: 'id',
  orders: 'key',
  fills: 'key',
  hedges: 'key',
} as const

/** Of each table how many rows it has, how many different ones, and a sum over all that stands in them. */
function rowsOf(folder: string): Record<string, unknown> {
  const database = openToRead(join(folder, 'index.db'))
  try {
    let at = 0
    // The order of arrival is another after a kill: the digests are added up, so that it does not count.
    database.function('digest', { varargs: true }, (...cells) => {
      at += 1
      let sum = 0
      const text = cells.map(String).join('\u0000')
      for (let index = 0; index < text.length; index += 1) {
        sum = (Math.imul(sum, 31) + text.charCodeAt(index)) >>> 0
      }
      return sum
    })
    const counts = Object.entries(tables).map(([table, key]) => {
      const columns = database
        .prepare(
          `SELECT name FROM pragma_table_info('${table}') WHERE name NOT IN ('id', 'file_id')`,
        )
        .all()
        .map(({ name }) => String(name))
      const row = database
        .prepare(
          `SELECT count(*) AS rows, count(DISTINCT ${key}) AS keys, sum(digest(${columns.join(', ')})) AS digest FROM ${table}`,
        )
        .get()
      return [table, { ...row }] as const
    })
    expect(at).toBeGreaterThan(lineCount * 0.9)
    return Object.fromEntries(counts)
  } finally {
    database.close()
  }
}

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly ms: number
}

/** Imports in a process of its own, which may be killed. */
async function importOnce(path: string, folder: string, killAfterMs?: number): Promise<Ended> {
  const startMs = performance.now()
  const child = spawn(process.execPath, [cli, 'import', path, '--data', folder, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let stdout = ''
  child.stdout.on('data', (chunk) => (stdout += String(chunk)))
  const ended = once(child, 'close')
  if (killAfterMs !== undefined) {
    await Promise.race([sleep(killAfterMs), ended])
    child.kill('SIGKILL')
  }
  const [code]: (number | null)[] = await ended
  return { code: code ?? null, stdout, ms: performance.now() - startMs }
}

/** How many bytes of the file are in the index. */
function readBytes(folder: string): number {
  try {
    const database = openToRead(join(folder, 'index.db'))
    try {
      const row = database.prepare('SELECT max(bytes) AS bytes FROM read_files').get()
      return Number(row?.['bytes'] ?? 0)
    } finally {
      database.close()
    }
  } catch {
    // It was killed before there was one.
    return 0
  }
}

test(
  `[B44, B48, B52] [P12] an import of ${lineCount.toLocaleString('en')} lines, killed ${killCount} times: rows equal, nothing twice, each bad line told once`,
  async () => {
    const random = seeded()
    const folder = temporaryFolder()
    const path = join(folder, 'lines.jsonl')
    const records = writeLines(path)
    const wanted = join(folder, 'wanted')
    const whole = await importOnce(path, wanted)
    expect(JSON.parse(whole.stdout)).toMatchObject({ added: records, bad: badCount })
    const killed = join(folder, 'killed')
    const stops: number[] = []
    let graceMs = 0
    for (let kill = 0; kill < killCount; kill += 1) {
      // Each run gets its share of the whole, so that the kills are spread over the file; more where one got nowhere.
      const shareMs = whole.ms / killCount
      const killAfterMs = 250 + random.below(1.5 * shareMs) + graceMs
      const { code } = await importOnce(path, killed, killAfterMs)
      graceMs = readBytes(killed) > (stops.at(-1) ?? 0) ? 0 : graceMs + shareMs
      stops.push(readBytes(killed))
      if (code === 0) break
    }
    const last = await importOnce(path, killed)
    expect(last.code).toBe(0)
    console.info(
      `${records} records, ${badCount} bad lines, whole import ${Math.round(whole.ms)} ms; killed ${stops.length} times, at bytes ${stops.join(', ')}`,
    )
    const rows = rowsOf(killed)
    expect(rows).toEqual(rowsOf(wanted))
    for (const { rows: count, keys } of Object.values(rows) as { rows: number; keys: number }[]) {
      expect(keys).toBe(count)
    }
    const rejects = (of: string): unknown[] =>
      readFileSync(join(of, 'import-rejects.jsonl'), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).line)
    expect(rejects(killed)).toHaveLength(badCount)
    expect(rejects(killed)).toEqual(rejects(wanted))
    // A kill that never hit the middle of the work would prove nothing.
    expect(new Set(stops.filter((bytes) => bytes > 0)).size).toBeGreaterThan(0)
  },
  isFull ? 3_600_000 : 300_000,
)
