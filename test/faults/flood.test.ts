/**
 * Ten times as much as fits, one record in a hundred critical, ten normal, the rest snapshots: what goes, goes in the order
 * of its class and is counted. The payload of a record follows from its number, so that a changed one is found out.
 */
import { describe, expect, test } from 'vitest'
import { realDisk } from '../../src/probe/spool/disk.ts'
import type { Disk } from '../../src/probe/spool/disk.ts'
import type { SpoolNotice } from '../../src/probe/spool/notice.ts'
import { openReader } from '../../src/probe/spool/reader.ts'
import { openSpool } from '../../src/probe/spool/spool.ts'
import type { Spool, SpoolOptions, SpoolStatistics } from '../../src/probe/spool/spool.ts'
import { priorityClasses } from '../../src/semconv/classes.ts'
import type { PriorityClass } from '../../src/semconv/classes.ts'
import { temporaryFolder } from './lives.ts'
import { note } from './ship-load.ts'
import { isFull } from '../seed.ts'

const hourMs = 3_600_000
const mib = 1024 ** 2
const perTurn = 200

const pattern = Buffer.alloc(4096, Buffer.from(Array.from({ length: 251 }, (_, index) => index)))
const lengthOf = (number: number): number => 500 + ((number * 7919) % 1000)
const fillOf = (number: number): Buffer => {
  const from = number % 251
  return pattern.subarray(from, from + lengthOf(number))
}

const mixed = (number: number): PriorityClass => {
  const place = number % 100
  if (place === 0) return 'critical'
  return place <= 10 ? 'normal' : 'snapshot'
}

/** What was emitted, by number, and what of it is on disk. */
class Flood {
  readonly notices: SpoolNotice[] = []
  readonly spool: Spool
  readonly accepted = { critical: 0, normal: 0, snapshot: 0 }
  readonly refused = { critical: 0, normal: 0, snapshot: 0 }
  /** Turns in which a normal record went although an older snapshot was kept. */
  outOfOrder = 0
  bytes = 0
  readonly #folder: string
  readonly #classOf: (number: number) => PriorityClass
  readonly #origin: number
  #next = 0

