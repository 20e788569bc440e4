/**
 * The index: records in SQLite, to ask questions of.
 *
 * Invariants:
 * - The files are the truth. Whatever stands in here follows from them; it can be deleted and built anew.
 * - A record is in here once, however often and from wherever it comes (`identity.ts`).
 * - A batch is in here whole or not at all, together with how far its file was read: after `kill -9` reading goes on where
 *   the last whole batch ended.
 * - One connection of a process writes; other processes may write too, one batch at a time, and read at any time.
 *
 * Tables: `schema.ts`.
 */
import { Folder } from './fold/fold.ts'
import { keyOf } from './identity.ts'
import { eventCells, eventColumns, typeOf } from './rows/event.ts'
import { metricCells, metricColumns, metricConflict } from './rows/metric.ts'
import { RunsSeen, runStatement } from './rows/run.ts'
import { bookCells, bookColumns, snapshotCells, snapshotColumns } from './rows/snapshot.ts'
import { spanCells, spanColumns } from './rows/span.ts'
import { checkVersion, migrate } from './schema.ts'
import { explained, openDatabase } from './sqlite.ts'
import type { Arrival } from './identity.ts'
import type { LogRecord } from '../../wire/record.ts'
import type { Cell, Database } from './sqlite.ts'

type Statement = ReturnType<Database['prepare']>

/** How far a file was read. */
export interface FilePosition {
  readonly path: string
  /** Where the first line begins that was not read; of a compressed file, in its unpacked text. */
  readonly bytes: number
  /** How many lines that is. */
  readonly lines: number
  /** Tells the file from another one that got its name; what it holds is up to the reader. */
  readonly head: string
}

/** What became of a batch. */
export interface AddCounts {
  readonly added: number
  /** Records that were there. */
  readonly known: number
}

/**
 * Opens the index at `path` to fill it; makes it where it is missing.
 * @throws FillpathError `index_unusable` (damaged, newer, of something else), `index_busy`, `folder_unwritable`
 */
export function openStore(path: string): Store {
  const database = openDatabase(path, { readOnly: false })
  try {
    return explained(path, () => {
      migrate(database, path)
      return new Store(path, database)
    })
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * Opens the index at `path` to read it.
 * @throws FillpathError `not_found`, `index_unusable`, `index_busy`
 */
export function openToRead(path: string): Database {
  const database = openDatabase(path, { readOnly: true })
  try {
    explained(path, () => checkVersion(database, path))
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** See the head of this file. */
export class Store {
  readonly #path: string
  readonly #database: Database
  readonly #folder: Folder
  readonly #event: Statement
  readonly #span: Statement
  readonly #metric: Statement
  readonly #snapshot: Statement
  readonly #book: Statement
  readonly #run: Statement
  readonly #position: Statement

  constructor(path: string, database: Database) {
    this.#path = path
    this.#database = database
    this.#folder = new Folder(database)
    const insert = (table: string, columns: readonly string[], conflict: string): Statement =>
      database.prepare(
        `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ${conflict}`,
      )
    const once = 'ON CONFLICT DO NOTHING'
    this.#event = insert('events', eventColumns, once)
    this.#span = insert('spans', spanColumns, once)
    this.#metric = insert('metric_points', metricColumns, metricConflict)
    this.#snapshot = insert('orderbook_snapshots', snapshotColumns, once)
    this.#book = insert('snapshot_books', bookColumns, once)
    this.#run = database.prepare(runStatement)
    this.#position = database.prepare(
      'INSERT OR REPLACE INTO read_files (path, bytes, lines, head) VALUES (?, ?, ?, ?)',
    )
  }

  /**
   * Takes a batch, whole or not at all.
   * @param position how far the file was read that the batch came from
   * @throws FillpathError `index_busy`, `index_unusable`, `folder_unwritable` (no space)
   */
  add(arrivals: readonly Arrival[], position?: FilePosition): AddCounts {
    return explained(this.#path, () => {
      this.#database.exec('BEGIN IMMEDIATE')
      try {
        const added = this.#addAll(arrivals)
        if (position) this.#keep(position)
        this.#database.exec('COMMIT')
        return { added, known: arrivals.length - added }
      } catch (error) {
        this.#folder.forget()
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
        throw error
      }
    })
  }

  /** How far the file called `path` was read; undefined when it never was. */
  positionOf(path: string): FilePosition | undefined {
    const row = explained(this.#path, () =>
      this.#database.prepare('SELECT bytes, lines, head FROM read_files WHERE path = ?').get(path),
    )
    if (row === undefined) return undefined
    const { bytes, lines, head } = row
    return { path, bytes: Number(bytes), lines: Number(lines), head: String(head) }
  }

  /** Closes it; what was added is there. */
  close(): void {
    this.#database.close()
  }

  #keep({ path, bytes, lines, head }: FilePosition): void {
    this.#position.run(path, bytes, lines, head)
  }

  #addAll(arrivals: readonly Arrival[]): number {
    const runs = new RunsSeen()
    let added = 0
    for (const arrival of arrivals) {
      added += Number(this.#addOne(arrival))
      runs.see(arrival.record)
    }
    for (const cells of runs.cells()) this.#run.run(...cells)
    this.#folder.fold()
    return added
  }

  /** Whether the record is new. */
  #addOne({ record, key }: Arrival): boolean {
    switch (record.signal) {
      case 'log':
        return this.#addLog(record, key ?? keyOf(record))
      case 'span':
        return ran(this.#span, spanCells(record, key ?? keyOf(record)))
      case 'metric':
        return ran(this.#metric, metricCells(record))
    }
  }

  #addLog(record: LogRecord, key: string): boolean {
    const type = typeOf(record)
    if (type === 'trading.book.snapshot') {
      const isNew = ran(this.#snapshot, snapshotCells(record, key))
      if (isNew) for (const cells of bookCells(record, key)) this.#book.run(...cells)
      return isNew
    }
    const { cells, keys } = eventCells(record, key, type)
    const isNew = ran(this.#event, cells)
    if (isNew) this.#folder.touch(keys, type)
    return isNew
  }
}

function ran(statement: Statement, cells: readonly Cell[]): boolean {
  return Number(statement.run(...cells).changes) > 0
}
