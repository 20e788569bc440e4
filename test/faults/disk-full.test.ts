import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { realDisk } from '../../src/probe/spool/disk.ts'
import type { Disk } from '../../src/probe/spool/disk.ts'
import type { SpoolNotice } from '../../src/probe/spool/notice.ts'
import { openSpool } from '../../src/probe/spool/spool.ts'
import type { Spool } from '../../src/probe/spool/spool.ts'
import type { PriorityClass } from '../../src/semconv/classes.ts'
import { emptySide } from '../fixtures/faults/side.ts'
import { droppedIn } from '../fixtures/faults/writer.ts'
import { encodeText, textOf, until } from '../ship-stage.ts'
import { canMount, mountTmpfs } from '../tmpfs.ts'
import type { Tmpfs } from '../tmpfs.ts'
import { door } from '../probe/telemetry/child.ts'
import { Book, temporaryFolder } from './lives.ts'
import { note } from './ship-load.ts'
import { isFull } from '../seed.ts'

const hourMs = 3_600_000
const mib = 1024 ** 2

/** A file system of 2 MiB that is gone after the test. */
function mountSmall(): Tmpfs {
  const small = mountTmpfs(2)
  if (!small) throw new Error('no tmpfs can be mounted although this is root')
  onTestFinished(() => small.close())
  return small
}

if (!canMount) console.warn('SKIPPED: not root on Linux, so no disk is filled to the byte')

/** Emits numbered records, and knows how many of each class were taken and refused. */
class Emitter {
  readonly spool: Spool
  readonly next = { critical: 0, normal: 0, snapshot: 0 }
  accepted = 0
  refused = 0
  readonly #origin: number

  constructor(spool: Spool) {
    this.spool = spool
    const none = new Uint8Array(0)
    this.#origin = spool.origin({ resource: none, scope: none })
  }

