/**
 * Gives the lines of a daily file as they are written, over the change of the day: none lost, none twice.
 *
 * Files are looked at a few times a second, not watched: that works on every file system and costs a `stat`. What the
 * archive takes back (a group that did not fit on the disk) and writes again later is given once.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { storedFiles } from './files.ts'
import { linesOf, readBlocks } from './read.ts'
import type { DailyFile } from '../wire/paths.ts'

// What a group that is taken back can have held, and more.
const shownMax = 20_000
const newline = 0x0a

/** Options of {@link followLines}. */
export interface FollowOptions {
  /** Ends the following. */
  readonly signal: AbortSignal
  /** Where in each file to begin, by path in the data folder; files not named are read from their start. */
  readonly fromBytes?: ReadonlyMap<string, number> | undefined
  /** Only days from this one on, as `YYYYMMDD`. */
  readonly fromDay?: string | undefined
  /** @default 150 */
  readonly intervalMs?: number | undefined
}

interface Position {
  bytes: number
  /** The last lines given, with where they began. */
  shown: { readonly at: number; readonly line: string }[]
  /** Lines that were given and then taken back: not to be given again. */
  readonly takenBack: string[]
}

/** New lines of the daily files `file` in `folder`, in batches, until the signal. */
export async function* followLines(
  folder: string,
  file: DailyFile,
  options: FollowOptions,
): AsyncGenerator<string[], void, undefined> {
  const positions = new Map<string, Position>()
  while (!options.signal.aborted) {
    // The newer file is listed before the older one is read to its end: the archive is then done with the older one.
    for (const { path, day, compressed } of await storedFiles(folder, file)) {
      if (compressed || day < (options.fromDay ?? '')) continue
      let position = positions.get(path)
      if (position === undefined) {
        position = { bytes: options.fromBytes?.get(path) ?? 0, shown: [], takenBack: [] }
        positions.set(path, position)
      }
      const lines = await newLines(join(folder, path), position)
      if (lines.length > 0) yield lines
    }
    await sleep(options.intervalMs ?? 150, undefined, { signal: options.signal }).catch(() => {})
  }
}

async function newLines(path: string, position: Position): Promise<string[]> {
  const size = (await stat(path).catch(() => undefined))?.size ?? 0
  if (size < position.bytes) takeBack(position, size)
  if (size <= position.bytes) return []
  const fresh: string[] = []
  for await (const { bytes, startByte } of readBlocks(path, position.bytes)) {
    let at = startByte
    for (const line of linesOf(bytes)) {
      position.shown.push({ at, line })
      at = startByte + bytes.indexOf(newline, at - startByte) + 1
      const again = position.takenBack.indexOf(line)
      if (again < 0) fresh.push(line)
      else position.takenBack.splice(again, 1)
    }
    position.bytes = startByte + bytes.length
    if (position.shown.length > shownMax) position.shown = position.shown.slice(-shownMax)
  }
  return fresh
}

function takeBack(position: Position, size: number): void {
  const kept = position.shown.filter(({ at }) => at < size)
  position.takenBack.push(...position.shown.slice(kept.length).map(({ line }) => line))
  position.shown = kept
  position.bytes = size
}
