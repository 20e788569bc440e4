import { systemClock } from '../../base/clock.ts'
import type { Clock } from '../../base/clock.ts'
import { realDisk } from '../spool/disk.ts'
import type { Disk } from '../spool/disk.ts'
import type { NoticeListener } from '../spool/notice.ts'
import type { SpoolPlace } from '../spool/place.ts'
import { openReader } from '../spool/reader.ts'
import type { SpoolReader } from '../spool/reader.ts'
import type { Bell } from './bell.ts'
import { Channel } from './channel.ts'
import { forgetCheckpoints } from './checkpoint-names.ts'
import type { Signal } from './endpoint.ts'
import { printShipNotice } from './notice.ts'
import type { ShipNoticeListener } from './notice.ts'
import { Outages } from './outages.ts'
import { planOf } from './plan.ts'
import type { AnyDestination, Plan, Way } from './plan.ts'
import { Refusals } from './refusals.ts'
import type { ShipReport } from './report.ts'
import { defaultTuning } from './tuning.ts'
import type { Tuning } from './tuning.ts'

/** What a shipper is made from. */
export interface ShipperOptions {
  readonly place: SpoolPlace
  readonly destinations: readonly AnyDestination[]
  /** By which the folder of files is held; the same for each shipper of a process. @default a new one */
  readonly lockToken?: string
  readonly tuning?: Partial<Tuning>
  /**
   * Delete the checkpoints of destinations that are not among `destinations`. A tool that empties a folder on the side
   * leaves them.
   * @default true
   */
  readonly forgetOthers?: boolean
  /** Bytes of refused and damaged records kept for each boot. @default 67_108_864 */
  readonly quarantineBytesMax?: number
  /** @default one line on stderr */
  readonly onNotice?: ShipNoticeListener
  /** @default one line on stderr */
  readonly onSpoolNotice?: NoticeListener
  /** Called when a channel ends by a fault of its own; it never is by a fault of the network or of a record. */
  readonly onFailure?: (error: unknown) => void
  /** Rings when the spool may have grown. @default none: the spool is looked at all the time */
  readonly bell?: Bell
  readonly disk?: Disk
  readonly clock?: Clock
}

interface Line {
  readonly name: string
  readonly destination: string
  readonly signal: Signal
  readonly outages: Outages
  readonly channel: Channel
  readonly ended: Promise<void>
}

/**
 * Sends a spool to its destinations, in the thread it is made in. {@link startShip} puts it into a worker.
 *
 * - Nothing is given up by time or by count of attempts. A record leaves the disk when every destination has taken it,
 *   or refused it for good and it is in the quarantine; a crash at any step costs duplicates, never a record.
 * - Each signal of each destination is a channel of its own: its own order, checkpoint, connection and back-off, and one
 *   request at a time. One that is stuck holds back no other.
 * - Memory is bounded by one request for each channel, whatever waits on disk.
 */
export class Shipper {
  readonly #reader: SpoolReader
  readonly #plan: Plan
  readonly #lines: readonly Line[]
  readonly #timer: NodeJS.Timeout
  readonly #onFailure: ((error: unknown) => void) | undefined
  #stopped: Promise<boolean> | undefined

