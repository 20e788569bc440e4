import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { DiskCall } from './model-disk.ts'
import { explore } from './explore.ts'
import { daily, failing, fullDisk, kills, powerLosses } from './operations.ts'
import { note } from '../../faults/ship-load.ts'
import type { World } from './world.ts'
import { isFull, seed } from '../../seed.ts'

const runs = isFull ? 1000 : 50
const length = isFull ? 5000 : 500
const limits = { quotaBytes: 300_000, memoryRecordsMax: 60 }

/** Calls of the writer. A failed sync writes records twice, which no count can tell from two records. */
const writerCalls: readonly DiskCall[] = [
  'write',
  'writeLater',
  'truncate',
  'rename',
  'unlink',
  'touch',
  'makeFolder',
  'removeFolder',
  'freeBytes',
  'syncFolder',
  'syncFileNow',
  'syncFolderNow',
]
const allCalls: readonly DiskCall[] = [
  ...writerCalls,
  'open',
  'close',
  'read',
  'entry',
  'look',
  'list',
  'syncFile',
]

beforeEach(() => {
  console.info(`seed ${seed}`)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** Nothing foreign, nothing changed, and nothing is missing that was not counted. */
function expectNoSilentLoss(world: World): void {
  expect(world.spurious).toEqual([])
  // A kill may take NORMAL and SNAPSHOT records of the turn in which it came.
  const missing = world.missing().filter(({ id }) => !world.atRisk.has(id))
  const { quarantined } = world.count()
  const counted = world.dropped() + quarantined + world.memoryLost
  expect(missing.length).toBeLessThanOrEqual(counted)
}

test('[B50, B51, D03, D05, P1, P10] accepted is delivered plus dropped, through full disks, faults and quota', async () => {
  let [exact, countedSum, slackSum] = [0, 0, 0]
  const bites = await explore({
    operations: [...daily, ...fullDisk, failing(4, writerCalls, ['EIO', 'ENOSPC', 'short'])],
    options: limits,
    runs,
    length,
    check(world) {
      expectNoSilentLoss(world)
      const missing = world.missing().length
      const { quarantined, ackedAfterDrop } = world.count()
      const counted = world.dropped() + quarantined - ackedAfterDrop
      expect(missing).toBeLessThanOrEqual(counted)
      // Counted and not missing: delivered by a shipper that could not save that before it ended, or a torn tail that could
      // not be cut off and that no later segment explains.
      const slack = world.forgotten.size + quarantined
      expect(counted - slack).toBeLessThanOrEqual(missing)
      if (slack === 0 && counted > 0) exact += 1
      countedSum += counted
      slackSum += slack
    },
  })
  note('P1 full disks, faults, quota', {
    ...bites,
    'operations each': length,
    seed,
    'lost and counted': countedSum,
    'of these at most not lost': slackSum,
  })
  expect(bites.faults).toBeGreaterThan(bites.runs)
  expect(bites.dropped).toBeGreaterThan(bites.runs)
  expect(bites.delivered).toBeGreaterThan(bites.runs * 100)
  expect(slackSum).toBeLessThan(countedSum / 5)
  // In these runs records were lost, and the equation held exactly; a long life always has some that cannot be told.
  expect(length > 500 ? bites.runs : exact).toBeGreaterThan(bites.runs / 10)
})

test('[B50, B51, D03, D05, P1, P13] no kill of the bot or of the shipper loses a record silently', async () => {
  const bites = await explore({
    operations: [...daily, ...fullDisk, failing(4, allCalls, ['EIO', 'ENOSPC', 'short']), ...kills],
    options: limits,
    runs,
    length,
    check: expectNoSilentLoss,
  })
  note('P1 and kills', { ...bites, 'operations each': length, seed })
  expect(bites.faults).toBeGreaterThan(bites.runs)
  expect(bites.dropped).toBeGreaterThan(bites.runs)
  expect(bites.delivered).toBeGreaterThan(bites.runs * 100)
  expect(bites.repeated).toBeGreaterThan(bites.runs)
})

test('[D03, D05, P3] a power loss takes no record that was durable, and no earlier one is harmed', async () => {
  let durable = 0
  let lost = 0
  const bites = await explore({
    operations: [...daily, ...powerLosses, failing(2, ['syncFile', 'syncFolder'], ['EIO'])],
    options: {},
    runs: isFull ? 20_000 : runs,
    length: 500,
    check(world) {
      expect(world.spurious).toEqual([])
      expect(world.dropped()).toBe(0)
      const missing = world.missing()
      expect(missing.filter((record) => record.durable)).toEqual([])
      lost += missing.length
      for (const record of world.emitted.values()) if (record.durable) durable += 1
    },
  })
  const { runs: lives, faults, delivered } = bites
  note('P3', {
    lives,
    'operations each': 500,
    faults,
    delivered,
    durable,
    'durable lost': 0,
    'others lost': lost,
    seed,
  })
  expect(faults).toBeGreaterThan(lives / 5)
  expect(durable).toBeGreaterThan(lives * 10)
  // The power losses did take what was not durable.
  expect(lost).toBeGreaterThan(lives)
})
