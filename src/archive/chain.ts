/**
 * The hash chain beside a file of records: `events_20261121.jsonl.chain`.
 *
 *   fillpath-chain 1 logs/events_20261120.jsonl <its head>     the file before, `- -` where there is none
 *   <hash>                                                     of each line: SHA-256 of the hash before and the line
 *   !adopted 3 <hash>                                          the next 3 lines stood in the file without hashes
 *   !cut 2 <hash>                                              the last 2 lines are no longer in the file
 *
 * The sidecar only grows. The last hash is the head; the next file names it, so a past file cannot be cut at its end.
 * A crash may leave the lines of one group, which was never acknowledged, without hashes, and a power cut hashes
 * without lines: who writes next, to that file or to the one after it, writes down which, instead of hiding it. A clock
 * that is set back over midnight lets a file grow once more after the next has named its head.
 *
 * There is no key in it: who may write the folder and knows this format can make a whole new chain. It finds accidents
 * and edits by hand; it is proof against its owner only where a head was kept elsewhere.
 */
import { hash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { archiveFolder, parseDailyPath, plainPath } from '../wire/paths.ts'
import { AppendFile } from './append-file.ts'
import { storedFiles } from './files.ts'
import { readLines } from './read.ts'
import type { StoredFile } from './files.ts'

/** The ending of the sidecar's name. */
export const chainSuffix = '.chain'

/** The hash of a line behind the hash before it: 43 characters of base64url. */
export function chained(before: string, line: string): string {
  return hash('sha256', `${before}\n${line}`, 'base64url')
}

const headerForm = /^fillpath-chain 1 (\S+) (\S+)$/
const noteForm = /^!(adopted|cut) (\d+) ([\w-]{43})$/
const hashForm = /^[\w-]{43}$/

/** A line as the chain has it: its hash, and the one before. */
export interface Link {
  readonly before: string
  readonly hash: string
}

/** What a sidecar says. */
export interface ChainText {
  /** The file before, and its head; undefined for the first. */
  readonly previous: { readonly path: string; readonly head: string } | undefined
  readonly links: readonly Link[]
  readonly head: string
  /** Repairs after crashes, in words. */
  readonly repairs: readonly string[]
  /** Lines of the sidecar, from 1, that are not what they should be. */
  readonly faults: readonly number[]
}

/** Reads a sidecar; undefined when there is none. */
export async function readChain(path: string): Promise<ChainText | undefined> {
  if ((await stat(path).catch(() => undefined)) === undefined) return undefined
  let previous: ChainText['previous']
  let head = ''
  let at = 0
  const links: Link[] = []
  const repairs: string[] = []
  const faults: number[] = []
  for await (const lines of readLines(path)) {
    for (const line of lines) {
      at += 1
      const header = at === 1 ? headerForm.exec(line) : null
      const note = noteForm.exec(line)
      if (header !== null) {
        const [, before = '-', beforeHead = '-'] = header
        if (before !== '-') previous = { path: before, head: beforeHead }
        head = chained('', line)
      } else if (note !== null) {
        const [, kind = '', count = '0', noted = ''] = note
        if (chained(head, `${kind} ${count}`) !== noted) faults.push(at)
        if (kind === 'cut') links.splice(-Number(count))
        repairs.push(`line ${links.length + 1}: ${count} ${kind} after a crash`)
        head = noted
      } else if (at > 1 && hashForm.test(line)) {
        links.push({ before: head, hash: line })
        head = line
      } else faults.push(at)
    }
  }
  return { previous, links, head, repairs, faults }
}

/** Where the sidecar of a stored file is, now or after it was archived. */
export function chainPaths(path: string): readonly string[] {
  const plain = plainPath(path)
  return [`${plain}${chainSuffix}`, `${archiveFolder}/${plain}${chainSuffix}`]
}

/** The chain of a stored file; undefined when it has none. */
export async function chainOf(folder: string, path: string): Promise<ChainText | undefined> {
  for (const place of chainPaths(path)) {
    const chain = await readChain(join(folder, place))
    if (chain !== undefined) return chain
  }
  return undefined
}

/** Whether `head` was once the head of the chain of a stored file, which may have grown since. */
export async function wasHead(folder: string, path: string, head: string): Promise<boolean> {
  for (const place of chainPaths(path)) {
    const full = join(folder, place)
    if ((await stat(full).catch(() => undefined)) === undefined) continue
    for await (const lines of readLines(full)) {
      const isIt = (line: string): boolean =>
        line === head || line.endsWith(` ${head}`) || chained('', line) === head
      if (lines.some(isIt)) return true
    }
  }
  return false
}

interface ChainOptions {
  readonly durable: boolean
  /** Where the sidecar is, in the folder. @default beside the file */
  readonly place?: string
}

/** The chain of a file that is being written. Calls must not overlap. */
export class Chain {
  readonly #folder: string
  readonly #path: string
  readonly #options: ChainOptions
  readonly #file: AppendFile
  #head = ''
  #headBefore = ''

  /** @param path of the file of records, in the folder */
  constructor(folder: string, path: string, options: ChainOptions) {
    this.#folder = folder
    this.#path = path
    this.#options = options
    this.#file = new AppendFile(join(folder, options.place ?? `${path}${chainSuffix}`), {
      durable: options.durable,
      isWholeLine: (text) => hashForm.test(text),
    })
  }

  /** Brings the sidecar up to the file, which ends with a whole line. */
  async open(): Promise<void> {
    const full = join(this.#folder, this.#path)
    await this.#file.ready()
    const known = await readChain(this.#file.path)
    const texts: string[] = []
    this.#head = known?.head ?? ''
    if (this.#head === '') {
      const header = `fillpath-chain 1 ${await this.#previous()}`
      texts.push(header)
      this.#head = chained('', header)
    }
    const covered = known?.links.length ?? 0
    let count = 0
    const loose: string[] = []
    for await (const lines of readLines(full)) {
      for (const line of lines) {
        count += 1
        if (count > covered) loose.push(line)
      }
    }
    if (count < covered) this.#note(texts, 'cut', covered - count)
    if (loose.length > 0) {
      this.#note(texts, 'adopted', loose.length)
      for (const line of loose) texts.push((this.#head = chained(this.#head, line)))
    }
    if (texts.length > 0) await this.#file.append(Buffer.from(`${texts.join('\n')}\n`))
  }

  /** Adds the hashes of `lines`. When it rejects, it holds what it held before. */
  async append(lines: readonly string[]): Promise<void> {
    let head = this.#head
    const hashes = lines.map((line) => (head = chained(head, line)))
    await this.#file.append(Buffer.from(`${hashes.join('\n')}\n`))
    this.#headBefore = this.#head
    this.#head = head
  }

  /** Takes the last append back. */
  async undo(): Promise<void> {
    this.#head = this.#headBefore
    await this.#file.undo()
  }

  /** Waits until the disk has it. */
  async sync(): Promise<void> {
    await this.#file.sync()
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  #note(texts: string[], kind: 'adopted' | 'cut', count: number): void {
    const text = `${kind} ${count}`
    this.#head = chained(this.#head, text)
    texts.push(`!${text} ${this.#head}`)
  }

  async #previous(): Promise<string> {
    const own = parseDailyPath(this.#path)
    if (own === undefined) return '- -'
    const isBefore = ({ day, part }: StoredFile): boolean =>
      day < own.day || (day === own.day && part < own.part)
    const before = (await storedFiles(this.#folder, own.file)).filter(isBefore)
    // A desk that was killed when it began a file leaves it empty and without a chain.
    for (const { path } of before.toReversed()) {
      const head = await this.#headOf(path)
      if (head !== undefined) return `${plainPath(path)} ${head}`
    }
    return '- -'
  }

  /** The head of a file before, once its chain tells of all that is in it; undefined when it has none. */
  async #headOf(path: string): Promise<string | undefined> {
    const { durable } = this.#options
    for (const place of chainPaths(path)) {
      const known = await readChain(join(this.#folder, place))
      if (known === undefined) continue
      // A crash may have left lines without hashes: from now on such lines are no accident.
      const chain = new Chain(this.#folder, path, { durable, place })
      try {
        await chain.open()
        return chain.#head
      } finally {
        await chain.close()
      }
    }
    return undefined
  }
}
