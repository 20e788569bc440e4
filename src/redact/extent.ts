import type { Suspicion } from './names.ts'
import { isSecretAsWhole } from './values.ts'

/** A name found in text, and where its value begins. */
export interface Label {
  readonly name: string
  /** The word before the name, when one space parts them. */
  readonly wordBefore: string
  /** Where the name begins. */
  readonly start: number
  /** Behind the separator. */
  readonly valueFrom: number
  /**
   * `query` follows `?` or `&`, `argument` is `--name value`, `list` is `'name', 'value', …`,
   * `pair` is `['name', 'value']`.
   */
  readonly kind: 'field' | 'query' | 'argument' | 'list' | 'pair'
}

/** A piece of text, `end` not included. */
export interface Extent {
  readonly start: number
  readonly end: number
}

/** Where the value of a label lies; `undefined` when there is none to hide. */
export function valueAfter(
  text: string,
  label: Label,
  suspicion: Suspicion,
  replacement: string,
): Extent | undefined {
  let start = label.valueFrom
  // `=>`, `==`, `:=`
  while (start < label.valueFrom + 2 && /[=:>]/.test(text[start] ?? '')) start += 1
  start = skipSpace(text, start)
  const quote = quoteAt(text, start)
  if (quote) {
    const from = start + quote.length
    const end = closingQuote(text, from, quote)
    return label.kind === 'pair' && !closesList(text, end + quote.length)
      ? undefined
      : notEmpty(from, end)
  }
  if (label.kind === 'list' || label.kind === 'pair') return undefined
  if (isReplaced(text, start, replacement)) return undefined
  const from =
    isSecretAsWhole(suspicion) && /[[{]/.test(text[start] ?? '')
      ? closingBracket(text, start)
      : start
  const end = unquotedEnd(text, from, label, suspicion)
  return isHarmless(text.slice(start, end)) ? undefined : notEmpty(start, end)
}

function closesList(text: string, from: number): boolean {
  const rest = text.slice(from, from + 64).trimStart()
  return rest === '' || rest.startsWith(']')
}

// Hidden by an earlier pass, and not a secret that begins with the same letters.
function isReplaced(text: string, start: number, replacement: string): boolean {
  const next = text[start + replacement.length] ?? ''
  return text.startsWith(replacement, start) && !/[\w+/=-]/.test(next)
}

function notEmpty(start: number, end: number): Extent | undefined {
  return end > start ? { start, end } : undefined
}

// A line break between name and value only where a quote or bracket follows, as in printed JSON.
function skipSpace(text: string, from: number): number {
  let start = from
  while (start < from + 64 && /[ \t]/.test(text[start] ?? '')) start += 1
  if (!/[\r\n]/.test(text[start] ?? '')) return start
  let next = start
  while (next < from + 64 && /\s/.test(text[next] ?? '')) next += 1
  return /["'`[{]/.test(text[next] ?? '') ? next : start
}

/** Backslashes before a quote: six levels of JSON within JSON. */
export const escapesMax = 63

// An opening quote with the backslashes that escape it, or a quote of a URL-encoded text.
function quoteAt(text: string, start: number): string | undefined {
  if (text.startsWith('%22', start)) return '%22'
  let end = start
  while (end < start + escapesMax && text[end] === '\\') end += 1
  return /["'`]/.test(text[end] ?? '') ? text.slice(start, end + 1) : undefined
}

/**
 * Where a quoted value ends; the end of the text when the quote was never closed. `quote` is the
 * quote character behind the backslashes that escape it: in JSON within JSON a value runs from `\"`
 * to `\"`, and `\\\"` is a part of it.
 */
export function closingQuote(text: string, from: number, quote: string): number {
  if (quote === '%22') {
    const end = text.indexOf(quote, from)
    return end < 0 ? text.length : end
  }
  const escapes = quote.length - 1
  const character = quote.slice(-1)
  for (let at = text.indexOf(character, from); at >= 0; at = text.indexOf(character, at + 1)) {
    let backslashes = 0
    while (at - backslashes > from && text[at - backslashes - 1] === '\\') backslashes += 1
    if (backslashes < escapes) return at - backslashes
    // Each escaped backslash at the end of the value adds 2 × (escapes + 1).
    if ((backslashes - escapes) % (2 * (escapes + 1)) === 0) return at - escapes
  }
  return text.length
}

// Behind the bracket that closes a list or object, or the end of the text.
function closingBracket(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at += 1) {
    const character = text[at] ?? ''
    if (character === '[' || character === '{') depth += 1
    else if (character === ']' || character === '}') {
      depth -= 1
      if (depth === 0) return at + 1
    } else if (character === '\\' || character === '"' || character === "'") {
      const quote = quoteAt(text, at)
      if (quote) at = closingQuote(text, at + quote.length, quote) + quote.length - 1
    }
  }
  return text.length
}

// Keys, seeds and addresses are short. What goes on for longer is none, and is not read again for
// each name in it.
const shortLengthMax = 200

function unquotedEnd(text: string, start: number, label: Label, suspicion: Suspicion): number {
  if (suspicion === 'key' || suspicion === 'seed' || suspicion === 'address') {
    const end = fieldEnd(text.slice(start, start + shortLengthMax), 0)
    return end < shortLengthMax ? start + end : start
  }
  if (label.kind === 'query') return endAt(text, start, /[\s&#"'`<>\\]/g)
  if (suspicion === 'line') {
    const before = text[label.start - 1] ?? ''
    const wrapped = before === '"' || before === "'" || before === '`'
    if (!wrapped) return endAt(text, start, /[\r\n\\]/g)
    const end = text.indexOf(before, start)
    return end < 0 ? text.length : end
  }
  const end = fieldEnd(text, start)
  return suspicion === 'phrase' ? wordsEnd(text, end) : end
}

function endAt(text: string, start: number, pattern: RegExp): number {
  pattern.lastIndex = start
  return pattern.exec(text)?.index ?? text.length
}

// A comma or bracket ends a value only when no part of it follows: `a=1,b=2`, `(a=1)`, but not in
// `p,ss)word`.
function fieldEnd(text: string, start: number): number {
  // eslint-disable-next-line no-control-regex -- \u0001 parts the fields of a FIX message
  const stops = /[\s"'`\\<>\u0001&，；。]|[,;)\]}|](?=[^A-Za-z0-9]|$|[\w.-]{1,64}[=:])/g
  return endAt(text, start, stops)
}

// A phrase goes on through the words that follow, up to a punctuation mark or the next name.
function wordsEnd(text: string, start: number): number {
  const words = /(?:,? [a-z]{1,16}(?![\w+/=:%-])){0,48}/gy
  words.lastIndex = start
  return words.test(text) ? words.lastIndex : start
}

// What programs print in place of a secret, or about its absence.
const harmless = new Set(
  `true false null undefined none nil yes no set unset missing empty required invalid expired`.split(
    ' ',
  ),
)

function isHarmless(text: string): boolean {
  return text.length <= 10 && harmless.has(text.toLowerCase().replace(/[.!]$/, ''))
}
