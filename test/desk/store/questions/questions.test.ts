import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { costs } from '../../../../src/desk/store/questions/costs.ts'
import { errors } from '../../../../src/desk/store/questions/errors.ts'
import { eventList } from '../../../../src/desk/store/questions/events.ts'
import { failures } from '../../../../src/desk/store/questions/failures.ts'
import { flow } from '../../../../src/desk/store/questions/flow.ts'
import { exposure, fills, orders, positions } from '../../../../src/desk/store/questions/lists.ts'
import { orderbook } from '../../../../src/desk/store/questions/orderbook.ts'
import { performance } from '../../../../src/desk/store/questions/performance.ts'
import { sql } from '../../../../src/desk/store/questions/sql.ts'
import { stats } from '../../../../src/desk/store/questions/stats.ts'
import { timeline } from '../../../../src/desk/store/questions/timeline.ts'
import { why } from '../../../../src/desk/store/questions/why.ts'
import { openStore, openToRead } from '../../../../src/desk/store/store.ts'
import { traceIdOf } from '../../../../src/base/ids.ts'
import type { Answer, AnswerRow } from '../../../../src/desk/store/questions/answer.ts'
import type { Database } from '../../../../src/desk/store/sqlite.ts'
import type { WireRecord } from '../../../../src/wire/record.ts'
import { filledIndex } from '../rows.ts'
import { dayStartMs, event, scenario } from '../scenario.ts'

let folder = ''
let database: Database
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-questions-'))
  const path = join(folder, 'index.db')
  const store = openStore(path)
  store.add(scenario().map((record) => ({ record })))
  store.close()
  database = openToRead(path)
})
afterAll(() => {
  database.close()
  rmSync(folder, { recursive: true, force: true })
})

function rows(answer: Answer, section: string): readonly AnswerRow[] {
  return answer.find(({ name }) => name === section)?.rows ?? []
}

describe('one task, one flow', () => {
  test('[B28] the timeline has every step of the task and the snapshots in their places', () => {
    const answer = timeline(database, 'bad')
    expect(rows(answer, 'task')).toMatchObject([{ id: 'bad', status: 'failed' }])
    expect(rows(answer, 'timeline').map(({ ms, event }) => [ms, event])).toEqual([
      [0, 'task.created'],
      [1, 'book.snapshot'],
      [11, 'task.started'],
      [21, 'signal.detected'],
      [31, 'order.submitted'],
      [41, 'order.accepted'],
      [51, 'order.partially_filled'],
      [61, 'order.filled'],
      [71, 'price_guard.triggered'],
      [81, 'task.paused'],
      [91, 'task.resumed'],
      [92, 'book.snapshot'],
      [102, 'hedge.started'],
      [112, 'hedge.attempted'],
      [122, 'order.submitted'],
      [132, 'order.rejected'],
      [142, 'hedge.failed'],
      [152, 'unwind.started'],
      [162, 'unwind.completed'],
      [172, 'task.failed'],
    ])
  })

  test.each([
    'sig_good',
    traceIdOf('sig_good'),
    traceIdOf('sig_good').slice(0, 8),
    'good-1',
    'good-881',
    'good',
  ])('[A67, A68, A75] the flow is found by %s, whole from signal to trade', (id) => {
    const answer = flow(database, id)
    expect(rows(answer, 'orders').map(({ client_id }) => client_id)).toEqual(['good-1', 'good-2'])
    expect(rows(answer, 'hedges').map(({ status }) => status)).toEqual(['completed'])
    const events = rows(answer, 'events').map(({ event }) => event)
    expect(events).toHaveLength(16)
    expect(events.slice(0, 4)).toEqual([
      'task.created',
      'task.started',
      'signal.detected',
      'order.submitted',
    ])
  })

  test('[A68] the flow of a position is found by its id', () => {
    expect(rows(flow(database, 'p1'), 'positions')).toMatchObject([{ id: 'p1', profit: '19.98' }])
  })

  test('[B31] a snapshot shows a ladder for each venue, spread and depth, and what changed', () => {
    const answer = orderbook(database, 'good', 2)
    expect(rows(answer, 'books')).toEqual([
      {
        venue: 'binance',
        best_bid: '100.5',
        best_ask: '101.5',
        spread: '1',
        bid_depth: '3',
        ask_depth: '5',
        latency_ms: 12,
      },
      {
        venue: 'bybit',
        best_bid: '99',
        best_ask: '102',
        spread: '3',
        bid_depth: '3',
        ask_depth: '5',
        latency_ms: 12,
      },
    ])
    expect(rows(answer, 'ladder binance')).toEqual([
      { level: 1, bid_quantity: '1', bid: '100.5', ask: '101.5', ask_quantity: '1' },
      { level: 2, bid_quantity: '2', bid: '90', ask: '110', ask_quantity: '4' },
    ])
    expect(rows(answer, 'changes since 1')).toEqual([
      { venue: 'binance', side: 'bid', price: '100', before: '1', after: '0', change: '-1' },
      { venue: 'binance', side: 'bid', price: '100.5', before: '0', after: '1', change: '1' },
      { venue: 'binance', side: 'ask', price: '101', before: '1', after: '0', change: '-1' },
      { venue: 'binance', side: 'ask', price: '101.5', before: '0', after: '1', change: '1' },
    ])
    expect(orderbook(database, 'good', 3)).toEqual([])
  })
})

