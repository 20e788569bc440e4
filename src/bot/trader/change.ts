/** Something that happens again and again, to wait for. */
export class Change {
  #next = Promise.withResolvers<void>()

  /** Resolves the next time it happens. */
  get next(): Promise<void> {
    return this.#next.promise
  }

  happen(): void {
    const { resolve } = this.#next
    this.#next = Promise.withResolvers()
    resolve()
  }
}
