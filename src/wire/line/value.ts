import type { AnyValue, Attributes } from '../record.ts'

/** Quotes, backslashes, control characters and lone surrogates. */
const needsEscape = /["\\\p{Cc}\p{Cs}]/u
const arrayIndex = /^(?:0|[1-9]\d{0,9})$/
const arrayIndexMax = 4_294_967_294

/** A JSON string. Lone surrogates become `\ud83d`, so that any JavaScript string comes back as it was. */
export function quote(text: string): string {
  return needsEscape.test(text) ? JSON.stringify(text) : '"' + text + '"'
}

/** A double: always with a point or an exponent, `-0.0` included; NaN and the infinities as `{"$double":"NaN"}`. */
export function doubleText(value: number): string {
  if (Number.isInteger(value)) {
    if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
    const text = String(value)
    return text.includes('e') ? text : text + '.0'
  }
  return Number.isFinite(value) ? String(value) : `{"$double":"${String(value)}"}`
}

/** An int64 or a double. */
export function numberText(value: bigint | number): string {
  return typeof value === 'bigint' ? value.toString() : doubleText(value)
}

/** Any AnyValue as JSON; the escapes are listed in `wire/line.ts`. */
export function valueText(value: AnyValue): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return doubleText(value)
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (value === null) return 'null'
  if (isAttributes(value)) return attributesText(value)
  if (value instanceof Uint8Array) return bytesText(value)
  let text = ''
  for (const item of value) text += text === '' ? valueText(item) : ',' + valueText(item)
  return '[' + text + ']'
}

/** Attributes or a kvlist as a JSON object, or as `{"$map":[[key,value],…]}` where an object would not come back. */
export function attributesText(attributes: Attributes): string {
  let text = ''
  let named = false
  let indexBefore = -1
  for (const [key, value] of attributes) {
    const first = key.charCodeAt(0)
    if (first === 36 && attributes.size === 1) return entriesText(attributes)
    // JSON.parse of V8 12.8 and later may take an escaped key for another one (nodejs/node#63785).
    if (needsEscape.test(key)) return entriesText(attributes)
    // JSON.parse puts keys that look like an array index first, in rising order.
    if (first >= 48 && first <= 57 && arrayIndex.test(key) && Number(key) <= arrayIndexMax) {
      if (named || Number(key) < indexBefore) return entriesText(attributes)
      indexBefore = Number(key)
    } else {
      named = true
    }
    text += (text === '' ? '' : ',') + '"' + key + '":' + valueText(value)
  }
  return '{' + text + '}'
}

function entriesText(attributes: Attributes): string {
  const entries = Array.from(attributes, ([key, value]) => `[${quote(key)},${valueText(value)}]`)
  return `{"$map":[${entries.join(',')}]}`
}

function bytesText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return `{"$bytes":"${buffer.toString('base64')}"}`
}

/** Whether a value is a kvlist. */
function isAttributes(value: AnyValue): value is Attributes {
  return value instanceof Map
}
