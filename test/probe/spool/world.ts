/**
 * A bot with its spool and its shipper on a model disk, and an oracle that knows what was accepted, what arrived and what
 * may be missing. Timers are vitest's: nothing here waits for real time.
 */
import { join } from 'node:path'
import { vi } from 'vitest'
import type { ManualClock } from '../../../src/base/clock.ts'
import { manualClock } from '../../../src/base/clock.ts'
import type { SpoolNotice } from '../../../src/probe/spool/notice.ts'
import type { SpoolOptions } from '../../../src/probe/spool/options.ts'
import { releaseOwner } from '../../../src/probe/spool/ownership.ts'
import { folderName } from '../../../src/probe/spool/place.ts'
import type { Line, SpoolReader, SpoolRecord } from '../../../src/probe/spool/reader.ts'
import { openReader } from '../../../src/probe/spool/reader.ts'
import type { Spool } from '../../../src/probe/spool/spool.ts'
import { openSpool } from '../../../src/probe/spool/spool.ts'
import type { DropCounts, DropReason } from '../../../src/probe/spool/tally.ts'
import { dropReasons } from '../../../src/probe/spool/tally.ts'
import type { PriorityClass } from '../../../src/semconv/classes.ts'
import { priorityClasses } from '../../../src/semconv/classes.ts'
import type { Signal } from '../../../src/wire/frame.ts'
import { ModelDisk } from './model-disk.ts'
import { createRandom } from './random.ts'

/** One record the bot emitted. */
interface Emitted {
  readonly id: string
  readonly class: PriorityClass
  readonly signal: Signal
  readonly scope: number
  readonly bytes: number
  /** `maybe`: the process died before it had its answer. */
  accepted: boolean | 'maybe'
  durable: boolean
  delivered: number
}

export const destination = 'collector'
const portion = { recordsMax: 50, bytesMax: 1_000_000 }

export class World {
  readonly disk: ModelDisk
  readonly clock: ManualClock = manualClock()
  readonly notices: SpoolNotice[] = []
  readonly emitted = new Map<string, Emitted>()
  /** Records delivered that nobody emitted, or changed on the way. */
  readonly spurious: string[] = []
  /** Accepted records that a kill may take: NORMAL and SNAPSHOT ones of the unfinished turn. */
  readonly atRisk = new Set<string>()
  spool: Spool
  reader: SpoolReader
  /** Records lost in memory by kills during an outage. */
  memoryLost = 0
  quarantined = 0
  ackedAfterDrop = 0
  /** Delivered, and acknowledged to a reader that ended before it could save that: the writer may count them as lost. */
  readonly forgotten = new Set<string>()
  powerLosses = 0
  readonly #options: Partial<SpoolOptions>
  readonly #drops: DropCounts[] = []
  #turn: Emitted[] = []
  readonly #unsaved = new Map<string, SpoolRecord>()
  #pid = 100

  constructor(seed: number, options: Partial<SpoolOptions> = {}) {
    this.disk = new ModelDisk(createRandom(seed))
    this.#options = options
    this.disk.start().makeFolder('/data')
    this.disk.start().syncFolderNow('/')
    this.spool = this.#openSpool()
    this.reader = this.#openReader()
  }

  /** The process is dead: it can do nothing and nothing it says counts. */
  get isDead(): boolean {
    return this.#session !== this.disk.sessions
  }

  emit(
    recordClass: PriorityClass,
    bytes: number,
    options: { signal?: Signal; scope?: number } = {},
  ): boolean {
    const { signal = 'log', scope = 1 } = options
    const { spool } = this
    const room = spool.begin(recordClass, spool.origin(originOf(scope)))
    const id = `${spool.boot}:${room.sequence}`
    const payload = payloadOf(id, bytes)
    room.reserve(payload.length)
    room.bytes.set(payload, room.position)
    room.position += payload.length
    const isAccepted = spool.commit(room, signal)
    const accepted = this.isDead ? 'maybe' : isAccepted
    const record: Emitted = {
      id,
      class: recordClass,
      signal,
      scope,
      bytes,
      accepted,
      durable: false,
      delivered: 0,
    }
    this.emitted.set(id, record)
    this.#turn.push(record)
    return isAccepted
  }

