import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openArchive } from '../../src/archive/archive.ts'
import { decodeLine, encodeLine } from '../../src/wire/line.ts'
import { story } from '../archive/flow/story.ts'
import { Folder, at, log, traceId } from '../archive/records.ts'
import { Running, run } from './cli.ts'
import type { Archive } from '../../src/archive/archive.ts'
import type { LogRecord } from '../../src/wire/record.ts'

const folder = new Folder()
let archive: Archive
const now = BigInt(Date.now()) * 1_000_000n
const just = { time: now, observedTime: now, traceId: '' }

beforeAll(async () => {
  archive = await openArchive({ folder: folder.path })
  await archive.write(story)
  await archive.write([
    log('later', {}, { time: at(900), traceId: '' }),
    log('earlier', {}, { time: at(800), traceId: '' }),
    {
      ...log('a bad thing', { 'exception.stacktrace': 'Error: x\n    at y' }),
      severityNumber: 17,
      time: at(950),
    },
    log('of a task', { 'trading.task.id': 'task-17' }, just),
    log('\u001b[31mred\nforged', {}, just),
  ])
})
afterAll(async () => {
  await archive.close()
  folder.remove()
})

async function tail(...options: string[]): Promise<string[]> {
  const { stdout, code } = await run(['tail', '--no-follow', '--data', folder.path, ...options])
  expect(code).toBe(0)
  return stdout.split('\n').slice(0, -1)
}

/** An event of now. */
function live(
  eventName: string,
  severityNumber: number,
  data: Parameters<typeof log>[1] = {},
): LogRecord {
  const time = BigInt(Date.now()) * 1_000_000n
  return log('', data, { eventName, severityNumber, time, observedTime: time, traceId: '' })
}

