/**
 * JSON lines of a Python bot's `logging`: level in capitals, the event under `event` or, where the formatter says
 * `generic` for all, within the data.
 */
import { traceIdOf } from '../../../base/ids.ts'
import { eventNameOf } from '../../../semconv/aliases.ts'
import { attributesOf, foreignRecord } from './foreign.ts'
import { isoTime } from './iso-time.ts'
import { isJson } from './json.ts'
import type { Severity } from '../../../semconv/severity.ts'
import type { AnyValue } from '../../../wire/record.ts'
import type { Arrival } from '../../store/identity.ts'
import type { Json } from './json.ts'

const levels: Readonly<Record<string, Severity>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARNING: 'warn',
  WARN: 'warn',
  ERROR: 'error',
  CRITICAL: 'fatal',
  FATAL: 'fatal',
}

/**
 * The record of a line.
 * @throws FillpathError `line_malformed`
 */
export function pythonArrival(json: Json): Arrival {
  const data = isJson(json['data']) ? json['data'] : {}
  const { event: within, ...rest } = data
  const said = textAt(json, 'event')
  const name = said === '' || said === 'generic' ? (typeof within === 'string' ? within : '') : said
  const event = eventNameOf(name) ?? name
  const correlation = textAt(json, 'correlation_id')
  const attributes = new Map<string, AnyValue>()
  if (correlation !== '') attributes.set('trading.correlation_id', correlation)
  for (const [key, value] of attributesOf(event, rest)) attributes.set(key, value)
  return {
    record: foreignRecord({
      time: isoTime(textAt(json, 'timestamp'), 'timestamp'),
      level: levels[textAt(json, 'level')],
      event,
      message: textAt(json, 'message') || undefined,
      module: textAt(json, 'module'),
      traceId: correlation === '' ? '' : traceIdOf(correlation),
      attributes,
    }),
  }
}

function textAt(json: Json, name: string): string {
  const value = json[name]
  return typeof value === 'string' ? value : ''
}
