/**
 * Tells the worker that the spool may have grown, so that it need not look when nothing happens: a count in memory that
 * both threads see. Ringing costs a few nanoseconds; a ring that is missed costs the time until the next look.
 */
export class Bell {
  /** What a bell in another thread is made from. */
  readonly shared: SharedArrayBuffer
  readonly #count: Int32Array

  constructor(shared = new SharedArrayBuffer(4)) {
    this.shared = shared
    this.#count = new Int32Array(shared)
  }

  /** Something was written. */
  ring(): void {
    Atomics.add(this.#count, 0, 1)
  }

  /** Differs from an earlier value when it was rung since. */
  get count(): number {
    return Atomics.load(this.#count, 0)
  }
}
