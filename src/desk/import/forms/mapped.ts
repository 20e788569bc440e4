/** Lines of another logger as records, by a mapping (`mapping.ts`). */
import { hash } from 'node:crypto'
import { traceIdOf } from '../../../base/ids.ts'
import { zoneOf } from '../../../archive/zone.ts'
import { eventNameOf } from '../../../semconv/aliases.ts'
import { FillpathError } from '../../../semconv/error.ts'
import { attributesText } from '../../../wire/line/value.ts'
import { anyValue, attributesOf, foreignRecord, knownValue } from './foreign.ts'
import { isJson, parseLine } from './json.ts'
import { isoTime } from './iso-time.ts'
import { severityOfWord } from './mapping.ts'
import type { AnyValue, Resource } from '../../../wire/record.ts'
import type { Arrival } from '../../store/identity.ts'
import type { Json } from './json.ts'
import type { Mapping, TimeFormat } from './mapping.ts'

/** What makes the record of a line, by a mapping. */
export function mappedForm(mapping: Mapping): (line: string) => Arrival[] {
  const resources = new Map<string, Resource>()
  const zone = zoneOf(mapping.time.zone)
  return (line) => {
    const fields = new Fields(parseLine(line))
    const time = timeOf(fields.take(mapping.time.field), mapping, zone)
    const level = severityOfWord(fields.take(mapping.level.field), mapping.level.words)
    const said = mapping.event === undefined ? undefined : fields.see(mapping.event.field)
    const message = mapping.message === undefined ? undefined : fields.see(mapping.message)
    const event = eventOf(said, mapping)
    const module = mapping.module === undefined ? undefined : fields.see(mapping.module)
    const own = new Map<string, AnyValue>()
    const correlation = idOf(fields, mapping.correlationId)
    const task = idOf(fields, mapping.taskId)
    if (correlation !== '') own.set('trading.correlation_id', correlation)
    if (task !== '') own.set('trading.task.id', task)
    const resource = resourceOf(fields, mapping, resources)
    for (const [field, name] of mapping.attributes) {
      const value = fields.take(field)
      if (value !== undefined && value !== null) own.set(name, knownValue(name, value))
    }
    for (const field of [mapping.event?.field, mapping.message, mapping.module, ...mapping.drop]) {
      if (field !== undefined) fields.take(field)
    }
    const about = correlation || task
    const record = foreignRecord({
      time,
      level,
      event,
      message: message === undefined || message === null ? undefined : textOf(message),
      module: textOf(module ?? ''),
      traceId: about === '' ? '' : traceIdOf(about),
      attributes: new Map([...attributesOf(event, fields.rest()), ...own]),
    })
    return [{ key: keyOf(line), record: resource === undefined ? record : { ...record, resource } }]
  }
}

/** A line is the same line, also when a mapping was mended in between. */
function keyOf(line: string): string {
  return `line/${hash('sha256', line, 'base64url').slice(0, 22)}`
}

/** The event: by its table, by the vocabulary, else as it came. Where the message stands in the same field, that is all it is. */
function eventOf(said: unknown, { event, message }: Mapping): string {
  if (event === undefined || typeof said !== 'string') return ''
  const known = event.names.get(said) ?? eventNameOf(said)
  return known ?? (event.field === message ? '' : said)
}

function idOf(fields: Fields, field: string | undefined): string {
  const value = field === undefined ? undefined : fields.take(field)
  return value === undefined || value === null ? '' : textOf(value)
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'bigint' ? value.toString() : (JSON.stringify(value) ?? '')
}

/** The resource of a line; lines of the same share it. */
function resourceOf(
  fields: Fields,
  mapping: Mapping,
  known: Map<string, Resource>,
): Resource | undefined {
  if (mapping.resource.size === 0) return undefined
  const attributes = new Map<string, AnyValue>()
  for (const [field, name] of mapping.resource) {
    // The module may name the service too.
    const value = field === mapping.module ? fields.see(field) : fields.take(field)
    if (value !== undefined && value !== null) attributes.set(name, anyValue(value))
  }
  const key = attributesText(attributes)
  let resource = known.get(key)
  if (resource === undefined) {
    resource = { attributes, droppedAttributesCount: 0, schemaUrl: '' }
    if (known.size > 1_000) known.clear()
    known.set(key, resource)
  }
  return resource
}

const nsPer: Readonly<Record<Exclude<TimeFormat, 'iso'>, number>> = {
  epoch_s: 1e9,
  epoch_ms: 1e6,
  epoch_us: 1e3,
  epoch_ns: 1,
}

function timeOf(value: unknown, { time }: Mapping, zone: ReturnType<typeof zoneOf>): bigint {
  if (value === undefined) {
    throw new FillpathError('line_malformed', `the line has no ${time.field}, which holds its time`)
  }
  // Where numbers are expected a text in ISO 8601 is as clear, as some formatters write it.
  if (time.format === 'iso' || (typeof value === 'string' && /\d-\d/.test(value))) {
    return isoTime(textOf(value), time.field, zone)
  }
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  const ns = nsPer[time.format]
  if (typeof number === 'bigint') return number * BigInt(ns)
  if (typeof number === 'number' && Number.isFinite(number) && number >= 0) {
    // Whole units apart, so that no nanosecond is lost to the size of the number.
    const whole = Math.floor(number)
    return BigInt(whole) * BigInt(ns) + BigInt(Math.round((number - whole) * ns))
  }
  throw new FillpathError('line_malformed', `${time.field} is ${textOf(value)}, not a time`)
}

/** The fields of a line, of which some are taken out. */
class Fields {
  readonly #json: Json
  readonly #taken = new Set<string>()

  constructor(json: Json) {
    this.#json = json
  }

  /** The value at a path; of a name with a dot in it, the one of that name. */
  see(path: string): unknown {
    if (Object.hasOwn(this.#json, path)) return this.#json[path]
    let value: unknown = this.#json
    for (const key of path.split('.')) {
      if (!isJson(value) || !Object.hasOwn(value, key)) return undefined
      value = value[key]
    }
    return value
  }

  /** The value at a path, which is not left over then. */
  take(path: string): unknown {
    this.#taken.add(path)
    return this.see(path)
  }

  /** What is left; objects of which something was taken hold what is left of them. */
  rest(): Json {
    return this.#without(this.#json, '')
  }

  #without(json: Json, prefix: string): Json {
    const left: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(json)) {
      const path = prefix === '' ? key : `${prefix}.${key}`
      if (this.#taken.has(path)) continue
      if (isJson(value) && this.#takesWithin(path)) {
        const rest = this.#without(value, path)
        if (Object.keys(rest).length > 0) left[key] = rest
      } else left[key] = value
    }
    return left
  }

  #takesWithin(path: string): boolean {
    for (const taken of this.#taken) if (taken.startsWith(`${path}.`)) return true
    return false
  }
}
