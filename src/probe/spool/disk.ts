/**
 * All that the spool asks of a file system, in one place: so that a test can fail any single call, and a model can stand
 * in for a disk that loses power.
 *
 * Calls without a promise block and throw what Node throws (`code` ENOSPC, EIO …). `write` may write less than asked.
 */
import fs from 'node:fs'
import { close, fdatasync, fsync } from 'node:fs'

/** What is known of a path. */
export interface DiskEntry {
  readonly kind: 'file' | 'folder' | 'other'
  readonly size: number
  /** Tells one file or folder from another of the same name, while both exist. */
  readonly identity: string
  /** Milliseconds; only ever compared with an earlier value of the same file. */
  readonly modifiedMs: number
  /** How many names the file still has: 0 when it was deleted while open. */
  readonly links: number
}

/** `read`: must exist. `write`: must exist. `create`: must not exist yet, read and write. */
export type OpenMode = 'read' | 'write' | 'create'

/** What the spool asks of a file system, call by call, so that a fault can be put at each of them. */
export interface Disk {
  open(path: string, mode: OpenMode): number
  close(file: number): void
  /** {@link Disk.close} off the calling thread: of a file that has no name any more it waits for the disk to free its bytes. */
  closeLater(file: number): Promise<void>
  /** Writes up to `length` bytes at `position` and says how many it wrote. */
  write(file: number, bytes: Uint8Array, range: ByteRange, position: number): number
  /** {@link Disk.write} off the calling thread. */
  writeLater(file: number, bytes: Uint8Array, range: ByteRange, position: number): Promise<number>
  /** Reads up to `length` bytes from `position` and says how many it read; 0 at the end. */
  read(file: number, bytes: Uint8Array, range: ByteRange, position: number): number
  truncate(file: number, length: number): void
  /** The open file. */
  entry(file: number): DiskEntry
  /** The path; `undefined` when nothing is there. */
  look(path: string): DiskEntry | undefined
  /** Names in a folder; `undefined` when it is not there. */
  list(path: string): string[] | undefined
  makeFolder(path: string): void
  /** Bytes that can still be written on the file system of `path`. */
  freeBytes(path: string): number
  rename(from: string, to: string): void
  unlink(path: string): void
  removeFolder(path: string): void
  /** Sets the time of a file to now: a sign of life. */
  touch(path: string): void
  /** Resolves when the bytes of the file are on stable storage. */
  syncFile(file: number): Promise<void>
  syncFileNow(file: number): void
  /** Resolves when the names in the folder are on stable storage. */
  syncFolder(path: string): Promise<void>
  syncFolderNow(path: string): void
}

/** A part of a byte array. */
export interface ByteRange {
  readonly offset: number
  readonly length: number
}

const flags = { read: 'r', write: 'r+', create: 'wx+' } as const satisfies Record<OpenMode, string>

/** The machine's file system. Files are made with mode 0600, folders with 0700. */
export const realDisk: Disk = {
  open: (path, mode) => fs.openSync(path, flags[mode], 0o600),
  close: (file) => fs.closeSync(file),
  closeLater: (file) => settle((done) => close(file, (error) => done(error ?? null))),
  write: (file, bytes, range, position) =>
    fs.writeSync(file, bytes, range.offset, range.length, position),
  writeLater: (file, bytes, range, position) =>
    new Promise((resolve, reject) => {
      fs.write(file, bytes, range.offset, range.length, position, (error, count) =>
        error === null ? resolve(count) : reject(error),
      )
    }),
  read: (file, bytes, range, position) =>
    fs.readSync(file, bytes, range.offset, range.length, position),
  truncate: (file, length) => fs.ftruncateSync(file, length),
  entry: (file) => entryOf(fs.fstatSync(file)),
  look(path) {
    const stats = fs.statSync(path, { throwIfNoEntry: false })
    return stats && entryOf(stats)
  },
  list(path) {
    try {
      return fs.readdirSync(path).sort()
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined
      throw error
    }
  },
  makeFolder: (path) => void fs.mkdirSync(path, { recursive: true, mode: 0o700 }),
  freeBytes(path) {
    const { bavail, bsize } = fs.statfsSync(path)
    return bavail * bsize
  },
  rename: (from, to) => fs.renameSync(from, to),
  unlink: (path) => fs.unlinkSync(path),
  removeFolder: (path) => fs.rmdirSync(path),
  touch(path) {
    const now = Date.now() / 1000
    fs.utimesSync(path, now, now)
  },
  syncFile: (file) => settle((done) => fdatasync(file, done)),
  syncFileNow: (file) => fs.fdatasyncSync(file),
  async syncFolder(path) {
    const folder = fs.openSync(path, 'r')
    try {
      await settle((done) => fsync(folder, done))
    } finally {
      fs.closeSync(folder)
    }
  },
  syncFolderNow(path) {
    const folder = fs.openSync(path, 'r')
    try {
      fs.fsyncSync(folder)
    } finally {
      fs.closeSync(folder)
    }
  },
}

/** `ENOSPC`, `EIO` …; the text of anything else that was thrown. */
export function errorCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return String(error)
}

/** The whole of a small file; `undefined` when it is not there. */
export function readWhole(disk: Disk, path: string): Buffer | undefined {
  let file: number
  try {
    file = disk.open(path, 'read')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    const bytes = Buffer.alloc(disk.entry(file).size)
    return bytes.subarray(0, readRange(disk, file, bytes, 0))
  } finally {
    disk.close(file)
  }
}

/** Fills `bytes` from `position` on as far as the file goes; says how many bytes it read. */
export function readRange(disk: Disk, file: number, bytes: Uint8Array, position: number): number {
  let done = 0
  while (done < bytes.length) {
    const range = { offset: done, length: bytes.length - done }
    const count = disk.read(file, bytes, range, position + done)
    if (count === 0) break
    done += count
  }
  return done
}

/** Writes all of `bytes` at `position`, or throws with a part of it written. */
export function writeRange(disk: Disk, file: number, bytes: Uint8Array, position: number): void {
  let done = 0
  while (done < bytes.length) {
    const range = { offset: done, length: bytes.length - done }
    const count = disk.write(file, bytes, range, position + done)
    if (count === 0) throw new Error('the disk took no byte and gave no reason')
    done += count
  }
}

/** Puts a small file in place of another as a whole: a reader sees the old one or the new one, also after a power loss. */
export function replaceFile(disk: Disk, path: string, bytes: Uint8Array): void {
  const draft = `${path}.new`
  if (disk.look(draft) !== undefined) disk.unlink(draft)
  const file = disk.open(draft, 'create')
  try {
    writeRange(disk, file, bytes, 0)
    disk.syncFileNow(file)
  } finally {
    disk.close(file)
  }
  disk.rename(draft, path)
}

function entryOf(stats: fs.Stats): DiskEntry {
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other'
  return {
    kind,
    size: stats.size,
    identity: `${stats.dev}:${stats.ino}`,
    modifiedMs: stats.mtimeMs,
    links: stats.nlink,
  }
}

function settle(start: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error === null ? resolve() : reject(error)))
  })
}
