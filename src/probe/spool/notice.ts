import { sayOnStderr } from '../../base/print.ts'

/** What the spool says aloud: at the first drop of a kind and at each change of state, never for each record. */

/** Stable names of what can be said. */
export type NoticeCode =
  /** The disk takes no more; critical records go to the reserve or to memory. */
  | 'disk_refused'
  /** The disk takes records again. */
  | 'disk_back'
  /** First records of a class that were lost for a reason. */
  | 'dropped'
  /** The spool is well below its quota again, after records were lost at it. */
  | 'room_again'
  /** The reserve for critical records could not be made. */
  | 'reserve_missing'
  /** An fsync failed: what it covered was written again to a new segment. */
  | 'sync_failed'
  /** The spool's folder or a segment vanished while it was written. */
  | 'folder_lost'
  /** A folder of a dead process was taken over. */
  | 'adopted'
  /** A folder could not be taken over, or its owner could not be judged. */
  | 'adoption_failed'
  /** Spans that a dead process left open were closed. */
  | 'interrupted'
  /** They could not be closed yet. */
  | 'unclosed'
  /** Bytes that are no frame were put aside. */
  | 'damaged'
  /** A segment of another version was left as it is. */
  | 'version'
  /** A file that is not ours was left as it is. */
  | 'foreign'
  /** A file could not be read; it is tried again. */
  | 'unreadable'
  /** A checkpoint could not be used; records may be sent twice. */
  | 'checkpoint'
  /** The wall clock was set. */
  | 'clock_jump'

/** Something that the owner of the bot should know, said once when it begins and once when it ends. */
export interface SpoolNotice {
  readonly code: NoticeCode
  readonly level: 'info' | 'warn' | 'error'
  /** One sentence for a person, with names and numbers. */
  readonly message: string
  /** By how much the wall clock was set, with the code `clock_jump`. */
  readonly jumpMs?: number
}

/** Takes notices. Must not throw; what it throws is swallowed. */
export type NoticeListener = (notice: SpoolNotice) => void

/** Calls a listener that may throw. */
export function tell(listener: NoticeListener, notice: SpoolNotice): void {
  try {
    listener(notice)
  } catch {
    // The listener is the only way to speak, so there is nobody to tell.
  }
}

/** The default listener: one line on stderr. */
export function printNotice(notice: SpoolNotice): void {
  sayOnStderr(`fillpath spool: ${notice.message}`)
}
