import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { manualClock } from '../../../src/base/clock.ts'
import type { ManualClock } from '../../../src/base/clock.ts'
import { inOrder } from '../../../src/probe/spool/folder-order.ts'
import type { SpoolNotice } from '../../../src/probe/spool/notice.ts'
import { openReader } from '../../../src/probe/spool/reader.ts'
import type { SpoolRecord } from '../../../src/probe/spool/reader.ts'
import type { Spool } from '../../../src/probe/spool/spool.ts'
import { priorityClasses } from '../../../src/semconv/classes.ts'
import { ModelDisk } from './model-disk.ts'
import { Processes } from './processes.ts'
import { createRandom } from './random.ts'
import { emit } from './stage.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const jumps = [hourMs, -hourMs, dayMs, -dayMs, -50, 50, 12 * 365 * dayMs, -400 * dayMs]

let model: ModelDisk
let clock: ManualClock
let notices: SpoolNotice[]
let processes: Processes

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  model = new ModelDisk(createRandom(3))
  clock = manualClock()
  notices = []
  processes = new Processes()
})
afterEach(() => {
  processes.die()
  vi.useRealTimers()
})

function jump(ms: number): void {
  clock.setWallNs(clock.wallNs() + BigInt(ms) * 1_000_000n)
}

/** Lets time go by, on both clocks and for timers. */
async function pass(ms: number): Promise<void> {
  clock.advanceMs(ms)
  await vi.advanceTimersByTimeAsync(ms)
}

function open(disk = model.start(), space = '7'): Spool {
  const onNotice = (notice: SpoolNotice): void => void notices.push(notice)
  return processes.open({ segmentBytesMax: 4096, clock, disk, onNotice }, space)
}

/** All records on disk, as a reader hands them out. */
function read(): SpoolRecord[] {
  const place = { root: '/spool', owner: undefined, boot: undefined }
  const options = { place, destinations: ['test'], readOnly: true, disk: model.join() }
  const reader = openReader({ ...options, onNotice: () => undefined })
  const found: SpoolRecord[] = []
  for (;;) {
    const records = reader.next('test', 'backlog', { recordsMax: 1000, bytesMax: 1e9 })
    if (records.length === 0) break
    found.push(...records)
  }
  reader.close()
  return found
}

describe('[P9] a wall clock that is set, by an hour, a day, to 2038 and back', () => {
  test('changes nothing about the order: sequences rise, and nothing is lost or thrown away', async () => {
    const random = createRandom(9)
    const spool = open()
    for (let count = 0; count < 3000; count += 1) {
      if (random.below(10) === 0) jump(jumps[random.below(jumps.length)] ?? 0)
      const recordClass = priorityClasses[random.below(3)] ?? 'normal'
      expect(emit(spool, `record ${count}`, { class: recordClass })).toBe(true)
      if (random.below(20) === 0) spool.flushSync()
      if (random.below(300) === 0) await pass(1000)
    }
    spool.flushSync()
    const records = read()
    expect(records.map(({ payload }) => Buffer.from(payload).toString())).toEqual(
      Array.from({ length: 3000 }, (_, count) => `record ${count}`),
    )
    const sequences = records.map(({ sequence }) => sequence)
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
    expect(spool.statistics).toMatchObject({ state: 'writing', memoryRecords: 0 })
    const { dropped, refused } = spool.statistics
    const lost = [dropped, refused].flatMap((drops) => Object.values(drops).map(Object.values))
    expect(lost.flat().reduce((sum: number, count: number) => sum + count, 0)).toBe(0)
  })

  test('between two runs changes nothing about their order either', () => {
    const boots: string[] = []
    for (let run = 0; run < 6; run += 1) {
      const spool = open()
      emit(spool, `run ${run}`)
      boots.push(spool.boot)
      processes.die()
      model.kill()
      jump(-dayMs)
    }
    const texts = read().map(({ payload }) => Buffer.from(payload).toString())
    expect(texts).toEqual(['run 0', 'run 1', 'run 2', 'run 3', 'run 4', 'run 5'])
  })

  test('is told with its size, once for each time, and not as long as it runs a little wrong', async () => {
    open()
    for (let second = 0; second < 20; second += 1) {
      jump(second % 2 === 0 ? 50 : -50)
      await pass(1000)
    }
    expect(notices).toEqual([])
    for (const ms of [hourMs, -dayMs]) {
      jump(ms)
      await pass(3000)
    }
    const told = notices.filter(({ code }) => code === 'clock_jump')
    expect(told.map(({ jumpMs }) => jumpMs)).toEqual([hourMs, -dayMs])
    expect(told[0]?.message).toContain('the wall clock was set by 3600.0 s')
  })

  test.each(jumps)('does not move the sync to stable storage: set by %d ms', async (ms) => {
    const spool = open()
    emit(spool, 'one')
    jump(ms)
    expect(spool.statistics.sync.count).toBe(0)
    await pass(99)
    expect(spool.statistics.sync.count).toBe(0)
    await pass(2)
    expect(spool.statistics.sync.count).toBe(1)
  })

  test('declares nobody dead early: ten seconds without a sign of life are those of the other clock', async () => {
    const other = open()
    emit(other, 'of the other')
    processes.die()
    // Another container on the same folder: whether a process of the first one lives cannot be seen from here.
    const own = open(model.start(), '8')
    const isTaken = (): boolean =>
      (model.join().list('/spool') ?? []).includes(`${other.boot}.${own.place.owner}`)
    await pass(4000)
    jump(dayMs)
    await pass(2000)
    jump(12 * 365 * dayMs)
    await pass(2000)
    expect(isTaken()).toBe(false)
    jump(-400 * dayMs)
    await pass(10_000)
    expect(isTaken()).toBe(true)
  })
})

test('[P9] runs of one machine go by its own clock, machines by the wall clock', () => {
  const folder = (name: string, machine: string, wallNs: bigint, monotonicNs: bigint) => ({
    name,
    isLive: name === 'live',
    begun: () => ({ machine: machine.repeat(32), wallNs, monotonicNs }),
  })
  const folders = [
    folder('live', 'a', 1n, 1n),
    folder('a3', 'a', 100n, 3n),
    folder('b1', 'b', 300n, 9n),
    folder('a1', 'a', 900n, 1n),
    folder('none 2', '0', 800n, 0n),
    folder('a2', 'a', 500n, 2n),
    folder('none 1', '0', 700n, 0n),
  ]
  const names = inOrder(folders).map(({ name }) => name)
  expect(names).toEqual(['a1', 'a2', 'a3', 'b1', 'none 1', 'none 2', 'live'])
})
