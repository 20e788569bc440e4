/** Looks at the process beside the trading: its memory, against a limit. */
import type { Events } from '../../index.ts'

/** Tells when memory is above its limit; once, until it was below again. */
export class MemoryWatch {
  readonly #events: Events
  readonly #limitBytes: number
  #isAbove = false

  constructor(events: Events, limitBytes: number) {
    this.#events = events
    this.#limitBytes = limitBytes
  }

  look(): void {
    const { rss, heapUsed } = process.memoryUsage()
    const wasAbove = this.#isAbove
    this.#isAbove = rss > this.#limitBytes
    if (!this.#isAbove || wasAbove) return
    this.#events.memoryHigh(
      { rssBytes: rss, heapBytes: heapUsed, limitBytes: this.#limitBytes },
      { message: `${Math.round(rss / 1024 / 1024)} MiB of memory in use` },
    )
  }
}
