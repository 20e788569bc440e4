import { rejectReasonOf, rejectReasonOfClass } from '../../../semconv/reject-words.ts'
import type { RejectReason } from '../../../semconv/words.ts'

/**
 * What an error of a send says about the order. Only proof counts: an order is `rejected` when the venue answered no,
 * and `failed` when nothing can have reached the venue. Everything else is `unknown`, since a lost answer is not a no:
 * sending again would double the order. `known` is the refusal of a client order id that the venue has already: it may be
 * that of this very order, sent again by the bot or by its HTTP client after the first answer was lost.
 */
export type SendOutcome =
  | {
      readonly outcome: 'rejected'
      readonly reason: RejectReason
      readonly code: string | undefined
      readonly text: string
    }
  | {
      /** Refused because of a client id that is there already. */
      readonly outcome: 'known'
      readonly reason: 'duplicate_client_id'
      readonly code: string | undefined
      readonly text: string
    }
  | { readonly outcome: 'failed' }
  | { readonly outcome: 'unknown' }

// ccxt: the venue answered, and the answer was no.
const refusals = new Set([
  'ExchangeError',
  'BadRequest',
  'InvalidOrder',
  'OperationRejected',
  'RateLimitExceeded',
  'DDoSProtection',
  'InvalidNonce',
  'OnMaintenance',
])
// ccxt: no answer, or one that does not say (ExchangeNotAvailable covers HTTP 503 "execution status unknown").
const silences = new Set([
  'RequestTimeout',
  'ExchangeNotAvailable',
  'NetworkError',
  'OperationFailed',
  'BadResponse',
  'NullResponse',
  'CancelPending',
])
// Raised by ccxt before anything is sent.
const unsent = new Set(['ArgumentsRequired', 'NotSupported', 'InvalidProxySettings'])
// No connection was made.
const unconnected = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ERR_INVALID_URL',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
])

/** Judges what a send threw. */
export function outcomeOf(error: unknown, venue: string): SendOutcome {
  if (typeof error !== 'object' || error === null) return { outcome: 'unknown' }
  const names = classNames(error)
  if (names.some((name) => unsent.has(name))) return { outcome: 'failed' }
  const byClass = rejectReasonOfClass(names)
  const refusal = names.find((name) => refusals.has(name) || silences.has(name))
  if (refusal !== undefined && silences.has(refusal)) return { outcome: 'unknown' }
  const text = textOf(error)
  const code = codeIn(text)
  if (refusal !== undefined || byClass !== undefined) {
    const byText = rejectReasonOf({ venue, code, text })
    const reason = byText === 'other' ? (byClass ?? 'other') : byText
    return refused(reason, code, text)
  }
  if (unconnected.has(systemCode(error))) return { outcome: 'failed' }
  const status = httpStatus(error)
  if (status !== undefined && status >= 400 && status < 500 && status !== 408) {
    const limited = status === 429 || status === 418
    const blocked = status === 451
    const byText = rejectReasonOf({ venue, code, text })
    const reason = limited ? 'rate_limit' : blocked ? 'region_blocked' : byText
    return refused(reason, code ?? String(status), text)
  }
  return { outcome: 'unknown' }
}

function refused(reason: RejectReason, code: string | undefined, text: string): SendOutcome {
  if (reason === 'duplicate_client_id') return { outcome: 'known', reason, code, text }
  return { outcome: 'rejected', reason, code, text }
}

// ccxt writes the name of the class on the error itself: in a bundle whose classes have short names it is all there is.
function classNames(error: object): string[] {
  const own: unknown = Reflect.get(error, 'name')
  const names: string[] = typeof own === 'string' ? [own] : []
  let prototype: unknown = Object.getPrototypeOf(error)
  while (typeof prototype === 'object' && prototype !== null && names.length < 10) {
    const constructor: unknown = Reflect.get(prototype, 'constructor')
    if (typeof constructor === 'function') names.push(constructor.name)
    prototype = Object.getPrototypeOf(prototype)
  }
  return names
}

function textOf(error: object): string {
  const message: unknown = Reflect.get(error, 'message')
  const body = responseData(error)
  const text = typeof message === 'string' ? message : ''
  return body === '' ? text : `${text} ${body}`
}

function responseData(error: object): string {
  const response: unknown = Reflect.get(error, 'response')
  if (typeof response !== 'object' || response === null) return ''
  const data: unknown = Reflect.get(response, 'data')
  if (typeof data === 'string') return data
  try {
    return JSON.stringify(data) ?? ''
  } catch {
    return ''
  }
}

// ccxt puts the raw answer into the message: `binance {"code":-2019,"msg":"Margin is insufficient."}`.
function codeIn(text: string): string | undefined {
  return /"(?:code|retCode|ret_code)"\s*:\s*"?(-?\d+)/.exec(text)?.[1]
}

function systemCode(error: object): string {
  let at: unknown = error
  for (let depth = 0; depth < 5 && typeof at === 'object' && at !== null; depth += 1) {
    const code: unknown = Reflect.get(at, 'code')
    if (typeof code === 'string') return code
    at = Reflect.get(at, 'cause')
  }
  return ''
}

function httpStatus(error: object): number | undefined {
  const response: unknown = Reflect.get(error, 'response')
  const places = [error, ...(typeof response === 'object' && response !== null ? [response] : [])]
  for (const place of places) {
    for (const key of ['status', 'statusCode', 'httpStatus']) {
      const value: unknown = Reflect.get(place, key)
      if (typeof value === 'number') return value
    }
  }
  return undefined
}
