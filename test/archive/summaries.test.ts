import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { manualClock } from '../../src/base/clock.ts'
import { openArchive } from '../../src/archive/archive.ts'
import { Folder, at, attributes, event, traceId } from './records.ts'
import type { AnyValue, LogRecord } from '../../src/wire/record.ts'

let folder: Folder
beforeEach(() => {
  folder = new Folder()
})
afterEach(() => folder.remove())

const path = (): string => join(folder.path, 'tasks/abc123/summary.json')
const summary = (): unknown => JSON.parse(readFileSync(path(), 'utf8'))

let sequence = 0
function step(name: string, ms: number, data: Readonly<Record<string, AnyValue>> = {}): LogRecord {
  sequence += 1
  const id = `5f2a9c01-1-${sequence}`
  return event(name, ms, '', { 'trading.task.id': 'abc123', 'fillpath.record.id': id, ...data })
}

/** S1's story: two fills, a pause, a hedge at the second attempt, an unwind that fails. */
function story(): LogRecord[] {
  return [
    step('TASK_CREATED', 0, {
      'trading.task.type': 'arbitrage',
      'trading.task.config': attributes({ tick_size: '0.01', fee_rate_bps: 10n }),
      'trading.code.commit': '3f2c1ab',
    }),
    step('trading.task.started', 100),
    step('trading.book.snapshot', 110),
    step('trading.order.submitted', 200),
    step('trading.task.paused', 300),
    step('trading.task.resumed', 1_300),
    step('trading.order.partially_filled', 1_400, {
      'trading.fill.quantity': '0.1',
      'trading.fill.fee': '0.01',
      'trading.fill.fee_currency': 'USDT',
    }),
    step('trading.order.filled', 1_500, {
      'trading.fill.quantity': '0.2',
      'trading.fill.fee': '0.02',
      'trading.fill.fee_currency': 'USDT',
    }),
    step('trading.hedge.started', 1_600),
    step('trading.hedge.attempted', 1_600),
    step('trading.hedge.attempted', 1_700),
    step('trading.hedge.completed', 1_800, {
      'trading.hedge.latency_ms': 300.5,
      'trading.exposure.window_ms': 400.25,
    }),
    step('trading.book.snapshot', 1_900),
    step('trading.task.completed', 2_100, {
      'trading.task.profit': '1.02',
      'trading.task.success': true,
    }),
  ]
}

const expected = {
  task_id: 'abc123',
  task_type: 'arbitrage',
  result: 'completed',
  success: true,
  profit: '1.02',
  created: '2026-11-21T09:20:33.000Z',
  started: '2026-11-21T09:20:33.100Z',
  ended: '2026-11-21T09:20:35.100Z',
  durations: { total_ms: 2_000, paused_ms: 1_000, hedge_max_ms: 300.5, exposure_max_ms: 400.25 },
  orders: { submitted: 1, filled: 1, canceled: 0, rejected: 0, denied: 0, expired: 0, unknown: 0 },
  fills: { count: 2, quantity: '0.3', fees: { USDT: '0.03' } },
  hedges: { started: 1, attempts: 2, completed: 1, failed: 0 },
  unwinds: { started: 0, attempts: 0, completed: 0, failed: 0 },
  retries: 1,
  pauses: 1,
  snapshots: 2,
  events: 12,
  errors: 0,
  correlation_ids: [traceId],
  commit: '3f2c1ab',
  config: { tick_size: '0.01', fee_rate_bps: 10 },
}

async function run(records: readonly LogRecord[]): Promise<void> {
  const archive = await openArchive({ folder: folder.path, clock: manualClock(at(0)) })
  await archive.write(records)
  await archive.close()
}

test('[B07] a task has its summary when it ended, not before', async () => {
  const records = story()
  await run(records.slice(0, -1))
  expect(folder.files()).not.toHaveProperty('tasks/abc123/summary.json')
  await run(records.slice(-1))
  expect(summary()).toMatchObject(expected)
  expect(folder.files()['tasks/abc123/summary.json']).toBe('600')
})

