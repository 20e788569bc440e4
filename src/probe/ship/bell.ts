/**
 * Tells the worker that the spool may have grown, so that it need not look when nothing happens: a count in memory that
 * both threads see. Ringing costs a tenth of a microsecond, and nobody waits for who hears it.
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
    Atomics.notify(this.#count, 0)
  }

  /** Differs from an earlier value when it was rung since. */
  get count(): number {
    return Atomics.load(this.#count, 0)
  }

  /** Resolves when it was rung since it stood at `count`, or after `timeoutMs`. Keeps no process alive. */
  async heard(count: number, timeoutMs: number): Promise<void> {
    await Atomics.waitAsync(this.#count, 0, count, timeoutMs).value
  }
}
