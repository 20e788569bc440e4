import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { openSpool } from '../../src/probe/spool/spool.ts'
import type { Side } from '../fixtures/faults/side.ts'
import { until } from '../ship-stage.ts'
import { Book, live, seeded, temporaryFolder } from './lives.ts'
import type { Life } from './lives.ts'
import { note } from './ship-load.ts'
import { isFull } from '../seed.ts'

const hourMs = 3_600_000
const perTurn = { critical: 2, normal: 12, snapshot: 6 }

interface Ended {
  readonly life: number
  readonly told: Side
}

/** What is wrong with the lives, all in all. */
function verdict(book: Book, ended: readonly Ended[]) {
  const lost = { critical: 0, normal: 0, snapshot: 0 }
  let spurious = 0
  let dropped = 0
  for (const { life, told } of ended) {
    const missing = book.lost(life, told)
    lost.critical += missing.critical
    lost.normal += missing.normal
    lost.snapshot += missing.snapshot
    spurious += book.spurious(life, told, perTurn)
    dropped += told.dropped + told.refused
  }
  return { lost, spurious, dropped, changed: book.changed, duplicates: book.duplicates }
}

const allThere = {
  lost: { critical: 0, normal: 0, snapshot: 0 },
  spurious: 0,
  dropped: 0,
  changed: [],
  duplicates: 0,
}

const acceptedIn = ({ told }: Ended): number => told.critical + told.normal + told.snapshot

test(
  '[D05, P1, P2] killed with SIGKILL at random times: what was told as accepted comes out, whole, once',
  async () => {
    const random = seeded()
    const [folder, sides] = [temporaryFolder(), temporaryFolder()]
    const kills = isFull ? 300 : 6
    const ended: Ended[] = []
    const book = new Book()
    let torn = 0
    for (let life = 0; life < kills; life += 1) {
      const bot = live({ folder, sides, life, perTurn })
      await until(() => bot.told().started === 1)
      // Each second one has written by then, however slow the machine is.
      if (life % 2 === 1) await until(() => bot.told().normal >= 400)
      await sleep(random.below(isFull ? 2000 : 300))
      bot.child.kill('SIGKILL')
      expect(await bot.ended).toBe('SIGKILL')
      ended.push({ life, told: bot.told() })
      // What each life left is taken over by the next; all of it is delivered before the quota is reached.
      if (life % 20 === 19) torn += book.drain(folder)
    }
    torn += book.drain(folder)
    const accepted = ended.reduce((sum, each) => sum + acceptedIn(each), 0)
    note('P2', {
      kills,
      accepted,
      'delivered beyond what was told': book.received - accepted,
      torn,
    })
    expect(verdict(book, ended)).toEqual(allThere)
    // A half-written frame at the end of a file is the only damage there may be.
    expect(torn).toBeLessThanOrEqual(3 * kills)
    // Some are killed before they write.
    expect(ended.filter((each) => acceptedIn(each) > 0).length).toBeGreaterThanOrEqual(kills / 2)
    expect(accepted).toBeGreaterThanOrEqual(isFull ? 1_000_000 : 1000)
  },
  hourMs,
)