describe('a period', () => {
  test('[B29] stats tell success, exact profit and latencies', () => {
    const answer = stats(database, {})
    expect(rows(answer, 'summary')).toEqual([
      {
        tasks: 2,
        succeeded: 1,
        failed: 1,
        success_percent: 50,
        profit: '-0.66',
        pauses: 2,
        hedge_retries: 0,
        positions_closed: 1,
        position_profit: '19.98',
        orders: 4,
        orders_filled: 3,
        orders_rejected: 1,
        hedges: 2,
        hedges_failed: 1,
        unwinds: 1,
      },
    ])
    expect(rows(answer, 'latency, ms')).toEqual([
      { what: 'order acknowledged', count: 2, p50: 26.5, p90: 37.7, p99: 40.22, max: 40.5 },
      { what: 'order filled', count: 2, p50: 30.5, p90: 30.5, p99: 30.5, max: 30.5 },
      { what: 'exposure uncovered', count: 2, p50: 75.875, p90: 87.375, p99: 89.963, max: 90.25 },
      { what: 'task', count: 2, p50: 250.5, p90: 330.5, p99: 348.5, max: 350.5 },
    ])
  })

  test('[B29, A65] the period and the filters cut', () => {
    const summaryOf = (filter: object): AnswerRow | undefined =>
      rows(stats(database, filter), 'summary')[0]
    expect(summaryOf({ toMs: dayStartMs + 1_000 })).toMatchObject({
      tasks: 1,
      succeeded: 1,
      orders: 2,
    })
    expect(summaryOf({ fromMs: dayStartMs + 1_000 })).toMatchObject({
      tasks: 1,
      failed: 1,
      orders: 2,
    })
    expect(summaryOf({ venue: 'bybit' })).toMatchObject({
      tasks: 2,
      orders: 2,
      hedges: 2,
      unwinds: 0,
    })
    expect(summaryOf({ symbol: 'ETH/USDT' })).toMatchObject({ tasks: 0, positions_closed: 1 })
    expect(summaryOf({ fromMs: dayStartMs + 1e9 })).toBeUndefined()
  })

  test('[B30] failures are grouped by reason, with the last events before and the books then', () => {
    const answer = failures(database, {})
    expect(
      rows(answer, 'failures').map(({ what, reason, count, tasks }) => [
        what,
        reason,
        count,
        tasks,
      ]),
    ).toEqual([
      ['hedge failed', 'insufficient_balance', 1, 'bad'],
      ['order rejected', 'insufficient_balance', 1, 'bad'],
      ['task failed', 'hedge failed', 1, 'bad'],
    ])
    const before = rows(answer, 'before').filter(
      ({ failure }) => failure === 'hedge failed: insufficient_balance',
    )
    expect(before.map(({ event }) => event)).toEqual([
      'task.resumed',
      'hedge.started',
      'hedge.attempted',
      'order.submitted',
      'order.rejected',
    ])
    const books = rows(answer, 'books').filter(
      ({ failure }) => failure === 'task failed: hedge failed',
    )
    expect(books.map(({ book, venue, best_bid }) => [book, venue, best_bid])).toEqual([
      [2, 'binance', '100.5'],
      [2, 'bybit', '99'],
    ])
  })

  test.each([
    [{ type: 'ORDER_FILLED' }, 3],
    [{ type: 'order.*' }, 12],
    [{ type: '*.failed' }, 2],
    [{ type: 'trading.hedge.*', severity: 17 }, 1],
    [{ text: 'ATR 0.2' }, 1],
    [{ text: '100%' }, 0],
    [{ severity: 17 }, 3],
    [{ task: 'bad', limit: 2 }, 2],
    [{ correlation: 'sig_eth' }, 3],
    [{ symbol: 'SOL/USDT' }, 1],
    [{ fromMs: dayStartMs + 8_500, toMs: dayStartMs + 8_600 }, 1],
  ])('[A65, A66] events %j: %i', (filter, count) => {
    expect(rows(eventList(database, filter), 'events')).toHaveLength(count)
  })

  test('[A66] the limit keeps the newest, oldest first', () => {
    const found = rows(eventList(database, { task: 'bad', limit: 2 }), 'events')
    expect(found.map(({ event }) => event)).toEqual([
      'trading.unwind.completed',
      'trading.task.failed',
    ])
  })

  test('[A69, A73] errors are grouped by what they are, with count, first, last and the whole stack', () => {
    const found = rows(errors(database, {}), 'errors')
    expect(found.map(({ event, count }) => [event, count])).toEqual([
      ['task.failed', 1],
      ['hedge.failed', 1],
      ['order.rejected', 1],
    ])
    expect(found[0]).toMatchObject({
      error: 'HedgeError',
      message: 'no money on bybit',
      first_at: dayStartMs + 1_182,
      last_at: dayStartMs + 1_182,
      stack: 'HedgeError: no money on bybit\n    at hedge (/bot/hedge.ts:12:3)',
    })
  })

  test('[A70, A74] performance has the percentiles of each operation and the slowest', () => {
    const answer = performance(database, {})
    expect(
      rows(answer, 'durations, ms').map(({ what, count, p50, max }) => [what, count, p50, max]),
    ).toEqual([
      ['api createOrder binance', 2, 95.5, 145.5],
      ['exposure uncovered bybit', 2, 75.875, 90.25],
      ['order acknowledged binance', 2, 26.5, 40.5],
      ['order filled binance', 2, 30.5, 30.5],
    ])
    expect(rows(answer, 'slowest')[0]).toMatchObject({ what: 'api createOrder', ms: 145.5 })
  })

  test('[X32] orders, fills, positions and windows of exposure are lists that the filters cut', () => {
    expect(
      rows(orders(database, { venue: 'bybit' }), 'orders').map(({ status }) => status),
    ).toEqual(['filled', 'rejected'])
    expect(
      rows(fills(database, { task: 'good' }), 'fills').map(({ price, liquidity }) => [
        price,
        liquidity,
      ]),
    ).toEqual([
      ['101', 'maker'],
      ['101.2', 'taker'],
      ['102', 'taker'],
    ])
    expect(rows(positions(database, {}), 'positions')).toMatchObject([
      {
        id: 'p1',
        side: 'short',
        quantity: '1',
        profit: '19.98',
        exit_reason: 'take_profit',
        status: 'closed',
      },
    ])
    expect(
      rows(exposure(database, {}), 'hedges').map(({ kind, status, window_ms }) => [
        kind,
        status,
        window_ms,
      ]),
    ).toEqual([
      ['hedge', 'completed', 61.5],
      ['hedge', 'failed', 90.25],
      ['unwind', 'completed', null],
    ])
  })

  test('[X31, X32] costs sum fees exactly, by liquidity and currency, and funding', () => {
    const answer = costs(database, {})
    expect(rows(answer, 'fees')).toEqual([
      { venue: 'binance', liquidity: 'maker', fee_currency: 'USDT', fills: 2, fees: '0.02' },
      { venue: 'binance', liquidity: 'taker', fee_currency: 'USDT', fills: 2, fees: '0.1' },
    ])
    expect(rows(answer, 'funding')).toEqual([
      { venue: 'binance', symbol: 'ETH/USDT', positions: 1, funding: '-0.02' },
    ])
  })

  test('[X31] each fee of a fill that was paid in two currencies is a cost, and none is added to another', () => {
    const path = filledIndex(join(folder, 'fees.db'), [
      [
        event('trading.order.filled', 1, {
          'trading.venue': 'binance',
          'trading.order.client_id': 'c1',
          'trading.fill.id': 'f1',
          'trading.fill.quantity': '1',
          'trading.fill.fee': '0.01',
          'trading.fill.fee_currency': 'USDT',
          'trading.fees_by_currency': new Map([
            ['USDT', '0.01'],
            ['BNB', '0.0002'],
          ]),
        }),
      ],
    ])
    const own = openToRead(path)
    expect(rows(costs(own, {}), 'fees')).toMatchObject([
      { fee_currency: 'BNB', fills: 1, fees: '0.0002' },
      { fee_currency: 'USDT', fills: 1, fees: '0.01' },
    ])
    expect(rows(fills(own, {}), 'fills')).toMatchObject([
      { fee: '0.01', fee_currency: 'USDT', fees_by_currency: '{"USDT":"0.01","BNB":"0.0002"}' },
    ])
    own.close()
  })

  test('[X30] results in different currencies are not added', () => {
    const closed = (symbol: string, profit: string): WireRecord =>
      event('trading.position.closed', 1, {
        'trading.symbol': symbol,
        'trading.position.id': symbol,
        'trading.pnl.realized': profit,
      })
    const profitOf = (...records: WireRecord[]): unknown => {
      const path = filledIndex(join(folder, `${records.length}.db`), [records])
      const own = openToRead(path)
      const [summary] = rows(stats(own, {}), 'summary')
      own.close()
      return summary?.['position_profit']
    }
    const dollars = [closed('BTC/USDT:USDT', '1.5'), closed('ETHUSDT', '0.2')]
    expect(profitOf(...dollars)).toBe('1.7')
    const others = [closed('BTC/USD:BTC', '0.001'), closed('ETH-BTC', '-0.003'), closed('up?', '1')]
    expect(profitOf(...dollars, ...others)).toBe(
      '1 of no known currency and -0.002 BTC and 1.7 USDT',
    )
  })

  test('[A38] why there was no signal: the last word of each check up to an instant', () => {
    expect(rows(why(database, 'SOL/USDT', dayStartMs + 9_000), 'checks')).toMatchObject([
      { event: 'signal.filtered', condition: 'atr_too_low', message: 'ATR 0.2 below 0.5' },
    ])
    expect(rows(why(database, 'SOL/USDT', dayStartMs + 7_999), 'checks')).toEqual([])
  })

  test('[X39] sql reads everything and writes nothing', () => {
    expect(sql(database, 'SELECT count(*) AS n FROM tasks')).toEqual([
      { name: 'rows', rows: [{ n: 2 }] },
    ])
    for (const statement of ['DELETE FROM events', 'SELEC 1']) {
      expect(() => sql(database, statement)).toThrow(expect.objectContaining({ code: 'usage' }))
    }
    expect(sql(database, 'SELECT count(*) > 0 AS there FROM events')[0]?.rows).toEqual([
      { there: 1 },
    ])
  })
})
