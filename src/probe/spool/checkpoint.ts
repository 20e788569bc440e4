/**
 * What one destination has of one folder: byte ranges of segments, in a small file of its own.
 *
 * `<crc32 of the rest, 8 hex digits> {"version":1,"boot":…,"segments":{"critical-00000001.seg":{"records":12,"acked":[[92,5000]]}}}`
 *
 * It is replaced as a whole and synced before a segment is deleted. Lost or damaged it costs duplicates, never a record.
 */
import { crc32 } from 'node:zlib'
import type { Disk } from './disk.ts'
import { readWhole, replaceFile } from './disk.ts'
import { checkpointPath } from './place.ts'

const version = 1

/** What a destination has of one segment: how many records, and which bytes they and all between them take. */
export interface CheckpointEntry {
  readonly records: number
  readonly acked: Iterable<readonly [number, number]>
}

/** By name of the segment. */
export type Checkpoint = ReadonlyMap<string, CheckpointEntry>

/** What reading a checkpoint came to: its entries, or why there are none. */
export type CheckpointResult =
  | { readonly checkpoint: Checkpoint; readonly problem: undefined }
  | { readonly checkpoint: undefined; readonly problem: string | undefined }

/** Which folder a checkpoint belongs to. */
export interface CheckpointKey {
  readonly folder: string
  readonly boot: string
  readonly destination: string
}

/** Reads a checkpoint. No file is no problem; one that cannot be used is, and is as good as none. */
export function loadCheckpoint(disk: Disk, key: CheckpointKey): CheckpointResult {
  let text: string | undefined
  try {
    text = readWhole(disk, checkpointPath(key.folder, key.destination))?.toString()
  } catch (error) {
    return { checkpoint: undefined, problem: String(error) }
  }
  if (text === undefined) return { checkpoint: undefined, problem: undefined }
  const body = text.slice(9).trimEnd()
  if (text.slice(0, 8) !== checksum(body))
    return { checkpoint: undefined, problem: 'it is damaged' }
  return parseCheckpoint(JSON.parse(body), key.boot)
}

/**
 * Writes a checkpoint. Throws what the disk throws, and the old one stands then. Returns whether it is on stable storage:
 * where that failed, it is seen by all until the power is lost.
 */
export function saveCheckpoint(disk: Disk, key: CheckpointKey, checkpoint: Checkpoint): boolean {
  const segments: Record<string, unknown> = {}
  for (const [name, { records, acked }] of checkpoint)
    segments[name] = { records, acked: [...acked] }
  const body = JSON.stringify({ version, boot: key.boot, segments })
  const bytes = Buffer.from(`${checksum(body)} ${body}\n`)
  replaceFile(disk, checkpointPath(key.folder, key.destination), bytes)
  try {
    disk.syncFolderNow(key.folder)
    return true
  } catch {
    return false
  }
}

function parseCheckpoint(value: unknown, boot: string): CheckpointResult {
  const fields: { version?: unknown; boot?: unknown; segments?: unknown } = Object(value)
  if (fields.version !== version) {
    return { checkpoint: undefined, problem: `it is of version ${String(fields.version)}` }
  }
  if (fields.boot !== boot) return { checkpoint: undefined, problem: 'it belongs to another boot' }
  const checkpoint = new Map<string, CheckpointEntry>()
  for (const [name, entry] of Object.entries(Object(fields.segments))) {
    const { records, acked }: { records?: unknown; acked?: unknown } = Object(entry)
    if (typeof records !== 'number' || !Array.isArray(acked)) continue
    checkpoint.set(name, { records, acked: acked.filter(isRange) })
  }
  return { checkpoint, problem: undefined }
}

function isRange(value: unknown): value is [number, number] {
  return Array.isArray(value) && Number.isInteger(value[0]) && Number.isInteger(value[1])
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0')
}
