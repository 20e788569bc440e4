/** A small seeded source of numbers (xorshift32), so that a run can be repeated. */
export interface Random {
  /** A whole number below `limit`. */
  below(limit: number): number
  pick<T>(items: readonly [T, ...T[]] | readonly T[]): T
}

export function createRandom(seed: number): Random {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1
  const next = (): number => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state
  }
  const below = (limit: number): number => (limit <= 0 ? 0 : next() % limit)
  return {
    below,
    pick(items) {
      const item = items[below(items.length)]
      if (item === undefined) throw new RangeError('nothing to pick from')
      return item
    },
  }
}
