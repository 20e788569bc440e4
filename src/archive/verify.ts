/** Compares the files of records with their hash chains: what was deleted, changed, inserted, swapped or cut. */
import { join } from 'node:path'
import { plainPath } from '../wire/paths.ts'
import { chainOf, chained } from './chain.ts'
import { truths } from './destination.ts'
import { storedFiles } from './files.ts'
import { readLines } from './read.ts'
import { removedText } from './removed.ts'
import type { ChainText, Link } from './chain.ts'

/** Something that is not as it was written. */
export interface Damage {
  /** In the folder. */
  readonly file: string
  /** From 1; undefined where it is the whole file. */
  readonly line: number | undefined
  readonly what: string
}

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

const lookahead = 200

/** Verifies all files of records in `folder`. */
export async function verifyFolder(folder: string): Promise<Verification> {
  const damages: Damage[] = []
  const notes: string[] = []
  const heads: Record<string, string> = {}
  const removed = await removedText(folder)
  let files = 0
  let lines = 0
  for (const kind of Object.values(truths)) {
    const known = new Map<string, string>()
    for (const { path } of await storedFiles(folder, kind)) {
      files += 1
      const chain = await chainOf(folder, path)
      const plain = plainPath(path)
      if (chain === undefined) {
        if (known.size > 0) damages.push({ file: path, line: undefined, what: 'has no chain' })
        else notes.push(`${path}: has no chain, nothing is known of it`)
        continue
      }
      lines += await verifyFile(folder, path, chain, { damages, notes })
      const { previous } = chain
      const isProven =
        previous === undefined
          ? known.size === 0
          : known.get(previous.path) === previous.head ||
            removed.includes(`${previous.path} ${previous.head}\n`)
      if (!isProven) {
        const file = previous?.path ?? path
        const what = known.has(file) ? 'was cut or changed at its end' : 'is missing'
        damages.push({ file, line: undefined, what })
      }
      known.set(plain, chain.head)
      heads[kind] = chain.head
    }
  }
  return { files, lines, damages, notes, heads }
}

/** Counts the lines of a file, and tells its damages. */
async function verifyFile(
  folder: string,
  path: string,
  chain: ChainText,
  found: { readonly damages: Damage[]; readonly notes: string[] },
): Promise<number> {
  const damage = (line: number | undefined, what: string): void => {
    found.damages.push({ file: path, line, what })
  }
  for (const repair of chain.repairs) found.notes.push(`${path}: ${repair}`)
  for (const fault of chain.faults) damage(undefined, `line ${fault} of its chain is no hash`)
  const { links } = chain
  let at = 0
  let link = 0
  let loose = 0
  const pending: string[] = []
  const check = (): void => {
    const line = pending[0] ?? ''
    if (links[link] === undefined) {
      loose += 1
      pending.shift()
      at += 1
      return
    }
    if (fits(links[link], line)) step(1, 1)
    else if (fits(links[link + 1], line) && fits(links[link], pending[1])) {
      damage(at + 1, 'was swapped with the next')
      step(2, 2)
    } else if (pending.length > 1 && fits(links[link + 1], pending[1])) {
      damage(at + 1, 'was changed')
      step(1, 1)
    } else {
      const missing = ahead((skip) => fits(links[link + skip], line))
      const inserted = ahead((skip) => fits(links[link], pending[skip]))
      if (missing > 0 && (inserted === 0 || missing <= inserted)) {
        damage(at + 1, `${missing} deleted before it`)
        step(0, missing)
      } else if (inserted > 0) {
        damage(at + 1, `${inserted} inserted`)
        step(inserted, 0)
      } else {
        damage(at + 1, 'was changed')
        step(1, 1)
      }
    }
  }
  const step = (lines: number, hashes: number): void => {
    pending.splice(0, lines)
    at += lines
    link += hashes
  }
  for await (const batch of readLines(join(folder, path))) {
    for (const line of batch) {
      pending.push(line)
      if (pending.length > lookahead) check()
    }
  }
  while (pending.length > 0) check()
  if (link < links.length) damage(at + 1, `${links.length - link} cut off at the end`)
  if (loose > 0) found.notes.push(`${path}: the last ${loose} lines have no hash yet`)
  return at
}

function fits(link: Link | undefined, line: string | undefined): boolean {
  return link !== undefined && line !== undefined && chained(link.before, line) === link.hash
}

function ahead(isThere: (skip: number) => boolean): number {
  for (let skip = 1; skip < lookahead; skip += 1) if (isThere(skip)) return skip
  return 0
}
