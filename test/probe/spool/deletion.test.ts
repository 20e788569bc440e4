import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { note } from '../../faults/ship-load.ts'
import { isFull, seed } from '../../seed.ts'
import { explore } from './explore.ts'
import type { DiskCall } from './model-disk.ts'
import { daily, deletions, failing, fullDisk } from './operations.ts'

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
