/**
 * What could not be read or was refused, kept for a person: `<root>/quarantine/<boot>.seg`, quarantined frames behind a
 * segment header. Bounded: past the limit the note is kept and the bytes are not.
 */
import { join } from 'node:path'
import type { QuarantineNote } from '../../wire/frame.ts'
import { encodeQuarantined, frameHeaderBytes, writeFrameHeader } from '../../wire/frame.ts'
import { encodeSegmentHeader, segmentHeaderBytes } from '../../wire/segment.ts'
import type { Disk } from './disk.ts'
import { writeRange } from './disk.ts'
import { quarantineFolder } from './place.ts'

/** Whose records are put aside, and how much room there is. */
export interface QuarantineOptions {
  readonly disk: Disk
  readonly root: string
  readonly install: string
  readonly boot: string
  readonly bytesMax: number
}

/** The file for what was damaged or refused, with the reason beside the bytes. */
export class Quarantine {
  readonly #options: QuarantineOptions
  #file: number | undefined
  #size = 0
  #count = 0
  #dirty = false

  constructor(options: QuarantineOptions) {
    this.#options = options
  }

  /**
   * Puts bytes aside; false when there was room for the note alone. Throws what the disk throws, with nothing half-written
   * left behind.
   */
  add(note: QuarantineNote, bytes: Uint8Array): boolean {
    const { disk, bytesMax } = this.#options
    const file = this.#open()
    const kept = this.#size + bytes.length > bytesMax ? bytes.subarray(0, 0) : bytes
    const payload = encodeQuarantined(note, kept)
    const frame = new Uint8Array(frameHeaderBytes + payload.length)
    frame.set(payload, frameHeaderBytes)
    writeFrameHeader(frame, 0, frame.length, {
      kind: 'quarantined',
      signal: undefined,
      origin: 0,
      ordinal: this.#count,
      timeMs: 0,
      sequence: 0,
    })
    try {
      writeRange(disk, file, frame, this.#size)
    } catch (error) {
      disk.truncate(file, this.#size)
      throw error
    }
    this.#size += frame.length
    this.#count += 1
    this.#dirty = true
    return kept.length === bytes.length
  }

  /**
   * Stable storage has all that was put aside when it returns, but for what a person has deleted meanwhile. Throws what the
   * disk throws.
   */
  sync(): void {
    if (!this.#dirty || this.#file === undefined) return
    if (this.#isDeleted(this.#file)) {
      this.close()
      return
    }
    this.#options.disk.syncFileNow(this.#file)
    this.#options.disk.syncFolderNow(join(this.#options.root, quarantineFolder))
    this.#dirty = false
  }

  /** Closes the file. Does not throw: what matters was synced before, and a file that cannot be closed is closed. */
  close(): void {
    const file = this.#file
    this.#file = undefined
    this.#dirty = false
    if (file === undefined) return
    try {
      this.#options.disk.close(file)
    } catch {
      // See above.
    }
  }

  #open(): number {
    if (this.#file !== undefined && this.#isDeleted(this.#file)) this.close()
    if (this.#file !== undefined) return this.#file
    const { disk, root } = this.#options
    const folder = join(root, quarantineFolder)
    const path = join(folder, `${this.#options.boot}.seg`)
    disk.makeFolder(folder)
    const found = disk.look(path)
    const file = disk.open(path, found === undefined ? 'create' : 'write')
    try {
      this.#size = Math.max(found?.size ?? 0, segmentHeaderBytes)
      if (found === undefined || found.size < segmentHeaderBytes) {
        writeRange(disk, file, this.#header(), 0)
      }
    } catch (error) {
      disk.close(file)
      throw error
    }
    this.#file = file
    return file
  }

  #header(): Uint8Array {
    const { install, boot } = this.#options
    return encodeSegmentHeader({
      class: 'quarantined',
      install,
      boot,
      machine: '0'.repeat(32),
      wallNs: 0n,
      monotonicNs: 0n,
      number: 1,
      ordinal: 0,
    })
  }

  /** What was put aside may be deleted by a person at any time; what is put aside later needs a file that is there. */
  #isDeleted(file: number): boolean {
    return this.#options.disk.entry(file).links === 0
  }
}
