import { open, rename, rm } from 'node:fs/promises'
import { fileMode } from '../wire/paths.ts'

/** Puts `text` in the place of the file at `path`, which at any moment holds all of the old text or all of the new. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const fresh = `${path}.new`
  try {
    const handle = await open(fresh, 'w', fileMode)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(fresh, path)
  } catch (error) {
    await rm(fresh, { force: true })
    throw error
  }
}
