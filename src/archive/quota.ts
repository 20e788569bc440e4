/**
 * Keeps a data folder below a size: before records are written that have no room any more, the oldest files go.
 *
 * - What counts is what the disk has allocated to the folder, the index and its companions included, as `du` tells it.
 * - A sixteenth is kept free for what grows beside the files: the index, and a file that is being compressed.
 * - Files go by their day and part, oldest first, those of tasks by their last event; each is noted in
 *   `archive/removed.txt`, so that `verify` does not miss it and the index follows. What is being written stays.
 * - When nothing is left that may go, nothing more is written: who sends is told to come again, as with a full disk.
 */
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FillpathError } from '../semconv/error.ts'
import { parseDailyPath } from '../wire/paths.ts'
import { sizeText } from '../wire/setting-kinds.ts'
import { agingIn, remove } from './age.ts'
import type { ArchiveOptions } from './options.ts'

/** What a {@link Quota} needs beside the options of its archive. */
export interface QuotaParts {
  readonly timeZone: string
  /** Closes what is open, so that the disk has the room of what is deleted. */
  readonly close: () => Promise<void>
}

type Texts = ReadonlyMap<unknown, readonly string[]>

/** A day goes on in another file after this share of the quota, so that the oldest can go one by one. */
const partsMin = 32

const reserveShare = 16
/** What is written into the files comes into the index too, up to twice its size with its log. */
const growth = 3
const blockBytes = 512

/** See the head of this file. */
export class Quota {
  readonly #options: ArchiveOptions
  readonly #parts: QuotaParts
  readonly #bytesMax: number
  readonly #limit: number
  /** What the folder has at most by now, without looking. */
  #used = Number.POSITIVE_INFINITY
  #isTold = false

  constructor(options: ArchiveOptions, parts: QuotaParts) {
    this.#options = options
    this.#parts = parts
    this.#bytesMax = options.folderBytesMax ?? Number.POSITIVE_INFINITY
    this.#limit = this.#bytesMax - this.#bytesMax / reserveShare
  }

  /** The largest that a file may become. */
  get partBytesMax(): number {
    return this.#bytesMax / partsMin
  }

  /**
   * Makes room for texts by file. To be called while nothing is written.
   * @throws FillpathError `folder_unwritable` when there is none
   */
  async make(texts: readonly Texts[]): Promise<void> {
    if (this.#bytesMax === Number.POSITIVE_INFINITY) return
    const { folder, onDeleted, onNotice } = this.#options
    const wanted = wantedBytes(texts)
    this.#used += wanted
    if (this.#used <= this.#limit) return
    this.#used = (await allocatedBytes(folder)) + wanted
    if (this.#used <= this.#limit) return
    await this.#parts.close()
    const deleted = await this.#delete(this.#limit - this.partBytesMax)
    if (deleted > 0) onDeleted?.()
    this.#used = (await allocatedBytes(folder)) + wanted
    const size = sizeText(this.#bytesMax)
    if (this.#used > this.#limit) {
      this.#used = Number.POSITIVE_INFINITY
      throw new FillpathError(
        'folder_unwritable',
        `${folder} is at its limit of ${size}, and nothing older than what is being written is left in it`,
        { hint: 'Raise the limit, or make the index small with "fillpath rebuild".' },
      )
    }
    if (deleted === 0 || this.#isTold) return
    this.#isTold = true
    onNotice?.(
      `${folder} has reached its limit of ${size}: from now on the oldest files are deleted for new ones`,
    )
  }

  /** Deletes the oldest files until no more than `bytesLeft` are used; tells how many went. */
  async #delete(bytesLeft: number): Promise<number> {
    let count = 0
    let used = this.#used
    for (const path of await this.#oldestFirst()) {
      if (used <= bytesLeft) break
      const before = await lstat(join(this.#options.folder, path)).catch(() => undefined)
      if (before === undefined) continue
      try {
        await remove(this.#options.folder, path)
        used -= before.blocks * blockBytes
        count += 1
      } catch (error) {
        // The rule of age may have taken it at the same moment; it goes on with the next.
        this.#options.onNotice?.(`${path} could not be deleted: ${String(error)}`)
      }
    }
    return count
  }

  /** What may go. */
  async #oldestFirst(): Promise<string[]> {
    const found: { readonly day: string; readonly part: number; readonly path: string }[] = []
    const newest = new Map<string, { readonly order: string; readonly path: string }>()
    for await (const { day, paths } of agingIn(this.#options.folder, this.#parts.timeZone, [])) {
      for (const path of paths) {
        const daily = parseDailyPath(path)
        found.push({ day, part: daily?.part ?? 0, path })
        if (daily === undefined) continue
        const order = `${day} ${String(daily.part).padStart(6, '0')}`
        if ((newest.get(daily.file)?.order ?? '') < order) newest.set(daily.file, { order, path })
      }
    }
    const kept = new Set([...newest.values()].map(({ path }) => path))
    return found
      .filter(({ path }) => !kept.has(path))
      .sort((a, b) => Number(a.day) - Number(b.day) || a.part - b.part)
      .map(({ path }) => path)
  }
}

/** What the texts take at most, in the files and in the index. */
function wantedBytes(texts: readonly Texts[]): number {
  let bytes = 0
  for (const byFile of texts) {
    for (const lines of byFile.values()) {
      // The last block of a file and of its chain is not full.
      bytes += 2 * 4_096
      for (const line of lines) bytes += growth * (Buffer.byteLength(line) + 1)
    }
  }
  return bytes
}

/** What the disk has allocated to a folder and all that is in it. */
async function allocatedBytes(folder: string): Promise<number> {
  let bytes = ((await lstat(folder).catch(() => undefined))?.blocks ?? 0) * blockBytes
  // What goes or comes meanwhile, as the rule of age or a writer of the index does it, is no error.
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name)
    bytes += entry.isDirectory()
      ? await allocatedBytes(path)
      : ((await lstat(path).catch(() => undefined))?.blocks ?? 0) * blockBytes
  }
  return bytes
}
