import { hash } from 'node:crypto'
import { decodeLine, encodeLine } from '../wire/line.ts'
import { invalidReason } from '../wire/validity.ts'
import { lineCharsMax } from './files.ts'
import { humanLine } from './human.ts'
import type { WireRecord } from '../wire/record.ts'
import type { Destination } from './destination.ts'
import type { Zone } from './zone.ts'

/** A record with the line that stands for it. */
export interface Entry {
  readonly record: WireRecord
  readonly line: string
  /** By which it is known when it comes again; undefined for a log record or span without an id. */
  readonly id: string | undefined
}

/** The record with its line, or why it can never be kept. */
export function entryOf(record: WireRecord): Entry | string {
  const invalid = invalidReason(record)
  if (invalid !== undefined) return invalid
  try {
    const line = encodeLine(record)
    return line.length > lineCharsMax
      ? `a record takes ${line.length} characters, more than the ${lineCharsMax} of a line`
      : { record, line, id: idOf(record, line) }
  } catch (error) {
    return `a record cannot be written: ${String(error)}`
  }
}

function idOf(record: WireRecord, line: string): string | undefined {
  if (record.signal === 'metric') return metricId(line)
  const id = record.attributes.get('fillpath.record.id')
  return typeof id === 'string' ? id : undefined
}

/** What a metric point is known by, which has no id: the same line, to the nanosecond, is the same point. */
export function metricId(line: string): string {
  return hash('sha1', line, 'base64')
}

/** Whether a line without a newline, as a crash leaves it, is a record all the same. */
export function isWholeLine(text: string): boolean {
  try {
    decodeLine(text)
    return true
  } catch {
    return false
  }
}

/** What stands for an entry in one of its views. */
export function textIn({ record, line }: Entry, view: Destination, zone: Zone): string {
  if (record.signal !== 'log') return line
  switch (view) {
    case 'bot':
      return humanLine(record, { zone })
    case 'errors':
      return humanLine(record, { zone, stack: true })
    default:
      return line
  }
}
