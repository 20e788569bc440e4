/**
 * What a line may be, by its look:
 *
 * - a line of fillpath (`wire/line.ts`);
 * - a request in OTLP JSON, as the Collector's file exporter writes it: many records;
 * - an event or a snapshot of order books of a task log: `{"timestamp":1704067200000,"taskId":…,"sequence":…}`;
 * - an event of a Python bot: `{"timestamp":"…","level":"INFO","module":…,"event":…,"correlation_id":…,"data":{…}}`.
 */
import { FillpathError } from '../../../semconv/error.ts'
import { decodeLine } from '../../../wire/line.ts'
import { decodeRequest } from '../../../wire/otlp-json.ts'
import { isJson, parseLine } from './json.ts'
import { pythonArrival } from './python.ts'
import { taskArrival } from './task-log.ts'
import type { Arrival } from '../../store/identity.ts'
import type { Json } from './json.ts'

const ours = /^\{"(?:observed_)?timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z"/
const otlp = /"resource(?:Logs|Spans|Metrics)"\s*:/

/**
 * The records of a line.
 * @throws FillpathError `line_malformed`, `otlp_malformed`
 */
export function arrivalsOf(line: string): Arrival[] {
  if (ours.test(line)) return [{ record: decodeLine(line) }]
  const json = parseLine(line)
  if (otlp.test(line)) return decodeRequest(line).map((record) => ({ record }))
  if (typeof json['taskId'] === 'string') return [taskArrival(json)]
  const level = json['level']
  if (typeof level === 'string' && level === level.toUpperCase()) return [pythonArrival(json)]
  if (!looksOurs(json)) {
    const keys = Object.keys(json).slice(0, 5).join(', ')
    throw new FillpathError(
      'line_malformed',
      `the line, with ${keys === '' ? 'nothing in it' : keys}, is of another logger: read its file by a mapping, with --mapping`,
    )
  }
  return [{ record: decodeLine(line) }]
}

const nanoseconds = /\.\d{9}Z$/

/**
 * Whether a line that is written otherwise than we do it may be ours all the same. What another logger wrote would become
 * a record without its time and most of what it says.
 */
function looksOurs(json: Json): boolean {
  const { timestamp, observed_timestamp: observed, severity_number: severity } = json
  const hasTime = [timestamp, observed].some(
    (time) => typeof time === 'string' && nanoseconds.test(time),
  )
  if (hasTime || typeof severity === 'number' || isJson(json['scope']) || isJson(json['resource']))
    return true
  // Of a record that says hardly anything, not even when it was.
  return Object.keys(json).every((key) => ownKeys.has(key))
}

const ownKeys: ReadonlySet<string> = new Set([
  ...['module', 'event', 'message', 'body', 'correlation_id', 'trace_id', 'span_id', 'flags'],
  ...['task_id', 'sequence', 'data', 'id', 'dropped_attributes_count', 'severity_text'],
])
