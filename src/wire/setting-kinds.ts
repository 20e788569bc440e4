/**
 * The kinds of settings: how each is read from text or from an option, what is allowed, how it is
 * shown.
 *
 * | kind | as text | as an option | read as |
 * |---|---|---|---|
 * | string | `hedge-bot` | string | string |
 * | integer | `512` | number | number |
 * | duration | `1500` (milliseconds), `30s`, `5m`, `1h30m`, `2d` | the same, or number of milliseconds | ms |
 * | size | `1048576` (bytes), `16MiB`, `2GB` | the same, or number of bytes | bytes |
 * | boolean | `true`, `false` | boolean | boolean |
 * | choice | one of its words, any case | the same | the word |
 * | url | `http://127.0.0.1:4318` | the same, or URL | string |
 * | headers | `name=value,name=value`, percent-encoded | the same, or an object | object, names in lower case |
 */
export type SettingKind =
  | { readonly kind: 'string'; readonly pattern?: RegExp; readonly allowed?: string }
  | {
      readonly kind: 'integer'
      readonly unit?: string
      readonly min?: number
      readonly max?: number
    }
  | { readonly kind: 'duration'; readonly min?: number; readonly max?: number }
  | { readonly kind: 'size'; readonly min?: number; readonly max?: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'url'; readonly schemes?: readonly string[] }
  | { readonly kind: 'headers' }

/** A value that was read. */
export type SettingValue = string | number | boolean | Readonly<Record<string, string>>

/**
 * Reads a value; `undefined` when it is not allowed. Text from the environment comes trimmed and
 * not empty.
 */
export function readKind(kind: SettingKind, given: unknown): SettingValue | undefined {
  switch (kind.kind) {
    case 'string':
      return typeof given === 'string' && (kind.pattern?.test(given) ?? given.trim() !== '')
        ? given
        : undefined
    case 'integer':
      return within(kind, typeof given === 'string' ? wholeNumber(given) : given)
    case 'duration':
      return within(kind, typeof given === 'string' ? durationMs(given) : given)
    case 'size':
      return within(kind, typeof given === 'string' ? sizeBytes(given) : given)
    case 'boolean':
      return typeof given === 'string'
        ? booleanOf(given)
        : typeof given === 'boolean'
          ? given
          : undefined
    case 'choice':
      return typeof given === 'string'
        ? kind.values.find((value) => value.toLowerCase() === given.toLowerCase())
        : undefined
    case 'url':
      return urlOf(given instanceof URL ? given.href : given, kind.schemes ?? ['http', 'https'])
    case 'headers':
      return typeof given === 'string' ? headersOf(given) : headersOfObject(given)
  }
}

/** What is allowed, to stand behind "allowed is". */
export function allowedOf(kind: SettingKind): string {
  switch (kind.kind) {
    case 'string':
      return kind.allowed ?? 'a text that is not empty'
    case 'integer':
      return `a whole number${kind.unit === undefined ? '' : ` of ${kind.unit}`}${rangeOf(kind, String)}`
    case 'duration':
      return `a time in milliseconds or with a unit, such as 1500, 30s, 5m, 1h30m, 2d${rangeOf(kind, durationText)}`
    case 'size':
      return `a number of bytes or with a unit, such as 65536, 16MiB, 2GB${rangeOf(kind, sizeText)}`
    case 'boolean':
      return 'true or false'
    case 'choice':
      return `one of ${kind.values.join(', ')}`
    case 'url':
      return `a URL that begins with ${(kind.schemes ?? ['http', 'https']).map((scheme) => `${scheme}://`).join(' or ')}`
    case 'headers':
      return 'name=value pairs with commas between them; a comma or space in a value is written %2C or %20'
  }
}

function wholeNumber(text: string): number | undefined {
  return /^[+-]?\d{1,16}$/.test(text) ? Number(text) : undefined
}

function within(
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { readonly min?: number; readonly max?: number },
  given: unknown,
): number | undefined {
  if (typeof given !== 'number' || !Number.isSafeInteger(given)) return undefined
  return given >= min && given <= max ? given : undefined
}

function rangeOf(
  { min = 0, max }: { readonly min?: number; readonly max?: number },
  show: (value: number) => string,
): string {
  if (max !== undefined) return `, from ${show(min)} to ${show(max)}`
  return min > 0 ? `, at least ${show(min)}` : ''
}

// OpenTelemetry: only `true` and `false`, in any case.
function booleanOf(text: string): boolean | undefined {
  switch (text.toLowerCase()) {
    case 'true':
      return true
    case 'false':
      return false
    default:
      return undefined
  }
}

const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

function durationMs(text: string): number | undefined {
  const plain = wholeNumber(text)
  if (plain !== undefined) return plain
  const found =
    /^(?:(\d{1,9})d)?(?:(\d{1,12})h)?(?:(\d{1,13})m)?(?:(\d{1,15})s)?(?:(\d{1,16})ms)?$/.exec(
      text.replaceAll(' ', '').toLowerCase(),
    )
  if (!found || text === '') return undefined
  const [, d = 0, h = 0, m = 0, s = 0, ms = 0] = found.map((part) => Number(part ?? 0))
  return d * unitsMs.d + h * unitsMs.h + m * unitsMs.m + s * unitsMs.s + ms
}

/** A duration as people write it: `90000` is `1m30s`. */
export function durationText(ms: number): string {
  let left = ms
  let text = ''
  for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
    const count = Math.floor(left / unitsMs[unit])
    if (count > 0) text += `${count}${unit}`
    left -= count * unitsMs[unit]
  }
  return text === '' ? '0' : text
}

const unitsBytes: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
}

function sizeBytes(text: string): number | undefined {
  const plain = wholeNumber(text)
  if (plain !== undefined) return plain
  const [, count, unit = ''] = /^(\d{1,16}(?:\.\d{1,6})?) ?([a-z]{1,3})$/i.exec(text) ?? []
  const bytes = Number(count) * (unitsBytes[unit.toLowerCase()] ?? Number.NaN)
  return Number.isFinite(bytes) ? Math.round(bytes) : undefined
}

/** A size as people write it: `16777216` is `16MiB`. */
export function sizeText(bytes: number): string {
  for (const unit of ['TiB', 'GiB', 'MiB', 'KiB'] as const) {
    const one = unitsBytes[unit.toLowerCase()] ?? 1
    if (bytes >= one && bytes % one === 0) return `${bytes / one}${unit}`
  }
  return String(bytes)
}

function urlOf(given: unknown, schemes: readonly string[]): string | undefined {
  if (typeof given !== 'string' || !URL.canParse(given)) return undefined
  const { protocol, hostname } = new URL(given)
  return schemes.includes(protocol.slice(0, -1)) && hostname !== '' ? given : undefined
}

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/**
 * OpenTelemetry, "OTLP Exporter Configuration": as W3C Baggage without its metadata (a `;` is a
 * part of the value), values percent-encoded, empty entries skipped.
 */
function headersOf(text: string): Readonly<Record<string, string>> | undefined {
  const pairs: Record<string, string> = {}
  for (const entry of text.split(',')) {
    if (entry.trim() === '') continue
    const equals = entry.indexOf('=')
    if (equals < 1) return undefined
    pairs[decode(entry.slice(0, equals))] = decode(entry.slice(equals + 1))
  }
  return headersOfObject(pairs)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.trim())
  } catch {
    // A lone percent sign was meant as it is.
    return text.trim()
  }
}

function headersOfObject(given: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return undefined
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== 'string' || !headerName.test(name) || /[\r\n\0]/.test(value))
      return undefined
    headers[name.toLowerCase()] = value
  }
  return headers
}
