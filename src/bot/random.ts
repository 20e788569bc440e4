/**
 * Seeded random numbers: sfc32 (Chris Doty-Humphrey, "Small Fast Counting", public domain; passes
 * PractRand), 128 bits of state, seeded by cyrb128-style mixing of a text. Only integer arithmetic,
 * multiplication, division and square roots are used, which IEEE 754 fixes to the last bit, so that a
 * seed gives the same run on every machine. `Math.log`, `cos` and `exp` are not fixed: keep them out.
 *
 * Take one stream for each purpose (`seed` + name): a new draw in one never shifts another.
 */

/** A stream of random numbers. */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  next(): number
  /** True with this probability. */
  chance(probability: number): boolean
  /** Uniform in [low, high). */
  between(low: number, high: number): number
  /** Whole number in [0, count). */
  below(count: number): number
  /** Mean 0, deviation 1, by the sum of twelve uniforms (Irwin–Hall): tails end at ±6. */
  normal(): number
  /** Heavy tail (Pareto, shape 2) with this median; most sizes in a market look like this. */
  heavy(median: number): number
  /** The items in random order. */
  shuffle<T>(items: readonly T[]): T[]
}

/** The stream `name` of a run. Equal arguments give equal numbers. */
export function randomStream(seed: number | string, name: string): Random {
  const next = sfc32(mix(`${seed}/${name}`))
  for (let round = 0; round < 15; round += 1) next()
  const below = (count: number): number => Math.floor(next() * count)
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    between: (low, high) => low + (high - low) * next(),
    normal() {
      let sum = -6
      for (let draw = 0; draw < 12; draw += 1) sum += next()
      return sum
    },
    heavy: (median) => (median * Math.SQRT1_2) / Math.sqrt(1 - next()),
    shuffle(items) {
      const shuffled = [...items]
      for (let last = shuffled.length - 1; last > 0; last -= 1) {
        const other = below(last + 1)
        const held = shuffled[last] as (typeof items)[number]
        shuffled[last] = shuffled[other] as (typeof items)[number]
        shuffled[other] = held
      }
      return shuffled
    },
  }
}

type State = [number, number, number, number]

function sfc32(state: State): () => number {
  let [a, b, c, counter] = state
  return () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return (sum >>> 0) / 4_294_967_296
  }
}

function mix(text: string): State {
  const state: State = [0x9e37_79b9, 0x243f_6a88, 0xb7e1_5162, 0x6a09_e667]
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    state[0] = state[1] ^ Math.imul(state[0] ^ code, 597_399_067)
    state[1] = state[2] ^ Math.imul(state[1] ^ code, 2_869_860_233)
    state[2] = state[3] ^ Math.imul(state[2] ^ code, 951_274_213)
    state[3] = state[0] ^ Math.imul(state[3] ^ code, 2_716_044_179)
  }
  return state
}
