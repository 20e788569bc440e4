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
    const isWhole = type.startsWith('trading.') || type.startsWith('*')
    if (type.includes('*')) where.and('type GLOB ?', isWhole ? type : `trading.${type}`)
    else where.and('type = ?', eventNameOf(type) ?? type)
  }
  if (text !== undefined)
    where.and(`(message || char(10) || payload) LIKE ? ESCAPE '\\'`, pattern(text))
  const rows = rowsOf(
    database,
    `SELECT timestamp AS time, level, module, type AS event, message, symbol, venue, task_id, correlation_id, trace_id,
      payload FROM events ${where.sql} ORDER BY timestamp DESC, ns DESC, sequence DESC, key DESC ${limitOf(filter)}`,
    where.values,
  )
  return [{ name: 'events', rows: rows.reverse() }]
}

function pattern(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
}
