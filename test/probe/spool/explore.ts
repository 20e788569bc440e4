/**
 * Many bots with random lives. `FILLPATH_FAULTS=full` runs the full counts, for `FILLPATH_FAULTS_MINUTES` at most where
 * that is given, `FILLPATH_SEED=n` repeats a run, and `FILLPATH_SHRINK=1` leaves out of a failing life all that it does
 * not need and prints the rest with what was said.
 */
import * as fc from 'fast-check'
import { expect, vi } from 'vitest'
import type { SpoolOptions } from '../../../src/probe/spool/options.ts'
import type { Op, Weighted } from './operations.ts'
import { seed } from '../../seed.ts'
import { apply } from './operations.ts'
import { destination, World } from './world.ts'

const isShrinking = process.env['FILLPATH_SHRINK'] !== undefined
const minutes = Number(process.env['FILLPATH_FAULTS_MINUTES'] ?? Number.POSITIVE_INFINITY)

export interface Exploration {
  readonly operations: readonly Weighted[]
  readonly options: Partial<SpoolOptions>
  readonly runs: number
  readonly length: number
  /** Looks at a world in which all that could be delivered was. */
  readonly check: (world: World) => void
}

/** What the runs did: shows that the faults bit. */
export interface Bites {
  /** Lives. */
  runs: number
  faults: number
  dropped: number
  delivered: number
  repeated: number
}

/** Runs an exploration. Fails with the seed of the run. */
export async function explore(exploration: Exploration): Promise<Bites> {
  const { operations, runs, length } = exploration
  const bites: Bites = { runs: 0, faults: 0, dropped: 0, delivered: 0, repeated: 0 }
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.array(fc.oneof(...operations), { minLength: length, maxLength: length }),
      async (worldSeed, list) => {
        try {
          sum(bites, await live(worldSeed, list, exploration))
        } catch (error) {
          throw isShrinking ? await explain(worldSeed, list, exploration) : error
        }
      },
    ),
    {
      numRuns: runs,
      seed,
      endOnFailure: true,
      ...(Number.isFinite(minutes) && { interruptAfterTimeLimit: minutes * 60_000 }),
    },
  )
  return bites
}

/** One life, from the first start to the last delivery. */
async function live(
  worldSeed: number,
  list: readonly Op[],
  { options, check }: Exploration,
  trace?: string[],
): Promise<World> {
  vi.clearAllTimers()
  const world = new World(worldSeed, options)
  for (const op of list) {
    await apply(world, op)
    trace?.push(JSON.stringify(op))
    for (const { message } of world.notices.splice(0)) trace?.push(`    ${message}`)
  }
  await settle(world)
  check(world)
  world.spool.closeSync()
  return world
}

/** Mends the disk, starts the bot a last time and delivers everything. */
export async function settle(world: World): Promise<void> {
  world.disk.faults.length = 0
  world.disk.capacity = Number.POSITIVE_INFINITY
  await world.advance(3000)
  expect(world.spool.statistics.state).toBe('writing')
  await world.restart()
  world.drain()
  expect(world.reader.waiting(destination)).toEqual({ records: 0, bytes: 0, oldestMs: 0 })
}

function sum(bites: Bites, world: World): void {
  bites.runs += 1
  for (const count of world.disk.hits.values()) bites.faults += count
  bites.dropped += world.dropped()
  for (const { delivered } of world.emitted.values()) {
    if (delivered > 0) bites.delivered += 1
    if (delivered > 1) bites.repeated += 1
  }
}

async function explain(
  worldSeed: number,
  list: readonly Op[],
  exploration: Exploration,
): Promise<Error> {
  const fails = async (shorter: readonly Op[]): Promise<boolean> => {
    try {
      await live(worldSeed, shorter, exploration)
      return false
    } catch {
      return true
    }
  }
  let least = list
  for (let size = Math.ceil(list.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < least.length;) {
      const shorter = [...least.slice(0, start), ...least.slice(start + size)]
      if (await fails(shorter)) least = shorter
      else start += size
    }
  }
  const trace: string[] = []
  const cause = await live(worldSeed, least, exploration, trace).catch((error: unknown) => error)
  return new Error(`world seed ${worldSeed}\n${trace.join('\n')}`, { cause })
}
