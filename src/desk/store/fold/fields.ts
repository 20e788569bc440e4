import { parseExact } from '../../../base/exact-json.ts'
import { twinOf } from '../value.ts'
import type { AttributeName } from '../../../semconv/attributes.ts'
import type { Cell } from '../sqlite.ts'

/** A row by column. */
export type Row = Readonly<Record<string, Cell>>

/** An event as it is read back to be folded, in the order of time. */
export interface StoredEvent {
  readonly type: string
  readonly timestamp: number
  readonly bot_id: string | null
  readonly run_id: string | null
  readonly module: string | null
  readonly trace_id: string | null
  readonly span_id: string | null
  readonly correlation_id: string | null
  readonly task_id: string | null
  readonly symbol: string | null
  readonly venue: string | null
  readonly strategy: string | null
  readonly message: string | null
  readonly fields: Readonly<Record<string, unknown>>
}

/**
 * Reads the events of a key; time decides, then the number in the task, then the key, so that any order of arrival gives
 * the same. Keys of one sender end with a number: the shorter is the earlier.
 */
export function eventsQuery(condition: string): string {
  return `SELECT type, timestamp, bot_id, run_id, module, trace_id, span_id, correlation_id, task_id, symbol, venue, strategy, message,
      payload FROM events WHERE ${condition} ORDER BY timestamp, ns, sequence, length(key), key`
}

/** A row of {@link eventsQuery} as an event. */
export function storedEvent(row: Readonly<Record<string, unknown>>): StoredEvent {
  const fields = parseExact(String(row['payload']), (digits) => digits)
  const text = (name: string): string | null => {
    const value = row[name]
    return typeof value === 'string' ? value : null
  }
  return {
    type: String(row['type']),
    timestamp: Number(row['timestamp']),
    bot_id: text('bot_id'),
    run_id: text('run_id'),
    module: text('module'),
    trace_id: text('trace_id'),
    span_id: text('span_id'),
    correlation_id: text('correlation_id'),
    task_id: text('task_id'),
    symbol: text('symbol'),
    venue: text('venue'),
    strategy: text('strategy'),
    message: text('message'),
    fields: isRecord(fields) ? fields : {},
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The events of one thing, and what they say of it. */
export class Story {
  readonly events: readonly StoredEvent[]

  constructor(events: readonly StoredEvent[]) {
    this.events = events
  }

  /** The last value that is not missing, as text. */
  last(name: AttributeName): string | null {
    for (const { fields } of this.events.toReversed()) {
      const text = textOfField(fields[name])
      if (text !== null) return text
    }
    return null
  }

  /** The last value that is not missing, as a number. */
  lastNumber(name: AttributeName): number | null {
    return twinOf(this.last(name))
  }

  /** The value that is largest as a number, as text. */
  most(name: AttributeName): string | null {
    let most: string | null = null
    for (const { fields } of this.events) {
      const text = textOfField(fields[name])
      if ((twinOf(text) ?? -Infinity) > (twinOf(most) ?? -Infinity)) most = text
    }
    return most
  }

  /** The first value of a column that is not missing. */
  column(
    name: 'trace_id' | 'correlation_id' | 'task_id' | 'symbol' | 'venue' | 'strategy',
  ): string | null {
    return this.events.find((event) => event[name] !== null)?.[name] ?? null
  }

  /** When the first event of one of these types was. */
  firstAt(...types: readonly string[]): number | null {
    return this.events.find(({ type }) => types.includes(type))?.timestamp ?? null
  }

  /** When the last event of one of these types was. */
  lastAt(...types: readonly string[]): number | null {
    return this.events.findLast(({ type }) => types.includes(type))?.timestamp ?? null
  }

  /** How many events of a type there are. */
  count(type: string): number {
    return this.events.reduce((count, event) => count + Number(event.type === type), 0)
  }
}

/** A field as a number; null when it is none. */
export function numberOfField(value: unknown): number | null {
  return twinOf(textOfField(value))
}

function textOfField(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : null
}
