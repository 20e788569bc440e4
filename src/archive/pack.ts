/**
 * Compresses a file so that at no moment less than the whole of it is on the disk.
 *
 * 1. It is compressed into `….new.gz`, which is synced.
 * 2. That is unpacked again and compared with what was read.
 * 3. While nobody writes, and the original is still what was read, it is renamed into place; the original goes.
 *
 * A crash between these steps leaves the original, and the next run does what is left: a target that ends with the
 * original already is not written again. To a target that holds something else (a task that went on after it was
 * archived) the original is added as a further gzip member. The time field of the first member (RFC 1952, MTIME)
 * holds the day that the content is of, for `gunzip -N` and for its age.
 */
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { copyFile, mkdir, open, rename, rm, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { fileMode, folderMode } from '../wire/paths.ts'
import { syncFolder } from './append-file.ts'
import { openStream } from './read.ts'

/** Runs `work` while nobody writes to the folder. */
export type Exclusively = (work: () => Promise<void>) => Promise<void>

/** Options of {@link pack}. */
export interface PackOptions {
  /** Written into the time field, seconds since the epoch. */
  readonly timeSeconds: number
  readonly exclusively: Exclusively
}

interface Content {
  readonly bytes: number
  readonly digest: string
}

const timeOffset = 4

/**
 * Moves the file at `source` into the gzip file at `target`. False when the source grew meanwhile: then nothing has
 * changed.
 * @throws the error of the system, or when what was written does not unpack to what was read
 */
export async function pack(
  source: string,
  target: string,
  { timeSeconds, exclusively }: PackOptions,
): Promise<boolean> {
  await mkdir(dirname(target), { recursive: true, mode: folderMode })
  const fresh = `${target.slice(0, -'.gz'.length)}.new.gz`
  try {
    const before = (await isThere(target)) ? (await contentOf(target)).bytes : 0
    const isDone = before > 0 && (await endsWith(target, before, source))
    const packed = isDone
      ? await contentOf(source)
      : await compress(source, { target, fresh, before, timeSeconds })
    let moved = false
    await exclusively(async () => {
      if ((await stat(source)).size !== packed.bytes) return
      if (!isDone) await rename(fresh, target)
      await syncFolder(dirname(target))
      await unlink(source)
      moved = true
    })
    return moved
  } finally {
    await rm(fresh, { force: true })
  }
}

/** The time field of a gzip file, seconds since the epoch; 0 where it has none. */
export async function packedTime(path: string): Promise<number> {
  const handle = await open(path, 'r')
  try {
    const field = Buffer.alloc(4)
    await handle.read(field, 0, field.length, timeOffset)
    return field.readUInt32LE(0)
  } finally {
    await handle.close()
  }
}

async function compress(
  source: string,
  to: {
    readonly target: string
    readonly fresh: string
    readonly before: number
    readonly timeSeconds: number
  },
): Promise<Content> {
  await rm(to.fresh, { force: true })
  if (to.before > 0) await copyFile(to.target, to.fresh)
  const read = new Digest()
  await pipeline(
    createReadStream(source),
    read,
    createGzip(),
    createWriteStream(to.fresh, { flags: 'a', mode: fileMode }),
  )
  const handle = await open(to.fresh, 'r+')
  try {
    const field = Buffer.alloc(4)
    field.writeUInt32LE(to.timeSeconds)
    await handle.write(field, 0, field.length, timeOffset)
    await handle.sync()
  } finally {
    await handle.close()
  }
  const content = read.content()
  const written = await contentOf(to.fresh, to.before)
  if (written.bytes !== content.bytes || written.digest !== content.digest) {
    throw new Error(`${to.fresh} does not unpack to what ${source} holds`)
  }
  return content
}

async function endsWith(target: string, targetBytes: number, source: string): Promise<boolean> {
  const { bytes, digest } = await contentOf(source)
  if (bytes > targetBytes) return false
  return (await contentOf(target, targetBytes - bytes)).digest === digest
}

/** Of what a file holds, unpacked, the part behind `skipBytes`. */
async function contentOf(path: string, skipBytes = 0): Promise<Content> {
  const read = new Digest(skipBytes)
  for await (const chunk of openStream(path, 0)) {
    const bytes: Buffer = chunk
    read.count(bytes)
  }
  return read.content()
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}

/** Hands on what it gets, and knows what that was. */
class Digest extends Transform {
  readonly #hash = createHash('sha256')
  #skip: number
  #bytes = 0

  constructor(skipBytes = 0) {
    super()
    this.#skip = skipBytes
  }

  count(chunk: Buffer): void {
    const part = chunk.subarray(this.#skip)
    this.#skip -= chunk.length - part.length
    this.#bytes += part.length
    this.#hash.update(part)
  }

  content(): Content {
    return { bytes: this.#bytes, digest: this.#hash.digest('base64') }
  }

  override _transform(
    chunk: Buffer,
    _encoding: string,
    done: (error: null, chunk: Buffer) => void,
  ): void {
    this.count(chunk)
    done(null, chunk)
  }
}
