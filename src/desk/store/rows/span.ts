import { payloadOf, textOf } from '../value.ts'
import { runOf, timeCells } from './event.ts'
import type { SpanRecord } from '../../../wire/record.ts'
import type { Cell } from '../sqlite.ts'

/** Columns of a span, in the order of {@link spanCells}. */
export const spanColumns = [
  'key',
  'timestamp',
  'ns',
  'duration_ms',
  'name',
  'trace_id',
  'span_id',
  'parent_span_id',
  'status',
  'status_message',
  'task_id',
  'symbol',
  'venue',
  'strategy',
  'run_id',
  'payload',
] as const

const statuses = ['unset', 'ok', 'error'] as const

/** The row of a span. */
export function spanCells(span: SpanRecord, key: string): Cell[] {
  const { attributes } = span
  return [
    key,
    ...timeCells(span.start),
    Number(span.end - span.start) / 1e6,
    span.name,
    span.traceId,
    span.spanId,
    span.parentSpanId || null,
    statuses[span.statusCode] ?? 'unset',
    span.statusMessage || null,
    textOf(attributes, 'trading.task.id'),
    textOf(attributes, 'trading.symbol'),
    textOf(attributes, 'trading.venue'),
    textOf(attributes, 'trading.strategy'),
    runOf(span),
    payloadOf(attributes),
  ]
}
