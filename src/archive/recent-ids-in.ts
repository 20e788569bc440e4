import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { storedFiles } from './files.ts'
import { truths } from './destination.ts'

// A sender repeats the few requests it got no answer to; this is the last thousands of records.
const tailBytes = 4 * 1024 * 1024
const recordId = /"fillpath\.record\.id":"([^"\\]+)"/g

/**
 * The record ids at the end of the newest files of `folder`, oldest first: what a sender may send again because the
 * desk died before it answered.
 */
export async function recentIdsIn(folder: string): Promise<string[]> {
  const ids: string[] = []
  for (const truth of Object.values(truths)) {
    const plain = (await storedFiles(folder, truth)).filter(({ compressed }) => !compressed)
    const tails: string[] = []
    let left = tailBytes
    for (const { path } of plain.toReversed()) {
      if (left <= 0) break
      const { text, bytes } = await tailOf(join(folder, path), left)
      tails.unshift(text)
      left -= bytes
    }
    for (const [, id = ''] of tails.join('').matchAll(recordId)) ids.push(id)
  }
  return ids
}

async function tailOf(
  path: string,
  bytesMax: number,
): Promise<{ readonly text: string; readonly bytes: number }> {
  const handle = await open(path, 'r')
  try {
    const { size } = await handle.stat()
    const bytes = Buffer.alloc(Math.min(size, bytesMax))
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, size - bytes.length)
    // Of a torn last line nothing is known to be kept.
    const end = bytesRead === 0 ? 0 : bytes.lastIndexOf('\n', bytesRead - 1) + 1
    return { text: bytes.toString('utf8', 0, end), bytes: bytesRead }
  } finally {
    await handle.close()
  }
}
