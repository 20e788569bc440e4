/**
 * Two clocks: wall time tells when, monotonic time tells how long. Neither stands in for the other.
 */

/** A source of time. Rooms take one as an option, so that tests can own time. */
export interface Clock {
  /** Nanoseconds since the Unix epoch. Steps when the system's clock is set. */
  wallNs(): bigint
  /**
   * Milliseconds since some fixed moment, with fractions. Never goes back, unmoved by clock
   * changes.
   */
  monotonicMs(): number
}

/** A clock that moves only when told to. */
export interface ManualClock extends Clock {
  /** Moves both clocks on by `ms` milliseconds (fractions allowed, not negative). */
  advanceMs(ms: number): void
  /** Sets the wall clock alone, as an NTP step does. */
  setWallNs(ns: bigint): void
}

/**
 * The machine's clocks.
 *
 * Wall time always lies in the millisecond of `Date.now()`; the digits below it come from the
 * monotonic clock, so that records made in one millisecond keep their order.
 */
export const systemClock: Clock = {
  wallNs() {
    const nowMs = Date.now()
    return BigInt(nowMs) * 1_000_000n + BigInt(nsWithin(nowMs))
  },
  monotonicMs: () => performance.now(),
}

/**
 * The wall time of {@link systemClock} as seconds and nanoseconds, the form of OpenTelemetry,
 * without a bigint.
 */
export function wallTime(): [seconds: number, nanoseconds: number] {
  const nowMs = Date.now()
  const seconds = Math.floor(nowMs / 1000)
  return [seconds, (nowMs - seconds * 1000) * 1_000_000 + nsWithin(nowMs)]
}

let anchorWallMs = Date.now()
let anchorMonotonicMs = performance.now()

/** Nanoseconds since the millisecond `nowMs` began, 0 to 999,999. */
function nsWithin(nowMs: number): number {
  const monotonicMs = performance.now()
  let fractionMs = anchorWallMs - nowMs + (monotonicMs - anchorMonotonicMs)
  if (fractionMs < 0 || fractionMs >= 1) {
    fractionMs = fractionMs < 0 ? 0 : 0.999999
    anchorWallMs = nowMs + fractionMs
    anchorMonotonicMs = monotonicMs
  }
  return Math.floor(fractionMs * 1e6)
}

/**
 * A clock for tests: starts at `startNs` (default 2025-01-01T00:00:00Z) and at 0 ms, and stands
 * still.
 */
export function manualClock(startNs = 1_735_689_600_000_000_000n): ManualClock {
  let wallNs = startNs
  let monotonicMs = 0
  return {
    wallNs: () => wallNs,
    monotonicMs: () => monotonicMs,
    advanceMs(ms) {
      if (!(ms >= 0)) throw new RangeError(`a clock cannot advance by ${ms} ms`)
      wallNs += BigInt(Math.round(ms * 1e6))
      monotonicMs += ms
    },
    setWallNs(ns) {
      wallNs = ns
    },
  }
}
