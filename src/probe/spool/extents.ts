/** A set of byte ranges, kept merged and in order. */
export class Extents {
  /** from, to, from, to …: strictly rising. */
  readonly #edges: number[] = []

  constructor(ranges: Iterable<readonly [number, number]> = []) {
    for (const [from, to] of ranges) this.add(from, to)
  }

  /** Adds the bytes `from … to`, `to` not included. */
  add(from: number, to: number): void {
    if (from >= to) return
    const edges = this.#edges
    const count = edges.length
    if (count > 0 && edges[count - 1] === from) {
      edges[count - 1] = to
      return
    }
    // Edges before `first` end below `from`; edges from `last` on begin above `to`.
    let first = this.#search(from)
    let last = first
    while (last < count && (edges[last] ?? 0) <= to) last += 1
    let start = from
    let end = to
    if (first % 2 === 1) {
      first -= 1
      start = edges[first] ?? from
    }
    if (last % 2 === 1) {
      end = edges[last] ?? to
      last += 1
    }
    edges.splice(first, last - first, start, end)
  }

  /** Where the range that holds `offset` ends; `offset` itself when none does. */
  endAt(offset: number): number {
    const edges = this.#edges
    for (let index = edges.length - 2; index >= 0; index -= 2) {
      const from = edges[index] ?? 0
      const to = edges[index + 1] ?? 0
      if (from <= offset) return Math.max(offset, to)
    }
    return offset
  }

  /** Are all bytes `from … to` in the set? */
  covers(from: number, to: number): boolean {
    return from >= to || this.endAt(from) >= to
  }

  /** How many bytes are in the set. */
  get size(): number {
    let size = 0
    for (const [from, to] of this) size += to - from
    return size
  }

  *[Symbol.iterator](): Generator<readonly [number, number], void, undefined> {
    for (let index = 0; index + 1 < this.#edges.length; index += 2) {
      yield [this.#edges[index] ?? 0, this.#edges[index + 1] ?? 0]
    }
  }

  /** Index of the first edge that is not below `offset`. */
  #search(offset: number): number {
    let low = 0
    let high = this.#edges.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#edges[middle] ?? 0) < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
