import { readdir } from 'node:fs/promises'
import { join, posix } from 'node:path'
import {
  archiveFolder,
  archivedPath,
  categoriesFolder,
  dailyFiles,
  dailyFolder,
  parseDailyPath,
  plainPath,
} from '../wire/paths.ts'
import type { DailyFile } from '../wire/paths.ts'

/** A line longer than this is neither written nor read. */
export const lineCharsMax = 32 * 1024 * 1024

/** A file of one day that is there. */
export interface StoredFile {
  /** In the data folder. */
  readonly path: string
  /** `YYYYMMDD`. */
  readonly day: string
  /** 0 for the first file of the day. */
  readonly part: number
  readonly compressed: boolean
}

/**
 * The files of one kind in `folder`, oldest first, archived ones included; none when there is no such folder.
 * Of one that stands there plain and compressed, as a crash while it was archived leaves it, the plain one.
 */
export async function storedFiles(folder: string, file: DailyFile): Promise<StoredFile[]> {
  const found = await allFiles(folder, file)
  return found.filter((each, index) => {
    const before = found[index - 1]
    return before?.day !== each.day || before.part !== each.part
  })
}

/** As {@link storedFiles}, with both of a file that stands there plain and compressed, the plain one first. */
export async function allFiles(folder: string, file: DailyFile): Promise<StoredFile[]> {
  const within = dailyFolder(file)
  const found: StoredFile[] = []
  for (const place of [within, posix.join(archiveFolder, within)]) {
    for (const name of await namesIn(join(folder, place))) {
      const path = posix.join(place, name)
      const parsed = parseDailyPath(path)
      if (parsed?.file === file) {
        const { day, part, compressed } = parsed
        found.push({ path, day, part, compressed })
      }
    }
  }
  return found.sort(
    (a, b) =>
      Number(a.day) - Number(b.day) ||
      a.part - b.part ||
      Number(a.compressed) - Number(b.compressed) ||
      (a.path < b.path ? -1 : 1),
  )
}

/**
 * Reads a stored file by `read`, where it is now: since it was listed it may have been compressed, or deleted for its age;
 * then it gives nothing.
 * @param onDamaged told of a compressed file that cannot be unpacked to its end, of which it gives what stands before
 */
export async function* readStored<T>(
  folder: string,
  path: string,
  read: (fullPath: string) => AsyncIterable<T>,
  onDamaged?: OnDamaged,
): AsyncGenerator<T, void, undefined> {
  for (const place of placesOf(path)) {
    try {
      yield* read(join(folder, place))
      return
    } catch (error) {
      // One that is open stays readable: this is told before anything of it was given.
      if (isMissing(error)) continue
      if (onDamaged === undefined || !isPackedBadly(error)) throw error
      onDamaged(place)
      return
    }
  }
}

/** Where a stored file can be, by its path when it was listed: there, or compressed since. */
export function placesOf(path: string): ReadonlySet<string> {
  return new Set([path, archivedPath(plainPath(path))])
}

/** Told of a damaged file, by its path in the folder. */
export type OnDamaged = (path: string) => void

/** Whether it is the content of a packed file that is at fault. */
export function isPackedBadly(error: unknown): error is Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return code.startsWith('Z_') || code.startsWith('ZSTD_')
}

/** Whether it is a file that is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

/** The kinds of files that there can be: those of fillpath, and those of the user's categories, now or earlier. */
export async function kindsOfFiles(folder: string): Promise<DailyFile[]> {
  const kinds = new Set<DailyFile>(Object.keys(dailyFiles).filter(isKind))
  for (const place of [categoriesFolder, posix.join(archiveFolder, categoriesFolder)]) {
    for (const name of await namesIn(join(folder, place))) {
      const kind = parseDailyPath(posix.join(place, name))?.file
      if (kind !== undefined) kinds.add(kind)
    }
  }
  return [...kinds]
}

function isKind(name: string): name is keyof typeof dailyFiles {
  return Object.hasOwn(dailyFiles, name)
}

/** What stands in a folder; nothing where there is none. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}
