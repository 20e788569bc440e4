import { FillpathError } from '../../semconv/error.ts'

/** A parsed JSON object whose numbers still tell int from double: see {@link parseObject}. */
export type Json = Readonly<Record<string, unknown>>

// A double without a fraction, or with a positive exponent; or more digits than a double holds.
const ambiguous = /\.0+[\s,}\]]|\d[eE]\+?\d+[\s,}\]]|\d{16,}[\s,}\]]/
const number = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/**
 * Parses the JSON object `text`, as `encodeLine` writes it. An integer in the result was written as an int and is
 * exact. A double that JSON.parse would turn into an integer has become the escape `{"$double":"1.0"}`, an int
 * of 16 digits and more `{"$int":"9007199254740993"}`; only lines that hold such a number pay for a second look.
 *
 * @throws FillpathError `line_malformed`
 */
export function parseObject(text: string): Json {
  let json: unknown
  try {
    json = JSON.parse(ambiguous.test(text) ? escapeNumbers(text) : text)
  } catch (cause) {
    throw new FillpathError('line_malformed', describe(text), { cause })
  }
  if (!isJson(json)) throw new FillpathError('line_malformed', describe(text))
  return json
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
  let at = 0
  while (at < text.length) {
    const open = text.indexOf('"', at)
    if (open < 0) return escaped + escapeSegment(text.slice(at))
    const close = endOfString(text, open)
    escaped += open - at < 3 ? text.slice(at, open) : escapeSegment(text.slice(at, open))
    escaped += text.slice(open, close)
    at = close
  }
  return escaped
}

function escapeSegment(segment: string): string {
  return segment.replace(number, escapeNumber)
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
    let backslashes = 0
    while (text.charCodeAt(close - 1 - backslashes) === 92) backslashes++
    if (backslashes % 2 === 0) return close + 1
    at = close + 1
  }
}
