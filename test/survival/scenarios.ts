/** What befalls a bot that logs a thousand lines a second. */
import { setTimeout as sleep } from 'node:timers/promises'
import { mountTmpfs } from '../tmpfs.ts'
import type { BotTask } from './bot.ts'
import { Site } from './life.ts'
import type { Found } from './life.ts'

/** A way of logging beside the others. */
export interface Candidate {
  /** File in `subjects/`. */
  readonly subject: string
  readonly title: string
  /** What it needs: what it does not use cannot fail it. */
  readonly uses: 'disk' | 'network' | 'both'
}

export const candidates: readonly Candidate[] = [
  { subject: 'fillpath', title: 'fillpath', uses: 'both' },
  { subject: 'winston-file', title: 'winston, file', uses: 'disk' },
  { subject: 'pino-worker', title: 'pino, file in a worker', uses: 'disk' },
  { subject: 'pino-sync', title: 'pino, `sync: true`', uses: 'disk' },
  { subject: 'stock-sdk', title: 'stock SDK', uses: 'network' },
  { subject: 'stock-sdk-tuned', title: 'stock SDK, tuned', uses: 'network' },
]

/** How long things last. */
export interface Lengths {
  readonly outageMs: number
  readonly diskFullMs: number
  /** How often a bot dies in each row of deaths. */
  readonly deaths: number
}

/** One row of the table. */
export interface Scenario {
  readonly title: string
  /** What only one of disk and network can suffer from. */
  readonly hits: 'disk' | 'network' | 'both'
  /** It may cost lines of the unfinished turn that are no errors, by the promise of fillpath. */
  readonly mayCostTurn?: boolean
  /** Nobody who dies like this can say anything. */
  readonly isSudden?: boolean
  /** Where it lasts, the lines of that time are counted. */
  run(candidate: Candidate, lengths: Lengths): Promise<Found[]>
}

const burst = 1000

export const scenarios: readonly Scenario[] = [
  {
    ...death('`kill -9`, at a random time', async (site, subject) => {
      const child = await site.start({ subject })
      await site.logged(1000)
      await sleep(Math.random() * 1000)
      child.kill('SIGKILL')
      await site.ended(child)
    }),
    isSudden: true,
    mayCostTurn: true,
  },
  {
    ...ownDeath('`kill -9` right after 1,000 lines in one turn', 'kill'),
    isSudden: true,
    mayCostTurn: true,
  },
  ownDeath('`process.exit(0)` right after 1,000 lines in one turn', 'exit'),
  ownDeath('an exception nobody catches, right after 1,000 lines in one turn', 'throw'),
  death('SIGTERM, the bot has no handler', async (site, subject) => {
    await endBySignal(site, { subject })
  }),
  death('SIGTERM, with the handler its documentation shows', async (site, subject) => {
    await endBySignal(site, { subject, handlesSigterm: true })
  }),
  outage('the receiver is down', {
    away: ({ collector }) => collector.down(),
    back: ({ collector }) => collector.up(),
  }),
  outage('the receiver takes requests and never answers', {
    away: ({ collector }) => collector.behave('hang'),
    back: ({ collector }) => collector.behave('accept'),
  }),
  {
    title: 'the disk is full',
    hits: 'disk',
    async run({ subject }, { diskFullMs }) {
      const disk = mountTmpfs(64)
      if (!disk) return []
      const site = await Site.open(disk.folder)
      try {
        const child = await site.start({ subject, handlesSigterm: true })
        await site.logged(1500)
        const from = site.told()
        disk.fill()
        await sleep(diskFullMs)
        const to = site.told()
        disk.free()
        await sleep(3000)
        child.kill('SIGTERM')
        await site.ended(child)
        if (subject === 'fillpath') await site.startAgain(subject)
        return [site.found(from, to)]
      } finally {
        await site.close()
        disk.close()
      }
    },
  },
]

/** A row in which a bot dies, again and again, each time in a place of its own. */
function death(title: string, die: (site: Site, subject: string) => Promise<void>): Scenario {
  return {
    title,
    hits: 'both',
    async run({ subject }, { deaths }) {
      const all: Found[] = []
      for (let count = 0; count < deaths; count += 1) {
        const site = await Site.open()
        try {
          await die(site, subject)
          // What stands in files is there; what waits to be sent is sent by the next start.
          if (subject === 'fillpath') await site.startAgain(subject)
          all.push(site.found())
        } finally {
          await site.close()
        }
      }
      return all
    },
  }
}

function ownDeath(title: string, end: BotTask['end']): Scenario {
  return death(title, async (site, subject) => {
    const child = await site.start({ subject, burst, end })
    await site.ended(child)
  })
}

async function endBySignal(
  site: Site,
  task: Pick<BotTask, 'subject'> & Partial<BotTask>,
): Promise<void> {
  const child = await site.start(task)
  await site.logged(1500)
  child.kill('SIGTERM')
  await site.ended(child)
}

/** How a receiver goes, and comes back. */
interface Absence {
  away(site: Site): Promise<void> | void
  back(site: Site): Promise<void> | void
}

function outage(title: string, absence: Absence): Scenario {
  return {
    title,
    hits: 'network',
    async run({ subject }, { outageMs }) {
      const site = await Site.open()
      try {
        const child = await site.start({ subject, handlesSigterm: true })
        await site.logged(1500)
        const from = site.told()
        await absence.away(site)
        await sleep(outageMs)
        const to = site.told()
        await absence.back(site)
        // Time enough for whatever it wants to try again.
        await sleep(Math.min(outageMs, 15_000))
        child.kill('SIGTERM')
        await site.ended(child)
        if (subject === 'fillpath') await site.startAgain(subject)
        return [site.found(from, to)]
      } finally {
        await site.close()
      }
    },
  }
}
