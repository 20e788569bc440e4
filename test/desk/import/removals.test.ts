import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { applyAge } from '../../../src/archive/age.ts'
import { openArchive } from '../../../src/archive/archive.ts'
import { manualClock } from '../../../src/base/clock.ts'
import { importFile, importStream, noCounts } from '../../../src/desk/import/import.ts'
import { rebuildIndex } from '../../../src/desk/import/rebuild.ts'
import { followRemovals } from '../../../src/desk/import/removals.ts'
import { allFiles, truthFiles } from '../../../src/desk/import/sources.ts'
import { openStore } from '../../../src/desk/store/store.ts'
import { timeOf } from '../../../src/archive/order.ts'
import type { SourceFile } from '../../../src/desk/import/sources.ts'
import type { WireRecord } from '../../../src/wire/record.ts'
import { encodeLine } from '../../../src/wire/line.ts'
import { Readable } from 'node:stream'
import { Folder } from '../../archive/records.ts'
import { allRows, rowCounts, toSchema4 } from '../store/rows.ts'
import {
  dayStartMs,
  event,
  gauge,
  orderSpan,
  positionEvents,
  taskEvents,
} from '../store/scenario.ts'

const dayMs = 86_400_000
/** 15 January, midnight. */
const firstDayMs = Date.UTC(2026, 0, 15)
const days = 5
/** From the start of the scenario to the first midnight. */
const toMidnightMs = firstDayMs + dayMs - dayStartMs

let folder: Folder
beforeEach(() => {
  folder = new Folder()
})
afterEach(() => folder.remove())

const index = (): string => join(folder.path, 'index.db')

/** Five days: a task in each, and one over each midnight; a position over two days; a gauge whose minutes lie in two files. */
function history(): WireRecord[] {
  const records: WireRecord[] = []
  for (let day = 0; day < days; day += 1) {
    const ms = day * dayMs
    records.push(...taskEvents(`of-${day}`, ms, day % 2 === 0))
    records.push(...taskEvents(`over-${day}`, ms + toMidnightMs - 200, day % 2 === 1))
    records.push(event('trading.api.response', ms + 5_000, { 'trading.venue': `venue-${day}` }))
    records.push(
      gauge(ms, day),
      gauge(ms + toMidnightMs - 30_000, 1),
      gauge(ms + toMidnightMs - 20_000, 2),
    )
  }
  const [opened, funding, closed] = positionEvents()
  if (opened && funding && closed) {
    records.push(opened)
    records.push({ ...funding, time: funding.time + BigInt(dayMs) * 1_000_000n })
    records.push({ ...closed, time: closed.time + BigInt(dayMs * 2) * 1_000_000n })
  }
  records.push(orderSpan())
  return records
}

/** Each record arrives some seconds after it happened, so that what is of the last minute of a day lies in two files. */
async function write(): Promise<void> {
  const arriving = history()
    .map((record, index) => ({
      record,
      atMs: Number(timeOf(record) / 1_000_000n) + (index % 3) * 15_000,
    }))
    .sort((a, b) => a.atMs - b.atMs)
  const clock = manualClock(BigInt(firstDayMs) * 1_000_000n)
  const archive = await openArchive({ folder: folder.path, clock, durable: false })
  for (const { record, atMs } of arriving) {
    clock.advanceMs(Math.max(0, atMs - Number(clock.wallNs() / 1_000_000n)))
    await archive.write([record])
  }
  await archive.close()
}

async function fill(files: readonly SourceFile[]): Promise<void> {
  const store = openStore(index())
  try {
    for (const file of files) await importFile(store, file, noCounts())
  } finally {
    store.close()
  }
}

async function follow(): Promise<string[]> {
  const store = openStore(index())
  try {
    return await followRemovals(store, folder.path)
  } finally {
    store.close()
  }
}

const exclusively = async (work: () => Promise<void>): Promise<void> => work()

async function age(day: number, deleteAfterDays: number): Promise<readonly string[]> {
  const nowMs = firstDayMs + day * dayMs + 3_600_000
  const { deleted, faults } = await applyAge(folder.path, {
    nowMs,
    timeZone: 'UTC',
    archiveAfterDays: 1,
    deleteAfterDays,
    exclusively,
  })
  expect(faults).toEqual([])
  return deleted
}

