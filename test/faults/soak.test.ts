/**
 * Bots, a receiver and a disk to which things happen at random for a long time: in `npm test` until each has happened, with
 * `FILLPATH_SOAK_HOURS` for so long. Then everything is mended, and each record is accounted for.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { createRandom } from '../probe/spool/random.ts'
import { canMount, mountTmpfs } from '../tmpfs.ts'
import { seeded, temporaryFolder } from './lives.ts'
import { note, quantile } from './ship-load.ts'
import { diskTroubles, processTroubles, receiverTroubles } from './soak-troubles.ts'
import type { Trouble } from './soak-troubles.ts'
import { World } from './soak-world.ts'
import { isFull, seed } from '../seed.ts'

const hourMs = 3_600_000
const hours = Number(process.env['FILLPATH_SOAK_HOURS'] ?? (isFull ? 1 : 0))
/** How often each kind of trouble must have bitten. */
const leastBites = hours > 0 ? 5 : 1
const mib = 1024 ** 2

if (!canMount) console.warn('SKIPPED: not root on Linux, so the disk of the soak is never full')

/** One kind of trouble after the other, in random order, until it is over. */
async function lane(
  world: World,
  troubles: readonly Trouble[],
  {
    bites,
    laneSeed,
    isOver,
  }: { bites: Map<string, number>; laneSeed: number; readonly isOver: () => boolean },
): Promise<void> {
  const random = createRandom(laneSeed)
  while (!isOver()) {
    const deck = [...troubles]
    while (deck.length > 0 && !isOver()) {
      const [trouble] = deck.splice(random.below(deck.length), 1)
      if (trouble === undefined) break
      const before = bites.get(trouble.name) ?? 0
      bites.set(trouble.name, before + ((await trouble.run(world, random)) ? 1 : 0))
      await sleep(random.below(400))
    }
  }
}

/** The medians of the second and of the last quarter. */
function quartersOf(values: readonly number[]): [number, number] {
  const quarter = Math.max(1, Math.floor(values.length / 4))
  return [quantile(values.slice(quarter, 2 * quarter), 0.5), quantile(values.slice(-quarter), 0.5)]
}

test(
  '[B50, D03, D05, P1, P17] a long life with every kind of trouble: each record is delivered, put aside, or counted as lost',
  async () => {
    seeded()
    const disk = mountTmpfs(64)
    onTestFinished(() => disk?.close())
    const folder = disk?.folder ?? temporaryFolder()
    const world = await World.open({ folder, sides: temporaryFolder(), disk })
    onTestFinished(() => world.close())
    const lanes = [receiverTroubles(), processTroubles(), diskTroubles(disk)]
    const bites = new Map(lanes.flat().map(({ name }) => [name, 0]))
    const endMs = performance.now() + hours * hourMs
    const isOver = (): boolean =>
      performance.now() > endMs && [...bites.values()].every((count) => count >= leastBites)

    const heaps: number[] = []
    const sizes: number[] = []
    const watch = setInterval(() => {
      const { heapBytes, rssBytes } = world.steady.told()
      if (heapBytes === 0) return
      heaps.push(heapBytes / mib)
      sizes.push(rssBytes / mib)
    }, 1000)
    onTestFinished(() => clearInterval(watch))
    await Promise.all(
      lanes.map((troubles, index) =>
        lane(world, troubles, { bites, laneSeed: seed + index, isOver }),
      ),
    )
    clearInterval(watch)
    await world.settle()

    const quarantined = world.takeQuarantine()
    const { lives, accepted, ...outcome } = world.outcome()
    const [heapBefore, heapAfter] = quartersOf(heaps)
    const [rssBefore, rssAfter] = quartersOf(sizes)
    note('P17', {
      minutes: Math.round(hours * 60),
      seed,
      lives,
      accepted,
      'delivered or put aside': world.book.received,
      'put aside': quarantined,
      missing: outcome.missing,
      'counted as dropped': outcome.dropped,
      refused: outcome.refused,
      'missing critical': outcome.missingCritical,
      'critical counted as dropped': outcome.droppedCritical,
      duplicates: world.book.duplicates,
      'heap MiB in the second quarter': heapBefore,
      'in the last': heapAfter,
      'RSS MiB in the second quarter': rssBefore,
      'RSS in the last': rssAfter,
      bites: JSON.stringify(Object.fromEntries(bites)),
    })
    expect(world.book.changed).toEqual([])
    expect(outcome.spurious).toBe(0)
    // A bot counts what it deletes of others too, so the equation is that of all. It may count what was delivered and not
    // yet noted when its disk was full, and what was in memory dies with its process.
    const counted = outcome.dropped + outcome.refused
    expect(outcome.missing).toBeLessThanOrEqual(counted + outcome.inMemory)
    const countedCritical = outcome.droppedCritical + outcome.refused
    expect(outcome.missingCritical).toBeLessThanOrEqual(countedCritical + outcome.inMemoryCritical)
    expect(Math.min(...bites.values())).toBeGreaterThanOrEqual(leastBites)
    expect(accepted).toBeGreaterThan(1000)
    expect(heapAfter - heapBefore).toBeLessThan(16)
  },
  (hours + 1) * hourMs,
)
