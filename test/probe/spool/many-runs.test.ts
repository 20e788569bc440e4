/** A bot that died all night, and began again each time, leaves a folder for each of its runs. */
import { basename } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { manualClock } from '../../../src/base/clock.ts'
import type { Disk, DiskEntry } from '../../../src/probe/spool/disk.ts'
import type { Spool } from '../../../src/probe/spool/spool.ts'
import { ModelDisk } from './model-disk.ts'
import { Processes } from './processes.ts'
import { createRandom } from './random.ts'
import { emit, stageReader, take } from './stage.ts'

const runs = 200
const clock = manualClock()
let model: ModelDisk
let processes: Processes

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  model = new ModelDisk(createRandom(5))
  processes = new Processes()
  model.start()
})
afterEach(() => {
  processes.die()
  vi.useRealTimers()
})

/** Runs that have ended, and one that goes on with what they left. */
function night(disk: Disk = model.join()): Spool {
  for (let run = 0; run < runs; run += 1) {
    // Each takes over what those before it left, so that the folders would be one owner's.
    const spool = processes.open({ folder: `/night/${run}`, clock, disk: model.join() }, '7')
    emit(spool, `critical ${run}`)
    emit(spool, `normal ${run}`, { class: 'normal' })
    spool.closeSync()
    const names = model.join().list(`/night/${run}`) ?? []
    const name = names.find((each) => each.endsWith('.nobody'))
    model.join().makeFolder('/spool')
    const path = `/night/${run}/${name}`
    const left = model.find(path)
    const root = model.find('/spool')
    if (left === undefined || root?.kind !== 'folder') throw new Error('nothing was left')
    model.change(root, [[basename(path), left]])
  }
  return processes.open({ folder: '/spool', clock, disk }, '7')
}

/** A second for clocks and timers. */
async function second(): Promise<void> {
  clock.advanceMs(1000)
  await vi.advanceTimersByTimeAsync(1000)
}

test('[D05, P7] a second of the bot does not grow with the runs that died before it', async () => {
  let calls = 0
  const plain = model.join()
  const spool = night({
    ...plain,
    list(path) {
      calls += 1
      return plain.list(path)
    },
    look(path): DiskEntry | undefined {
      calls += 1
      return plain.look(path)
    },
  })
  const { segments } = spool.statistics
  expect(segments).toBe(runs * 2)
  calls = 0
  await second()
  expect(calls).toBeLessThan(runs / 2)
  // What the shipper deletes is struck out all the same, a little later.
  const { reader } = stageReader({ place: spool.place, disk: model.join() })
  expect(take(reader)).toHaveLength(runs * 2)
  reader.save()
  for (let each = 0; each < 10; each += 1) await second()
  expect(spool.statistics.segments).toBe(0)
})

test('[D05] the shipper holds open what it reads, not all that is there', () => {
  const spool = night()
  const plain = model.join()
  const held = new Set<number>()
  let heldMost = 0
  const disk: Disk = {
    ...plain,
    open(path, mode) {
      const file = plain.open(path, mode)
      held.add(file)
      heldMost = Math.max(heldMost, held.size)
      return file
    },
    close(file) {
      held.delete(file)
      plain.close(file)
    },
  }
  const { reader } = stageReader({ place: spool.place, disk, destinations: ['one', 'other'] })
  expect(reader.waiting('one').records).toBe(runs * 2)
  expect(take(reader, 'backlog', 'one')).toHaveLength(runs * 2)
  // The other one is away: nothing can be deleted.
  reader.save()
  expect(reader.waiting('other').records).toBe(runs * 2)
  expect(take(reader, 'backlog', 'other')).toHaveLength(runs * 2)
  expect(heldMost).toBeLessThan(10)
})

test('[D05, P11] with a slow disk not all is saved at once, and all is in the end', () => {
  const spool = night()
  const plain = model.join()
  const disk: Disk = {
    ...plain,
    syncFileNow(file) {
      const endMs = performance.now() + 1
      while (performance.now() < endMs);
      plain.syncFileNow(file)
    },
  }
  const { reader } = stageReader({ place: spool.place, disk, destinations: ['one', 'other'] })
  expect(take(reader, 'backlog', 'one')).toHaveLength(runs * 2)
  const left = [reader.save(20).length]
  // Each round begins where the last one ended: it comes to an end.
  while (left.at(-1) !== 0) left.push(reader.save(20).length)
  expect(left.length).toBeGreaterThan(2)
  expect(left).toEqual(left.toSorted((one, other) => other - one))
  const again = stageReader({ place: spool.place, disk, destinations: ['one', 'other'] })
  expect(take(again.reader, 'backlog', 'one')).toEqual([])
  expect(take(again.reader, 'backlog', 'other')).toHaveLength(runs * 2)
})

test('[D05, P13] a folder of which everything is delivered goes without a sync', () => {
  const spool = night()
  const plain = model.join()
  let syncs = 0
  const disk: Disk = {
    ...plain,
    syncFileNow(file) {
      syncs += 1
      plain.syncFileNow(file)
    },
    syncFolderNow(path) {
      syncs += 1
      plain.syncFolderNow(path)
    },
  }
  const { reader } = stageReader({ place: spool.place, disk })
  expect(take(reader)).toHaveLength(runs * 2)
  expect(reader.save()).toEqual([])
  expect(syncs).toBe(0)
  const left = plain.list('/spool') ?? []
  expect(left.filter((name) => name.endsWith(spool.place.owner ?? ''))).toHaveLength(1)
})
