/**
 * The lines of a file or a stream, in blocks, with where they stand: plain, gzip (`.gz`) or zstd (`.zst`).
 *
 * The last line may lack its newline, because it is still being written, because a crash cut it, or because its writer
 * never ends lines so. It is given apart, for the reader to find out which.
 */
import { isPacked, openStream, unpacked } from '../../archive/read.ts'

const newline = 0x0a
const chunkBytes = 1024 * 1024
const blockBytesMin = 4 * chunkBytes
/** A line longer than this is not read: no writer of ours writes one. */
const lineBytesMax = 96 * chunkBytes
const shownBytes = 16_384

/** Some lines in a row. */
export interface LineBlock {
  readonly lines: readonly string[]
  /** Where the first line begins, in the unpacked text. */
  readonly startByte: number
  /** Where what follows begins: the next line or, when `unfinished`, this one. */
  readonly nextByte: number
  /** The one line is the last and has no newline. */
  readonly unfinished: boolean
  /** The one line is too long to be read, and this is its length; `lines` holds its beginning. */
  readonly longBytes?: number
}

/** The blocks of the file at `path`, of a plain one from `fromByte` on, which is the start of a line. */
export async function* blocksOf(
  path: string,
  fromByte: number,
): AsyncGenerator<LineBlock, void, undefined> {
  const start = isPacked(path) ? 0 : fromByte
  yield* blocksIn(
    unpacked((chunkSize) => openStream(path, start, chunkSize)),
    start,
  )
}

/** The blocks of a stream. */
export async function* blocksIn(
  stream: AsyncIterable<Buffer>,
  fromByte = 0,
): AsyncGenerator<LineBlock, void, undefined> {
  const waiting = new Waiting(fromByte)
  let failure: { readonly cause: unknown } | undefined
  try {
    for await (const chunk of stream) {
      const long = waiting.add(chunk)
      if (long !== undefined) yield long
      const block = waiting.block(blockBytesMin)
      if (block !== undefined) yield block
    }
  } catch (cause) {
    // Of a damaged file the whole lines before the damage are given all the same.
    failure = { cause }
  }
  const block = waiting.block(0)
  if (block !== undefined) yield block
  if (failure !== undefined) throw failure.cause
  const last = waiting.last()
  if (last !== undefined) yield last
}

/** What was read and not given yet. */
class Waiting {
  #startByte: number
  #parts: Buffer[] = []
  #bytes = 0
  #hasNewline = false
  /** Of a line that is too long: how many bytes of it were let go, and how it began. */
  #longBytes = 0
  #beginning = ''

  constructor(startByte: number) {
    this.#startByte = startByte
  }

  /** Takes what was read; gives a line that was too long when it ends in there. */
  add(read: Buffer): LineBlock | undefined {
    if (this.#longBytes === 0) {
      this.#keep(read)
      return undefined
    }
    const end = read.indexOf(newline) + 1
    this.#longBytes += end === 0 ? read.length : end
    if (end === 0) return undefined
    const startByte = this.#startByte
    const longBytes = this.#longBytes
    this.#startByte += longBytes
    this.#longBytes = 0
    this.#keep(read.subarray(end))
    return {
      lines: [this.#beginning],
      startByte,
      nextByte: this.#startByte,
      unfinished: false,
      longBytes,
    }
  }

  /** The whole lines, when there are so many bytes. */
  block(bytesMin: number): LineBlock | undefined {
    if (this.#bytes < bytesMin) return undefined
    if (!this.#hasNewline) {
      if (this.#bytes > lineBytesMax) this.#letGo()
      return undefined
    }
    const bytes = Buffer.concat(this.#parts)
    const end = bytes.lastIndexOf(newline) + 1
    const startByte = this.#startByte
    this.#startByte += end
    const rest = bytes.subarray(end)
    this.#parts = rest.length === 0 ? [] : [rest]
    this.#bytes = rest.length
    this.#hasNewline = false
    const lines = bytes.toString('utf8', 0, end - 1).split('\n')
    return { lines, startByte, nextByte: this.#startByte, unfinished: false }
  }

  /** The last line, which has no newline. */
  last(): LineBlock | undefined {
    const at = { startByte: this.#startByte, nextByte: this.#startByte, unfinished: true }
    if (this.#longBytes > 0) return { lines: [this.#beginning], ...at, longBytes: this.#longBytes }
    if (this.#bytes === 0) return undefined
    return { lines: [Buffer.concat(this.#parts).toString('utf8')], ...at }
  }

  #keep(read: Buffer): void {
    if (read.length === 0) return
    this.#parts.push(read)
    this.#bytes += read.length
    this.#hasNewline ||= read.includes(newline)
  }

  #letGo(): void {
    this.#beginning = this.#parts[0]?.toString('utf8', 0, shownBytes) ?? ''
    this.#longBytes = this.#bytes
    this.#parts = []
    this.#bytes = 0
  }
}