test('[B07] what a crash left undone, half or double is put right at the next start', async () => {
  await run(story())
  const whole = readFileSync(path(), 'utf8')
  for (const damage of [
    () => rmSync(path()),
    () => writeFileSync(path(), whole.slice(0, 100)),
    () => writeFileSync(`${path()}.new`, whole.slice(0, 100)),
  ]) {
    damage()
    await run([])
    expect(readFileSync(path(), 'utf8')).toBe(whole)
  }
  // A view that holds a line twice, as a crash between view and truth leaves it.
  const events = join(folder.path, 'tasks/abc123/events.jsonl')
  appendFileSync(events, `${readFileSync(events, 'utf8').split('\n')[6]}\n`)
  await run([])
  expect(summary()).toMatchObject(expected)
})

test('[B07] what comes after the end is counted, and does not change the result', async () => {
  await run(story())
  await run([])
  await run([step('trading.task.failed', 9_000), step('trading.order.expired', 9_000)])
  expect(summary()).toMatchObject({
    result: 'completed',
    ended: expected.ended,
    orders: { expired: 1 },
    events: 14,
  })
})

test('[B07] a hedge that was given up before its first attempt hides no retry of another', async () => {
  const more = [
    step('trading.hedge.started', 1_850, { 'trading.hedge.id': 'h2' }),
    step('trading.hedge.failed', 1_860, { 'trading.hedge.id': 'h2' }),
  ]
  await run([...story().slice(0, -1), ...more, ...story().slice(-1)])
  expect(summary()).toMatchObject({ hedges: { started: 2, attempts: 2 }, retries: 1 })
})

test('[B07] a fill that was paid for in two currencies has both among the fees', async () => {
  const fill = { 'trading.fill.quantity': '0.1', 'trading.fill.id': 'f3' }
  const paid = { 'trading.fill.fee': '0.01', 'trading.fill.fee_currency': 'USDT' }
  const fees = new Map([
    ['USDT', '0.01'],
    ['BNB', '0.0002'],
  ])
  const more = step('trading.order.partially_filled', 1_510, {
    ...fill,
    ...paid,
    'trading.fees_by_currency': fees,
  })
  await run([...story().slice(0, -1), more, ...story().slice(-1)])
  expect(summary()).toMatchObject({ fills: { count: 3, fees: { USDT: '0.04', BNB: '0.0002' } } })
})

test('[B07] a fill that was derived from the total counts once, with the fee that came later', async () => {
  const fill = { 'trading.fill.quantity': '0.1', 'trading.order.filled_quantity': '0.4' }
  const paid = { 'trading.fill.fee': '0.01', 'trading.fill.fee_currency': 'USDT' }
  const more = [
    step('trading.order.partially_filled', 1_510, { ...fill, 'trading.fill.derived': true }),
    step('trading.order.fill_confirmed', 1_520, { ...fill, ...paid, 'trading.fill.id': 'f3' }),
  ]
  await run([...story().slice(0, -1), ...more, ...story().slice(-1)])
  expect(summary()).toMatchObject({ fills: { count: 3, quantity: '0.4', fees: { USDT: '0.04' } } })
})

test('[B07] a summary that cannot be written is said, and hurts no record', async () => {
  const notices: string[] = []
  const archive = await openArchive({
    folder: folder.path,
    clock: manualClock(at(0)),
    onNotice: (message) => notices.push(message),
  })
  const records = story()
  await archive.write(records.slice(0, -1))
  // A folder that is not empty stands where the summary should.
  appendFileSync(join(folder.path, 'tasks/abc123/other'), '')
  mkdirSync(join(path(), 'x'), { recursive: true })
  expect(await archive.write(records.slice(-1))).toMatchObject({ rejected: 0, reason: '' })
  await archive.close()
  expect(notices.join()).toContain('summary of task abc123')
  expect(folder.lines('tasks/abc123/events.jsonl')).toHaveLength(12)
})
