import { styleText } from 'node:util'
import { shownDecimal } from '../../base/decimal.ts'
import { isTold, numberText } from '../../semconv/told.ts'
import type { Plain } from '../../base/plain.ts'
import type { Entry } from './entry.ts'

/**
 * One entry for a person:
 *
 * `10:30:45.123 INFO  strategy.atr  signal.detected 3f2c1ab4  breakout of the range  symbol=BTC/USDT atr=312.4`
 *
 * Local time, level, module, event without its namespace, first digits of the trace id, message, fields. A stack
 * follows on lines of its own. No value can forge a line or send codes to the terminal: control characters are shown
 * as escapes, and further lines of a text are indented.
 */

type Style = Parameters<typeof styleText>[0]

const traceIdShown = 8
const levelWidth = 5
const fieldLengthMax = 400

/** Fields that are shown elsewhere on the line, or below it. */
const shownElsewhere = new Set(['exception.stacktrace', 'exception.type', 'exception.message'])

/** A way to write entries for people, with or without colour. */
export function humanLines(colour: boolean): (entry: Entry) => string {
  const paint = (style: Style, text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text
  return (entry) => {
    const level = entry.level.toUpperCase().padEnd(levelWidth)
    const parts = [
      paint('dim', clockTime(entry.time[0], entry.time[1])),
      paint(levelStyle(entry.severity), level),
      paint('cyan', safe(entry.module)),
    ]
    if (entry.event !== '') parts.push(paint('bold', safe(withoutNamespace(entry.event))))
    if (entry.traceId !== '') parts.push(paint('dim', entry.traceId.slice(0, traceIdShown)))
    if (entry.message !== '') parts.push(indented(safe(entry.message)))
    const on = {
      eventName: entry.event,
      message: entry.message,
      taskId: entry.data['trading.task.id'],
    }
    for (const [key, value] of Object.entries(entry.data)) {
      if (shownElsewhere.has(key) && typeof value === 'string') continue
      if (isTold(on, key, value)) continue
      parts.push(`${paint('dim', `${safe(withoutNamespace(key))}=`)}${field(key, value)}`)
    }
    return parts.join(' ') + stack(entry, paint)
  }
}

function stack(entry: Entry, paint: (style: Style, text: string) => string): string {
  const text = entry.data['exception.stacktrace'] ?? entry.data['exception.message']
  return typeof text === 'string' ? `\n    ${paint('dim', indented(safe(text)))}` : ''
}

function levelStyle(severity: number): Style {
  if (severity >= 21) return ['bold', 'white', 'bgRed']
  if (severity >= 17) return ['bold', 'red']
  if (severity >= 13) return ['bold', 'yellow']
  if (severity >= 9) return 'green'
  return severity >= 5 ? 'blue' : 'gray'
}

function withoutNamespace(name: string): string {
  return name.startsWith('trading.') ? name.slice('trading.'.length) : name
}

function field(name: string, value: Plain): string {
  if (typeof value === 'number') return numberText(name, value)
  const text = typeof value === 'string' ? shownDecimal(value) : JSON.stringify(value)
  const shown = text.length > fieldLengthMax ? `${text.slice(0, fieldLengthMax)}…` : text
  return typeof value === 'string' && (shown === '' || /[\s"=]/.test(shown))
    ? JSON.stringify(shown)
    : safe(shown)
}

// Everything a terminal would act on: C0 (but tab and newline), DEL, C1, and the marks that turn the writing direction.
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

function safe(text: string): string {
  return text.replaceAll(
    unsafe,
    (each) => `\\u${(each.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )
}

function indented(text: string): string {
  return text.includes('\n') ? text.replaceAll('\n', '\n    ') : text
}

let shownSecond = Number.NaN
let shownTime = ''

function clockTime(seconds: number, nanoseconds: number): string {
  if (seconds !== shownSecond) {
    const date = new Date(seconds * 1000)
    shownTime = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
    shownSecond = seconds
  }
  return `${shownTime}.${String(Math.floor(nanoseconds / 1e6)).padStart(3, '0')}`
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
