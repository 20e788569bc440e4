import { normalize } from '../../base/normalize.ts'

/** Any value as a text: a text as it is, an object in its plain form as JSON. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'object' && value !== null
    ? JSON.stringify(normalize(value))
    : String(value)
}
