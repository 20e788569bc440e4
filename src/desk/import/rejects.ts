import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileMode } from '../../wire/paths.ts'
import type { BadLine } from './import.ts'

const fileName = 'import-rejects.jsonl'
const textCharsMax = 4_096

/** Where lines that are no records are written, each with file, number and reason. Made with the first of them. */
export class Rejects {
  /** The file, in the data folder. */
  readonly path: string
  #file: number | undefined

  constructor(folder: string) {
    this.path = join(folder, fileName)
  }

  /** Writes a line; of a very long one the beginning. */
  add({ file, line, reason, text }: BadLine): void {
    this.#file ??= openSync(this.path, 'a', fileMode)
    const row = { file, line, reason, chars: text.length, text: text.slice(0, textCharsMax) }
    writeSync(this.#file, `${JSON.stringify(row)}\n`)
  }

  /** Closes the file. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
  }
}
