/**
 * Which files a record belongs to.
 *
 * Each record has one file that is its truth: `events` of all log records, `spans`, `metrics`. The others are views
 * for readers, by the categories that the registry gives its event, and by task.
 */
import { eventNameOf } from '../semconv/aliases.ts'
import { eventDefinition } from '../semconv/events.ts'
import { severities } from '../semconv/severity.ts'
import { taskPath, tasksFolder } from '../wire/paths.ts'
import type { Category } from '../semconv/events/definition.ts'
import type { DailyFile } from '../wire/paths.ts'
import type { LogRecord, WireRecord } from '../wire/record.ts'

/** A file that a record is written to: a kind of file of the day, or the path of a file of a task. */
export type Destination = DailyFile | TaskPath

type TaskPath = `${typeof tasksFolder}/${string}`

/** The file that holds a record for good, by signal. */
export const truths = {
  log: 'events',
  span: 'spans',
  metric: 'metrics',
} as const satisfies Record<WireRecord['signal'], DailyFile>

/** The views of a record, beside its truth. */
export function viewsOf(record: WireRecord): readonly Destination[] {
  if (record.signal !== 'log') return []
  const views = eventViews(eventOf(record), record.severityNumber >= severities.error)
  const taskId = record.attributes.get('trading.task.id')
  if (typeof taskId !== 'string' || taskId === '') return views.daily
  const path = taskPath(taskId, views.isBook ? 'orderbooks.jsonl' : 'events.jsonl')
  return isTaskPath(path) ? [...views.daily, path] : views.daily
}

/** The name of the event that a record is, as it came; '' for a log line. */
export function eventOf(record: LogRecord): string {
  if (record.eventName !== '') return record.eventName
  // Where events stood before OpenTelemetry had a field for them.
  const name = record.attributes.get('event.name')
  return typeof name === 'string' ? name : ''
}

interface EventViews {
  readonly daily: readonly DailyFile[]
  readonly isBook: boolean
}

// Names come from outside: the few that matter repeat for ever, the rest must not fill the memory.
const namesMax = 1_000
const known = new Map<string, EventViews>()

function eventViews(name: string, isError: boolean): EventViews {
  const key = isError ? `!${name}` : name
  let views = known.get(key)
  if (views === undefined) {
    views = makeEventViews(name, isError)
    if (known.size >= namesMax) known.clear()
    known.set(key, views)
  }
  return views
}

function makeEventViews(name: string, isError: boolean): EventViews {
  const registered = eventNameOf(name)
  const definition = registered === undefined ? undefined : eventDefinition(registered)
  const categories = new Set<Category>(definition?.categories)
  if (isError) categories.add('errors')
  // Every category is a kind of file of its own.
  const views: DailyFile[] = [...categories]
  // Snapshots are for machines: one of them would fill a screen of the main log.
  if (definition?.class !== 'snapshot') views.unshift('bot')
  return { daily: views, isBook: registered === 'trading.book.snapshot' }
}

function isTaskPath(path: string): path is TaskPath {
  return path.startsWith(`${tasksFolder}/`)
}

/** Whether a destination is a file of the day, not of a task. */
export function isDaily(destination: Destination): destination is DailyFile {
  return !isTaskPath(destination)
}
