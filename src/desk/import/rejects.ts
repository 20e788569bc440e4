import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { hash } from 'node:crypto'
import { join } from 'node:path'
import { FillpathError } from '../../semconv/error.ts'
import { fileMode } from '../../wire/paths.ts'
import type { BadLine } from './import.ts'

const fileName = 'import-rejects.jsonl'
const textCharsMax = 4_096

/**
 * Where lines that are no records are written, each once, with file, number and reason. Made with the first of them.
 *
 * They are written before the batch they came with is in the index: a run that was killed in between meets them again,
 * and finds them here.
 */
export class Rejects {
  /** The file, in the data folder. */
  readonly path: string
  #file: number | undefined
  readonly #known = new Set<string>()

  constructor(folder: string) {
    this.path = join(folder, fileName)
  }

  /**
   * Writes a line; of a very long one the beginning.
   * @throws FillpathError `folder_unwritable`
   */
  add({ file, line, reason, text }: BadLine): void {
    const row = { file, line, reason, chars: text.length, text: text.slice(0, textCharsMax) }
    const json = JSON.stringify(row)
    try {
      this.#file ??= this.#open()
      const key = keyOf(json)
      if (this.#known.has(key)) return
      this.#known.add(key)
      writeSync(this.#file, `${json}\n`)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new FillpathError('folder_unwritable', `${this.path} cannot be written: ${why}`, {
        cause,
      })
    }
  }

  /** Closes the file. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
  }

  #open(): number {
    const file = openSync(this.path, 'a+', fileMode)
    const before = readFileSync(this.path, 'utf8')
    for (const line of before.split('\n')) if (line !== '') this.#known.add(keyOf(line))
    // Half a line, as a full disk leaves it, is not to be joined with the next.
    if (before !== '' && !before.endsWith('\n')) writeSync(file, '\n')
    return file
  }
}

function keyOf(json: string): string {
  return hash('sha256', json, 'base64url').slice(0, 22)
}