  emit(recordClass: PriorityClass, count: number): void {
    for (let done = 0; done < count; done += 1) {
      const number = this.next[recordClass]
      this.next[recordClass] += 1
      const room = this.spool.begin(recordClass, this.#origin)
      encodeText(room, 'log', textOf('log', recordClass, number))
      if (this.spool.commit(room, 'log')) this.accepted += 1
      else this.refused += 1
    }
  }
}

/** Bytes of the file that keeps room for critical records. */
function reserveOf(folder: string): number {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const name = names.find((each) => each.endsWith('/reserve'))
  return name === undefined ? 0 : statSync(join(folder, name)).size
}

const codesOf = (notices: readonly SpoolNotice[]): string[] => notices.map(({ code }) => code)

describe('[B50, D03, P5] a full disk', () => {
  test.runIf(canMount)(
    '[P1, P16] filled to the byte and freed, again and again: nothing is lost, it is said, and it goes on by itself',
    async () => {
      const small = mountSmall()
      const cycles = isFull ? 20 : 3
      const notices: SpoolNotice[] = []
      const options = {
        folder: small.folder,
        quotaBytes: 64 * mib,
        segmentBytesMax: 64 * 1024,
        reserveBytes: 128 * 1024,
        onNotice: (notice: SpoolNotice) => void notices.push(notice),
      }
      const book = new Book()
      let [accepted, refused, dropped, spent, backMsMax] = [0, 0, 0, 0, 0]
      for (let cycle = 0; cycle < cycles; cycle += 1) {
        notices.length = 0
        const spool = openSpool(options)
        const bot = new Emitter(spool)
        bot.next.critical = bot.next.normal = bot.next.snapshot = cycle * 1_000_000
        bot.emit('critical', 50)
        bot.emit('normal', 50)
        await until(() => reserveOf(small.folder) === options.reserveBytes)
        // Its last sync goes on beside.
        await sleep(100)
        small.fill()
        expect(statfsSync(small.folder).bfree).toBe(0)
        // Critical ones up to the reserve and over it; the others wait in memory.
        while (spool.statistics.state !== 'memory') {
          bot.emit('critical', 20)
          if (spool.statistics.state === 'reserve') spent += 1
          await new Promise((resolve) => setImmediate(resolve))
        }
        bot.emit('normal', 500)
        bot.emit('snapshot', 100)
        bot.emit('critical', 500)
        await new Promise((resolve) => setImmediate(resolve))
        expect(spool.statistics.memoryRecords).toBeGreaterThan(1000)
        expect(codesOf(notices)).toContain('disk_refused')
        const freedMs = performance.now()
        small.free()
        await until(() => spool.statistics.state === 'writing')
        backMsMax = Math.max(backMsMax, performance.now() - freedMs)
        expect(codesOf(notices).at(-1)).toBe('disk_back')
        bot.emit('critical', 50)
        bot.emit('normal', 50)
        await spool.close()
        ;[accepted, refused] = [accepted + bot.accepted, refused + bot.refused]
        dropped += droppedIn(spool.statistics)
        const told = { ...emptySide, started: 1, diskRefused: 1 }
        expect(book.drain(small.folder)).toBe(0)
        const numbers = { ...bot.next }
        for (const name of ['critical', 'normal', 'snapshot'] as const)
          numbers[name] -= cycle * 1_000_000
        expect(book.lost(cycle, { ...told, ...numbers })).toEqual({
          critical: 0,
          normal: 0,
          snapshot: 0,
        })
      }
      note('P5 tmpfs', {
        cycles,
        accepted,
        dropped,
        'longest until it writes again, ms': Math.round(backMsMax),
      })
      expect({ refused, dropped, changed: book.changed }).toEqual({
        refused: 0,
        dropped: 0,
        changed: [],
      })
      expect(book.received).toBe(accepted)
      expect(book.duplicates).toBe(0)
      // The reserve was used.
      expect(spent).toBeGreaterThan(0)
    },
    hourMs,
  )

  test('/dev/full in place of each new file: records wait in memory, and are all there when the disk is back', async () => {
    const folder = temporaryFolder()
    let isOut = false
    let refused = 0
    const disk: Disk = {
      ...realDisk,
      open: (path, mode) =>
        isOut && mode === 'create'
          ? realDisk.open('/dev/full', 'write')
          : realDisk.open(path, mode),
      write(file, bytes, range, position) {
        try {
          return realDisk.write(file, bytes, range, position)
        } catch (error) {
          refused += 1
          throw error
        }
      },
      unlink: (path) => (isOut && path.endsWith('probe') ? undefined : realDisk.unlink(path)),
      truncate: (file, length) => (isOut ? undefined : realDisk.truncate(file, length)),
    }
    const notices: SpoolNotice[] = []
    const spool = openSpool({
      folder,
      disk,
      reserveBytes: 0,
      onNotice: (notice) => void notices.push(notice),
    })
    const bot = new Emitter(spool)
    bot.emit('critical', 20)
    isOut = true
    spool.roll()
    bot.emit('critical', 20)
    bot.emit('normal', 20)
    await new Promise((resolve) => setImmediate(resolve))
    // It tries again by itself.
    const before = refused
    await until(() => refused > before)
    expect(spool.statistics).toMatchObject({ state: 'memory', memoryRecords: 40 })
    isOut = false
    await until(() => spool.statistics.state === 'writing')
    expect(codesOf(notices)).toEqual(['disk_refused', 'disk_back'])
    await spool.close()
    const book = new Book()
    book.drain(folder)
    expect([book.received, book.duplicates, book.changed]).toEqual([60, 0, []])
    expect(bot.accepted).toBe(60)
  })

  test('more than memory holds: the lowest class goes first, counted and said; a critical one last, with false', async () => {
    const folder = temporaryFolder()
    let isOut = false
    const disk: Disk = {
      ...realDisk,
      open(path, mode) {
        if (isOut && mode === 'create') throw Object.assign(new Error('full'), { code: 'ENOSPC' })
        return realDisk.open(path, mode)
      },
    }
    const notices: SpoolNotice[] = []
    const spool = openSpool({
      folder,
      disk,
      reserveBytes: 0,
      memoryRecordsMax: 100,
      onNotice: (notice) => void notices.push(notice),
    })
    const bot = new Emitter(spool)
    isOut = true
    bot.emit('snapshot', 60)
    bot.emit('normal', 90)
    spool.flushSync()
    const lossOf = (recordClass: PriorityClass) => {
      const { dropped, refused } = spool.statistics
      return dropped[recordClass].disk_full + refused[recordClass].disk_full
    }
    expect([lossOf('snapshot'), lossOf('normal'), lossOf('critical')]).toEqual([50, 0, 0])
    bot.emit('critical', 100)
    expect([lossOf('snapshot'), lossOf('normal'), lossOf('critical')]).toEqual([60, 90, 0])
    expect(bot.refused).toBe(0)
    bot.emit('critical', 7)
    expect(bot.refused).toBe(7)
    expect(lossOf('critical')).toBe(7)
    expect(codesOf(notices)).toEqual(['disk_refused', 'dropped', 'dropped', 'dropped'])
    isOut = false
    await spool.close()
    const book = new Book()
    book.drain(folder)
    expect(book.received).toBe(100)
    expect(book.received + droppedIn(spool.statistics)).toBe(bot.accepted)
  })

  test.runIf(canMount)(
    '[P15] process.exit ends at once although the disk is full, with its code',
    async () => {
      const times = isFull ? 20 : 2
      const took: number[] = []
      for (let time = 0; time < times; time += 1) {
        const small = mountSmall()
        const program = `
          import { logger, start } from ${JSON.stringify(door)}
          await start({ console: false, destination: 'http://127.0.0.1:1',
            spool: { folder: ${JSON.stringify(small.folder)} } })
          logger('bot').error('before')
          process.stdout.write('ready')
          process.stdin.once('data', () => {
            for (let count = 0; count < 5000; count += 1) logger('bot').error('the disk is full')
            process.exit(9)
          })`
        const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
          stdio: ['pipe', 'pipe', 'pipe'],
        })
        let stderr = ''
        child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)))
        await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
        expect(child.exitCode, stderr).toBeNull()
        small.fill()
        const beganMs = performance.now()
        child.stdin.write('go')
        await once(child, 'close')
        took.push(performance.now() - beganMs)
        expect(child.exitCode).toBe(9)
        expect(stderr).toMatch(/takes no records \(ENOSPC\)/)
      }
      note('P5 process.exit', { times, 'longest ms': Math.round(Math.max(...took)) })
      expect(took).toHaveLength(times)
    },
    hourMs,
  )
})
