/**
 * Mappings: how the JSON lines of any other logger become records.
 *
 * ```json
 * {
 *   "time": { "field": "ts", "format": "epoch_ms" },
 *   "level": { "field": "lvl", "words": { "30": "info", "warning": "warn" } },
 *   "message": "msg",
 *   "event": { "field": "evt", "names": { "orderDone": "trading.order.filled" } },
 *   "module": "logger",
 *   "correlation_id": "reqId",
 *   "task_id": "data.task",
 *   "attributes": { "px": "trading.order.price", "data.oid": "trading.order.id" },
 *   "resource": { "bot": "trading.bot.id" },
 *   "drop": ["v"]
 * }
 * ```
 *
 * Only `time` has to be there. A field is named by its path, `data.oid`; a name that has a dot itself is found too. What
 * is not named keeps its name, or gets that of the vocabulary where other loggers' names for it are known. A line is
 * known by its text: it comes in once, whatever the mapping says of it.
 */
import { hash } from 'node:crypto'
import { didYouMean } from '../../../base/nearest.ts'
import { zoneOf } from '../../../archive/zone.ts'
import { eventNameOf } from '../../../semconv/aliases.ts'
import { attributes } from '../../../semconv/attributes.ts'
import { FillpathError } from '../../../semconv/error.ts'
import { events } from '../../../semconv/events.ts'
import { severities } from '../../../semconv/severity.ts'
import { isJson } from './json.ts'
import type { Severity } from '../../../semconv/severity.ts'
import type { Json } from './json.ts'

/** How the time of a line is written. */
const timeFormats = ['iso', 'epoch_s', 'epoch_ms', 'epoch_us', 'epoch_ns'] as const

/** One of them; `iso` without a zone is in `zone`. */
export type TimeFormat = (typeof timeFormats)[number]

/** A mapping that was looked through. */
export interface Mapping {
  /** Where it was read, or the name of a built-in one. */
  readonly name: string
  /** Another one for another content. */
  readonly id: string
  readonly time: { readonly field: string; readonly format: TimeFormat; readonly zone: string }
  readonly level: { readonly field: string; readonly words: ReadonlyMap<string, Severity> }
  readonly message: string | undefined
  readonly event:
    | { readonly field: string; readonly names: ReadonlyMap<string, string> }
    | undefined
  readonly module: string | undefined
  readonly correlationId: string | undefined
  readonly taskId: string | undefined
  readonly attributes: ReadonlyMap<string, string>
  readonly resource: ReadonlyMap<string, string>
  readonly drop: readonly string[]
}

const keys = [
  'time',
  'level',
  'message',
  'event',
  'module',
  'correlation_id',
  'task_id',
  'attributes',
  'resource',
  'drop',
] as const

/**
 * Looks through a mapping.
 * @param name where it stands, for errors
 * @throws FillpathError `setting_invalid`, with the path of what is wrong and what may have been meant
 */
export function mappingOf(json: unknown, name: string): Mapping {
  const at = new Reader(name)
  const top = at.object(json, '')
  at.onlyKeys(top, '', keys)
  const time =
    typeof top['time'] === 'string' ? { field: top['time'] } : at.object(top['time'], 'time')
  at.onlyKeys(time, 'time', ['field', 'format', 'zone'])
  const level =
    typeof top['level'] === 'string'
      ? { field: top['level'] }
      : at.object(top['level'] ?? {}, 'level')
  at.onlyKeys(level, 'level', ['field', 'words'])
  const zone = at.text(time['zone'], 'time.zone') ?? 'UTC'
  zoneOf(zone)
  return {
    name,
    id: hash('sha256', JSON.stringify(json), 'base64url').slice(0, 8),
    time: {
      field: at.needed(time['field'], 'time.field'),
      format: at.choice(time['format'] ?? 'iso', 'time.format', timeFormats),
      zone,
    },
    level: {
      field: at.text(level['field'], 'level.field') ?? 'level',
      words: at.map(level['words'], 'level.words', (word, path) => at.choice(word, path, levels)),
    },
    message: at.text(top['message'], 'message'),
    event: eventOf(at, top['event']),
    module: at.text(top['module'], 'module'),
    correlationId: at.text(top['correlation_id'], 'correlation_id'),
    taskId: at.text(top['task_id'], 'task_id'),
    attributes: at.map(top['attributes'], 'attributes', (value, path) => at.attribute(value, path)),
    resource: at.map(top['resource'], 'resource', (value, path) => at.needed(value, path)),
    drop: at.list(top['drop'], 'drop'),
  }
}

