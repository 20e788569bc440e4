import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { ExportResultCode } from '@opentelemetry/core'
import type { ExportResult } from '@opentelemetry/core'
import { Backoff } from '../../base/backoff.ts'
import { answerOf } from '../ship/answer.ts'
import type { Endpoint, Signal } from '../ship/endpoint.ts'
import { Sender } from '../ship/sender.ts'
import type { Delivery } from './delivery.ts'

const compress = promisify(gzip)

/** How items of a signal are sent. */
export interface Shipment<Items> {
  readonly signal: Signal
  /** The SDK's own OTLP encoding. */
  readonly encode: (items: Items) => Uint8Array | undefined
  readonly countOf: (items: Items) => number
  /** Two halves, to find the item that the receiver refuses; undefined when there is nothing to halve. */
  readonly halves: (items: Items) => readonly [Items, Items] | undefined
  /** Whether a request that found nobody is sent again until somebody takes it. */
  readonly retry: boolean
}

/**
 * An exporter for the SDK's batch processors: OTLP/HTTP protobuf, one request at a time.
 *
 * Unlike the stock exporter it goes on until the receiver has the batch, lets the process end meanwhile, can be
 * stopped at once, and never reports a failure to its processor, which would lose count of its own exports.
 */
export class MemoryExporter<Items> {
  readonly #shipment: Shipment<Items>
  readonly #delivery: Delivery
  readonly #sender: Sender
  readonly #isCompressed: boolean
  readonly #closing = new AbortController()
  readonly #backoff = new Backoff({ initialMs: 500, maxMs: 5000 })
  #tail: Promise<void> = Promise.resolve()

  constructor(shipment: Shipment<Items>, endpoint: Endpoint, delivery: Delivery) {
    this.#shipment = shipment
    this.#delivery = delivery
    this.#sender = new Sender(endpoint)
    this.#isCompressed = endpoint.compression === 'gzip'
  }

  export(items: Items, done: (result: ExportResult) => void): void {
    const before = this.#tail
    this.#tail = (async () => {
      await before
      try {
        await this.#deliver(items)
      } catch (error) {
        const { signal, countOf } = this.#shipment
        this.#delivery.refuse(signal, countOf(items), `they cannot be encoded: ${String(error)}`)
      }
      done({ code: ExportResultCode.SUCCESS })
    })()
  }

  /** Resolves when all that was exported is delivered or dropped. */
  forceFlush(): Promise<void> {
    return this.#tail
  }

  /** Stops at once; what is not delivered is left to the caller to count. */
  shutdown(): Promise<void> {
    this.#closing.abort()
    this.#sender.close()
    return Promise.resolve()
  }

  async #deliver(items: Items): Promise<void> {
    const { signal, encode, countOf, halves, retry } = this.#shipment
    const count = countOf(items)
    const plain = encode(items)
    if (plain === undefined || this.#closing.signal.aborted) return
    const body = this.#isCompressed ? await compress(plain) : plain
    for (;;) {
      const reply = await this.#sender.send(body, this.#isCompressed ? 'gzip' : undefined)
      if (this.#closing.signal.aborted) return
      const answer = answerOf(reply, Date.now())
      switch (answer.kind) {
        case 'accepted':
          this.#backoff.reset()
          this.#delivery.succeed(signal, count)
          return
        case 'partial':
          this.#backoff.reset()
          this.#delivery.succeed(signal, count - Math.min(count, answer.rejected))
          this.#delivery.refuse(signal, Math.min(count, answer.rejected), answer.reason)
          return
        case 'refused':
        case 'too_large': {
          const parts = halves(items)
          if (!parts) {
            this.#delivery.refuse(signal, count, answer.reason)
            return
          }
          for (const part of parts) await this.#deliver(part)
          return
        }
        case 'unavailable':
          this.#delivery.outage(answer.reason)
          if (!retry) {
            this.#delivery.drop(signal, count)
            return
          }
          await this.#pause(answer.retryAfterMs)
      }
    }
  }

  async #pause(atLeastMs: number): Promise<void> {
    try {
      // Not a reason for the process to live on: at its end, shutdown gives what waits one more chance.
      await sleep(this.#backoff.nextMs(Math.min(atLeastMs, 30_000)), undefined, {
        ref: false,
        signal: this.#closing.signal,
      })
    } catch {
      // Stopped: the caller sees it by the signal.
    }
  }
}
