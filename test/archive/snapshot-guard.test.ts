import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openArchive } from '../../src/archive/archive.ts'
import { SnapshotGuard } from '../../src/archive/snapshot-guard.ts'
import { Folder, event } from './records.ts'
import type { LogRecord } from '../../src/wire/record.ts'

const mebibyte = 1024 * 1024
const folder = new Folder()
const disk = join(folder.path, 'disk')
mkdirSync(disk)
// A file system of eight megabytes; only root may make one.
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]).status === 0
const filler = join(disk, 'filler')
const fill = (mebibytes: number): void => writeFileSync(filler, Buffer.alloc(mebibytes * mebibyte))

beforeAll(() => mkdirSync(join(disk, 'data')))
afterAll(() => {
  if (mounted) spawnSync('umount', [disk])
  folder.remove()
})

const book = (task: string, name = 'trading.book.snapshot'): LogRecord =>
  event(name, 1, '', { 'trading.task.id': task })
const fillEvent = event('trading.order.filled', 1, '', { 'trading.task.id': 'a' })

describe('by setting', () => {
  test.each([
    [1, 30],
    [3, 10],
    [0, 0],
  ])('[B45] of %i snapshots of a task one is kept, and everything else', (every, kept) => {
    const guard = new SnapshotGuard(folder.path, { freeBytesMin: 0, every, onNotice: () => {} })
    const records = Array.from({ length: 30 }, () => [
      book('a'),
      book('b', 'orderbook_snapshot'),
      fillEvent,
    ]).flat()
    const left = records.filter((record) => guard.keeps(record))
    expect(left.filter((record) => record.attributes.get('trading.task.id') === 'b')).toHaveLength(
      kept,
    )
    expect(left).toHaveLength(30 + 2 * kept)
    expect(guard.leftOut).toBe(60 - 2 * kept)
  })

  test('[B45] the archive counts what it left out, and answers as if it were kept', async () => {
    const own = new Folder()
    const archive = await openArchive({ folder: own.path, snapshotsEvery: 0 })
    expect(await archive.write([book('a'), fillEvent])).toMatchObject({ rejected: 0, reason: '' })
    expect(await archive.write([book('a')])).toMatchObject({ rejected: 0, reason: '' })
    await archive.close()
    expect(archive.counts()).toMatchObject({ logs: 1, snapshotsLeftOut: 2 })
    expect(own.lines('tasks/a/orderbooks.jsonl')).toEqual([])
    expect(own.lines('tasks/a/events.jsonl')).toHaveLength(1)
    own.remove()
  })
})

describe.runIf(mounted)('a disk that fills up', () => {
  test('[C32] costs snapshots first: thinned, then none, all again; each change said once', async () => {
    const notices: string[] = []
    const guard = new SnapshotGuard(disk, {
      freeBytesMin: 4 * mebibyte,
      every: 1,
      intervalMs: 0,
      onNotice: (message) => notices.push(message),
    })
    const kept = async (): Promise<number> => {
      let count = 0
      for (let index = 0; index < 20; index += 1) {
        await guard.look()
        if (guard.keeps(book('a'))) count += 1
        expect(guard.keeps(fillEvent)).toBe(true)
      }
      return count
    }
    expect(await kept()).toBe(20)
    fill(5)
    expect(await kept()).toBe(2)
    fill(7)
    expect(await kept()).toBe(0)
    // Just over the limit is not enough: it would flicker.
    writeFileSync(filler, Buffer.alloc(4 * mebibyte - 128 * 1024))
    expect(await kept()).toBe(2)
    rmSync(filler)
    expect(await kept()).toBe(20)
    expect(notices.map((text) => text.replace(/^.*?: /, ''))).toEqual([
      'of ten order-book snapshots one is kept',
      'no order-book snapshots are kept',
      'of ten order-book snapshots one is kept',
      'order-book snapshots are kept again; 56 were left out',
    ])
    expect(guard.leftOut).toBe(56)
  })

  test('[C32] the archive keeps orders and leaves out snapshots', async () => {
    fill(5)
    const notices: string[] = []
    const archive = await openArchive({
      folder: join(disk, 'data'),
      freeBytesMin: 8 * mebibyte,
      onNotice: (message) => notices.push(message),
    })
    await archive.write([...Array.from({ length: 20 }, () => book('a')), fillEvent])
    await archive.close()
    rmSync(filler)
    expect(folder.lines('disk/data/tasks/a/orderbooks.jsonl')).toEqual([])
    expect(folder.lines('disk/data/tasks/a/events.jsonl')).toHaveLength(1)
    expect(archive.counts().snapshotsLeftOut).toBe(20)
    expect(notices).toHaveLength(1)
  })
})
