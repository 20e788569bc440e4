import type { SpoolRecord } from '../spool/lane.ts'
import type { Answer } from './answer.ts'

/** Who takes the records of a channel: a receiver, or the bot's own files. One request at a time. */
export interface Taker {
  /** One attempt with these records. Never rejects. */
  take(records: readonly SpoolRecord[]): Promise<Answer>
  /** One attempt with no record at all. Never rejects. */
  probe(): Promise<Answer>
  /** Ends the attempt under way soon, and begins no other. */
  close(): void
}
