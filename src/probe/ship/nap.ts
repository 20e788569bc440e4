/** A sleep that can be ended early. One sleeper at a time. */
export class Nap {
  readonly #background: boolean
  #timer: NodeJS.Timeout | undefined
  #wake: (() => void) | undefined

  /** @param background whether a process may end while somebody sleeps */
  constructor(background: boolean) {
    this.#background = background
  }

  /** Resolves after `ms`, or at {@link wake}. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
      this.#timer = setTimeout(resolve, ms)
      if (this.#background) this.#timer.unref()
    })
  }

  /** Ends the sleep that is under way, if there is one. */
  wake(): void {
    clearTimeout(this.#timer)
    this.#wake?.()
    this.#wake = undefined
  }
}
