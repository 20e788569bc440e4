import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { encodeLine } from '../../src/wire/line.ts'
import { allRows } from '../desk/store/rows.ts'
import { scenario, taskEvents } from '../desk/store/scenario.ts'
import { canMount, mountTmpfs } from '../tmpfs.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-query-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function fillpath(...args: string[]): Run {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['src/cli.ts', ...args, '--data', folder],
    { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' } },
  )
  return { code: status, stdout, stderr }
}

function writeTruths(): void {
  const name = { log: 'logs/events', span: 'traces/spans', metric: 'metrics/metrics' } as const
  for (const signal of ['log', 'span', 'metric'] as const) {
    const path = join(folder, `${name[signal]}_20260115.jsonl`)
    mkdirSync(join(path, '..'), { recursive: true })
    const lines = scenario().filter((record) => record.signal === signal)
    writeFileSync(path, lines.map((record) => `${encodeLine(record)}\n`).join(''))
  }
}

describe('fillpath query', () => {
  test('[B28, X39] answers from the files at once, as a table, as JSON and as CSV', () => {
    writeTruths()
    const table = fillpath('query', 'orders', '--venue', 'bybit')
    expect(table).toMatchObject({ code: 0, stderr: '' })
    expect(table.stdout).toMatch(/^2026-01-15 · venue bybit · symbol BTC\/USDT/)
    expect(table.stdout).toMatch(/time +status +/)
    expect(table.stdout).toMatch(/10:30:01\.132 .* rejected/)
    const json: unknown = JSON.parse(
      fillpath('query', 'orders', '--venue', 'bybit', '--json').stdout,
    )
    expect(json).toMatchObject({
      orders: [{ status: 'filled' }, { time: '2026-01-15T10:30:01.132Z', status: 'rejected' }],
    })
    const csv = fillpath('query', 'fills', '--task', 'good', '--csv').stdout.split('\n')
    expect(csv).toHaveLength(5)
    expect(csv[0]).toMatch(/^time,venue,symbol,side,price,quantity,fee,/)
    expect(csv[1]).toMatch(
      /^2026-01-15T10:30:00\.061Z,binance,BTC\/USDT,buy,101,0\.5,0\.01,USDT,,maker,atr,/,
    )
  })

  test('[B29, A65] dates are days of the zone that is asked for', () => {
    writeTruths()
    expect(fillpath('query', 'stats', '--date', '2026-01-15').code).toBe(0)
    const none = fillpath('query', 'stats', '--date', '20260114')
    expect(none.code).toBe(1)
    expect(none.stderr).toContain('The index has events from 2026-01-15 to 2026-01-15')
    expect(none.stderr).toContain('; there are files of 2026-01-15. Ask')
    const kiritimati = ['--time-zone', 'Pacific/Kiritimati'] as const
    expect(fillpath('query', 'stats', '--date', '2026-01-16', ...kiritimati).code).toBe(0)
    expect(fillpath('query', 'stats', '--from', '2026-01-15T10:31', '--json').code).toBe(1)
  })

  test('[C21] performance over days stands day by day, in the days of the zone that is asked for', () => {
    const nextMs = 14 * 3_600_000
    const events = [...taskEvents('a', 0, true), ...taskEvents('b', nextMs, true)]
    mkdirSync(join(folder, 'logs'))
    const lines = events.map((event) => `${encodeLine(event)}\n`).join('')
    writeFileSync(join(folder, 'logs', 'events_20260115.jsonl'), lines)
    const days = JSON.parse(fillpath('query', 'performance', '--json').stdout)['by_day_ms']
    const acknowledged = { what: 'order acknowledged binance', count: 1, p50: 12.5 }
    expect(days).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ day: '2026-01-15', ...acknowledged }),
        expect.objectContaining({ day: '2026-01-16', ...acknowledged }),
      ]),
    )
    const zone = ['--time-zone', 'America/New_York'] as const
    const there = JSON.parse(fillpath('query', 'performance', '--json', ...zone).stdout)
    expect(there['by_day_ms']).toEqual([])
    expect(there['durations_ms'].length).toBeGreaterThan(2)
  })

  test('[X39] what cannot be answered says why: 1 for what is not there, 2 for what was asked wrongly', () => {
    writeTruths()
    const cases = [
      [['timeline', 'baad'], 1, 'Did you mean "bad"?'],
      [['flow', 'sig_goood'], 1, 'Did you mean "sig_good"?'],
      [['orderbook', 'good', '7'], 1, 'It has 2, from 1 to 2.'],
      [['why', 'SOL/USDC'], 1, 'Did you mean "SOL/USDT"?'],
      [['orders', '--venue', 'binanc'], 1, 'Did you mean "binance"?'],
      [['events', '--type', 'order.fild'], 1, 'Did you mean "order.filled"?'],
      [['stats', '--date', '2026-02-31'], 2, 'not a date'],
      [['stats', '--days', '-1'], 2, 'not a number above 0'],
      [['stats', '--days', '1', '--from', '2026-01-01'], 2, 'leave out one of them'],
      [['events', '--level', 'loud'], 2, 'not one of trace'],
      [['orders', '--limit', 'x'], 2, 'not a whole number'],
      [['sql', 'DROP TABLE events'], 2, 'Nothing can be written'],
      [['orderbook', 'good', 'two'], 2, 'not a whole number'],
      [['sql', 'SELECT sum(fee_num) FROM fills', '--days', '1'], 2, 'Put the condition into'],
      [['timeline', 'good', '--from', '2026-01-15'], 2, '--from does not narrow this answer'],
    ] as const
    for (const [args, code, text] of cases) {
      const run = fillpath('query', ...args)
      expect([args, run.code, run.stdout]).toEqual([args, code, ''])
      expect(run.stderr).toContain(text)
    }
  }, 600_000)

  test('[B30] failures stand each below its reason and task, with what came before and the books', () => {
    writeTruths()
    const { stdout } = fillpath('query', 'failures')
    const [, before = '', books = ''] = stdout.split(/^(?:before|books)$/m)
    expect(before).toContain('\nhedge failed: insufficient_balance · bad\n')
    expect(before).toMatch(/hedge\.attempted +bybit +trading\.hedge\.attempted at 1122$/m)
    expect(books).toContain('\ntask failed: hedge failed · bad\n')
  })

  test('[X39] the help of sql has the tables with all their columns', () => {
    const { code, stdout } = fillpath('query', 'sql', '--help')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^fills +key, order_key, timestamp, /m)
    expect(stdout).toMatch(/^runs +run_id, /m)
    expect(stdout).toContain('position_id')
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
  })

  test('[X39] an empty folder is told as such', () => {
    const run = fillpath('query', 'stats', '--json')
    expect(run.code).toBe(1)
    expect(JSON.parse(run.stderr)).toMatchObject({ error: { code: 'not_found' } })
  })

  test.runIf(canMount)(
    '[X39, C32] on a full disk an index that is there answers, and nothing half is left',
    () => {
      const disk = mountTmpfs(2)
      if (disk === undefined) throw new Error('nothing was mounted')
      const before = folder
      try {
        folder = join(disk.folder, 'data')
        writeTruths()
        disk.fill()
        const none = fillpath('query', 'orders')
        expect(none).toMatchObject({ code: 1, stdout: '' })
        expect(none.stderr).toContain('no space is left')
        expect(none.stderr).toContain('fillpath clean')
        expect(readdirSync(folder)).not.toContain('index.db')
        disk.free()
        const wanted = fillpath('query', 'orders').stdout
        // More than the pages that SQLite has free by chance.
        const more = Array.from({ length: 40 }, (_, task) => taskEvents(`t${task}`, task, true))
        const lines = more.flat().map((record) => `${encodeLine(record)}\n`)
        writeFileSync(join(folder, 'logs', 'events_20260116.jsonl'), lines.join(''))
        disk.fill()
        const run = fillpath('query', 'orders')
        expect(run).toMatchObject({ code: 0, stdout: wanted })
        expect(run.stderr).toContain('of what the index had before: no space is left')
      } finally {
        folder = before
        disk.close()
      }
    },
  )

  test('[X39] a damaged index says to rebuild, and rebuild mends it', () => {
    writeTruths()
    writeFileSync(join(folder, 'index.db'), Buffer.alloc(8192, 'x'))
    const run = fillpath('query', 'stats')
    expect(run.code).toBe(1)
    expect(run.stderr).toContain('fillpath rebuild')
    expect(fillpath('rebuild')).toMatchObject({ code: 0 })
    expect(fillpath('query', 'stats')).toMatchObject({ code: 0 })
  })
})

