import { types } from 'node:util'
import { read } from '../../base/readable.ts'
import { exceptionAttributes } from '../event/exception.ts'

/** Kept elsewhere, or wiring of the HTTP client. */
const told = new Set(
  `name message stack code cause errors status statusCode httpStatus httpCode body responseBody config request
  response options isAxiosError level`.split(/\s+/),
)

/** Whether a value is an error, also one of another realm. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value)
}

/**
 * An error as fields of a line: class, message, code, stack with causes, HTTP status and answer; what else it carries
 * is kept in `trading.error.details`. The type is the class: a code is no type.
 */
export function exceptionFields(thrown: unknown): Record<string, unknown> {
  const fields: Record<string, unknown> = { ...exceptionAttributes(thrown) }
  if (!isError(thrown)) return fields
  const type = className(thrown)
  if (fields['exception.type'] !== 'unreadable') fields['exception.type'] = type
  const details = detailsOf(thrown)
  if (details) fields['trading.error.details'] = details
  return fields
}

function className(error: Error): string {
  const name = read(error, 'name')
  if (typeof name === 'string' && name !== '' && name !== 'Error') return name
  const constructor = read(error, 'constructor')
  const own = typeof constructor === 'function' ? read(constructor, 'name') : undefined
  return typeof own === 'string' && own !== '' ? own : 'Error'
}

function detailsOf(error: Error): Record<string, unknown> | undefined {
  const details: Record<string, unknown> = {}
  let count = 0
  for (const key of Object.keys(error)) {
    if (told.has(key)) continue
    const value = read(error, key)
    if (value === undefined) continue
    details[key] = value
    count += 1
  }
  return count > 0 ? details : undefined
}
