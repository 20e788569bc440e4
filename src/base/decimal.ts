import { Big } from 'big.js'
import type { DecimalInput } from './decimal-input.ts'

/**
 * Exact decimal arithmetic for prices, quantities and money.
 *
 * - A sum, difference or product is exact. A quotient has 34 significant digits (as IEEE 754
 *   decimal128), half to even.
 * - Nothing here throws on data: what is no number parses to `undefined`, a division by zero is
 *   `undefined`.
 * - Text never has an exponent: `0.00000001`, not `1e-8`.
 */
export type Decimal = Big

const Exact = Big()
Exact.RM = 2

const quotientDigits = 34
// Past these a "number" is an attack or a bug: writing it out would cost megabytes.
const exponentMax = 400
const textLengthMax = 1000
const numeric = /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?$/
const plain = /^-?\d+(?:\.\d+)?$/

/** The number zero. */
export const zero: Decimal = new Exact(0)

/**
 * Reads a decimal from a string, a number, a bigint or a decimal object (big.js, decimal.js,
 * bignumber.js and the like, which are read through their `toFixed`). `undefined` when it is none:
 * `''`, `'1,000'`, `'0x10'`, `NaN`, `Infinity`, more than 1,000 characters, an exponent beyond
 * ±400.
 */
export function parseDecimal(value: unknown): Decimal | undefined {
  switch (typeof value) {
    case 'string':
      return fromText(value)
    case 'number':
      return Number.isFinite(value) ? fromText(String(value)) : undefined
    case 'bigint':
      return fromText(String(value))
    case 'object':
      if (value instanceof Exact) return value
      return fromText(decimalObjectText(value) ?? '')
    case 'boolean':
    case 'function':
    case 'symbol':
    case 'undefined':
      return undefined
  }
}

/**
 * The decimal of a value known to be one, such as a literal. Data from outside goes through {@link
 * parseDecimal}.
 * @throws RangeError when it is no decimal
 */
export function decimal(value: DecimalInput): Decimal {
  const parsed = parseDecimal(value)
  if (!parsed) throw new RangeError(`not a decimal number: ${String(value).slice(0, 40)}`)
  return parsed
}

/**
 * The plain text of a value, or `undefined` when it is no number. A string that is already plain is
 * kept to the last digit, so `'43210.50'` stays as the venue wrote it.
 */
export function decimalText(value: unknown): string | undefined {
  if (typeof value === 'string' && value.length <= textLengthMax && plain.test(value)) return value
  const parsed = parseDecimal(value)
  return parsed && format(parsed)
}

function fromText(text: string): Decimal | undefined {
  if (text.length > textLengthMax || !numeric.test(text)) return undefined
  const parsed = new Exact(text)
  return Math.abs(parsed.e) > exponentMax ? undefined : parsed
}

/**
 * The text of an object of big.js, decimal.js, bignumber.js or the like, told by sign and exponent
 * fields and a `toFixed` method; `undefined` for any other object. Exponent notation only beyond
 * ±400, where plain text is no help.
 */
export function decimalObjectText(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  try {
    if (!('s' in value && 'e' in value && ('c' in value || 'd' in value))) return undefined
    if (!('toFixed' in value) || typeof value.toFixed !== 'function') return undefined
    const isShort = typeof value.e !== 'number' || Math.abs(value.e) <= exponentMax
    const text: unknown = isShort ? value.toFixed() : textWithExponent(value)
    return typeof text === 'string' ? text : undefined
  } catch {
    return undefined
  }
}

function textWithExponent(value: { toString(): string }): string {
  return value.toString()
}

/** `a + b`, exact. */
export function add(a: Decimal, b: Decimal): Decimal {
  return a.plus(b)
}

/** `a - b`, exact. */
export function subtract(a: Decimal, b: Decimal): Decimal {
  return a.minus(b)
}

/** `a × b`, exact. */
export function multiply(a: Decimal, b: Decimal): Decimal {
  return a.times(b)
}

/** `a ÷ b` with 34 significant digits or more, half to even; `undefined` when `b` is zero. */
export function divide(a: Decimal, b: Decimal): Decimal | undefined {
  if (isZero(b)) return undefined
  // The first digit of the quotient stands at 10^(a.e - b.e), or one place lower when a has the
  // smaller digits.
  const first = a.e - b.e - (significand(a).lt(significand(b)) ? 1 : 0)
  Exact.DP = Math.max(0, quotientDigits - 1 - first)
  return new Exact(a).div(b)
}

