import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openToRead } from '../../src/desk/store/store.ts'
import { questionsPage } from './questions/page.ts'
import type { Database } from '../../src/desk/store/sqlite.ts'
import type { Answered } from './questions/page.ts'

describe('docs/questions.md', () => {
  let page = ''
  let answers: readonly Answered[] = []
  beforeAll(() => {
    ;({ page, answers } = questionsPage())
  })

  test('[A71, A65–A70, B01, B28–B31, X20] is what the commands say; otherwise run: npm run questions', () => {
    expect(page).toBe(readFileSync('docs/questions.md', 'utf8'))
  })

  test('[A71] every command of it ends well and has something to say', () => {
    const mute = answers.filter(({ code, stdout }) => code !== 0 || stdout.trim() === '')
    expect(mute.map(({ command, stderr }) => `${command}: ${stderr}`)).toEqual([])
  })

  test('[X39] has a golden answer of each question that "fillpath query" takes', () => {
    const { stdout } = spawnSync(process.execPath, ['src/cli.ts', 'query', '--help'], {
      encoding: 'utf8',
    })
    const [, commands = ''] = stdout.split('Commands:')
    const names = [...commands.matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name)
    expect(names.length).toBeGreaterThan(14)
    // What export writes is compared with its source in the tests of its own.
    const rest = names.filter((name) => name !== 'help' && name !== 'export')
    expect(rest.filter((name) => !page.includes(`$ fillpath query ${name}`))).toEqual([])
  })

  test('README leads to it', () => {
    expect(readFileSync('README.md', 'utf8')).toContain('](docs/questions.md)')
  })
})

describe('the sample lines of the documents that asked for this', () => {
  let folder = ''
  let database: Database
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fillpath-samples-'))
    const args = ['src/cli.ts', 'import', 'test/fixtures/questions/old-logs', '--data', folder]
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
    database = openToRead(join(folder, 'index.db'))
  })
  afterAll(() => {
    database.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const rows = (sql: string): unknown[] =>
    database
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }))

  test('[B22, B25, B30] six lines of a task give its row, its order and its hedge', () => {
    expect(
      rows(`SELECT id, type, status, filled_qty, avg_price, hedged_qty, avg_hedge_price, pause_count, hedge_retry_count,
        created_at, started_at, completed_at FROM tasks`),
    ).toEqual([
      {
        id: 'abc123',
        type: 'BUY',
        status: 'started',
        filled_qty: '50',
        avg_price: '0.55',
        hedged_qty: '50',
        avg_hedge_price: '0.44',
        pause_count: 0,
        hedge_retry_count: 0,
        created_at: 1_704_067_200_000,
        started_at: 1_704_067_201_000,
        completed_at: null,
      },
    ])
    expect(
      rows(`SELECT task_id, venue, order_id, side, price, quantity, filled_qty, avg_price, status, submitted_at
        FROM orders WHERE task_id IS NOT NULL`),
    ).toEqual([
      {
        task_id: 'abc123',
        venue: 'predict',
        order_id: '0x123...',
        side: 'buy',
        price: '0.55',
        quantity: '100',
        filled_qty: '50',
        avg_price: '0.55',
        status: 'partially_filled',
        submitted_at: 1_704_067_202_000,
      },
    ])
    expect(
      rows('SELECT kind, task_id, status, quantity, covered_qty, avg_price FROM hedges'),
    ).toEqual([
      {
        kind: 'hedge',
        task_id: 'abc123',
        status: 'completed',
        quantity: '50',
        covered_qty: '50',
        avg_price: '0.44',
      },
    ])
  })

  test('[B23, B44] and their events, by task and number, each once', () => {
    expect(
      rows(
        `SELECT task_id, sequence, timestamp, type FROM events WHERE task_id IS NOT NULL ORDER BY sequence`,
      ),
    ).toEqual(
      [
        [1, 0, 'task.created'],
        [2, 1_000, 'task.started'],
        [3, 2_000, 'order.submitted'],
        [4, 10_000, 'order.partially_filled'],
        [5, 15_000, 'hedge.started'],
        [6, 16_000, 'hedge.completed'],
      ].map(([sequence, ms, type]) => ({
        task_id: 'abc123',
        sequence,
        timestamp: 1_704_067_200_000 + Number(ms),
        type: `trading.${type}`,
      })),
    )
  })

  test('[A67, A68] four lines of a signal give its chain, its order and its position', () => {
    expect(
      rows(
        `SELECT type, module, symbol FROM events WHERE correlation_id = 'sig_abc123' ORDER BY timestamp`,
      ),
    ).toEqual(
      [
        ['signal.detected', 'atr_detector'],
        ['order.submitting', 'simple_hedge'],
        ['order.filled', 'simple_hedge'],
        ['position.opened', 'simple_hedge'],
      ].map(([type, module]) => ({ type: `trading.${type}`, module, symbol: 'BTCUSDT' })),
    )
    expect(
      rows(
        `SELECT order_id, status, filled_qty, avg_price FROM orders WHERE correlation_id = 'sig_abc123'`,
      ),
    ).toEqual([
      { order_id: '123456789', status: 'filled', filled_qty: '0.01', avg_price: '95001.5' },
    ])
  })
})
