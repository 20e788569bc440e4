import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { manualClock } from '../../src/base/clock.ts'
import { openArchive } from '../../src/archive/archive.ts'
import { decodeLine, encodeLine } from '../../src/wire/line.ts'
import { Folder, at, event, log, point, span, traceId } from './records.ts'
import type { Archive } from '../../src/archive/archive.ts'
import type { ArchiveOptions } from '../../src/archive/options.ts'
import type { WireRecord } from '../../src/wire/record.ts'

let folder: Folder
const opened: Archive[] = []
const clock = manualClock(at(0))

async function open(options: Partial<ArchiveOptions> = {}): Promise<Archive> {
  const archive = await openArchive({ folder: folder.path, clock, ...options })
  opened.push(archive)
  return archive
}

beforeEach(() => {
  folder = new Folder()
  clock.setWallNs(at(0))
})
afterEach(async () => {
  for (const archive of opened.splice(0)) await archive.close()
  folder.remove()
})

const decoded = (path: string): WireRecord[] => folder.lines(path).map((line) => decodeLine(line))

describe('the archive', () => {
  test('[A04, B02, D05] has each record in its file, whole, when write resolves', async () => {
    const archive = await open()
    const records: WireRecord[] = [
      log('volatility is high enough', { atr: 312.4, checks: 3n }),
      span('order', '00f067aa0ba902b7', [0, 230], { data: { 'trading.order.id': '881' } }),
      point('trading.order.events'),
    ]
    expect(await archive.write(records)).toMatchObject({ rejected: 0, reason: '' })
    expect(decoded('logs/events_20261121.jsonl')).toEqual([records[0]])
    expect(decoded('traces/spans_20261121.jsonl')).toEqual([records[1]])
    expect(decoded('metrics/metrics_20261121.jsonl')).toEqual([records[2]])
    expect(archive.counts()).toMatchObject({ logs: 1, spans: 1, metricPoints: 1 })
  })

  test('[C34] makes everything for its owner alone', async () => {
    const archive = await open()
    await archive.write([log('a', { 'trading.task.id': 'abc' })])
    expect(folder.files()).toEqual({
      'desk.lock': '600',
      logs: '700',
      'logs/bot_20261121.log': '600',
      'logs/events_20261121.jsonl': '600',
      'logs/events_20261121.jsonl.chain': '600',
      tasks: '700',
      'tasks/abc': '700',
      'tasks/abc/events.jsonl': '600',
    })
  })

  test('[A13, A14, A15, A16, A17, A18, A19] sorts events into the files of their categories', async () => {
    const archive = await open()
    const order = event('trading.order.filled', 1, '', { 'trading.order.id': '881' })
    const signal = event('trading.signal.detected', 2, '')
    const latency = { ...event('trading.latency.high', 3, ''), severityNumber: 13 }
    const api = { ...event('trading.api.error', 4, ''), severityNumber: 17 }
    const line = {
      ...log('out of memory', { 'exception.stacktrace': 'Error: x\n    at y' }),
      severityNumber: 17,
      time: at(5),
    }
    const plain = { ...log('nothing special'), time: at(6) }
    await archive.write([order, signal, latency, api, line, plain])
    const all = [order, signal, latency, api, line, plain].map((record) => encodeLine(record))
    expect(folder.lines('logs/events_20261121.jsonl')).toEqual(all)
    expect(folder.lines('logs/orders_20261121.jsonl')).toEqual([all[0]])
    expect(folder.lines('logs/signals_20261121.jsonl')).toEqual([all[1]])
    expect(folder.lines('logs/performance_20261121.jsonl')).toEqual([all[2]])
    expect(folder.lines('logs/api_20261121.jsonl')).toEqual([all[3]])
    const bot = folder.lines('logs/bot_20261121.log')
    expect(bot).toHaveLength(6)
    expect(bot[0]).toBe(
      `2026-11-21 09:20:33.001 INFO  bot.orders order.filled order.id=881 trace=${traceId}`,
    )
    expect(folder.lines('logs/errors_20261121.log')).toEqual([
      `2026-11-21 09:20:33.004 ERROR bot.orders api.error trace=${traceId}`,
      `2026-11-21 09:20:33.005 ERROR bot.orders out of memory trace=${traceId}`,
      '    Error: x',
      '        at y',
    ])
  })

  test('[A14, A15] knows events in the spellings of other systems, as they come', async () => {
    const archive = await open()
    await archive.write([
      event('order_reJECTED', 1, ''),
      event('', 2, '', { 'event.name': 'signal_detected' }),
    ])
    expect(folder.lines('logs/orders_20261121.jsonl')).toHaveLength(1)
    expect(folder.lines('logs/signals_20261121.jsonl')).toHaveLength(1)
  })

  test('[B04, B05, B06] gives each task a folder with its events and its order books', async () => {
    const archive = await open()
    const created = event('trading.task.created', 1, '', {
      'trading.task.id': 'abc123',
      'trading.sequence': 1n,
    })
    const book = event('trading.book.snapshot', 2, '', {
      'trading.task.id': 'abc123',
      'trading.book.sequence': 1n,
    })
    const other = log('of another task', { 'trading.task.id': '../../etc/passwd' })
    await archive.write([created, book, other])
    expect(decoded('tasks/abc123/events.jsonl')).toEqual([created])
    expect(decoded('tasks/abc123/orderbooks.jsonl')).toEqual([book])
    // Snapshots are not for the log that people read.
    expect(folder.lines('logs/bot_20261121.log')).toHaveLength(2)
    const tasks = Object.keys(folder.files()).filter((path) => path.startsWith('tasks/'))
    expect(
      tasks
        .map((path) => path.split('/'))
        .filter((parts) => parts.includes('..') || parts.length > 3),
    ).toEqual([])
    expect(tasks.filter((path) => path.endsWith('events.jsonl'))).toHaveLength(2)
  })

  test('[A21] begins new files at midnight of its zone, while it runs', async () => {
    const archive = await open({ timeZone: 'Europe/Berlin' })
    const midnight = BigInt(Date.parse('2026-11-21T23:00:00Z')) * 1_000_000n
    clock.setWallNs(midnight - 1n)
    await archive.write([log('still today')])
    clock.setWallNs(midnight)
    await archive.write([log('tomorrow'), span('signal', '00f067aa0ba902b7', [0, 1])])
    expect(folder.lines('logs/events_20261121.jsonl')).toHaveLength(1)
    expect(folder.lines('logs/events_20261122.jsonl')).toHaveLength(1)
    expect(folder.lines('traces/spans_20261122.jsonl')).toHaveLength(1)
    // The time in the record does not matter: a file of a past day is closed for good.
    await archive.write([log('late', {}, { time: at(-86_400_000) })])
    expect(folder.lines('logs/events_20261122.jsonl')).toHaveLength(2)
  })

  test('refuses a zone that does not exist, and lets the folder go', async () => {
    await expect(open({ timeZone: 'Mars/Olympus' })).rejects.toMatchObject({
      code: 'setting_invalid',
    })
    await open()
  })
})

