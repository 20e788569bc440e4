import { readdir } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { archiveFolder, dailyFiles, parseDailyPath } from '../../wire/paths.ts'
import type { DailyFile } from '../../wire/paths.ts'

/** A line longer than this is neither written nor read. */
export const lineCharsMax = 32 * 1024 * 1024

/** A file of one day that is there. */
export interface StoredFile {
  /** In the data folder. */
  readonly path: string
  /** `YYYYMMDD`. */
  readonly day: string
  readonly compressed: boolean
}

/** The files of one kind in `folder`, oldest day first, archived ones included; none when there is no such folder. */
export async function storedFiles(folder: string, file: DailyFile): Promise<StoredFile[]> {
  const within = posix.dirname(dailyFiles[file].stem)
  const found: StoredFile[] = []
  for (const place of [within, posix.join(archiveFolder, within)]) {
    for (const name of await namesIn(join(folder, place))) {
      const path = posix.join(place, name)
      const parsed = parseDailyPath(path)
      if (parsed?.file === file) {
        found.push({ path, day: parsed.day, compressed: parsed.compressed })
      }
    }
  }
  return found.sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : a.path < b.path ? -1 : 1))
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
