/**
 * The index: records in SQLite, to ask questions of.
 *
 * Invariants:
 * - The files are the truth. Whatever stands in here follows from them; it can be deleted and built anew.
 * - A record is in here once, however often and from wherever it comes (`identity.ts`).
 * - A batch is in here whole or not at all, together with how far its file was read: after `kill -9` reading goes on where
 *   the last whole batch ended.
 * - A record leaves when the last file goes that held it (`forget.ts`); one that came from outside the folder stays.
 * - One connection of a process writes; other processes may write too, one batch at a time, and read at any time.
 *
 * Tables: `schema.ts`.
 */
import { statSync } from 'node:fs'
import { FillpathError } from '../../semconv/error.ts'
import { Folder } from './fold/fold.ts'
import { keyOf } from './identity.ts'
import { eventCells, eventColumns, typeOf } from './rows/event.ts'
import { metricCells, metricColumns, metricConflict } from './rows/metric.ts'
import { RunsSeen, runFileStatement, runStatement } from './rows/run.ts'
import { bookCells, bookColumns, snapshotCells, snapshotColumns } from './rows/snapshot.ts'
import { spanCells, spanColumns } from './rows/span.ts'
import { checkVersion, migrate, schemaNumber } from './schema.ts'
import { Forgetting } from './forget.ts'
import { Sources, agingName } from './sources.ts'
import { explained, openDatabase, rollBack } from './sqlite.ts'
import type { Arrival } from './identity.ts'
import type { FileId, SourcedTable } from './sources.ts'
import type { LogRecord } from '../../wire/record.ts'
import type { Cell, Database } from './sqlite.ts'
import type { Statement } from './statements.ts'

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
 * @throws FillpathError `not_found`, `index_unusable` (also one of an older fillpath), `index_busy`
 */
