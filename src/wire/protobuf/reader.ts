import { FillpathError } from '../../semconv/error.ts'
import { nameBytesMax, nameOf } from './name.ts'

/** Nesting of messages beyond which a body is refused, as the protobuf libraries of other languages do. */
export const depthMax = 100

/**
 * Messages that one body may hold beside the values of attributes: records, events, links, lists, maps. An empty one takes
 * two bytes on the wire and a hundred in memory; an honest body of 16 MiB stays below this.
 */
export const messagesMax = 1_000_000

// Counters and counts of buckets are small; each is made once.
const small = Array.from({ length: 256 }, (_, value) => BigInt(value))

/**
 * Reads protobuf from bytes. Every read is checked against the end of the message it is in, so that a wrong length is
 * an error at once and never an allocation.
 *
 * ```ts
 * const outer = reader.enter()
 * while (reader.more()) {
 *   switch (reader.tag()) {
 *     case 0x0a: name = reader.string(); break   // field 1, wire type 2
 *     default: reader.skip()
 *   }
 * }
 * reader.leave(outer)
 * ```
 *
 * A known field with an unexpected wire type falls to `default` and is skipped, as protobuf wants it.
 *
 * All methods throw FillpathError `otlp_malformed`.
 */
export class ProtobufReader {
  readonly #bytes: Buffer
  readonly #view: DataView
  #position = 0
  /** End of the message being read. */
  #end: number
  #tag = 0
  #depth = 0
  #messages = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#end = bytes.length
  }

  /** Whether the message being read has another field. */
  more(): boolean {
    return this.#position < this.#end
  }

  /** The next field number and wire type, as `number << 3 | type`. */
  tag(): number {
    const byte = this.#bytes[this.#position] ?? 0
    if (byte > 0 && byte < 0x80) {
      this.#position++
      this.#tag = byte
      // Field number 0 does not exist.
      if (byte >= 8) return byte
      throw this.#malformed('a field without a number')
    }
    const tag = this.uint32()
    if (tag < 8) throw this.#malformed('a field without a number')
    this.#tag = tag
    return tag
  }

  /** Where the next field begins; {@link rewind} goes back there. */
  position(): number {
    return this.#position
  }

  /** Goes back within the message being read: what a group holds is known before its records are read. */
  rewind(position: number): void {
    this.#position = position
  }

  /** Begins the embedded message that comes next; what it returns is for {@link leave}. */
  enter(): number {
    const length = this.#length()
    if (++this.#depth > depthMax) throw this.#malformed(`messages nested deeper than ${depthMax}`)
    const outer = this.#end
    this.#end = this.#position + length
    return outer
  }

  /** Ends the embedded message. */
  leave(outer: number): void {
    this.#end = outer
    this.#depth--
  }

  /** Counts a message that will stay in memory. */
  count(): void {
    if (++this.#messages > messagesMax) throw this.#malformed(`more than ${messagesMax} messages`)
  }

  /** A varint, of which the lower 32 bits count, unsigned. */
  uint32(): number {
    const bytes = this.#bytes
    let position = this.#position
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (position >= this.#end) throw this.#malformed('an integer that is cut off')
      const byte = bytes[position++] ?? 0
      if (shift < 32) value |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        this.#position = position
        return value >>> 0
      }
    }
    throw this.#malformed('an integer longer than 10 bytes')
  }

  /** A varint, of which the lower 32 bits count, signed: int32 and enums. */
  int32(): number {
    return this.uint32() | 0
  }

  /** A zigzag varint of 32 bits. */
  sint32(): number {
    const value = this.uint32()
    return (value >>> 1) ^ -(value & 1)
  }

  /** A varint that is not 0. */
  bool(): boolean {
    return this.uint64() !== 0n
  }

  /** A varint of 64 bits, unsigned. */
  uint64(): bigint {
    const bytes = this.#bytes
    let position = this.#position
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (position >= this.#end) throw this.#malformed('an integer that is cut off')
      const byte = bytes[position++] ?? 0
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high = bits >>> 4
      } else high |= bits << (shift - 32)
      if (byte < 0x80) {
        this.#position = position
        if (high === 0) return small[low] ?? BigInt(low >>> 0)
        return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
      }
    }
    throw this.#malformed('an integer longer than 10 bytes')
  }

  /** A varint of 64 bits, signed. */
  int64(): bigint {
    return BigInt.asIntN(64, this.uint64())
  }

  /** Four bytes, unsigned. */
  fixed32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  /** Eight bytes, unsigned. */
  fixed64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true)
  }

  /** Eight bytes, signed. */
  sfixed64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true)
  }

  /** Eight bytes, IEEE 754. */
  double(): number {
    return this.#view.getFloat64(this.#take(8), true)
  }

  /** UTF-8 text; what is not UTF-8 becomes U+FFFD, so that a record is not lost for one wrong byte. */
  string(): string {
    const length = this.#length()
    const from = this.#take(length)
    return this.#bytes.toString('utf8', from, from + length)
  }

  /** UTF-8 text that is likely to come again, such as the key of an attribute. */
  name(): string {
    const length = this.#length()
    const from = this.#take(length)
    if (length > nameBytesMax) return this.#bytes.toString('utf8', from, from + length)
    return nameOf(this.#bytes, from, length)
  }

  /** Bytes, copied: the body they came in can be let go. */
  bytes(): Uint8Array {
    const length = this.#length()
    const from = this.#take(length)
    return new Uint8Array(this.#bytes.subarray(from, from + length))
  }

  /** Bytes as lower-case hex. */
  hex(): string {
    const length = this.#length()
    const from = this.#take(length)
    return this.#bytes.toString('hex', from, from + length)
  }

  /** The numbers of a repeated field, packed or one of them, appended to `values`. */
  repeated<T>(values: T[], read: () => T): void {
    if ((this.#tag & 7) !== 2) {
      values.push(read())
      return
    }
    const outer = this.enter()
    while (this.more()) values.push(read())
    this.leave(outer)
  }

  /** Passes over the value of the field whose tag was read last. */
  skip(): void {
    this.#skip(this.#tag)
  }

  #skip(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.uint64()
        return
      case 1:
        this.#take(8)
        return
      case 2:
        this.#take(this.#length())
        return
      case 3:
        this.#skipGroup(tag >>> 3)
        return
      case 5:
        this.#take(4)
        return
      default:
        throw this.#malformed(`a field of wire type ${tag & 7}`)
    }
  }

  /** Groups are of protobuf 2 and in no OTLP message, but an unknown field may be one. */
  #skipGroup(number: number): void {
    if (++this.#depth > depthMax) throw this.#malformed(`messages nested deeper than ${depthMax}`)
    while (this.more()) {
      const tag = this.tag()
      if ((tag & 7) !== 4) {
        this.#skip(tag)
        continue
      }
      if (tag >>> 3 !== number) throw this.#malformed('a group that another one ends')
      this.#depth--
      return
    }
    throw this.#malformed('a group without an end')
  }

  #length(): number {
    const length = this.uint32()
    if (length > this.#end - this.#position) {
      throw this.#malformed(
        `a length of ${length} where ${this.#end - this.#position} bytes are left`,
      )
    }
    return length
  }

  /** The position before `length` bytes, and goes behind them. */
  #take(length: number): number {
    const from = this.#position
    if (length > this.#end - from) throw this.#malformed('a value that is cut off')
    this.#position = from + length
    return from
  }

  #malformed(what: string): FillpathError {
    return new FillpathError(
      'otlp_malformed',
      `the protobuf body is malformed at byte ${this.#position} of ${this.#bytes.length}: ${what}`,
    )
  }
}