  /** Lets the event loop turn. */
  async turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    if (!this.isDead) this.#turn = []
  }

  async advance(ms: number): Promise<void> {
    await this.turn()
    for (let left = ms; left > 0; left -= 100) {
      this.clock.advanceMs(Math.min(100, left))
      await vi.advanceTimersByTimeAsync(Math.min(100, left))
    }
    await this.turn()
  }

  /** True when the spool says that all before is on stable storage. */
  async durable(): Promise<boolean> {
    const before = [...this.emitted.values()].filter((record) => record.accepted === true)
    const isDone = await this.#unlessDead(
      this.spool.durable().then(
        () => true,
        () => false,
      ),
    )
    if (isDone !== true) return false
    for (const record of before) if (record.id.startsWith(this.spool.boot)) record.durable = true
    this.#turn = []
    return true
  }

  /** The shipper takes a portion and delivers it. */
  deliver(line: Line): number {
    const records = this.reader.next(destination, line, portion)
    for (const record of records) this.receive(record)
    this.reader.ack(destination, records)
    return records.length
  }

  receive(record: SpoolRecord): void {
    const id = `${record.boot}:${record.sequence}`
    const emitted = this.emitted.get(id)
    if (emitted === undefined || emitted.accepted === false) {
      this.spurious.push(`${id} was never accepted`)
      return
    }
    emitted.delivered += 1
    this.#unsaved.set(id, record)
    const scope = Buffer.from(record.origin.scope).toString()
    // A power loss may take the dictionary entry of a record that was not synced, and leave the record.
    const isScopeLost = scope === '' && !emitted.durable && this.powerLosses > 0
    const same =
      payloadOf(id, emitted.bytes).equals(record.payload) &&
      emitted.class === record.class &&
      emitted.signal === record.signal &&
      (scope === `scope ${emitted.scope}` || isScopeLost)
    if (!same) this.spurious.push(`${id} was changed`)
  }

  save(): void {
    const refused = this.reader.save()
    for (const id of this.#unsaved.keys())
      if (!refused.includes(id.split(':')[0] ?? '')) this.#unsaved.delete(id)
  }

  /** Somebody deletes the folder of the bot that runs. */
  removeFolder(): void {
    const { root, owner } = this.spool.place
    this.disk.remove(join(root, folderName(this.spool.boot, owner ?? '')))
  }

  /** The worker dies and is started again. */
  restartReader(): void {
    this.#leaveReader()
    this.reader = this.#openReader()
  }

  /** The process is killed, or the machine loses power; the bot is started again. */
  async crash(kind: 'kill' | 'power'): Promise<void> {
    // A dead process may have put into memory what was accepted, and what was only begun after its death.
    this.memoryLost += this.spool.statistics.memoryRecords
    for (const record of this.#turn)
      if (record.class !== 'critical' || this.isDead) this.atRisk.add(record.id)
    if (kind === 'kill') this.disk.kill()
    else this.disk.losePower()
    if (kind === 'power') this.powerLosses += 1
    await this.#bury()
  }

  /** The bot ends in good order and is started again. */
  async restart(): Promise<void> {
    this.save()
    await this.#unlessDead(this.spool.close())
    if (!this.isDead) await this.#bury()
  }

  /** Delivers all that is there to be delivered. */
  drain(): void {
    for (const line of ['backlog', 'live'] as const) {
      while (this.deliver(line) > 0) {
        // The portion was delivered.
      }
    }
    this.save()
  }

  /** Records that were lost and counted, for one reason or for any, refused ones not among them. */
  dropped(only?: DropReason): number {
    let dropped = 0
    for (const counts of [...this.#drops, this.spool.statistics.dropped]) {
      for (const recordClass of priorityClasses) {
        for (const reason of dropReasons)
          if (only === undefined || only === reason) dropped += counts[recordClass][reason]
      }
    }
    return dropped
  }

  /** Accepted records that were never delivered. */
  missing(): Emitted[] {
    return [...this.emitted.values()].filter(
      ({ accepted, delivered }) => accepted === true && delivered === 0,
    )
  }

  /** What the reader counted, and those before it. */
  count(): { quarantined: number; ackedAfterDrop: number } {
    return {
      quarantined: this.quarantined + this.reader.counts.quarantined,
      ackedAfterDrop: this.ackedAfterDrop + this.reader.counts.ackedAfterDrop,
    }
  }

  #session = 0

  /** The result, or `undefined` when the process dies before: a dead process gets no answer from its disk. */
  async #unlessDead<T>(work: Promise<T>): Promise<T | undefined> {
    const pending = Symbol('pending')
    for (;;) {
      const turn = new Promise<typeof pending>((resolve) => setImmediate(() => resolve(pending)))
      const result = await Promise.race([work, turn])
      if (result !== pending) return result
      if (this.isDead) return undefined
    }
  }

  async #bury(): Promise<void> {
    this.#drops.push(this.spool.statistics.dropped)
    releaseOwner(this.spool.place.owner ?? '')
    this.#leaveReader()
    await new Promise((resolve) => setImmediate(resolve))
    vi.clearAllTimers()
    this.#turn = []
    this.disk.faults.length = 0
    this.spool = this.#openSpool()
    this.reader = this.#openReader()
  }

  #leaveReader(): void {
    this.quarantined += this.reader.counts.quarantined
    this.ackedAfterDrop += this.reader.counts.ackedAfterDrop
    for (const [id, record] of this.#unsaved) {
      // A segment that was deleted before is settled: the shipper deleted it, or has said that it was dropped too early.
      if (record.segment.state !== 'gone') this.forgotten.add(id)
    }
    this.#unsaved.clear()
  }

  #openSpool(): Spool {
    this.#pid += 1
    const pid = this.#pid
    const disk = this.disk.start()
    this.#session = this.disk.sessions
    const session = this.#session
    return openSpool({
      folder: '/data/spool',
      segmentBytesMax: 8192,
      reserveBytes: 8192,
      ...this.#options,
      clock: this.clock,
      disk,
      surroundings: {
        machine: '1'.repeat(32),
        space: '7',
        pid,
        startOf: (other) => (other === pid ? String(pid) : undefined),
        randomHex: (bytes) =>
          Array.from({ length: bytes }, () => hexByte(this.disk.random.below(256))).join(''),
      },
      onNotice: (notice) => {
        if (session === this.disk.sessions) this.notices.push(notice)
      },
    })
  }

  #openReader(): SpoolReader {
    return openReader({
      place: this.spool.place,
      destinations: [destination],
      disk: this.disk.join(),
      onNotice: (notice) => this.notices.push(notice),
    })
  }
}

function hexByte(value: number): string {
  return value.toString(16).padStart(2, '0')
}

export function originOf(scope: number): { resource: Uint8Array; scope: Uint8Array } {
  return { resource: Buffer.from('the bot'), scope: Buffer.from(`scope ${scope}`) }
}

/** Bytes that depend on the whole id. */
export function payloadOf(id: string, bytes: number): Buffer {
  return Buffer.alloc(bytes, `${id} `)
}
