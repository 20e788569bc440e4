/** Which files hold what is asked for. */
import { readdir, stat } from 'node:fs/promises'
import { join, posix, relative, resolve, sep } from 'node:path'
import { nearest } from '../../base/nearest.ts'
import { FillpathError } from '../../semconv/error.ts'
import { archiveFolder, taskFolderName, tasksFolder } from '../../wire/paths.ts'
import { namesIn, placesOf, storedFiles } from '../../archive/files.ts'
import { truths } from '../../archive/destination.ts'
import { agingName } from '../store/sources.ts'
import type { DailyFile } from '../../wire/paths.ts'

/** A file to read. */
export interface SourceFile {
  /** Where it is. */
  readonly path: string
  /** What it is called in the index: its path in the data folder, else its whole path. */
  readonly name: string
  /** Bytes on the disk. */
  readonly size: number
}

const readable = /\.(?:jsonl|ndjson|json)(?:\.(?:gz|zst))?$/
const summary = 'summary.json'

/**
 * The files of the data folder that hold every record: by day, oldest first.
 * @param isDone whether a file can be left out
 */
export async function truthFiles(
  folder: string,
  isDone: (name: string) => boolean = () => false,
): Promise<SourceFile[]> {
  const kinds: readonly DailyFile[] = Object.values(truths)
  const found: SourceFile[] = []
  for (const kind of kinds) {
    const files = await storedFiles(folder, kind)
    for (const { path } of files) {
      if (isDone(path)) continue
      // One that is compressed or deleted at this moment is no longer there.
      const file = await source(folder, path).catch(() => undefined)
      if (file !== undefined) found.push(file)
    }
  }
  return found
}

/** All files of the data folder: those that hold every record, then those of the tasks. */
export async function allFiles(folder: string): Promise<SourceFile[]> {
  const found = await truthFiles(folder)
  for (const place of taskPlaces) {
    for (const task of await namesIn(join(folder, place))) {
      found.push(...(await filesOfTask(folder, posix.join(place, task))))
    }
  }
  return found
}

/**
 * The files of a task.
 * @throws FillpathError `not_found`, with the nearest tasks that there are
 */
export async function taskFiles(folder: string, taskId: string): Promise<SourceFile[]> {
  const name = taskFolderName(taskId)
  const found: SourceFile[] = []
  const known: string[] = []
  for (const place of taskPlaces) {
    found.push(...(await filesOfTask(folder, posix.join(place, name))))
    known.push(...(await namesIn(join(folder, place))))
  }
  if (found.length > 0) return found
  const near = nearest(taskId, known)
  throw new FillpathError('not_found', `there is no file of a task "${taskId}" in ${folder}`, {
    hint:
      near.length > 0
        ? `Did you mean ${near.map((id) => `"${id}"`).join(' or ')}?`
        : `Its files would be in ${join(folder, tasksFolder, name)}.`,
  })
}

const taskPlaces = [tasksFolder, posix.join(archiveFolder, tasksFolder)] as const

async function filesOfTask(folder: string, within: string): Promise<SourceFile[]> {
  const names = await namesIn(join(folder, within))
  const wanted = names.filter((name) => readable.test(name) && name !== summary).sort()
  return Promise.all(wanted.map(async (name) => source(folder, posix.join(within, name))))
}

/**
 * The files that `path` names: itself, or, of a folder, all lines in it and below.
 * @throws FillpathError `not_found`
 */
export async function filesAt(path: string, folder: string): Promise<SourceFile[]> {
  const full = resolve(path)
  const found = await stat(full).catch(() => undefined)
  if (found === undefined) {
    throw new FillpathError('not_found', `there is no file or folder ${full}`, {
      hint: 'Check the path, and the folder that the command was started in.',
    })
  }
  const nameOf = (file: string): string => {
    const within = relative(folder, file)
    return within.startsWith('..') || resolve(within) === within
      ? file
      : within.split(sep).join('/')
  }
  if (!found.isDirectory()) return [{ path: full, name: nameOf(full), size: found.size }]
  const files: SourceFile[] = []
  for (const entry of await readdir(full, { withFileTypes: true, recursive: true })) {
    const file = join(entry.parentPath, entry.name)
    if (!entry.isFile() || !readable.test(file) || entry.name === summary) continue
    files.push({ path: file, name: nameOf(file), size: (await stat(file)).size })
  }
  if (files.length === 0) {
    throw new FillpathError('not_found', `there is no file of lines in ${full}`, {
      hint: 'Files of lines end in .jsonl, .ndjson or .json, also with .gz or .zst.',
    })
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * A listed file wherever it can be: one of the data folder may have been compressed since, or deleted for its age. The
 * next place is for when it is not found at the one before.
 */
export async function* whereItCanBe(file: SourceFile): AsyncGenerator<SourceFile, void, undefined> {
  const { path, name } = file
  yield file
  if (agingName(name) === undefined || !path.endsWith(name)) return
  for (const place of placesOf(name)) {
    if (place === name) continue
    const found = await source(path.slice(0, -name.length), place).catch(() => undefined)
    if (found !== undefined) yield found
  }
}

async function source(folder: string, name: string): Promise<SourceFile> {
  const path = join(folder, name)
  return { path, name, size: (await stat(path)).size }
}
