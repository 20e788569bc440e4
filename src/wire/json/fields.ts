import { FillpathError } from '../../semconv/error.ts'

/** A parsed JSON object. */
export type Json = Readonly<Record<string, unknown>>

/** Thrown where an integer beyond 2⁵³ stands as a JSON number in a text that was not parsed exactly. */
export class InexactInteger extends Error {}

const hex = /^(?:[0-9a-fA-F]{2})*$/
const integer = /^-?\d+$/
const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/
const int64Max = 2n ** 63n

/**
 * Parses a JSON object. `exact` makes integers beyond 2⁵³ bigints, at five times the price; without it they are met as
 * {@link InexactInteger}.
 *
 * @throws FillpathError `otlp_malformed`
 */
export function parseObject(text: string, exact: boolean): Json {
  let json: unknown
  try {
    json = exact ? JSON.parse(text, reviveExact) : JSON.parse(text)
  } catch (cause) {
    const message = `the JSON body is malformed: ${String(cause)}`
    throw new FillpathError('otlp_malformed', message, { cause })
  }
  if (!isJson(json)) {
    throw new FillpathError('otlp_malformed', `the JSON body must be an object, not ${shown(json)}`)
  }
  return json
}

/** The third argument of a reviver, of ECMAScript 2026, holds the text of the number. */
function reviveExact(_key: string, value: unknown, ...rest: unknown[]): unknown {
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value
  const source = isJson(rest[0]) ? rest[0]['source'] : undefined
  return typeof source === 'string' && integer.test(source) ? BigInt(source) : value
}

/** Whether a parsed value is a JSON object. */
export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value at `key`; undefined when it is absent or null, which means the default of the field. */
export function at(json: Json, key: string): unknown {
  return json[key] ?? undefined
}

/** The string at `key`, `''` by default. */
export function stringAt(json: Json, key: string): string {
  const value = at(json, key) ?? ''
  if (typeof value !== 'string') throw wrong(key, 'a string', value)
  return value
}

/** The boolean at `key`, false by default. */
export function booleanAt(json: Json, key: string): boolean {
  const value = at(json, key) ?? false
  if (typeof value !== 'boolean') throw wrong(key, 'true or false', value)
  return value
}

/** The id at `key`: hex in upper or lower case, as OTLP has it (and not base64, as protobuf would). */
export function idAt(json: Json, key: string): string {
  const value = at(json, key) ?? ''
  if (typeof value !== 'string' || !hex.test(value)) throw wrong(key, 'an id in hex', value)
  return value.toLowerCase()
}

/** The unsigned 32-bit integer at `key`, 0 by default. */
export function uint32At(json: Json, key: string): number {
  const value = at(json, key)
  const number = numberOf(value)
  if (number >>> 0 !== number) throw wrong(key, 'an integer from 0 to 4294967295', value)
  return number
}

/** The signed 32-bit integer at `key`, 0 by default. */
export function int32At(json: Json, key: string): number {
  const value = at(json, key)
  const number = numberOf(value)
  if ((number | 0) !== number) throw wrong(key, 'an integer of 32 bits', value)
  return number
}

/** A number, also as a string of digits; NaN for anything else, 0 for undefined. */
function numberOf(value: unknown): number {
  if (value === undefined) return 0
  if (typeof value === 'string') return integer.test(value) ? Number(value) : Number.NaN
  return typeof value === 'number' ? value : Number.NaN
}

/** The enum at `key`: its number, as OTLP has it, or its name, as some senders write it. 0 by default. */
export function enumAt(json: Json, key: string, prefix: string, names: readonly string[]): number {
  const value = at(json, key)
  if (typeof value !== 'string' || integer.test(value)) return int32At(json, key)
  const number = value.startsWith(prefix) ? names.indexOf(value.slice(prefix.length)) : -1
  if (number < 0) throw wrong(key, `a number or ${prefix}${names.join('|')}`, value)
  return number
}

/** The unsigned 64-bit integer at `key`, a string of digits or a number; `0n` by default. */
export function uint64At(json: Json, key: string): bigint {
  return uint64Of(at(json, key) ?? 0, key)
}

/** The signed 64-bit integer that a value stands for. */
export function int64Of(value: unknown, key: string): bigint {
  const number = bigintOf(value)
  if (number === undefined || number < -int64Max || number >= int64Max) {
    throw wrong(key, 'an integer of 64 bits, as a string of digits', value)
  }
  return number
}

/** The unsigned 64-bit integer that a value stands for. */
export function uint64Of(value: unknown, key: string): bigint {
  const number = bigintOf(value)
  if (number === undefined || number < 0n || number >= 2n * int64Max) {
    throw wrong(key, 'an unsigned integer of 64 bits, as a string of digits', value)
  }
  return number
}

function bigintOf(value: unknown): bigint | undefined {
  if (typeof value === 'string') return integer.test(value) ? BigInt(value) : undefined
  if (typeof value === 'bigint') return value
  if (typeof value !== 'number' || !Number.isInteger(value)) return undefined
  if (!Number.isSafeInteger(value)) throw new InexactInteger()
  return BigInt(value)
}

/** The double at `key`: a number, `NaN`, `Infinity` or `-Infinity` as a string; undefined when absent. */
export function doubleAt(json: Json, key: string): number | undefined {
  const value = at(json, key)
  return value === undefined ? undefined : doubleOf(value, key)
}

/** The double that a value stands for. */
export function doubleOf(value: unknown, key: string): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (value === 'NaN') return Number.NaN
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
  if (Number.isNaN(number)) throw wrong(key, 'a number, "NaN", "Infinity" or "-Infinity"', value)
  return number
}

/** The bytes that a value stands for: base64, also of the URL alphabet and without padding. */
export function bytesOf(value: unknown, key: string): Uint8Array {
  if (typeof value !== 'string' || !base64.test(value)) throw wrong(key, 'base64', value)
  return new Uint8Array(Buffer.from(value, 'base64'))
}

/** The array at `key`, empty by default. */
export function arrayAt(json: Json, key: string): readonly unknown[] {
  const value = at(json, key) ?? []
  if (!Array.isArray(value)) throw wrong(key, 'an array', value)
  return value
}

/** The objects of the array at `key`, none by default. */
export function objectsAt(json: Json, key: string): Json[] {
  return arrayAt(json, key).map((value) => {
    if (!isJson(value)) throw wrong(key, 'an array of objects', value)
    return value
  })
}

/** The object at `key`, empty by default. */
export function objectAt(json: Json, key: string): Json {
  const value = at(json, key) ?? {}
  if (!isJson(value)) throw wrong(key, 'an object', value)
  return value
}

/** An error that says which field is wrong and how. */
export function wrong(key: string, expected: string, seen: unknown): FillpathError {
  return new FillpathError(
    'otlp_malformed',
    `the JSON body is malformed: "${key}" must be ${expected}, not ${shown(seen)}`,
  )
}

function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : JSON.stringify(value)
  return text.length > 60 ? text.slice(0, 60) + '…' : text
}
