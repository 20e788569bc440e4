import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { assert, integer, property, shuffledSubarray } from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStore, openToRead } from '../../../src/desk/store/store.ts'
import { schemaNumber } from '../../../src/desk/store/schema.ts'
import { explained, hasSafeWal } from '../../../src/desk/store/sqlite.ts'
import type { WireRecord } from '../../../src/wire/record.ts'
import { allRows, filledIndex, rowCounts, toSchema4 } from './rows.ts'
import { dayStartMs, event, gauge, scenario } from './scenario.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-store-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function filled(name: string, batches: readonly (readonly WireRecord[])[]): string {
  return filledIndex(join(folder, name), batches)
}

describe('what is in the index', () => {
  test('[B08, B22] a task has its result, what it filled and hedged, pauses, profit and whether it worked', () => {
    const { tasks } = allRows(filled('index.db', [scenario()]))
    expect(tasks).toMatchObject([
      {
        id: 'bad',
        status: 'failed',
        is_success: 0,
        profit: '-2.36',
        reason: 'hedge failed',
        filled_qty: '2',
        hedged_qty: '0',
        unwind_loss: '2.3',
        created_at: dayStartMs + 1_010,
        duration_ms: 350.5,
      },
      {
        id: 'good',
        type: 'arbitrage',
        title: 'BTC up?',
        status: 'completed',
        is_success: 1,
        quantity: '2',
        filled_qty: '2',
        avg_price: '101.15',
        hedged_qty: '2',
        avg_hedge_price: '102',
        profit: '1.7',
        profit_num: 1.7,
        pause_count: 1,
        price_guard_count: 1,
        hedge_retry_count: 0,
        code_commit: '3f2c1ab',
        created_at: dayStartMs + 10,
      },
    ])
    expect(tasks?.[1]?.['profit_percent']).toBeCloseTo((100 * 1.7) / (2 * 101.15), 10)
  })

  test('[B25] an order is one row with its times, its state and what it filled; its fills are rows of their own', () => {
    const { orders, fills } = allRows(filled('index.db', [scenario()]))
    expect(orders?.map(({ key, status }) => [key, status])).toEqual([
      ['binance/bad-1', 'filled'],
      ['binance/good-1', 'filled'],
      ['bybit/bad-2', 'rejected'],
      ['bybit/good-2', 'filled'],
    ])
    expect(orders?.[1]).toMatchObject({
      order_id: 'good-881',
      submitted_at: dayStartMs + 41,
      filled_at: dayStartMs + 71,
      filled_qty: '2',
      avg_price: '101.15',
      ack_latency_ms: 12.5,
      hedge_key: null,
    })
    expect(orders?.[2]).toMatchObject({ reason: 'insufficient_balance', filled_at: null })
    expect(fills?.map(({ exec_id, quantity, fee }) => [exec_id, quantity, fee])).toEqual([
      ['f1', '0.5', '0.01'],
      ['f2', '1.5', '0.05'],
      ['f1', '0.5', '0.01'],
      ['f2', '1.5', '0.05'],
      ['h-f1', '2', null],
    ])
  })

  test('[B25] a fill that the venue took back is no row any more, whichever came first', () => {
    const order = { 'trading.venue': 'okx', 'trading.order.client_id': 'c1' }
    const fill = event('trading.order.filled', 1, {
      ...order,
      'trading.fill.id': 'f1',
      'trading.fill.quantity': '2',
      'trading.fill.fee': '0.03',
      'trading.order.filled_quantity': '2',
      'trading.order.average_price': '9',
    })
    const bust = event('trading.order.fill_busted', 2, {
      ...order,
      'trading.fill.ref_id': 'f1',
      'trading.fill.quantity': '2',
      'trading.fill.fee': '-0.03',
      'trading.order.filled_quantity': '0',
    })
    for (const [index, batches] of [[[fill, bust]], [[fill], [bust]], [[bust], [fill]]].entries()) {
      const rows = allRows(filled(`${index}.db`, batches))
      expect(rows['fills']).toEqual([])
      expect(rows['orders']).toMatchObject([{ filled_qty: '0', avg_price: null, filled_at: null }])
    }
  })

  test('[B25] an order id that came as a number keeps its last digits', () => {
    const order = event('trading.order.accepted', 1, {
      'trading.venue': 'bybit',
      'trading.order.id': 1_234_567_890_123_456_789n,
    })
    expect(allRows(filled('index.db', [[order]]))['orders']).toMatchObject([
      { key: 'bybit/1234567890123456789', order_id: '1234567890123456789' },
    ])
  })

  test('[B25] a fill that was derived goes when the fill comes that it stood for, with its price and fee', () => {
    const order = { 'trading.venue': 'okx', 'trading.order.client_id': 'c1' }
    const derived = event('trading.order.partially_filled', 1, {
      ...order,
      'trading.fill.quantity': '2',
      'trading.fill.price': '9',
      'trading.fill.derived': true,
      'trading.order.filled_quantity': '2',
    })
    const confirmed = event('trading.order.fill_confirmed', 2, {
      ...order,
      'trading.fill.id': 'f1',
      'trading.fill.quantity': '1.5',
      'trading.fill.price': '10',
      'trading.fill.fee': '0.03',
      'trading.order.filled_quantity': '2',
    })
    const wanted = [
      { exec_id: null, quantity: '0.5', price: '9', fee: null },
      { exec_id: 'f1', quantity: '1.5', price: '10', fee: '0.03', fee_num: 0.03 },
    ]
    const orders = [[[derived, confirmed]], [[derived], [confirmed]], [[confirmed], [derived]]]
    for (const [index, batches] of orders.entries())
      expect(allRows(filled(`${index}.db`, batches))['fills']).toMatchObject(wanted)
  })

  test('[B08] what closes a position counts neither as what its task opened nor as a hedge of it', () => {
    const task = { 'trading.task.id': 't', 'trading.correlation_id': 'sig_t' }
    const order = (ms: number, id: string, price: string, said: object): WireRecord =>
      event('trading.order.filled', ms, {
        ...task,
        'trading.order.client_id': id,
        'trading.order.filled_quantity': '2',
        'trading.order.average_price': price,
        'trading.order.side': 'buy',
        ...said,
      })
    const rows = allRows(
      filled('index.db', [
        [
          event('trading.task.started', 0, task),
          order(1, 'open', '100', { 'trading.position.id': 'p1', 'trading.position.side': 'long' }),
          order(2, 'close', '110', {
            'trading.order.side': 'sell',
            'trading.position.id': 'p1',
            'trading.position.side': 'long',
          }),
          order(3, 'close-2', '111', {
            'trading.position.id': 'p2',
            'trading.position.side': 'short',
            'trading.hedge.id': 'h1',
          }),
          event('trading.task.completed', 4, { ...task, 'trading.task.profit': '20' }),
        ],
      ]),
    )
    expect(rows['tasks']).toMatchObject([{ filled_qty: '2', avg_price: '100', profit_percent: 10 }])
    expect(rows['orders']).toMatchObject([
      { client_id: 'close', position_id: 'p1', hedge_key: null },
      { client_id: 'close-2', position_id: 'p2', hedge_key: null },
      { client_id: 'open', position_id: null },
    ])
  })

  test('[B08] a task knows of fills and hedges whose events do not name it, in whatever batch they come', () => {
    const order = { 'trading.venue': 'okx', 'trading.order.client_id': 'c1' }
    const hedge = { 'trading.hedge.id': 'h1', 'trading.correlation_id': 'sig_t' }
    const task = { 'trading.task.id': 't', 'trading.correlation_id': 'sig_t' }
    const records = [
      event('trading.task.started', 0, task),
      event('trading.order.submitted', 1, { ...task, ...order }),
      event('trading.hedge.started', 2, { ...task, ...hedge }),
      event('trading.order.filled', 3, { ...order, 'trading.order.filled_quantity': '2' }),
      event('trading.hedge.completed', 4, { ...hedge, 'trading.hedge.covered_quantity': '1' }),
    ]
    const wanted = [{ id: 't', filled_qty: '2', hedged_qty: '1' }]
    const batches = records.map((record) => [record])
    for (const [name, parts] of Object.entries({ whole: [records], parts: batches }))
      expect(allRows(filled(name, parts))['tasks'], name).toMatchObject(wanted)
  })

  test('[B23, B24] events and snapshots stand apart, each with numbers of their own, and no snapshot is an event', () => {
    const rows = allRows(filled('index.db', [scenario()]))
    const good = rows['events']?.filter(({ task_id }) => task_id === 'good')
    expect(good?.map(({ sequence }) => sequence).sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 16 }, (_, index) => index + 1),
    )
    const books = rows['orderbook_snapshots']?.filter(({ task_id }) => task_id === 'good')
    expect(books?.map(({ sequence }) => sequence).sort()).toEqual([1, 2])
    expect(rows['snapshot_books']?.[0]).toMatchObject({
      venue: 'binance',
      spread: '1',
      latency_ms: 12,
    })
  })

  test('[B26] the seven indexes of the plan are there, and the timeline of a task uses its own', () => {
    const database = openToRead(filled('index.db', [scenario()]))
    const names = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'index'`).all()
    expect(names.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'idx_events_task',
        'idx_events_type',
        'idx_events_timestamp',
        'idx_snapshots_task',
        'idx_orders_task',
        'idx_tasks_status',
        'idx_tasks_created',
      ]),
    )
    const plan = database
      .prepare(`EXPLAIN QUERY PLAN SELECT * FROM events WHERE task_id = ?`)
      .all('x')
    expect(String(plan[0]?.['detail'])).toContain('idx_events_task')
    database.close()
  })

  test('[B03] a gauge keeps the last value of each minute with its lowest and highest', () => {
    const { metric_points } = allRows(filled('index.db', [scenario()]))
    expect(
      metric_points?.map(({ bucket, value, low, high }) => [
        Number(bucket) - dayStartMs,
        value,
        low,
        high,
      ]),
    ).toEqual([
      [0, 0.5, 0.5, 2],
      [60_000, 0, 0, 0],
    ])
  })
})

test('[B03] points of two bots that name no run are two series', () => {
  const of = (service: string): WireRecord => {
    const attributes = new Map([['service.name', service]])
    return { ...gauge(0, 1), resource: { attributes, droppedAttributesCount: 0, schemaUrl: '' } }
  }
  expect(rowCounts(filled('index.db', [[of('a'), of('b'), of('a')]]))['metric_points']).toBe(2)
})

describe('[X16] runs', () => {
  const begun = { 'trading.code.commit': '3f2c1ab', 'trading.config.hash': '9f86d081884c7d65' }
  const ended = event('trading.run.ended', 900, { 'trading.shutdown.reason': 'SIGTERM' })
  const crashed = event('trading.run.crashed', 700, begun)
  const started = event('trading.run.started', 0, { ...begun, 'trading.mode': 'live' })
  const line = event('trading.error', 500, {})

  function rowsAfter(...records: readonly WireRecord[]): Record<string, unknown>[] | undefined {
    return allRows(filled(`${records.length}-${Math.random()}.db`, [records]))['runs']
  }

  test('say how they began and ended, with code, configuration and mode', () => {
    const code = { mode: 'live', code_commit: '3f2c1ab', config_hash: '9f86d081884c7d65' }
    const at = { run_id: 'run-1', service: 'hedge-bot', started_at: dayStartMs, ...code }
    expect(rowsAfter(started, line)).toMatchObject([{ ...at, status: 'running', ended_at: null }])
    expect(rowsAfter(started, line, ended)).toMatchObject([
      { ...at, status: 'ended', ended_at: dayStartMs + 900, reason: 'SIGTERM' },
    ])
    expect(rowsAfter(started, line, crashed)).toMatchObject([
      { ...at, status: 'crashed-recovered', ended_at: dayStartMs + 700, reason: null },
    ])
  })

  test('of a bot that says nothing of its runs are known by their records alone', () => {
    expect(rowsAfter(line)).toMatchObject([
      { run_id: 'run-1', first_at: dayStartMs + 500, status: null, started_at: null },
    ])
  })

  test('that crashed in their first millisecond are no running ones; the same id once more is', () => {
    const early = event('trading.run.crashed', -1, begun)
    expect(rowsAfter(started, early)).toMatchObject([{ status: 'crashed-recovered' }])
    const again = event('trading.run.started', 800, {})
    expect(rowsAfter(started, crashed, again)).toMatchObject([{ status: 'running' }])
    // Taken for dead while it was stopped only, and ended in good order later.
    expect(rowsAfter(started, crashed, ended)).toMatchObject([
      { status: 'ended', ended_at: dayStartMs + 900 },
    ])
  })

  test('[B44] [P12] have equal rows in whatever order and however often their events come', () => {
    const wanted = rowsAfter(started, line, ended)
    const orders = [
      [[ended], [started, line]],
      [[line], [ended], [started]],
      [[started, line, ended], [ended, started], [line]],
    ]
    for (const [number, batches] of orders.entries())
      expect(allRows(filled(`order-${number}.db`, batches))['runs']).toEqual(wanted)
  })

  test('[B38] of an index from before are folded when it is brought up to date', () => {
    const path = filled('index.db', [[started, line, ended]])
    const rows = allRows(path)
    const database = new DatabaseSync(path)
    database.exec(toSchema4)
    const columns = [
      'status',
      'started_at',
      'ended_at',
      'reason',
      'mode',
      'code_commit',
      'config_hash',
    ]
    for (const column of columns) database.exec(`ALTER TABLE runs DROP COLUMN ${column}`)
    for (const table of ['orders', 'hedges', 'positions'])
      database.exec(`ALTER TABLE ${table} DROP COLUMN first_at`)
    database.exec('ALTER TABLE orders DROP COLUMN position_id')
    database.exec('DROP INDEX idx_events_run; PRAGMA user_version = 2')
    database.close()
    openStore(path).close()
    expect(allRows(path)).toEqual(rows)
  })
})

describe('what follows from events', () => {
  test('[B38] is made anew when an index from before is brought up to date', () => {
    const path = filled('index.db', [scenario()])
    const rows = allRows(path)
    const database = new DatabaseSync(path)
    database.exec(toSchema4)
    for (const table of ['orders', 'hedges', 'positions'])
      database.exec(`ALTER TABLE ${table} DROP COLUMN first_at`)
    database.exec('ALTER TABLE orders DROP COLUMN position_id')
    database.exec(
      `DELETE FROM fills; UPDATE positions SET status = 'open'; UPDATE tasks SET filled_qty = '0'`,
    )
    database.exec('PRAGMA user_version = 3')
    database.close()
    openStore(path).close()
    expect(allRows(path)).toEqual(rows)
  })
})

describe('the same rows', () => {
  test('[B44] [P12] a record that comes again adds nothing, in whatever batch', () => {
    const path = filled('index.db', [scenario()])
    const before = allRows(path)
    const store = openStore(path)
    const counts = store.add(scenario().map((record) => ({ record })))
    store.close()
    expect(counts).toEqual({ added: 0, known: scenario().length })
    expect(allRows(path)).toEqual(before)
  })

  test('[B08] any order and any batches give equal rows', () => {
    const records = scenario()
    const wanted = allRows(filled('index.db', [records]))
    let run = 0
    assert(
      property(
        shuffledSubarray(records, { minLength: records.length, maxLength: records.length }),
        integer({ min: 1, max: records.length }),
        (shuffled, size) => {
          const batches = Array.from({ length: Math.ceil(shuffled.length / size) }, (_, index) =>
            shuffled.slice(index * size, (index + 1) * size),
          )
          expect(allRows(filled(`${(run += 1)}.db`, batches))).toEqual(wanted)
        },
      ),
      { numRuns: 25 },
    )
  })

  test('[B44] a record id decides, where there is one; content decides where there is none', () => {
    const one = event('trading.error', 1, { 'fillpath.record.id': 'i-b-1' })
    const other = event('trading.error', 1, { 'fillpath.record.id': 'i-b-2' })
    const plain = event('trading.error', 1, {})
    const path = filled('index.db', [
      [one, other, one, plain, { ...plain }, { ...plain, body: 'else' }],
    ])
    expect(rowCounts(path)['events']).toBe(4)
  })

  test('[D02] a batch is one transaction: one that fails leaves nothing of itself, nor of how far its file was read', () => {
    const path = join(folder, 'index.db')
    const store = openStore(path)
    const before = allRows(path)
    const broken = { ...gauge(1, 1), time: 2n ** 90n }
    const records = [...scenario(), broken].map((record) => ({ record }))
    const position = { path: 'events.jsonl', bytes: 900, lines: 9, head: 'x' }
    expect(() => store.add(records, position)).toThrow()
    expect(allRows(path)).toEqual(before)
    expect(store.positionOf('events.jsonl')).toBeUndefined()
    store.add(records.slice(0, -1), position)
    expect(store.positionOf('events.jsonl')).toEqual(position)
    store.close()
    expect(allRows(path)).toEqual(allRows(filled('whole.db', [scenario()])))
  })

  test('[D02] nobody who reads sees a part of a batch', () => {
    const path = filled('index.db', [])
    const store = openStore(path)
    const counts = new Set<number>()
    const records = scenario().map((record) => ({
      get record() {
        counts.add(rowCounts(path)['events'] ?? 0)
        return record
      },
    }))
    store.add(records)
    store.close()
    expect([...counts]).toEqual([0])
    expect(rowCounts(path)['events']).toBeGreaterThan(0)
  })
})

describe('an index that cannot be used', () => {
  test('[X39] one of a newer fillpath is refused, to read and to write, and stays as it is', () => {
    const path = filled('index.db', [scenario()])
    const database = new DatabaseSync(path)
    database.exec(`PRAGMA user_version = ${schemaNumber + 1}`)
    database.close()
    for (const open of [openStore, openToRead]) {
      expect(() => open(path)).toThrow(
        expect.objectContaining({
          code: 'index_unusable',
          hint: expect.stringContaining('rebuild'),
        }),
      )
    }
  })

  test('[X39] one of an older fillpath is refused to who only reads: its tables lack columns', () => {
    const path = filled('index.db', [scenario()])
    const database = new DatabaseSync(path)
    database.exec(`PRAGMA user_version = ${schemaNumber - 1}`)
    database.close()
    expect(() => openToRead(path)).toThrow(
      expect.objectContaining({
        code: 'index_unusable',
        message: expect.stringContaining(`has schema ${schemaNumber - 1}`),
      }),
    )
  })

  test('[X39] a damaged one, one of something else and a missing one are told apart', () => {
    const damaged = join(folder, 'damaged.db')
    writeFileSync(damaged, Buffer.alloc(8192, 'x'))
    expect(() => openStore(damaged)).toThrow(
      expect.objectContaining({ code: 'index_unusable', hint: expect.stringContaining('rebuild') }),
    )
    const foreign = join(folder, 'foreign.db')
    const database = new DatabaseSync(foreign)
    database.exec('CREATE TABLE notes (text TEXT)')
    database.close()
    expect(() => openStore(foreign)).toThrow(expect.objectContaining({ code: 'index_unusable' }))
    expect(() => openToRead(join(folder, 'none.db'))).toThrow(
      expect.objectContaining({ code: 'not_found' }),
    )
  })

  test('[X39] a lock that stays is told as such', () => {
    const path = filled('index.db', [])
    const holder = new DatabaseSync(path)
    holder.exec('BEGIN IMMEDIATE')
    const other = new DatabaseSync(path, { timeout: 0 })
    expect(() => explained(path, () => other.exec('BEGIN IMMEDIATE'))).toThrow(
      expect.objectContaining({ code: 'index_busy' }),
    )
    holder.close()
    other.close()
  })

  test('the file is for its owner alone', () => {
    expect(statSync(filled('index.db', [])).mode & 0o777).toBe(0o600)
  })

  test.each([
    ['3.50.4', false],
    ['3.51.2', false],
    ['3.51.3', true],
    ['3.53.4', true],
    ['4.0.0', true],
  ])('WAL of SQLite %s with several writers: safe is %s', (version, safe) => {
    expect(hasSafeWal(version)).toBe(safe)
  })
})
