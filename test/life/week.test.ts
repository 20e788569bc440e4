/** A desk over nine days in which the clocks of its zone are changed: what stands in which file, and when files go. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { verifyFolder } from '../../src/archive/verify.ts'
import { manualClock } from '../../src/base/clock.ts'
import { startDesk } from '../../src/desk/desk.ts'
import { rebuildIndex } from '../../src/desk/import/rebuild.ts'
import { deskSettings } from '../../src/desk/settings.ts'
import { openToRead } from '../../src/desk/store/store.ts'
import { decodeLine } from '../../src/wire/line.ts'
import { readSettings } from '../../src/wire/settings.ts'
import { Folder, event, log, span } from '../archive/records.ts'
import { send } from '../desk/send.ts'
import { allRows } from '../desk/store/rows.ts'
import type { ManualClock } from '../../src/base/clock.ts'
import type { DeskHandle } from '../../src/desk/desk.ts'
import type { LogRecord, WireRecord } from '../../src/wire/record.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const archiveAfterDays = 2
const deleteAfterDays = 5

/** A change of the clocks, written down by hand: what the tests go by must not be what they test. */
interface Change {
  readonly zone: string
  /** When it comes, UTC. */
  readonly at: string
  /** Of the clocks against UTC, in hours. */
  readonly before: number
  readonly after: number
}

const changes: readonly Change[] = [
  { zone: 'Europe/Berlin', at: '2026-10-25T01:00:00Z', before: 2, after: 1 },
  { zone: 'Europe/Berlin', at: '2026-03-29T01:00:00Z', before: 1, after: 2 },
  { zone: 'America/New_York', at: '2026-11-01T06:00:00Z', before: -4, after: -5 },
  { zone: 'America/New_York', at: '2026-03-08T07:00:00Z', before: -5, after: -4 },
]

let folder: Folder
beforeEach(() => {
  folder = new Folder()
  // The hourly look of the upkeep; the rest of the desk goes by the machine's own time.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
  folder.remove()
})

/** The clocks of the zone show UTC and so much more. */
function offsetMs(change: Change, ms: number): number {
  return (ms < Date.parse(change.at) ? change.before : change.after) * hourMs
}

function clockText(change: Change, ms: number): string {
  return new Date(ms + offsetMs(change, ms)).toISOString()
}

function dayIn(change: Change, ms: number): string {
  return clockText(change, ms).slice(0, 10).replaceAll('-', '')
}

/** Every hour of nine days with the change in their middle, and both sides of each midnight. */
function instants(change: Change): number[] {
  const startMs = Date.parse(change.at) - 4 * dayMs - (Date.parse(change.at) % hourMs) + 17 * 60_000
  const found: number[] = []
  for (let ms = startMs; ms < startMs + 9 * dayMs; ms += hourMs) {
    const last = found.at(-1)
    if (last !== undefined && dayIn(change, last) !== dayIn(change, ms)) {
      let midnight = ms
      while (dayIn(change, midnight - 60_000) === dayIn(change, ms)) midnight -= 60_000
      // Midnight is on a full minute.
      midnight -= midnight % 60_000
      found.push(midnight - 1, midnight)
    }
    found.push(ms)
  }
  return found
}

/** What a bot says at an instant: a line, an order and a book of the task of these five hours, sometimes a span. */
function saidAt(ms: number, index: number): WireRecord[] {
  const time = BigInt(ms) * 1_000_000n
  const task = { 'trading.task.id': `task-${Math.floor(ms / (5 * hourMs))}` }
  const at = (record: LogRecord, name: string): LogRecord => {
    const attributes = new Map(record.attributes).set('fillpath.record.id', `aa-1-${index}${name}`)
    return { ...record, body: `${index} ${name}`, time, observedTime: time, attributes }
  }
  return [
    at(log('line'), 'line'),
    at(event('trading.order.submitted', 0, '', { ...task, 'trading.order.id': `${index}` }), 'o'),
    at(event('trading.book.snapshot', 0, '', { ...task, 'trading.book.sequence': 1n }), 'book'),
    {
      ...span('signal', (index + 1).toString(16).padStart(16, '0'), [0, 1]),
      start: time,
      end: time + 1_000_000n,
    },
  ]
}

function names(): string[] {
  for (;;) {
    try {
      return readdirSync(folder.path, { recursive: true, encoding: 'utf8' })
    } catch {
      // A folder went while it was listed.
    }
  }
}

/** Paths of what holds records, apart from chains and the index. */
function paths(): string[] {
  return names()
    .filter((path) => /\.(?:jsonl|log|json)(?:\.gz)?$/.test(path))
    .sort()
}

function linesOf(path: string): string[] {
  const bytes = readFileSync(join(folder.path, path))
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  expect(text.endsWith('\n')).toBe(true)
  return text.split('\n').slice(0, -1)
}

const bodyOf = (line: string): string => {
  const record = decodeLine(line)
  return record.signal === 'log' && typeof record.body === 'string' ? record.body : record.signal
}

function timeOf(line: string): number {
  const record = decodeLine(line)
  return Number((record.signal === 'span' ? record.start : record.time) / 1_000_000n)
}

/** By day what was sent on it, as this test reckons days. */
class Sent {
  readonly #change: Change
  readonly byDay = new Map<string, number[]>()

  constructor(change: Change) {
    this.#change = change
  }

