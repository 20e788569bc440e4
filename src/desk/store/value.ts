/** Attributes as values of columns. */
import { parseDecimal, toNumber } from '../../base/decimal.ts'
import { attributesText, valueText } from '../../wire/line/value.ts'
import type { AttributeName } from '../../semconv/attributes.ts'
import type { AnyValue, Attributes } from '../../wire/record.ts'

/** The text of an attribute; null when it is absent, empty or of another kind. */
export function textOf(attributes: Attributes, name: AttributeName | ResourceName): string | null {
  return textOfValue(attributes.get(name))
}

/** Attributes of a resource that columns are made of, beside ours. */
type ResourceName = 'service.name' | 'service.instance.id'

/** A value as text; null when there is none. */
export function textOfValue(value: AnyValue | undefined): string | null {
  if (typeof value === 'string') return value === '' ? null : value
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  return null
}

/** The number of an attribute; null when it is none. */
export function numberOf(attributes: Attributes, name: AttributeName): number | null {
  const value = attributes.get(name)
  if (typeof value === 'bigint') return Number(value)
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** A whole number that SQLite and JavaScript both hold exactly; null when it is none. */
export function integerOf(attributes: Attributes, name: AttributeName): number | null {
  const number = numberOf(attributes, name)
  return number !== null && Number.isSafeInteger(number) ? number : null
}

/** The twin of a decimal text, to sum and compare. */
export function twinOf(text: string | null | undefined): number | null {
  if (text === null || text === undefined) return null
  const value = parseDecimal(text)
  const number = value === undefined ? Number.NaN : toNumber(value)
  return Number.isFinite(number) ? number : null
}

/** A value as JSON text, in the form of the lines; null when there is none. */
export function jsonOf(value: AnyValue | undefined): string | null {
  return value === undefined || value === null ? null : valueText(value)
}

/** Attributes as JSON text, in the form of the lines. */
export function payloadOf(attributes: Attributes): string {
  return attributesText(attributes)
}
