/**
 * How far the second venue is off the first, as a part of the price: it wanders and returns to zero
 * (Ornstein–Uhlenbeck, half-life about three seconds, deviation near 4 basis points).
 */
import type { Random } from '../random.ts'

const returnPerS = 0.25
const deviationPerRootS = 0.000_28

/** Call it with the seconds since the last call. */
export function wanderingBasis(random: Random): (seconds: number) => number {
  let basis = 0
  return (seconds) => {
    const held = basis * Math.max(0, 1 - returnPerS * seconds)
    basis = held + deviationPerRootS * Math.sqrt(Math.min(seconds, 1)) * random.normal()
    return basis
  }
}
