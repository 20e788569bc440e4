import { FillpathError } from '../semconv/error.ts'
import { logOf, logText } from './line/log.ts'
import { metricOf, metricText } from './line/metric.ts'
import { InexactInteger } from './line/json.ts'
import { cutLine } from './line/origin.ts'
import type { Cut } from './line/origin.ts'
import { spanOf, spanText } from './line/span.ts'
import type { WireRecord } from './record.ts'

/*
 * A record as one line of JSON, flat and lossless: `decodeLine(encodeLine(record))` equals `record`, to the nanosecond,
 * to the order of the attributes, and to int against double.
 *
 * - A field that holds its default is absent. The order of the fields is fixed; resource and scope stand last.
 * - Log records have neither `type` nor `name`, spans have `name`, metric points have `type`.
 * - Times are ISO 8601 in UTC with nine decimals: 2026-11-21T09:20:33.000000001Z. Absent: not set.
 * - An int64 is an integer of any length. A double has a point or an exponent: 43210.0, 1e+21, -0.0.
 * - What JSON lacks is an object with one key that begins with `$`:
 *     {"$bytes":"3q2+7w=="}                    bytes, base64
 *     {"$double":"NaN"}                        NaN, Infinity, -Infinity
 *     {"$map":[["b",1],["1",2],["$bytes",3]]}  a map whose own form would be read as an escape, come back in another
 *                                              order, or has keys that JSON must escape
 *   `null` is an AnyValue without a value. A lone surrogate is \ud83d.
 * - `data` holds the attributes, `event` the event name, `message` a body that is a string, `body` any other body.
 * - `level` is the name of the severity number; `severity_text` is there when the sender's text is another.
 * - For the reader only, and not used to rebuild the record: level, module, correlation_id (= trace id), task_id,
 *   sequence, id, duration_ms. What they repeat stands in scope, trace_id and data.
 */

/** A record as one line, without the newline. It holds none either. */
export function encodeLine(record: WireRecord): string {
  switch (record.signal) {
    case 'log':
      return '{' + logText(record).slice(1) + '}'
    case 'span':
      return '{' + spanText(record).slice(1) + '}'
    case 'metric':
      return '{' + metricText(record).slice(1) + '}'
  }
}

/**
 * The record of a line. Lines with the same resource or scope share the object.
 *
 * @throws FillpathError `line_malformed` for half a line, for what is not JSON and for a field of the wrong kind; the
 *   message says which, the caller adds file and line number
 */
export function decodeLine(line: string): WireRecord {
  try {
    return recordOf(line)
  } catch (error) {
    if (error instanceof FillpathError) throw error
    // What is left is a value nested so deeply that the stack ends.
    const message = `the line cannot be read: ${String(error)}`
    throw new FillpathError('line_malformed', message, { cause: error })
  }
}

function recordOf(line: string): WireRecord {
  try {
    return recordOfCut(cutLine(line, false))
  } catch (error) {
    if (error instanceof InexactInteger) return recordOfCut(cutLine(line, true))
    throw error
  }
}

function recordOfCut(cut: Cut): WireRecord {
  if (cut.json['type'] !== undefined) return metricOf(cut)
  return cut.json['name'] === undefined ? logOf(cut) : spanOf(cut)
}