describe('many at once', () => {
  test('[D01] are kept in the order of their arrival, each whole', async () => {
    const archive = await open()
    const requests = Array.from({ length: 200 }, (_, request) =>
      Array.from({ length: 5 }, (_unused, index) => log(`${request}.${index} ${'x'.repeat(50)}`)),
    )
    await Promise.all(requests.map((records) => archive.write(records)))
    expect(decoded('logs/events_20261121.jsonl')).toEqual(requests.flat())
  })

  test('[B04] tasks have as many files as there are tasks, and few that are open', async () => {
    const archive = await open()
    const records = Array.from({ length: 600 }, (_, index) =>
      log('x', { 'trading.task.id': `t${index % 300}` }),
    )
    await archive.write(records.slice(0, 300))
    await archive.write(records.slice(300))
    for (let index = 0; index < 300; index += 1) {
      expect(folder.lines(`tasks/t${index}/events.jsonl`)).toHaveLength(2)
    }
  })

  test('are told to the listener in the order of the files, and its faults hurt nobody', async () => {
    const told: WireRecord[] = []
    const notices: string[] = []
    const archive = await open({
      onNotice: (message) => notices.push(message),
      onKept: (records) => {
        told.push(...records)
        throw new Error('a bad listener')
      },
    })
    await archive.write([log('a')])
    await archive.write([log('b')])
    expect(told.map((record) => (record.signal === 'log' ? record.body : ''))).toEqual(['a', 'b'])
    expect(notices[0]).toContain('a bad listener')
  })
})

