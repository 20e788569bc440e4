import { types } from 'node:util'
import { isPlainObject } from './readable.ts'

/** A value that OpenTelemetry, JSON and SQLite take as it is. */
export type Plain = string | number | boolean | null | readonly Plain[] | PlainObject

/** A plain object of plain values. */
export interface PlainObject {
  readonly [key: string]: Plain
}

/** How much of a value is kept. */
export interface NormalizeLimits {
  /** Levels of arrays and objects inside each other. @default 8 */
  readonly depthMax?: number
  /** Characters of one string. @default 32_768 */
  readonly stringLengthMax?: number
  /** Values in all. @default 4_096 */
  readonly nodesMax?: number
  /** Characters of all strings together. @default 262_144 */
  readonly lengthMax?: number
}

/**
 * Whether a value is plain and well within the limits, so that it can stay as it is. Every
 * attribute of every log call comes by here, so it allocates nothing; when it says no, `normalize`
 * takes a closer look.
 */
export function isPlain(value: unknown, prices: Prices): value is Plain {
  try {
    return afford(value, prices.budget, prices, prices.levels) > 0
  } catch {
    return false
  }
}

/**
 * The limits as one sum: a string costs its length, and any value what `nodesMax` leaves it of
 * `lengthMax`.
 */
export interface Prices {
  readonly budget: number
  readonly value: number
  readonly stringLengthMax: number
  readonly levels: number
}

/** The limits as {@link Prices}. */
export function pricesOf(limits: Required<NormalizeLimits>): Prices {
  const { depthMax, stringLengthMax, nodesMax, lengthMax } = limits
  return {
    budget: lengthMax,
    value: Math.max(1, lengthMax / nodesMax),
    stringLengthMax,
    levels: depthMax,
  }
}

// What is left of `budget` after `value`; nothing (0 or less) when it is not plain or the budget is
// spent. A cycle runs out of levels.
function afford(value: unknown, budget: number, prices: Prices, levels: number): number {
  switch (typeof value) {
    case 'string':
      return value.length > prices.stringLengthMax || !value.isWellFormed()
        ? 0
        : budget - prices.value - value.length
    case 'number':
      return Number.isFinite(value) ? budget - prices.value : 0
    case 'boolean':
      return budget - prices.value
    case 'object':
      return value === null
        ? budget - prices.value
        : affordParts(value, budget - prices.value, prices, levels)
    case 'bigint':
    case 'function':
    case 'symbol':
    case 'undefined':
      return 0
  }
}

function affordParts(value: object, budget: number, prices: Prices, levels: number): number {
  let left = budget
  if (levels === 0 || types.isProxy(value)) return 0
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length && left > 0; index += 1) {
      left = afford(value[index], left, prices, levels - 1)
    }
    return left
  }
  if (!isPlainObject(value) || !isOfThisRealm(value)) return 0
  for (const key in value) {
    if (!isSafeKey(key)) return 0
    left = afford(value[key], left, prices, levels - 1)
    if (left <= 0) return 0
  }
  return left
}

/** Longer keys are cut. */
export const keyLengthMax = 512

/**
 * Whether a key reaches the receiver. The SDK warns and drops an empty key, loses `__proto__`, and
 * takes an object with an own `constructor` for a class instance, which drops the whole attribute.
 */
export function isSafeKey(key: string): boolean {
  return (
    key !== '' &&
    key !== 'constructor' &&
    key !== '__proto__' &&
    key.length <= keyLengthMax &&
    key.isWellFormed()
  )
}

/**
 * Whether an object literal is one for the SDK too: one of another realm (vm, worker, test runner)
 * has another `Object` as its constructor.
 */
export function isOfThisRealm(record: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(record)
  return prototype === Object.prototype || prototype === null
}
