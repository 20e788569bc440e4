import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { manualClock } from '../../src/base/clock.ts'
import { applyAge } from '../../src/archive/age.ts'
import { openArchive } from '../../src/archive/archive.ts'
import { findTraces } from '../../src/archive/flow/find.ts'
import { storedFiles } from '../../src/archive/files.ts'
import { storedNow } from '../../src/archive/recent.ts'
import { startUpkeep } from '../../src/archive/upkeep.ts'
import { Folder, at, event, log, span, traceId } from './records.ts'
import type { AgeOptions, AgeReport } from '../../src/archive/age.ts'

const dayMs = 86_400_000
const startMs = Number(at(0) / 1_000_000n)
let folder: Folder
beforeEach(() => {
  folder = new Folder()
})
afterEach(() => folder.remove())

const path = (name: string): string => join(folder.path, name)
const exists = (name: string): boolean => existsSync(path(name))
const unpacked = (name: string): string => gunzipSync(readFileSync(path(name))).toString()
const now = async (work: () => Promise<void>): Promise<void> => work()

async function age(days: number, more: Partial<AgeOptions> = {}): Promise<AgeReport> {
  return applyAge(folder.path, {
    nowMs: startMs + days * dayMs,
    timeZone: 'UTC',
    archiveAfterDays: 7,
    deleteAfterDays: 90,
    exclusively: now,
    ...more,
  })
}

/** One day of everything: a flow, a line, a task. */
async function trade(): Promise<void> {
  const archive = await openArchive({ folder: folder.path, clock: manualClock(at(0)) })
  await archive.write([
    log('a line'),
    event('trading.order.filled', 1, '', {
      'trading.order.id': '881',
      'trading.task.id': 'abc',
    }),
    event('trading.task.completed', 2, '', { 'trading.task.id': 'abc' }),
    span('order', '00f067aa0ba902b7', [0, 230]),
  ])
  await archive.close()
}

describe('the age of files', () => {
  test('[B34, B43, C03, C06, A22] compresses after its days, deletes after its days, and not one day sooner', async () => {
    await trade()
    const before = folder.files()
    const events = readFileSync(path('logs/events_20261121.jsonl'), 'utf8')
    expect(await age(7)).toMatchObject({ archived: [], deleted: [], faults: [] })
    expect(folder.files()).toEqual(before)
    const report = await age(8)
    expect(report.faults).toEqual([])
    expect(report.archived.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      'logs/bot_20261121.log',
      'logs/events_20261121.jsonl',
      'logs/orders_20261121.jsonl',
      'tasks/abc/events.jsonl',
      'tasks/abc/summary.json',
      'traces/spans_20261121.jsonl',
    ])
    expect(unpacked('archive/logs/events_20261121.jsonl.gz')).toBe(events)
    expect(folder.files()).toMatchObject({
      'archive/logs': '700',
      'archive/logs/events_20261121.jsonl.gz': '600',
    })
    expect(exists('logs/events_20261121.jsonl')).toBe(false)
    expect(exists('tasks/abc')).toBe(false)
    expect(await age(90)).toMatchObject({ archived: [], deleted: [] })
    expect((await age(91)).deleted).toHaveLength(6)
    expect(Object.keys(folder.files()).filter((name) => /\.(gz|jsonl|log)$/.test(name))).toEqual([])
  })

  test('[C06] goes by the date in the name and in the records, not by the time of the file', async () => {
    await trade()
    // All files were made just now, by the clock of the machine.
    expect((await age(8)).archived).toHaveLength(6)
    writeFileSync(path('logs/events_20261129.jsonl'), 'of the ninth day\n')
    expect((await age(8)).archived).toEqual([])
  })

  test('[C06] 0 means never, and a dry run changes nothing', async () => {
    await trade()
    const before = folder.files()
    const kept = await age(1000, { archiveAfterDays: 0, deleteAfterDays: 0 })
    expect(kept).toMatchObject({ archived: [], deleted: [] })
    expect((await age(8, { dryRun: true })).archived).toHaveLength(6)
    const deleting = await age(1000, { dryRun: true })
    expect(deleting.deleted).toHaveLength(6)
    expect(deleting.bytesFreed).toBeGreaterThan(1_000)
    expect(folder.files()).toEqual(before)
  })

  test('[B43] what is archived is found as before', async () => {
    await trade()
    await age(8)
    expect(await findTraces(folder.path, '881')).toEqual([{ traceId, by: 'trading.order.id' }])
    const stored = await storedNow(folder.path, 'events')
    expect(await stored.last(10, () => true)).toHaveLength(3)
    const since: string[] = []
    for await (const lines of stored.since(startMs - 1, () => true)) since.push(...lines)
    expect(since).toHaveLength(3)
  })

  test('[B43] a task that goes on after it was archived is added to, and keeps its first part', async () => {
    await trade()
    await age(8)
    const first = unpacked('archive/tasks/abc/events.jsonl.gz')
    const clock = manualClock(at(10 * dayMs))
    const archive = await openArchive({ folder: folder.path, clock })
    const late = { time: at(10 * dayMs), observedTime: at(10 * dayMs) }
    await archive.write([log('late', { 'trading.task.id': 'abc' }, late)])
    await archive.close()
    const second = readFileSync(path('tasks/abc/events.jsonl'), 'utf8')
    await age(18)
    expect(unpacked('archive/tasks/abc/events.jsonl.gz')).toBe(first + second)
    // The task is now as old as its new end.
    expect((await age(95)).deleted).not.toContain('archive/tasks/abc/events.jsonl.gz')
    expect((await age(101)).deleted).toContain('archive/tasks/abc/events.jsonl.gz')
  })

  test('[B43] a file that grows while it is compressed stays as it is, for the next time', async () => {
    mkdirSync(path('logs'))
    const name = 'logs/events_20261121.jsonl'
    writeFileSync(path(name), 'one\n')
    const report = await age(8, {
      exclusively: async (work) => {
        appendFileSync(path(name), 'two\n')
        await work()
      },
    })
    expect(report).toMatchObject({ archived: [], faults: [] })
    expect(readFileSync(path(name), 'utf8')).toBe('one\ntwo\n')
    expect((await age(8)).archived).toEqual([name])
    expect(unpacked(`archive/${name}.gz`)).toBe('one\ntwo\n')
  })

  test('[B43] an obstacle is said, and hinders no other file', async () => {
    await trade()
    mkdirSync(path('archive/logs/events_20261121.jsonl.gz'), { recursive: true })
    const report = await age(8)
    expect(report.faults).toHaveLength(1)
    expect(report.faults[0]).toContain('logs/events_20261121.jsonl')
    expect(report.archived).toHaveLength(5)
    expect(exists('logs/events_20261121.jsonl')).toBe(true)
  })
})

