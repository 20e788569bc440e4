/* oxlint-disable max-params -- an object of options would be made for every number of every record */
/*
 * The hot path of the probe: OTLP protobuf written straight from the SDK's objects into memory that exists already. One
 * message body per record (`LogRecord`, `Span`, `Metric`, without tag and length); a request is joined from bodies and
 * the bytes of their origin later, and nothing is decoded for that (frame.ts has the layout).
 *
 * The meaning of the bytes is that of the official serializer (@opentelemetry/otlp-transformer), field for field; defaults
 * are left out. Lengths are guessed to take one byte and what was written is moved when they take more.
 */

/** Where an encoder writes: from `position` on, asking for more when `bytes` has no room left. */
export interface Target {
  bytes: Uint8Array
  position: number
  /** Makes room for `length` more bytes. Positions stay what they are; `bytes` may be another array afterwards. */
  reserve(length: number): void
}

/** A target that doubles when it is full. */
export class GrowingBuffer implements Target {
  bytes: Uint8Array
  position = 0

  /** @param bytesInitial where the first encoding begins */
  constructor(bytesInitial = 4096) {
    this.bytes = Buffer.allocUnsafeSlow(bytesInitial)
  }

  reserve(length: number): void {
    const needed = this.position + length
    if (needed <= this.bytes.length) return
    const bytes = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2))
    bytes.set(this.bytes.subarray(0, this.position))
    this.bytes = bytes
  }

  /** A copy of what was written from `start` on. */
  slice(start = 0): Uint8Array {
    return new Uint8Array(this.bytes.subarray(start, this.position))
  }
}

// All tags below are of one byte: field numbers up to 15.

/** Begins an embedded message; what it returns is for {@link endMessage}. */
export function beginMessage(target: Target, tag: number): number {
  target.reserve(2)
  target.bytes[target.position] = tag
  target.position += 2
  return target.position
}

/** Ends the embedded message that began at `start`: its length goes before it. */
export function endMessage(target: Target, start: number): void {
  const length = target.position - start
  if (length < 0x80) {
    target.bytes[start - 1] = length
    return
  }
  const extra = varintBytes(length) - 1
  target.reserve(extra)
  target.bytes.copyWithin(start + extra, start, target.position)
  putVarint(target.bytes, start - 1, length)
  target.position += extra
}

/** A string field, UTF-8. Half of a surrogate pair, which UTF-8 cannot hold, becomes U+FFFD. */
export function writeString(target: Target, tag: number, text: string): void {
  if (text.length <= textLengthMax) {
    target.reserve(textBytesMax(text) + 2)
    const { bytes, position } = target
    const end = putText(bytes, position + 2, text)
    const size = end - position - 2
    if (size < 0x80) {
      bytes[position] = tag
      bytes[position + 1] = size
      target.position = end
      return
    }
  }
  const size = Buffer.byteLength(text)
  target.reserve(size + 6)
  const { bytes } = target
  bytes[target.position] = tag
  const start = putVarint(bytes, target.position + 1, size)
  bufferOf(bytes).write(text, start, size, 'utf8')
  target.position = start + size
}

/** A string of more characters has a length of more than one byte. */
const textLengthMax = 0x7f
/** Up to here writing the characters one by one is faster than to call the runtime for it. */
const loopLengthMax = 18

/** Bytes that {@link putText} may need for a text. */
export function textBytesMax(text: string): number {
  return text.length * 3
}

/** Writes a text as UTF-8, without tag and length, and returns where it ends. */
export function putText(bytes: Uint8Array, start: number, text: string): number {
  const { length } = text
  if (length <= loopLengthMax) {
    let all = 0
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index)
      all |= code
      bytes[start + index] = code
    }
    if (all < 0x80) return start + length
  }
  return start + bufferOf(bytes).write(text, start, length * 3, 'utf8')
}

/** A field of bytes. */
export function writeBytes(target: Target, tag: number, value: Uint8Array): void {
  target.reserve(value.length + 6)
  target.bytes[target.position] = tag
  const start = putVarint(target.bytes, target.position + 1, value.length)
  target.bytes.set(value, start)
  target.position = start + value.length
}

/** A varint field of an unsigned integer of 32 bits; nothing for 0. */
export function writeUint32(target: Target, tag: number, value: number): void {
  if (!(value > 0)) return
  target.reserve(6)
  target.bytes[target.position] = tag
  target.position = putVarint(target.bytes, target.position + 1, value)
}

/** Four bytes of an unsigned integer, without a tag. */
export function writeFixed32(target: Target, value: number): void {
  target.reserve(4)
  target.position = putUint32(target.bytes, target.position, value)
}

/** An id field, from hex. */
export function writeId(target: Target, tag: number, hex: string): void {
  const size = hex.length >> 1
  target.reserve(size + 6)
  const { bytes } = target
  bytes[target.position] = tag
  const start = putVarint(bytes, target.position + 1, size)
  for (let index = 0; index < size; index++) {
    bytes[start + index] = (digit(hex, 2 * index) << 4) | digit(hex, 2 * index + 1)
  }
  target.position = start + size
}

/** The value of a hex digit of either case: the letters are one bit and nine away from the digits. */
function digit(hex: string, index: number): number {
  const code = hex.charCodeAt(index)
  return (code & 0xf) + (code >> 6) * 9
}

