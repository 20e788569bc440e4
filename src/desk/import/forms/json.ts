import { FillpathError } from '../../../semconv/error.ts'

/** A parsed line. */
export type Json = Readonly<Record<string, unknown>>

/** Whether a value is an object with names. */
export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Integers beyond 2⁵³, such as the order ids of some venues: they would lose their last digits. */
const longInteger = /[[:,]\s*-?\d{16,}\s*[\],}]/

/**
 * The object that stands in a line; integers beyond 2⁵³ are bigints.
 * @throws FillpathError `line_malformed`
 */
export function parseLine(line: string): Json {
  let json: unknown
  try {
    json = longInteger.test(line) ? JSON.parse(line, reviveExact) : JSON.parse(line)
  } catch (cause) {
    throw new FillpathError('line_malformed', `the line is not JSON: ${String(cause)}`, { cause })
  }
  if (isJson(json)) return json
  throw new FillpathError('line_malformed', 'the line is JSON, but no object')
}

/** The third argument of a reviver, of ECMAScript 2026, holds the text of the number. */
function reviveExact(_key: string, value: unknown, ...rest: unknown[]): unknown {
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value
  const source = isJson(rest[0]) ? rest[0]['source'] : undefined
  return typeof source === 'string' && /^-?\d+$/.test(source) ? BigInt(source) : value
}
