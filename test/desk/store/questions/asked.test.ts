import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { traceIdOf } from '../../../../src/base/ids.ts'
import { costs } from '../../../../src/desk/store/questions/costs.ts'
import { eventList } from '../../../../src/desk/store/questions/events.ts'
import { failures } from '../../../../src/desk/store/questions/failures.ts'
import { exposure, fills, orders, positions } from '../../../../src/desk/store/questions/lists.ts'
import { flow } from '../../../../src/desk/store/questions/flow.ts'
import { sql } from '../../../../src/desk/store/questions/sql.ts'
import { stats } from '../../../../src/desk/store/questions/stats.ts'
import { timeline } from '../../../../src/desk/store/questions/timeline.ts'
import { openStore, openToRead } from '../../../../src/desk/store/store.ts'
import { FillpathError } from '../../../../src/semconv/error.ts'
import type { Answer, AnswerRow } from '../../../../src/desk/store/questions/answer.ts'
import type { Database } from '../../../../src/desk/store/sqlite.ts'
import type { WireRecord } from '../../../../src/wire/record.ts'
import { dayStartMs, event, scenario } from '../scenario.ts'

let folder = ''
const open: Database[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-asked-'))
})
afterEach(() => {
  for (const database of open.splice(0)) database.close()
  rmSync(folder, { recursive: true, force: true })
})

function indexOf(records: readonly WireRecord[]): Database {
  const path = join(folder, `${open.length}.db`)
  const store = openStore(path)
  store.add(records.map((record) => ({ record })))
  store.close()
  const database = openToRead(path)
  open.push(database)
  return database
}

function rows(answer: Answer, section: string): readonly AnswerRow[] {
  return answer.find(({ name }) => name === section)?.rows ?? []
}

describe('events', () => {
  test('[B33] a text is found in the data of an event without a message, as it stands there', () => {
    const quoted = { ...event('trading.error', 0, { 'error.type': 'say "no"\nnow' }), body: null }
    const database = indexOf([quoted, event('trading.error', 1, {})])
    for (const text of ['say "no"', 'no"\nnow', 'SAY'])
      expect(rows(eventList(database, { text }), 'events'), text).toHaveLength(1)
    expect(rows(eventList(database, { text: 'at 1' }), 'events')).toHaveLength(1)
    expect(rows(eventList(database, { text: 'n_w' }), 'events')).toHaveLength(0)
  })

  test('[B33] a pattern finds events of the bot itself, and those of the vocabulary without their namespace', () => {
    const own = { ...event('trading.error', 0, {}), eventName: 'grid.level.hit' }
    const database = indexOf([own, event('trading.order.submitted', 1, {})])
    const found = (type: string): unknown[] =>
      rows(eventList(database, { type }), 'events').map((row) => row['event'])
    expect(found('grid.*')).toEqual(['grid.level.hit'])
    expect(found('order.*')).toEqual(['trading.order.submitted'])
    expect(found('*')).toHaveLength(2)
  })
})

describe('a correlation id', () => {
  test.each(['sig_good', traceIdOf('sig_good')])(
    '[A67] is the trace id, or the one of the bot that stands for it: %s',
    (correlation) => {
      const database = indexOf(scenario())
      const count = (answer: Answer): number => answer[0]?.rows.length ?? 0
      const asked = [orders, fills, exposure].map((ask) => count(ask(database, { correlation })))
      expect(asked).toEqual([2, 3, 1])
      expect(rows(eventList(database, { correlation }), 'events')).toHaveLength(16)
      expect(rows(stats(database, { correlation }), 'summary')).toMatchObject([
        { tasks: 1, orders: 2 },
      ])
    },
  )

  test('[A68] leads to the position that its flow opened, which has a trace of its own', () => {
    const position = {
      ...event('trading.position.opened', 5, {
        'trading.position.id': 'p1',
        'trading.correlation_id': 'sig_1',
      }),
      traceId: 'ab'.repeat(16),
    }
    const flow = event('trading.signal.detected', 0, { 'trading.correlation_id': 'sig_1' })
    const database = indexOf([flow, position])
    for (const correlation of ['sig_1', traceIdOf('sig_1')])
      expect(rows(positions(database, { correlation }), 'positions')).toHaveLength(1)
  })
})

test('[B28, A67] a timeline and a flow have what happened, not the notes that keep spans over a crash', () => {
  const of = { 'trading.task.id': 't', 'trading.correlation_id': 'sig_t' }
  const note = { ...event('trading.error', 1, of), eventName: 'fillpath.span.started' }
  const database = indexOf([event('trading.task.started', 0, of), note])
  expect(rows(timeline(database, 't'), 'timeline').map((row) => row['event'])).toEqual([
    'task.started',
  ])
  expect(rows(flow(database, 'sig_t'), 'events').map((row) => row['event'])).toEqual([
    'task.started',
  ])
})

