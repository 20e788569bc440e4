import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startDesk } from '../../src/desk/desk.ts'
import { rebuildIndex } from '../../src/desk/import/rebuild.ts'
import { deskSettings } from '../../src/desk/settings.ts'
import { openToRead } from '../../src/desk/store/store.ts'
import { readSettings } from '../../src/wire/settings.ts'
import { allRows } from '../desk/store/rows.ts'

const recording = '../shared/data/market/binance-btcusdt-2021-01-08-trades.csv'
const isThere = existsSync(recording)
if (!isThere) console.warn(`SKIPPED: ${recording} is missing, so no recorded market is traded`)

/** The reference bot trades the recording into a desk, as processes of their own would; the desk fills its index. */
describe.skipIf(!isThere)('the recorded Binance market, traded into a desk', () => {
  let folder = ''
  let data = ''
  let live: ReturnType<typeof allRows> = {}
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fillpath-recorded-'))
    data = join(folder, 'data')
    const settings = readSettings(deskSettings, { options: { data, httpPort: 0, grpcPort: 0 } })
    const desk = await startDesk({
      ...settings,
      index: true,
      indexWaitMs: 300_000,
      onNotice: () => undefined,
    })
    const bot = spawn(
      process.execPath,
      ['src/bot/main.ts', '--market', recording, '--speed', 'max', '--seed', '3', '--json'],
      {
        env: {
          ...process.env,
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${desk.ports.http}`,
          FILLPATH_SPOOL_FOLDER: join(folder, 'spool'),
          FILLPATH_SHUTDOWN_TIMEOUT: '60000',
        },
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    )
    bot.stdout.resume()
    const [code]: unknown[] = await once(bot, 'close')
    await desk.stop()
    expect(code).toBe(0)
    live = allRows(join(data, 'index.db'))
  }, 600_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('[B01, B03, B52] gives rows of every kind', () => {
    const kinds = ['events', 'orderbook_snapshots', 'spans', 'metric_points', 'runs', 'tasks']
    for (const table of [...kinds, 'orders', 'fills', 'hedges', 'positions']) {
      expect([table, live[table]?.length ?? 0]).not.toEqual([table, 0])
    }
  })

  test('[B03, B27, B52] the index filled live, one imported from the files and one rebuilt have equal rows', async () => {
    const other = join(folder, 'imported')
    const args = ['src/cli.ts', 'import', data, '--data', other, '--json']
    const imported = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect([imported.status, imported.stderr]).toEqual([0, ''])
    expect(JSON.parse(imported.stdout)).toMatchObject({ bad: 0, unfinished: 0 })
    expect(allRows(join(other, 'index.db'))).toEqual(live)
    await rebuildIndex(data)
    expect(allRows(join(data, 'index.db'))).toEqual(live)
  }, 600_000)

  test('[B01] every order of a task has the order books of then: named by its events, or taken as its position was closed', () => {
    const database = openToRead(join(data, 'index.db'))
    try {
      const events = database
        .prepare(
          `SELECT type, order_key, payload ->> '$."trading.book.sequence"' IS NOT NULL AS named,
            EXISTS (SELECT 1 FROM orderbook_snapshots AS s WHERE s.task_id = e.task_id
              AND s.sequence = e.payload ->> '$."trading.book.sequence"'
              AND (s.timestamp, s.ns) <= (e.timestamp, e.ns)) AS kept,
            EXISTS (SELECT 1 FROM orderbook_snapshots AS s WHERE s.task_id = e.task_id AND e.position_id IS NOT NULL
              AND s.trigger = 'position_close' AND (s.timestamp, s.ns) <= (e.timestamp, e.ns)) AS closing
          FROM events AS e WHERE task_id IS NOT NULL AND order_key IS NOT NULL`,
        )
        .all()
      expect(events.length).toBeGreaterThan(50)
      expect(events.filter(({ kept, closing }) => kept === 0 && closing === 0)).toEqual([])
      expect(events.filter(({ named, kept }) => named === 1 && kept === 0)).toEqual([])
      expect(events.filter(({ kept }) => kept === 1).length).toBeGreaterThan(20)
      const thin = database
        .prepare(
          `SELECT s.task_id, s.sequence, count(b.venue) AS venues FROM orderbook_snapshots AS s
            LEFT JOIN snapshot_books AS b ON b.snapshot_key = s.key AND b.depth_json <> '[]'
            GROUP BY s.key HAVING venues < 2`,
        )
        .all()
      expect(thin).toEqual([])
      const triggers = database.prepare('SELECT DISTINCT trigger FROM orderbook_snapshots').all()
      expect(triggers.map(({ trigger }) => String(trigger)).toSorted()).toEqual(
        expect.arrayContaining(['hedge_start', 'order_submit', 'position_close', 'task_created']),
      )
    } finally {
      database.close()
    }
  })

  test('[B01] the folder of each task has its events and its order books, with what the index has of them', () => {
    const tasks = readdirSync(join(data, 'tasks'))
    expect(tasks.toSorted()).toEqual((live['tasks'] ?? []).map(({ id }) => String(id)).toSorted())
    for (const task of tasks) {
      const lines = (name: string): number =>
        readFileSync(join(data, 'tasks', task, name), 'utf8').split('\n').length - 1
      const of = (table: string): number =>
        (live[table] ?? []).filter(({ task_id }) => task_id === task).length
      expect([task, lines('orderbooks.jsonl')]).toEqual([task, of('orderbook_snapshots')])
      expect([task, lines('events.jsonl')]).toEqual([task, of('events')])
    }
  })
})
