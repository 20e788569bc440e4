/** What happens to the bots, their receiver and their disk in the soak. Each says whether it bit. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Disk } from '../../src/probe/spool/disk.ts'
import type { Random } from '../probe/spool/random.ts'
import { refusing } from '../ship-stage.ts'
import type { Behaviour, StubRequest } from '../stub-collector.ts'
import type { Bot, World } from './soak-world.ts'

/** One kind of trouble. */
export interface Trouble {
  readonly name: string
  /** Makes it, and mends it. True when it bit. */
  run(world: World, random: Random): Promise<boolean>
}

const dayMs = 86_400_000

/** What a receiver can do. One of these at a time. */
export function receiverTroubles(): Trouble[] {
  return [
    {
      name: 'receiver down',
      async run(world, random) {
        const before = failures(world)
        await world.stub.down()
        await sleep(500 + random.below(1000))
        const after = failures(world)
        await world.stub.up()
        return after > before
      },
    },
    behaving('receiver hangs', () => 'hang'),
    behaving('receiver resets', () => 'reset_answer'),
    behaving('503 with Retry-After', () => ({ status: 503, headers: { 'retry-after': '1' } })),
    behaving('429', () => ({ status: 429 })),
    behaving('500', () => ({ status: 500 })),
    behaving('413', ({ body }) => (body.length > 8000 ? { status: 413 } : undefined)),
    behaving('poison', (request) => {
      const answer = refusing((text) => Number(text.split(' ')[2]) % 200 === 7)(request)
      return answer === 'accept' ? undefined : answer
    }),
    {
      name: 'receiver slow',
      async run({ stub }, random) {
        const before = stub.requests
        stub.behave('accept', 200)
        await sleep(500 + random.below(1000))
        stub.behave('accept')
        return stub.requests > before
      },
    },
  ]
}

/** A receiver that answers like this for a while; `undefined`: it takes the request. */
function behaving(name: string, answer: (request: StubRequest) => Behaviour | undefined): Trouble {
  return {
    name,
    async run({ stub }, random) {
      let bites = 0
      stub.behave((request) => {
        const behaviour = answer(request)
        if (behaviour !== undefined) bites += 1
        return behaviour ?? 'accept'
      })
      await sleep(500 + random.below(1000))
      stub.behave('accept')
      return bites > 0
    },
  }
}

const failures = ({ steady, victim }: World): number =>
  steady.told().failures + victim.told().failures

/** What befalls the processes. */
export function processTroubles(): Trouble[] {
  return [
    {
      name: 'kill -9',
      async run(world, random) {
        await world.victim.started()
        await sleep(random.below(1000))
        await world.again('kill')
        return true
      },
    },
    {
      name: 'kill -9 at the start',
      async run(world, random) {
        await world.again('kill')
        await sleep(random.below(300))
        await world.again('kill')
        return true
      },
    },
    {
      name: 'stop',
      async run(world) {
        await world.victim.started()
        await world.again('stop')
        return true
      },
    },
    {
      name: 'freeze',
      async run(world, random) {
        const bot = someone(world, random)
        if (!(await bot.started())) return false
        bot.child.kill('SIGSTOP')
        await sleep(100)
        const { normal } = bot.told()
        await sleep(200 + random.below(1000))
        const hasStood = bot.told().normal === normal
        bot.child.kill('SIGCONT')
        return hasStood
      },
    },
    {
      name: 'clock jump',
      async run(world, random) {
        const bot = someone(world, random)
        if (!(await bot.started())) return false
        const byMs = random.pick([-dayMs, -3_600_000, 3_600_000, dayMs])
        bot.send({ kind: 'clock', byMs })
        return hasGoneOn(bot)
      },
    },
  ]
}

/** What befalls the disk: calls that fail, and one that is full to the byte where such can be had. */
export function diskTroubles(disk: World['disk']): Trouble[] {
  const failing: readonly (readonly [keyof Disk, string, number])[] = [
    ['write', 'EIO', 2],
    ['write', 'ENOSPC', 3],
    ['write', 'slow', 20],
    ['open', 'EMFILE', 3],
    ['syncFile', 'EIO', 1],
  ]
  const troubles = failing.map(([call, fault, times]): Trouble => ({
    name: `${call} ${fault}`,
    async run(world, random) {
      const bot = someone(world, random)
      if (!(await bot.started())) return false
      const { bites } = bot.told()
      bot.send({ kind: 'disk', call, fault, times })
      for (let wait = 0; wait < 50 && bot.told().bites === bites; wait += 1) await sleep(20)
      return bot.told().bites > bites
    },
  }))
  if (!disk) return troubles
  const full: Trouble = {
    name: 'disk full',
    async run(world, random) {
      const { diskRefused } = world.steady.told()
      disk.fill()
      for (let wait = 0; wait < 500 && world.steady.told().diskRefused === diskRefused; wait += 1) {
        await sleep(20)
      }
      await sleep(random.below(1000))
      const hasRefused = world.steady.told().diskRefused > diskRefused
      disk.free()
      return hasRefused
    },
  }
  return [...troubles, full]
}

const someone = ({ steady, victim }: World, random: Random): Bot => random.pick([steady, victim])

/** Whether a bot has written more after a while. */
async function hasGoneOn(bot: Bot): Promise<boolean> {
  const { normal } = bot.told()
  for (let wait = 0; wait < 100 && bot.told().normal === normal; wait += 1) await sleep(20)
  return bot.told().normal > normal
}
