import { eventNameOf } from '../../../semconv/aliases.ts'
import { Where, limitOf, rowsOf } from './answer.ts'
import type { Database } from '../sqlite.ts'
import type { Answer, Filter } from './answer.ts'

/** What events are asked for, beside the filter. */
export interface EventFilter extends Filter {
  /** A name in any spelling, or a pattern with `*`. */
  readonly type?: string | undefined
  /** The lowest severity number. */
  readonly severity?: number | undefined
  /** A text in the message or the data. */
  readonly text?: string | undefined
}

/** Log lines and events, the newest of them when there are more than the limit. */
export function eventList(database: Database, filter: EventFilter): Answer {
  const where = new Where().filter(filter).and('severity >= ?', filter.severity)
  const { type, text } = filter
  if (type !== undefined) {
    // A name without the namespace may be one of the bot's own, too.
    if (type.includes('*')) where.and('(type GLOB ? OR type GLOB ?)', type, `trading.${type}`)
    else where.and('type = ?', eventNameOf(type) ?? type)
  }
  if (text !== undefined) {
    // In the data a text stands as JSON has it.
    const inData = JSON.stringify(text).slice(1, -1)
    where.and(
      `(message LIKE ? ESCAPE '\\' OR payload LIKE ? ESCAPE '\\')`,
      like(text),
      like(inData),
    )
  }
  const rows = rowsOf(
    database,
    `SELECT timestamp AS time, level, module, type AS event, message, symbol, venue, task_id, correlation_id, trace_id,
      payload FROM events ${where.sql} ORDER BY timestamp DESC, ns DESC, sequence DESC, key DESC ${limitOf(filter)}`,
    where.values,
  )
  return [{ name: 'events', rows: rows.reverse() }]
}

function like(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
}
