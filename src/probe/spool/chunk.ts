/** A stretch of frames in memory: some wait to be written, the others are kept until they are on stable storage. */
export interface Chunk {
  readonly bytes: Buffer
  /** Where its first frame begins. */
  start: number
  /** `start … written` is in the file. */
  written: number
  /** `written … sealed` waits with its checksums, `sealed … filled` without: it gets them before it leaves. */
  sealed: number
  /** `written … filled` waits. */
  filled: number
  /** Place in the file minus place in `bytes`, for what is written. */
  base: number
}

/** Usual length of a chunk; a larger record gets one of its own. */
export const chunkBytes = 256 * 1024
/** Chunks kept for use again: fresh memory costs more than the bytes written to it. */
const sparesMax = 16

/** Gives out chunks and takes them back. */
export class ChunkPool {
  readonly #spares: Buffer[] = []

  take(length = chunkBytes): Chunk {
    const spare = length <= chunkBytes ? this.#spares.pop() : undefined
    const bytes = spare ?? Buffer.allocUnsafeSlow(Math.max(length, chunkBytes))
    return { bytes, start: 0, written: 0, sealed: 0, filled: 0, base: 0 }
  }

  /** Takes back what nobody reads any more. */
  give(chunk: Chunk): void {
    if (chunk.bytes.length === chunkBytes && this.#spares.length < sparesMax)
      this.#spares.push(chunk.bytes)
  }
}