export function openToRead(path: string): Database {
  const database = openDatabase(path, { readOnly: true })
  try {
    const version = explained(path, () => checkVersion(database, path))
    if (version < schemaNumber) throw behind(path, version)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Who fills it brings it up to date first: that was not possible, or has not happened yet. */
function behind(path: string, version: number): FillpathError {
  return new FillpathError(
    'index_unusable',
    `${path} has schema ${version}; this fillpath reads schema ${schemaNumber}`,
    {
      hint: 'It is brought up to date as soon as it can be written: make room on its disk, or wait for the process that writes to it.',
    },
  )
}

/** See the head of this file. */
export class Store {
  readonly #path: string
  readonly #database: Database
  /** Undefined of one in memory. */
  readonly #inode: number | undefined
  readonly #folder: Folder
  readonly #sources: Sources
  readonly #event: Statement
  readonly #span: Statement
  readonly #metric: Statement
  readonly #snapshot: Statement
  readonly #book: Statement
  readonly #run: Statement
  readonly #runFile: Statement
  readonly #position: Statement

  constructor(path: string, database: Database) {
    this.#path = path
    this.#database = database
    this.#inode = inodeOf(path)
    this.#folder = new Folder(database)
    this.#sources = new Sources(database)
    const insert = (table: string, columns: readonly string[], conflict: string): Statement =>
      database.prepare(
        `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ${conflict}`,
      )
    const once = 'ON CONFLICT DO NOTHING'
    this.#event = insert('events', [...eventColumns, 'file_id'], once)
    this.#span = insert('spans', [...spanColumns, 'file_id'], once)
    this.#metric = insert('metric_points', [...metricColumns, 'file_id'], metricConflict)
    this.#snapshot = insert('orderbook_snapshots', [...snapshotColumns, 'file_id'], once)
    this.#book = insert('snapshot_books', bookColumns, once)
    this.#run = database.prepare(runStatement)
    this.#runFile = database.prepare(runFileStatement)
    this.#position = database.prepare(
      'INSERT OR REPLACE INTO read_files (path, bytes, lines, head) VALUES (?, ?, ?, ?)',
    )
  }

  /**
   * Takes a batch, whole or not at all.
   * @param position how far the file was read that the batch came from
   * @param source the file that it came from, where nothing is said of how far it was read
   * @throws FillpathError `index_busy` (also when the file was replaced), `index_unusable`, `folder_unwritable` (no space)
   */
  add(arrivals: readonly Arrival[], position?: FilePosition, source = position?.path): AddCounts {
    return this.#whole(() => {
      const added = this.#addAll(arrivals, this.#sources.idOf(source))
      if (position) this.#keep(position)
      return { added, known: arrivals.length - added }
    })
  }

  /** The files that rows came from, by their names before they were compressed. */
  sources(): string[] {
    return explained(this.#path, () =>
      this.#database
        .prepare('SELECT path FROM files')
        .all()
        .map(({ path }) => String(path)),
    )
  }

  /** The tasks that events or snapshots of a file belong to. */
  tasksOf(source: string): string[] {
    const select = (table: string): string =>
      `SELECT task_id FROM ${table} WHERE file_id = (SELECT id FROM files WHERE path = ?) AND task_id IS NOT NULL`
    const path = agingName(source) ?? source
    return explained(this.#path, () =>
      this.#database
        .prepare(`${select('events')} UNION ${select('orderbook_snapshots')}`)
        .all(path, path)
        .map(({ task_id: id }) => String(id)),
    )
  }

  /**
   * Takes out what came from a file that is no more, and from no other. Files whose position is gone afterwards are to be
   * read again.
   * @throws FillpathError `index_busy`, `index_unusable`
   */
  forget(source: string): void {
    const name = agingName(source)
    if (name === undefined) return
    const id = this.#whole(() => this.#sources.find(name))
    if (id === undefined) return
    const file = { id, name }
    const forgetting = new Forgetting({
      database: this.#database,
      folder: this.#folder,
      file,
    })
    while (this.#whole(() => forgetting.step()));
    this.#sources.forget()
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

  /** Does `work` whole or not at all. */
  #whole<T>(work: () => T): T {
    // Who goes on with a file that is not there any more would add rows that nobody finds.
    if (inodeOf(this.#path) !== this.#inode) throw replaced(this.#path)
    return explained(this.#path, () => {
      this.#database.exec('BEGIN IMMEDIATE')
      try {
        const result = work()
        this.#database.exec('COMMIT')
        return result
      } catch (error) {
        this.#folder.forget()
        this.#sources.forget()
        rollBack(this.#database)
        throw error
      }
    })
  }

  #keep({ path, bytes, lines, head }: FilePosition): void {
    this.#position.run(path, bytes, lines, head)
  }

  #addAll(arrivals: readonly Arrival[], file: FileId): number {
    const runs = new RunsSeen()
    let added = 0
    for (const arrival of arrivals) {
      added += Number(this.#addOne(arrival, file))
      runs.see(arrival.record)
    }
    for (const cells of runs.cells()) {
      this.#run.run(...cells)
      this.#runFile.run(...cells, file ?? 0)
    }
    this.#folder.fold()
    return added
  }

  /** Whether the record is new. */
  #addOne({ record, key }: Arrival, file: FileId): boolean {
    switch (record.signal) {
      case 'log':
        return this.#addLog(record, key ?? keyOf(record), file)
      case 'span':
        return this.#insert('spans', this.#span, spanCells(record, key ?? keyOf(record)), file)
      case 'metric': {
        const cells = metricCells(record)
        // Whether it meets a row cannot be seen from what the statement did.
        this.#sources.see('metric_points', cells.slice(0, 2), file)
        return ran(this.#metric, [...cells, file])
      }
    }
  }

  #addLog(record: LogRecord, key: string, file: FileId): boolean {
    const type = typeOf(record)
    if (type === 'trading.book.snapshot') {
      const cells = snapshotCells(record, key)
      const isNew = this.#insert('orderbook_snapshots', this.#snapshot, cells, file)
      if (isNew) for (const book of bookCells(record, key)) this.#book.run(...book)
      return isNew
    }
    const { cells, keys } = eventCells(record, key, type)
    const isNew = this.#insert('events', this.#event, cells, file)
    if (isNew) this.#folder.touch(keys, type)
    return isNew
  }

  /** Whether a row with a key in its first cell is new; of one that is there, its further file is noted. */
  #insert(table: SourcedTable, statement: Statement, cells: Cell[], file: FileId): boolean {
    cells.push(file)
    const isNew = ran(statement, cells)
    if (!isNew) this.#sources.see(table, cells.slice(0, 1), file)
    return isNew
  }
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}

function replaced(path: string): FillpathError {
  return new FillpathError('index_busy', `${path} was deleted or made anew meanwhile`, {
    hint: 'Run it again: it goes on with the index that is there now.',
  })
}

function ran(statement: Statement, cells: readonly Cell[]): boolean {
  return Number(statement.run(...cells).changes) > 0
}
