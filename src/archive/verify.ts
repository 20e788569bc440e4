/** Compares the files of records with their hash chains: what was deleted, changed, inserted, swapped or cut. */
import { readdir } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { archiveFolder, dailyPath, parseDailyPath, plainPath } from '../wire/paths.ts'
import { chainOf, chainSuffix, wasHead } from './chain.ts'
import { truths } from './destination.ts'
import { readStored, storedFiles } from './files.ts'
import { readLines } from './read.ts'
import { removedNames } from './removed.ts'
import { verifyFile } from './verify-file.ts'
import type { DailyFile } from '../wire/paths.ts'
import type { ChainText } from './chain.ts'
import type { StoredFile } from './files.ts'
import type { Damage, Findings } from './verify-file.ts'

/** What a look at a folder found. */
export interface Verification {
  readonly files: number
  readonly lines: number
  readonly damages: readonly Damage[]
  /** What is not proven, and is no damage: repairs after crashes, files without a chain. */
  readonly notes: readonly string[]
  /** The newest head of each kind of file, to be kept elsewhere. */
  readonly heads: Readonly<Record<string, string>>
}

const missing = 'is missing'

/** Verifies all files of records in `folder`. */
export async function verifyFolder(folder: string): Promise<Verification> {
  const damages: Damage[] = []
  const notes: string[] = []
  const heads: Record<string, string> = {}
  const removed = await removedNames(folder)
  let files = 0
  let lines = 0
  for (const kind of Object.values(truths)) {
    const known = new Map<string, string>()
    const stored = await storedFiles(folder, kind)
    const newest = await newestChained(folder, stored)
    for (const file of stored) {
      const { path } = file
      files += 1
      const chain = await chainOf(folder, path)
      if (chain === undefined || chain.head === '') {
        const isBegun = chain !== undefined
        await tellUnchained(folder, path, { known, damages, notes, isBegun, newest })
        continue
      }
      const isNewest = file === newest
      lines += await verifyFile(folder, path, { chain, isNewest, damages, notes })
      await verifyOrder(folder, path, { chain, known, removed, damages, notes })
      known.set(plainPath(path), chain.head)
      heads[kind] = chain.head
    }
    for (const path of await chainsAlone(folder, kind, stored)) {
      const isTold = damages.some(({ file }) => file === path)
      if (!removed.has(path) && !isTold)
        damages.push({ file: path, line: undefined, what: missing })
    }
  }
  return { files, lines, damages, notes, heads }
}

/** Whether the file that a file names as the one before is there, or gone for its age, and whole. */
async function verifyOrder(
  folder: string,
  path: string,
  found: Findings & {
    readonly chain: ChainText
    readonly known: ReadonlyMap<string, string>
    readonly removed: ReadonlySet<string>
  },
): Promise<void> {
  const { known, damages, notes } = found
  const { previous } = found.chain
  if (previous === undefined) {
    if (known.size > 0) notes.push(`${path}: names no file before, as when a clock was set back`)
    return
  }
  const { path: file, head } = previous
  if (known.get(file) === head) return
  if (!known.has(file)) {
    if (!found.removed.has(file)) damages.push({ file, line: undefined, what: missing })
    return
  }
  if (await wasHead(folder, file, head)) {
    notes.push(`${file}: went on after ${path} began, as when a clock was set back`)
  } else damages.push({ file, line: undefined, what: 'was cut or changed at its end' })
}

/**
 * A file without a chain: nothing is known of it. That is no accident where one before it has a chain, or where none has
 * that came after: a writer begins the chain before the file.
 */
async function tellUnchained(
  folder: string,
  path: string,
  found: Findings & {
    readonly known: ReadonlyMap<string, string>
    /** Its chain is there, and empty, as a power cut leaves it. */
    readonly isBegun: boolean
    /** The newest file with a chain. */
    readonly newest: StoredFile | undefined
  },
): Promise<void> {
  // A desk that was killed when it began a file leaves it without a line.
  if (!(await hasLines(folder, path))) return
  const isOlder = found.known.size === 0 && found.newest !== undefined
  if (found.isBegun || isOlder) found.notes.push(`${path}: has no chain, nothing is known of it`)
  else found.damages.push({ file: path, line: undefined, what: 'has no chain' })
}

/** The newest file that was begun: a desk that was killed just then leaves one behind it that has no chain yet. */
async function newestChained(
  folder: string,
  stored: readonly StoredFile[],
): Promise<StoredFile | undefined> {
  for (const file of stored.toReversed()) {
    const chain = await chainOf(folder, file.path)
    if (chain !== undefined && chain.head !== '') return file
  }
  return undefined
}

async function hasLines(folder: string, path: string): Promise<boolean> {
  for await (const _lines of readStored(folder, path, readLines)) return true
  return false
}

/** The files of which nothing but the chain is there, by their names before they were compressed. */
async function chainsAlone(
  folder: string,
  kind: DailyFile,
  stored: readonly StoredFile[],
): Promise<string[]> {
  const within = posix.dirname(dailyPath(kind, '20260101'))
  const there = new Set(stored.map(({ path }) => plainPath(path)))
  const alone = new Set<string>()
  for (const place of [within, posix.join(archiveFolder, within)]) {
    for (const name of await readdir(join(folder, place)).catch(() => [])) {
      if (!name.endsWith(chainSuffix)) continue
      const path = posix.join(within, name.slice(0, -chainSuffix.length))
      if (parseDailyPath(path)?.file === kind && !there.has(path)) alone.add(path)
    }
  }
  return [...alone].sort()
}
