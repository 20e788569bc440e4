import { createHash, randomFillSync } from 'node:crypto'

const traceIdPattern = /^[0-9a-f]{32}$/
const spanIdPattern = /^[0-9a-f]{16}$/
const hexOf32 = /^[0-9a-fA-F]{32}$/
const zeros = /^0+$/

/** Whether `text` is a W3C trace id: 32 lower-case hex digits, not all zero. */
export function isTraceId(text: string): boolean {
  return traceIdPattern.test(text) && !zeros.test(text)
}

/** Whether `text` is a W3C span id: 16 lower-case hex digits, not all zero. */
export function isSpanId(text: string): boolean {
  return spanIdPattern.test(text) && !zeros.test(text)
}

/**
 * An id as text; undefined where there is none. Bots in JavaScript hand over numbers too, for venues write some of theirs
 * as such, and null where an answer has no id.
 */
export function idText(id: string | number | bigint | null | undefined): string | undefined {
  if (typeof id === 'string') return id
  return id === undefined || id === null ? undefined : String(id)
}

/**
 * The trace id of a correlation id, the same on every machine and in every year: 32 hex digits stay
 * as they are (in lower case), anything else becomes the first 16 bytes of the SHA-256 of its UTF-8
 * form.
 */
export function traceIdOf(correlationId: string): string {
  if (hexOf32.test(correlationId) && !zeros.test(correlationId)) return correlationId.toLowerCase()
  return createHash('sha256').update(correlationId, 'utf8').digest('hex').slice(0, 32)
}

// One call to the system fills ids for hundreds of spans.
const pool = Buffer.alloc(8192)
let poolOffset = pool.length

function randomHex(bytes: number): string {
  for (;;) {
    if (poolOffset + bytes > pool.length) {
      randomFillSync(pool)
      poolOffset = 0
    }
    const hex = pool.toString('hex', poolOffset, poolOffset + bytes)
    poolOffset += bytes
    if (!zeros.test(hex)) return hex
  }
}

/** A new trace id from the system's random source. */
export function randomTraceId(): string {
  return randomHex(16)
}

/** A new span id from the system's random source. */
export function randomSpanId(): string {
  return randomHex(8)
}
