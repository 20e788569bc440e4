import type { FileHandle } from 'node:fs/promises'

const newline = 0x0a
const blockBytes = 64 * 1024

/** The offset just behind the last newline of the file; 0 when it has none. */
export async function endOfLastLine(handle: FileHandle, size: number): Promise<number> {
  const block = Buffer.alloc(Math.min(blockBytes, size))
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - block.length)
    const { bytesRead } = await handle.read(block, 0, end - start, start)
    const at = block.subarray(0, bytesRead).lastIndexOf(newline)
    if (at >= 0) return start + at + 1
    end = start
  }
  return 0
}
