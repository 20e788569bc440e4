/**
 * Takes out of the index what came from a file that is no more, and from no other.
 *
 * - It goes in steps, each a transaction of its own, so that nobody waits long; the file is known until the last of them,
 *   so that a run that was killed is taken up again.
 * - A row that another file holds too is given to that file. What follows from events is folded anew.
 * - A metric row holds what several files told of one minute, and cannot be parted: it goes, and the others are to be
 *   read again.
 */
import { archivedPath } from '../../wire/paths.ts'
import { rowCondition, sightingKey, sourcedTables } from './sources.ts'
import type { Folder } from './fold/fold.ts'
import { prepared } from './statements.ts'
import type { SourcedTable } from './sources.ts'
import type { Cell, Database } from './sqlite.ts'

type Row = Readonly<Record<string, unknown>>

/** Rows that one step takes. */
const stepRows = 2_000

/** What {@link Forgetting} works on. */
export interface ForgettingParts {
  readonly database: Database
  readonly folder: Folder
  /** The file, as its rows know it. */
  readonly file: { readonly id: number; readonly name: string }
}

/** See the head of this file. */
export class Forgetting {
  readonly #database: Database
  readonly #folder: Folder
  readonly #id: number
  readonly #name: string

  constructor({ database, folder, file }: ForgettingParts) {
    this.#database = database
    this.#folder = folder
    this.#id = file.id
    this.#name = file.name
  }

  /** Takes out some rows; false when it was the last step. To be called within a transaction. */
  step(): boolean {
    for (const table of ['events', 'spans', 'orderbook_snapshots', 'metric_points'] as const) {
      const rows = prepared(
        this.#database,
        `SELECT * FROM ${table} WHERE file_id = ? LIMIT ${stepRows}`,
      ).all(this.#id)
      if (rows.length === 0) continue
      for (const row of rows) this.#takeOut(table, row)
      this.#folder.fold({ afterRemoval: true })
      return true
    }
    this.#shareMetrics()
    this.#forgetRuns()
    this.#run('DELETE FROM sightings WHERE file_id = ?', this.#id)
    this.#run('DELETE FROM read_files WHERE path IN (?, ?)', this.#name, archivedPath(this.#name))
    this.#run('DELETE FROM files WHERE id = ?', this.#id)
    return false
  }

  #takeOut(table: SourcedTable, row: Row): void {
    const cells = sourcedTables[table].map((column) => cellOf(row[column]))
    const key = sightingKey(cells)
    const others = this.#filesSeenIn(table, key)
    const [other] = others
    if (other !== undefined && table !== 'metric_points') {
      this.#run(`UPDATE ${table} SET file_id = ? WHERE ${rowCondition(table)}`, other, ...cells)
      this.#run(
        'DELETE FROM sightings WHERE rows_of = ? AND row_key = ? AND file_id = ?',
        table,
        key,
        other,
      )
      return
    }
    this.#run(`DELETE FROM ${table} WHERE ${rowCondition(table)}`, ...cells)
    switch (table) {
      case 'events':
        this.#folder.touch(keysOf(row), String(row['type']))
        break
      case 'orderbook_snapshots':
        this.#run('DELETE FROM snapshot_books WHERE snapshot_key = ?', ...cells)
        break
      case 'metric_points':
        this.#run('DELETE FROM sightings WHERE rows_of = ? AND row_key = ?', table, key)
        for (const id of others) this.#readAgain(id)
        break
      case 'spans':
    }
  }

  /** Metric rows that another file brought first and this one added to. */
  #shareMetrics(): void {
    const shared = prepared(
      this.#database,
      `SELECT row_key FROM sightings WHERE file_id = ? AND rows_of = 'metric_points'`,
    ).all(this.#id)
    for (const { row_key: key } of shared) {
      const [series = '', bucket = ''] = String(key).split(' ')
      const row = prepared(
        this.#database,
        'SELECT * FROM metric_points WHERE series = ? AND bucket = ?',
      ).get(series, Number(bucket))
      if (row === undefined || row['file_id'] === null) continue
      this.#readAgain(Number(row['file_id']))
      this.#takeOut('metric_points', row)
    }
  }

  #forgetRuns(): void {
    const gone = prepared(
      this.#database,
      'DELETE FROM run_files WHERE file_id = ? RETURNING run_id',
    ).all(this.#id)
    for (const { run_id: run } of gone) {
      this.#run('DELETE FROM runs WHERE run_id = ?', cellOf(run))
      this.#run(
        `INSERT INTO runs (run_id, bot_id, service, first_at, last_at, resource)
         SELECT run_id, bot_id, service, min(first_at), max(last_at), min(resource)
         FROM run_files WHERE run_id = ? GROUP BY run_id`,
        cellOf(run),
      )
      this.#folder.foldRuns(String(run))
    }
  }

  #readAgain(fileId: number): void {
    if (fileId === this.#id) return
    const found = prepared(this.#database, 'SELECT path FROM files WHERE id = ?').get(fileId)
    if (found === undefined) return
    const path = String(found['path'])
    this.#run('DELETE FROM read_files WHERE path IN (?, ?)', path, archivedPath(path))
  }

  #filesSeenIn(table: SourcedTable, key: string): number[] {
    return prepared(
      this.#database,
      'SELECT file_id FROM sightings WHERE rows_of = ? AND row_key = ? ORDER BY file_id',
    )
      .all(table, key)
      .map(({ file_id: id }) => Number(id))
      .filter((id) => id !== this.#id)
  }

  #run(sql: string, ...cells: Cell[]): void {
    prepared(this.#database, sql).run(...cells)
  }
}

function keysOf(row: Row): Parameters<Folder['touch']>[0] {
  return {
    order: textOf(row['order_key']),
    hedge: textOf(row['hedge_key']),
    position: textOf(row['position_id']),
    task: textOf(row['task_id']),
    run: textOf(row['run_id']),
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function cellOf(value: unknown): Cell {
  return typeof value === 'string' || typeof value === 'number' ? value : null
}
