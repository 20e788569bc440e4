import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { why } from '../../../../src/desk/store/questions/why.ts'
import { openStore, openToRead } from '../../../../src/desk/store/store.ts'
import type { AnswerRow } from '../../../../src/desk/store/questions/answer.ts'
import type { Database } from '../../../../src/desk/store/sqlite.ts'
import type { LogRecord } from '../../../../src/wire/record.ts'
import { dayStartMs, event } from '../scenario.ts'
import type { Said } from '../scenario.ts'

const set = (ms: number, name: string, more: Said = {}, level = 9): LogRecord => ({
  ...event('trading.condition.set', ms, { 'trading.condition.name': name, ...more }),
  severityNumber: level,
})
const clear = (ms: number, name: string, more: Said = {}): LogRecord =>
  event('trading.condition.cleared', ms, { 'trading.condition.name': name, ...more })
const btc: Said = { 'trading.symbol': 'BTC/USDT' }
const eth: Said = { 'trading.symbol': 'ETH/USDT' }

const records = [
  event('trading.run.started', 0, {}),
  set(100, 'spread_too_wide', btc),
  set(200, 'margin_low', { 'trading.venue': 'okx' }),
  set(300, 'margin_low', { 'trading.venue': 'okx' }, 17),
  set(400, 'spread_too_wide', eth),
  event('trading.signal.detected', 410, btc),
  clear(500, 'spread_too_wide', btc),
  event('trading.state.changed', 600, { 'trading.state': 'reducing' }),
  event('trading.feed.disconnected', 700, { 'trading.venue': 'okx', 'trading.feed.name': 'books' }),
  event('trading.price_guard.triggered', 800, { ...btc, 'trading.task.id': 't1' }),
  event('trading.price_guard.triggered', 810, { ...btc, 'trading.task.id': 't2' }),
  event('trading.feed.connected', 900, { 'trading.venue': 'okx', 'trading.feed.name': 'books' }),
  event('trading.state.changed', 1_000, { 'trading.state': 'active' }),
  event('trading.price_guard.resumed', 1_100, { ...btc, 'trading.task.id': 't1' }),
  event('trading.task.failed', 1_200, { ...btc, 'trading.task.id': 't2' }),
  event('trading.run.started', 2_000, {}),
]

let folder = ''
let database: Database
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-why-'))
  const store = openStore(join(folder, 'index.db'))
  store.add(records.map((record) => ({ record })))
  store.close()
  database = openToRead(join(folder, 'index.db'))
})
afterAll(() => {
  database.close()
  rmSync(folder, { recursive: true, force: true })
})

function standing(ms: number, symbol?: string): [unknown, unknown, unknown][] {
  const [section] = why(database, symbol, dayStartMs + ms)
  expect(section?.name).toBe('standing')
  const row = ({ condition, since_at, level }: AnswerRow): [unknown, unknown, unknown] => [
    condition,
    Number(since_at) - dayStartMs,
    level,
  ]
  return (section?.rows ?? []).map(row)
}

describe('what stood', () => {
  test('[X20] at a moment, with its level of then, since it began', () => {
    expect(standing(99)).toEqual([])
    expect(standing(250, 'BTC/USDT')).toEqual([
      ['spread_too_wide', 100, 'info'],
      ['margin_low', 200, 'info'],
    ])
    expect(standing(450, 'BTC/USDT')).toEqual([
      ['spread_too_wide', 100, 'info'],
      ['margin_low', 200, 'error'],
    ])
    expect(standing(550, 'BTC/USDT')).toEqual([['margin_low', 200, 'error']])
  })

  test('[X20] of another symbol does not count, of none counts for all', () => {
    expect(standing(550).map(([name]) => name)).toEqual(['margin_low', 'spread_too_wide'])
    expect(standing(550, 'SOL/USDT')).toEqual([['margin_low', 200, 'error']])
  })

  test('[X20] states, lost feeds and price guards stand too, until their counterpart', () => {
    const names = (ms: number): unknown[] => standing(ms, 'BTC/USDT').map(([name]) => name)
    expect(names(850)).toEqual([
      'margin_low',
      'trading_reducing',
      'feed_disconnected',
      'price_guard',
      'price_guard',
    ])
    expect(names(950)).toEqual(['margin_low', 'trading_reducing', 'price_guard', 'price_guard'])
    expect(names(1_150)).toEqual(['margin_low', 'price_guard'])
    expect(names(1_200)).toEqual(['margin_low'])
  })

  test('[X20] before a crash is over when the bot starts again', () => {
    expect(standing(1_999)).not.toEqual([])
    expect(standing(2_000)).toEqual([])
  })
})
