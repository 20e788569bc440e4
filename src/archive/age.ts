/**
 * The one rule for age: a file is compressed into `archive/` after so many days, and deleted after so many.
 *
 * A file of a day is as old as the day in its name, a task as old as its last event; times of the file system do not
 * count, so that a copied or restored folder keeps its ages. Days are whole: with 7, what is of the 1st is archived on
 * the 9th, when seven days lie between. What cannot be done is said, and hinders nothing else.
 */
import { open, readdir, rename, rm, rmdir, stat, unlink } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { archiveFolder, archivedPath, dayOf, tasksFolder } from '../wire/paths.ts'
import { chainPaths } from './chain.ts'
import { allFiles, kindsOfFiles } from './files.ts'
import { timeOf } from './order.ts'
import { pack, packedTime } from './pack.ts'
import { recordOf } from './read.ts'
import { readLinesBack } from './read-back.ts'
import { endOfLastLine } from './last-line.ts'
import { noteRemoved } from './removed.ts'
import type { Exclusively } from './pack.ts'

/** Options of {@link applyAge}. */
export interface AgeOptions {
  /** The present, milliseconds since the epoch. */
  readonly nowMs: number
  /** Zone of the days. */
  readonly timeZone: string
  /** 0: never. */
  readonly archiveAfterDays: number
  /** 0: never. */
  readonly deleteAfterDays: number
  readonly exclusively: Exclusively
  /** Only tells what it would do. @default false */
  readonly dryRun?: boolean | undefined
  /** Asked between files. @default never */
  readonly isStopped?: (() => boolean) | undefined
}

/** What was done, or would be: paths in the folder. */
export interface AgeReport {
  readonly archived: readonly string[]
  readonly deleted: readonly string[]
  /** Bytes that became free; of a dry run, those of the files to be deleted. */
  readonly bytesFreed: number
  /** What could not be done, with the reason. */
  readonly faults: readonly string[]
}

/** A file, or all files of a task, that age together. */
export interface Aging {
  /** `YYYYMMDD`. */
  readonly day: string
  readonly paths: readonly string[]
}

const dayMs = 86_400_000
const packedSuffix = '.gz'

/**
 * Applies the rule to all files of `folder`.
 * @throws the error of the system when a folder cannot be listed
 */
export async function applyAge(folder: string, options: AgeOptions): Promise<AgeReport> {
  const archived: string[] = []
  const deleted: string[] = []
  const faults: string[] = []
  let bytesFreed = 0
  const today = dayNumber(dayOf(options.nowMs, options.timeZone))
  for await (const { day, paths } of agingIn(folder, options.timeZone, faults)) {
    const age = today - dayNumber(day) - 1
    const isOver = (days: number): boolean => days > 0 && age >= days
    for (const path of paths) {
      if (options.isStopped?.() === true) break
      try {
        if (isOver(options.deleteAfterDays)) {
          bytesFreed += await remove(folder, path, options.dryRun === true)
          deleted.push(path)
        } else if (isOver(options.archiveAfterDays) && !path.endsWith(packedSuffix)) {
          const freed = await archive(folder, path, day, options)
          if (freed === undefined) continue
          bytesFreed += freed
          archived.push(path)
        }
      } catch (error) {
        faults.push(`${path}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }
  return { archived, deleted, bytesFreed, faults }
}

async function archive(
  folder: string,
  path: string,
  day: string,
  { dryRun, exclusively }: AgeOptions,
): Promise<number | undefined> {
  if (dryRun === true) return 0
  const source = join(folder, path)
  const target = join(folder, archivedPath(path))
  const { size } = await stat(source)
  // Noon: the day stays the same in nearly any zone.
  const timeSeconds = dayNumber(day) * 86_400 + 43_200
  if (!(await pack(source, target, { timeSeconds, exclusively }))) return undefined
  const [here = '', there = ''] = chainPaths(path)
  await rename(join(folder, here), join(folder, there)).catch(() => undefined)
  await removeEmpty(join(source, '..'))
  return size - (await stat(target)).size
}

/** Deletes a file of the folder and notes it; tells how large it was. */
export async function remove(folder: string, path: string, dryRun = false): Promise<number> {
  const full = join(folder, path)
  const { size } = await stat(full)
  if (dryRun) return size
  await noteRemoved(folder, path)
  await unlink(full)
  for (const place of chainPaths(path)) await rm(join(folder, place), { force: true })
  await removeEmpty(join(full, '..'))
  return size
}

/** A task's folder goes with its last file. */
async function removeEmpty(path: string): Promise<void> {
  if (posix.basename(join(path, '..')) === tasksFolder) await rmdir(path).catch(() => undefined)
}

/** All files of the folder that age, in no order; `faults` takes what cannot be read. */
export async function* agingIn(
  folder: string,
  timeZone: string,
  faults: string[],
): AsyncGenerator<Aging, void, undefined> {
  for (const kind of await kindsOfFiles(folder)) {
    for (const { path, day } of await allFiles(folder, kind)) {
      yield { day, paths: [path] }
    }
  }
  for (const place of [tasksFolder, posix.join(archiveFolder, tasksFolder)]) {
    for (const task of await readdir(join(folder, place)).catch(() => [])) {
      const within = posix.join(place, task)
      try {
        const aging = await agingTask(folder, within, timeZone)
        if (aging !== undefined) yield aging
      } catch (error) {
        faults.push(`${within}: ${String(error)}`)
      }
    }
  }
}

async function agingTask(
  folder: string,
  within: string,
  timeZone: string,
): Promise<Aging | undefined> {
  const paths: string[] = []
  let lastMs = 0
  for (const name of (await readdir(join(folder, within))).sort()) {
    const full = join(folder, within, name)
    if (name.endsWith('.new') || name.endsWith('.new.gz')) {
      // What a crash left of a write; the file it was to become is whole or will be made again.
      if (name.endsWith('.new.gz')) await rm(full, { force: true })
      continue
    }
    paths.push(posix.join(within, name))
    const ms = name.endsWith(packedSuffix)
      ? (await packedTime(full)) * 1_000
      : name.endsWith('.jsonl')
        ? await lastEventMs(full)
        : 0
    lastMs = Math.max(lastMs, ms)
  }
  if (paths.length === 0) return undefined
  // Without one line that can be read, the file system is the only witness left.
  if (lastMs === 0) {
    for (const path of paths) lastMs = Math.max(lastMs, (await stat(join(folder, path))).mtimeMs)
  }
  return { day: dayOf(lastMs, timeZone), paths }
}

/** When the newest of the last records happened; 0 when there is none. */
async function lastEventMs(path: string): Promise<number> {
  const handle = await open(path, 'r')
  let end: number
  try {
    end = await endOfLastLine(handle, (await handle.stat()).size)
  } finally {
    await handle.close()
  }
  for await (const lines of readLinesBack(path, end)) {
    let newestMs = 0
    for (const line of lines) {
      const record = recordOf(line)
      if (record === undefined) continue
      newestMs = Math.max(newestMs, Number(timeOf(record) / 1_000_000n))
    }
    if (newestMs > 0) return newestMs
  }
  return 0
}

function dayNumber(day: string): number {
  const iso = `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`
  return Date.parse(`${iso}T00:00:00Z`) / dayMs
}
