import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { note } from '../../faults/ship-load.ts'
import { isFull, seed } from '../../seed.ts'
import { explore, settle } from './explore.ts'
import type { DiskCall } from './model-disk.ts'
import { apply, daily, deletions, failing, fullDisk } from './operations.ts'
import type { Op } from './operations.ts'
import { World } from './world.ts'

const runs = isFull ? 1000 : 50
const calls: readonly DiskCall[] = [
  'open',
  'write',
  'truncate',
  'rename',
  'unlink',
  'look',
  'list',
  'entry',
  'makeFolder',
  'syncFileNow',
  'syncFolder',
]

beforeEach(() => {
  console.info(`seed ${seed}`)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
})

test('[B50, D03, P1] a folder that is deleted costs no record that is not counted, whatever the disk refuses meanwhile', async () => {
  let [deleted, missing] = [0, 0]
  const bites = await explore({
    operations: [...daily, ...fullDisk, ...deletions, failing(6, calls, ['EIO', 'ENOSPC'])],
    options: { quotaBytes: 300_000, memoryRecordsMax: 60 },
    runs,
    length: 500,
    check(world) {
      expect(world.spurious).toEqual([])
      const { quarantined, ackedAfterDrop } = world.count()
      const lost = world.missing().length
      expect(lost).toBeLessThanOrEqual(world.dropped() + quarantined - ackedAfterDrop)
      deleted += world.dropped('folder_lost')
      missing += lost
    },
  })
  note('P1 deleted folders', { ...bites, missing, 'counted as deleted': deleted, seed })
  expect(bites.faults).toBeGreaterThan(bites.runs)
  expect(deleted).toBeGreaterThan(bites.runs)
})

test('[B50, D03, P1] what was synced, and went with the folder while the disk was full, is written again once it can', async () => {
  const world = new World(1)
  const operations: readonly Op[] = [
    { op: 'emit', class: 'snapshot', bytes: 1309, scope: 2 },
    { op: 'advance', ms: 1500 },
    { op: 'remove' },
    { op: 'fill', freeBytes: 1446 },
    { op: 'emit', class: 'normal', bytes: 7, scope: 4 },
    { op: 'turn' },
    { op: 'advance', ms: 1100 },
  ]
  for (const operation of operations) await apply(world, operation)
  expect(world.spool.statistics.state).toBe('memory')
  await settle(world)
  expect(world.missing()).toEqual([])
  expect(world.dropped()).toBe(0)
  world.spool.closeSync()
})
