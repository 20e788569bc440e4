/**
 * JSON lines of a Python bot's `logging`: level in capitals, the event under `event` or, where the formatter says
 * `generic` for all, within the data.
 */
import { traceIdOf } from '../../../base/ids.ts'
import { eventNameOf } from '../../../semconv/aliases.ts'
import { FillpathError } from '../../../semconv/error.ts'
import { attributesOf, foreignRecord } from './foreign.ts'
import { isJson } from './json.ts'
import type { Severity } from '../../../semconv/events.ts'
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
      time: timeOf(textAt(json, 'timestamp')),
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

const isoTime = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?(Z?)$/

/** ISO 8601 with any number of decimals; without a zone it is UTC. */
function timeOf(text: string): bigint {
  const [, date, clock, fraction = '', zone = 'Z'] = isoTime.exec(text) ?? []
  const ms = date === undefined ? Number.NaN : Date.parse(`${date}T${clock}${zone}`)
  if (Number.isNaN(ms)) {
    throw new FillpathError('line_malformed', `timestamp is ${JSON.stringify(text)}, not ISO 8601`)
  }
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))
}
