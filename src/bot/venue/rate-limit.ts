/** Request weights in a sliding window, as venues count them. */
export class RateLimit {
  readonly #limit: number
  readonly #windowMs: number
  readonly #used: { readonly atMs: number; readonly weight: number }[] = []

  constructor(limit: number, windowMs: number) {
    this.#limit = limit
    this.#windowMs = windowMs
  }

  get limit(): number {
    return this.#limit
  }

  usedAt(nowMs: number): number {
    while (this.#used[0] && this.#used[0].atMs <= nowMs - this.#windowMs) this.#used.shift()
    return this.#used.reduce((sum, { weight }) => sum + weight, 0)
  }

  /** Counts a request. Returns 0, or for how many ms requests of this weight are refused. */
  take(weight: number, nowMs: number): number {
    if (this.usedAt(nowMs) + weight <= this.#limit) {
      this.#used.push({ atMs: nowMs, weight })
      return 0
    }
    // Too much: wait until enough of what was used has left the window.
    let free = this.#limit - this.usedAt(nowMs)
    for (const { atMs, weight: used } of this.#used) {
      free += used
      if (free >= weight) return atMs + this.#windowMs - nowMs
    }
    return this.#windowMs
  }
}
