import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Disk } from '../spool/disk.ts'
import { checkpointPath, parseCheckpointName, parseFolderName } from '../spool/place.ts'
import type { SpoolPlace } from '../spool/place.ts'
import { openReader } from '../spool/reader.ts'
import type { Signal } from './endpoint.ts'

/** More of a name is cut off. */
const nameLengthMax = 64
/** A file name of 255 bytes holds this much of a name as it is escaped there: 9 characters for each of 用户. */
const escapedLengthMax = 3 * nameLengthMax

/**
 * The name that the spool knows a channel by. Each signal of a destination has a checkpoint of its own, so that one
 * that is refused does not hold back the others.
 */
export function channelName(destination: string, signal: Signal): string {
  const short = shortened(destination)
  if (short === destination) return `${destination} ${signal}`
  const digest = createHash('sha256').update(destination).digest('hex').slice(0, 8)
  return `${short} ${digest} ${signal}`
}

function shortened(name: string): string {
  let short = ''
  // By characters, not by halves of one: those cannot be escaped.
  for (const character of name.toWellFormed()) {
    const longer = short + character
    if (longer.length > nameLengthMax || encodeURIComponent(longer).length > escapedLengthMax) break
    short = longer
  }
  return short
}

/** A channel that is not configured any more, and how many records of the runs before it never got. */
export interface ForgottenChannel {
  readonly name: string
  readonly records: number
}

/**
 * Deletes the checkpoints of channels that are not among `names`. Segments do not wait for them; without that, nobody
 * would look at them again.
 */
export function forgetCheckpoints(
  disk: Disk,
  place: SpoolPlace,
  names: ReadonlySet<string>,
): ForgottenChannel[] {
  const files = new Map<string, string[]>()
  for (const entry of disk.list(place.root) ?? []) {
    const owner = parseFolderName(entry)?.owner
    if (owner === undefined || (place.owner !== undefined && owner !== place.owner)) continue
    const folder = join(place.root, entry)
    for (const file of disk.list(folder) ?? []) {
      const name = parseCheckpointName(file)
      if (name === undefined || names.has(name)) continue
      files.set(name, [...(files.get(name) ?? []), checkpointPath(folder, name)])
    }
  }
  if (files.size === 0) return []
  const destinations = [...files.keys()]
  const reader = openReader({
    disk,
    place,
    destinations,
    readOnly: true,
    onNotice: () => undefined,
  })
  // What this run has written already was never meant for it.
  const forgotten = destinations.map((name) => ({ name, records: reader.left(name).records }))
  reader.close()
  for (const paths of files.values()) for (const path of paths) disk.unlink(path)
  return forgotten
}
