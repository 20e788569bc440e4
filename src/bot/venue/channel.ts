/**
 * One WebSocket of a paper venue, as ccxt's `watch…` methods show it: a promise for what comes next.
 *
 * Messages come about `delayMs` after they were sent and in their order; some come late, overtaken by those
 * behind them, and some twice. While the connection is down they are lost: nothing is sent again on reconnect, exactly the
 * case that makes reconciliation necessary.
 */
import type { Random } from '../random.ts'
import type { Timeline } from '../timeline.ts'
import { NetworkError } from './exchange-error.ts'

/** How good a connection is. */
export interface ChannelFaults {
  /** Mean way of a message, ms. */
  readonly delayMs: number
  /** Part of the messages that come late, and by how much at most. @default 0 */
  readonly lateShare?: number
  readonly lateMs?: number
  /** Part of the messages that come twice. @default 0 */
  readonly twiceShare?: number
}

/** What a channel is made of. */
export interface ChannelOptions {
  readonly name: string
  readonly timeline: Timeline
  readonly random: Random
  readonly faults: ChannelFaults
  /** How long a reconnect takes. @default 150 */
  readonly reconnectMs?: number
}

type State = 'up' | 'broken' | 'down'

/** One subscription. */
export class Channel<T> {
  readonly #options: ChannelOptions
  #waiting: PromiseWithResolvers<readonly T[]> | undefined
  #arrived: T[] = []
  /** `broken`: the connection is gone, and the bot has not been told yet. */
  #state: State = 'up'
  /** Until then the venue takes no connection. */
  #closedUntilNs = 0n
  #session = 0
  /** When the last message in order arrives. */
  #lineNs = 0n

  constructor(options: ChannelOptions) {
    this.#options = options
  }

  /** Sends a message. It is lost when the connection breaks before it arrives. */
  send(message: T): void {
    if (this.#state !== 'up') return
    const { timeline, random, faults } = this.#options
    const wayMs = faults.delayMs * random.between(0.6, 1.4)
    const isLate = random.chance(faults.lateShare ?? 0)
    const isTwice = random.chance(faults.twiceShare ?? 0)
    const session = this.#session
    const arrive = (): void => {
      if (session !== this.#session) return
      this.#arrived.push(message)
      this.#deliver()
    }
    const delayMs = isLate
      ? wayMs + random.between(0.2, 1) * (faults.lateMs ?? 0)
      : this.#inLine(wayMs)
    timeline.after(delayMs, arrive)
    if (isTwice) timeline.after(delayMs + wayMs * random.between(0.5, 3), arrive)
  }

  /** A connection keeps the order: no message arrives before the one in front of it. */
  #inLine(wayMs: number): number {
    const { timeline } = this.#options
    const arrivesNs = timeline.nowNs + BigInt(Math.round(wayMs * 1_000_000))
    if (arrivesNs > this.#lineNs) this.#lineNs = arrivesNs
    return Number(this.#lineNs - timeline.nowNs) / 1_000_000
  }

  /** The connection breaks, and none can be made for `forMs`. */
  break(forMs: number): void {
    const { timeline } = this.#options
    this.#session += 1
    this.#arrived = []
    this.#closedUntilNs = timeline.nowNs + BigInt(Math.round(forMs * 1_000_000))
    this.#state = 'broken'
    if (this.#waiting) {
      this.#waiting.reject(this.#error())
      this.#waiting = undefined
      this.#state = 'down'
    }
  }

  /**
   * What arrived since the last call, as soon as there is something.
   * @throws {NetworkError} when the connection broke; the next call reconnects
   */
  async next(): Promise<readonly T[]> {
    if (this.#state === 'broken') {
      this.#state = 'down'
      throw this.#error()
    }
    if (this.#state === 'down') await this.#reconnect()
    this.#waiting ??= Promise.withResolvers()
    const { promise } = this.#waiting
    this.#deliver()
    return promise
  }

  async #reconnect(): Promise<void> {
    const { timeline, reconnectMs = 150 } = this.#options
    await timeline.sleep(reconnectMs)
    if (timeline.nowNs < this.#closedUntilNs) throw this.#error()
    this.#state = 'up'
  }

  #deliver(): void {
    if (!this.#waiting || this.#arrived.length === 0) return
    this.#waiting.resolve(this.#arrived)
    this.#waiting = undefined
    this.#arrived = []
  }

  #error(): NetworkError {
    return new NetworkError(`${this.#options.name}: connection closed by the venue (1006)`)
  }
}
