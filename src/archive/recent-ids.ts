/**
 * Which record ids were kept lately, in bounded memory.
 *
 * Two generations: new ids go into the younger one; when it is full, the older one is forgotten and they change places.
 * So between `capacity` and twice as many of the newest ids are known. A sender that repeats does so for what it sent
 * last, so a window is enough.
 */
export class RecentIds {
  readonly #capacity: number
  #young = new Set<string>()
  #old = new Set<string>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Whether `id` was added lately. */
  has(id: string): boolean {
    return this.#young.has(id) || this.#old.has(id)
  }

  /** Remembers `id`. */
  add(id: string): void {
    this.#young.add(id)
    if (this.#young.size < this.#capacity) return
    this.#old = this.#young
    this.#young = new Set()
  }

  /** The entries that were not kept lately, each id once, and their ids: to be added when they are kept. */
  without<T extends { readonly id: string | undefined }>(
    entries: readonly T[],
  ): { readonly entries: readonly T[]; readonly ids: ReadonlySet<string> } {
    const ids = new Set<string>()
    const fresh = entries.filter(({ id }) => {
      if (id === undefined) return true
      if (ids.has(id) || this.has(id)) return false
      ids.add(id)
      return true
    })
    return { entries: fresh, ids }
  }
}
