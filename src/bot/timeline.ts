/**
 * Market time. Everything in a run happens on one line: the market's events and what was planned with
 * `after` and `sleep`, in order of time, one after the other.
 *
 * - Between two happenings every promise that can go on does go on. So the run depends on the events and
 *   on nothing else: not on the machine, not on its load, not on the speed.
 * - At speed 1 market time passes as fast as time does; at 10 ten times as fast; at `Infinity` it never
 *   waits. It never skips: a slow reader makes the market late, not thinner.
 * - After a pause, or when the process stood still for more than a second, the market goes on from where
 *   it was. It does not rush through what was missed.
 */
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'

/** Takes back what was planned. Harmless once it happened. */
export type Cancel = () => void

/** When market time starts, and how fast it passes. */
export interface TimelineOptions {
  readonly startNs: bigint
  /** Market seconds per second; `Infinity` never waits. @default Infinity */
  readonly speed?: number
}

/** How well market time kept up with the clock. */
export interface Pace {
  /** Times the process stood still for more than a second, and the sum. */
  readonly stalls: number
  readonly stalledMs: number
}

interface Plan {
  readonly timeNs: bigint
  readonly order: number
  readonly action: () => void
  isCanceled: boolean
}

const nsPerMs = 1_000_000
const stallMs = 1000

/** One run of market time. */
export class Timeline {
  readonly #speed: number
  readonly #startNs: bigint
  readonly #plans: Plan[] = []
  #nowNs: bigint
  #order = 0
  #isStopped = false
  /** Where market time and the clock were last equal. */
  #anchor: { readonly timeNs: bigint; readonly clockMs: number } | undefined
  #resume: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined
  #stalls = 0
  #stalledMs = 0

  constructor(options: TimelineOptions) {
    this.#speed = options.speed ?? Infinity
    this.#startNs = options.startNs
    this.#nowNs = options.startNs
  }

  get nowNs(): bigint {
    return this.#nowNs
  }

  /** Unix time in milliseconds, as ccxt writes it. */
  get nowMs(): number {
    return Number(this.#nowNs / BigInt(nsPerMs))
  }

  /** Market time since the start. */
  get elapsedMs(): number {
    return Number(this.#nowNs - this.#startNs) / nsPerMs
  }

  get pace(): Pace {
    return { stalls: this.#stalls, stalledMs: this.#stalledMs }
  }

  /** Runs `action` when so much market time has passed. */
  after(delayMs: number, action: () => void): Cancel {
    const delayNs = BigInt(Math.max(0, Math.round(delayMs * nsPerMs)))
    const plan: Plan = {
      timeNs: this.#nowNs + delayNs,
      order: (this.#order += 1),
      action,
      isCanceled: false,
    }
    insert(this.#plans, plan)
    return () => {
      plan.isCanceled = true
    }
  }

  /** Runs `action` again and again, first after one interval. */
  every(intervalMs: number, action: () => void): Cancel {
    let cancel: Cancel = () => {}
    const again = (): void => {
      cancel = this.after(intervalMs, again)
      action()
    }
    cancel = this.after(intervalMs, again)
    return () => cancel()
  }

  sleep(durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(durationMs, resolve)
    })
  }

  /** Market time stands still until `resume`. */
  pause(): void {
    this.#resume ??= Promise.withResolvers()
  }

  resume(): void {
    this.#resume?.resolve()
    this.#resume = undefined
    this.#anchor = undefined
  }

  /** Ends `run` after what happens now. */
  stop(): void {
    this.#isStopped = true
  }

  /**
   * Lets the events and the plans happen until `stop`. When the events are over, `onEnd` is called once
   * and the plans go on; with neither left, the run is over too.
   */
  async run<E extends { readonly timeNs: bigint }>(
    events: AsyncIterable<E>,
    on: { readonly event: (event: E) => void; readonly end: () => void },
  ): Promise<void> {
    const iterator = events[Symbol.asyncIterator]()
    try {
      let next = await iterator.next()
      if (next.done) on.end()
      while (!this.#isStopped) {
        const plan = this.#nextPlan()
        const event = next.done ? undefined : next.value
        if (plan && (!event || plan.timeNs <= event.timeNs)) {
          await this.#reach(plan.timeNs)
          this.#plans.shift()
          if (!plan.isCanceled) plan.action()
        } else if (event) {
          await this.#reach(event.timeNs)
          on.event(event)
          next = await iterator.next()
          if (next.done) on.end()
        } else {
          return
        }
        await turn()
      }
    } finally {
      await iterator.return?.()
    }
  }

  #nextPlan(): Plan | undefined {
    while (this.#plans[0]?.isCanceled) this.#plans.shift()
    return this.#plans[0]
  }

  async #reach(timeNs: bigint): Promise<void> {
    while (this.#resume) await this.#resume.promise
    if (this.#speed !== Infinity) await this.#waitFor(timeNs)
    if (timeNs > this.#nowNs) this.#nowNs = timeNs
  }

  async #waitFor(timeNs: bigint): Promise<void> {
    this.#anchor ??= { timeNs: this.#nowNs, clockMs: performance.now() }
    const marketMs = Number(timeNs - this.#anchor.timeNs) / nsPerMs
    const aheadMs = this.#anchor.clockMs + marketMs / this.#speed - performance.now()
    if (aheadMs >= 1) await wait(aheadMs)
    if (aheadMs < -stallMs) {
      this.#stalls += 1
      this.#stalledMs -= aheadMs
      this.#anchor = { timeNs, clockMs: performance.now() }
    }
  }
}

/** Keeps the plans in order of time; equal times in the order they were made. */
function insert(plans: Plan[], plan: Plan): void {
  let low = 0
  let high = plans.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = plans[middle]
    if (other && other.timeNs <= plan.timeNs) low = middle + 1
    else high = middle
  }
  plans.splice(low, 0, plan)
}
