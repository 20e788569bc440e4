/**
 * How many bytes of requests are held at once, over all connections.
 *
 * Bytes are taken as they arrive, never promised ahead, so a slow or silent client holds only what it has sent.
 */
export class Room {
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Bytes held now. */
  get bytes(): number {
    return this.#bytes
  }

  /** Takes room for `bytes`; false when there is none. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#bytesMax) return false
    this.#bytes += bytes
    return true
  }

  /** Gives room back. */
  give(bytes: number): void {
    this.#bytes -= bytes
  }
}
