import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { applyAge } from '../../src/archive/age.ts'
import { openArchive } from '../../src/archive/archive.ts'
import { OwnViews } from '../../src/archive/own-views.ts'
import { verifyFolder } from '../../src/archive/verify.ts'
import { manualClock } from '../../src/base/clock.ts'
import { ownCategories } from '../../src/wire/own-category.ts'
import type { WireRecord } from '../../src/wire/record.ts'
import { Folder, at, event, log, origin, point, span } from './records.ts'

const dayMs = 86_400_000

let folder: Folder
beforeEach(() => {
  folder = new Folder()
})
afterEach(() => folder.remove())

const categories = ownCategories(
  'hedge-trouble: event=trading.hedge.* level=warn; btc: trading.symbol=BTC/*; canceled: event=ORDER_CANCELED; risky: module=bot.r?sk*',
  'test',
)

describe('a record', () => {
  const views = new OwnViews(categories)
  const failed = { ...event('trading.hedge.failed', 0, ''), severityNumber: 17 }
  const cases: readonly (readonly [string, WireRecord, readonly string[]])[] = [
    ['all of whose conditions hold', failed, ['+hedge-trouble']],
    ['of a lower level', event('trading.hedge.completed', 0, ''), []],
    ['of another event', log('x', {}, { severityNumber: 17 }), []],
    [
      'of two categories',
      { ...failed, attributes: new Map([['trading.symbol', 'BTC/USDT']]) },
      ['+hedge-trouble', '+btc'],
    ],
    ['that is a plain line', log('x', { 'trading.symbol': 'BTC/EUR' }), ['+btc']],
    ['whose attribute is another', log('x', { 'trading.symbol': 'ETH/BTC' }), []],
    ['of another spelling', event('order_cancelled', 0, ''), ['+canceled']],
    [
      'whose event stands in an attribute',
      log('x', { 'event.name': 'ORDER_CANCELED' }),
      ['+canceled'],
    ],
    [
      'of a module',
      log('x', {}, { scope: { ...origin.scope, name: 'bot.risk.limits' } }),
      ['+risky'],
    ],
    ['that is a span', span('hedge', '00f067aa0ba902b7', [0, 1]), []],
    ['that is a point', point('hedge'), []],
  ]
  test.each(cases)('%s', (_, record, files) => {
    expect(views.of(record)).toEqual(files)
  })

  test('whose attribute is no text is compared as its line shows it', () => {
    const list = ownCategories([{ name: 'five', attributes: { n: '5', list: '[1,*' } }], 'test')
    expect(new OwnViews(list).of(log('x', { n: 5n, list: [1n, 2n] }))).toEqual(['+five'])
    expect(new OwnViews(list).of(log('x', { n: 6n, list: [1n, 2n] }))).toEqual([])
  })
})

test('[A13, A21, A22, C03] the file of a category rolls, is compressed and deleted like the others, also when it is no longer set', async () => {
  const clock = manualClock(at(0))
  const settings = { folder: folder.path, clock, fileBytesMax: 2_000 }
  const archive = await openArchive({ ...settings, categories })
  for (let number = 0; number < 10; number += 1) {
    await archive.write([
      log(`line ${number}`, { 'trading.symbol': 'BTC/USDT' }),
      log(`other ${number}`),
    ])
  }
  await archive.close()
  const parts = ['', '.1', '.2'].map((part) => `categories/btc_20261121${part}.jsonl`)
  const lines = parts.flatMap((path) => folder.lines(path))
  expect(lines.map((line) => JSON.parse(line).message)).toEqual(
    Array.from({ length: 10 }, (_, index) => `line ${index}`),
  )
  expect(folder.lines('logs/events_20261121.jsonl').length).toBeGreaterThan(0)
  const rule = {
    timeZone: 'UTC',
    archiveAfterDays: 1,
    deleteAfterDays: 5,
    exclusively: async (work: () => Promise<void>) => work(),
  }
  const nowMs = Number(at(0) / 1_000_000n)
  const archived = await applyAge(folder.path, { ...rule, nowMs: nowMs + 3 * dayMs })
  expect(archived.archived).toEqual(expect.arrayContaining([parts[0]]))
  expect(existsSync(join(folder.path, 'archive/categories/btc_20261121.jsonl.gz'))).toBe(true)
  expect(await verifyFolder(folder.path)).toMatchObject({ damages: [] })
  const deleted = await applyAge(folder.path, { ...rule, nowMs: nowMs + 9 * dayMs })
  expect(deleted.deleted).toEqual(
    expect.arrayContaining(['archive/categories/btc_20261121.jsonl.gz']),
  )
  expect(deleted.faults).toEqual([])
  expect(await verifyFolder(folder.path)).toMatchObject({ damages: [] })
})
