import { Backoff } from '../../base/backoff.ts'
import type { Clock } from '../../base/clock.ts'
import type { SpoolRecord } from '../spool/lane.ts'
import type { SpoolReader } from '../spool/reader.ts'
import type { Bell } from './bell.ts'
import type { Answer, Unavailable } from './answer.ts'
import { deliver } from './delivery.ts'
import type { Wire } from './delivery.ts'
import type { Signal } from './endpoint.ts'
import { Intake } from './intake.ts'
import { Nap } from './nap.ts'
import type { Outages } from './outages.ts'
import type { Refusals } from './refusals.ts'
import type { Taker } from './taker.ts'
import type { Tuning } from './tuning.ts'

/** What a channel is made from. */
export interface ChannelOptions {
  /** The name that the reader knows the channel by; its checkpoint is kept under it. */
  readonly name: string
  readonly signal: Signal
  readonly taker: Taker
  /** Whether records go strictly in order, what waited before what is new. */
  readonly isInOrder: boolean
  /** How long new records wait for company. */
  readonly lingerMs: number
  readonly reader: SpoolReader
  /** Says when the spool may have grown; without it the spool is looked at all the time. */
  readonly bell: Bell | undefined
  readonly clock: Clock
  readonly tuning: Tuning
  readonly outages: Outages
  readonly refusals: Refusals
}

/** Counts of a channel since it began. */
export interface ChannelCounts {
  /** Records that the receiver took. */
  delivered: number
  /** Records that the receiver will never take. */
  quarantined: number
  /** Requests that failed and were sent again, by reason. */
  readonly failures: Record<string, number>
}

/** Waits for the spool to be sent as far as it goes now. */
interface FlushWaiter {
  readonly resolve: (sent: boolean) => void
  attemptsLeft: number
}

/**
 * One signal on its way to one destination: takes records from the reader, sends one request at a time, waits, sends
 * again, for ever. Nothing it meets ends it but {@link Channel.stop}.
 */
export class Channel implements Wire<SpoolRecord> {
  readonly counts: ChannelCounts = {
    delivered: 0,
    quarantined: 0,
    failures: {},
  }
  readonly #options: ChannelOptions
  readonly #intake: Intake
  readonly #nap: Nap
  readonly #backoff: Backoff
  readonly #slowBackoff: Backoff
  readonly #waiters = new Set<FlushWaiter>()
  #stopping = false

  constructor(options: ChannelOptions) {
    const { tuning } = options
    this.#options = options
    this.#intake = new Intake(options)
    this.#nap = new Nap(tuning.background)
    this.#backoff = new Backoff({ initialMs: tuning.retryMs, maxMs: tuning.retryMaxMs })
    this.#slowBackoff = new Backoff({ initialMs: tuning.slowRetryMs, maxMs: tuning.slowRetryMaxMs })
  }

  /** Sends until {@link stop}. Rejects only when the spool itself fails. */
  async run(): Promise<void> {
    try {
      await this.#run()
    } finally {
      // Whoever waits for all to be sent must not wait for ever.
      this.stop()
    }
  }

