/** How long to wait before trying again. */
export interface BackoffOptions {
  /** The first ceiling. @default 500 */
  readonly initialMs?: number
  /** No ceiling is above this. @default 30_000 */
  readonly maxMs?: number
  /** What each ceiling is multiplied by. @default 2 */
  readonly factor?: number
  /**
   * `full` waits between 0 and the ceiling (spreads many clients best), `equal` between half of it
   * and all of it (never retries at once), `none` the ceiling itself. @default 'equal'
   */
  readonly jitter?: 'full' | 'equal' | 'none'
  /** A source of numbers in [0, 1). @default Math.random */
  readonly random?: () => number
}

/** Exponential back-off with jitter. Ceilings never shrink until `reset`. */
export class Backoff {
  readonly #initialMs: number
  readonly #maxMs: number
  readonly #factor: number
  readonly #jitter: 'full' | 'equal' | 'none'
  readonly #random: () => number
  #ceilingMs: number
  #attempts = 0

  constructor(options: BackoffOptions = {}) {
    const { initialMs = 500, maxMs = 30_000, factor = 2, jitter = 'equal' } = options
    if (!(initialMs > 0)) throw new RangeError(`initialMs must be above 0, got ${initialMs}`)
    if (!(maxMs >= initialMs))
      throw new RangeError(`maxMs ${maxMs} is below initialMs ${initialMs}`)
    if (!(factor >= 1)) throw new RangeError(`factor must be at least 1, got ${factor}`)
    this.#initialMs = initialMs
    this.#maxMs = maxMs
    this.#factor = factor
    this.#jitter = jitter
    this.#random = options.random ?? Math.random
    this.#ceilingMs = initialMs
  }

  /** How many waits were handed out since the start or the last `reset`. */
  get attempts(): number {
    return this.#attempts
  }

  /**
   * The next wait in milliseconds.
   * @param atLeastMs a floor, such as the other side's Retry-After; it may exceed `maxMs`
   */
  nextMs(atLeastMs = 0): number {
    const ceilingMs = this.#ceilingMs
    this.#ceilingMs = Math.min(ceilingMs * this.#factor, this.#maxMs)
    this.#attempts += 1
    return Math.max(this.#spread(ceilingMs), atLeastMs)
  }

  /** Starts again from `initialMs`, after a success. */
  reset(): void {
    this.#ceilingMs = this.#initialMs
    this.#attempts = 0
  }

  #spread(ceilingMs: number): number {
    switch (this.#jitter) {
      case 'full':
        return ceilingMs * this.#random()
      case 'equal':
        return ceilingMs / 2 + (ceilingMs / 2) * this.#random()
      case 'none':
        return ceilingMs
    }
  }
}
