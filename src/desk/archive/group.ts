/**
 * Writes texts to many files, all of them or none.
 *
 * The views are written before the truths: when the process dies in between, the sender, which got no answer, sends
 * again, and a record that is twice in a view is better than one that is in none.
 */
import { join } from 'node:path'
import { AppendFile } from './append-file.ts'
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

  constructor(folder: string, options: AppendFileOptions) {
    this.#folder = folder
    this.#options = options
  }

  /**
   * Appends all `views` and `truths`. With `durable`, the truths are on the disk when it resolves.
   * When it rejects, every file holds what it held before.
   */
  async write(views: Texts, truths: Texts): Promise<void> {
    const written: AppendFile[] = []
    try {
      await this.#append(views, { durable: false, written })
      const kept = await this.#append(truths, { durable: this.#options.durable, written })
      if (this.#options.durable) await Promise.all(kept.map(async (file) => file.sync()))
    } catch (error) {
      await Promise.all(written.map(async (file) => file.undo()))
      throw error
    }
    await this.#closeRest()
  }

  /** Closes every file. */
  async close(): Promise<void> {
    const files = [...this.#files.values()]
    this.#files.clear()
    await Promise.all(files.map(async (file) => file.close()))
  }

  /** Adds to `written` what has to be taken back when the group fails. */
  async #append(
    texts: Texts,
    { durable, written }: { readonly durable: boolean; readonly written: AppendFile[] },
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
