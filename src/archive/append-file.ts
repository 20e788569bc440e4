/**
 * One file that only grows, by whole lines.
 *
 * Invariants:
 * - Between two calls the file is empty or ends with a newline.
 * - `append` adds all its bytes or none: what a short or failed write left is cut off again, at once or before the
 *   next write, so no line is ever glued to half of another.
 * - A tail without a newline, as a crash leaves it, is completed when it is a whole record and cut off when it is not:
 *   it was never acknowledged.
 * - A file that was removed, renamed, cut or appended to by others while it was open is noticed before the next write.
 */
import { statSync } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileMode, folderMode } from '../wire/paths.ts'
import { endOfLastLine } from './last-line.ts'
import type { FileHandle } from 'node:fs/promises'

/** How an {@link AppendFile} behaves. */
export interface AppendFileOptions {
  /** Whether a last line without a newline is whole all the same. */
  readonly isWholeLine: (text: string) => boolean
  /** Whether a new file's entry in its folder is written through to the disk. */
  readonly durable: boolean
  /** Called when a torn tail was cut off. */
  readonly onRepair?: (path: string, bytes: number) => void
}

/** See the head of this file. Calls must not overlap. */
export class AppendFile {
  readonly path: string
  readonly #options: AppendFileOptions
  #handle: FileHandle | undefined
  #inode = 0
  #size = 0
  /** Bytes past `#size` may stand in the file. */
  #torn = false
  /** Size before the last append, while it can be undone. */
  #before: number | undefined

  constructor(path: string, options: AppendFileOptions) {
    this.path = path
    this.#options = options
  }

  /**
   * Adds `bytes`, which end with a newline. When it rejects, the file holds what it held before.
   * @throws the error of the system, such as ENOSPC
   */
  async append(bytes: Uint8Array): Promise<void> {
    const handle = await this.#ready()
    this.#torn = true
    try {
      let written = 0
      while (written < bytes.length) {
        const result = await handle.write(bytes, written, bytes.length - written, null)
        if (result.bytesWritten === 0) throw new Error(`${this.path}: the system wrote nothing`)
        written += result.bytesWritten
      }
    } catch (error) {
      await this.#cut().catch(() => undefined)
      throw error
    }
    this.#torn = false
    this.#before = this.#size
    this.#size += bytes.length
  }

  /** Opens the file and cuts off what is not whole, when that is not done. */
  async ready(): Promise<void> {
    await this.#ready()
  }

  /** Takes the last append back; when the disk refuses, that happens before the next one. */
  async undo(): Promise<void> {
    if (this.#before === undefined) return
    this.#size = this.#before
    this.#before = undefined
    this.#torn = true
    await this.#cut().catch(() => undefined)
  }

  /**
   * Waits until the disk has it. After a failure nothing is known about what the disk holds, and the system may not
   * report it again, so the file is opened anew.
   */
  async sync(): Promise<void> {
    try {
      await this.#handle?.datasync()
    } catch (error) {
      await this.undo()
      await this.close()
      throw error
    }
  }

  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close().catch(() => undefined)
  }

  async #ready(): Promise<FileHandle> {
    if (this.#handle !== undefined) {
      const now = statSync(this.path, { throwIfNoEntry: false })
      if (now?.ino === this.#inode && now.size === this.#size && !this.#torn) return this.#handle
      if (now?.ino === this.#inode && this.#torn) {
        await this.#cut()
        return this.#handle
      }
      await this.close()
    }
    return this.#open()
  }

  async #open(): Promise<FileHandle> {
    await mkdir(dirname(this.path), { recursive: true, mode: folderMode })
    const handle = await open(this.path, 'a+', fileMode)
    try {
      const { ino, size } = await handle.stat()
      this.#size = size === 0 ? 0 : await this.#repair(handle, size)
      this.#inode = ino
      this.#torn = false
      this.#before = undefined
      if (size === 0 && this.#options.durable) await syncFolder(dirname(this.path))
    } catch (error) {
      await handle.close().catch(() => undefined)
      throw error
    }
    this.#handle = handle
    return handle
  }

  /** Leaves the file with a newline at its end; returns its size then. */
  async #repair(handle: FileHandle, size: number): Promise<number> {
    const wholeBytes = await endOfLastLine(handle, size)
    if (wholeBytes === size) return size
    const tail = Buffer.alloc(size - wholeBytes)
    await handle.read(tail, 0, tail.length, wholeBytes)
    if (this.#options.isWholeLine(tail.toString('utf8'))) {
      await handle.write('\n')
      return size + 1
    }
    await handle.truncate(wholeBytes)
    this.#options.onRepair?.(this.path, size - wholeBytes)
    return wholeBytes
  }

  async #cut(): Promise<void> {
    await this.#handle?.truncate(this.#size)
    this.#torn = false
  }
}

/** Makes the name of a new file survive a power cut. Systems that cannot sync a folder need not. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => undefined)
  try {
    await handle?.sync()
  } catch {
    // Windows and some network file systems refuse; the file itself is synced all the same.
  } finally {
    await handle?.close()
  }
}
