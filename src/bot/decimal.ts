/**
 * Exact money and quantities: decimal strings outside, big.js inside. Sums, differences and products are
 * exact; a quotient is rounded to 12 places (half even), and only where the text says so.
 */
import { Big } from 'big.js'

// A constructor of our own: settings on `Big` itself would change it for everybody in the process.
const Exact = Big()
Exact.DP = 12
Exact.RM = Big.roundHalfEven
// Plain notation always: '0.0000001' and never '1e-7'.
Exact.NE = -30
Exact.PE = 30

/** An exact number. Never mutated. */
export type Decimal = Big

/** What a decimal is made from. A number is taken as its shortest text, so 0.1 is 0.1. */
export type Amount = string | number | Big

/** Makes an exact number. Throws on what is no number: check input first. */
export function decimal(value: Amount): Decimal {
  return new Exact(value)
}

/** Nothing. */
export const zero: Decimal = new Exact(0)

/** Down to a multiple of `step` (towards zero). `floorTo('0.0179', '0.001')` is 0.017. */
export function floorTo(value: Amount, step: Amount): Decimal {
  return new Exact(value).div(step).round(0, Big.roundDown).times(step)
}

/** Up to a multiple of `step` (away from zero). */
export function ceilTo(value: Amount, step: Amount): Decimal {
  return new Exact(value).div(step).round(0, Big.roundUp).times(step)
}

/** To the nearest multiple of `step`. */
export function roundTo(value: Amount, step: Amount): Decimal {
  return new Exact(value).div(step).round(0, Big.roundHalfUp).times(step)
}

/** Is `value` a whole number of steps? */
export function isMultipleOf(value: Amount, step: Amount): boolean {
  return new Exact(value).mod(step).eq(0)
}

/** The smaller of two. */
export function least(first: Decimal, second: Decimal): Decimal {
  return first.lt(second) ? first : second
}

/** The larger of two. */
export function most(first: Decimal, second: Decimal): Decimal {
  return first.gt(second) ? first : second
}

/** Plain text with no exponent: '0.010' stays exact as '0.01'. */
export function text(value: Amount): string {
  return new Exact(value).toFixed()
}