  async #run(): Promise<void> {
    let held: readonly SpoolRecord[] = []
    while (!this.#stopping) {
      const beganMs = this.#options.clock.monotonicMs()
      // Who asks while the spool is being read may mean records behind the place it was read to.
      const waiters = [...this.#waiters]
      const rings = this.#options.bell?.count ?? 0
      const batch = await this.#intake.take(held, waiters.length > 0)
      if (batch.records.length === 0) {
        for (const waiter of waiters) this.#release(waiter, true)
        await this.#idle(rings)
        continue
      }
      const rest = await deliver(batch.records, this)
      held = rest.records
      if (rest.why === 'doubtful') await this.#doubt(held)
      const restMs = beganMs + this.#options.lingerMs - this.#options.clock.monotonicMs()
      if (batch.small && restMs > 0 && this.#waiters.size === 0) await this.#sleep(restMs)
    }
  }

  /** True once all that the spool holds now is sent; false once it is clear that it cannot be sent now. */
  flush(): Promise<boolean> {
    if (this.#stopping) return Promise.resolve(false)
    return new Promise((resolve) => {
      const attemptsLeft = this.#options.outages.isDown(this.#options.signal) ? 1 : 2
      this.#waiters.add({ resolve, attemptsLeft })
      this.#wake()
    })
  }

  /** Ends {@link run} soon, and the request under way. */
  stop(): void {
    this.#stopping = true
    for (const waiter of this.#waiters) this.#release(waiter, false)
    this.#options.taker.close()
    this.#wake()
  }

  async send(records: readonly SpoolRecord[]): Promise<Answer> {
    const answer = await this.#options.taker.take(records)
    this.#intake.learn(answer, records)
    return answer
  }

  probe(): Promise<Answer> {
    return this.#options.taker.probe()
  }

  async pause(answer: Unavailable): Promise<boolean> {
    if (this.#stopping) return false
    const { outages, signal, tuning } = this.#options
    this.counts.failures[answer.type] = (this.counts.failures[answer.type] ?? 0) + 1
    outages.failed(signal, answer)
    for (const waiter of this.#waiters) {
      waiter.attemptsLeft -= 1
      if (waiter.attemptsLeft <= 0) this.#release(waiter, false)
    }
    const backoff = answer.misconfigured ? this.#slowBackoff : this.#backoff
    const askedMs = Math.min(answer.retryAfterMs, tuning.retryAfterMaxMs)
    await this.#sleep(backoff.nextMs(askedMs))
    return !this.#stopping
  }

  delivered(records: readonly SpoolRecord[], warning: string): void {
    this.#options.reader.ack(this.#options.name, records)
    this.#recovered()
    this.counts.delivered += records.length
    if (warning !== '') this.#options.refusals.warned(this.#options.signal, warning)
  }

  partly(records: readonly SpoolRecord[], count: number, reason: string): void {
    const rejected = Math.min(count, records.length)
    this.#options.refusals.partly(this.#options.signal, rejected, records.length, reason)
    const [record] = records
    if (records.length === 1 && record !== undefined) {
      this.#setAside(record, reason)
      return
    }
    const why = `${rejected} of ${records.length} records from here on, not said which: ${reason}`
    this.#options.reader.quarantineSome(this.#options.name, records, {
      count: rejected,
      reason: why,
    })
    this.#recovered()
    this.counts.delivered += records.length - rejected
    this.counts.quarantined += rejected
  }

  refused(record: SpoolRecord, reason: string): void {
    this.#options.refusals.refused(this.#options.signal, reason)
    this.#setAside(record, reason)
  }

  #setAside(record: SpoolRecord, reason: string): void {
    this.#options.reader.quarantine(this.#options.name, record, reason)
    this.#recovered()
    this.counts.quarantined += 1
  }

  #recovered(): void {
    const { outages, signal } = this.#options
    this.#backoff.reset()
    this.#slowBackoff.reset()
    const wasDown = outages.isDown(signal)
    outages.succeeded(signal)
    if (wasDown) this.#intake.resume()
  }

  /** Everything is refused, even nothing: whatever it is, it is not the records. */
  async #doubt(records: readonly SpoolRecord[]): Promise<void> {
    await this.pause({
      kind: 'unavailable',
      misconfigured: true,
      type: '400',
      reason: `HTTP 400 to ${records.length} records and to a request without any`,
      retryAfterMs: 0,
      perhapsTooLarge: false,
    })
  }

  #release(waiter: FlushWaiter, sent: boolean): void {
    this.#waiters.delete(waiter)
    waiter.resolve(sent)
  }

  /** Waits until there may be something to send. `rings` is the count of the bell before the last look. */
  async #idle(rings: number): Promise<void> {
    const { bell, tuning, lingerMs } = this.#options
    if (this.#waiters.size === 0) await bell?.heard(rings, tuning.lookMs)
    if (this.#waiters.size === 0) await this.#sleep(lingerMs)
  }

  #wake(): void {
    this.#nap.wake()
    this.#options.bell?.ring()
  }

  async #sleep(ms: number): Promise<void> {
    if (!this.#stopping) await this.#nap.sleep(ms)
  }
}
