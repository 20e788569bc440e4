import { createHash } from 'node:crypto'
import { dateParts, formatIn } from './zone.ts'

/**
 * The names of the files in the data folder. Paths are relative to that folder, with `/`.
 *
 * ```
 * logs/    bot_YYYYMMDD.log  events_…jsonl  signals_…jsonl  orders_…jsonl  hedges_…jsonl
 *          api_…jsonl  performance_…jsonl  errors_….log
 *          beside events, spans and metrics the hash chain of each, ….jsonl.chain
 *          a day that fills its file goes on in events_YYYYMMDD.1.jsonl, .2.jsonl, …
 * tasks/<task>/  events.jsonl  orderbooks.jsonl  summary.json
 * traces/  spans_YYYYMMDD.jsonl        metrics/  metrics_YYYYMMDD.jsonl
 * categories/  <name>_YYYYMMDD.jsonl, of the categories of the user's own
 * archive/ the same paths with .gz     index.db
 * ```
 */

/** Where the data folder is when nothing else was said, from the working folder. */
export const dataFolderDefault = 'fillpath-data'

/** Where the spool of a bot is when nothing else was said, from its working folder. */
export const spoolFolderDefault = 'fillpath-spool'

/** Mode of the data folder and the folders in it: what is in there tells how someone trades. */
export const folderMode = 0o700

/** Mode of the files in it. */
export const fileMode = 0o600

/** The SQLite index. Can be deleted and rebuilt. */
export const indexPath = 'index.db'

/** Folder of what was compressed. */
export const archiveFolder = 'archive'

/** Folder of the tasks' folders. */
export const tasksFolder = 'tasks'

/** The files of a day: where they are, up to the day, and their extension. */
export const dailyFiles = {
  bot: { stem: 'logs/bot', extension: 'log' },
  events: { stem: 'logs/events', extension: 'jsonl' },
  signals: { stem: 'logs/signals', extension: 'jsonl' },
  orders: { stem: 'logs/orders', extension: 'jsonl' },
  hedges: { stem: 'logs/hedges', extension: 'jsonl' },
  api: { stem: 'logs/api', extension: 'jsonl' },
  performance: { stem: 'logs/performance', extension: 'jsonl' },
  errors: { stem: 'logs/errors', extension: 'log' },
  spans: { stem: 'traces/spans', extension: 'jsonl' },
  metrics: { stem: 'metrics/metrics', extension: 'jsonl' },
} as const satisfies Record<string, { readonly stem: string; readonly extension: string }>

/** The file of a category of the user's own: `+` and its name. */
export type OwnFile = `+${string}`

/** A kind of file that begins anew each day. */
export type DailyFile = keyof typeof dailyFiles | OwnFile

/** Folder of the files of the user's own categories. */
export const categoriesFolder = 'categories'

/** Where a kind of file is, up to the day, and its extension. */
function placeOf(file: DailyFile): { readonly stem: string; readonly extension: string } {
  return isOwnFile(file)
    ? { stem: `${categoriesFolder}/${file.slice(1)}`, extension: 'jsonl' }
    : dailyFiles[file]
}

function isOwnFile(file: DailyFile): file is OwnFile {
  return file.startsWith('+')
}

/** The folder that the files of a kind are in. */
export function dailyFolder(file: DailyFile): string {
  const { stem } = placeOf(file)
  return stem.slice(0, stem.indexOf('/'))
}

/**
 * The path of a file of a day.
 * @param day `YYYYMMDD`, see {@link dayOf}
 * @param part 0 for the first file of the day, 1 for the one that goes on when it is full
 */
export function dailyPath(file: DailyFile, day: string, part = 0): string {
  const { stem, extension } = placeOf(file)
  return `${stem}_${day}.${part === 0 ? '' : `${part}.`}${extension}`
}

/** What a path of a file of a day says. */
export interface DailyName {
  readonly file: DailyFile
  /** `YYYYMMDD`. */
  readonly day: string
  /** 0 for the first file of the day. */
  readonly part: number
  readonly compressed: boolean
}

/**
 * Which file of which day a path names, also with `.gz` and below `archive/`; `undefined` for any
 * other path.
 */
export function parseDailyPath(path: string): DailyName | undefined {
  const found =
    /^(?:archive\/)?([a-z]+\/([a-z][a-z0-9-]*))_(\d{8})\.(?:([1-9]\d{0,5})\.)?([a-z]+)(\.gz)?$/.exec(
      path,
    )
  if (!found) return undefined
  const [, stem, name = '', day = '', part = '0', extension, gz] = found
  const file = stem === `${categoriesFolder}/${name}` ? (`+${name}` as const) : name
  if (!isDailyFile(file)) return undefined
  const expected = placeOf(file)
  if (expected.stem !== stem || expected.extension !== extension) return undefined
  return { file, day, part: Number(part), compressed: gz !== undefined }
}

function isDailyFile(name: string): name is DailyFile {
  return name.startsWith('+') || Object.hasOwn(dailyFiles, name)
}

/** The path that a file had before it was compressed into `archive/`; that of any other file as it is. */
export function plainPath(path: string): string {
  return path.startsWith(`${archiveFolder}/`)
    ? path.slice(archiveFolder.length + 1).replace(/\.gz$/, '')
    : path
}

/** Where a file of the data folder is once it is compressed. */
export function archivedPath(path: string): string {
  return `${archiveFolder}/${path}.gz`
}

/** A file of a task. */
export type TaskFile = 'events.jsonl' | 'orderbooks.jsonl' | 'summary.json'

/** The path of a file of a task. */
export function taskPath(taskId: string, file: TaskFile): string {
  return `${tasksFolder}/${taskFolderName(taskId)}/${file}`
}

const slugLengthMax = 60

/**
 * The folder of a task: the id itself when it is made of letters, digits, `.`, `_` and `-` and is
 * no hidden name, else what can be kept of it and `~` with 12 digits of its SHA-256. Two ids never
 * share a folder, and no id leaves `tasks/`.
 */
export function taskFolderName(taskId: string): string {
  if (/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/.test(taskId)) return taskId
  const kept = taskId
    .slice(0, slugLengthMax)
    .toWellFormed()
    .replaceAll(/[^\p{L}\p{N}._-]/gu, '_')
    .replace(/^\.+/, '')
  const digest = createHash('sha256').update(taskId, 'utf8').digest('hex').slice(0, 12)
  return `${kept}~${digest}`
}

/**
 * The day of a moment as `YYYYMMDD`, where the clocks show `timeZone`.
 * @param timeZone an IANA name such as `Europe/Berlin`, or `local` for that of the machine
 * @throws FillpathError `setting_invalid` when there is no such time zone
 */
export function dayOf(epochMs: number, timeZone = 'UTC'): string {
  if (timeZone === 'UTC') return new Date(epochMs).toISOString().slice(0, 10).replaceAll('-', '')
  return calendarOf(timeZone).format(epochMs).replaceAll('-', '')
}

const calendars = new Map<string, Intl.DateTimeFormat>()

function calendarOf(timeZone: string): Intl.DateTimeFormat {
  const known = calendars.get(timeZone)
  if (known) return known
  const calendar = formatIn(timeZone, dateParts)
  calendars.set(timeZone, calendar)
  return calendar
}
