/**
 * Import of lines into the index, beside the `sqlite3` command importing the same columns into the same tables and
 * indexes from CSV: `node test/bench/import.bench.ts [lines]`, 200,000 lines unless said otherwise.
 *
 * The rival parses no JSON, knows no records that come again and folds no orders or tasks. Then the timeline of one task
 * beside one indexed read of its rows. Only the ratios mean something on another machine.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importFile, noCounts } from '../../src/desk/import/import.ts'
import { filesAt } from '../../src/desk/import/sources.ts'
import { keyOf } from '../../src/desk/store/identity.ts'
import { timeline } from '../../src/desk/store/questions/timeline.ts'
import { eventCells, eventColumns, typeOf } from '../../src/desk/store/rows/event.ts'
import { openStore, openToRead } from '../../src/desk/store/store.ts'
import type { Cell } from '../../src/desk/store/sqlite.ts'
import { encodeLine } from '../../src/wire/line.ts'
import { taskEvents } from '../desk/store/scenario.ts'

const linesWanted = Number(process.argv[2] ?? 200_000)
const folder = mkdtempSync(join(tmpdir(), 'fillpath-bench-'))
const linesPath = join(folder, 'lines.jsonl')
const csvPath = join(folder, 'events.csv')

function cellOf(cell: Cell): string {
  const text = typeof cell === 'string' ? cell : typeof cell === 'number' ? cell.toString() : ''
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Writes the lines, and the same columns as CSV. */
function write(): number {
  const lines = openSync(linesPath, 'w')
  const csv = openSync(csvPath, 'w')
  let count = 0
  for (let task = 0; count < linesWanted; task += 1) {
    const records = taskEvents(`task-${task}`, task * 700, task % 3 > 0)
    writeSync(lines, records.map((record) => `${encodeLine(record)}\n`).join(''))
    const rows = records.map((record) =>
      eventCells(record, keyOf(record), typeOf(record)).cells.map(cellOf).join(','),
    )
    writeSync(csv, `${rows.join('\n')}\n`)
    count += records.length
  }
  closeSync(lines)
  closeSync(csv)
  return count
}

/** Columns that are never NULL. */
const never: ReadonlySet<string> = new Set(['key', 'type', 'level', 'payload'])

function timed(work: () => void): number {
  const startMs = performance.now()
  work()
  return performance.now() - startMs
}

async function ours(path: string): Promise<number> {
  const startMs = performance.now()
  const store = openStore(path)
  for (const file of await filesAt(linesPath, folder)) await importFile(store, file, noCounts())
  store.close()
  return performance.now() - startMs
}

/** The time of the rival, or undefined where it is not installed. */
function rival(path: string): number | undefined {
  openStore(path).close()
  // An empty cell is NULL, as it is in the index, but for what is never NULL.
  const values = eventColumns
    .map((name) => (never.has(name) ? `new.${name}` : `nullif(new.${name}, '')`))
    .join(', ')
  const commands = [
    'PRAGMA synchronous = NORMAL;',
    `CREATE TEMP VIEW incoming AS SELECT ${eventColumns.join(', ')} FROM events;`,
    `CREATE TEMP TRIGGER take INSTEAD OF INSERT ON incoming BEGIN INSERT INTO events (${eventColumns.join(', ')}) VALUES (${values}); END;`,
    `.import --csv ${csvPath} incoming`,
  ]
  let status: number | null = null
  const ms = timed(() => {
    const run = spawnSync('sqlite3', [path], { input: commands.join('\n'), encoding: 'utf8' })
    status = run.error === undefined ? run.status : null
    if (run.stderr) process.stderr.write(run.stderr.slice(0, 500))
  })
  return status === 0 ? ms : undefined
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

try {
  const count = write()
  const oursPath = join(folder, 'ours.db')
  const oursMs = await ours(oursPath)
  const rivalMs = rival(join(folder, 'rival.db'))
  const rate = Math.round((count / oursMs) * 1_000).toLocaleString('en')
  console.log(`${count.toLocaleString('en')} lines: ${Math.round(oursMs)} ms, ${rate} lines/s`)
  console.log(
    rivalMs === undefined
      ? 'the sqlite3 command is not installed: no ratio'
      : `sqlite3 .import of the same columns: ${Math.round(rivalMs)} ms; ratio ${(oursMs / rivalMs).toFixed(2)}`,
  )
  const database = openToRead(oursPath)
  const read = database.prepare('SELECT * FROM events WHERE task_id = ? ORDER BY timestamp')
  const tasks = Array.from(
    { length: 41 },
    (_, index) => `task-${index * Math.max(1, Math.floor(count / 20 / 41))}`,
  )
  const answers = median(tasks.map((task) => timed(() => void timeline(database, task))))
  const reads = median(tasks.map((task) => timed(() => void read.all(task))))
  console.log(
    `timeline of a task: ${answers.toFixed(2)} ms; ratio to one indexed read ${(answers / reads).toFixed(2)}`,
  )
  database.close()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
