import { isHeaderName, isSecretFixTag } from './names.ts'
import type { Suspicion } from './names.ts'
import { isSecretText } from './values.ts'
import { escapesMax, valueAfter } from './extent.ts'
import type { Label } from './extent.ts'

/**
 * Secrets in text that stand behind their name: JSON (also JSON inside JSON), query strings, header
 * dumps, `util.inspect`, `.env` lines, command arguments, FIX messages, prose.
 *
 * Looks at each `=`, `:` and quoted `,`, reads the name before it and asks the same rules as for
 * the keys of an object. Works without parsing, so a cut or broken text is covered too. Each
 * character is looked at a bounded number of times, whatever the text.
 */
export function redactLabels(
  text: string,
  replacement: string,
  suspicionOf: (name: string) => Suspicion,
): string {
  const isFix = text.includes('8=FIX')
  let beside: boolean | undefined
  let result = ''
  let kept = 0
  separators.lastIndex = 0
  while (separators.test(text)) {
    const at = separators.lastIndex - 1
    const code = text.charCodeAt(at)
    const label = code === 45 ? argumentAt(text, at - 1) : labelAt(text, at, code)
    if (!label) continue
    const suspicion =
      isFix && isSecretFixTag(label.name) ? 'secret' : suspicionOfLabel(label, suspicionOf)
    if (suspicion === 'plain') continue
    const value = valueAfter(text, label, suspicion, replacement)
    if (!value) continue
    beside ??= hasCredentials(text)
    const content = text.slice(value.start, value.end)
    if (!isSecretText(suspicion, content, beside)) continue
    if (isItem(label) && isNameOfSecret(content, suspicionOf)) continue
    result += text.slice(kept, value.start) + replacement
    kept = value.end
    separators.lastIndex = value.end
  }
  return kept === 0 ? text : result + text.slice(kept)
}

function isItem({ kind }: Label): boolean {
  return kind === 'list' || kind === 'pair'
}

// `['X-API-KEY', 'X-API-SECRET']` is a list of names.
function isNameOfSecret(text: string, suspicionOf: (name: string) => Suspicion): boolean {
  return /^[\w-]{1,40}$/.test(text) && suspicionOf(text) !== 'plain'
}

// Sought with `test` and `lastIndex`: the search stays in compiled code and allocates nothing.
const separators = /[=:：,%]|--/g

// A bare `key` is an API key when the rest of the credentials stands in the same text.
function hasCredentials(text: string): boolean {
  return /secret|passphrase|signature|\bsign\b/i.test(text)
}

// `private key: …` and `seed phrase = …` have their meaning in two words.
const endsPair = /^(?:keys?|phrase|words|token|secret)$/i

function suspicionOfLabel(label: Label, suspicionOf: (name: string) => Suspicion): Suspicion {
  if (label.wordBefore !== '' && endsPair.test(label.name)) {
    const suspicion = suspicionOf(`${label.wordBefore} ${label.name}`)
    if (suspicion !== 'plain') return suspicion
  }
  return suspicionOf(label.name)
}

const nameLengthMax = 80

function labelAt(text: string, index: number, code: number): Label | undefined {
  const isList = code === 44
  if (isList && !isQuoting(text.charCodeAt(index - 1))) return undefined
  if (code === 37 && !/^3[AaDd]$/.test(text.slice(index + 1, index + 3))) return undefined
  let end = index
  while (end > 0 && index - end < 3 && isSpace(text.charCodeAt(end - 1))) end -= 1
  const closed = end
  while (end > 0 && closed - end <= escapesMax && isQuoting(text.charCodeAt(end - 1))) end -= 1
  if (text.charCodeAt(end - 3) === 37 && text.startsWith('%22', end - 3)) end -= 3
  let start = end
  while (start > 0 && end - start < nameLengthMax && !isNameEnd(text.charCodeAt(start - 1))) {
    start -= 1
  }
  const before = text.charCodeAt(start - 1)
  // The two digits of an escape such as %22 are no part of the name.
  if (before === 37) start += 2
  if (start >= end) return undefined
  const name = text.slice(start, end)
  if (isList) return itemAfter(text, index, name, start)
  return {
    name,
    wordBefore: end < closed ? '' : wordEndingAt(text, start - 1),
    start,
    valueFrom: index + (code === 37 ? 3 : 1),
    kind: before === 63 || before === 38 ? 'query' : 'field',
  }
}

// What comes after a quoted name and a comma: its value in `{"name": "X-KEY", "value": "…"}`, in a
// pair `["apiKey", "…"]` and in a flat list of headers, else the next name.
const nextName = /\s{0,64}\\{0,63}["'`]([\w-]{1,64})\\{0,63}["'`]\s{0,64}:/y

function itemAfter(text: string, comma: number, name: string, start: number): Label | undefined {
  nextName.lastIndex = comma + 1
  const [next, nextKey] = nextName.exec(text) ?? []
  const label = { name, wordBefore: '', start }
  if (next === undefined) {
    const valueFrom = comma + 1
    if (isHeaderName(name)) return { ...label, valueFrom, kind: 'list' }
    return opensList(text, start) ? { ...label, valueFrom, kind: 'pair' } : undefined
  }
  return nextKey === 'value'
    ? { ...label, valueFrom: comma + 1 + next.length, kind: 'field' }
    : undefined
}

// Whether a quoted name is the first item of a list.
function opensList(text: string, nameStart: number): boolean {
  let at = nameStart - 1
  while (at >= 0 && nameStart - at <= escapesMax + 1 && isQuoting(text.charCodeAt(at))) at -= 1
  while (at >= 0 && nameStart - at < 128 && text.charCodeAt(at) <= 32) at -= 1
  return text[at] === '['
}

// `--name value`
function argumentAt(text: string, start: number): Label | undefined {
  if (text.charCodeAt(start + 1) !== 45 || !isNameEnd(text.charCodeAt(start - 1))) return undefined
  let end = start + 2
  while (end - start < 42 && isNameCharacter(text.charCodeAt(end))) end += 1
  if (end - start < 4 || text.charCodeAt(end) !== 32 || text[start + 2] === '-') return undefined
  const name = text.slice(start + 2, end)
  return { name, wordBefore: '', start, valueFrom: end + 1, kind: 'argument' }
}

function wordEndingAt(text: string, end: number): string {
  if (end < 1 || !isSpace(text.charCodeAt(end))) return ''
  let start = end
  while (start > 0 && end - start < 16 && isLetter(text.charCodeAt(start - 1))) start -= 1
  return text.slice(start, end)
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90)
}

// " ' ` \ ]
function isQuoting(code: number): boolean {
  return code === 34 || code === 39 || code === 96 || code === 92 || code === 93
}

function isNameCharacter(code: number): boolean {
  return isLetter(code) || (code >= 48 && code <= 57) || code === 45 || code === 95
}

const nameEnds = new Uint8Array(128)
for (const character of '"\'`\\=:,;&?{}()[]<>|%/@#!$^*~') nameEnds[character.charCodeAt(0)] = 1
nameEnds.fill(1, 0, 33)
const wideNameEnds = '：，；。（）「」　'

// What lies before the text (NaN) ends a name too.
function isNameEnd(code: number): boolean {
  if (Number.isNaN(code)) return true
  return code < 128 ? nameEnds[code] === 1 : wideNameEnds.includes(String.fromCharCode(code))
}