describe('an index after files were deleted for their age', () => {
  test.each([
    ['of the days alone, as a desk fills it', truthFiles],
    ['of days and tasks', allFiles],
  ])('[B34] filled from files %s, holds what a rebuild gives, day after day', async (_, files) => {
    await write()
    await fill(await files(folder.path))
    let before = rowCounts(index())
    for (let day = 3; day <= days + 3; day += 1) {
      expect(await age(day, 2)).not.toEqual([])
      expect(await follow()).not.toEqual([])
      const followed = allRows(index())
      await rebuildOrEmpty()
      expect(followed).toEqual(allRows(index()))
      const now = rowCounts(index())
      expect(now['events']).toBeLessThan(before['events'] ?? 0)
      before = now
    }
    expect(new Set(Object.values(before))).toEqual(new Set([0]))
  })

  test('[B34] nothing is taken out twice, and what is left can be asked', async () => {
    await write()
    await fill(await truthFiles(folder.path))
    await age(4, 2)
    const gone = await follow()
    expect(gone).toContain('logs/events_20260115.jsonl')
    const rows = allRows(index())
    expect(rows['tasks']?.map(({ id }) => id)).not.toContain('of-0')
    expect(rows['tasks']?.map(({ id }) => id)).toContain('of-3')
    expect(await follow()).toEqual([])
    expect(allRows(index())).toEqual(rows)
  })

  test('[B34] what was imported from elsewhere stays', async () => {
    await write()
    await fill(await truthFiles(folder.path))
    const backup = taskEvents('of-0', 0, true).map((record) => `${encodeLine(record)}\n`)
    const store = openStore(index())
    await importStream(store, Readable.from([Buffer.from(backup.join(''))]), noCounts(), {
      name: '-',
    })
    store.close()
    await age(days + 4, 2)
    await follow()
    const rows = allRows(index())
    expect(rows['tasks']?.map(({ id }) => id)).toEqual(['of-0'])
    expect(rows['events']).toHaveLength(backup.length - (rows['orderbook_snapshots']?.length ?? 0))
  })

  test('[B34] a file that is missing for another reason takes nothing with it', async () => {
    await write()
    await fill(await truthFiles(folder.path))
    const before = rowCounts(index())
    rmSync(join(folder.path, 'logs/events_20260115.jsonl'))
    expect(await follow()).toEqual([])
    expect(rowCounts(index())).toEqual(before)
  })

  test('[B34] a run that was killed in the middle is taken up again', async () => {
    await write()
    await fill(await truthFiles(folder.path))
    await age(4, 2)
    const sabotage = (sql: string): void => {
      const database = new DatabaseSync(index())
      database.exec(sql)
      database.close()
    }
    // The rows are gone, the end of it is not: what a kill between two steps leaves.
    sabotage(`CREATE TRIGGER kill BEFORE DELETE ON files BEGIN SELECT RAISE(ABORT, 'killed'); END`)
    await expect(follow()).rejects.toThrow('killed')
    sabotage('DROP TRIGGER kill')
    expect(await follow()).not.toEqual([])
    const followed = allRows(index())
    await rebuildIndex(folder.path)
    expect(followed).toEqual(allRows(index()))
  })
})

describe('an index of before it knew of files', () => {
  test('[B34, B38] is brought up to date, reads the files once more, and follows them from then on', async () => {
    await write()
    await fill(await truthFiles(folder.path))
    const rows = allRows(index())
    // What the schema added, taken away again.
    const database = new DatabaseSync(index())
    database.exec(`${toSchema4}
      DROP INDEX idx_events_file; DROP INDEX idx_spans_file; DROP INDEX idx_snapshots_file;
      DROP INDEX idx_metric_points_file;
      ALTER TABLE events DROP COLUMN file_id; ALTER TABLE spans DROP COLUMN file_id;
      ALTER TABLE orderbook_snapshots DROP COLUMN file_id; ALTER TABLE metric_points DROP COLUMN file_id;
      DROP TABLE files; DROP TABLE sightings; DROP TABLE run_files; DROP INDEX idx_events_run;
      ALTER TABLE runs DROP COLUMN status; ALTER TABLE runs DROP COLUMN started_at;
      ALTER TABLE runs DROP COLUMN ended_at; ALTER TABLE runs DROP COLUMN reason;
      ALTER TABLE runs DROP COLUMN mode; ALTER TABLE runs DROP COLUMN code_commit;
      ALTER TABLE runs DROP COLUMN config_hash; ALTER TABLE orders DROP COLUMN first_at;
      ALTER TABLE hedges DROP COLUMN first_at; ALTER TABLE positions DROP COLUMN first_at;
      ALTER TABLE orders DROP COLUMN position_id;
      PRAGMA user_version = 1`)
    database.close()
    await fill(await truthFiles(folder.path))
    expect(allRows(index())).toEqual(rows)
    await age(4, 2)
    expect(await follow()).not.toEqual([])
    const followed = allRows(index())
    await rebuildIndex(folder.path)
    expect(followed).toEqual(allRows(index()))
  })
})

/** The index anew; an empty one where no file is left to read. */
async function rebuildOrEmpty(): Promise<void> {
  if ((await allFiles(folder.path)).length > 0) {
    await rebuildIndex(folder.path)
    return
  }
  for (const suffix of ['', '-wal', '-shm']) rmSync(index() + suffix, { force: true })
  expect(existsSync(index())).toBe(false)
  openStore(index()).close()
}
