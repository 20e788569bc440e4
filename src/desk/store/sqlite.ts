/** SQLite of Node itself, and what its errors mean to the owner of a bot. */
import { chmodSync, closeSync, existsSync, openSync } from 'node:fs'
import { FillpathError } from '../../semconv/error.ts'
import { fileMode } from '../../wire/paths.ts'
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type * as Sqlite from 'node:sqlite'

/** An open database. */
export type Database = DatabaseSync

/** A value that a column takes. */
export type Cell = SQLInputValue

const busyTimeoutMs = 30_000

let sqlite: typeof Sqlite | undefined

/** Node 22 warns that SQLite is experimental each time a command runs; nobody who reads an answer needs that. */
function load(): typeof Sqlite {
  if (sqlite !== undefined) return sqlite
  const before: unknown = Reflect.get(process, 'emitWarning')
  const emitWarning = process.emitWarning.bind(process)
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (!String(warning).includes('SQLite'))
      Reflect.apply(emitWarning, undefined, [warning, ...rest])
  }
  try {
    sqlite = process.getBuiltinModule('node:sqlite')
    return sqlite
  } finally {
    Reflect.set(process, 'emitWarning', before)
  }
}

/**
 * Opens the database at `path`, mode 0600, and creates it unless it is only read.
 * @throws FillpathError `index_unusable`, `index_busy`, `not_found`
 */
export function openDatabase(path: string, options: { readonly readOnly: boolean }): Database {
  const { readOnly } = options
  if (path !== ':memory:') prepareFile(path, readOnly)
  return explained(path, () => {
    const { DatabaseSync } = load()
    const database = new DatabaseSync(path, { readOnly })
    try {
      // Node 22.15 has no option for it.
      database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
      if (readOnly) database.exec('PRAGMA query_only = 1; PRAGMA mmap_size = 268435456')
      else
        database.exec(`PRAGMA journal_mode = ${journalOf(database)}; PRAGMA synchronous = NORMAL`)
      database.exec('PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY')
      return database
    } catch (error) {
      database.close()
      throw error
    }
  })
}

/**
 * Takes back what was begun, after an error. SQLite may have done so itself, as on a full disk; whether it did, Node 22.15
 * cannot tell.
 */
export function rollBack(database: Database): void {
  try {
    database.exec('ROLLBACK')
  } catch {
    // Nothing is begun any more; the error that led here is told.
  }
}

function prepareFile(path: string, readOnly: boolean): void {
  if (existsSync(path)) return
  if (readOnly) {
    throw new FillpathError('not_found', `there is no index at ${path}`, {
      hint: 'Make it from the files with "fillpath rebuild", or say where they are with --data FOLDER.',
    })
  }
  try {
    closeSync(openSync(path, 'a', fileMode))
    chmodSync(path, fileMode)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FillpathError('folder_unwritable', `${path} cannot be created: ${reason}`, { cause })
  }
}

/** Before 3.51.3, two writers in WAL mode could corrupt the file when the log was reset. */
function journalOf(database: Database): 'WAL' | 'TRUNCATE' {
  const { version } = database.prepare('SELECT sqlite_version() AS version').get() ?? {}
  return hasSafeWal(String(version)) ? 'WAL' : 'TRUNCATE'
}

/** Whether this version of SQLite resets its write-ahead log without risk. */
export function hasSafeWal(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  return major * 1_000_000 + minor * 1_000 + patch >= 3_051_003
}

/**
 * Runs `work`; what SQLite throws becomes a sentence with something to do.
 * @throws FillpathError `index_unusable`, `index_busy`
 */
export function explained<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof Error) || !('errcode' in cause)) throw cause
    // The extended code carries the primary one in its low byte.
    const primary = Number(cause.errcode) & 0xff
    if (primary === 5 || primary === 6) {
      const waited = `for more than ${busyTimeoutMs / 1000} s`
      throw new FillpathError('index_busy', `another process writes to ${path} ${waited}`, {
        cause,
      })
    }
    if (primary === 11 || primary === 26) {
      throw new FillpathError('index_unusable', `${path} is damaged: ${cause.message}`, { cause })
    }
    if (primary === 13) {
      throw new FillpathError('folder_unwritable', `no space is left to write ${path}`, {
        hint: 'Make some, with "fillpath clean --delete-after-days N" too; the files have everything, and the index goes on where it ended.',
        cause,
      })
    }
    throw cause
  }
}