describe('fillpath import', () => {
  test('[B27, B44, B48, X39] tells what it did, where the bad lines are, and adds nothing twice', () => {
    const path = join(folder, 'mixed.jsonl')
    writeFileSync(path, `${encodeLine(taskEvents('a', 0, true)[0] ?? scenario()[0]!)}\n{"half":\n`)
    const first = fillpath('import', path, '--json')
    expect(first.code).toBe(0)
    expect(JSON.parse(first.stdout)).toMatchObject({ lines: 2, added: 1, bad: 1 })
    const [reject = ''] = readFileSync(join(folder, 'import-rejects.jsonl'), 'utf8').split('\n')
    expect(JSON.parse(reject)).toMatchObject({ file: 'mixed.jsonl', line: 2, text: '{"half":' })
    expect(JSON.parse(fillpath('import', path, '--json').stdout)).toMatchObject({
      unchanged: 1,
      added: 0,
    })
    expect(fillpath('import').code).toBe(2)
    expect(fillpath('import', '--task', 'none').code).toBe(1)
  })

  /** 6,000 lines of many tasks, in a file; the rows that they give. */
  function manyTasks(): { readonly path: string; readonly wanted: ReturnType<typeof allRows> } {
    const path = join(folder, 'many.jsonl')
    const lines: string[] = []
    for (let task = 0; lines.length < 6_000; task += 1) {
      for (const record of taskEvents(`t${task}`, task * 1_000, task % 3 > 0))
        lines.push(encodeLine(record))
    }
    writeFileSync(path, `${lines.join('\n')}\n`)
    expect(fillpath('import', path).code).toBe(0)
    const index = join(folder, 'index.db')
    const wanted = allRows(index)
    for (const suffix of ['', '-wal', '-shm']) rmSync(index + suffix, { force: true })
    return { path, wanted }
  }

  test('[B44, B52] killed at any point and run again: the same rows, nothing twice', async () => {
    const { path, wanted } = manyTasks()
    for (const afterMs of [100, 150, 200, 300, 450, 600]) {
      const child = spawn(process.execPath, ['src/cli.ts', 'import', path, '--data', folder])
      // On a fast machine it may be done before.
      const ended = once(child, 'exit')
      await Promise.race([sleep(afterMs), ended])
      child.kill('SIGKILL')
      await ended
    }
    expect(fillpath('import', path).code).toBe(0)
    expect(allRows(join(folder, 'index.db'))).toEqual(wanted)
  }, 600_000)

  test('[B44] two importers at once: no lock error, the same rows', async () => {
    const { path, wanted } = manyTasks()
    const importers = [0, 1, 2].map(() =>
      spawn(process.execPath, ['src/cli.ts', 'import', path, '--data', folder]),
    )
    const codes = await Promise.all(
      importers.map(async (child) => {
        const [code]: unknown[] = await once(child, 'exit')
        return code
      }),
    )
    expect(codes).toEqual([0, 0, 0])
    expect(allRows(join(folder, 'index.db'))).toEqual(wanted)
  }, 600_000)
})
