/**
 * Space kept for critical records: a file of zeros that becomes a segment when the disk is full. Written in steps off the
 * main thread, so that starting costs nothing.
 */
import { dirname } from 'node:path'
import type { Disk } from './disk.ts'
import { errorCode } from './disk.ts'

/** How a reserve is made. */
export interface ReserveOptions {
  readonly disk: Disk
  readonly bytes: number
  readonly path: () => string
  /** It cannot be made. */
  readonly onMissing: (message: string) => void
}

const stepBytes = 1024 * 1024

/** Room on the disk that is kept free for critical records. */
export class Reserve {
  readonly #options: ReserveOptions
  #state: 'absent' | 'filling' | 'ready' = 'absent'
  #hasComplained = false

  constructor(options: ReserveOptions) {
    this.#options = options
  }

  get isReady(): boolean {
    return this.#state === 'ready'
  }

  /** Bytes it takes on disk. */
  get bytes(): number {
    return this.#state === 'absent' ? 0 : this.#options.bytes
  }

  /** Makes it, unless it is there or being made. Resolves when that is over. Never rejects. */
  async fill(): Promise<void> {
    const { disk, bytes, path, onMissing } = this.#options
    if (this.#state !== 'absent' || bytes === 0) return
    this.#state = 'filling'
    const place = path()
    try {
      const free = disk.freeBytes(dirname(place))
      if (free < bytes * 2) throw new Error(`${free} bytes are free`)
      await fillFile(disk, place, bytes)
      this.#hasComplained = false
      if (this.#isFilling()) this.#state = 'ready'
      else removeQuietly(disk, place)
    } catch (error) {
      this.#state = 'absent'
      removeQuietly(disk, place)
      if (this.#hasComplained) return
      this.#hasComplained = true
      onMissing(
        `no reserve of ${bytes} bytes for critical records can be made at ${place} (${errorCode(error)}); it is tried again`,
      )
    }
  }

  /** Asked again after a pause in which it may have been removed. */
  #isFilling(): boolean {
    return this.#state === 'filling'
  }

  /** It has become a segment. */
  spend(): void {
    this.#state = 'absent'
  }

  /** Gives the space back. */
  remove(): void {
    if (this.#state === 'absent') return
    this.#state = 'absent'
    removeQuietly(this.#options.disk, this.#options.path())
  }
}

async function fillFile(disk: Disk, path: string, bytes: number): Promise<void> {
  removeQuietly(disk, path)
  const file = disk.open(path, 'create')
  try {
    const zeros = new Uint8Array(Math.min(stepBytes, bytes))
    for (let position = 0; position < bytes;) {
      const length = Math.min(zeros.length, bytes - position)
      position += await disk.writeLater(file, zeros, { offset: 0, length }, position)
    }
    await disk.syncFile(file)
  } finally {
    disk.close(file)
  }
}

function removeQuietly(disk: Disk, path: string): void {
  try {
    if (disk.look(path) !== undefined) disk.unlink(path)
  } catch {
    // Space that cannot be given back now is given back when the folder goes.
  }
}
