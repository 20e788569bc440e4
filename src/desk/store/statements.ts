import type { Database } from './sqlite.ts'

/** A query that SQLite has read. */
export type Statement = ReturnType<Database['prepare']>

const statements = new WeakMap<Database, Map<string, Statement>>()
const statementsMax = 200

/**
 * The statement of a query: to prepare one takes as long as to read a task with it. Where there are too many, such as
 * those of filters that people type, all are forgotten. A parameter is a plain `?`: Node 22 takes `?1` for a named one and
 * refuses its value.
 */
export function prepared(database: Database, sql: string): Statement {
  let known = statements.get(database)
  let statement = known?.get(sql)
  if (statement !== undefined) return statement
  if (known === undefined || known.size >= statementsMax) {
    known = new Map()
    statements.set(database, known)
  }
  statement = database.prepare(sql)
  known.set(sql, statement)
  return statement
}