describe('a period', () => {
  test('has each order and hedge that was heard of in it, with its time', () => {
    const hour = { fromMs: dayStartMs, toMs: dayStartMs + 3_600_000 }
    const database = indexOf([
      event('trading.order.denied', 1, { 'trading.order.client_id': 'denied' }),
      event('trading.order.unknown', 2, { 'trading.order.client_id': 'unknown' }),
      event('trading.hedge.attempted', 3, { 'trading.hedge.id': 'h1', 'trading.task.id': 't' }),
    ])
    expect(rows(orders(database, hour), 'orders')).toMatchObject([
      { client_id: 'denied', time: dayStartMs + 1 },
      { client_id: 'unknown', time: dayStartMs + 2 },
    ])
    expect(rows(exposure(database, hour), 'hedges')).toHaveLength(1)
    expect(rows(stats(database, hour), 'summary')).toMatchObject([{ orders: 2, hedges: 1 }])
  })

  test('[X32] has the funding that was paid in it, also of positions from before', () => {
    const dayMs = 86_400_000
    const base = { 'trading.position.id': 'p1', 'trading.venue': 'okx', 'trading.symbol': 'X' }
    const paid = (ms: number, payment: string, total: string): WireRecord =>
      event('trading.position.funding', ms, {
        ...base,
        'trading.funding.payment': payment,
        'trading.funding.total': total,
      })
    const database = indexOf([
      event('trading.position.opened', 0, base),
      paid(1_000, '-0.1', '-0.1'),
      paid(dayMs, '-0.2', '-0.3'),
      event('trading.position.closed', dayMs + 1, { ...base, 'trading.funding.total': '-0.3' }),
    ])
    const found = (filter: object): unknown =>
      rows(costs(database, filter), 'funding')[0]?.['funding']
    expect(found({})).toBe('-0.3')
    expect(found({ fromMs: dayStartMs + dayMs / 2 })).toBe('-0.2')
    expect(found({ toMs: dayStartMs + dayMs / 2 })).toBe('-0.1')
  })
})

describe("a statement of one's own", () => {
  test.each([
    ['SELECT 1 AS one; DROP TABLE events', 'followed by another one: DROP TABLE events'],
    ['', 'contains no statements'],
    ['PRAGMA journal_mode = DELETE', 'refuses the statement'],
    ["ATTACH DATABASE '/nowhere/x.db' AS x", 'unable to open'],
    ['DELETE FROM events', 'Nothing can be written'],
  ])('[X39] that is refused says why: %s', (statement, reason) => {
    const database = indexOf(scenario())
    let said = ''
    try {
      sql(database, statement)
    } catch (error) {
      if (error instanceof FillpathError) said = `${error.code}: ${error.message}. ${error.hint}`
    }
    expect(said).toContain('usage: SQLite refuses the statement')
    expect(said).toContain(reason)
  })

  test('may end with a semicolon and a comment', () => {
    const statement = 'SELECT 1 AS one; -- a comment; and more\n /* and another'
    expect(sql(indexOf([]), statement)).toEqual([{ name: 'rows', rows: [{ one: 1 }] }])
  })
})

describe('failures', () => {
  test('[B30] of each reason the latest are shown, however many there are of another', () => {
    const rejected = Array.from({ length: 30 }, (_, index) =>
      event('trading.order.rejected', 1_000 + index, {
        'trading.task.id': `t${index}`,
        'trading.order.reject.reason': 'market_closed',
      }),
    )
    const before = event('trading.hedge.attempted', 10, { 'trading.task.id': 'h' })
    const hedge = event('trading.hedge.failed', 11, {
      'trading.task.id': 'h',
      'trading.hedge.reason': 'not_filled',
    })
    const noise = event('trading.api.request', 11, { 'trading.task.id': 'h' })
    const answer = failures(indexOf([before, noise, hedge, ...rejected]), {})
    expect(rows(answer, 'failures').map(({ reason, count }) => [reason, count])).toEqual([
      ['market_closed', 30],
      ['not_filled', 1],
    ])
    expect(rows(answer, 'before')).toMatchObject([
      { failure: 'hedge failed: not_filled', task: 'h', event: 'hedge.attempted' },
    ])
  })

  test('[B30] what came before in the same millisecond is shown, by its number in the task', () => {
    const said = (sequence: bigint): object => ({
      'trading.task.id': 'h',
      'trading.sequence': sequence,
    })
    const database = indexOf([
      event('trading.hedge.started', 5, said(1n)),
      event('trading.hedge.attempted', 5, said(2n)),
      event('trading.hedge.failed', 5, said(3n)),
      event('trading.unwind.started', 5, said(4n)),
    ])
    expect(rows(failures(database, {}), 'before').map((row) => row['event'])).toEqual([
      'hedge.started',
      'hedge.attempted',
    ])
  })
})
