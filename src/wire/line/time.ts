import { FillpathError } from '../../semconv/error.ts'

const secondNs = 1_000_000_000n
const pattern = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z$/

// Records come in the order of time, mostly: the text of the second before is the text of this one.
let writtenSecond = -1n
let writtenStart = 0n
let writtenPrefix = ''
let readPrefix = ''
let readStart = 0n

/** Nanoseconds since the epoch (0 … 2⁶⁴−1) as `2026-11-21T09:20:33.000000001Z`: ISO 8601 in UTC, always nine decimals. */
export function timeText(timeNs: bigint): string {
  let rest = timeNs - writtenStart
  if (rest < 0n || rest >= secondNs || writtenSecond < 0n) {
    writtenSecond = timeNs / secondNs
    writtenStart = writtenSecond * secondNs
    writtenPrefix = new Date(Number(writtenSecond) * 1000).toISOString().slice(0, 20)
    rest = timeNs - writtenStart
  }
  return writtenPrefix + String(Number(rest) + 1_000_000_000).slice(1) + 'Z'
}

/**
 * The reverse of {@link timeText}; fewer decimals are taken too.
 * @throws FillpathError `line_malformed`, when it is not such a time or lies before 1970 or after 2554
 */
export function timeOf(text: string): bigint {
  if (text.length === 30 && text.startsWith(readPrefix) && readPrefix !== '') {
    const nanos = digitsOf(text)
    if (nanos >= 0) return readStart + BigInt(nanos)
  }
  const [, second, decimals = ''] = pattern.exec(text) ?? []
  const atMs = second === undefined ? Number.NaN : Date.parse(second + 'Z')
  // Date.parse takes 24:00:00 and, of some months, a 31st; what it makes of them is not what stands there.
  if (!Number.isFinite(atMs) || new Date(atMs).toISOString().slice(0, 19) !== second) {
    throw notATime(text)
  }
  const startNs = BigInt(atMs) * 1_000_000n
  const timeNs = startNs + BigInt(decimals.padEnd(9, '0'))
  if (timeNs < 0n || timeNs >= 1n << 64n) throw notATime(text)
  readPrefix = second + '.'
  readStart = startNs
  return timeNs
}

/** The nine decimals of a text of 30 characters, or −1 when it does not end in nine digits and a Z. */
function digitsOf(text: string): number {
  if (text.charCodeAt(29) !== 90) return -1
  let nanos = 0
  for (let at = 20; at < 29; at++) {
    const digit = text.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return -1
    nanos = nanos * 10 + digit
  }
  return nanos
}

function notATime(text: string): FillpathError {
  return new FillpathError(
    'line_malformed',
    `${JSON.stringify(text.slice(0, 60))} is not a time like 2026-11-21T09:20:33.000000001Z between 1970 and 2554`,
  )
}
