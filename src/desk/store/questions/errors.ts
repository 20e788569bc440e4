import { Where, rowsOf, textAt } from './answer.ts'
import type { Database } from '../sqlite.ts'
import type { Answer, AnswerRow, Filter } from './answer.ts'

/** Errors, grouped by what they are: type, message without its numbers, and where they came from. */
export function errors(database: Database, filter: Filter): Answer {
  const where = new Where().and('severity >= 17').filter(filter)
  const rows = rowsOf(
    database,
    `SELECT timestamp AS time, type, module, message, task_id, trace_id,
      coalesce(payload ->> '$."exception.type"', payload ->> '$."error.type"') AS error,
      payload ->> '$."exception.message"' AS said, payload ->> '$."exception.stacktrace"' AS stack
      FROM events ${where.sql} ORDER BY timestamp, ns, key`,
    where.values,
  )
  const groups = Map.groupBy(rows, fingerprint)
  return [
    {
      name: 'errors',
      rows: [...groups.values()]
        .map((members) => groupRow(members))
        .sort(
          (a, b) =>
            Number(b['count']) - Number(a['count']) || Number(b['last_at']) - Number(a['last_at']),
        ),
    },
  ]
}

function groupRow(members: readonly AnswerRow[]): AnswerRow {
  const last = members.at(-1) ?? {}
  return {
    count: members.length,
    first_at: members[0]?.['time'] ?? null,
    last_at: last['time'] ?? null,
    event: textAt(last, 'type').replace('trading.', '') || null,
    error: last['error'] ?? null,
    message: last['said'] ?? last['message'] ?? null,
    module: last['module'] ?? null,
    tasks: new Set(members.map((row) => textAt(row, 'task_id')).filter(Boolean)).size,
    trace_id: last['trace_id'] ?? null,
    stack: last['stack'] ?? null,
  }
}

function fingerprint(row: AnswerRow): string {
  const message = textAt(row, 'said') || textAt(row, 'message')
  const frame = /^\s*at .*$/m.exec(textAt(row, 'stack'))?.[0] ?? ''
  const plain = message.replaceAll(/0x[0-9a-f]+|\b[0-9a-f-]{16,}\b|\d+(?:\.\d+)?/gi, '#')
  return [textAt(row, 'type'), textAt(row, 'error'), plain, frame.replaceAll(/:\d+:\d+/g, '')].join(
    '\n',
  )
}
