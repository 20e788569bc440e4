import { sayOnStderr } from '../../base/print.ts'

/** What the shipper says aloud: at each change of state, never for each record or request. */

/** Stable names of what can be said. */
export type ShipNoticeCode =
  /** A destination takes nothing; records stay on disk. */
  | 'sink_down'
  /** A destination takes records again. */
  | 'sink_up'
  /** A destination refuses for a reason that only a person can mend; records stay on disk. */
  | 'sink_misconfigured'
  /** A destination took records and has something to say. */
  | 'sink_warning'
  /** A destination will never take a record; it was put aside. */
  | 'poison'
  /** A destination took a request but for some records that it did not name. */
  | 'partly_rejected'
  /** The checkpoint of a destination that is not configured any more was deleted. */
  | 'destination_removed'
  /** Something about the bot's own files: a repair, thinned snapshots, what was compressed. */
  | 'files'
  /** The worker failed and is started again. */
  | 'worker_failed'
  /** The worker's file is missing; the main thread sends. */
  | 'worker_missing'

/** One thing said. */
export interface ShipNotice {
  readonly code: ShipNoticeCode
  readonly level: 'info' | 'warn' | 'error'
  /** One sentence for a person, with names and numbers. */
  readonly message: string
}

/** Takes notices. */
export type ShipNoticeListener = (notice: ShipNotice) => void

/** The default listener: one line on stderr. */
export function printShipNotice(notice: ShipNotice): void {
  sayOnStderr(`fillpath ship: ${notice.message}`)
}
