/**
 * What the rule of age deleted: `archive/removed.txt`, a line for each file of records, with the head of its chain.
 *
 *   logs/events_20261121.jsonl 7sIPZkzG…        what `verify` needs to know that it is not missing
 *   tasks/7f3a/events.jsonl -                   a file without a chain
 *
 * It is written before the file goes, so that a crash between the two leaves a note of a file that is there, and never a
 * file that is gone without a note.
 */
import { appendFile, mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { archiveFolder, archivedPath, fileMode, folderMode, plainPath } from '../wire/paths.ts'
import { chainOf } from './chain.ts'

const removedPath = `${archiveFolder}/removed.txt`
const records = /\.jsonl(?:\.gz)?$/

/** The notes, as they stand in the file. */
async function removedText(folder: string): Promise<string> {
  return readFile(join(folder, removedPath), 'utf8').catch(() => '')
}

/** Bytes of the notes: they grow with each file that was deleted. */
export async function removedBytes(folder: string): Promise<number> {
  return (await stat(join(folder, removedPath)).catch(() => undefined))?.size ?? 0
}

/** What was deleted for its age, by names before compression. */
export async function removedNames(folder: string): Promise<ReadonlySet<string>> {
  const notes = (await removedText(folder)).split('\n').filter(Boolean)
  return new Set(notes.map((line) => line.slice(0, line.lastIndexOf(' '))))
}

/** Which of `names`, paths before compression, were deleted for their age and are gone. */
export async function removedOf(folder: string, names: readonly string[]): Promise<string[]> {
  const noted = await removedNames(folder)
  const gone: string[] = []
  for (const name of names) {
    if (!noted.has(name)) continue
    const places = [name, archivedPath(name)].map(async (path) => isThere(join(folder, path)))
    if (!(await Promise.all(places)).includes(true)) gone.push(name)
  }
  return gone
}

/** Writes down that the age of a file takes it away. What holds no records needs no note. */
export async function noteRemoved(folder: string, path: string): Promise<void> {
  if (!records.test(path)) return
  const chain = await chainOf(folder, path)
  const note = `${plainPath(path)} ${chain?.head ?? '-'}\n`
  if (chain === undefined && (await removedText(folder)).includes(note)) return
  await mkdir(join(folder, archiveFolder), { recursive: true, mode: folderMode })
  await appendFile(join(folder, removedPath), note, { mode: fileMode })
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}
