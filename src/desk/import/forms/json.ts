import { parseExact } from '../../../base/exact-json.ts'
import { FillpathError } from '../../../semconv/error.ts'

/** A parsed line. */
export type Json = Readonly<Record<string, unknown>>

/** Whether a value is an object with names. */
export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The object that stands in a line; integers beyond 2⁵³ are bigints.
 * @throws FillpathError `line_malformed`
 */
export function parseLine(line: string): Json {
  let json: unknown
  try {
    json = parseExact(line, BigInt)
  } catch (cause) {
    throw new FillpathError('line_malformed', `the line is not JSON: ${String(cause)}`, { cause })
  }
  if (isJson(json)) return json
  throw new FillpathError('line_malformed', 'the line is JSON, but no object')
}
