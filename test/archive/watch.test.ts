import { gzipSync } from 'node:zlib'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { manualClock } from '../../src/base/clock.ts'
import { openArchive } from '../../src/archive/archive.ts'
import { watch } from '../../src/archive/watch.ts'
import { encodeLine } from '../../src/wire/line.ts'
import { Folder, at, event, log, traceId } from './records.ts'
import type { Archive } from '../../src/archive/archive.ts'
import type { Watch, WatchOptions, WatchedEvent } from '../../src/archive/watch.ts'

let folder: Folder
let archive: Archive
let watching: Watch
const clock = manualClock(at(0))
beforeEach(async () => {
  folder = new Folder()
  archive = await openArchive({ folder: folder.path, clock })
})
afterEach(async () => {
  await watching.stop()
  await archive.close()
  folder.remove()
})

function begin(options: WatchOptions = {}): Watch {
  watching = watch(folder.path, { intervalMs: 5, ...options })
  return watching
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5)
}

describe('watching a folder', () => {
  test('[A63] calls back for each event of a type, in any spelling, and for no other', async () => {
    const fills: WatchedEvent[] = []
    const orders: string[] = []
    const all: string[] = []
    begin().on('ORDER_FILLED', (each) => fills.push(each))
    watching.on('trading.order.*', ({ name }) => orders.push(name))
    watching.on('*', ({ name, message }) => all.push(name || message))
    await archive.write([event('trading.order.filled', 1, 'a')])
    await watching.start()
    await archive.write([
      event('trading.order.submitted', 2, 'a'),
      event('trading.order.filled', 3, 'a', {
        'trading.correlation_id': 'sig_abc123',
        'trading.task.id': 't1',
        'trading.sequence': 7n,
        'trading.order.price': '43210.00',
        'trading.task.config': new Map([['levels', [1n, 2.5]]]),
      }),
      log('a line', {}, { time: at(4) }),
    ])
    await until(() => all.length === 3)
    expect(orders).toEqual(['trading.order.submitted', 'trading.order.filled'])
    expect(all).toEqual(['trading.order.submitted', 'trading.order.filled', 'a line'])
    expect(fills).toEqual([
      {
        name: 'trading.order.filled',
        time: new Date(Number(at(3) / 1_000_000n)),
        timeNs: at(3),
        level: 'info',
        module: 'bot.orders',
        message: '',
        correlationId: 'sig_abc123',
        traceId,
        spanId: 'a',
        taskId: 't1',
        attributes: {
          'trading.correlation_id': 'sig_abc123',
          'trading.task.id': 't1',
          'trading.sequence': 7n,
          'trading.order.price': '43210.00',
          'trading.task.config': { levels: [1n, 2.5] },
        },
      },
    ])
    expect(watching.events).toBe(3)
  })

  test('[A63, A21] gives each event once over midnights and size rolls', async () => {
    const seen: unknown[] = []
    const small = await openArchive({
      folder: join(folder.path, 'small'),
      clock,
      fileBytesMax: 64 * 1024,
    })
    watching = watch(join(folder.path, 'small'), { intervalMs: 1 })
    watching.on('trading.signal.detected', ({ attributes }) => seen.push(attributes['n']))
    await watching.start()
    const text = 'x'.repeat(700)
    for (let n = 0; n < 600; n += 1) {
      if (n % 200 === 100) clock.advanceMs(86_400_000)
      await small.write([event('trading.signal.detected', n, 'a', { n: BigInt(n), text })])
    }
    await until(() => seen.length >= 600)
    await small.close()
    expect(seen).toEqual(Array.from({ length: 600 }, (_, n) => BigInt(n)))
    expect(folder.files()).toMatchObject({ 'small/logs/events_20261121.1.jsonl': '600' })
  })

  test('[A63] a callback that throws or rejects is said and counted, and stops nothing', async () => {
    const told: [unknown, string | undefined][] = []
    const seen: string[] = []
    begin({ onError: (error, each) => told.push([error, each?.name]) })
    watching.on('*', () => {
      throw new Error('sync')
    })
    watching.on('*', () => Promise.reject(new Error('async')))
    watching.on('*', ({ name }) => seen.push(name))
    await watching.start()
    await archive.write([
      event('trading.order.filled', 1, 'a'),
      event('trading.order.expired', 2, 'a'),
    ])
    await until(() => watching.failures === 4)
    expect(seen).toEqual(['trading.order.filled', 'trading.order.expired'])
    expect(told.map(([error, name]) => `${(error as Error).message} ${name}`).toSorted()).toEqual([
      'async trading.order.expired',
      'async trading.order.filled',
      'sync trading.order.expired',
      'sync trading.order.filled',
    ])
  })

  test('[A63] without onError it is said on stderr, and the next time their number has doubled', async () => {
    const write = process.stderr.write.bind(process.stderr)
    let said = ''
    process.stderr.write = (chunk: string | Uint8Array) => {
      said += String(chunk)
      return true
    }
    try {
      begin().on('*', () => {
        throw new Error('no')
      })
      await watching.start()
      await archive.write(Array.from({ length: 40 }, (_, n) => log(`${n}`)))
      await until(() => watching.failures === 40)
    } finally {
      process.stderr.write = write
    }
    const numbers = [
      ...said.matchAll(/a callback for a log line failed \(failure (\d+)\): Error: no/g),
    ]
    expect(numbers.map(([, number]) => Number(number))).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 32,
    ])
  })

  test('[A63] begins at the start, or at a time, with what is compressed too', async () => {
    const day = join(folder.path, 'logs/events_20261119.jsonl')
    await archive.write([
      event('trading.order.filled', 1_000, 'b'),
      event('trading.order.filled', 5_000, 'c'),
    ])
    mkdirSync(join(folder.path, 'archive/logs'), { recursive: true })
    const old = event('trading.order.filled', -172_800_000, 'a')
    writeFileSync(day, `${encodeLine(old)}\n`)
    writeFileSync(
      join(folder.path, 'archive/logs/events_20261119.jsonl.gz'),
      gzipSync(readFileSync(day)),
    )
    rmSync(day)
    const cases: [NonNullable<WatchOptions['from']>, string[]][] = [
      ['start', ['a', 'b', 'c', 'd']],
      [new Date(Number(at(5_000) / 1_000_000n)), ['c', 'd']],
    ]
    for (const [index, [from, wanted]] of cases.entries()) {
      const spans: string[] = []
      const one = watch(folder.path, { intervalMs: 5, from })
      one.on('trading.order.*', ({ spanId }) => spans.push(spanId))
      await one.start()
      await until(() => spans.length >= wanted.length - (index === 0 ? 1 : 0))
      if (index === 0) await archive.write([event('trading.order.filled', 9_000, 'd')])
      await until(() => spans.length >= wanted.length)
      await one.stop()
      expect(spans).toEqual(wanted)
    }
    begin()
  })

  test('[A63] calls nobody after stop, nor one that was taken back', async () => {
    const seen: string[] = []
    const off = begin().on('*', () => seen.push('taken back'))
    watching.on('*', () => seen.push('kept'))
    await watching.start()
    off()
    await archive.write([log('one')])
    await until(() => seen.length > 0)
    await watching.stop()
    await watching.stop()
    await archive.write([log('two')])
    await sleep(50)
    expect(seen).toEqual(['kept'])
  })
})
