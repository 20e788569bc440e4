/**
 * Reads the lines of files, without ever holding a file in memory.
 *
 * With `contains`, the bytes are searched before they are cut into lines, so that looking for an id in gigabytes runs
 * at the speed of memory. A last line without a newline, as a crash or a write in progress leaves it, is not given.
 */
import { createReadStream, statSync } from 'node:fs'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { decodeLine } from '../wire/line.ts'
import { isPackedBadly, lineCharsMax } from './files.ts'
import type { WireRecord } from '../wire/record.ts'
import type { Readable } from 'node:stream'

const newline = 0x0a
const chunkBytes = 1024 * 1024
const chunkBytesMin = 16 * 1024
const smallChunkBytes = 512
const lineBytesMax = lineCharsMax * 3

/** Options of {@link readLines}. */
export interface ReadOptions {
  /** Only lines that hold at least one of these texts, as they stand in the line. @default all lines */
  readonly contains?: readonly string[] | undefined
  /** Only lines it is true for; asked before a line is decoded. @default all lines */
  readonly isWanted?: ((line: string) => boolean) | undefined
  /** Told how many bytes of the file, unpacked, were read. */
  readonly onProgress?: ((bytes: number) => void) | undefined
}

/** Whole lines of the file at `path`, in batches, in the order of the file. */
export async function* readLines(
  path: string,
  options: ReadOptions = {},
): AsyncGenerator<string[], void, undefined> {
  const needles = options.contains?.map((text) => Buffer.from(text))
  for await (const { bytes, startByte } of readBlocks(path)) {
    const found = needles ? linesWith(bytes, needles) : linesOf(bytes)
    const lines = options.isWanted ? found.filter(options.isWanted) : found
    if (lines.length > 0) yield lines
    options.onProgress?.(startByte + bytes.length)
  }
}

/** Some lines in a row, each with its newline. */
export interface Block {
  readonly bytes: Buffer
  /** Where in the file, unpacked, the first line begins. */
  readonly startByte: number
}

/**
 * The file at `path` in blocks of whole lines.
 * @param fromByte the start of a line; of a compressed file only 0
 */
export async function* readBlocks(
  path: string,
  fromByte = 0,
): AsyncGenerator<Block, void, undefined> {
  let rest: Buffer = Buffer.alloc(0)
  let startByte = fromByte
  for await (const read of unpacked((chunkSize) => openStream(path, fromByte, chunkSize))) {
    const block = rest.length === 0 ? read : Buffer.concat([rest, read])
    const end = block.lastIndexOf(newline) + 1
    rest = block.subarray(end)
    if (end > 0) yield { bytes: block.subarray(0, end), startByte }
    startByte += end
    if (rest.length <= lineBytesMax) continue
    // No writer of ours writes such a line. What came so far is dropped, what follows counts as a line that is none.
    startByte += rest.length
    rest = Buffer.alloc(0)
  }
}

/** The records of the file at `path`; lines that are none are counted by `onBadLine`. */
export async function* readRecords(
  path: string,
  options: ReadOptions & { readonly onBadLine?: ((line: string) => void) | undefined } = {},
): AsyncGenerator<WireRecord, void, undefined> {
  for await (const lines of readLines(path, options)) {
    for (const line of lines) {
      const record = recordOf(line)
      if (record !== undefined) yield record
      else if (line.trim() !== '') options.onBadLine?.(line)
    }
  }
}

/** The record of a line, or undefined when it is none. */
export function recordOf(line: string): WireRecord | undefined {
  try {
    return decodeLine(line)
  } catch {
    return undefined
  }
}

/** `text` as it stands within a string of a line. */
export function asInLine(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

/** The bytes of a file from `start` on, unpacked: plain, gzip (`.gz`) or zstd (`.zst`). */
export function openStream(path: string, start: number, chunkSize = chunkBytes): Readable {
  const stream = openPlain(path, start)
  if (!isPacked(path)) return stream
  // What is unpacked and not read yet when damage is found is lost: one chunk at most.
  const options = { chunkSize, readableHighWaterMark: chunkSize }
  const unpacking = path.endsWith('.gz') ? createGunzip(options) : createZstdDecompress(options)
  stream.once('error', (error) => unpacking.destroy(error))
  return stream.pipe(unpacking)
}

/** Whether a file has to be unpacked to be read. */
export function isPacked(path: string): boolean {
  return path.endsWith('.gz') || path.endsWith('.zst')
}

/**
 * The bytes of a file that may be packed, of a damaged one up to the damage. An unpacker gives nothing of the chunk in which
 * it finds the damage, which may be all of a small file: then it is unpacked once more, in smaller chunks.
 * @param open opens the file; packed ones give chunks of `chunkSize`
 * @throws the error of the unpacker, behind what stands before the damage
 */
export async function* unpacked(
  open: (chunkSize?: number) => Readable,
): AsyncGenerator<Buffer, void, undefined> {
  let given = 0
  try {
    for await (const chunk of open()) {
      const read: Buffer = chunk
      yield read
      given += read.length
    }
    return
  } catch (error) {
    if (!isPackedBadly(error)) throw error
  }
  // Of a large file it is not worth a million chunks.
  const chunkSize = Math.min(64 * 1024, Math.max(smallChunkBytes, Math.floor(given / 256)))
  for await (const chunk of open(chunkSize)) {
    const read: Buffer = chunk
    const fresh = read.subarray(given)
    given -= read.length - fresh.length
    if (fresh.length > 0) yield fresh
  }
}

/**
 * The bytes of a file from `start` on, as they stand there. Each read makes a buffer, also the one that finds the end: where
 * many small files are read, or one again and again for the little that came, a megabyte for each would have the collector
 * of garbage run all the time.
 */
function openPlain(path: string, start: number): Readable {
  const bytes = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) - start
  const highWaterMark = Math.min(chunkBytes, Math.max(chunkBytesMin, bytes))
  return createReadStream(path, { start, highWaterMark })
}

/** The lines of `block`, which ends with a newline. */
export function linesOf(block: Buffer): string[] {
  return block.toString('utf8', 0, block.length - 1).split('\n')
}

/** The lines of `block`, which ends with a newline, that hold one of `needles`. */
function linesWith(block: Buffer, needles: readonly Buffer[]): string[] {
  const starts = new Set<number>()
  for (const needle of needles) {
    for (let at = block.indexOf(needle); at >= 0;) {
      const start = at === 0 ? 0 : block.lastIndexOf(newline, at - 1) + 1
      starts.add(start)
      const next = block.indexOf(newline, at)
      at = block.indexOf(needle, next)
    }
  }
  return [...starts]
    .sort((a, b) => a - b)
    .map((start) => block.toString('utf8', start, block.indexOf(newline, start)))
}
