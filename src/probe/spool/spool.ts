/**
 * The spool: records of a bot on disk before anything else happens to them. The file is the queue.
 *
 * Invariants
 * - `commit` of a CRITICAL record returns true only when the record is in a file (or, while the disk takes nothing, in
 *   memory, which was said aloud). NORMAL records that waited before it are written first, so a critical record never
 *   stands in the file without what led to it.
 * - NORMAL and SNAPSHOT records are written once per turn, by `process.nextTick`: after the present callback and before
 *   the event loop takes the next one. (`setImmediate` would let other callbacks run first, and a turn of the loop costs
 *   ten times as much; a microtask would come before the promise reactions of the same turn.)
 * - Three series of segments, one for each class, so that what goes first can be deleted as whole files. Order across them
 *   is the sequence.
 * - What is in a file is never changed, only cut back to the last whole frame after a short write. What a crash leaves is
 *   read as it is; a start writes to new files in a folder of its own. Normal start and recovery are the same.
 * - Nothing is thrown into the bot after `openSpool`. What is lost is counted by class and reason, and said once.
 * - All durations go by the monotonic clock. Wall time stands in segment headers, for people.
 *
 * Format: wire/frame.ts, wire/segment.ts. Folder: place.ts. Outages: outage.ts. Reading: reader.ts.
 */
import type { Clock } from '../../base/clock.ts'
import { systemClock } from '../../base/clock.ts'
import type { PriorityClass } from '../../semconv/classes.ts'
import { priorityClasses } from '../../semconv/classes.ts'
import { FillpathError } from '../../semconv/error.ts'
import type { OriginBytes, Signal } from '../../wire/frame.ts'
import { Dictionary } from './dictionary.ts'
import type { Disk } from './disk.ts'
import { realDisk } from './disk.ts'
import { Home } from './home.ts'
import { Keeper } from './keeper.ts'
import { Ledger } from './ledger.ts'
import { Run } from './manifest.ts'
import type { Losses } from './manifest.ts'
import type { HeldRecord } from './memory.ts'
import { Memory } from './memory.ts'
import { printNotice, tell } from './notice.ts'
import type { SpoolOptions, SpoolStatistics } from './options.ts'
import { sizesOf } from './options.ts'
import { OpenSpans } from './open-spans.ts'
import { Outage } from './outage.ts'
import { Adoption, createOwner, realSurroundings, releaseOwner } from './ownership.ts'
import type { SpoolPlace } from './place.ts'
import { reserveFile } from './place.ts'
import { Quota } from './quota.ts'
import { Reserve } from './reserve.ts'
import type { Room } from './room.ts'
import type { Series } from './series.ts'
import { createSeries } from './series-by-class.ts'
import { Syncer } from './syncer.ts'
import type { DropReason } from './tally.ts'
import { Tally } from './tally.ts'

export type { OriginBytes, Signal } from '../../wire/frame.ts'
export type { InterruptedFlow } from './closing.ts'
export type { RunFacts } from './manifest.ts'
export type { SpoolOptions, SpoolStatistics } from './options.ts'
export type { Room } from './room.ts'

/**
 * Opens a spool.
 * @throws FillpathError `spool_unavailable` when the folder cannot be used; a full disk is no reason
 */
export function openSpool(options: SpoolOptions): Spool {
  return new Spool(options)
}

/** The durable queue of a process. See the head of this file for its promises. */
export class Spool {
  /** Spans that have begun and not ended: what the next start closes when this process dies. */
  readonly openSpans: OpenSpans
  /** The run that these records are of, once it was begun. */
  readonly run: Run
  readonly #clock: Clock
  readonly #home: Home
  readonly #owner: string
  readonly #series: Readonly<Record<PriorityClass, Series>>
  readonly #dictionary = new Dictionary()
  readonly #tally: Tally
  readonly #ledger: Ledger
  readonly #memory: Memory
  readonly #reserve: Reserve
  readonly #quota: Quota
  readonly #outage: Outage
  readonly #keeper: Keeper
  readonly #syncer: Syncer
  readonly #flushTurn = (): void => this.#writeTurn()
  #isTurnPlanned = false
  #isHeld = false
  /** Spans that ended while records were held. */
  readonly #ended: string[] = []
  #isClosed = false
  #sequence = 0

