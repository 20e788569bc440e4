/**
 * The lines of a file or a stream, in blocks, with where they stand: plain, gzip (`.gz`) or zstd (`.zst`).
 *
 * The last line may lack its newline, because it is still being written, because a crash cut it, or because its writer
 * never ends lines so. It is given apart, for the reader to find out which.
 */
import { createReadStream } from 'node:fs'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import type { Readable, Transform } from 'node:stream'

const newline = 0x0a
const chunkBytes = 1024 * 1024
const blockBytesMin = 4 * chunkBytes
/** A line longer than this is not read. */
const lineBytesMax = 96 * chunkBytes

/** Some lines in a row. */
export interface LineBlock {
  readonly lines: readonly string[]
  /** Where the first line begins, in the unpacked text. */
  readonly startByte: number
  /** Where what follows begins: the next line or, when `unfinished`, this one. */
  readonly nextByte: number
  /** The one line is the last and has no newline. */
  readonly unfinished: boolean
}

/** The blocks of the file at `path` from `fromByte` on, which is the start of a line. */
export async function* blocksOf(
  path: string,
  fromByte: number,
): AsyncGenerator<LineBlock, void, undefined> {
  const unpacking = unpackerOf(path)
  if (unpacking === undefined) {
    const stream = createReadStream(path, { start: fromByte, highWaterMark: chunkBytes })
    return yield* blocksIn(stream, fromByte)
  }
  const stream = createReadStream(path, { highWaterMark: chunkBytes })
  stream.once('error', (error) => unpacking.destroy(error))
  for await (const block of blocksIn(stream.pipe(unpacking), 0)) {
    if (block.nextByte > fromByte) yield after(block, fromByte)
  }
}

/** Whether a file has to be unpacked to be read. */
export function isPacked(path: string): boolean {
  return path.endsWith('.gz') || path.endsWith('.zst')
}

function unpackerOf(path: string): Transform | undefined {
  if (path.endsWith('.gz')) return createGunzip({ chunkSize: chunkBytes })
  return path.endsWith('.zst') ? createZstdDecompress({ chunkSize: chunkBytes }) : undefined
}

/** What of a block comes after `fromByte`, which is the start of one of its lines. */
function after(block: LineBlock, fromByte: number): LineBlock {
  let startByte = block.startByte
  let skipped = 0
  while (startByte < fromByte && skipped < block.lines.length) {
    startByte += Buffer.byteLength(block.lines[skipped] ?? '') + 1
    skipped += 1
  }
  return { ...block, lines: block.lines.slice(skipped), startByte }
}

/** The blocks of a stream. */
export async function* blocksIn(
  stream: Readable,
  fromByte = 0,
): AsyncGenerator<LineBlock, void, undefined> {
  let parts: Buffer[] = []
  let waiting = 0
  let startByte = fromByte
  for await (const chunk of stream) {
    const read: Buffer = chunk
    parts.push(read)
    waiting += read.length
    if (waiting < blockBytesMin) continue
    const bytes = Buffer.concat(parts)
    const end = bytes.lastIndexOf(newline) + 1
    if (end > 0) yield blockOf(bytes.subarray(0, end), startByte)
    startByte += end
    const rest = bytes.subarray(end)
    parts = [rest]
    waiting = rest.length
    if (waiting <= lineBytesMax) continue
    // What came so far of a line that no writer of ours writes is let go; what follows of it is no line either.
    startByte += waiting
    parts = []
    waiting = 0
  }
  const bytes = Buffer.concat(parts)
  const end = bytes.lastIndexOf(newline) + 1
  if (end > 0) yield blockOf(bytes.subarray(0, end), startByte)
  if (end === bytes.length) return
  const lines = [bytes.toString('utf8', end)]
  startByte += end
  yield { lines, startByte, nextByte: startByte, unfinished: true }
}

function blockOf(bytes: Buffer, startByte: number): LineBlock {
  const lines = bytes.toString('utf8', 0, bytes.length - 1).split('\n')
  return { lines, startByte, nextByte: startByte + bytes.length, unfinished: false }
}
