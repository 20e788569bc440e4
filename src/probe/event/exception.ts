import type { TradingAttributes } from '../../semconv/attributes.ts'

/**
 * An error as attributes: class, message, code, stack with causes, and what an HTTP client left on it (axios, got,
 * fetch wrappers, ccxt). The class name is the type; the code stands apart, because a code says less than a class.
 */

const causesMax = 8
const stackLengthMax = 16_384

/** Attributes of whatever was thrown. Never throws itself. */
export function exceptionAttributes(thrown: unknown): TradingAttributes {
  try {
    return isObject(thrown) ? ofObject(thrown) : ofPrimitive(thrown)
  } catch {
    // A proxy or getter that throws while it is looked at.
    return { 'error.type': 'unreadable', 'exception.type': 'unreadable' }
  }
}

/** Class of an error, low in cardinality: `InsufficientFunds`, `TypeError`, or the code of a plain system error. */
function errorType(thrown: unknown): string {
  if (!isObject(thrown)) return typeof thrown
  const name = textOf(thrown, 'name')
  if (name !== undefined && name !== 'Error') return name
  const constructor = Reflect.get(thrown, 'constructor')
  const className = typeof constructor === 'function' ? constructor.name : ''
  if (className !== '' && className !== 'Error' && className !== 'Object') return className
  return textOf(thrown, 'code') ?? (className === '' ? 'Object' : className)
}

function ofObject(thrown: object): TradingAttributes {
  const type = errorType(thrown)
  const message = textOf(thrown, 'message')
  const code = textOf(thrown, 'code')
  const causes = causesOf(thrown)
  const status = statusOf(thrown)
  const body = bodyOf(thrown)
  return {
    'error.type': type,
    'exception.type': textOf(thrown, 'name') ?? type,
    ...(message !== undefined && { 'exception.message': message }),
    'exception.stacktrace': stackOf(thrown, causes),
    ...(code !== undefined && { 'exception.code': code }),
    ...(causes.length > 0 && { 'trading.error.causes': causes.map(summaryOf) }),
    ...(status !== undefined && { 'http.response.status_code': status }),
    ...(body !== undefined && { 'http.response.body': body }),
  }
}

function ofPrimitive(thrown: unknown): TradingAttributes {
  return {
    'error.type': typeof thrown,
    'exception.type': typeof thrown,
    'exception.message': String(thrown),
  }
}

function causesOf(thrown: object): object[] {
  const causes: object[] = []
  let cause: unknown = Reflect.get(thrown, 'cause')
  while (isObject(cause) && causes.length < causesMax && cause !== thrown) {
    if (causes.includes(cause)) break
    causes.push(cause)
    cause = Reflect.get(cause, 'cause')
  }
  const inner: unknown = Reflect.get(thrown, 'errors')
  if (Array.isArray(inner)) causes.push(...inner.filter(isObject).slice(0, causesMax))
  return causes
}

function summaryOf(cause: object): Record<string, unknown> {
  const message = textOf(cause, 'message')
  const code = textOf(cause, 'code')
  return {
    type: errorType(cause),
    ...(message !== undefined && { message }),
    ...(code !== undefined && { code }),
  }
}

function stackOf(thrown: object, causes: readonly object[]): string {
  const own = textOf(thrown, 'stack') ?? `${errorType(thrown)}: ${textOf(thrown, 'message') ?? ''}`
  const all = [
    own,
    ...causes.map((cause) => `Caused by: ${textOf(cause, 'stack') ?? errorType(cause)}`),
  ]
  const stack = all.join('\n')
  return stack.length > stackLengthMax ? `${stack.slice(0, stackLengthMax)}…` : stack
}

function statusOf(thrown: object): number | undefined {
  const response: unknown = Reflect.get(thrown, 'response')
  const places = [thrown, ...(isObject(response) ? [response] : [])]
  for (const place of places) {
    for (const key of ['status', 'statusCode', 'httpStatus', 'httpCode']) {
      const value: unknown = Reflect.get(place, key)
      if (typeof value === 'number' && Number.isInteger(value)) return value
    }
  }
  return undefined
}

function bodyOf(thrown: object): unknown {
  const response: unknown = Reflect.get(thrown, 'response')
  if (isObject(response)) {
    const data: unknown = Reflect.get(response, 'data') ?? Reflect.get(response, 'body')
    if (isBody(data)) return data
  }
  const own: unknown = Reflect.get(thrown, 'responseBody') ?? Reflect.get(thrown, 'body')
  return isBody(own) ? own : undefined
}

// A stream or a socket is no body to keep.
function isBody(value: unknown): boolean {
  if (typeof value === 'string') return value !== ''
  return isObject(value) && !('pipe' in value) && !('getReader' in value)
}

function textOf(value: object, key: string): string | undefined {
  const text: unknown = Reflect.get(value, key)
  if (typeof text === 'string') return text === '' ? undefined : text
  return typeof text === 'number' ? String(text) : undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
