/**
 * A line of Loki as the log record that it was.
 *
 * Loki keeps the time, the body as a text and everything else as names with texts, in the order of the alphabet. What it
 * does not keep is lost: the order of attributes (here that of the registry, with whose a bot's own order agrees for the
 * most part), which of two spellings a name had, the type of a value that the registry does not know, and which attribute
 * stood on the scope.
 */
import { attributes as registered } from '../semconv/attributes.ts'
import { eventDefinition } from '../semconv/events.ts'
import { guess, valueOf, valueWithin } from './value.ts'
import { nameOf } from './names.ts'
import { flat } from './logql.ts'
import type { AnyValue, LogRecord, Origin, Resource, Scope } from '../wire/record.ts'
import type { Entry } from './loki.ts'

/** Names of structured metadata that are fields of the record, or made by Loki. */
const fields = new Set([
  'detected_level',
  'event_name',
  'flags',
  'observed_timestamp',
  'scope_name',
  'scope_version',
  'severity_number',
  'severity_text',
  'span_id',
  'trace_id',
])
const bookField =
  /^(.+)_(asks|bids|best_ask|best_bid|spread|latency_ms|nonce|reversed|timestamp_ms)$/
const decimals = new Set(['best_ask', 'best_bid', 'spread'])

/** What an event of a flow begins with. */
const first = [
  'trading.task.id',
  'trading.task.type',
  'trading.symbol',
  'trading.strategy',
  'trading.executor.id',
  'trading.correlation_id',
  'trading.signal.id',
  'trading.venue',
] as const
const ranks = new Map(
  [...first, ...Object.keys(registered)].toReversed().map((name, rank) => [name, -rank]),
)
const last = 'fillpath.record.id'

/** Turns lines into records; records of one origin share its objects. */
export class LokiRecords {
  readonly #origins = new Map<string, Origin>()
  /** Names of venues by what they are stored as within a name: `paper_a` for `paper-a`. */
  readonly #venues = new Map<string, string>()

  /** The records of a page. */
  of(entries: readonly Entry[]): LogRecord[] {
    for (const { metadata } of entries) {
      const venue = metadata['trading_venue']
      if (venue !== undefined) this.#venues.set(flat(venue), venue)
    }
    return entries.map((entry) => this.#record(entry))
  }

  #record({ timeNs, line, labels, metadata }: Entry): LogRecord {
    const eventName = metadata['event_name'] ?? ''
    const own: readonly string[] = eventDefinition(eventName)?.attributes ?? []
    const attributes = new Map<string, AnyValue>()
    const resource = new Map<string, AnyValue>()
    for (const [stored, text] of Object.entries({ ...labels, ...metadata })) {
      if (fields.has(stored)) continue
      const { name, within, isResource } = nameOf(stored)
      if (isResource) {
        resource.set(name, name === 'process.pid' ? guess(text) : text)
        // An event that has it too: Loki keeps one of the two.
        if (own.includes(name)) attributes.set(name, valueOf(name, text))
      } else if (within === '') attributes.set(name, valueOf(name, text))
      else this.#setWithin(mapAt(attributes, name), name, within, text)
    }
    const observed = metadata['observed_timestamp'] ?? ''
    return {
      signal: 'log',
      time: timeNs,
      observedTime: /^\d+$/.test(observed) ? BigInt(observed) : timeNs,
      severityNumber: Number(metadata['severity_number']) || 0,
      severityText: metadata['severity_text'] ?? '',
      eventName,
      body: line === '' ? null : line,
      attributes: inOrder(attributes),
      droppedAttributesCount: 0,
      flags: Number(metadata['flags']) || 0,
      traceId: metadata['trace_id'] ?? '',
      spanId: metadata['span_id'] ?? '',
      ...this.#origin(resource, metadata),
    }
  }

  #setWithin(map: Map<string, AnyValue>, name: string, within: string, text: string): void {
    const [, stored = '', field = ''] =
      name === 'trading.book.venues' ? (bookField.exec(within) ?? []) : []
    if (field === '') map.set(within, valueWithin(name, within, text))
    else {
      const venue = mapAt(map, this.#venues.get(stored) ?? stored)
      venue.set(field, decimals.has(field) ? text : guess(text))
    }
  }

  #origin(
    attributes: ReadonlyMap<string, AnyValue>,
    { scope_name: name = '', scope_version: version = '' }: Readonly<Record<string, string>>,
  ): Origin {
    const key = JSON.stringify([name, version, ...attributes], (_key, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    )
    let origin = this.#origins.get(key)
    if (origin === undefined) {
      const common = { droppedAttributesCount: 0, schemaUrl: '' }
      const resource: Resource = { attributes, ...common }
      const scope: Scope = { name, version, attributes: new Map(), ...common }
      origin = { resource, scope }
      this.#origins.set(key, origin)
    }
    return origin
  }
}

function inOrder(attributes: ReadonlyMap<string, AnyValue>): Map<string, AnyValue> {
  const rankOf = (name: string): number => (name === last ? 2 : (ranks.get(name) ?? 1))
  return new Map([...attributes].sort(([a], [b]) => rankOf(a) - rankOf(b)))
}

function mapAt(map: Map<string, AnyValue>, key: string): Map<string, AnyValue> {
  const found = map.get(key)
  if (found instanceof Map) return found as Map<string, AnyValue>
  const made = new Map<string, AnyValue>()
  map.set(key, made)
  return made
}
