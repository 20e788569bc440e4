/** Values as attributes have them, from texts: Loki keeps every value as one. */
import { attributeDefinition } from '../semconv/attributes.ts'
import type { AnyValue } from '../wire/record.ts'

const integer = /^-?(?:0|[1-9]\d{0,17})$/

/**
 * The value of an attribute. The registry says what it is. What it does not know is a number, a boolean or a list where
 * its text is exactly what one is written as; else a text.
 */
export function valueOf(name: string, text: string): AnyValue {
  switch (attributeDefinition(name)?.type) {
    case 'string':
    case 'decimal':
      return text
    case 'int':
      return integer.test(text) ? BigInt(text) : text
    case 'double':
      return doubleOf(text) ?? text
    case 'boolean':
      return booleanOf(text) ?? text
    case 'string[]':
      return structureOf(text) ?? text
    case 'any':
    case undefined:
      return guess(text)
  }
}

/**
 * The value of a key within a map. The registry has an example of the map: what its key holds there it holds here, and a
 * map of texts alone is one of decimals.
 */
export function valueWithin(name: string, key: string, text: string): AnyValue {
  const example = attributeDefinition(name)?.example
  if (typeof example !== 'object' || example === null) return guess(text)
  const shown = new Map<string, unknown>(Object.entries(example))
  const isText = shown.has(key)
    ? typeof shown.get(key) === 'string'
    : Array.from(shown.values()).every((value) => typeof value === 'string')
  return isText ? text : guess(text)
}

/** What a text most likely was before it became one. */
export function guess(text: string): AnyValue {
  if (integer.test(text)) return BigInt(text)
  const number = Number(text)
  if (text !== '' && String(number) === text && Number.isFinite(number)) return number
  return booleanOf(text) ?? structureOf(text) ?? text
}

function booleanOf(text: string): boolean | undefined {
  return text === 'true' ? true : text === 'false' ? false : undefined
}

function doubleOf(text: string): number | undefined {
  if (text === '+Inf' || text === 'Infinity') return Number.POSITIVE_INFINITY
  if (text === '-Inf' || text === '-Infinity') return Number.NEGATIVE_INFINITY
  if (text === 'NaN') return Number.NaN
  const number = Number(text)
  return text.trim() === '' || Number.isNaN(number) ? undefined : number
}

/** The list of a JSON text; undefined when it is none. A map is no text in Loki but a name for each of its values. */
function structureOf(text: string): AnyValue | undefined {
  if (!text.startsWith('[')) return undefined
  try {
    return fromJson(JSON.parse(text))
  } catch {
    return undefined
  }
}

function fromJson(value: unknown): AnyValue {
  if (Array.isArray(value)) return value.map(fromJson)
  if (typeof value === 'object' && value !== null) {
    return new Map(Object.entries(value).map(([key, part]) => [key, fromJson(part)]))
  }
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  return typeof value === 'string' || typeof value === 'boolean' ? value : null
}
