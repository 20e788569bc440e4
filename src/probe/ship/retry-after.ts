import type { IncomingHttpHeaders } from 'node:http'

/** A server that asks for more gets this: its clock or its mind may be wrong, and the records wait on our disk. */
export const retryAfterMaxMs = 300_000

/**
 * How long the server asks to wait (RFC 9110 §10.2.3): seconds, or a date. A date is held against the server's own
 * `Date` header where there is one, so that neither clock has to be right.
 *
 * @param nowMs wall time, used only when the answer has no `Date`
 * @returns milliseconds, 0 to {@link retryAfterMaxMs}; undefined without a header that can be read
 */
export function retryAfterMs(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const text = headers['retry-after']?.trim()
  if (!text) return undefined
  if (/^\d+(\.\d+)?$/.test(text)) return capped(Number(text) * 1000)
  // Date.parse makes a date of "-5" too.
  const untilMs = /\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(untilMs)) return undefined
  const serverMs = Date.parse(headers.date ?? '')
  return capped(untilMs - (Number.isNaN(serverMs) ? nowMs : serverMs))
}

function capped(ms: number): number {
  return Math.min(Math.max(ms, 0), retryAfterMaxMs)
}