  /** @internal Use {@link openSpool}. */
  constructor(options: SpoolOptions) {
    const sizes = sizesOf(options)
    const { disk = realDisk, clock = systemClock, onNotice = printNotice } = options
    const surroundings = options.surroundings ?? realSurroundings()
    const nowMs = (): number => clock.monotonicMs()
    this.#clock = clock
    this.#owner = createOwner(surroundings)
    const { randomHex } = surroundings
    const home = new Home({ disk, root: options.folder, owner: this.#owner, randomHex })
    this.#home = home
    const folders = new Set<string>()
    const isMade = this.#make(folders)
    this.#tally = new Tally(onNotice)
    this.#ledger = new Ledger(disk, () => home.check() !== 'here')
    this.#memory = new Memory({
      recordsMax: sizes.memoryRecordsMax,
      bytesMax: sizes.memoryBytesMax,
    })
    const dictionary = (origin: number): Uint8Array | undefined => this.#dictionary.payload(origin)
    const own = { disk, clock, home, folders, dictionary }
    const { segmentBytesMax } = sizes
    this.#series = createSeries({ ...own, segmentBytesMax, ledger: this.#ledger })
    this.#reserve = new Reserve({
      disk,
      bytes: sizes.reserveBytes,
      path: () => home.path(reserveFile),
      onMissing: (message) => tell(onNotice, { code: 'reserve_missing', level: 'warn', message }),
    })
    this.openSpans = this.#createOpenSpans(disk, folders)
    const lost = (): number => this.#tally.lost()
    const losses = (): Losses => this.#tally.losses()
    this.run = new Run({ disk, home, clock, owner: this.#owner, folders, lost, losses })
    const shared = {
      ...own,
      onNotice,
      onAdopted: options.onAdopted ?? (() => undefined),
      openSpans: this.openSpans,
      run: this.run,
      nowMs,
      series: this.#series,
      tally: this.#tally,
      ledger: this.#ledger,
      memory: this.#memory,
      reserve: this.#reserve,
    }
    const { quotaBytes: bytesMax, syncIntervalMs: intervalMs } = sizes
    const reserveBytes = (): number => this.#reserve.bytes
    this.#quota = new Quota({ ...shared, bytesMax, reserveBytes })
    this.#syncer = new Syncer({ ...shared, series: Object.values(this.#series), intervalMs })
    const adoption = new Adoption({ ...shared, root: home.root, owner: this.#owner, surroundings })
    this.#keeper = new Keeper({
      ...shared,
      adoption,
      isWriting: () => this.#outage.state === 'writing',
      hasRoom: () => this.#quota.hasRoom,
    })
    this.#outage = new Outage(
      {
        ...shared,
        quota: this.#quota,
        path: (name) => home.path(name),
        mend: () => this.#keeper.mend(),
        written: () => this.#syncer.wake(),
      },
      isMade ? undefined : home.refusal,
    )
    this.#keeper.adopt()
    this.#keeper.start()
    void this.#reserve.fill()
  }

  /** Where a reader finds the records; plain data that can be sent to a worker. */
  get place(): SpoolPlace {
    return { root: this.#home.root, owner: this.#owner, boot: this.#home.boot }
  }

  /** With the boot and a record's sequence: the record's id. */
  get install(): string {
    return this.#home.install
  }

  get boot(): string {
    return this.#home.boot
  }

  /**
   * The number of a resource and scope for {@link Spool.begin}; the same for the same bytes. Keep it: finding it compares
   * all bytes.
   */
  origin(origin: OriginBytes): number {
    return this.#dictionary.number(origin)
  }

  /**
   * Opens a room: encode the record into it, then {@link Spool.commit} it, or {@link Spool.abort} when the encoder threw.
   * All in one go, without an `await` between.
   *
   * @param origin see {@link Spool.origin}
   */
  begin(recordClass: PriorityClass, origin: number): Room {
    const series = this.#series[recordClass]
    if (series.buffer.isCrowded) this.#makeRoom(series)
    this.#sequence += 1
    return series.begin(this.#sequence, origin)
  }

  /**
   * Takes the record in a room. A CRITICAL one is in the file when this returns, or when {@link Spool.release} does.
   *
   * @returns false when the record is lost; it was counted and said
   */
  commit(room: Room, signal: Signal): boolean {
    const { class: recordClass, sequence } = room
    const series = this.#series[recordClass]
    const isTaken = !this.#isClosed && series.buffer.commit(room, signal)
    if (!isTaken) {
      room.isOpen = false
      this.#tally.refuse(recordClass, this.#isClosed ? 'exit' : 'too_large')
      return false
    }
    if (recordClass === 'critical' && !this.#isHeld) {
      this.#write(this.#series.normal)
      if (!this.#write(series, sequence)) return false
    } else if (recordClass !== 'critical' && !this.#isTurnPlanned) {
      this.#isTurnPlanned = true
      process.nextTick(this.#flushTurn)
    }
    this.#tally.accepted[recordClass] += 1
    return true
  }

  /** Critical records wait for one another from now on, until {@link Spool.release}, which must come in the same turn. */
  hold(): void {
    this.#isHeld = true
  }

  /** Writes the critical records that came since {@link Spool.hold}, and what waited before them, with one write. */
  release(): void {
    this.#isHeld = false
    if (this.#isClosed) return
    if (this.#series.critical.buffer.waitingBytes > 0) {
      this.#write(this.#series.normal)
      this.#write(this.#series.critical)
    }
    this.#noteEnds()
  }

  /** A span has ended whose record was committed: it is not among {@link Spool.openSpans} any more. */
  ended(key: string): void {
    if (this.#isHeld) this.#ended.push(key)
    else this.openSpans.end(key)
  }

  /** Gives a room back without a record. */
  abort(room: Room): void {
    room.isOpen = false
  }

  /**
   * Resolves when all that was accepted before is on stable storage.
   * @throws FillpathError `spool_not_durable` when the disk refuses; what was accepted is kept as well as it can be
   */
  async durable(): Promise<void> {
    this.flushSync()
    if ((await this.#syncer.run()) && this.#memory.records === 0) return
    throw new FillpathError(
      'spool_not_durable',
      `${this.#home.folder} did not take all records to stable storage (state ${this.#outage.state}, ${this.#memory.records} records in memory)`,
    )
  }

  /**
   * Writes all that waits, now. For handlers of process exit: nothing asynchronous runs after them. What the disk still
   * refuses stays in memory.
   */
  flushSync(): void {
    this.#writeTurn()
    // What is closed has let go of its folder, and makes none again.
    if (!this.#isClosed && this.#outage.state !== 'writing') this.#outage.resume()
  }

  /** Ends the segments that are written, so that what is emitted from now on begins new ones. */
  roll(): void {
    this.#writeTurn()
    if (this.#outage.state !== 'writing') return
    for (const recordClass of priorityClasses) this.#series[recordClass].retire()
  }

  get statistics(): SpoolStatistics {
    const { accepted, refused, dropped, droppedBySignal } = this.#tally
    return {
      state: this.#isClosed ? 'closed' : this.#outage.state,
      accepted: { ...accepted },
      refused: structuredClone(refused),
      dropped: structuredClone(dropped),
      droppedBySignal: { ...droppedBySignal },
      bytes: this.#ledger.bytes + this.#reserve.bytes,
      segments: this.#ledger.segments,
      memoryRecords: this.#memory.records,
      sync: this.#syncer.statistics,
    }
  }

  /** Writes, syncs and lets go of the folder; the next start takes over what is in it. Never rejects, runs once. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.flushSync()
    await this.#syncer.run()
    this.closeSync()
  }

  /** {@link Spool.close} without the sync, for handlers of process exit. */
  closeSync(): void {
    if (this.#isClosed) return
    this.flushSync()
    this.#keeper.settle()
    this.#isClosed = true
    this.openSpans.close()
    for (const recordClass of priorityClasses) {
      this.#tally.dropRecords(this.#memory.takeAll(recordClass), 'exit')
    }
    this.run.noteLosses()
    this.#keeper.stop()
    this.#outage.stop()
    this.#syncer.stop()
    for (const recordClass of priorityClasses) this.#series[recordClass].close()
    this.#reserve.remove()
    releaseOwner(this.#owner)
    this.#home.leave()
  }

  #writeTurn(): void {
    this.#isTurnPlanned = false
    if (this.#isClosed) return
    this.#write(this.#series.normal)
    this.#write(this.#series.critical)
    this.#write(this.#series.snapshot)
    this.#noteEnds()
  }

  /** The next record may stand in another segment than those before it, so that those have to be done with. */
  #makeRoom(series: Series): void {
    this.#write(series)
    if (series.class === 'critical') this.#noteEnds()
  }

  /** After the records of their ends: what is noted as open and has ended stands in the last segment. */
  #noteEnds(): void {
    if (this.#ended.length === 0) return
    for (const key of this.#ended.splice(0)) this.openSpans.end(key)
  }

  /** Writes what waits in a series. False when the record `sequence` was lost by that: it is refused, not dropped. */
  #write(series: Series, sequence?: number): boolean {
    const { waitingBytes } = series.buffer
    if (waitingBytes === 0) return true
    let lost: readonly HeldRecord[]
    let reason: DropReason
    if (this.#outage.state === 'writing' && !this.#quota.admit(series.class, waitingBytes)) {
      lost = series.takeWaiting()
      reason = 'quota'
    } else {
      lost = this.#outage.write(series)
      reason = 'disk_full'
    }
    let isKept = true
    for (const record of lost) {
      if (record.sequence === sequence) {
        isKept = false
        this.#tally.refuse(record.class, reason)
      } else this.#tally.dropRecords([record], reason)
    }
    return isKept
  }

  #make(folders: Set<string>): boolean {
    try {
      const isMade = this.#home.make()
      for (const folder of [...this.#home.parents, this.#home.root, this.#home.folder])
        folders.add(folder)
      return isMade
    } catch (error) {
      releaseOwner(this.#owner)
      throw error
    }
  }

  #createOpenSpans(disk: Disk, folders: Set<string>): OpenSpans {
    const dictionary = (origin: number): Uint8Array | undefined => this.#dictionary.payload(origin)
    const isKept = (): boolean => this.#outage.state !== 'memory' && this.#memory.records === 0
    const home = this.#home
    const clock = this.#clock
    return new OpenSpans({ disk, home, clock, folders, dictionary, isKept })
  }
}
