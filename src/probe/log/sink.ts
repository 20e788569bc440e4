import type { Context } from '@opentelemetry/api'
import type { Entry } from './entry.ts'

/** A place that log lines go to. It writes within the log call and never throws. */
export interface Sink {
  /** Takes an entry at or above the sink's level. */
  write(entry: Entry, context: Context): void
  /** Writes what it still holds. */
  flush?(): void
  close?(): void
}
