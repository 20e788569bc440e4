/** Options and statistics of a spool. */
import type { Clock } from '../../base/clock.ts'
import type { Signal } from '../../wire/frame.ts'
import type { Disk } from './disk.ts'
import type { NoticeListener } from './notice.ts'
import type { SpoolState } from './outage.ts'
import type { Adopted, Surroundings } from './ownership.ts'
import type { SyncStatistics } from './syncer.ts'
import type { ByClass, DropCounts } from './tally.ts'

/** Options of {@link openSpool}. */
export interface SpoolOptions {
  /** The spool's root folder; made when it is missing. Several processes may share it. */
  readonly folder: string
  /**
   * Bytes on disk of this process and of what it took over.
   * @default 2147483648
   */
  readonly quotaBytes?: number
  /**
   * Length of a segment file; a sixteenth of the quota at most.
   * @default 8388608
   */
  readonly segmentBytesMax?: number
  /**
   * Disk space kept free for critical records; an eighth of the quota at most, 0 for none.
   * @default 8388608
   */
  readonly reserveBytes?: number
  /**
   * Records kept in memory while the disk takes nothing.
   * @default 10000
   */
  readonly memoryRecordsMax?: number
  /**
   * Bytes of records kept in memory while the disk takes nothing.
   * @default 33554432
   */
  readonly memoryBytesMax?: number
  /**
   * How long a record may be in the page cache only.
   * @default 100
   */
  readonly syncIntervalMs?: number
  /** @default one line on stderr */
  readonly onNotice?: NoticeListener
  /** Takes each folder of a dead process that was taken over, also those found while the spool is opened. */
  readonly onAdopted?: (adopted: Adopted) => void
  readonly clock?: Clock
  readonly disk?: Disk
  readonly surroundings?: Surroundings
}

/** What a spool knows about itself. Counts are since it was opened. */
export interface SpoolStatistics {
  /** Where critical records go now; the others go to memory when it is not `writing`. */
  readonly state: SpoolState | 'closed'
  /** Records that `commit` answered with true. */
  readonly accepted: ByClass
  /** Records that `commit` answered with false. */
  readonly refused: DropCounts
  /** Records that were accepted and lost later. */
  readonly dropped: DropCounts
  /** Of these, by signal, all but those of files that were deleted as a whole: at the quota, or with the folder. */
  readonly droppedBySignal: Readonly<Record<Signal, number>>
  /** Bytes and files on disk, of this process and of what it took over. */
  readonly bytes: number
  readonly segments: number
  /** Records in memory because the disk takes nothing. */
  readonly memoryRecords: number
  readonly sync: SyncStatistics
}

/** Sizes that hold where no option says otherwise, and where an option says more than the quota allows. */
export interface SpoolSizes {
  readonly quotaBytes: number
  readonly segmentBytesMax: number
  readonly reserveBytes: number
  readonly memoryRecordsMax: number
  readonly memoryBytesMax: number
  readonly syncIntervalMs: number
}

const defaults: SpoolSizes = {
  quotaBytes: 2 * 1024 ** 3,
  segmentBytesMax: 8 * 1024 ** 2,
  reserveBytes: 8 * 1024 ** 2,
  memoryRecordsMax: 10_000,
  memoryBytesMax: 32 * 1024 ** 2,
  syncIntervalMs: 100,
}

/** The sizes of the options, with the defaults for those that are not given. */
export function sizesOf(options: SpoolOptions): SpoolSizes {
  const given = { ...defaults, ...options }
  const { quotaBytes } = given
  return {
    ...given,
    segmentBytesMax: Math.min(given.segmentBytesMax, Math.floor(quotaBytes / 16)),
    reserveBytes: Math.min(given.reserveBytes, Math.floor(quotaBytes / 8)),
  }
}
