import { parseDecimal, sign } from '../../../base/decimal.ts'
import type { Side } from '../../../semconv/words.ts'

/** An object of a message, before anything is known of it. */
export type Fields = Readonly<Record<string, unknown>>

/** Whether a value is an object that may have fields. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The objects of an array; none for anything else. */
export function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : []
}

/** A text or number as text; undefined when it is missing, empty or something else. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined
}

/** A decimal text as it was written; undefined when it is no number. */
export function amountOf(value: unknown): string | undefined {
  const text = textOf(value)
  return text !== undefined && parseDecimal(text) ? text : undefined
}

/** A decimal text above zero: venues write 0 where there is no price. */
export function positiveOf(value: unknown): string | undefined {
  const text = textOf(value)
  const amount = parseDecimal(text)
  return amount && sign(amount) > 0 ? text : undefined
}

/** Milliseconds since the epoch from a number or text of them, or from ISO text. */
export function millisecondsOf(value: unknown): number | undefined {
  const text = textOf(value)
  if (text === undefined) return undefined
  const ms = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
  return Number.isFinite(ms) ? ms : undefined
}

/** BUY, Buy, buy. */
export function sideOf(value: unknown): Side | undefined {
  const side = textOf(value)?.toLowerCase()
  return side === 'buy' || side === 'sell' ? side : undefined
}

/** True or false; undefined for anything else. */
export function flagOf(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}
