import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { manualClock } from '../../../src/base/clock.ts'
import type { ManualClock } from '../../../src/base/clock.ts'
import type { SpoolOptions } from '../../../src/probe/spool/options.ts'
import type { Spool } from '../../../src/probe/spool/spool.ts'
import { ModelDisk } from './model-disk.ts'
import { Processes } from './processes.ts'
import { createRandom } from './random.ts'
import { emit } from './stage.ts'

let model: ModelDisk
let clock: ManualClock
let processes: Processes

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  model = new ModelDisk(createRandom(3))
  clock = manualClock()
  processes = new Processes()
  model.start()
})
afterEach(() => {
  processes.die()
  vi.useRealTimers()
})

/** A second for clocks and timers, again and again. */
async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    clock.advanceMs(1000)
    await vi.advanceTimersByTimeAsync(1000)
  }
}

function open(space: string, options: Partial<SpoolOptions> = {}): Spool {
  return processes.open({ segmentBytesMax: 4096, clock, disk: model.join(), ...options }, space)
}

const names = (): string[] => model.join().list('/spool') ?? []

test('[B49, P14] what a living process took over is not taken from it by one that cannot see it', async () => {
  const dead = open('7')
  emit(dead, 'left behind')
  dead.closeSync()
  const heir = open('8')
  expect(names()).toContain(`${dead.boot}.${heir.place.owner}`)
  // Each in a container of its own: that the other lives shows by its signs of life alone.
  processes.die()
  const other = open('9')
  await pass(30)
  expect(names()).toContain(`${dead.boot}.${heir.place.owner}`)
  heir.closeSync()
  await pass(10)
  expect(names()).toContain(`${dead.boot}.${other.place.owner}`)
})

test('[D05, C41] a listener that throws when a folder is taken over throws into nobody', async () => {
  const dead = open('7')
  emit(dead, 'left behind')
  dead.closeSync()
  const onAdopted = (): void => {
    throw new Error('of the listener')
  }
  const heir = open('7', { onAdopted })
  emit(heir, 'goes on')
  expect(names()).toContain(`${dead.boot}.${heir.place.owner}`)
  const second = open('7', { onAdopted })
  emit(second, 'left too')
  second.closeSync()
  await pass(10)
  expect(names()).toContain(`${second.boot}.${heir.place.owner}`)
})

test('[X40, P16] losses at the quota are said again when it is reached again', async () => {
  const said: string[] = []
  const spool = open('7', {
    quotaBytes: 64_000,
    onNotice: ({ message }) => said.push(message),
  })
  const fill = (): void => {
    for (let count = 0; count < 200; count += 1) {
      emit(spool, 'x'.repeat(500), { class: 'snapshot' })
      spool.flushSync()
    }
  }
  fill()
  await pass(2)
  fill()
  expect(said.filter((line) => line.startsWith('losing SNAPSHOT'))).toHaveLength(1)
  // The shipper has sent it all.
  const folder = `/spool/${spool.boot}.${spool.place.owner}`
  spool.roll()
  for (const name of model.join().list(folder) ?? []) {
    if (name.endsWith('.seg')) model.join().unlink(`${folder}/${name}`)
  }
  await pass(2)
  expect(said.at(-1)).toMatch(/^the spool has room again; \d+ records were lost at its quota/)
  fill()
  expect(said.filter((line) => line.startsWith('losing SNAPSHOT'))).toHaveLength(2)
})
