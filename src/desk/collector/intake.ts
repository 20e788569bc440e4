/** The way of a request from its bytes to the sink, the same for HTTP and gRPC. */
import { FillpathError } from '../../semconv/error.ts'
import { refuse } from './answer.ts'
import { Room } from './room.ts'
import type { Answer, Encoding } from './answer.ts'
import type { Signal } from './signal.ts'
import type { WireRecord } from '../../wire/record.ts'

/** Where accepted records go. */
export interface Sink {
  /**
   * Resolves when the records are kept for good, apart from those it rejects because it can never keep them.
   * Rejects when it kept none; the sender will send them again.
   */
  write(records: readonly WireRecord[]): Promise<Kept>
}

/** What a {@link Sink} did with records. */
export interface Kept {
  /** Records that can never be kept. */
  readonly rejected: number
  /** Why, for the sender; empty when none was rejected. */
  readonly reason: string
}

/** How many requests ended how. */
export interface IntakeCounts {
  readonly requests: number
  readonly refused: number
  readonly recordsTaken: number
  readonly recordsRejected: number
}

/** See the head of this file. */
export class Intake {
  /** What the requests in hand hold together. */
  readonly room: Room
  readonly #sink: Sink
  #requests = 0
  #refused = 0
  #recordsTaken = 0
  #recordsRejected = 0

  constructor(sink: Sink, roomBytesMax: number) {
    this.#sink = sink
    this.room = new Room(roomBytesMax)
  }

  /** Decodes the records and hands them to the sink. Never rejects. */
  async take(signal: Signal, encoding: Encoding, bytes: Uint8Array): Promise<Answer> {
    let records: WireRecord[]
    try {
      records =
        encoding === 'json' ? signal.decodeJson(textOf(bytes)) : signal.decodeProtobuf(bytes)
    } catch (error) {
      return refuse('malformed', `the body is not OTLP ${signal.name}: ${messageOf(error)}`)
    }
    if (records.length === 0) return { taken: true, rejected: 0, message: '' }
    try {
      const { rejected, reason } = await this.#sink.write(records)
      this.#recordsTaken += records.length - rejected
      this.#recordsRejected += rejected
      return { taken: true, rejected, message: reason }
    } catch (error) {
      return refuse('not_kept', `the desk cannot keep it now: ${messageOf(error)}; send it again`)
    }
  }

  /** Counts how a request ended. */
  count(answer: Answer): void {
    this.#requests += 1
    if (!answer.taken) this.#refused += 1
  }

  counts(): IntakeCounts {
    return {
      requests: this.#requests,
      refused: this.#refused,
      recordsTaken: this.#recordsTaken,
      recordsRejected: this.#recordsRejected,
    }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw new FillpathError('otlp_malformed', 'it is not UTF-8', { cause })
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
