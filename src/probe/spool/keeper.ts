/** What has to be looked after once a second, off the path of records. */
import type { Clock } from '../../base/clock.ts'
import type { PriorityClass } from '../../semconv/classes.ts'
import { priorityClasses } from '../../semconv/classes.ts'
import { FillpathError } from '../../semconv/error.ts'
import { errorCode } from './disk.ts'
import type { Home, HomeState } from './home.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'
import type { Run } from './manifest.ts'
import type { NoticeCode, NoticeListener } from './notice.ts'
import { tell } from './notice.ts'
import type { OpenSegment } from './open-segment.ts'
import type { OpenSpans } from './open-spans.ts'
import type { Adopted, Adoption } from './ownership.ts'
import type { Reserve } from './reserve.ts'
import type { Series } from './series.ts'
import type { Tally } from './tally.ts'

/** What the keeper asks of the spool it looks after. */
export interface KeeperHost {
  readonly clock: Clock
  readonly home: Home
  readonly series: Readonly<Record<PriorityClass, Series>>
  readonly ledger: Ledger
  readonly tally: Tally
  readonly adoption: Adoption
  readonly reserve: Reserve
  readonly openSpans: OpenSpans
  readonly run: Run
  /** Takes what was taken over. */
  readonly onAdopted: (adopted: Adopted) => void
  /** Folders whose names are to be synced. */
  readonly folders: Set<string>
  readonly onNotice: NoticeListener
  isWriting(): boolean
  /** Is the spool well below its quota? */
  hasRoom(): boolean
}

const tickMs = 1000
/** A sign of life every second tick, a look for orphans every fifth, another try at the reserve every tenth. */
const ticks = { touch: 2, adopt: 5, reserve: 10 } as const
const clockJumpMsMin = 1000

/** The timer of the spool: syncs, tries again after an outage, adopts the folders of the dead, off the path of a record. */
export class Keeper {
  readonly #host: KeeperHost
  #timer: NodeJS.Timeout | undefined
  #ticks = 0
  #wallAheadMs: number
  #isMending = false
  /** Why the folder could not be made again, as it was said last. */
  #refusal = ''
  /** Open segments whose files went with the folder, and that are not written again yet. */
  readonly #homeless = new Set<OpenSegment>()
  /** The folder is gone, and that was not told yet: how, and how many records went with it. */
  #loss: { readonly state: HomeState; records: number } | undefined

  constructor(host: KeeperHost) {
    this.#host = host
    this.#wallAheadMs = wallAheadMs(host.clock)
  }

