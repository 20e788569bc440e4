import type { Clock } from '../base/clock.ts'
import type { OwnCategory } from '../wire/own-category.ts'
import type { WireRecord } from '../wire/record.ts'

/** Options of an archive. */
export interface ArchiveOptions {
  /** The data folder. Created, mode 0700, where it is missing. */
  readonly folder: string
  /** Zone whose midnight begins a new file: `UTC`, `local` or an IANA name. @default 'UTC' */
  readonly timeZone?: string | undefined
  /** Whether `write` waits until the disk has the records, so that a power cut loses nothing. @default true */
  readonly durable?: boolean | undefined
  /** Bytes after which a day goes on in another file. @default 256 MiB */
  readonly fileBytesMax?: number | undefined
  /** What the folder may take on the disk; past it the oldest files are deleted. See `quota.ts`. @default no limit */
  readonly folderBytesMax?: number | undefined
  /** Free space of the disk below which order-book snapshots are thinned; 0 never. @default 0 */
  readonly freeBytesMin?: number | undefined
  /** Of so many order-book snapshots of a task one is kept; 0 keeps none. @default 1 */
  readonly snapshotsEvery?: number | undefined
  /** Files of the user's own, beside those of the registry. @default none */
  readonly categories?: readonly OwnCategory[] | undefined
  /** Of each truth, how much is looked through at the start for records that may come again. @default 32 MiB */
  readonly recentBytes?: number | undefined
  /** By which who holds the folder is known, see `folder-lock.ts`. @default a new one */
  readonly lockToken?: string | undefined
  /** Whether an outage of the disk is told; not where who writes tells it. @default true */
  readonly tellsOutages?: boolean | undefined
  /** @default systemClock */
  readonly clock?: Clock | undefined
  /** Called with the records of each group that was kept, in the order of the files. */
  readonly onKept?: ((records: readonly WireRecord[]) => void) | undefined
  /** Called when files were deleted to make room. */
  readonly onDeleted?: (() => void) | undefined
  /** Called when something happened that the owner should know: an outage, its end, a repair. */
  readonly onNotice?: ((message: string) => void) | undefined
}
