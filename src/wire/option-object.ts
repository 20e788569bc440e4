/**
 * Options that are objects, of programs that no compiler has looked at: a text where an object is meant, or a name that is
 * misspelt and would be left out without a word.
 */
import { didYouMean } from '../base/nearest.ts'
import { FillpathError } from '../semconv/error.ts'
import { shownValue } from './settings.ts'

/**
 * Checks that an option is an object, where it is there at all.
 * @param allowed what it may be, in words
 * @throws FillpathError `setting_invalid`
 */
export function checkObject(name: string, value: unknown, allowed: string): void {
  if (value === undefined || isObject(value)) return
  throw new FillpathError(
    'setting_invalid',
    `${name} is ${shownValue(value)}; allowed is ${allowed}.`,
  )
}

/**
 * Checks that an option is an object, and that it holds only what it may hold.
 * @param holds the names of that
 * @throws FillpathError `setting_invalid`
 */
export function checkHeld(name: string, value: unknown, holds: readonly string[]): void {
  checkObject(name, value, objectOf(holds))
  if (!isObject(value)) return
  const unknown = Object.keys(value).find((key) => !holds.includes(key))
  if (unknown === undefined) return
  throw new FillpathError(
    'setting_invalid',
    `${name}.${unknown} is not known.${didYouMean(unknown, holds)}`,
    { hint: `Take it out, or name one of ${holds.join(', ')}.` },
  )
}

/** `an object of level, format`. */
export function objectOf(holds: readonly string[]): string {
  return `an object of ${holds.join(', ')}`
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