  constructor(options: Omit<SpoolOptions, 'folder'>, classOf = mixed) {
    this.#folder = temporaryFolder()
    this.#classOf = classOf
    const onNotice = (notice: SpoolNotice): void => void this.notices.push(notice)
    this.spool = openSpool({ folder: this.#folder, ...options, onNotice })
    const none = new Uint8Array(0)
    this.#origin = this.spool.origin({ resource: none, scope: none })
  }

  /** Emits until `until` bytes were emitted. */
  async run(until: number): Promise<void> {
    while (this.bytes < until) {
      const before = this.spool.statistics
      for (let count = 0; count < perTurn; count += 1) this.#emit()
      await new Promise((resolve) => setImmediate(resolve))
      const after = this.spool.statistics
      const isNormalGone = droppedOf(after, 'normal') > droppedOf(before, 'normal')
      const isKept = droppedOf(after, 'snapshot') < before.accepted.snapshot
      if (isNormalGone && isKept) this.outOfOrder += 1
    }
  }

  #emit(): void {
    const number = this.#next
    this.#next += 1
    const recordClass = this.#classOf(number)
    const room = this.spool.begin(recordClass, this.#origin)
    const fill = fillOf(number)
    room.reserve(8 + fill.length)
    room.bytes.set(numberBytes(number), room.position)
    room.bytes.set(fill, room.position + 8)
    room.position += 8 + fill.length
    this.bytes += 8 + fill.length
    const isTaken = this.spool.commit(room, 'log')
    this[isTaken ? 'accepted' : 'refused'][recordClass] += 1
  }

  /** Ends the bot and reads what it left: numbers by class, in their order; nothing changed, nothing twice. */
  async left(): Promise<Record<PriorityClass, number[]>> {
    await this.spool.close()
    const numbers: Record<PriorityClass, number[]> = { critical: [], normal: [], snapshot: [] }
    const reader = openReader({
      place: { root: this.#folder, owner: undefined, boot: undefined },
      destinations: ['account'],
      onNotice: () => undefined,
    })
    for (;;) {
      const records = reader.next('account', 'backlog', { recordsMax: 5000, bytesMax: 16 * mib })
      if (records.length === 0) break
      for (const { payload, class: recordClass } of records) {
        const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
        const number = bytes.readDoubleLE(0)
        const isWhole = bytes.subarray(8).equals(fillOf(number))
        if (!isWhole || this.#classOf(number) !== recordClass) throw new Error(`changed: ${number}`)
        numbers[recordClass].push(number)
      }
      reader.ack('account', records)
      reader.save()
    }
    reader.close()
    for (const recordClass of priorityClasses) {
      expect(new Set(numbers[recordClass]).size).toBe(numbers[recordClass].length)
    }
    return numbers
  }
}

const scratch = new Float64Array(1)
const scratchBytes = new Uint8Array(scratch.buffer)
function numberBytes(number: number): Uint8Array {
  scratch[0] = number
  return scratchBytes
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, count) => all + count, 0)
const droppedOf = ({ dropped }: SpoolStatistics, recordClass: PriorityClass): number =>
  sum(dropped[recordClass])

/** The equation, class by class. Returns what was dropped. */
function expectCounted(
  flood: Flood,
  left: Readonly<Record<PriorityClass, readonly number[]>>,
): Record<PriorityClass, number> {
  const { statistics } = flood.spool
  const dropped = { critical: 0, normal: 0, snapshot: 0 }
  for (const recordClass of priorityClasses) {
    dropped[recordClass] = droppedOf(statistics, recordClass)
    const found = left[recordClass].length
    expect({ recordClass, accounted: found + dropped[recordClass] }).toEqual({
      recordClass,
      accounted: flood.accepted[recordClass],
    })
    expect(sum(statistics.refused[recordClass])).toBe(flood.refused[recordClass])
  }
  return dropped
}

/** Disk of which no file can be made. */
const noDisk: Disk = {
  ...realDisk,
  open(path, mode) {
    if (mode === 'create') throw Object.assign(new Error('full'), { code: 'ENOSPC' })
    return realDisk.open(path, mode)
  },
}

describe('[B50, B51, D03, P1, P10, P16] ten times as much as fits: 1 % critical, 10 % normal, 89 % snapshots', () => {
  test(
    'on disk: snapshots go first, the oldest normal ones when none is left, and no critical one',
    async () => {
      const quotaBytes = isFull ? 2048 * mib : 12 * mib
      const flood = new Flood({ quotaBytes })
      await flood.run(10 * quotaBytes)
      const left = await flood.left()
      const dropped = expectCounted(flood, left)
      expect(flood.refused).toEqual({ critical: 0, normal: 0, snapshot: 0 })
      expect(dropped.critical).toBe(0)
      expect(flood.outOfOrder).toBe(0)
      // The flood did reach the normal ones, and the newest of them are there, without a gap.
      expect(dropped.snapshot).toBeGreaterThan(0.9 * flood.accepted.snapshot)
      expect(dropped.normal).toBeGreaterThan(0)
      const kept = left.normal.toSorted((a, b) => a - b)
      const newest = Array.from({ length: flood.accepted.normal }, (_, index) => index)
        .map((index) => 100 * Math.floor(index / 10) + 1 + (index % 10))
        .slice(-kept.length)
      expect(kept).toEqual(newest)
      // Said once for each class.
      const said = flood.notices.filter(({ code }) => code === 'dropped')
      expect(said.map(({ message }) => /losing (\w+)/.exec(message)?.[1])).toEqual([
        'SNAPSHOT',
        'NORMAL',
      ])
      note('P10 on disk', {
        'quota MiB': quotaBytes / mib,
        accepted: sum(flood.accepted),
        'dropped critical': dropped.critical,
        'dropped normal': dropped.normal,
        'dropped snapshots': dropped.snapshot,
        left: left.critical.length + left.normal.length + left.snapshot.length,
      })
    },
    hourMs,
  )

  test(
    'in memory, because the disk takes nothing: the same',
    async () => {
      let isOut = true
      const disk: Disk = {
        ...realDisk,
        open: (path, mode) => (isOut ? noDisk : realDisk).open(path, mode),
      }
      const memoryRecordsMax = isFull ? 10_000 : 2000
      const flood = new Flood({ disk, memoryRecordsMax, reserveBytes: 0 })
      await flood.run(10 * memoryRecordsMax * 1000)
      expect(flood.spool.statistics).toMatchObject({
        state: 'memory',
        memoryRecords: memoryRecordsMax,
      })
      isOut = false
      const left = await flood.left()
      const dropped = expectCounted(flood, left)
      expect(flood.refused.critical).toBe(0)
      expect(dropped.critical).toBe(0)
      expect(left.critical).toHaveLength(flood.accepted.critical)
      expect(left.snapshot).toEqual([])
      expect(left.normal).toHaveLength(memoryRecordsMax - left.critical.length)
      expect(flood.outOfOrder).toBe(0)
      note('P10 in memory', {
        'records at most': memoryRecordsMax,
        accepted: sum(flood.accepted),
        'dropped critical': dropped.critical,
        'dropped normal': dropped.normal,
        'dropped snapshots': dropped.snapshot,
      })
    },
    hourMs,
  )

  test(
    'twice as many critical ones as fit: the call says false for each that has no place, it is counted and said',
    async () => {
      const quotaBytes = isFull ? 256 * mib : 8 * mib
      const flood = new Flood({ quotaBytes, reserveBytes: 0 }, () => 'critical')
      await flood.run(2 * quotaBytes)
      const left = await flood.left()
      const dropped = expectCounted(flood, left)
      expect(dropped.critical).toBe(0)
      expect(flood.refused.critical).toBeGreaterThan(flood.accepted.critical / 2)
      // None that was taken drove out an older one.
      expect(left.critical).toHaveLength(flood.accepted.critical)
      expect(flood.notices.map(({ code }) => code)).toEqual(['dropped'])
      note('P10 critical only', {
        accepted: flood.accepted.critical,
        refused: flood.refused.critical,
        dropped: dropped.critical,
      })
    },
    hourMs,
  )
})