describe('a kill while files are compressed', () => {
  test('[B43, B48] at any step leaves each line once, and the next run ends the work', async () => {
    const line = `${'x'.repeat(200)}\n`
    const names = Array.from({ length: 6 }, (_, index) => `logs/events_2026112${index}.jsonl`)
    mkdirSync(path('logs'))
    for (const [index, name] of names.entries()) {
      writeFileSync(path(name), `${index} ${line}`.repeat(4_000))
    }
    const ager = fileURLToPath(new URL('ager.ts', import.meta.url))
    for (let kill = 0; kill < 8; kill += 1) {
      const child = spawn(process.execPath, [ager, folder.path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), kill * 12))
      await once(child, 'close')
      const files = await storedFiles(folder.path, 'events')
      expect(files.map(({ day }) => day)).toEqual(names.map((name) => name.slice(12, 20)))
      for (const [index, { path: name, compressed }] of files.entries()) {
        const text = compressed ? unpacked(name) : readFileSync(path(name), 'utf8')
        expect(text).toBe(`${index} ${line}`.repeat(4_000))
      }
    }
    await age(30)
    expect((await storedFiles(folder.path, 'events')).every(({ compressed }) => compressed)).toBe(
      true,
    )
    expect(Object.keys(folder.files()).filter((name) => name.endsWith('.new.gz'))).toEqual([])
  })
})

describe('the upkeep of a desk', () => {
  test('[A22, C06] runs at the start and on each new day, while records come', async () => {
    const clock = manualClock(at(0))
    const notices: string[] = []
    const archive = await openArchive({ folder: folder.path, clock })
    const upkeep = startUpkeep({
      folder: folder.path,
      timeZone: 'UTC',
      archiveAfterDays: 2,
      deleteAfterDays: 5,
      exclusively: async (work) => archive.exclusively(work),
      clock,
      onNotice: (message) => notices.push(message),
    })
    for (let day = 0; day < 10; day += 1) {
      const writing = Array.from({ length: 20 }, async (_, index) =>
        archive.write([log(`${day}.${index}`)]),
      )
      await Promise.all([upkeep.run(), ...writing])
      clock.advanceMs(dayMs)
    }
    await upkeep.stop()
    await archive.close()
    const files = await storedFiles(folder.path, 'events')
    expect(files.map(({ day, compressed }) => [day, compressed])).toEqual([
      ['20261125', true],
      ['20261126', true],
      ['20261127', true],
      ['20261128', false],
      ['20261129', false],
      ['20261130', false],
    ])
    expect(notices.filter((text) => text.startsWith('deleted'))).not.toEqual([])
  })
})
