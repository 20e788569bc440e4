/** What an answer is made of: sections of rows, for people a table each. */
import { traceIdOf } from '../../../base/ids.ts'
import { prepared } from '../statements.ts'
import type { Database } from '../sqlite.ts'

/** A value of a row. Columns called `time` or `…_at` hold milliseconds since the Unix epoch. */
export type Value = string | number | null

/** A row by column. */
export type AnswerRow = Readonly<Record<string, Value>>

/** Rows of one kind. */
export interface Section {
  readonly name: string
  readonly rows: readonly AnswerRow[]
  /** Columns that people read once, above the rows that have the same in them. @default none */
  readonly heads?: readonly string[]
}

/** The answer to a question: its first section that has rows is the one for a CSV file. */
export type Answer = readonly Section[]

/** What the rows are limited to. */
export interface Filter {
  readonly fromMs?: number | undefined
  /** The end, not included. */
  readonly toMs?: number | undefined
  readonly task?: string | undefined
  readonly correlation?: string | undefined
  readonly symbol?: string | undefined
  readonly venue?: string | undefined
  readonly strategy?: string | undefined
  /** @default no limit */
  readonly limit?: number | undefined
}

/**
 * The condition for rows of a correlation id, with {@link correlationValues}. It is the trace id, or one of the bot's own
 * that stands for a trace; a position has a trace of its own, and the correlation id of the flow that opened it.
 */
export const ofCorrelation = `(correlation_id = ? OR trace_id = ? OR correlation_id IN (
  SELECT events.correlation_id FROM events WHERE events.trace_id = ?))`

/** The values of {@link ofCorrelation}. */
export function correlationValues(id: string | undefined): readonly (string | undefined)[] {
  if (id === undefined) return [undefined]
  const traceId = traceIdOf(id)
  return [id, traceId, traceId]
}

/** Conditions of a query and their values. */
export class Where {
  readonly #conditions: string[] = []
  readonly values: (string | number)[] = []

  /** Adds a condition with a value for each `?`; not where one is missing. */
  and(condition: string, ...values: readonly (string | number | undefined)[]): this {
    const given = values.filter((value) => value !== undefined)
    if (given.length < values.length) return this
    this.values.push(...given)
    this.#conditions.push(condition)
    return this
  }

  /** The filter, where the table has `time` as its column of time, and the columns of a record. */
  filter(filter: Filter, time = 'timestamp'): this {
    return this.and(`${time} >= ?`, filter.fromMs)
      .and(`${time} < ?`, filter.toMs)
      .and('task_id = ?', filter.task)
      .and(ofCorrelation, ...correlationValues(filter.correlation))
      .and('symbol = ?', filter.symbol)
      .and('venue = ?', filter.venue)
      .and('strategy = ?', filter.strategy)
  }

  /** The clause. */
  get sql(): string {
    return this.#conditions.length === 0 ? '' : `WHERE ${this.#conditions.join(' AND ')}`
  }
}

/** The rows of a query. */
export function rowsOf(
  database: Database,
  sql: string,
  values: readonly (string | number)[] = [],
): AnswerRow[] {
  return prepared(database, sql)
    .all(...values)
    .map(plainRow)
}

/** A row of SQLite with values that every output can show. */
export function plainRow(row: Readonly<Record<string, unknown>>): AnswerRow {
  return isPlain(row)
    ? row
    : Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)]))
}

function isPlain(row: Readonly<Record<string, unknown>>): row is AnswerRow {
  for (const name in row) {
    const value = row[name]
    if (typeof value !== 'string' && typeof value !== 'number' && value !== null) return false
  }
  return true
}

function plain(value: unknown): Value {
  if (typeof value === 'string' || typeof value === 'number' || value === null) return value
  return typeof value === 'bigint' ? value.toString() : (JSON.stringify(value) ?? null)
}

/** A text of a row; `''` where there is none. */
export function textAt(row: AnswerRow, name: string): string {
  const value = row[name]
  return value === null || value === undefined ? '' : String(value)
}

/** The numbers of a column. */
export function numbersOf(rows: readonly AnswerRow[], name: string): number[] {
  return rows.flatMap((row) => {
    const value = row[name]
    return typeof value === 'number' ? [value] : []
  })
}

/** `LIMIT` of a query. */
export function limitOf({ limit }: Filter): string {
  return limit === undefined ? '' : `LIMIT ${Math.max(1, Math.floor(limit))}`
}
