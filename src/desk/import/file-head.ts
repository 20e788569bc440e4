/** What tells a file from another one that got its name. */
import { hash } from 'node:crypto'
import { open, stat } from 'node:fs/promises'

const headCharsMax = 4_096

/** What tells a file by its first line. */
export function headOf(firstLine: string): string {
  return hash('sha256', firstLine.slice(0, headCharsMax), 'base64url').slice(0, 22)
}

/** The same of the file at `path`. */
export async function headOfFile(path: string): Promise<string> {
  const bytes = await firstBytes(path, headCharsMax * 4)
  const text = bytes.toString('utf8')
  const end = text.indexOf('\n')
  return headOf(end < 0 ? text : text.slice(0, end))
}

/** What tells a packed file that was read to its end: it does not grow. */
export async function packedHead(path: string, head: string): Promise<string> {
  const { size, mtimeMs } = await stat(path)
  return `${head.replace(/@.*/, '')}@${size}/${mtimeMs}`
}

/** The first bytes of a file, `count` of them where it has so many. */
export async function firstBytes(path: string, count: number): Promise<Buffer> {
  const handle = await open(path, 'r')
  try {
    const bytes = Buffer.alloc(count)
    const { bytesRead } = await handle.read(bytes, 0, count, 0)
    return bytes.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}
