/**
 * Which files a row came from, so that it can go with the last of them.
 *
 * A row carries the file that brought it first (`file_id`); each further file that holds the same record has a line in
 * `sightings`. Only the files of the data folder that age are told apart: what came from elsewhere (a backup, a pipe) has
 * no file, and stays until the index is made anew.
 */
import { parseDailyPath, plainPath, tasksFolder } from '../../wire/paths.ts'
import { prepared } from './statements.ts'
import type { Cell, Database } from './sqlite.ts'

/** What tells a row of each table with a file of its own. */
export const sourcedTables = {
  events: ['key'],
  spans: ['key'],
  orderbook_snapshots: ['key'],
  metric_points: ['series', 'bucket'],
} as const satisfies Readonly<Record<string, readonly string[]>>

/** A table whose rows know their files. */
export type SourcedTable = keyof typeof sourcedTables

/** A file of the data folder; null for what came from elsewhere. */
export type FileId = number | null

/** The rows of an index that were there before it knew of files: the next file that holds one takes it. */
const unknownFile = 0

/** The condition that finds one row of a table. */
export function rowCondition(table: SourcedTable): string {
  return sourcedTables[table].map((column) => `${column} = ?`).join(' AND ')
}

/** What stands for a row in `sightings`. */
export function sightingKey(cells: readonly Cell[]): string {
  return cells.map(String).join(' ')
}

/** The name under which a file is known to the rows, now and after it was compressed; undefined when it never ages. */
export function agingName(path: string): string | undefined {
  const plain = plainPath(path)
  const isOfTask = plain.startsWith(`${tasksFolder}/`)
  return isOfTask || parseDailyPath(plain) !== undefined ? plain : undefined
}

/** See the head of this file. */
export class Sources {
  readonly #database: Database
  readonly #ids = new Map<string, number>()

  constructor(database: Database) {
    this.#database = database
  }

  /** The file called `path`, noted when it is new. */
  idOf(path: string | undefined): FileId {
    const name = path === undefined ? undefined : agingName(path)
    if (name === undefined) return null
    const known = this.#ids.get(name) ?? this.find(name)
    if (known !== undefined) return known
    prepared(this.#database, 'INSERT INTO files (path) VALUES (?) ON CONFLICT DO NOTHING').run(name)
    return this.find(name) ?? null
  }

  /** The file called `name`, when rows came from it. */
  find(name: string): number | undefined {
    const row = prepared(this.#database, 'SELECT id FROM files WHERE path = ?').get(name)
    if (row === undefined) return undefined
    const id = Number(row['id'])
    this.#ids.set(name, id)
    return id
  }

  /** Forgets what was looked up: it may have been rolled back. */
  forget(): void {
    this.#ids.clear()
  }

  /** Notes that a row that is there was met in `file` too. */
  see(table: SourcedTable, cells: readonly Cell[], file: FileId): void {
    const where = rowCondition(table)
    const row = prepared(this.#database, `SELECT file_id FROM ${table} WHERE ${where}`).get(
      ...cells,
    )
    if (row === undefined) return
    const { file_id: before } = row
    // From elsewhere it came already: it stays whatever becomes of the files.
    if (before === null || before === file) return
    if (before === unknownFile || file === null) {
      prepared(this.#database, `UPDATE ${table} SET file_id = ? WHERE ${where}`).run(file, ...cells)
      return
    }
    prepared(
      this.#database,
      'INSERT INTO sightings (rows_of, row_key, file_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ).run(table, sightingKey(cells), file)
  }
}
