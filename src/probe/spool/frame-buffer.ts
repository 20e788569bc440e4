/**
 * The memory a series encodes into: records get their frames where they were encoded and are written from there.
 *
 * ```
 * chunk.bytes   … in the file, kept until synced │ waits │ room: the record being encoded │ free …
 *                                                └ written  └ filled
 * ```
 *
 * Checksums are added to all that waits at once, before it is written: a checksum over bytes that were stored one by one a
 * moment ago waits for these stores to reach the cache, which costs more than the checksum itself.
 *
 * A record that is begun while another of its class is open (a getter that logs) gets a room of its own and is copied.
 */
import type { PriorityClass } from '../../semconv/classes.ts'
import type { FrameFields, Signal } from '../../wire/frame.ts'
import {
  beginFrame,
  frameHeaderBytes,
  frameWord,
  payloadBytesMax,
  readFrame,
  sealFrame,
  writeFrameHeader,
} from '../../wire/frame.ts'
import type { Chunk } from './chunk.ts'
import { ChunkPool } from './chunk.ts'
import type { HeldRecord } from './memory.ts'
import { Room, spareRoom } from './room.ts'

/** Free bytes a chunk must have for another record to be begun in it. */
const roomBytesMin = 4096
/** Frame times are 32 bits of milliseconds; the epoch is renewed long before they run over. */
const epochMsMax = 2 ** 30

/** Frames of one series that are not written yet, in the order of their sequence. */
export class FrameBuffer {
  readonly class: PriorityClass
  readonly room: Room
  readonly pool = new ChunkPool()
  /** Frame times count from here. */
  epochMs: number
  /** Records that are not in the file yet. */
  waiting = 0
  /** Ordinal of the next record. */
  ordinal = 0
  chunk: Chunk
  readonly #nowMs: () => number
  /** When the first of the records that wait came: they are written together, and have one time. */
  #batchMs = 0
  readonly #head = { word: 0, ordinal: 0, timeMs: 0, sequence: 0 }

