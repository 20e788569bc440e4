/**
 * Where an export goes: stdout, or a file that appears under its name only when it is whole.
 *
 * The file is written beside its place under a name of its own, brought to the disk, and renamed. What ends the command
 * before leaves nothing behind; only `kill -9` and a power cut leave the unfinished file, whose name says what it is.
 */
import { createWriteStream, existsSync, rmSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { once } from 'node:events'
import { dirname, resolve } from 'node:path'
import { createGzip, createZstdCompress } from 'node:zlib'
import { FillpathError } from '../../semconv/error.ts'
import { fileMode } from '../../wire/paths.ts'
import type { Transform, Writable } from 'node:stream'

/** Takes what is exported. */
export interface Sink {
  /** Resolves when there is room for more. */
  write(chunk: string | Uint8Array): Promise<void>
  /** All was written: the file gets its name. */
  commit(): Promise<void>
  /** Something went wrong: nothing is left. Safe after `commit`. */
  discard(): void
}

/** Writes to stdout. */
export function stdoutSink(): Sink {
  return {
    async write(chunk) {
      if (!process.stdout.write(chunk)) await once(process.stdout, 'drain')
    },
    commit: async () => Promise.resolve(),
    discard: () => undefined,
  }
}

/**
 * Writes to the file at `path`; `.gz` and `.zst` are compressed.
 * @throws FillpathError `usage` when it exists and `force` is not set
 */
export function fileSink(path: string, force: boolean): Sink {
  const full = resolve(path)
  refuseExisting(full, force)
  const part = `${full}.${process.pid}.unfinished`
  const file = createWriteStream(part, { flags: 'wx', mode: fileMode })
  const packing = packerOf(full)
  const stream: Writable = packing ?? file
  let failure: unknown
  const fail = (error: unknown): void => {
    failure ??= error
  }
  file.on('error', fail)
  // The stream that is written to ends with the file, so that nobody waits for its room.
  if (packing !== undefined) {
    file.on('error', (error) => packing.destroy(error))
    packing.on('error', fail)
    packing.pipe(file)
  }
  const closed = once(file, 'close').catch(fail)
  const check = (): void => {
    if (failure !== undefined) throw explainedWrite(full, failure)
  }
  return {
    async write(chunk) {
      check()
      if (!stream.write(chunk)) await once(stream, 'drain').catch(fail)
      check()
    },
    async commit() {
      stream.end()
      await closed
      check()
      await bringToDisk(part)
      refuseExisting(full, force)
      await rename(part, full)
      await bringToDisk(dirname(full)).catch(() => undefined)
    },
    discard() {
      stream.destroy()
      file.destroy()
      rmSync(part, { force: true })
    },
  }
}

function refuseExisting(path: string, force: boolean): void {
  if (force || !existsSync(path)) return
  throw new FillpathError('usage', `${path} exists already`, {
    hint: 'Name another file, or overwrite it with --force.',
  })
}

function packerOf(path: string): Transform | undefined {
  if (path.endsWith('.gz')) return createGzip()
  return path.endsWith('.zst') ? createZstdCompress() : undefined
}

async function bringToDisk(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function explainedWrite(path: string, cause: unknown): FillpathError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const reason =
    code === 'ENOSPC'
      ? 'no space is left on the disk'
      : cause instanceof Error
        ? cause.message
        : String(cause)
  return new FillpathError('folder_unwritable', `${path} cannot be written: ${reason}`, {
    hint: 'Nothing was left there. Name a file on another disk, or make room and run it again.',
    cause,
  })
}
