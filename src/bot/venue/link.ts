/**
 * The way between the bot and a paper venue: latency, rate limits, timeouts, and answers that get lost.
 *
 * A request is refused when it comes after its receive window (Binance `recvWindow`). So once that window
 * has passed, a venue that does not know an order never will: the one way to be sure about a timeout.
 */
import type { Random } from '../random.ts'
import type { Timeline } from '../timeline.ts'
import {
  BaseError,
  ExchangeNotAvailable,
  InvalidNonce,
  OnMaintenance,
  RateLimitExceeded,
  RequestTimeout,
} from './exchange-error.ts'
import { dealer, type Deck, type RequestFault, type VenueFaults } from './faults.ts'
import { RateLimit } from './rate-limit.ts'

/** How long the bot waits for an answer. */
export const requestTimeoutMs = 500
/** How late the venue still accepts a request. */
export const receiveWindowMs = 1000

/** Which deck of faults a request draws from. */
export type RequestKind = 'create' | 'cancel' | 'other'

/** What a link is made of. */
export interface LinkOptions {
  readonly venue: string
  readonly timeline: Timeline
  readonly random: Random
  readonly faults: VenueFaults
}

interface Request<T> {
  readonly kind: RequestKind
  readonly weight: number
  /** What the venue does when the request reaches it. Throws {@link BaseError} to refuse. */
  readonly act: (fault: RequestFault) => T
}

/** The way to one venue. */
export class Link {
  readonly #options: LinkOptions
  readonly #limit: RateLimit
  readonly #deal: Readonly<Record<RequestKind, () => RequestFault>>
  #maintenanceUntilNs = 0n
  #silentUntilNs = 0n

  constructor(options: LinkOptions) {
    const { faults, random } = options
    this.#options = options
    this.#limit = new RateLimit(faults.weightLimit, faults.weightWindowMs)
    const deal = (deck: Deck): (() => RequestFault) => dealer(deck, random)
    this.#deal = {
      create: deal(faults.create),
      cancel: deal(faults.cancel),
      other: deal(faults.other),
    }
  }

  get usedWeight(): number {
    return this.#limit.usedAt(this.#options.timeline.nowMs)
  }

  get weightLimit(): number {
    return this.#limit.limit
  }

  /** Every request fails with 503 for so long. */
  close(forMs: number): void {
    this.#maintenanceUntilNs = this.#options.timeline.nowNs + BigInt(Math.round(forMs * 1_000_000))
  }

  /** No request is heard, and no answer comes, for so long: its machines have stopped. */
  silence(forMs: number): void {
    this.#silentUntilNs = this.#options.timeline.nowNs + BigInt(Math.round(forMs * 1_000_000))
  }

  /** Sends a request; resolves or rejects in market time. */
  request<T>({ kind, weight, act }: Request<T>): Promise<T> {
    const { timeline, venue } = this.#options
    const answer = Promise.withResolvers<T>()
    const fault = this.#deal[kind]()
    const outMs = this.#wayMs(fault)
    const sentNs = timeline.nowNs
    const stopWaiting = timeline.after(requestTimeoutMs, () => {
      answer.reject(new RequestTimeout(`${venue} request timed out (${requestTimeoutMs} ms)`))
    })
    const reply = (say: () => void): void => {
      if (fault === 'lost_reply' || fault === 'late') return
      timeline.after(this.#wayMs(fault), () => {
        stopWaiting()
        say()
      })
    }
    if (fault === 'lost') return answer.promise
    timeline.after(outMs, () => {
      if (timeline.nowNs < this.#silentUntilNs) return
      try {
        this.#admit(weight, fault, sentNs)
        const result = act(fault)
        reply(() => answer.resolve(result))
      } catch (error) {
        if (!(error instanceof BaseError)) throw error
        reply(() => answer.reject(error))
      }
    })
    return answer.promise
  }

  #wayMs(fault: RequestFault): number {
    const { random, faults } = this.#options
    if (fault === 'late') return random.between(requestTimeoutMs + 1, receiveWindowMs * 0.8)
    return faults.wayMs * random.between(0.6, 1.6) * (fault === 'slow' ? 10 : 1)
  }

  /** What stands before the engine: load balancer, rate limiter, clock check. */
  #admit(weight: number, fault: RequestFault, sentNs: bigint): void {
    const { venue, timeline } = this.#options
    if (timeline.nowNs < this.#maintenanceUntilNs) {
      throw new OnMaintenance(`${venue} 503 system maintenance`, {
        httpStatus: 503,
        body: '{"code":-1016,"msg":"This service is no longer available."}',
        code: -1016,
      })
    }
    if (fault === 'unavailable') {
      throw new ExchangeNotAvailable(`${venue} 503 Service Unavailable`, {
        httpStatus: 503,
        body: 'Service Unavailable',
      })
    }
    const waitMs = fault === 'busy' ? 500 : this.#limit.take(weight, timeline.nowMs)
    if (waitMs > 0) {
      throw new RateLimitExceeded(`${venue} 429 Too Many Requests`, {
        httpStatus: 429,
        code: -1003,
        body: '{"code":-1003,"msg":"Too many requests."}',
        retryAfterMs: waitMs,
      })
    }
    if (timeline.nowNs - sentNs > BigInt(receiveWindowMs) * 1_000_000n) {
      throw new InvalidNonce(
        `${venue} {"code":-1021,"msg":"Timestamp is outside of the recvWindow."}`,
        {
          httpStatus: 400,
          code: -1021,
        },
      )
    }
  }
}
