/**
 * A log record for a person, as the bot's own console shows it, with the date before and the trace id behind:
 *
 *   2026-11-21 09:20:33.123 INFO  bot.orders order.filled buy 0.010  order.id=881 fill.price=43210.00 trace=4bf9…4736
 *
 * What a sender wrote cannot forge a line or act on the terminal: control characters are written as escapes.
 */
import { shownDecimal } from '../base/decimal.ts'
import { isTold, numberText } from '../semconv/told.ts'
import { levelOf } from '../wire/line/log.ts'
import { valueText } from '../wire/line/value.ts'
import type { AnyValue, LogRecord } from '../wire/record.ts'
import type { Zone } from './zone.ts'

/** What a part of a line is, for those who colour it. */
export type Part = 'time' | 'level' | 'module' | 'event' | 'key' | 'trace' | 'stack'

/** How a line is written. */
export interface HumanOptions {
  readonly zone: Zone
  /** Colours a part. @default none */
  readonly paint?: ((part: Part, text: string, severityNumber: number) => string) | undefined
  /** Digits of the trace id that are shown. @default 32 */
  readonly traceDigits?: number | undefined
  /** Values are cut after this many characters. @default never */
  readonly valueCharsMax?: number | undefined
  /** Whether the stack of an exception follows, indented. @default false */
  readonly stack?: boolean | undefined
}

const namespace = 'trading.'
/** Attributes that stand elsewhere on the line, or tell a reader nothing. */
const unshown = new Set([
  'fillpath.record.id',
  'fillpath.record.class',
  'event.name',
  'exception.stacktrace',
])
// C0, DEL, C1, the line separators of Unicode, and the marks that turn the direction of writing.
const unsafe = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/
const unsafeAll = new RegExp(unsafe, 'g')
const needsQuotes = /[\s"=]/

/** The record as a line, without the newline at its end. */
export function humanLine(record: LogRecord, options: HumanOptions): string {
  const { paint, zone } = options
  const { severityNumber, traceId } = record
  // Without colours the line is made safe as a whole; with them each part, so that the codes stay.
  const safe = paint === undefined ? (text: string) => text : plain
  const put = (part: Part, text: string): string =>
    paint === undefined ? text : paint(part, plain(text), severityNumber)
  const time = record.time === 0n ? record.observedTime : record.time
  let line = `${put('time', zone.time(time))} ${put('level', levelText(record))} ${put('module', record.scope.name || '-')}`
  if (record.eventName !== '') line += ` ${put('event', withoutNamespace(record.eventName))}`
  const message = messageOf(record)
  if (message !== '') line += ` ${message}`
  const taskId = record.attributes.get('trading.task.id')
  const on = { eventName: record.eventName, message, taskId }
  for (const [key, value] of record.attributes) {
    if (unshown.has(key) || isTold(on, key, value)) continue
    line += ` ${put('key', `${withoutNamespace(key)}=`)}${safe(fieldText(key, value, options.valueCharsMax))}`
  }
  if (traceId !== '') {
    line += ` ${put('trace', `trace=${traceId.slice(0, options.traceDigits ?? 32)}`)}`
  }
  if (paint === undefined) line = plain(line)
  return options.stack === true ? line + stackOf(record, options) : line
}

/** What the record says in words; empty for an event that says it with its name. */
function messageOf(record: LogRecord): string {
  const { body } = record
  return body === null ? '' : plain(typeof body === 'string' ? body : valueText(body))
}

/** A value as `key=value` shows it: bare where nothing can be mistaken, as JSON otherwise. */
export function shortValue(value: AnyValue, charsMax?: number): string {
  return plain(shortText(value, charsMax))
}

function fieldText(name: string, value: AnyValue, charsMax: number | undefined): string {
  return typeof value === 'number' ? numberText(name, value) : shortText(value, charsMax)
}

function shortText(value: AnyValue, charsMax = Number.POSITIVE_INFINITY): string {
  const isBare = typeof value === 'string' && value !== '' && !needsQuotes.test(value)
  const text = isBare ? shownDecimal(value) : jsonText(value)
  return text.length > charsMax ? `${text.slice(0, charsMax)}…` : text
}

function jsonText(value: AnyValue): string {
  return typeof value === 'number' ? String(value) : valueText(value)
}

/** `name` as readers say it: `order.filled` for `trading.order.filled`. */
export function withoutNamespace(name: string): string {
  return name.startsWith(namespace) ? name.slice(namespace.length) : name
}

/** `text` with what would break the line, act on the terminal or hide something written as escapes. */
export function plain(text: string): string {
  return unsafe.test(text) ? text.replace(unsafeAll, escaped) : text
}

function escaped(character: string): string {
  if (character === '\n') return String.raw`\n`
  if (character === '\t') return ' '
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
}

function levelText(record: LogRecord): string {
  return (levelOf(record.severityNumber) || record.severityText || '-').toUpperCase().padEnd(5)
}

function stackOf(record: LogRecord, { paint }: HumanOptions): string {
  const stack = record.attributes.get('exception.stacktrace')
  if (typeof stack !== 'string' || stack === '') return ''
  return stack
    .split('\n')
    .map((line) => {
      const text = `    ${plain(line.trimEnd())}`
      return `\n${paint === undefined ? text : paint('stack', text, record.severityNumber)}`
    })
    .join('')
}
