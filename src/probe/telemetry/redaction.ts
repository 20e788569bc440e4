import type { Attributes } from '@opentelemetry/api'
import type { LogRecordProcessor, ReadWriteLogRecord } from '@opentelemetry/sdk-logs'
import type { ReadableSpan, SpanProcessor, TimedEvent } from '@opentelemetry/sdk-trace'
import { normalize } from '../../base/normalize.ts'
import type { Redactor } from '../../redact/redact.ts'
import { fault } from '../event/fault.ts'
import { entryInEmission } from '../log/record.ts'

/*
 * Nothing leaves with a secret in it, whoever made it: fillpath, an instrumentation, the bot itself.
 *
 * - A log record is cleaned in place while it is emitted, before any other processor sees it. Those that came through
 *   a logger of fillpath are clean already.
 * - A span is cleaned when it has ended: its attributes, name, status, events and links. The SDK gives no place to
 *   change an ended span, so what follows gets a view of it in which the clean values stand; a span without secrets is
 *   handed on as it is.
 */

/** A processor that takes secrets out of log records. It has to stand before all others. */
export function redactingLogs(redactor: Redactor): LogRecordProcessor {
  return {
    onEmit(record) {
      if (entryInEmission()) return
      try {
        cleanRecord(record, redactor)
      } catch (error) {
        fault('redact a log record', error)
        hide(record)
      }
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}

function cleanRecord(record: ReadWriteLogRecord, redactor: Redactor): void {
  const clean = redactor.redactAttributes(record.attributes)
  if (clean !== record.attributes) {
    for (const [key, value] of Object.entries(clean)) {
      if (record.attributes[key] !== value) record.setAttribute(key, normalize(value))
    }
    // A key can be a secret itself; it shows under another name then.
    for (const key of Object.keys(record.attributes)) {
      if (!Object.hasOwn(clean, key)) delete record.attributes[key]
    }
  }
  const { body, eventName } = record
  if (typeof body === 'string') record.body = redactor.redactText(body)
  else if (body !== undefined && body !== null)
    record.body = normalize(redactor.redact('body', body))
  if (eventName !== undefined) record.eventName = redactor.redactText(eventName)
}

/** What cannot be checked is not sent. */
function hide(record: ReadWriteLogRecord): void {
  for (const key of Object.keys(record.attributes)) delete record.attributes[key]
  record.body = '[not shown: it could not be checked for secrets]'
}

/** A processor in front of `next` that hands on spans without secrets. */
export function redactingSpans(redactor: Redactor, next: SpanProcessor): SpanProcessor {
  return {
    onStart: (span, context) => next.onStart(span, context),
    onEnd(span) {
      let clean: ReadableSpan
      try {
        clean = cleanSpan(span, redactor)
      } catch (error) {
        fault('redact a span', error)
        clean = view(span, { attributes: {}, events: [], links: [] })
      }
      next.onEnd(clean)
    },
    forceFlush: () => next.forceFlush(),
    shutdown: () => next.shutdown(),
  }
}

const names = new WeakMap<Redactor, Map<string, string>>()
const namesMax = 2000

/** Names of spans and events are few, so what was found about one is remembered. */
function cleanName(name: string, redactor: Redactor): string {
  let known = names.get(redactor)
  if (!known) {
    known = new Map()
    names.set(redactor, known)
  }
  const answer = known.get(name)
  if (answer !== undefined) return answer
  const clean = redactor.redactText(name)
  if (known.size < namesMax) known.set(name, clean)
  return clean
}

type Changes = { -readonly [Key in keyof ReadableSpan]?: ReadableSpan[Key] }

function cleanSpan(span: ReadableSpan, redactor: Redactor): ReadableSpan {
  const changes: Changes = {}
  const attributes = cleanAttributes(span.attributes, redactor)
  if (attributes !== span.attributes) changes.attributes = attributes
  const name = cleanName(span.name, redactor)
  if (name !== span.name) changes.name = name
  const { message } = span.status
  if (message !== undefined) {
    const clean = redactor.redactText(message)
    if (clean !== message) changes.status = { ...span.status, message: clean }
  }
  const events = cleanEach(span.events, (event) => cleanEvent(event, redactor))
  if (events !== span.events) changes.events = events
  const links = cleanEach(span.links, (link) => {
    const own = link.attributes && cleanAttributes(link.attributes, redactor)
    return own === link.attributes ? link : { ...link, ...(own && { attributes: own }) }
  })
  if (links !== span.links) changes.links = links
  return Object.keys(changes).length === 0 ? span : view(span, changes)
}

function cleanEvent(event: TimedEvent, redactor: Redactor): TimedEvent {
  const name = cleanName(event.name, redactor)
  const attributes = event.attributes && cleanAttributes(event.attributes, redactor)
  if (name === event.name && attributes === event.attributes) return event
  return { ...event, name, ...(attributes && { attributes }) }
}

function cleanEach<Item>(items: Item[], clean: (item: Item) => Item): Item[] {
  if (items.length === 0) return items
  const cleaned = items.map(clean)
  return cleaned.every((item, index) => item === items[index]) ? items : cleaned
}

function cleanAttributes(attributes: Attributes, redactor: Redactor): Attributes {
  // Redaction hides parts of values that the SDK took, and what it leaves is of the same kind.
  return redactor.redactAttributes(attributes)
}

/** The span with some of its values replaced; everything else is read from the span itself. */
function view(span: ReadableSpan, changes: Changes): ReadableSpan {
  const shown: ReadableSpan = Object.create(span)
  for (const [key, value] of Object.entries(changes)) Object.defineProperty(shown, key, { value })
  return shown
}
