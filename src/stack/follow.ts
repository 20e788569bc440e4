import { setTimeout as sleep } from 'node:timers/promises'
import { hash } from 'node:crypto'
import { encodeLine } from '../wire/line.ts'
import { timeOf } from '../archive/flow/find.ts'
import { byTime } from './traces.ts'
import type { LogRecord } from '../wire/record.ts'
import type { Stack } from './stack.ts'

/** Options of {@link followStack}. */
export interface FollowStackOptions {
  readonly filters: readonly string[]
  /** Ends the following. */
  readonly signal: AbortSignal
  /** Records that were shown already. */
  readonly known: readonly LogRecord[]
  /** @default 1,000 */
  readonly intervalMs?: number
  /** Told when Loki does not answer, once for each time that it goes away. */
  readonly onAway: (error: unknown) => void
}

/** A bot's queue and the Collector's hand lines on late; Loki then has a line of a time that was already read. */
const lateNs = 60_000_000_000n

/**
 * New log records in batches, until the signal: each once, also one that comes late. A Loki that goes away is waited for.
 */
export async function* followStack(
  stack: Stack,
  options: FollowStackOptions,
): AsyncGenerator<LogRecord[], void, undefined> {
  const { filters, signal, intervalMs = 1_000 } = options
  const given = new Map(options.known.map((record) => [keyOf(record), timeOf(record)]))
  let readNs = BigInt(Date.now()) * 1_000_000n
  let isAway = false
  while (!signal.aborted) {
    const fresh: LogRecord[] = []
    const { toNs } = stack.range
    const beganNs = BigInt(Date.now()) * 1_000_000n
    try {
      for await (const page of stack.lines({ filters, fromNs: readNs - lateNs, toNs })) {
        for (const record of page) {
          const key = keyOf(record)
          if (given.has(key)) continue
          given.set(key, timeOf(record))
          fresh.push(record)
        }
      }
      readNs = beganNs
      isAway = false
    } catch (error) {
      if (!isAway) options.onAway(error)
      isAway = true
    }
    if (fresh.length > 0) yield fresh.sort(byTime)
    for (const [key, timeNs] of given) if (timeNs < readNs - lateNs) given.delete(key)
    await sleep(intervalMs, undefined, { signal }).catch(() => {})
  }
}

function keyOf(record: LogRecord): string {
  return hash('sha1', encodeLine(record), 'base64')
}
