/** How much of a spool a destination does not have yet. */
import { priorityClasses } from '../../semconv/classes.ts'
import { machineId, machineNs } from './machine.ts'
import type { StoredFolder } from './stored-folder.ts'
import type { StoredSegment } from './stored-segment.ts'

/** What waits for a destination. */
export interface Waiting {
  /** Records on disk that the destination has not acknowledged. */
  readonly records: number
  readonly bytes: number
  /** Age of the oldest of them in milliseconds; 0 when there is none. */
  readonly oldestMs: number
}

/** Sums up all segments. A segment that cannot be read now counts with its bytes alone. */
export function measureWaiting(folders: Iterable<StoredFolder>, destination: string): Waiting {
  let records = 0
  let bytes = 0
  let oldestMs = 0
  for (const folder of folders) {
    for (const segmentClass of priorityClasses) {
      for (const segment of folder.segments(segmentClass)) {
        const found = tryMeasure(segment, destination)
        if (found === undefined) continue
        records += found.records
        bytes += found.bytes
        oldestMs = Math.max(oldestMs, found.oldestMs)
      }
    }
  }
  return { records, bytes, oldestMs }
}

function tryMeasure(segment: StoredSegment, destination: string): Waiting | undefined {
  const { isOpen } = segment
  try {
    return measureSegment(segment, destination)
  } catch {
    // Unreadable for now; the lane that reads it says so.
    return undefined
  } finally {
    if (!isOpen) segment.close()
  }
}

function measureSegment(segment: StoredSegment, destination: string): Waiting | undefined {
  segment.open()
  if (segment.state !== 'readable') return undefined
  const { acked, records: ackedRecords } = segment.share(destination)
  const size = segment.size()
  const bytes = size - segment.headerBytes - acked.size
  const records = Math.max(0, segment.count() - ackedRecords)
  if (bytes <= 0 || records === 0) return { records: 0, bytes: Math.max(0, bytes), oldestMs: 0 }
  const timeMs = segment.timeAt(acked.endAt(segment.headerBytes))
  return { records, bytes, oldestMs: ageMs(segment, timeMs) }
}

/** Age of a record, by the monotonic clock where the machine has not been restarted since. */
function ageMs(segment: StoredSegment, timeMs: number): number {
  const { header } = segment
  if (header === undefined) return 0
  const sinceNs =
    header.machine === machineId() && header.machine !== '0'.repeat(32)
      ? machineNs() - header.monotonicNs
      : BigInt(Date.now()) * 1_000_000n - header.wallNs
  return Math.max(0, Number(sinceNs) / 1e6 - timeMs)
}
