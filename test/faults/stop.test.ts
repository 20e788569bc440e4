/**
 * A bot is told to stop, or falls over, again and again, while its receiver takes everything, refuses, or never answers: as
 * from a shell or systemd, which wait, and as PM2 does it, which sends SIGKILL 1,600 ms after SIGINT. What it had logged
 * when the signal came is at the receiver or on disk, whole; and it ends by itself, as it would have without us.
 */
import type { ChildProcess } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { Site } from '../survival/life.ts'
import { seeded } from './lives.ts'
import { note, quantile } from './ship-load.ts'
import { isFull } from '../seed.ts'

const hourMs = 3_600_000
const ends = ['SIGTERM', 'SIGINT', 'SIGHUP', 'an exception', 'SIGINT by PM2'] as const
const receivers = ['takes everything', 'refuses connections', 'never answers'] as const
/** PM2's `kill_timeout`. */
const patienceMs = 1600

type End = (typeof ends)[number]

/** Sends what ends the bot, and waits for that. Returns how long it took. */
async function end(child: ChildProcess, kind: End, site: Site): Promise<number> {
  const beganMs = performance.now()
  let impatience: NodeJS.Timeout | undefined
  if (kind === 'SIGINT by PM2') {
    child.kill('SIGINT')
    impatience = setTimeout(() => child.kill('SIGKILL'), patienceMs)
  } else if (kind !== 'an exception') child.kill(kind)
  child.once('exit', () => clearTimeout(impatience))
  let endedMs = 0
  child.once('exit', () => (endedMs = performance.now()))
  await site.ended(child)
  return endedMs - beganMs
}

/** How a bot of that kind may end: code and signal. */
const proper: Readonly<Record<End, readonly string[]>> = {
  SIGTERM: ['SIGTERM'],
  SIGINT: ['SIGINT'],
  SIGHUP: ['SIGHUP'],
  'an exception': ['1'],
  'SIGINT by PM2': ['SIGINT', 'SIGKILL'],
}

describe('[B47, D05, P1, P15] told to stop', () => {
  /** Each of the ends at least once, all in all. */
  const stops = isFull ? 200 : 6
  /** Time from the signal to the end, by receiver. */
  const tookMs = new Map<string, number[]>()
  let [killed, accepted] = [0, 0]

  test.each(receivers.map((each, index) => [each, 2 * index] as const))(
    'while the receiver %s: nothing is lost, whatever ends the bot',
    async (receiver, first) => {
      const random = seeded()
      for (let stop = 0; stop < stops / receivers.length; stop += 1) {
        const kind = ends[(first + stop) % ends.length] ?? 'SIGTERM'
        const site = await Site.open()
        try {
          if (receiver === 'refuses connections') await site.collector.down()
          if (receiver === 'never answers') site.collector.behave('hang')
          const isThrown = kind === 'an exception'
          const child = await site.start({
            subject: 'fillpath',
            forMs: 200 + random.below(300),
            burst: isThrown ? 100 : 0,
            end: isThrown ? 'throw' : 'never',
          })
          if (!isThrown) await site.logged(200 + random.below(300))
          const ms = await end(child, kind, site)
          const list = tookMs.get(receiver) ?? []
          tookMs.set(receiver, list)
          if (kind.startsWith('SIG')) list.push(ms)
          if (child.signalCode === 'SIGKILL') killed += 1
          expect(proper[kind]).toContain(String(child.signalCode ?? child.exitCode))
          // What is on disk is what the next start sends.
          const found = site.foundWithSpool()
          // A kill in the middle of a turn may cost the lines of that turn up to the last error.
          const allowed = child.signalCode === 'SIGKILL' ? 10 : 1
          expect(found.lostErrors).toBe(0)
          expect(found.lost.length).toBeLessThan(allowed)
          expect(found.accepted).toBeGreaterThan(100)
          accepted += found.accepted
        } finally {
          await site.close()
        }
      }
      note(`P15 ${receiver}`, {
        stops: Math.ceil(stops / receivers.length),
        'accepted so far': accepted,
        lost: 0,
        'killed by PM2 after 1,600 ms so far': killed,
        'ms from signal to end, p50': quantile(tookMs.get(receiver) ?? [], 0.5),
        'ms, p99': quantile(tookMs.get(receiver) ?? [], 0.99),
      })
    },
    hourMs,
  )
})
