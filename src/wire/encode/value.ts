/* oxlint-disable max-params -- an object of options would be made for every number of every record */
import { beginNames, nameAfter, noName } from './name.ts'
import type { Name } from './name.ts'
import {
  beginMessage,
  endMessage,
  putDouble,
  putInteger,
  putText,
  putVarint64,
  split,
  textBytesMax,
  writeBytes,
  writeString,
} from './target.ts'
import type { Target } from './target.ts'

/**
 * Nesting of values that is written; what lies deeper is said to be there. Thirty maps in one another make a
 * hundred nested messages, which is what protobuf libraries take.
 */
export const valueDepthMax = 30
/** Values of one record that are written. Only a value that contains itself has more. */
const valuesMax = 1_000_000

const tooDeep = `[nested deeper than ${valueDepthMax}]`
const int64Max = 2 ** 63

let valuesLeft = valuesMax

/**
 * Runs the encoding of one record. When it throws, `target` stands where it stood.
 *
 * @throws RangeError for a value with more than {@link valuesMax} parts
 */
export function encodeRecord<T>(
  target: Target,
  record: T,
  write: (target: Target, record: T) => void,
): void {
  const start = target.position
  valuesLeft = valuesMax
  try {
    write(target, record)
  } catch (error) {
    target.position = start
    throw error
  }
}

/** Attributes: a KeyValue field for each own property, whatever the value. */
export function writeAttributes(target: Target, tag: number, attributes: object | undefined): void {
  writeProperties(target, tag, attributes, 0)
}

function writeProperties(target: Target, tag: number, object: unknown, depth: number): void {
  const properties = object as Readonly<Record<string, unknown>>
  let name = noName
  for (const key in properties) {
    // Faster here than Object.hasOwn, by a tenth of the whole record.
    if (Object.prototype.hasOwnProperty.call(properties, key)) {
      name = nameAfter(name, key)
      writePair(target, tag, name, properties[key], depth)
    }
  }
}

/** Longest name and value together with which all lengths take one byte. */
const shortMax = 120

// Also these come in an order: of a log record first the severity, then the event.
let lastName = beginNames()

/** A string field whose text comes again and again. */
export function writeName(target: Target, tag: number, text: string): void {
  lastName = nameAfter(lastName, text)
  const { field } = lastName
  target.reserve(field.length)
  const { bytes, position } = target
  bytes.set(field, position)
  bytes[position] = tag
  target.position = position + field.length
}

/** A KeyValue field. */
export function writeKeyValue(target: Target, tag: number, key: string, value: unknown): void {
  writePair(target, tag, nameAfter(noName, key), value, 0)
}

/** A KeyValue field. As long as name and value are short it is written in one go. */
function writePair(target: Target, tag: number, name: Name, value: unknown, depth: number): void {
  const nameLength = name.field.length
  if (typeof value === 'string') {
    if (nameLength + value.length <= shortMax && writeShortText(target, tag, name, value)) return
  } else if (typeof value === 'number' || typeof value === 'boolean') {
    if (nameLength + 13 <= shortMax) {
      writeShortScalar(target, tag, name, value)
      return
    }
  }
  const start = beginMessage(target, tag)
  target.reserve(nameLength)
  target.bytes.set(name.field, target.position)
  target.position += nameLength
  writeAnyValue(target, 0x12, value, depth)
  endMessage(target, start)
}

function writeShortText(target: Target, tag: number, { field }: Name, value: string): boolean {
  const { length } = field
  target.reserve(length + textBytesMax(value) + 6)
  const { bytes, position } = target
  bytes.set(field, position + 2)
  const valueStart = position + 2 + length
  const end = putText(bytes, valueStart + 4, value)
  const size = end - valueStart - 4
  if (length + size > shortMax) return false
  bytes[position] = tag
  bytes[position + 1] = length + size + 4
  bytes[valueStart] = 0x12
  bytes[valueStart + 1] = size + 2
  bytes[valueStart + 2] = 0x0a
  bytes[valueStart + 3] = size
  target.position = end
  return true
}

function writeShortScalar(
  target: Target,
  tag: number,
  { field }: Name,
  value: number | boolean,
): void {
  const { length } = field
  target.reserve(length + 15)
  const { bytes, position } = target
  bytes.set(field, position + 2)
  const valueStart = position + 2 + length
  const end = putScalar(bytes, valueStart + 2, value)
  bytes[position] = tag
  bytes[position + 1] = end - position - 2
  bytes[valueStart] = 0x12
  bytes[valueStart + 1] = end - valueStart - 2
  target.position = end
}

/** The field of an AnyValue that holds a number or boolean: at most 11 bytes. Returns where it ends. */
function putScalar(bytes: Uint8Array, position: number, value: number | boolean): number {
  if (typeof value === 'boolean') {
    bytes[position] = 0x10
    bytes[position + 1] = value ? 1 : 0
    return position + 2
  }
  if (Number.isInteger(value) && value < int64Max && value >= -int64Max) {
    bytes[position] = 0x18
    return putInteger(bytes, position + 1, value)
  }
  bytes[position] = 0x21
  return putDouble(bytes, position + 1, value)
}

/**
 * A field that holds an AnyValue. Integers that fit become int64, other numbers double; a bigint that does not fit
 * becomes a decimal string; what has no form in OTLP (undefined, null, a function, a symbol) an AnyValue without a value.
 */
export function writeAnyValue(target: Target, tag: number, value: unknown, depth: number): void {
  if (typeof value === 'string' && value.length <= shortMax && writeShortAny(target, tag, value)) {
    return
  }
  const start = beginMessage(target, tag)
  if (typeof value === 'string') writeString(target, 0x0a, value)
  else if (typeof value === 'number' || typeof value === 'boolean') writeScalar(target, value)
  else if (typeof value === 'bigint') writeBigint(target, value)
  else if (typeof value === 'object' && value !== null) writeObject(target, value, depth)
  endMessage(target, start)
}

function writeShortAny(target: Target, tag: number, value: string): boolean {
  target.reserve(textBytesMax(value) + 4)
  const { bytes, position } = target
  const end = putText(bytes, position + 4, value)
  const size = end - position - 4
  if (size > shortMax) return false
  bytes[position] = tag
  bytes[position + 1] = size + 2
  bytes[position + 2] = 0x0a
  bytes[position + 3] = size
  target.position = end
  return true
}

function writeScalar(target: Target, value: number | boolean): void {
  target.reserve(11)
  target.position = putScalar(target.bytes, target.position, value)
}

function writeBigint(target: Target, value: bigint): void {
  if (BigInt.asIntN(64, value) !== value) {
    writeString(target, 0x0a, value.toString())
    return
  }
  const [low, high] = split(value)
  target.reserve(11)
  target.bytes[target.position] = 0x18
  target.position = putVarint64(target.bytes, target.position + 1, low, high)
}

function writeObject(target: Target, value: object, depth: number): void {
  if (value instanceof Uint8Array) {
    writeBytes(target, 0x3a, value)
    return
  }
  if (depth >= valueDepthMax) {
    writeString(target, 0x0a, tooDeep)
    return
  }
  if (--valuesLeft < 0) throw new RangeError(`a record with more than ${valuesMax} values`)
  if (Array.isArray(value)) {
    const start = beginMessage(target, 0x2a)
    for (const item of value) writeAnyValue(target, 0x0a, item, depth + 1)
    endMessage(target, start)
  } else {
    const start = beginMessage(target, 0x32)
    writeProperties(target, 0x0a, value, depth + 1)
    endMessage(target, start)
  }
}
