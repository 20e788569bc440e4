/** Compares the lines of one file with the hashes in its chain. */
import { chained } from './chain.ts'
import { isPackedBadly, readStored } from './files.ts'
import { readLines } from './read.ts'
import type { ChainText, Link } from './chain.ts'

/** Something that is not as it was written. */
export interface Damage {
  /** In the folder. */
  readonly file: string
  /** From 1; undefined where it is the whole file. */
  readonly line: number | undefined
  readonly what: string
}

/** Where what is found goes to. */
export interface Findings {
  readonly damages: Damage[]
  /** What is not proven, and is no damage. */
  readonly notes: string[]
}

/** So far a line or a hash is looked for that is not where it should be. */
const lookahead = 200

/**
 * Counts the lines of a file, and tells its damages.
 * @param found.isNewest no file of its kind came after it
 */
export async function verifyFile(
  folder: string,
  path: string,
  found: Findings & { readonly chain: ChainText; readonly isNewest: boolean },
): Promise<number> {
  const { chain, damages, notes } = found
  const damage = (line: number | undefined, what: string): void => {
    damages.push({ file: path, line, what })
  }
  for (const repair of chain.repairs) notes.push(`${path}: ${repair}`)
  for (const fault of chain.faults) damage(undefined, `line ${fault} of its chain is no hash`)
  const lines = new Lines(chain.links, damage)
  let isRead = true
  try {
    for await (const batch of readStored(folder, path, readLines)) {
      for (const line of batch) lines.add(line)
    }
  } catch (error) {
    if (!isPackedBadly(error)) throw error
    isRead = false
    damage(lines.end() + 1, `cannot be unpacked from here on: ${error.message}`)
  }
  const count = lines.end()
  if (isRead && lines.left > 0) damage(count + 1, `${lines.left} cut off at the end`)
  if (lines.loose > 0) {
    // A desk takes what a crash left into the chain before it begins the next file.
    if (found.isNewest) notes.push(`${path}: the last ${lines.loose} lines have no hash yet`)
    else damage(count - lines.loose + 1, `${lines.loose} inserted`)
  }
  return count
}

/** The lines of a file beside the hashes of its chain. */
class Lines {
  readonly #links: readonly Link[]
  readonly #damage: (line: number, what: string) => void
  /** Lines that were read and not compared yet. */
  readonly #pending: string[] = []
  #at = 0
  #link = 0
  #loose = 0

  constructor(links: readonly Link[], damage: (line: number, what: string) => void) {
    this.#links = links
    this.#damage = damage
  }

  /** Lines behind the last hash. */
  get loose(): number {
    return this.#loose
  }

  /** Hashes behind the last line. */
  get left(): number {
    return this.#links.length - this.#link
  }

  add(line: string): void {
    this.#pending.push(line)
    if (this.#pending.length > lookahead) this.#check()
  }

  /** Compares what was read; tells how many lines that were. */
  end(): number {
    while (this.#pending.length > 0) this.#check()
    return this.#at
  }

  #check(): void {
    const [line, next] = this.#pending
    const link = this.#links[this.#link]
    const linkAfter = this.#links[this.#link + 1]
    if (link === undefined) {
      this.#loose += 1
      this.#step(1, 0)
    } else if (fits(link, line)) this.#step(1, 1)
    else if (fits(linkAfter, line) && fits(link, next)) {
      this.#damage(this.#at + 1, 'was swapped with the next')
      this.#step(2, 2)
    } else if (fits(linkAfter, next)) {
      this.#damage(this.#at + 1, 'was changed')
      this.#step(1, 1)
    } else this.#search(link, line)
  }

  #search(link: Link, line: string | undefined): void {
    const missing = ahead((skip) => fits(this.#links[this.#link + skip], line))
    const inserted = ahead((skip) => fits(link, this.#pending[skip]))
    if (missing > 0 && (inserted === 0 || missing <= inserted)) {
      this.#damage(this.#at + 1, `${missing} deleted before it`)
      this.#step(0, missing)
    } else if (inserted > 0) {
      this.#damage(this.#at + 1, `${inserted} inserted`)
      this.#step(inserted, 0)
    } else {
      this.#damage(this.#at + 1, 'was changed')
      this.#step(1, 1)
    }
  }

  #step(lines: number, hashes: number): void {
    this.#pending.splice(0, lines)
    this.#at += lines
    this.#link += hashes
  }
}

function fits(link: Link | undefined, line: string | undefined): boolean {
  return link !== undefined && line !== undefined && chained(link.before, line) === link.hash
}

function ahead(isThere: (skip: number) => boolean): number {
  for (let skip = 1; skip < lookahead; skip += 1) if (isThere(skip)) return skip
  return 0
}