// The digits alone, as a number between 1 and 10.
function significand(a: Decimal): Decimal {
  const digits = new Exact(a)
  digits.e = 0
  digits.s = 1
  return digits
}

/** The sum of all, exact; zero for none. */
export function sum(values: Iterable<Decimal>): Decimal {
  let total = zero
  for (const value of values) total = total.plus(value)
  return total
}

/** -1 when `a < b`, 0 when equal, 1 when `a > b`. */
export function compare(a: Decimal, b: Decimal): -1 | 0 | 1 {
  return a.cmp(b)
}

/** Whether the two are the same number: `1.0` equals `1`. */
export function equals(a: Decimal, b: Decimal): boolean {
  return a.eq(b)
}

/** The smaller one. */
export function minimum(a: Decimal, b: Decimal): Decimal {
  return a.gt(b) ? b : a
}

/** The larger one. */
export function maximum(a: Decimal, b: Decimal): Decimal {
  return a.lt(b) ? b : a
}

/** `-a`. */
export function negate(a: Decimal): Decimal {
  return isZero(a) ? a : a.times(-1)
}

/** The distance from zero. */
export function absolute(a: Decimal): Decimal {
  return a.abs()
}

/** Whether it is zero. */
export function isZero(a: Decimal): boolean {
  return a.c[0] === 0
}

/** -1, 0 or 1. */
export function sign(a: Decimal): -1 | 0 | 1 {
  return a.cmp(zero)
}

/** Rounded to `places` decimal places, half to even. */
export function round(a: Decimal, places: number): Decimal {
  return a.round(places, 2)
}

/** Plain text without exponent and without needless zeros: `0.00000001`. Never `-0`. */
export function format(a: Decimal): string {
  return isZero(a) ? '0' : a.toFixed()
}

/** Digits behind the point that a quotient needs for a reader: no venue has finer ticks. */
const shownPlaces = 8
const longText = /^-?\d+\.\d{11,}$/

/**
 * A decimal text for a line that people read: a quotient with its 34 digits is rounded to 8 decimal places, or to 6
 * significant digits where that keeps more. Any other text comes back as it is.
 */
export function shownDecimal(text: string): string {
  if (!longText.test(text)) return text
  const parsed = new Exact(text)
  return format(parsed.round(Math.max(shownPlaces, 5 - parsed.e), 2))
}

/** The nearest double, for the `…_num` twin beside a decimal string. */
export function toNumber(a: Decimal): number {
  const digits = integerOf(a)
  const places = a.c.length - 1 - a.e
  // Both are exact as doubles, so that IEEE 754 rounds once, to the nearest: 16 ns where the
  // way over the text takes 131.
  if (digits <= exactMax && places >= 0 && places <= powerMax) {
    return digits === 0 ? 0 : (a.s * digits) / (powers[places] ?? 1)
  }
  return Number(a.toFixed())
}

/**
 * `a ÷ b` as the nearest double; `undefined` when `b` is zero. For what is a measure from the start, such as basis points:
 * 26 ns where {@link divide} and {@link toNumber} took 11 µs for a quotient without end.
 */
export function ratio(a: Decimal, b: Decimal): number | undefined {
  if (isZero(b)) return undefined
  if (isZero(a)) return 0
  const shift = a.e - a.c.length - (b.e - b.c.length)
  const upper = integerOf(a) * (powers[Math.max(0, shift)] ?? Infinity)
  const lower = integerOf(b) * (powers[Math.max(0, -shift)] ?? Infinity)
  if (upper <= exactMax && lower <= exactMax) return (a.s * b.s * upper) / lower
  const quotient = divide(a, b)
  return quotient && toNumber(quotient)
}

// Doubles hold integers up to here, and powers of ten up to this one, exactly.
const exactMax = Number.MAX_SAFE_INTEGER
const powerMax = 22
const powers = Array.from({ length: powerMax + 1 }, (_, exponent) => Number(`1e${exponent}`))

/** All digits as one integer, without sign and point; exact up to {@link exactMax}. */
function integerOf({ c }: Decimal): number {
  let integer = 0
  for (const digit of c) integer = integer * 10 + digit
  return integer
}