  constructor(recordClass: PriorityClass, nowMs: () => number) {
    this.class = recordClass
    this.#nowMs = nowMs
    this.epochMs = nowMs()
    this.chunk = this.pool.take()
    this.room = new Room(recordClass, (room, length) => this.#enlarge(room, length))
  }

  /** Has the chunk no room for another record of common size? */
  get isCrowded(): boolean {
    return this.chunk.bytes.length - this.chunk.filled < frameHeaderBytes + roomBytesMin
  }

  /** Bytes that are not in the file yet. */
  get waitingBytes(): number {
    return this.chunk.filled - this.chunk.written
  }

  /** Opens a room for a record. */
  begin(sequence: number, origin: number): Room {
    if (this.room.isOpen) {
      const spare = spareRoom(this.class)
      spare.open(0, sequence, origin)
      return spare
    }
    if (this.isCrowded) this.turn()
    const { room, chunk } = this
    room.bytes = chunk.bytes
    room.open(chunk.filled, sequence, origin)
    return room
  }

  /** Takes a record, which waits from now on. False when it is too long to be kept at all. */
  commit(room: Room, signal: Signal): boolean {
    room.isOpen = false
    const payloadStart = room.start + frameHeaderBytes
    if (room.position - payloadStart > payloadBytesMax) return false
    const { chunk } = this
    if (room.bytes !== chunk.bytes || room.start !== chunk.filled) {
      const payload = room.bytes.subarray(payloadStart, room.position)
      const { origin, sequence } = room
      this.add({ class: this.class, signal, origin, sequence, atMs: this.#nowMs(), payload })
      return true
    }
    const head = this.#head
    head.word = frameWord(this.class, signal, room.origin)
    head.ordinal = this.ordinal
    if (this.waiting === 0) this.#batchMs = this.#nowMs()
    head.timeMs = Math.max(0, this.#batchMs - this.epochMs)
    head.sequence = room.sequence
    beginFrame(room.bytes, room.start, room.position, head)
    chunk.filled = room.position
    this.ordinal += 1
    this.waiting += 1
    return true
  }

  /** Adds a record from elsewhere. */
  add(record: HeldRecord): void {
    const { class: kind, signal, origin, sequence, payload } = record
    if (this.waiting === 0) this.#batchMs = this.#nowMs()
    const timeMs = Math.max(0, record.atMs - this.epochMs)
    this.#append(payload, { kind, signal, origin, ordinal: this.ordinal, timeMs, sequence })
    this.ordinal += 1
    this.waiting += 1
  }

  /** Adds a dictionary entry, twice: bit rot in one leaves the other. */
  define(origin: number, payload: Uint8Array): void {
    for (const fields of [definition(origin, this.ordinal), definition(origin, this.ordinal)])
      this.#append(payload, fields)
  }

  /** Dictionary entries as frames of their own, to stand before the record of an ordinal. */
  definitions(payloads: Iterable<readonly [number, Uint8Array]>, ordinal: number): Uint8Array {
    const frames: Uint8Array[] = []
    for (const [origin, payload] of payloads) {
      const frame = Buffer.alloc(frameHeaderBytes + payload.length)
      frame.set(payload, frameHeaderBytes)
      writeFrameHeader(frame, 0, frame.length, definition(origin, ordinal))
      frames.push(frame, frame)
    }
    return Buffer.concat(frames)
  }

  /** Adds the checksums of all that waits: it can leave then. */
  seal(): void {
    const { chunk } = this
    const { bytes, filled } = chunk
    for (let place = chunk.sealed; place < filled;) place = sealFrame(bytes, place)
    chunk.sealed = filled
  }

  /** Goes on in another chunk; what waits moves with it. */
  turn(): void {
    this.#replaceChunk(this.waitingBytes * 2)
  }

  /** Takes out what waits. */
  takeWaiting(): HeldRecord[] {
    this.seal()
    const records: HeldRecord[] = []
    const { bytes, written, filled } = this.chunk
    for (let place = written; place < filled;) {
      const { frame } = readFrame(bytes, place, filled)
      if (frame === undefined) throw new Error(`a frame in memory does not verify at ${place}`)
      place = frame.end
      if (frame.signal === undefined) continue
      const { signal, origin, sequence, timeMs } = frame
      const payload = Buffer.from(frame.payload)
      records.push({
        class: this.class,
        signal,
        origin,
        sequence,
        atMs: this.epochMs + timeMs,
        payload,
      })
    }
    this.chunk.sealed = this.chunk.filled = written
    this.ordinal -= records.length
    this.waiting = 0
    return records
  }

  /** Lets frame times count from now when they have grown large. */
  renewEpoch(): void {
    const nowMs = this.#nowMs()
    if (nowMs - this.epochMs < epochMsMax) return
    const records = this.takeWaiting()
    this.epochMs = nowMs
    for (const record of records) this.add(record)
  }

  #append(payload: Uint8Array, fields: FrameFields): void {
    const length = frameHeaderBytes + payload.length
    if (this.room.isOpen) this.turn()
    if (this.chunk.bytes.length - this.chunk.filled < length)
      this.#replaceChunk((this.waitingBytes + length) * 2)
    const { bytes, filled } = this.chunk
    bytes.set(payload, filled + frameHeaderBytes)
    const { ordinal, timeMs, sequence } = fields
    const word = frameWord(fields.kind, fields.signal, fields.origin)
    beginFrame(bytes, filled, filled + length, { word, ordinal, timeMs, sequence })
    this.chunk.filled += length
  }

  #enlarge(room: Room, length: number): void {
    const isHome = room.bytes === this.chunk.bytes
    const bytes = Buffer.allocUnsafeSlow(length)
    const from = isHome ? this.chunk.written : room.start
    bytes.set(room.bytes.subarray(from, room.position), from)
    room.bytes = bytes
    if (!isHome) return
    const { written, sealed, filled, base } = this.chunk
    this.chunk = { bytes, start: written, written, sealed, filled, base }
  }

  #replaceChunk(length: number): void {
    const { bytes, written, sealed, filled } = this.chunk
    this.chunk = this.pool.take(length)
    this.chunk.bytes.set(bytes.subarray(written, filled))
    this.chunk.sealed = sealed - written
    this.chunk.filled = filled - written
    if (!this.room.isOpen) this.room.bytes = this.chunk.bytes
  }
}

function definition(origin: number, ordinal: number): FrameFields {
  return { kind: 'dictionary', signal: undefined, origin, ordinal, timeMs: 0, sequence: 0 }
}
