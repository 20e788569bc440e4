/**
 * One life of a bot on a real disk, again and again, and in each a fault at another call of the disk interface: the first
 * `open`, the second, … until a life has no such call any more. With room in memory, and the disk well again before the
 * end, no single fault may cost a record.
 */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { realDisk } from '../../src/probe/spool/disk.ts'
import type { Disk } from '../../src/probe/spool/disk.ts'
import { openReader } from '../../src/probe/spool/reader.ts'
import type { SpoolReader } from '../../src/probe/spool/reader.ts'
import { openSpool } from '../../src/probe/spool/spool.ts'
import type { Spool } from '../../src/probe/spool/spool.ts'
import type { PriorityClass } from '../../src/semconv/classes.ts'
import { FillpathError } from '../../src/semconv/error.ts'
import { putAsideIn } from '../../src/commands/spool/put-aside.ts'
import type { PutAside } from '../../src/commands/spool/put-aside.ts'
import { quarantineFolder } from '../../src/probe/spool/place.ts'
import { droppedIn } from '../fixtures/faults/writer.ts'
import { memoryFolder } from './lives.ts'
import { note } from './ship-load.ts'
import { isFull } from '../seed.ts'

type Call = keyof Disk

/** What is to happen: `times` calls from the `at`-th on. */
interface Fault {
  readonly call: Call
  /** An error code; `short`: a write takes a part of the bytes, and the next one is out of space. */
  readonly code: string
  readonly at: number
  readonly times: number
}

/** All but `touch`, which a timer of two seconds calls (the model of the disk has it), and `closeLater`, which ends a file that is gone. */
const calls: readonly Call[] = [
  'open',
  'close',
  'write',
  'writeLater',
  'read',
  'truncate',
  'entry',
  'look',
  'list',
  'makeFolder',
  'freeBytes',
  'rename',
  'unlink',
  'removeFolder',
  'syncFile',
  'syncFileNow',
  'syncFolder',
  'syncFolderNow',
]
const codes: Readonly<Partial<Record<Call, readonly string[]>>> = {
  write: ['EIO', 'ENOSPC', 'short'],
  writeLater: ['EIO', 'ENOSPC', 'short'],
  open: ['EIO', 'ENOSPC', 'EMFILE', 'EACCES'],
  makeFolder: ['EIO', 'ENOSPC', 'EROFS'],
  rename: ['EIO', 'ENOSPC', 'EACCES'],
}

function injected(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code })
}

const later: ReadonlySet<string> = new Set(['writeLater', 'syncFile', 'syncFolder'])

/** The real disk with one fault in it; `hits` says how often it bit. */
function faulty(fault: Fault): { disk: Disk; hits: () => number; mend: () => void } {
  let [passed, hits, isMended] = [0, 0, false]
  // What a write left to the next one: nothing fits any more.
  let isFull = false
  // Only what was half written is ever cut off: then some writes of records tear, too.
  let writes = 0
  const isTorn = (call: string): boolean => {
    if (call !== 'write' || fault.call !== 'truncate' || passed >= fault.at + fault.times)
      return false
    writes += 1
    return writes % 9 === 0
  }
  const run = (call: string, real: () => unknown, half: () => unknown): unknown => {
    if (isFull && (call === 'write' || call === 'writeLater')) {
      isFull = false
      throw injected('ENOSPC')
    }
    if (isMended) return real()
    if (isTorn(call)) {
      isFull = true
      return half()
    }
    if (call !== fault.call) return real()
    passed += 1
    if (passed < fault.at || passed >= fault.at + fault.times) return real()
    hits += 1
    if (fault.code !== 'short') throw injected(fault.code)
    isFull = true
    return half()
  }
  const disk = new Proxy(realDisk, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function' || typeof name !== 'string') return method
      return (...args: unknown[]): unknown => {
        const real = (): unknown => Reflect.apply(method, target, args)
        const half = (): unknown => {
          const [file, bytes, range, position] = args
          const { offset, length }: { offset: number; length: number } = Object(range)
          const part = { offset, length: Math.ceil(length / 2) }
          return Reflect.apply(method, target, [file, bytes, part, position])
        }
        if (!later.has(name)) return run(name, real, half)
        return new Promise((resolve) => resolve(run(name, real, half)))
      }
    },
  })
  return { disk, hits: () => hits, mend: () => void (isMended = true) }
}

/** What was accepted and what came out, by text. */
class Oracle {
  readonly accepted = new Set<string>()
  readonly delivered = new Map<string, number>()
  #number = 0

  emit(spool: Spool, recordClass: PriorityClass, length = 100): void {
    const text = `${recordClass} ${this.#number} ${'x'.repeat(length + (this.#number % 50))}`
    this.#number += 1
    const none = new Uint8Array(0)
    const origin = spool.origin({ resource: none, scope: Buffer.from(`scope ${this.#number % 3}`) })
    const room = spool.begin(recordClass, origin)
    const payload = Buffer.from(text)
    room.reserve(payload.length)
    room.bytes.set(payload, room.position)
    room.position += payload.length
    if (spool.commit(room, 'log')) this.accepted.add(text)
  }