describe('fillpath tail', () => {
  test('shows the last lines in the order of time, with the stack of an error, and nothing that acts on the terminal', async () => {
    expect(await tail('--lines', '5')).toEqual([
      '2026-11-21 09:20:33.800 INFO  bot.orders earlier',
      '2026-11-21 09:20:33.900 INFO  bot.orders later',
      `2026-11-21 09:20:33.950 ERROR bot.orders a bad thing trace=${traceId.slice(0, 8)}`,
      '    Error: x',
      '        at y',
      expect.stringMatching(/ INFO {2}bot\.orders of a task task\.id=task-17$/),
      expect.stringMatching(/ INFO {2}bot\.orders \\u001b\[31mred\\nforged$/),
    ])
  })

  test('[A66, A65] filters by level, event, correlation id, task and time', async () => {
    expect(await tail('--level', 'warn')).toHaveLength(4)
    const orders = await tail('--event', 'trading.order.*')
    expect(orders).toHaveLength(4)
    expect(orders[0]).toContain('order.submitted')
    expect(await tail('--event', 'order.*')).toEqual(orders)
    expect(await tail('--event', 'ORDER_FILLED')).toEqual(await tail('--event', '*order.filled'))
    expect(await tail('--correlation', 'sig_abc123', '--event', '*filled')).toHaveLength(2)
    expect(await tail('--correlation', traceId, '--level', 'error')).toHaveLength(3)
    expect(await tail('--task', 'task-17')).toHaveLength(2)
    const recent = await tail('--since', '10m')
    expect(recent).toHaveLength(2)
    expect(await tail('--lines', '2')).toHaveLength(2)
  })

  test('[X39] gives lines as they are stored', async () => {
    const lines = await tail('--json', '--lines', '100')
    expect(lines).toHaveLength(13)
    for (const line of lines) expect(encodeLine(decodeLine(line))).toBe(line)
  })

  test('shows new lines as they come, until Ctrl-C', async () => {
    const feed = (name: string): LogRecord =>
      log('', { 'trading.feed.name': name }, { eventName: 'trading.feed.connected' })
    await archive.write([feed('before')])
    const tailing = new Running(['tail', '--data', folder.path, '--event', 'trading.feed.*'])
    await tailing.says('feed.name=before')
    await archive.write([log('not asked for'), feed('books')])
    await tailing.says('feed.connected feed.name=books')
    const { code, stdout } = await tailing.interrupted()
    expect(code).toBe(0)
    expect(stdout.split('\n')).toHaveLength(3)
  })

  test('ends with 1 when nothing is what was asked for, with 2 when it was asked wrongly', async () => {
    const none = await run(['tail', '--no-follow', '--data', folder.path, '--event', 'trading.x'])
    expect([none.code, none.stdout]).toEqual([1, ''])
    expect(none.stderr).toContain('[not_found]')
    const wrong = await run(['tail', '--level', 'loud', '--since', 'soon', '--data', folder.path])
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('option --level is "loud"; allowed is one of trace, debug, info')
    expect(wrong.stderr).toContain('option --since is "soon"')
  })

  test('ends quietly when its reader does', async () => {
    const tailing = new Running(['tail', '--data', folder.path, '--json'])
    await tailing.says('{')
    tailing.child.stdout?.destroy()
    const ended = tailing.ended()
    await archive.write([log('nobody reads this')])
    expect(await ended).toMatchObject({ code: 0, stderr: '' })
  })

  test('[A59, A60, A61, A62, A64] with --summary marks key events and tells counts and latencies every few seconds, of all lines', async () => {
    const own = new Folder()
    const desk = await openArchive({ folder: own.path })
    const tailing = new Running(['tail', '--summary', '1', '--level', 'warn', '--data', own.path])
    await tailing.says(' s: 0 signals, 0 orders, 0 fills, 0 hedges, 0 errors, 0 warnings')
    await desk.write([
      live('trading.signal.detected', 9),
      live('trading.order.submitted', 9),
      live('trading.order.accepted', 9, { 'trading.order.ack_latency_ms': 10 }),
      live('trading.order.accepted', 9, { 'trading.order.ack_latency_ms': 30n }),
      live('trading.order.partially_filled', 9),
      live('trading.order.filled', 9),
      live('trading.hedge.completed', 9, { 'trading.hedge.latency_ms': 55.5 }),
      live('trading.hedge.failed', 17, { 'error.type': 'NoMoney' }),
      live('trading.feed.stale', 13),
      live('trading.condition.set', 9, {
        'trading.condition.name': 'spread_too_wide',
        'trading.symbol': 'BTC/USDT',
      }),
    ])
    await tailing.says('in all: 1 signal')
    const { code, stdout } = await tailing.interrupted()
    await desk.close()
    own.remove()
    expect(code).toBe(0)
    const lines = stdout.split('\n')
    expect(lines.filter((line) => line.startsWith('! '))).toHaveLength(2)
    const counts = '1 signal, 1 order, 2 fills, 2 hedges (1 failed), 1 error, 1 warning'
    expect(
      lines
        .find((line) => /^── last \S+ s: 1 signal/.test(line))
        ?.split(' │ ')
        .slice(1),
    ).toEqual([
      'NoMoney 1',
      'p50 / p95: ack 20.0 ms / 29.0 ms, hedge 55.5 ms / 55.5 ms',
      'standing: spread_too_wide BTC/USDT',
      `in all: ${counts}`,
    ])
    expect(lines.filter((line) => line.includes(`: ${counts} │ NoMoney`))).toHaveLength(1)
    // The last words when it ends: nothing new, all that was.
    expect(lines.at(-2)).toMatch(/: 0 signals.* │ in all: 1 signal, /)
  })

  test('[A61, A62, A64] gives the summary as JSON beside the lines, and of stored lines alone', async () => {
    const { stdout } = await run([
      ...['tail', '--no-follow', '--summary', '--json', '--lines', '100', '--data', folder.path],
      ...['--correlation', 'sig_abc123'],
    ])
    const lines = stdout.split('\n').slice(0, -1)
    const { summary } = JSON.parse(lines.at(-1) ?? '') as { summary: Record<string, unknown> }
    expect(summary).toMatchObject({ seconds: null, signals: 1, orders: 1, fills: 2 })
    expect(lines.slice(0, -1).every((line) => decodeLine(line).signal === 'log')).toBe(true)
    const wrong = await run(['tail', '--summary', '0', '--data', folder.path])
    expect(wrong.code).toBe(2)
  })

  test('[A60] key events stand out in colour on a terminal', async () => {
    const coloured = await run(['tail', '--no-follow', '--lines', '100', '--data', folder.path], {
      FORCE_COLOR: '1',
    })
    const style = (name: string): string | undefined =>
      // oxlint-disable-next-line no-control-regex -- colours are what is looked for
      new RegExp(`((?:\\u001b\\[\\d+m)+)${name.replace('.', '\\.')}\\u001b`).exec(
        coloured.stdout,
      )?.[1]
    expect(style('order.filled')).toBe('\u001b[1m\u001b[30m\u001b[42m')
    expect(style('signal.detected')).toBe('\u001b[1m\u001b[30m\u001b[46m')
    expect(style('order.submitted')).toBe('\u001b[1m')
  })
})