describe('[B49, D05, P14] two bots on one folder', () => {
  /** Waits until a bot has written for a while. */
  const wrote = (bot: Life, more: number): Promise<void> => {
    const { normal } = bot.told()
    return until(() => bot.told().normal >= normal + more)
  }
  const folders = (folder: string): string[] =>
    readdirSync(folder).filter((name) => name.includes('.'))

  test(
    'each has its own; when one is killed a third takes over what it left, and nothing is mixed up',
    async () => {
      const rounds = isFull ? 20 : 2
      const book = new Book()
      const ended: Ended[] = []
      for (let round = 0; round < rounds; round += 1) {
        const [folder, sides] = [temporaryFolder(), temporaryFolder()]
        const bots = [0, 1].map((index) =>
          live({ folder, sides, life: 3 * round + index, perTurn, pauseMs: 1 }),
        )
        const [first, second] = bots
        if (!first || !second) throw new Error('two bots')
        await Promise.all(bots.map((bot) => wrote(bot, 200)))
        expect(folders(folder)).toHaveLength(2)
        // Before it dies: from then on the second may take it over at any moment.
        const orphan = folders(folder).find((name) => name.includes(`-${first.child.pid}-`)) ?? ''
        expect(orphan).not.toBe('')
        first.child.kill('SIGKILL')
        await first.ended
        const third = live({ folder, sides, life: 3 * round + 2, perTurn, pauseMs: 1 })
        await Promise.all([wrote(second, 200), wrote(third, 200)])
        // Taken over at the start of the third, or by the second before; either keeps its own.
        const boot = orphan.split('.')[0] ?? ''
        const heir = folders(folder).find((name) => name.startsWith(boot)) ?? ''
        expect(heir).not.toBe(orphan)
        expect(heir).toMatch(new RegExp(`-(${third.child.pid}|${second.child.pid})-`))
        for (const bot of [second, third]) {
          bot.child.kill('SIGKILL')
          await bot.ended
        }
        for (const bot of [first, second, third]) ended.push({ life: bot.number, told: bot.told() })
        book.drain(folder)
      }
      expect(verdict(book, ended)).toEqual(allThere)
      note('P14', { rounds, accepted: ended.reduce((sum, each) => sum + acceptedIn(each), 0) })
    },
    hourMs,
  )

  test(
    'one that stands still is not dead: its folder stays its own, and it goes on',
    async () => {
      const [folder, sides] = [temporaryFolder(), temporaryFolder()]
      const frozen = live({ folder, sides, life: 0, perTurn, pauseMs: 1 })
      await wrote(frozen, 100)
      frozen.child.kill('SIGSTOP')
      const before = folders(folder)
      const { normal } = frozen.told()
      const other = live({ folder, sides, life: 1, perTurn, pauseMs: 1 })
      // Longer than the sign of life may stand still where nothing else tells: the kernel says that it lives.
      await sleep(isFull ? 30_000 : 1000)
      await wrote(other, 100)
      expect(frozen.told().normal).toBe(normal)
      expect(folders(folder)).toEqual(expect.arrayContaining(before))
      frozen.child.kill('SIGCONT')
      await wrote(frozen, 100)
      for (const bot of [frozen, other]) {
        bot.child.kill('SIGKILL')
        await bot.ended
      }
      const book = new Book()
      book.drain(folder)
      expect(
        verdict(
          book,
          [frozen, other].map((bot) => ({ life: bot.number, told: bot.told() })),
        ),
      ).toEqual(allThere)
    },
    hourMs,
  )
})

test.runIf(isFull)(
  '[P2] a start on a spool of 1 GB takes it over at once',
  () => {
    const folder = temporaryFolder()
    const none = new Uint8Array(0)
    const options = { folder, reserveBytes: 0, onNotice: () => undefined }
    const spool = openSpool(options)
    const origin = spool.origin({ resource: none, scope: none })
    const payload = Buffer.alloc(1000, 'x')
    for (let count = 0; count < 1_050_000; count += 1) {
      const room = spool.begin('normal', origin)
      room.reserve(payload.length)
      room.bytes.set(payload, room.position)
      room.position += payload.length
      expect(spool.commit(room, 'log')).toBe(true)
      if (count % 1000 === 999) spool.flushSync()
    }
    spool.closeSync()
    const boot = readdirSync(folder).find((name) => name.includes('.')) ?? ''
    const bytes = readdirSync(join(folder, boot))
      .map((name) => statSync(join(folder, boot, name)).size)
      .reduce((sum, size) => sum + size, 0)
    expect(bytes).toBeGreaterThan(1e9)
    const beganMs = performance.now()
    const next = openSpool(options)
    const room = next.begin('critical', next.origin({ resource: none, scope: none }))
    expect(next.commit(room, 'log')).toBe(true)
    const tookMs = Math.round(performance.now() - beganMs)
    expect(next.statistics.bytes).toBeGreaterThan(1e9)
    note('P2 start', { 'spool bytes': bytes, 'start and first record ms': tookMs })
    next.closeSync()
  },
  hourMs,
)