describe('records that come twice', () => {
  const numbered = (sequence: number): WireRecord =>
    log(`record ${sequence}`, { 'fillpath.record.id': `5f2a9c01-3-${sequence}` })

  test('[D05] are kept once, within a request and over requests', async () => {
    const archive = await open()
    await archive.write([numbered(1), numbered(2), numbered(1)])
    await Promise.all([archive.write([numbered(2), numbered(3)]), archive.write([numbered(3)])])
    expect(decoded('logs/events_20261121.jsonl')).toEqual([1, 2, 3].map((each) => numbered(each)))
    expect(archive.counts()).toMatchObject({ logs: 3, duplicates: 3 })
  })

  test('[D05] are kept once also when the desk was restarted between, and a torn one is kept', async () => {
    const before = await open()
    await before.write([numbered(1), numbered(2)])
    await before.close()
    appendFileSync(
      join(folder.path, 'logs/events_20261121.jsonl'),
      encodeLine(numbered(3)).slice(0, -5),
    )
    const after = await open()
    await after.write([1, 2, 3].map((each) => numbered(each)))
    expect(decoded('logs/events_20261121.jsonl')).toEqual([1, 2, 3].map((each) => numbered(each)))
  })

  test('[D05] are kept once also when they are metric points, which have no id', async () => {
    const before = await open()
    const other = point('orders', 3)
    await before.write([point('orders', 2), other, point('orders', 2)])
    await before.close()
    const after = await open()
    await after.write([other, point('orders', 4)])
    expect(decoded('metrics/metrics_20261121.jsonl')).toEqual(
      [2, 3, 4].map((value) => point('orders', value)),
    )
  })

  test('[D05] are known from the end of each file, as much of it as was said', async () => {
    const before = await open()
    await before.write(Array.from({ length: 50 }, (_, index) => numbered(index)))
    await before.close()
    const bytes = folder.lines('logs/events_20261121.jsonl').slice(-10).join('\n').length + 1
    const after = await open({ recentBytes: bytes })
    await after.write([numbered(39), numbered(40), numbered(49)])
    // The tenth from the end is known still, the one before it is not.
    expect(after.counts()).toMatchObject({ logs: 1, duplicates: 2 })
  })

  test('[D05] are known of whole requests of several bots that nobody answered', async () => {
    const text = 'x'.repeat(4_000)
    const records = Array.from({ length: 4_000 }, (_, index) => ({
      ...numbered(index),
      body: text,
    }))
    const before = await open()
    await before.write(records)
    await before.close()
    const after = await open()
    await after.write(records)
    expect(after.counts()).toMatchObject({ logs: 0, duplicates: 4_000 })
  })

  test('without an id are each kept', async () => {
    const archive = await open()
    await archive.write([log('same'), log('same')])
    expect(folder.lines('logs/events_20261121.jsonl')).toHaveLength(2)
  })
})