  /** Takes what a line has, as a shipper does. */
  take(reader: SpoolReader, line: 'live' | 'backlog'): void {
    for (;;) {
      const records = reader.next('collector', line, { recordsMax: 5, bytesMax: 1e6 })
      if (records.length === 0) return
      for (const { payload } of records) {
        const text = Buffer.from(payload).toString()
        this.delivered.set(text, (this.delivered.get(text) ?? 0) + 1)
      }
      reader.ack('collector', records)
    }
  }
}

/** What was put aside, whatever the faults did to the file it stands in. */
function putAside(folder: string): PutAside[] {
  const path = join(folder, quarantineFolder)
  const files = (realDisk.list(path) ?? []).map((name) => join(path, name))
  return [...putAsideIn(files, () => undefined)]
}

const quiet = { onNotice: () => undefined }

/** The life: it writes, ships and syncs on the disk it gets. Returns how many records its spool says it lost. */
async function live(disk: Disk, folder: string, oracle: Oracle): Promise<{ lost: number }> {
  const options = { folder, disk, segmentBytesMax: 2000, reserveBytes: 4096, ...quiet }
  const spool = openSpool({ ...options, syncIntervalMs: 60_000 })
  const place = spool.place
  let reader: SpoolReader | undefined
  for (let round = 0; round < 4; round += 1) {
    for (const recordClass of ['snapshot', 'normal', 'normal', 'critical'] as const) {
      for (let count = 0; count < 3; count += 1) oracle.emit(spool, recordClass)
    }
    await new Promise((resolve) => setImmediate(resolve))
    await durableOrTold(spool)
    reader ??= openReader({ place, destinations: ['collector'], disk, ...quiet })
    oracle.take(reader, 'backlog')
    oracle.take(reader, 'live')
    if (round === 1) spool.roll()
    reader.save()
  }
  reader?.close()
  // What was delivered before its file went is counted by the writer, and taken back by the reader.
  return finish(spool, reader?.counts.ackedAfterDrop ?? 0)
}

/** All is on stable storage, or the spool says that it is not. */
async function durableOrTold(spool: Spool): Promise<void> {
  try {
    await spool.durable()
  } catch (error) {
    if (!(error instanceof FillpathError)) throw error
  }
}

/** The disk takes records again, and the bot ends. */
async function finish(spool: Spool, ackedAfterDrop: number): Promise<{ lost: number }> {
  spool.flushSync()
  await spool.close()
  return { lost: droppedIn(spool.statistics) - ackedAfterDrop }
}

describe('[B50, D03, D05, P1, P5] a fault at each call of the disk', () => {
  test.each(calls.flatMap((call) => (codes[call] ?? ['EIO']).map((code) => [call, code] as const)))(
    '%s fails with %s, the first time, the second, …: no record is lost, none is changed',
    async (call, code) => {
      let [lives, bites] = [0, 0]
      for (const times of isFull ? [1, 2, 5] : [1]) {
        const step = isFull ? 1 : 5
        for (let at = 1; ; at += step) {
          const folder = memoryFolder()
          const oracle = new Oracle()
          // What an earlier life left is there from the start.
          await live(realDisk, folder, oracle)
          const { disk, hits, mend } = faulty({ call, code, at, times })
          lives += 1
          let lost = 0
          try {
            ;({ lost } = await live(disk, folder, oracle))
          } catch (error) {
            // The one thing that may be thrown: there is no folder, so nothing was accepted.
            if (!(error instanceof FillpathError) || error.code !== 'spool_unavailable') throw error
          }
          mend()
          const bitten = hits()
          const last = openReader({
            place: { root: folder, owner: undefined, boot: undefined },
            destinations: ['collector'],
            ...quiet,
          })
          oracle.take(last, 'backlog')
          last.save()
          last.close()
          const where = `${call} ${code}, call ${at}, ${times} times`
          const missing = [...oracle.accepted].filter((text) => !oracle.delivered.has(text))
          const spurious = [...oracle.delivered.keys()].filter((text) => !oracle.accepted.has(text))
          // A writer that cannot open a checkpoint counts what it deletes as lost, delivered or not: too many, never too few.
          const counted = call === 'open' ? 0 : lost
          expect({ missing, spurious, counted }, where).toEqual({
            missing: [],
            spurious: [],
            counted: 0,
          })
          // Half a record that could not be cut off is put aside, and its whole stands elsewhere.
          const aside = putAside(folder).map(({ note: { reason } }) => reason)
          expect(
            aside.filter((reason) => call !== 'truncate' || reason !== 'torn'),
            where,
          ).toEqual([])
          if (bitten === 0) break
          bites += bitten
        }
      }
      note('P5 calls', { call, code, lives, bites })
      expect(bites).toBeGreaterThan(0)
    },
    600_000,
  )
})
