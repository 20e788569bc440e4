/**
 * Keeps `summary.json` of each task that ended as its files are.
 *
 * A summary is written behind the answer to the sender, never before it: it can always be made again. What a crash
 * prevented is done when the archive is opened next: a task whose files have another size than its summary covers is
 * read anew. Records that come after the end of a task bring its summary up to date.
 */
import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { taskPath, tasksFolder } from '../wire/paths.ts'
import { readRecords } from './read.ts'
import { RecentIds } from './recent-ids.ts'
import { TaskFold, taskResultOf } from './summary.ts'
import { writeWhole } from './write-whole.ts'
import type { LogRecord, WireRecord } from '../wire/record.ts'
import type { Covered } from './summary.ts'

const endedTasksMax = 10_000

/** See the head of this file. */
export class Summaries {
  readonly #folder: string
  readonly #onFault: (message: string) => void
  /** Tasks that ended lately: what comes for them still belongs in their summary. */
  readonly #ended = new RecentIds(endedTasksMax)
  readonly #due = new Set<string>()
  #working: Promise<void> | undefined

  /** @param onFault called when a summary cannot be written */
  constructor(folder: string, onFault: (message: string) => void) {
    this.#folder = folder
    this.#onFault = onFault
  }

  /** Sees what was kept; the summaries that it changes are written soon. */
  note(records: readonly WireRecord[]): void {
    for (const record of records) {
      const taskId = record.signal === 'log' ? record.attributes.get('trading.task.id') : undefined
      if (record.signal !== 'log' || typeof taskId !== 'string' || taskId === '') continue
      if (taskResultOf(record) !== undefined) this.#ended.add(taskId)
      if (this.#ended.has(taskId)) this.#due.add(taskId)
    }
    this.#start()
  }

  /** Looks for summaries that a crash prevented. */
  async catchUp(): Promise<void> {
    for (const name of await readdir(join(this.#folder, tasksFolder)).catch(() => [])) {
      const taskId = await staleTask(join(this.#folder, tasksFolder, name))
      if (taskId === undefined) continue
      this.#due.add(taskId)
      this.#ended.add(taskId)
      this.#start()
    }
  }

  /** Resolves when nothing is due. */
  async settled(): Promise<void> {
    await this.#working
  }

  #start(): void {
    if (this.#due.size > 0) this.#working ??= this.#work()
  }

  async #work(): Promise<void> {
    for (const taskId of this.#due) {
      this.#due.delete(taskId)
      try {
        await writeSummary(this.#folder, taskId)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        this.#onFault(`the summary of task ${taskId} waits for the next start: ${reason}`)
      }
    }
    this.#working = undefined
  }
}

/** Writes the summary of a task from its files; false while it has not ended. */
export async function writeSummary(folder: string, taskId: string): Promise<boolean> {
  const paths = ['events.jsonl', 'orderbooks.jsonl'] as const
  const [events = '', books = ''] = paths.map((file) => join(folder, taskPath(taskId, file)))
  // Sizes are taken first: what is added while reading makes the summary stale, never silently incomplete.
  const covers = await coveredIn(events, books)
  const fold = new TaskFold(taskId)
  for (const path of [events, books]) {
    for await (const record of logsIn(path)) fold.add(record)
  }
  const summary = fold.summary(covers)
  if (summary === undefined) return false
  const path = join(folder, taskPath(taskId, 'summary.json'))
  await writeWhole(path, `${JSON.stringify(summary, undefined, 2)}\n`)
  return true
}

async function* logsIn(path: string): AsyncGenerator<LogRecord, void, undefined> {
  if ((await sizeOf(path)) === 0) return
  for await (const record of readRecords(path)) if (record.signal === 'log') yield record
}

async function coveredIn(events: string, books: string): Promise<Covered> {
  return { events_bytes: await sizeOf(events), orderbooks_bytes: await sizeOf(books) }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0
}

/** The id of the task of a folder whose summary does not tell of all that is there, once the task has ended. */
async function staleTask(folder: string): Promise<string | undefined> {
  const events = join(folder, 'events.jsonl')
  const covers = await coveredIn(events, join(folder, 'orderbooks.jsonl'))
  if (covers.events_bytes === 0) return undefined
  const told = await readFile(join(folder, 'summary.json'), 'utf8').catch(() => '')
  if (isCovered(told, covers)) return undefined
  let ended: string | undefined
  for await (const record of readRecords(events, { contains: taskEndsInLine })) {
    const taskId = record.signal === 'log' ? record.attributes.get('trading.task.id') : undefined
    if (record.signal !== 'log' || taskResultOf(record) === undefined) continue
    if (typeof taskId === 'string') ended = taskId
  }
  return ended
}

function isCovered(summary: string, covers: Covered): boolean {
  try {
    const told: unknown = JSON.parse(summary)
    return (
      typeof told === 'object' &&
      told !== null &&
      'covers' in told &&
      JSON.stringify(told.covers) === JSON.stringify(covers)
    )
  } catch {
    return false
  }
}

/** How the end of a task is spelt in its line, in any of the spellings that are known. */
const taskEndsInLine = ['ompleted', 'OMPLETED', 'ailed', 'AILED', 'ancel', 'ANCEL']