describe('records that can never be kept', () => {
  test('are counted with the reason, and the others are kept', async () => {
    const archive = await open()
    const lost = span('lost', '', [0, 1])
    const answer = await archive.write([lost, log('kept')])
    expect(answer.rejected).toBe(1)
    expect(answer.reason).toContain('span id')
    expect(folder.lines('logs/events_20261121.jsonl')).toHaveLength(1)
    expect(await archive.write([lost])).toMatchObject({ rejected: 1 })
  })

  test('are those of which no line can be made', async () => {
    let deep: WireRecord['attributes'] = new Map([['x', 1n]])
    for (let depth = 0; depth < 20_000; depth += 1) deep = new Map([['x', deep]])
    const archive = await open()
    expect(await archive.write([{ ...log('deep'), attributes: deep }])).toMatchObject({
      rejected: 1,
    })
    const long = 'x'.repeat(33 * 1024 * 1024)
    expect(await archive.write([log(long), log('short')])).toMatchObject({
      rejected: 1,
      reason: expect.stringContaining('characters'),
    })
    expect(folder.lines('logs/events_20261121.jsonl')).toHaveLength(1)
  })
})

describe('when a file cannot be written', () => {
  test('[D03] nothing is kept, the sender is told, and it goes on by itself', async () => {
    const notices: string[] = []
    const archive = await open({ onNotice: (message) => notices.push(message) })
    await archive.write([log('before')])
    // A folder stands where a file should: one of several files fails after others were written.
    const obstacle = join(folder.path, 'logs', 'orders_20261121.jsonl')
    mkdirSync(obstacle)
    const order = event('trading.order.filled', 1, '')
    await expect(archive.write([log('with it'), order])).rejects.toThrow(/EISDIR/)
    await expect(archive.write([order])).rejects.toThrow(/EISDIR/)
    expect(folder.lines('logs/events_20261121.jsonl')).toHaveLength(1)
    expect(folder.lines('logs/bot_20261121.log')).toHaveLength(1)
    await archive.write([log('unaffected')])
    rmSync(obstacle, { recursive: true })
    await archive.write([order])
    expect(folder.lines('logs/events_20261121.jsonl')).toHaveLength(3)
    expect(folder.lines('logs/orders_20261121.jsonl')).toHaveLength(1)
    expect(archive.counts().failures).toBe(2)
    expect(notices[0]).toContain('senders are told to come again')
    expect(notices.at(-1)).toContain('again')
  })

  test('a folder that cannot be written is refused at once, with its name', async () => {
    const path = join(folder.path, 'file')
    writeFileSync(path, '')
    chmodSync(path, 0o400)
    await expect(openArchive({ folder: join(path, 'data') })).rejects.toMatchObject({
      code: 'folder_unwritable',
      message: expect.stringContaining(path),
    })
  })
})

describe('a desk that is killed', () => {
  test('[B48, D05] has kept all that it answered, and the next one goes on cleanly', async () => {
    const writer = fileURLToPath(new URL('writer.ts', import.meta.url))
    for (let kill = 0; kill < 5; kill += 1) {
      rmSync(folder.path, { recursive: true, force: true })
      const child = spawn(process.execPath, [writer, folder.path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let told = ''
      child.stdout.on('data', (chunk) => {
        told += String(chunk)
        if (told.length > 100 + kill * 77) child.kill('SIGKILL')
      })
      await once(child, 'close')
      const answered = Number(told.split('\n').at(-2))
      expect(answered).toBeGreaterThan(0)
      const archive = await openArchive({ folder: folder.path, timeZone: 'UTC' })
      await archive.write([log('after the crash')])
      await archive.close()
      // Of two days, where midnight came between the writer and the next.
      const paths = Object.keys(folder.files()).filter((path) =>
        /^logs\/events_\d+\.jsonl$/.test(path),
      )
      const kept = paths
        .toSorted()
        .flatMap(decoded)
        .map((record) => (record.signal === 'log' ? record.body : ''))
      expect(kept.pop()).toBe('after the crash')
      expect(kept.length).toBeGreaterThanOrEqual(answered)
      expect(kept).toEqual(kept.map((_, index) => String(index)))
    }
  })
})