  start(): void {
    this.#timer = setInterval(() => this.tick(), tickMs)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** One round. Never throws. */
  tick(): void {
    this.#ticks += 1
    this.#watchClock()
    if (this.#host.isWriting()) {
      if (this.mend()) {
        this.#host.openSpans.mend()
        this.#host.run.mend()
      }
      if (this.#ticks % ticks.reserve === 0) void this.#host.reserve.fill()
    }
    // A slow disk would soon hold all threads of the pool, on which the bot's own files and lookups of names wait too.
    if (!this.#host.run.isSyncing) this.#host.run.noteLosses()
    if (this.#ticks % ticks.touch === 0) this.#host.adoption.touch()
    if (this.#ticks % ticks.adopt === 0) this.adopt()
    try {
      this.#host.ledger.refresh()
    } catch {
      // Then what the shipper has deleted still counts, until the next round.
    }
    if (this.#host.hasRoom()) this.#host.tally.roomAgain()
  }

  /** Takes over the folders of dead processes. */
  adopt(): void {
    const { adoption, ledger, folders, home, onAdopted } = this.#host
    for (const adopted of adoption.run()) {
      folders.add(home.root)
      try {
        ledger.adopt(adopted.path)
      } catch (error) {
        this.#say(
          'unreadable',
          `${adopted.path} cannot be listed (${errorCode(error)}); it does not count against the quota`,
        )
      }
      try {
        onAdopted(adopted)
      } catch {
        // A listener of others must not end the bot.
      }
    }
  }

  /** The last round, behind the last write: what has no file then, in a folder that was deleted a moment ago, is lost. */
  settle(): void {
    if (this.mend()) return
    const { home, ledger } = this.#host
    this.#loss ??= { state: 'gone', records: 0 }
    for (const { entry } of this.#homeless) this.#strikeOut(entry)
    // Else what is missing there was delivered.
    if (!this.#isHere())
      for (const entry of ledger.own) if (!this.#isThere(entry)) this.#strikeOut(entry)
    const { records } = this.#loss
    if (records > 0) this.#say('folder_lost', `${home.folder} is gone, with ${records} records`)
  }

  /** What the disk does not tell is rather counted as lost than not counted. */
  #isHere(): boolean {
    try {
      return this.#host.home.check() === 'here'
    } catch {
      return false
    }
  }

  #isThere(entry: LedgerEntry): boolean {
    try {
      return this.#host.ledger.isThere(entry)
    } catch {
      return false
    }
  }

  /** Makes the folder and the open segments again if they are gone. Says whether all is in place. */
  mend(): boolean {
    // Writing segments again can meet the same fault and come back here.
    if (this.#isMending) return false
    this.#isMending = true
    try {
      const isMended = this.#mend()
      if (isMended) this.#refusal = ''
      return isMended
    } catch (error) {
      const cause = error instanceof FillpathError ? error.cause : error
      this.#sayRefused(errorCode(cause))
      return false
    } finally {
      this.#isMending = false
    }
  }

  #mend(): boolean {
    const { home, series, ledger, reserve } = this.#host
    if (!home.isMade) return this.#make()
    const state = home.check()
    if (state !== 'here') {
      // At once: what is made again below may fail half-way, and what was closed is gone whatever becomes of that.
      this.#reckon(state)
      if (!this.#make()) return false
      reserve.spend()
      void reserve.fill()
    }
    for (const segment of [...this.#homeless]) this.#resettle(segment)
    this.#tellLoss()
    for (const recordClass of priorityClasses) {
      const { active } = series[recordClass]
      if (!active?.isLost()) continue
      const { path } = active
      series[recordClass].rewrite(active, 0)
      ledger.forget(path)
      this.#say('folder_lost', `${path} was deleted while it was written; it was written again`)
    }
    return true
  }

  /** Said once, and again for another reason: it is tried several times a second. */
  #sayRefused(code: string): void {
    if (this.#refusal === code) return
    this.#refusal = code
    this.#say(
      'folder_lost',
      `${this.#host.home.folder} cannot be made again (${code}); it is tried again until it can`,
    )
  }

  #make(): boolean {
    const { home, folders } = this.#host
    if (!home.make()) return false
    for (const folder of [...home.parents, home.root, home.folder]) folders.add(folder)
    return true
  }

  /** The folder is gone: strikes out what is gone with it, and notes what is still open, to be written again. */
  #reckon(state: Exclude<HomeState, 'here'>): void {
    const { ledger, series } = this.#host
    this.#loss ??= { state, records: 0 }
    const open = new Map<string, OpenSegment>()
    for (const recordClass of priorityClasses)
      for (const segment of series[recordClass].openSegments()) open.set(segment.path, segment)
    for (const entry of ledger.own) {
      // Written after a try that had made the folder, and no more.
      if (ledger.isThere(entry)) continue
      const segment = open.get(entry.path)
      if (segment === undefined) this.#strikeOut(entry)
      else {
        this.#homeless.add(segment)
        segment.loseHome()
      }
    }
  }

  /** Writes a segment again whose file is gone: it can still be read through its descriptor. */
  #resettle(segment: OpenSegment): void {
    const { ledger, series } = this.#host
    const { class: recordClass, path, entry } = segment
    if (series[recordClass].openSegments().includes(segment)) {
      series[recordClass].rewrite(segment, 0)
      ledger.forget(path)
    } else this.#strikeOut(entry)
    this.#homeless.delete(segment)
  }

  /** Counts a segment that is gone for good, unless another process has it. */
  #strikeOut(entry: LedgerEntry): void {
    const { ledger, tally } = this.#host
    if (entry.isStruckOut) return
    ledger.forget(entry.path)
    if (this.#loss === undefined || this.#loss.state === 'taken') return
    const records = entry.records ?? 0
    this.#loss.records += records
    tally.drop(entry.class, 'folder_lost', records)
  }

  #tellLoss(): void {
    if (this.#loss === undefined) return
    const { state, records } = this.#loss
    this.#loss = undefined
    const fate = state === 'taken' ? 'taken over by another process' : 'deleted'
    const message = `${this.#host.home.folder} was ${fate} while it was written; it was made again with what was open, ${records} records that were closed are lost`
    this.#say('folder_lost', message)
  }

  /** Nothing goes by wall time here, but whoever reads the times of records wants to know. */
  #watchClock(): void {
    const aheadMs = wallAheadMs(this.#host.clock)
    const jumpMs = aheadMs - this.#wallAheadMs
    this.#wallAheadMs = aheadMs
    if (Math.abs(jumpMs) < clockJumpMsMin) return
    const message = `the wall clock was set by ${(jumpMs / 1000).toFixed(1)} s; records are kept and sent in the order in which they were made`
    tell(this.#host.onNotice, { code: 'clock_jump', level: 'warn', message, jumpMs })
  }

  #say(code: NoticeCode, message: string): void {
    tell(this.#host.onNotice, { code, level: 'warn', message })
  }
}

function wallAheadMs(clock: Clock): number {
  return Number(clock.wallNs() / 1_000_000n) - clock.monotonicMs()
}
