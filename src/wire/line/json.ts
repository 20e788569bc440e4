import { FillpathError } from '../../semconv/error.ts'

/** A parsed JSON object whose numbers still tell int from double: see {@link parseObject}. */
export type Json = Readonly<Record<string, unknown>>

const comma = 44
const backslash = 92
const bracket = 93
const brace = 125
const number = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/**
 * Parses the JSON object `text`, as `encodeLine` writes it. An integer in the result was written as an int; a double that
 * JSON.parse would turn into an integer has become the escape `{"$double":"1.0"}`. An int may be beyond 2⁵³ and then
 * inexact, unless `exact` asks for the escape `{"$int":"9007199254740993"}`: see {@link InexactInteger}.
 *
 * @throws FillpathError `line_malformed`
 */
export function parseObject(text: string, exact: boolean): Json {
  let json: unknown
  try {
    json = JSON.parse(exact || hasWholeDouble(text) ? escapeNumbers(text) : text)
  } catch (cause) {
    throw new FillpathError('line_malformed', describe(text), { cause })
  }
  if (!isJson(json)) throw new FillpathError('line_malformed', describe(text))
  return json
}

/** Thrown where an integer beyond 2⁵³ is met in a line that was not parsed exactly. Such lines are rare: read twice. */
export class InexactInteger extends Error {}

/**
 * Whether a double without a fraction may be in the text: `1.0` before a comma or bracket. One with an exponent is
 * beyond 2⁵³ and found as {@link InexactInteger}.
 */
function hasWholeDouble(text: string): boolean {
  for (let at = text.indexOf('.0'); at >= 0; at = text.indexOf('.0', at + 2)) {
    const next = text.charCodeAt(at + 2)
    if (next === comma || next === brace || next === bracket) return true
  }
  return false
}

/** Whether a parsed value is a JSON object. */
export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function describe(text: string): string {
  const start = JSON.stringify(text.length > 60 ? text.slice(0, 60) + '…' : text)
  if (text.trim() === '') return 'an empty line is not a record'
  if (!text.trimStart().startsWith('{')) return `a record is a JSON object, not ${start}`
  const cutOff = !text.trimEnd().endsWith('}')
  return cutOff
    ? `the line is cut off after ${text.length} characters: ${start}`
    : `the line is not valid JSON: ${start}`
}

/** Writes the ambiguous numbers as escapes. Only what stands outside strings is looked at. */
function escapeNumbers(text: string): string {
  let escaped = ''
  let copied = 0
  let at = 0
  while (at < text.length) {
    const quote = text.indexOf('"', at)
    const end = quote < 0 ? text.length : quote
    // Between two strings of one object there are at most `,` and `:`; a number makes it longer.
    if (end - at > 2) {
      escaped += text.slice(copied, at) + text.slice(at, end).replace(number, escapeNumber)
      copied = end
    }
    at = quote < 0 ? end : endOfString(text, quote)
  }
  return escaped + text.slice(copied)
}

function escapeNumber(token: string): string {
  if (/[.eE]/.test(token)) {
    return Number.isInteger(Number(token)) ? `{"$double":"${token}"}` : token
  }
  return token.length < 16 ? token : `{"$int":"${token}"}`
}

/** The index after the quote that closes the string opened at `open`. */
function endOfString(text: string, open: number): number {
  let at = open + 1
  for (;;) {
    const close = text.indexOf('"', at)
    if (close < 0) return text.length
    if (text.charCodeAt(close - 1) !== backslash) return close + 1
    let backslashes = 1
    while (text.charCodeAt(close - 1 - backslashes) === backslash) backslashes++
    if (backslashes % 2 === 0) return close + 1
    at = close + 1
  }
}
