/**
 * Writes texts to many files, all of them or none.
 *
 * The views are written before the truths: when the process dies in between, the sender, which got no answer, sends
 * again, and a record that is twice in a view is better than one that is in none.
 */
import { join } from 'node:path'
import { AppendFile } from './append-file.ts'
import { Chain } from './chain.ts'
import type { AppendFileOptions } from './append-file.ts'

/** Texts by path in the folder; each text is a whole record without its newline. */
export type Texts = ReadonlyMap<string, readonly string[]>

// Bots with many tasks write to many small files; open ones are few.
const openFilesMax = 128

/** The open files of a folder, and the group that is being written. */
export class FileGroup {
  readonly #folder: string
  readonly #options: AppendFileOptions
  /** Least recently used first. */
  readonly #files = new Map<string, AppendFile>()
  /** Of the truths, by path. */
  readonly #chains = new Map<string, Chain>()

  constructor(folder: string, options: AppendFileOptions) {
    this.#folder = folder
    this.#options = options
  }

  /**
   * Appends all `views` and `truths`. With `durable`, the truths are on the disk when it resolves.
   * When it rejects, every file holds what it held before.
   */
  async write(views: Texts, truths: Texts): Promise<void> {
    const written: (AppendFile | Chain)[] = []
    try {
      await this.#openChains(truths)
      await this.#append(views, { durable: false, written })
      const kept = await this.#append(truths, { durable: this.#options.durable, written })
      const chains = await this.#chain(truths, written)
      const changed = [...kept, ...chains]
      if (this.#options.durable) await Promise.all(changed.map(async (file) => file.sync()))
    } catch (error) {
      await Promise.all(written.map(async (file) => file.undo()))
      // What the disk holds of them is not known.
      await this.#closeChains()
      throw error
    }
    await this.#closeRest()
  }

  /** Closes every file. */
  async close(): Promise<void> {
    const files = [...this.#files.values()]
    this.#files.clear()
    await this.#closeChains()
    await Promise.all(files.map(async (file) => file.close()))
  }

  /** Adds to `written` what has to be taken back when the group fails. */
  async #append(
    texts: Texts,
    { durable, written }: { readonly durable: boolean; readonly written: (AppendFile | Chain)[] },
  ): Promise<AppendFile[]> {
    const files = await Promise.allSettled(
      Array.from(texts, async ([path, lines]) => {
        const file = this.#fileAt(path, durable)
        await file.append(Buffer.from(`${lines.join('\n')}\n`))
        written.push(file)
        return file
      }),
    )
    return files.map((result) => {
      if (result.status === 'rejected') throw result.reason
      return result.value
    })
  }

  /** Before a truth grows, its chain tells of all that is in it. */
  async #openChains(truths: Texts): Promise<void> {
    for (const path of truths.keys()) {
      if (this.#chains.has(path)) continue
      await this.#fileAt(path, this.#options.durable).ready()
      const chain = new Chain(this.#folder, path, { durable: this.#options.durable })
      this.#chains.set(path, chain)
      await chain.open()
    }
  }

  async #chain(truths: Texts, written: (AppendFile | Chain)[]): Promise<Chain[]> {
    const chains: Chain[] = []
    for (const [path, lines] of truths) {
      const chain = this.#chains.get(path)
      if (chain === undefined) continue
      await chain.append(lines)
      written.push(chain)
      chains.push(chain)
    }
    return chains
  }

  async #closeChains(): Promise<void> {
    const chains = [...this.#chains.values()]
    this.#chains.clear()
    await Promise.all(chains.map(async (chain) => chain.close()))
  }

  #fileAt(path: string, durable: boolean): AppendFile {
    const file =
      this.#files.get(path) ??
      new AppendFile(join(this.#folder, path), { ...this.#options, durable })
    this.#files.delete(path)
    this.#files.set(path, file)
    return file
  }

  async #closeRest(): Promise<void> {
    for (const [path, file] of this.#files) {
      if (this.#files.size <= openFilesMax) return
      this.#files.delete(path)
      await file.close()
    }
  }
}
