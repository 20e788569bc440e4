/** A small file system in memory that a test can fill to the byte; only root can mount one. */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** See {@link mountTmpfs}. */
export interface Tmpfs {
  readonly folder: string
  /** Fills it to the byte. */
  fill(): void
  /** Takes back what filled it. */
  free(): void
  close(): void
}

/** Whether a file system can be mounted here. */
export const canMount = process.platform === 'linux' && process.getuid?.() === 0

/** A file system of its own, `undefined` where none can be mounted. */
export function mountTmpfs(mebibytes: number): Tmpfs | undefined {
  if (!canMount) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'fillpath-tmpfs-'))
  const options = ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder]
  if (spawnSync('mount', options).status !== 0) {
    rmSync(folder, { recursive: true })
    return undefined
  }
  const filler = join(folder, 'filler')
  return {
    folder,
    fill() {
      const file = openSync(filler, 'a')
      for (let step = 1024 ** 2; step >= 1;) {
        try {
          writeSync(file, new Uint8Array(step))
        } catch {
          step = Math.floor(step / 2)
        }
      }
      closeSync(file)
    },
    free: () => rmSync(filler, { force: true }),
    close() {
      spawnSync('umount', ['-l', folder])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
