import { open } from 'node:fs/promises'

const newline = 0x0a
const blockBytes = 512 * 1024

/**
 * The whole lines of the file before `endByte`, last first, in batches: for the end of a large file.
 * @param endByte the start of a line
 */
export async function* readLinesBack(
  path: string,
  endByte: number,
): AsyncGenerator<string[], void, undefined> {
  const handle = await open(path, 'r')
  try {
    let rest = Buffer.alloc(0)
    for (let end = endByte; end > 0;) {
      const start = Math.max(0, end - blockBytes)
      const block = Buffer.alloc(end - start + rest.length)
      await handle.read(block, 0, end - start, start)
      rest.copy(block, end - start)
      // What stands before the first newline may begin in the block before.
      const first = start === 0 ? 0 : block.indexOf(newline) + 1
      if (first === 0 && start > 0) rest = block
      else {
        const text = block.toString('utf8', first)
        const lines = text.split('\n').slice(0, -1).reverse()
        if (lines.length > 0) yield lines
        rest = block.subarray(0, first)
      }
      end = start
    }
  } finally {
    await handle.close()
  }
}
