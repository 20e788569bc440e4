import { statSync } from 'node:fs'
import { join } from 'node:path'
import { dailyPath } from '../wire/paths.ts'
import { isDaily } from './destination.ts'
import { storedFiles } from './files.ts'
import type { DailyFile } from '../wire/paths.ts'
import type { Destination } from './destination.ts'

/**
 * Which part of a day's file is written: `events_20261121.jsonl`, and when that is full `events_20261121.1.jsonl`.
 *
 * A part is left before it would grow past its size, between two groups of whole lines, and never written again; a
 * restart goes on with the last part. One group that is larger than a part gets a part of its own.
 */
export class Parts {
  readonly #folder: string
  readonly #bytesMax: number
  /** By path of the first part. */
  readonly #parts = new Map<string, number>()

  /** @param bytesMax size of a part */
  constructor(folder: string, bytesMax: number) {
    this.#folder = folder
    this.#bytesMax = bytesMax
  }

  /** Lines by destination, as lines by path in the folder. */
  async byPath(
    texts: ReadonlyMap<Destination, string[]>,
    day: string,
  ): Promise<Map<string, string[]>> {
    const paths = new Map<string, string[]>()
    for (const [destination, lines] of texts) {
      if (!isDaily(destination)) {
        paths.set(destination, lines)
        continue
      }
      const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0)
      paths.set(await this.#pathFor(destination, day, bytes), lines)
    }
    return paths
  }

  /** The path of the part that takes `bytes` more. */
  async #pathFor(file: DailyFile, day: string, bytes: number): Promise<string> {
    const first = dailyPath(file, day)
    let part = this.#parts.get(first) ?? (await this.#lastPart(file, day))
    const path = dailyPath(file, day, part)
    const size = statSync(join(this.#folder, path), { throwIfNoEntry: false })?.size ?? 0
    if (size > 0 && size + bytes > this.#bytesMax) part += 1
    this.#parts.set(first, part)
    return dailyPath(file, day, part)
  }

  /** Forgets the parts of the days before. */
  clear(): void {
    this.#parts.clear()
  }

  async #lastPart(file: DailyFile, day: string): Promise<number> {
    const files = await storedFiles(this.#folder, file)
    const last = files.findLast((each) => each.day === day)
    if (last === undefined) return 0
    return last.compressed ? last.part + 1 : last.part
  }
}
