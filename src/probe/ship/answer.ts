import { partialSuccessOf, reasonOf } from './response.ts'
import { retryAfterMs } from './retry-after.ts'
import type { Reply } from './sender.ts'

/**
 * What to do with the records of a request, by what came of it.
 *
 * | answer | then |
 * |---|---|
 * | 2xx | delivered; records named in a partial success are refused for good, and MUST NOT be sent again (OTLP) |
 * | 400 | one of the records is poison: bisect |
 * | 413 | too large: split |
 * | 408, 425, 429, any 5xx, network, DNS, no answer in time | again, for ever, with back-off or Retry-After |
 * | 3xx, other 4xx, TLS, HTML, not HTTP | a wrong setting somewhere: keep all, say so, again, slowly, for ever |
 *
 * OTLP calls 500 final. Here it is not: a Collector whose disk is full answers 500, and so do proxies.
 */
export type Answer =
  | { readonly kind: 'accepted'; readonly warning: string }
  | { readonly kind: 'partial'; readonly rejected: number; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'too_large'; readonly reason: string }
  | Unavailable

/** Nothing was taken, and the same records are sent again. */
export interface Unavailable {
  readonly kind: 'unavailable'
  /** `true`: only a person can mend it. */
  readonly misconfigured: boolean
  /** Low in cardinality: a status or an error code. */
  readonly type: string
  readonly reason: string
  /** What the receiver asks for, 0 when it asks for nothing. */
  readonly retryAfterMs: number
  /** Whether the size of the request may be the cause, so that a smaller one may pass. */
  readonly perhapsTooLarge: boolean
  /** What mends a misconfiguration. @default what mends that of a receiver */
  readonly remedy?: string
}

/** @param nowMs wall time, for a Retry-After that is a date */
export function answerOf(reply: Reply, nowMs: number): Answer {
  if (reply.kind === 'failed') return answerOfFailure(reply)
  const { status, headers, body } = reply
  const contentType = headers['content-type'] ?? ''
  if (status >= 200 && status < 300) {
    if (contentType.includes('text/html')) {
      return wrong('html', `HTTP ${status} with a web page: no OTLP receiver answers so`)
    }
    const partial = partialSuccessOf(body, contentType)
    return partial && partial.rejected > 0
      ? { kind: 'partial', rejected: partial.rejected, reason: partial.message }
      : { kind: 'accepted', warning: partial?.message ?? '' }
  }
  const text = reasonOf(body, contentType)
  const reason = text === '' ? `HTTP ${status}` : `HTTP ${status}: ${text}`
  if (status === 400) return { kind: 'refused', reason }
  if (status === 413) return { kind: 'too_large', reason }
  if (status >= 500 || status === 408 || status === 425 || status === 429) {
    return {
      kind: 'unavailable',
      misconfigured: false,
      type: String(status),
      reason,
      retryAfterMs: retryAfterMs(headers, nowMs) ?? 0,
      perhapsTooLarge: status === 408 || status === 504,
    }
  }
  const target = headers.location
  return wrong(String(status), target ? `${reason}, to ${target}, which is not followed` : reason)
}

/** Codes of Node's TLS and HTTP parsers: the other side is not what the URL says, or is not trusted. */
const wrongPeer = /CERT|SIGNATURE|^EPROTO$|_SSL_|_TLS_|^HPE_|^E(NOENT|ACCES|ISDIR)$/

function answerOfFailure(reply: Extract<Reply, { kind: 'failed' }>): Unavailable {
  if (wrongPeer.test(reply.code)) return wrong(reply.code, reply.message)
  return {
    kind: 'unavailable',
    misconfigured: false,
    type: reply.code,
    reason: reply.message === '' ? reply.code : reply.message,
    retryAfterMs: 0,
    perhapsTooLarge: reply.connected,
  }
}

function wrong(type: string, reason: string): Unavailable {
  return {
    kind: 'unavailable',
    misconfigured: true,
    type,
    reason,
    retryAfterMs: 0,
    perhapsTooLarge: false,
  }
}
