import { eventNameOf } from '../../../semconv/aliases.ts'
import { orderKeyOf } from '../../../wire/fills.ts'
import { levelOf } from '../../../wire/line/log.ts'
import { valueText } from '../../../wire/line/value.ts'
import { integerOf, payloadOf, textOf } from '../value.ts'
import type { LogRecord, WireRecord } from '../../../wire/record.ts'
import type { Cell } from '../sqlite.ts'

/** Columns of an event, in the order of {@link eventCells}. */
export const eventColumns = [
  'key',
  'timestamp',
  'ns',
  'type',
  'level',
  'severity',
  'module',
  'message',
  'trace_id',
  'span_id',
  'correlation_id',
  'task_id',
  'sequence',
  'symbol',
  'venue',
  'strategy',
  'order_key',
  'hedge_key',
  'position_id',
  'bot_id',
  'run_id',
  'payload',
] as const

const millisecondNs = 1_000_000n

/** A time as the two columns that every table has for it. */
export function timeCells(timeNs: bigint): [timestampMs: number, ns: number] {
  return [Number(timeNs / millisecondNs), Number(timeNs % millisecondNs)]
}

/** The time of a log record: when it happened, else when it was seen. */
export function logTime(record: LogRecord): bigint {
  return record.time === 0n ? record.observedTime : record.time
}

/** The name of an event as the registry has it; a name that is not there as it came; `''` for a log line. */
export function typeOf(record: LogRecord): string {
  const { eventName } = record
  if (eventName === '') {
    const name = record.attributes.get('event.name')
    return typeof name === 'string' ? known(name) : ''
  }
  return known(eventName)
}

const names = new Map<string, string>()
const namesMax = 1_000

function known(name: string): string {
  let type = names.get(name)
  if (type === undefined) {
    type = eventNameOf(name) ?? name
    if (names.size >= namesMax) names.clear()
    names.set(name, type)
  }
  return type
}

/** What else an event belongs to. */
export interface EventKeys {
  readonly order: string | null
  readonly hedge: string | null
  readonly position: string | null
  readonly task: string | null
  readonly run: string | null
}

/** The row of a log record, and what it belongs to. */
export function eventCells(
  record: LogRecord,
  key: string,
  type: string,
): { readonly cells: Cell[]; readonly keys: EventKeys } {
  const { attributes, traceId, spanId, severityNumber } = record
  const [timestamp, ns] = timeCells(logTime(record))
  const keys: EventKeys = {
    order: type.startsWith('trading.order.') ? orderKeyOf((name) => attributes.get(name)) : null,
    hedge: hedgeKeyOf(record, type),
    position: textOf(attributes, 'trading.position.id'),
    task: textOf(attributes, 'trading.task.id'),
    run: runOf(record),
  }
  const cells: Cell[] = [
    key,
    timestamp,
    ns,
    type,
    levelOf(severityNumber),
    severityNumber,
    record.scope.name || null,
    messageOf(record),
    traceId || null,
    spanId || null,
    textOf(attributes, 'trading.correlation_id'),
    keys.task,
    integerOf(attributes, 'trading.sequence'),
    textOf(attributes, 'trading.symbol'),
    textOf(attributes, 'trading.venue'),
    textOf(attributes, 'trading.strategy'),
    keys.order,
    keys.hedge,
    keys.position,
    botOf(record),
    keys.run,
    payloadOf(attributes),
  ]
  return { cells, keys }
}

function messageOf({ body }: LogRecord): string | null {
  if (body === null) return null
  return typeof body === 'string' ? body : valueText(body)
}

/** The bot that a record is of, by its resource. */
export function botOf({ resource }: WireRecord): string | null {
  return (
    textOf(resource.attributes, 'trading.bot.id') ?? textOf(resource.attributes, 'service.name')
  )
}

/** The run that a record is of, by its resource. */
export function runOf({ resource }: WireRecord): string | null {
  return (
    textOf(resource.attributes, 'trading.run.id') ??
    textOf(resource.attributes, 'service.instance.id')
  )
}

/** One hedge or unwind: its id, which counts within its flow; where there is none, one a task. */
function hedgeKeyOf({ attributes, traceId }: LogRecord, type: string): string | null {
  const kind = legOf(type)
  if (kind === undefined) return null
  const id = textOf(attributes, kind === 'hedge' ? 'trading.hedge.id' : 'trading.unwind.id')
  const task = textOf(attributes, 'trading.task.id')
  const within = traceId || task
  if (within === null) return null
  return `${kind}/${within}/${id ?? ''}`
}

// Whether an event is of a hedge or of an unwind.
function legOf(type: string): 'hedge' | 'unwind' | undefined {
  if (type.startsWith('trading.hedge.')) return 'hedge'
  return type.startsWith('trading.unwind.') ? 'unwind' : undefined
}
