/**
 * What makes two records the same, so that a second import adds nothing.
 *
 * The record id that the probe gave; else the number within its task, of an event that came from a file of tasks in the
 * old form; else the content, to the last digit. Two records without an id that are equal in all are one.
 */
import { hash } from 'node:crypto'
import { encodeLine } from '../../wire/line.ts'
import type { WireRecord } from '../../wire/record.ts'

/** A record on its way into the store. */
export interface Arrival {
  readonly record: WireRecord
  /** What is the same record, where the source has a rule of its own. @default {@link keyOf} */
  readonly key?: string | undefined
}

/** The key of a record. */
export function keyOf(record: WireRecord): string {
  const id = record.attributes.get('fillpath.record.id')
  if (typeof id === 'string' && id !== '') return id
  return hash('sha256', encodeLine(record), 'base64url').slice(0, 22)
}
