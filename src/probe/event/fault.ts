import { diag } from '@opentelemetry/api'
import { together } from './together.ts'

/**
 * Faults inside telemetry: counted and said through `diag`, never thrown into the bot.
 * The first ten are said one by one, then each time their number has doubled.
 */
let count = 0
const saidOneByOne = 10

/** Number of faults since the process started. */
export function faultCount(): number {
  return count
}

/**
 * Counts a fault and says it.
 * @param where what was being done, such as `emit trading.order.filled`
 */
export function fault(where: string, error: unknown): void {
  count += 1
  const isPowerOfTwo = (count & (count - 1)) === 0
  if (count > saidOneByOne && !isPowerOfTwo) return
  try {
    diag.error(`fillpath: ${where} failed; the bot is not affected (fault ${count})`, error)
  } catch {
    // A diag logger that throws leaves nobody to tell; the count still shows it.
  }
}

/** Runs `step`, its records together; what it throws becomes a fault and `undefined` comes back. */
export function guarded<T>(where: string, step: () => T): T | undefined {
  try {
    return together(step)
  } catch (error) {
    fault(where, error)
    return undefined
  }
}

/**
 * What a bot handed over where options are needed. A bot in JavaScript may hand over nothing at all, mostly on a path that
 * is seldom gone: that becomes a fault.
 * @param otherwise what then takes the place of what has to be there
 */
export function given<T extends object>(where: string, options: T, otherwise: Partial<T> = {}): T {
  const value: unknown = options
  if (typeof value === 'object' && value !== null) return options
  fault(where, new TypeError(`its options are ${value === null ? 'null' : typeof value}`))
  // What is missing then is read as not told, as it would be from an empty object of such a bot.
  return otherwise as T
}
