/**
 * What a line may be, by its look:
 *
 * - a line of fillpath (`wire/line.ts`);
 * - a request in OTLP JSON, as the Collector's file exporter writes it: many records;
 * - an event or a snapshot of order books of a task log: `{"timestamp":1704067200000,"taskId":…,"sequence":…}`;
 * - an event of a Python bot: `{"timestamp":"…","level":"INFO","module":…,"event":…,"correlation_id":…,"data":{…}}`.
 */
import { decodeLine } from '../../../wire/line.ts'
import { decodeRequest } from '../../../wire/otlp-json.ts'
import { parseLine } from './json.ts'
import { pythonArrival } from './python.ts'
import { taskArrival } from './task-log.ts'
import type { Arrival } from '../../store/identity.ts'

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
  return [{ record: decodeLine(line) }]
}
