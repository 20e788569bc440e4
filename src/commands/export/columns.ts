/** Records as rows of a table, one table for each kind of record: what a spreadsheet, pandas or DuckDB reads. */
import { attributeDefinition } from '../../semconv/attributes.ts'
import { botOf, logTime, runOf, typeOf } from '../../desk/store/rows/event.ts'
import { textOf } from '../../desk/store/value.ts'
import { levelOf } from '../../wire/line/log.ts'
import { timeText } from '../../wire/line/time.ts'
import { attributesText, valueText } from '../../wire/line/value.ts'
import type { AnyValue, LogRecord, SpanRecord, WireRecord } from '../../wire/record.ts'
import type { Signal } from './records.ts'

/** A value of a table: a time is nanoseconds since the Unix epoch, `json` a text in the form of the lines. */
export type Cell = string | bigint | number | boolean | null

/** What a column holds. */
export type CellKind = 'time' | 'text' | 'json' | 'integer' | 'double' | 'boolean'

/** A column of a table. */
export interface Column {
  readonly name: string
  readonly kind: CellKind
  readonly of: (record: WireRecord) => Cell
}

/**
 * The columns of the table for one kind of record.
 * @param more names of attributes that get a column of their own, beside standing in `data`
 */
export function columnsOf(signal: Signal, more: readonly string[]): Column[] {
  const own = {
    log: () => [...logColumns, ...commonColumns],
    span: () => [...spanColumns, ...commonColumns],
    metric: () => [...metricColumns, ...commonColumns],
  }[signal]()
  return [...own, ...more.map((name) => attributeColumn(name))]
}

const numberKinds: Readonly<Record<string, CellKind>> = {
  int: 'integer',
  double: 'double',
  boolean: 'boolean',
}

/** A column that only records of one kind have a value for. */
function of<S extends Signal>(signal: S) {
  type Own = Extract<WireRecord, { signal: S }>
  const isOwn = (record: WireRecord): record is Own => record.signal === signal
  return (name: string, kind: CellKind, value: (record: Own) => Cell): Column => ({
    name,
    kind,
    of: (record) => (isOwn(record) ? value(record) : null),
  })
}

const log = of('log')
const span = of('span')
const metric = of('metric')

const logColumns = [
  log('timestamp', 'time', logTime),
  log('observed_timestamp', 'time', (record) => timeOrNull(record.observedTime)),
  log('level', 'text', (record) => levelOf(record.severityNumber)),
  log('severity_number', 'integer', (record) => BigInt(record.severityNumber)),
  log('event', 'text', (record) => typeOf(record) || null),
  log('module', 'text', (record) => record.scope.name || null),
  log('message', 'text', messageOf),
  log('correlation_id', 'text', correlationOf),
  log('trace_id', 'text', (record) => record.traceId || null),
  log('span_id', 'text', (record) => record.spanId || null),
  log('sequence', 'integer', ({ attributes }) => integerOf(attributes.get('trading.sequence'))),
] as const

const statuses = ['unset', 'ok', 'error'] as const
const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const

const spanColumns = [
  span('timestamp', 'time', (record) => record.start),
  span('end', 'time', (record) => record.end),
  span('duration_ms', 'double', (record) => Number(record.end - record.start) / 1e6),
  span('name', 'text', (record) => record.name),
  span('kind', 'text', (record) => kinds[record.kind] ?? null),
  span('status', 'text', (record) => statuses[record.statusCode] ?? null),
  span('status_message', 'text', (record) => record.statusMessage || null),
  span('correlation_id', 'text', correlationOf),
  span('trace_id', 'text', (record) => record.traceId || null),
  span('span_id', 'text', (record) => record.spanId || null),
  span('parent_span_id', 'text', (record) => record.parentSpanId || null),
  span('events', 'json', ({ events }) =>
    listText(
      events.map(({ time, name, attributes }) =>
        mapOf({ timestamp: timeText(time), name, data: attributes }),
      ),
    ),
  ),
  span('links', 'json', ({ links }) =>
    listText(
      links.map(({ traceId, spanId, attributes }) =>
        mapOf({ trace_id: traceId, span_id: spanId, data: attributes }),
      ),
    ),
  ),
] as const

const temporalities = ['unspecified', 'delta', 'cumulative'] as const

const metricColumns = [
  metric('timestamp', 'time', (record) => record.time),
  metric('start', 'time', (record) => timeOrNull(record.start)),
  metric('name', 'text', (record) => record.name),
  metric('type', 'text', (record) => record.point.type),
  metric('unit', 'text', (record) => record.unit || null),
  metric('temporality', 'text', ({ point }) =>
    'temporality' in point ? (temporalities[point.temporality] ?? null) : null,
  ),
  metric('value', 'double', ({ point }) =>
    'value' in point && point.value !== null ? Number(point.value) : null,
  ),
  metric('count', 'integer', ({ point }) => ('count' in point ? point.count : null)),
  metric('sum', 'double', ({ point }) => ('sum' in point ? (point.sum ?? null) : null)),
  metric('min', 'double', ({ point }) => ('min' in point ? (point.min ?? null) : null)),
  metric('max', 'double', ({ point }) => ('max' in point ? (point.max ?? null) : null)),
  metric('bounds', 'json', ({ point }) => ('bounds' in point ? listText(point.bounds) : null)),
  metric('bucket_counts', 'json', ({ point }) =>
    'bucketCounts' in point ? listText(point.bucketCounts) : null,
  ),
] as const

const commonColumns: readonly Column[] = [
  attributeColumn('trading.task.id', 'task_id'),
  attributeColumn('trading.symbol', 'symbol'),
  attributeColumn('trading.venue', 'venue'),
  attributeColumn('trading.strategy', 'strategy'),
  { name: 'bot_id', kind: 'text', of: botOf },
  { name: 'run_id', kind: 'text', of: runOf },
  attributeColumn('fillpath.record.id', 'id'),
  { name: 'data', kind: 'json', of: ({ attributes }) => attributesText(attributes) },
]

/** An attribute as a column, of the type that the registry gives it; money is text, to the last digit. */
function attributeColumn(attribute: string, name = attribute): Column {
  const type = attributeDefinition(attribute)?.type
  const kind = numberKinds[type ?? ''] ?? 'text'
  return { name, kind, of: ({ attributes }) => cellOf(attributes.get(attribute), kind) }
}

function cellOf(value: AnyValue | undefined, kind: CellKind): Cell {
  if (value === undefined || value === null) return null
  switch (kind) {
    case 'integer':
      return integerOf(value)
    case 'double':
      return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    default:
      return typeof value === 'string' ? value : valueText(value)
  }
}

function integerOf(value: AnyValue | undefined): bigint | null {
  return typeof value === 'bigint' ? value : null
}

function timeOrNull(time: bigint): bigint | null {
  return time === 0n ? null : time
}

function messageOf({ body }: LogRecord): string | null {
  if (body === null) return null
  return typeof body === 'string' ? body : valueText(body)
}

function correlationOf(record: LogRecord | SpanRecord): string | null {
  return textOf(record.attributes, 'trading.correlation_id') ?? (record.traceId || null)
}

function mapOf(fields: Readonly<Record<string, AnyValue>>): AnyValue {
  return new Map(Object.entries(fields))
}

function listText(values: readonly AnyValue[]): string | null {
  return values.length === 0 ? null : valueText(values)
}