  add(ms: number): void {
    const day = dayIn(this.#change, ms)
    this.byDay.set(day, [...(this.byDay.get(day) ?? []), ms])
  }

  /** The paths that there are to be on `today`, once the rule of age was applied. */
  paths(today: string): string[] {
    const wanted: string[] = []
    const place = (day: string, path: string): void => {
      const age = whole(today) - whole(day) - 1
      if (age < deleteAfterDays) {
        wanted.push(age < archiveAfterDays ? path : `archive/${path}.gz`)
      }
    }
    const tasks = new Map<string, string>()
    for (const [day, sent] of this.byDay) {
      for (const stem of ['logs/events', 'logs/orders', 'traces/spans']) {
        place(day, `${stem}_${day}.jsonl`)
      }
      place(day, `logs/bot_${day}.log`)
      for (const ms of sent) tasks.set(`tasks/task-${Math.floor(ms / (5 * hourMs))}`, day)
    }
    for (const [task, day] of tasks) {
      place(day, `${task}/events.jsonl`)
      place(day, `${task}/orderbooks.jsonl`)
    }
    return wanted.sort()
  }
}

const whole = (day: string): number =>
  Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`) / dayMs

function checkPaths(wanted: readonly string[]): void {
  expect(paths()).toEqual(wanted)
}

async function until(what: () => unknown, wanted: unknown): Promise<void> {
  const endMs = Date.now() + 300_000
  while (Date.now() < endMs) {
    try {
      if (JSON.stringify(what()) === JSON.stringify(wanted)) return
    } catch {
      // There is no index yet, or it is being written.
    }
    await sleep(5)
  }
  expect(what()).toEqual(wanted)
}

/** Moves both times on to `ms`: the clock that the desk looks at, and the timer of its upkeep. */
function moveTo(clock: ManualClock, ms: number): void {
  const byMs = ms - Number(clock.wallNs() / 1_000_000n)
  clock.advanceMs(byMs)
  vi.advanceTimersByTime(byMs)
}

async function start(change: Change, clock: ManualClock): Promise<DeskHandle> {
  const options = {
    data: folder.path,
    httpPort: 0,
    grpcPort: 0,
    durable: false,
    timeZone: change.zone,
    archiveAfterDays,
    deleteAfterDays,
  }
  const settings = readSettings(deskSettings, { options, environment: {} })
  return startDesk({ ...settings, clock, index: true, indexWaitMs: 300_000 })
}

/** Each line in the file of its day, in the order of its arrival; of the days that were not deleted none is missing. */
function checkLines(change: Change, sent: Sent): void {
  for (const path of paths()) {
    const day = /_(\d{8})\./.exec(path)?.[1]
    if (day === undefined || path.includes('.chain')) continue
    const instantsOf = sent.byDay.get(day) ?? []
    const lines = linesOf(path)
    const perInstant = path.includes('events_') ? 3 : path.includes('bot_') ? 2 : 1
    // Lines for people say what the clocks showed.
    const isForPeople = path.includes('bot_')
    const times = lines.map((line) => (isForPeople ? line.slice(0, 23) : timeOf(line)))
    const wanted = instantsOf.map((ms) =>
      isForPeople ? clockText(change, ms).slice(0, 23).replace('T', ' ') : ms,
    )
    expect(times).toEqual(wanted.flatMap((time) => Array.from({ length: perInstant }, () => time)))
  }
}

function bodiesInIndex(): string[] {
  const database = openToRead(join(folder.path, 'index.db'))
  try {
    const rows = database.prepare('SELECT message FROM events').all()
    const books = database.prepare('SELECT id FROM orderbook_snapshots').all()
    return [...rows.map(({ message }) => String(message)), `${books.length} books`].sort()
  } finally {
    database.close()
  }
}

/** What the files hold, each record once. */
function bodiesInFiles(): string[] {
  const bodies = new Set<string>()
  for (const path of paths()) {
    if (!/events(?:_\d+)?\.jsonl|orderbooks\.jsonl/.test(path)) continue
    for (const line of linesOf(path)) bodies.add(bodyOf(line))
  }
  const books = [...bodies].filter((body) => body.endsWith('book'))
  for (const book of books) bodies.delete(book)
  return [...bodies, `${books.length} books`].sort()
}

describe.each(changes)('nine days in $zone, the clocks change at $at', (change) => {
  test('[A21, A22, B34, B43, B48, C06] each line is in the file of its day, files are compressed and deleted in the first hour of a day, the index follows', async () => {
    const [firstMs = 0, ...restMs] = instants(change)
    const clock = manualClock(BigInt(firstMs) * 1_000_000n)
    const desk = await start(change, clock)
    const sent = new Sent(change)
    let today = ''
    let agedOn = dayIn(change, firstMs)
    try {
      for (const [index, ms] of [firstMs, ...restMs].entries()) {
        today = dayIn(change, ms)
        const isDue = today !== agedOn && ms % hourMs === 17 * 60_000
        // Until the hour is full nothing goes.
        if (isDue) checkPaths(sent.paths(agedOn))
        moveTo(clock, ms)
        if (isDue) {
          agedOn = today
          await until(paths, sent.paths(today))
          await until(bodiesInIndex, bodiesInFiles())
          checkLines(change, sent)
        }
        await send(desk, saidAt(ms, index))
        sent.add(ms)
      }
      await until(paths, sent.paths(today))
      await until(bodiesInIndex, bodiesInFiles())
    } finally {
      await desk.stop()
    }
    checkLines(change, sent)
    // The day of the change has an hour more or less.
    const counts = [...sent.byDay.values()].map(({ length }) => length)
    const longer = change.before - change.after
    expect(counts.slice(1, -1).toSorted((a, b) => a - b)).toEqual(
      [...Array.from({ length: counts.length - 3 }, () => 26), 26 + longer].sort((a, b) => a - b),
    )
    expect((await verifyFolder(folder.path)).damages).toEqual([])
    const live = allRows(join(folder.path, 'index.db'))
    await rebuildIndex(folder.path)
    expect(allRows(join(folder.path, 'index.db'))).toEqual(live)
  }, 600_000)
})