  constructor(options: ShipperOptions) {
    const tuning = { ...defaultTuning, ...options.tuning }
    this.#plan = planOf(options.destinations, {
      tuning,
      lockToken: options.lockToken,
      say: options.onNotice ?? printShipNotice,
      save: () => this.#save(),
    })
    const names = this.#plan.ways.map(({ name }) => name)
    if (options.forgetOthers ?? true) forget(options, new Set(names))
    this.#reader = openReader({
      place: options.place,
      destinations: names,
      ...(options.disk && { disk: options.disk }),
      ...(options.onSpoolNotice && { onNotice: options.onSpoolNotice }),
      ...(options.quarantineBytesMax !== undefined && {
        quarantineBytesMax: options.quarantineBytesMax,
      }),
    })
    this.#lines = this.#open(this.#plan.ways, options, tuning)
    this.#onFailure = options.onFailure
    this.#timer = setInterval(() => this.#save(saveMsMax), tuning.saveMs)
    if (tuning.background) this.#timer.unref()
  }

  /** Counts since it was made. Reads the headers of what was written since the last call. */
  report(): ShipReport {
    const quarantined = this.#lines.reduce(
      (sum, { channel }) => sum + channel.counts.quarantined,
      0,
    )
    return {
      damaged: Math.max(0, this.#reader.counts.quarantined - quarantined),
      deliveredAfterDrop: this.#reader.counts.ackedAfterDrop,
      channels: this.#lines.map(({ name, destination, signal, outages, channel }) => ({
        destination,
        signal,
        up: !outages.isDown(signal),
        ...channel.counts,
        failures: { ...channel.counts.failures },
        waiting: this.#reader.waiting(name),
      })),
    }
  }

  /**
   * True when every destination has all that the spool holds now; false when that cannot be: one of them is down, or
   * `timeoutMs` have passed.
   */
  async flush(timeoutMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, timeoutMs, false)
    })
    const sent = Promise.all(this.#lines.map(({ channel }) => channel.flush()))
    const result = await Promise.race([sent.then((all) => all.every(Boolean)), late])
    clearTimeout(timer)
    this.#save()
    return result
  }

  /** Flushes for up to `timeoutMs`, saves what was acknowledged, and ends. Says whether all was sent. Runs once. */
  stop(timeoutMs: number): Promise<boolean> {
    this.#stopped ??= this.#stop(timeoutMs)
    return this.#stopped
  }

  async #stop(timeoutMs: number): Promise<boolean> {
    const sent = timeoutMs > 0 && (await this.flush(timeoutMs))
    clearInterval(this.#timer)
    for (const { channel } of this.#lines) channel.stop()
    await Promise.all(this.#lines.map(({ ended }) => ended))
    this.#save()
    // Last: summaries of tasks and the like may take their time, and can be made again.
    await Promise.all(this.#plan.places.map((place) => place.close()))
    this.#reader.close()
    return sent
  }

  #save(withinMs?: number): void {
    try {
      this.#reader.save(withinMs)
    } catch (error) {
      this.#onFailure?.(error)
    }
  }

  #open(ways: readonly Way[], options: ShipperOptions, tuning: Tuning): Line[] {
    const clock = options.clock ?? systemClock
    const say = options.onNotice ?? printShipNotice
    const states = new Map<string, { outages: Outages; refusals: Refusals }>()
    return ways.map((way) => {
      const { name, destination, signal } = way
      const state = states.get(destination) ?? {
        outages: new Outages(destination, clock, say),
        refusals: new Refusals(destination, clock, say),
      }
      states.set(destination, state)
      const reader = this.#reader
      const { bell } = options
      const channel = new Channel({ ...way, reader, bell, clock, tuning, ...state })
      const ended = channel.run().catch((error: unknown) => options.onFailure?.(error))
      return { name, destination, signal, outages: state.outages, channel, ended }
    })
  }
}

/** With the folders of a thousand dead runs, and a slow disk, a round takes minutes: what is new is sent between two of them. */
const saveMsMax = 1000

function forget(options: ShipperOptions, names: ReadonlySet<string>): void {
  const say = options.onNotice ?? printShipNotice
  try {
    const forgotten = forgetCheckpoints(options.disk ?? realDisk, options.place, names)
    for (const { name, records } of forgotten) {
      if (records === 0) continue
      const message = `${name} is not a destination any more; ${records} records that it has not got will not be sent to it`
      say({ code: 'destination_removed', level: 'warn', message })
    }
  } catch {
    // The checkpoint of a destination that is gone does no harm; the next start tries again.
  }
}
