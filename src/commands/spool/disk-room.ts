import { statfsSync } from 'node:fs'
import { probeBytes } from '../../probe/spool/outage.ts'

/** How many bytes are free on the disk of a spool, where they are too few for it to take records; else `undefined`. */
export function freeBytesIfFull(folder: string): number | undefined {
  try {
    const { blocks, bavail, bsize } = statfsSync(folder)
    const free = bavail * bsize
    // A file system without a size of its own says that none of none is free.
    return blocks > 0 && free < probeBytes ? free : undefined
  } catch {
    // What cannot be read at all is told elsewhere.
    return undefined
  }
}