const levels: readonly Severity[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']

function eventOf(at: Reader, json: unknown): Mapping['event'] {
  if (json === undefined) return undefined
  const event = typeof json === 'string' ? { field: json } : at.object(json, 'event')
  at.onlyKeys(event, 'event', ['field', 'names'])
  return {
    field: at.needed(event['field'], 'event.field'),
    names: at.map(event['names'], 'event.names', (value, path) => at.event(value, path)),
  }
}

/** Reads the parts of a mapping, and says what is wrong with one by its path. */
class Reader {
  readonly #name: string

  constructor(name: string) {
    this.#name = name
  }

  object(json: unknown, path: string): Json {
    if (isJson(json)) return json
    throw this.#wrong(path, json === undefined ? 'is missing' : `is ${shown(json)}, not an object`)
  }

  onlyKeys(json: Json, path: string, known: readonly string[]): void {
    for (const key of Object.keys(json)) {
      if (known.includes(key)) continue
      const near = didYouMean(key, known)
      throw this.#wrong(
        join(path, key),
        `is not known.${near || ` Known are ${known.join(', ')}.`}`,
      )
    }
  }

  text(json: unknown, path: string): string | undefined {
    if (json === undefined) return undefined
    if (typeof json === 'string' && json !== '') return json
    throw this.#wrong(path, `is ${shown(json)}, not the name of a field`)
  }

  needed(json: unknown, path: string): string {
    const text = this.text(json, path)
    if (text !== undefined) return text
    throw this.#wrong(path, 'is missing')
  }

  choice<T extends string>(json: unknown, path: string, known: readonly T[]): T {
    const found = known.find((each) => each === json)
    if (found !== undefined) return found
    const near = typeof json === 'string' ? didYouMean(json, known) : ''
    throw this.#wrong(path, `is ${shown(json)}, not one of ${known.join(', ')}.${near}`)
  }

  map<T>(json: unknown, path: string, read: (value: unknown, path: string) => T): Map<string, T> {
    const entries = Object.entries(json === undefined ? {} : this.object(json, path))
    return new Map(entries.map(([key, value]) => [key, read(value, join(path, key))] as const))
  }

  list(json: unknown, path: string): string[] {
    if (json === undefined) return []
    if (!Array.isArray(json)) throw this.#wrong(path, `is ${shown(json)}, not a list of fields`)
    return json.map((value: unknown, index) => this.needed(value, `${path}[${index}]`))
  }

  /** A name of the vocabulary, or one of the user's own that cannot be taken for one of those. */
  attribute(json: unknown, path: string): string {
    const name = this.needed(json, path)
    if (Object.hasOwn(attributes, name)) return name
    const known = Object.keys(attributes)
    const near = didYouMean(name, known) || didYouMean(`trading.${name}`, known)
    if (near === '' && !name.startsWith('trading.')) return name
    throw this.#wrong(path, `is "${name}", which is not in the vocabulary.${near}`)
  }

  event(json: unknown, path: string): string {
    const name = this.needed(json, path)
    const known = eventNameOf(name)
    if (known !== undefined) return known
    const near = didYouMean(name, Object.keys(events))
    if (near === '' && !name.startsWith('trading.')) return name
    throw this.#wrong(path, `is "${name}", which is not in the vocabulary.${near}`)
  }

  #wrong(path: string, what: string): FillpathError {
    const where = path === '' ? 'the mapping' : path
    return new FillpathError('setting_invalid', `${this.#name}: ${where} ${what}`, {
      hint: 'docs/import.md shows what a mapping holds, docs/vocabulary.md the names.',
    })
  }
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

function shown(json: unknown): string {
  return (JSON.stringify(json) ?? 'undefined').slice(0, 60)
}

/** The severity of a word or a number as other loggers write it; undefined when it says nothing. */
export function severityOfWord(
  word: unknown,
  words: ReadonlyMap<string, Severity>,
): Severity | undefined {
  const text = typeof word === 'string' || typeof word === 'number' ? String(word) : ''
  const own = words.get(text) ?? words.get(text.toLowerCase())
  if (own !== undefined) return own
  const plain = text.toLowerCase()
  const known = levels.find((level) => level === plain) ?? otherWords[plain]
  if (known !== undefined) return known
  const number = typeof word === 'number' ? word : Number.NaN
  return levels.findLast((level) => severities[level] <= number && number <= 24)
}

const otherWords: Readonly<Record<string, Severity>> = {
  silly: 'trace',
  verbose: 'debug',
  http: 'debug',
  notice: 'info',
  success: 'info',
  warning: 'warn',
  err: 'error',
  exception: 'error',
  critical: 'fatal',
  crit: 'fatal',
  alert: 'fatal',
  emerg: 'fatal',
  emergency: 'fatal',
}
