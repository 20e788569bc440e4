import { FillpathError } from '../../semconv/error.ts'
import type { AnyValue, Attributes } from '../record.ts'
import { InexactInteger, isJson } from './json.ts'
import type { Json } from './json.ts'
import { timeOf } from './time.ts'

const base64 = /^[A-Za-z0-9+/]*={0,2}$/
const double = /^(?:NaN|-?Infinity|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/

/** What absent attributes stand for. Shared, so that records without any cost nothing. */
export const noAttributes: Attributes = new Map()

/** The string at `key`; `''` when it is absent. */
export function stringAt(json: Json, key: string): string {
  const value = json[key]
  if (value === undefined) return ''
  if (typeof value !== 'string') throw wrong(key, 'a string', value)
  return value
}

/** The unsigned 32-bit integer at `key`; 0 when it is absent. */
export function uint32At(json: Json, key: string): number {
  const value = json[key]
  if (value === undefined) return 0
  if (typeof value !== 'number' || value >>> 0 !== value) {
    throw wrong(key, 'an integer from 0 to 4294967295', value)
  }
  return value
}

/** The signed 32-bit integer at `key`; 0 when it is absent. */
export function int32At(json: Json, key: string): number {
  const value = json[key]
  if (value === undefined) return 0
  if (typeof value !== 'number' || (value | 0) !== value) {
    throw wrong(key, 'an integer of 32 bits', value)
  }
  return value
}

/** The number of the enum at `key`, written as one of `names` or, where it has no name, as a number; 0 when absent. */
export function enumAt(json: Json, key: string, names: readonly string[]): number {
  const value = json[key]
  if (value === undefined) return 0
  if (typeof value === 'number') return int32At(json, key)
  const number = typeof value === 'string' ? names.indexOf(value) : -1
  if (number < 1) throw wrong(key, `one of ${names.slice(1).join(', ')}`, value)
  return number
}

/** The unsigned 64-bit integer at `key`; `0n` when it is absent. */
export function uint64At(json: Json, key: string): bigint {
  const value = json[key]
  return value === undefined ? 0n : uint64Of(value, key)
}

/** The unsigned 64-bit integers of the array at `key`. */
export function uint64sAt(json: Json, key: string): bigint[] {
  return arrayAt(json, key).map((value) => uint64Of(value, key))
}

/** The double at `key`; undefined when it is absent. */
export function doubleAt(json: Json, key: string): number | undefined {
  const value = json[key]
  return value === undefined ? undefined : doubleOf(value, key)
}

/** The doubles of the array at `key`. */
export function doublesAt(json: Json, key: string): number[] {
  return arrayAt(json, key).map((value) => doubleOf(value, key))
}

/** The int64 or double at `key`; null when it is absent. */
export function numberAt(json: Json, key: string): bigint | number | null {
  const seen = json[key]
  if (seen === undefined) return null
  const value = valueOf(seen)
  if (typeof value !== 'bigint' && typeof value !== 'number') throw wrong(key, 'a number', seen)
  return value
}

/** The time at `key`, nanoseconds; `0n` when it is absent. */
export function timeAt(json: Json, key: string): bigint {
  const value = json[key]
  if (value === undefined) return 0n
  if (typeof value !== 'string') throw wrong(key, 'a time', value)
  return timeOf(value)
}

/** The objects of the array at `key`; none when it is absent. */
export function objectsAt(json: Json, key: string): Json[] {
  return arrayAt(json, key).map((value) => {
    if (!isJson(value)) throw wrong(key, 'an array of objects', value)
    return value
  })
}

/** The object at `key`; an empty one when it is absent. */
export function objectAt(json: Json, key: string): Json {
  const value = json[key]
  if (value === undefined) return {}
  if (!isJson(value)) throw wrong(key, 'an object', value)
  return value
}

/** The attributes at `key`; none when they are absent. */
export function attributesAt(json: Json, key: string): Attributes {
  const value = json[key]
  if (value === undefined) return noAttributes
  const attributes = isJson(value) ? valueOf(value) : undefined
  if (!(attributes instanceof Map)) throw wrong(key, 'an object of attributes', value)
  return attributes
}

/** The AnyValue that a parsed JSON value stands for. */
export function valueOf(json: unknown): AnyValue {
  if (typeof json === 'string' || typeof json === 'boolean') return json
  if (typeof json === 'number') return Number.isInteger(json) ? integerOf(json) : json
  if (Array.isArray(json)) return json.map(valueOf)
  return isJson(json) ? kvlistOf(json) : null
}

function integerOf(json: number): bigint {
  if (!Number.isSafeInteger(json)) throw new InexactInteger()
  return BigInt(json)
}

function kvlistOf(json: Json): AnyValue {
  const keys = Object.keys(json)
  const first = keys[0]
  if (first === undefined) return noAttributes
  if (keys.length === 1 && first.startsWith('$')) return unescape(first, json[first])
  const attributes = new Map<string, AnyValue>()
  for (const key of keys) attributes.set(key, valueOf(json[key]))
  return attributes
}

function unescape(escape: string, content: unknown): AnyValue {
  switch (escape) {
    case '$bytes':
      if (typeof content === 'string' && base64.test(content)) {
        return new Uint8Array(Buffer.from(content, 'base64'))
      }
      break
    case '$double':
      if (typeof content === 'string' && double.test(content)) return Number(content)
      break
    case '$int':
      if (typeof content === 'string') return int64Of(content)
      break
    case '$map':
      if (Array.isArray(content)) return new Map(content.map(entryOf))
      break
  }
  throw wrong(escape, 'a known escape ($bytes, $double, $int or $map)', content)
}

function entryOf(entry: unknown): [string, AnyValue] {
  if (Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string') {
    return [entry[0], valueOf(entry[1])]
  }
  throw wrong('$map', 'pairs of a key and a value', entry)
}

function int64Of(text: string): bigint {
  const value = /^-?\d+$/.test(text) ? BigInt(text) : undefined
  if (value === undefined || BigInt.asIntN(64, value) !== value) {
    throw wrong('$int', 'an integer of 64 bits', text)
  }
  return value
}

function uint64Of(json: unknown, key: string): bigint {
  if (typeof json === 'number' && Number.isInteger(json) && json >= 0) return integerOf(json)
  const digits = isJson(json) ? json['$int'] : undefined
  const value = typeof digits === 'string' && /^\d+$/.test(digits) ? BigInt(digits) : undefined
  if (value === undefined || BigInt.asUintN(64, value) !== value) {
    throw wrong(key, 'an unsigned integer of 64 bits', json)
  }
  return value
}

function doubleOf(json: unknown, key: string): number {
  if (typeof json === 'number') return json
  const value = isJson(json) ? valueOf(json) : undefined
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'number') throw wrong(key, 'a number', json)
  return value
}

function arrayAt(json: Json, key: string): readonly unknown[] {
  const value = json[key]
  if (value === undefined) return []
  if (!Array.isArray(value)) throw wrong(key, 'an array', value)
  return value
}

function wrong(key: string, expected: string, seen: unknown): FillpathError {
  const text = JSON.stringify(seen)
  const shown = text.length > 60 ? text.slice(0, 60) + '…' : text
  return new FillpathError('line_malformed', `"${key}" must be ${expected}, not ${shown}`)
}
