/** The index anew, from all files of the data folder. */
import { existsSync, rmSync } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FillpathError } from '../../semconv/error.ts'
import { indexPath } from '../../wire/paths.ts'
import { lockFolder } from '../../archive/folder-lock.ts'
import { openStore } from '../store/store.ts'
import { importFiles, noCounts } from './import.ts'
import { allFiles } from './sources.ts'
import type { ImportCounts, ImportOptions } from './import.ts'

/** What SQLite puts beside a database. */
const companions = ['-wal', '-shm', '-journal'] as const

/**
 * Makes the index of `folder` anew beside the old one, and puts it in its place when it is whole.
 * @throws FillpathError `folder_in_use` while a desk runs, `not_found` when there is nothing to read, `line_malformed`
 *   where a file is damaged that an index, which is there, may know whole
 */
export async function rebuildIndex(
  folder: string,
  options: ImportOptions & { readonly onSize?: ((bytes: number) => void) | undefined } = {},
): Promise<ImportCounts> {
  const isThere = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  )
  const files = isThere ? await allFiles(folder) : []
  if (files.length === 0) {
    throw new FillpathError('not_found', `there are no files of records in ${folder}`, {
      hint: 'Say where they are with --data FOLDER.',
    })
  }
  const lock = await lockFolder(folder)
  const path = join(folder, indexPath)
  const fresh = `${path}.new`
  const hadIndex = existsSync(path)
  try {
    await removeDatabase(fresh)
    options.onSize?.(files.reduce((sum, { size }) => sum + size, 0))
    const counts = noCounts()
    const store = openStore(fresh)
    try {
      await importFiles(store, files, counts, {
        ...options,
        onUnreadable: (error) => {
          if (hadIndex) throw keeping(error)
          options.onUnreadable?.(error)
        },
      })
    } finally {
      store.close()
    }
    for (const companion of companions) await rm(path + companion, { force: true })
    await rename(fresh, path)
    return counts
  } catch (error) {
    for (const suffix of ['', ...companions]) rmSync(fresh + suffix, { force: true })
    throw error
  } finally {
    await lock.release()
  }
}

function keeping(cause: FillpathError): FillpathError {
  return new FillpathError('line_malformed', cause.message, {
    hint: 'The old index stays, which may know more. Move the file or the index away to make one of what is left.',
    cause,
  })
}

/** Deletes a database, with what SQLite puts beside it. */
export async function removeDatabase(path: string): Promise<void> {
  for (const suffix of ['', ...companions]) await rm(path + suffix, { force: true })
}
