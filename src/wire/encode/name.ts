/**
 * Strings that come again and again (keys of attributes, names of events and spans), each encoded once and copied from then
 * on. Most are found without a look-up: after `trading.symbol` comes what came after it the last time.
 */

/** A string as field 1 of a message, ready to be copied: tag, length, UTF-8. */
export interface Name {
  readonly text: string
  readonly field: Uint8Array
  /** What came after it the last time. */
  next: Name | undefined
}

/** Names that are kept. Keys made of ids would fill any number: then it begins anew. */
const namesMax = 2048
/** A longer one is no name. */
const lengthMax = 128

const names = new Map<string, Name>()

/** What comes before the first of a run of names. */
export function beginNames(): Name {
  return { text: '', field: fieldOf(''), next: undefined }
}

/** Before the first key of an object. */
export const noName: Name = beginNames()

/** The name of a text that comes after `before`. */
export function nameAfter(before: Name, text: string): Name {
  const guess = before.next
  if (guess !== undefined && guess.text === text) return guess
  const name = names.get(text) ?? learn(text)
  before.next = name
  return name
}

function learn(text: string): Name {
  const name: Name = { text, field: fieldOf(text), next: undefined }
  if (text.length > lengthMax) return name
  if (names.size >= namesMax) forgetAll()
  names.set(text, name)
  return name
}

/** Also what comes after what: else names that nobody needs any more would hold on to one another. */
function forgetAll(): void {
  for (const name of names.values()) name.next = undefined
  names.clear()
}

function fieldOf(text: string): Uint8Array {
  const bytes = Buffer.from(text)
  const head = [0x0a]
  let length = bytes.length
  for (; length > 0x7f; length >>>= 7) head.push((length & 0x7f) | 0x80)
  head.push(length)
  return Uint8Array.from([...head, ...bytes])
}
