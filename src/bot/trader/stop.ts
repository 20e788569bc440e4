/** A wish to stop, with its reason, that can be looked at and waited for. It is never taken back. */
export class Stop {
  readonly #asked = Promise.withResolvers<string>()
  #reason: string | undefined

  /** Why, once somebody asked. */
  get reason(): string | undefined {
    return this.#reason
  }

  /** Resolves with the reason. */
  get asked(): Promise<string> {
    return this.#asked.promise
  }

  /** The first reason counts. */
  ask(reason: string): void {
    this.#reason ??= reason
    this.#asked.resolve(reason)
  }
}
