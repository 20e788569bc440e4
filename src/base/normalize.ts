/**
 * Turns any JavaScript value into one that OpenTelemetry, JSON and SQLite take. The stock SDK drops
 * a whole attribute when one leaf of it is a bigint, Date, Decimal, Map, Error or class instance;
 * here it is kept in a readable form.
 *
 * - What is plain already comes back as the same object: nothing is copied, and the input is never
 *   changed.
 * - Never throws, whatever getters, proxies and `toJSON` do. Never follows a cycle.
 * - Bounded: at most `nodesMax` values are visited and `lengthMax` characters kept, and what was
 *   cut shows a mark such as `…[+12 more]`.
 * - `undefined` means "not there": it is left out of objects, and is null in arrays, as in JSON.
 * - Every bigint becomes its decimal text (an amount in wei would otherwise change its type with
 *   its size), NaN and the infinities become `'NaN'`, `'Infinity'`, `'-Infinity'`, bytes become
 *   `0x…` hex, a Date its ISO text.
 * - Properties with symbols as keys are not data and are left out.
 *
 * See `readable.ts` for the form of each kind of object.
 */
import { types } from 'node:util'
import { countOfMark, cut, isCutMark, moreMark } from './cut.ts'
import { isOfThisRealm, isPlain, isSafeKey, keyLengthMax, pricesOf } from './plain.ts'
import { isPlainObject, marks, read, readable } from './readable.ts'
import type { NormalizeLimits, Plain, PlainObject } from './plain.ts'

const defaults: Required<NormalizeLimits> = {
  depthMax: 8,
  stringLengthMax: 32_768,
  nodesMax: 4096,
  lengthMax: 262_144,
}

const defaultPrices = pricesOf(defaults)

/**
 * The plain form of a value. The value itself when it is plain already. `undefined` becomes null.
 */
export function normalize(value: unknown, limits: NormalizeLimits = defaults): Plain {
  const prices = limits === defaults ? defaultPrices : pricesOf({ ...defaults, ...limits })
  return isPlain(value, prices) ? value : new Walk(limits).value(value)
}

/** The plain form of a set of attributes, the same object when all are plain already. */
export function normalizeAttributes(
  attributes: Readonly<Record<string, unknown>>,
  limits: NormalizeLimits = defaults,
): PlainObject {
  const plain = normalize(attributes, limits)
  return isPlainRecord(plain) ? plain : { value: plain }
}

function isPlainRecord(value: Plain): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One pass over one value, with what is left of its limits. */
class Walk {
  readonly #depthMax: number
  readonly #stringLengthMax: number
  readonly #ancestors: object[] = []
  #nodesLeft: number
  #lengthLeft: number

  constructor(limits: NormalizeLimits) {
    this.#depthMax = limits.depthMax ?? defaults.depthMax
    this.#stringLengthMax = limits.stringLengthMax ?? defaults.stringLengthMax
    this.#nodesLeft = limits.nodesMax ?? defaults.nodesMax
    this.#lengthLeft = limits.lengthMax ?? defaults.lengthMax
  }

  value(value: unknown): Plain {
    this.#nodesLeft -= 1
    switch (typeof value) {
      case 'string':
        return this.#text(value)
      case 'boolean':
        return value
      case 'number':
        return Number.isFinite(value) ? value : this.#text(String(value))
      case 'bigint':
        return this.#text(value.toString())
      case 'undefined':
        return null
      case 'symbol':
        return this.#text(value.toString())
      case 'function':
        return this.#text(marks.callable(value))
      case 'object':
        return value === null ? null : this.#object(value)
    }
  }

  #text(text: string): string {
    const room = Math.min(this.#stringLengthMax, this.#lengthLeft)
    if (text.length <= room) {
      this.#lengthLeft -= text.length
      return text.isWellFormed() ? text : text.toWellFormed()
    }
    if (isCutMark(text)) return text
    const shown = cut(text, room)
    this.#lengthLeft -= Math.min(shown.length, this.#lengthLeft)
    return shown
  }

  #object(value: object): Plain {
    if (this.#ancestors.includes(value)) return this.#text(marks.circular)
    if (this.#ancestors.length >= this.#depthMax) return this.#text(marks.tooDeep(value))
    this.#ancestors.push(value)
    try {
      if (Array.isArray(value)) return this.#array(value)
      if (isPlainObject(value)) return this.#record(value)
      return this.#unwrap(value)
    } catch (error) {
      return this.#text(marks.thrown(error))
    } finally {
      this.#ancestors.pop()
    }
  }

  // What stands for an exotic object takes its place; it may be exotic again (a toJSON that gives a
  // Map).
  #unwrap(value: object): Plain {
    const room = Math.min(this.#stringLengthMax, this.#lengthLeft)
    const stand = readable(value, { itemsMax: this.#nodesLeft, lengthMax: room })
    if (Array.isArray(stand)) return this.#array(stand)
    if (typeof stand === 'object' && stand !== null && isPlainObject(stand)) {
      return this.#record(stand)
    }
    // The object was counted when it was met; what stands for it is no second value.
    this.#nodesLeft += 1
    return this.value(stand)
  }

  #array(array: readonly unknown[]): Plain {
    const values: Plain[] = []
    let changed = types.isProxy(array)
    const { length } = array
    for (let index = 0; index < length; index += 1) {
      const value = read(array, index)
      if (isComputed(array, index)) changed = true
      if (this.#nodesLeft <= 0) {
        const last = read(array, length - 1)
        const earlier = countOfMark(last)
        const isMark = index === length - 1 && earlier > 0
        values.push(moreMark(length - index + Math.max(0, earlier - 1)))
        return isMark && !changed ? (array as readonly Plain[]) : values
      }
      const plain = this.value(value)
      values.push(plain)
      if (plain !== value) changed = true
    }
    return changed ? values : (array as readonly Plain[])
  }

  #record(record: Readonly<Record<string, unknown>>): Plain {
    const own = Object.keys(record)
    const keys: string[] = []
    const values: Plain[] = []
    let changed = types.isProxy(record) || !isOfThisRealm(record)
    for (const [index, key] of own.entries()) {
      const value = read(record, key)
      if (isComputed(record, key)) changed = true
      if (this.#nodesLeft <= 0) {
        const earlier = countOfMark(read(record, '…'))
        keys.push('…')
        values.push(moreMark(own.length - index + Math.max(0, earlier - 1)))
        changed ||= !(key === '…' && earlier > 0)
        break
      }
      if (value === undefined) {
        changed = true
        continue
      }
      const plain = this.value(value)
      if (plain !== value || !isSafeKey(key)) changed = true
      keys.push(key)
      values.push(plain)
    }
    return changed ? recordOf(keys, values) : (record as PlainObject)
  }
}

/** A getter: what it gave or threw now is kept, and whoever comes next does not call it again. */
function isComputed(value: object, key: string | number): boolean {
  return Object.getOwnPropertyDescriptor(value, key)?.get !== undefined
}

function recordOf(keys: readonly string[], values: readonly Plain[]): PlainObject {
  const record: Record<string, Plain> = {}
  for (const [index, key] of keys.entries()) {
    let name = key
    if (!isSafeKey(key)) {
      name = key === '' ? '(empty)' : cut(key, keyLengthMax)
      if (name === '__proto__' || name === 'constructor') name += '_'
      name = name.toWellFormed()
    }
    while (Object.hasOwn(record, name)) name += '_'
    record[name] = values[index] ?? null
  }
  return record
}