/** A fixed64 field of a time, `[seconds, nanoseconds]` since the epoch; nothing for 0. */
export function writeTime(
  target: Target,
  tag: number,
  time: readonly [seconds: number, nanos: number],
): void {
  const seconds = time[0]
  const nanos = time[1]
  if (seconds === 0 && nanos === 0) return
  if (seconds >>> 0 !== seconds || nanos >>> 0 !== nanos) {
    const ns = BigInt(Math.trunc(seconds)) * 1_000_000_000n + BigInt(Math.trunc(nanos))
    const [low, high] = split(ns)
    writeFixed64(target, tag, low, high)
    return
  }
  if (seconds !== lastSeconds) reckonSecond(seconds)
  const low = secondLow + nanos
  writeFixed64(target, tag, low, low < 0x1_0000_0000 ? secondHigh : secondHigh + 1)
}

// Nanoseconds until the second of the last time, in two halves: records of one second follow one another.
let lastSeconds = 0
let secondLow = 0
let secondHigh = 0

function reckonSecond(seconds: number): void {
  // 32 bits of seconds times 10⁹ is more than a double holds exactly: in two halves it is not.
  const upper = (seconds >>> 16) * 1e9
  const lower = (seconds & 0xffff) * 1e9 + (upper & 0xffff) * 0x1_0000
  lastSeconds = seconds
  secondLow = lower % 0x1_0000_0000
  secondHigh = Math.floor(upper / 0x1_0000) + Math.floor(lower / 0x1_0000_0000)
}

/** A fixed64 field. Of each half the lower 32 bits count. */
function writeFixed64(target: Target, tag: number, low: number, high: number): void {
  target.reserve(9)
  target.bytes[target.position] = tag
  target.position = putFixed64(target.bytes, target.position + 1, low, high)
}

/** A fixed64 field of a number; what stands behind the point is cut off. */
export function writeLong(target: Target, tag: number, value: number): void {
  target.reserve(9)
  target.bytes[target.position] = tag
  target.position = putLong(target.bytes, target.position + 1, value)
}

/** A double field. */
export function writeDouble(target: Target, tag: number, value: number): void {
  target.reserve(9)
  target.bytes[target.position] = tag
  target.position = putDouble(target.bytes, target.position + 1, value)
}

// What is called put… takes bytes that have room for it, and returns where it ends.

const double = new Float64Array(1)
const doubleBytes = new Uint8Array(double.buffer)

/** Eight bytes of a double. */
export function putDouble(bytes: Uint8Array, position: number, value: number): number {
  double[0] = value
  for (let index = 0; index < 8; index++) bytes[position + index] = doubleBytes[index] ?? 0
  return position + 8
}

/** Eight bytes of an integer; what stands behind the point is cut off. */
export function putLong(bytes: Uint8Array, position: number, value: number): number {
  const whole = Math.trunc(value)
  return putFixed64(bytes, position, whole, Math.floor(whole / 0x1_0000_0000))
}

function putFixed64(bytes: Uint8Array, position: number, low: number, high: number): number {
  putUint32(bytes, position, low)
  return putUint32(bytes, position + 4, high)
}

/** A varint of an integer of at most 64 bits; a negative one takes ten bytes. */
export function putInteger(bytes: Uint8Array, position: number, value: number): number {
  if (value >>> 0 === value) return putVarint(bytes, position, value)
  return putVarint64(bytes, position, value >>> 0, Math.floor(value / 0x1_0000_0000) >>> 0)
}

/** A varint of 64 bits from its halves. */
export function putVarint64(bytes: Uint8Array, start: number, low: number, high: number): number {
  let position = start
  let lower = low
  let upper = high
  while (upper > 0 || lower > 0x7f) {
    bytes[position++] = (lower & 0x7f) | 0x80
    lower = ((lower >>> 7) | (upper << 25)) >>> 0
    upper >>>= 7
  }
  bytes[position] = lower
  return position + 1
}

/** The halves of an integer of 64 bits, two's complement. */
export function split(value: bigint): readonly [low: number, high: number] {
  const bits = BigInt.asUintN(64, value)
  return [Number(bits & 0xffff_ffffn), Number(bits >> 32n)]
}

/** A varint of an unsigned integer of at most 32 bits. */
function putVarint(bytes: Uint8Array, start: number, value: number): number {
  let position = start
  let rest = value
  while (rest > 0x7f) {
    bytes[position++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  bytes[position] = rest
  return position + 1
}

function varintBytes(value: number): number {
  if (value < 0x4000) return value < 0x80 ? 1 : 2
  if (value < 0x20_0000) return 3
  return value < 0x1000_0000 ? 4 : 5
}

function putUint32(bytes: Uint8Array, position: number, value: number): number {
  bytes[position] = value
  bytes[position + 1] = value >>> 8
  bytes[position + 2] = value >>> 16
  bytes[position + 3] = value >>> 24
  return position + 4
}

let lastBytes: Uint8Array = new Uint8Array(0)
let lastBuffer: Buffer = Buffer.from(lastBytes.buffer)

/** The bytes as a Buffer; targets use the same bytes for many records. */
function bufferOf(bytes: Uint8Array): Buffer {
  if (bytes !== lastBytes) {
    lastBytes = bytes
    lastBuffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  return lastBuffer
}
