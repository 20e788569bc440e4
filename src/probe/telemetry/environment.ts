import { didYouMean } from '../../base/nearest.ts'
import { FillpathError } from '../../semconv/error.ts'

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The value of a variable; undefined when it is not set or empty, as OpenTelemetry's specification says. */
export function textOf(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim()
  return value === '' ? undefined : value
}

/**
 * A whole number.
 * @throws FillpathError `setting_invalid` for anything else, and below `min`
 */
export function integerOf(env: Environment, name: string, min: number): number | undefined {
  const text = textOf(env, name)
  return text === undefined ? undefined : checkInteger(name, text, min)
}

/**
 * `value` as a whole number of at least `min`.
 * @param name how the user calls it
 * @throws FillpathError `setting_invalid`
 */
export function checkInteger(name: string, value: unknown, min: number): number {
  const number = typeof value === 'string' ? Number(value) : value
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= min) return number
  throw invalid(name, value, `is not a whole number of at least ${min}`)
}

/**
 * One of a closed set of words.
 * @throws FillpathError `setting_invalid`
 */
export function checkWord<Word extends string>(
  name: string,
  value: unknown,
  words: readonly Word[],
): Word {
  const found = words.find(word => word === value)
  if (found !== undefined) return found
  const hint = `${didYouMean(String(value), words)} Allowed are ${words.join(', ')}.`.trim()
  throw invalid(name, value, 'is not known', hint)
}

/**
 * `true` or `false`. OpenTelemetry's specification: anything else counts as false; said aloud here.
 * @throws FillpathError `setting_invalid`
 */
export function booleanOf(env: Environment, name: string): boolean | undefined {
  const text = textOf(env, name)?.toLowerCase()
  if (text === undefined) return undefined
  return checkWord(name, text, ['true', 'false']) === 'true'
}

/** The error for a value that is not allowed. */
export function invalid(name: string, value: unknown, problem: string, hint?: string): FillpathError {
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return new FillpathError('setting_invalid', `${name}=${shown} ${problem}`, { hint })
}
