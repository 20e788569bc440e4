/** The end of what is stored in the files of one kind, and where to follow on from. */
import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Ring } from '../base/ring.ts'
import { dayOf } from '../wire/paths.ts'
import { readStored, storedFiles } from './files.ts'
import { endOfLastLine } from './last-line.ts'
import { linesOf, readBlocks, readLines } from './read.ts'
import { readLinesBack } from './read-back.ts'
import type { DailyFile } from '../wire/paths.ts'
import type { StoredFile } from './files.ts'

const dayMs = 86_400_000

/** Whether a line is asked for. */
export type IsWanted = (line: string) => boolean

/** What is stored at one moment: lines that are written later belong to those who follow. */
export class Stored {
  readonly #folder: string
  readonly #files: readonly StoredFile[]
  /** Where each file ended, by path in the folder; what `followLines` takes. */
  readonly ends: ReadonlyMap<string, number>
  /** Compressed files that could not be unpacked to their end, as far as they were read. */
  readonly damaged: string[] = []

  constructor(folder: string, files: readonly StoredFile[], ends: ReadonlyMap<string, number>) {
    this.#folder = folder
    this.#files = files
    this.ends = ends
  }

  /** The newest day that there is. */
  get lastDay(): string | undefined {
    return this.#files.at(-1)?.day
  }

  /** The last `count` wanted lines, oldest first. */
  async last(count: number, isWanted: IsWanted): Promise<string[]> {
    const found: string[] = []
    for (const file of this.#files.toReversed()) {
      if (found.length >= count) break
      for await (const lines of this.#backwards(file, count, isWanted)) {
        for (const line of lines) if (found.length < count && isWanted(line)) found.push(line)
        if (found.length >= count) break
      }
    }
    return found.reverse()
  }

  /** The wanted lines of the files that can hold what happened since `epochMs`, oldest first. */
  async *since(epochMs: number, isWanted: IsWanted): AsyncGenerator<string[], void, undefined> {
    // The zone of the files is not known here: the day before holds the instant in any zone.
    const firstDay = dayOf(epochMs - dayMs)
    for (const { path, day } of this.#files) {
      if (day < firstDay) continue
      const end = this.ends.get(path) ?? Number.POSITIVE_INFINITY
      for await (const { bytes, startByte } of this.#read(path, readBlocks)) {
        if (startByte >= end) break
        const lines = linesOf(bytes.subarray(0, end - startByte)).filter(isWanted)
        if (lines.length > 0) yield lines
      }
    }
  }

  #read<T>(path: string, read: (full: string) => AsyncIterable<T>): AsyncIterable<T> {
    return readStored(this.#folder, path, read, (place) => this.damaged.push(place))
  }

  async *#backwards(
    { path }: StoredFile,
    count: number,
    isWanted: IsWanted,
  ): AsyncGenerator<string[], void, undefined> {
    const end = this.ends.get(path)
    const full = join(this.#folder, path)
    if (end !== undefined && existsSync(full)) return yield* readLinesBack(full, end)
    // A compressed file can only be read forward.
    const newest = new Ring<string>(Math.max(1, count))
    for await (const lines of this.#read(path, readLines)) {
      for (const line of lines) if (isWanted(line)) newest.push(line)
    }
    yield [...newest].reverse()
  }
}

/** What is stored now in the files of one kind. */
export async function storedNow(folder: string, file: DailyFile): Promise<Stored> {
  const files = await storedFiles(folder, file)
  const ends = new Map<string, number>()
  for (const { path, compressed } of files) {
    if (compressed) continue
    // One that is compressed at this moment is read as such.
    const handle = await open(join(folder, path), 'r').catch(() => undefined)
    if (handle === undefined) continue
    try {
      ends.set(path, await endOfLastLine(handle, (await handle.stat()).size))
    } finally {
      await handle.close()
    }
  }
  return new Stored(folder, files, ends)
}
