/**
 * Where log lines go. Each sink has a level of its own, which may change at any time; `off` closes it.
 *
 * - A sink writes within the log call and never throws: what fails is said on stderr, once until it works again.
 * - `floor` is the lowest severity any open sink wants, so that a call below it costs a comparison.
 */
import { ROOT_CONTEXT } from '@opentelemetry/api'
import type { Context } from '@opentelemetry/api'
import type { Entry } from './entry.ts'
import type { Sink } from './sink.ts'
import { consoleSink } from './console.ts'
import { recordSink } from './record.ts'
import { isLevel, severityOfLevel } from './levels.ts'
import type { Level } from './levels.ts'
import { Repeats } from './repeats.ts'
import type { RepeatSettings } from './repeats.ts'
import { fault } from '../event/fault.ts'
import { FillpathError } from '../../semconv/error.ts'
import { didYouMean } from '../../base/nearest.ts'

const sinkNames = ['console', 'file', 'otel'] as const
/** Name of a sink; `otel` is the way to the receiver. */
export type SinkName = (typeof sinkNames)[number]

/** Level of a sink, or `off`. */
export type SinkLevel = Level | 'off'

const off = Number.POSITIVE_INFINITY

interface Place {
  sink: Sink | undefined
  severity: number
}

const places: Record<SinkName, Place> = {
  console: { sink: undefined, severity: severityOfLevel.info },
  file: { sink: undefined, severity: severityOfLevel.debug },
  otel: { sink: undefined, severity: severityOfLevel.trace },
}

/** Lowest severity that any open sink takes. */
export let floor = off

/** Puts a sink in place of the one before, which is closed; `undefined` takes it away. */
export function setSink(name: SinkName, sink: Sink | undefined): void {
  const place = places[name]
  const before = place.sink
  place.sink = sink
  if (before !== sink) before?.close?.()
  updateFloor()
}

/**
 * Changes what a sink takes, from the next call on.
 * @throws FillpathError `setting_invalid` for a level or a sink that does not exist
 */
export function setLogLevel(name: SinkName, level: SinkLevel): void {
  placeOf(name).severity = severityOfSinkLevel(name, level)
  updateFloor()
}

function placeOf(name: SinkName): Place {
  if (Object.hasOwn(places, name)) return places[name]
  const word: unknown = name
  throw new FillpathError(
    'setting_invalid',
    `${JSON.stringify(word)} is no log.${didYouMean(String(word), sinkNames)}`,
    { hint: `Name one of ${sinkNames.join(', ')}.` },
  )
}

/** The level that a sink has now. */
export function logLevel(name: SinkName): SinkLevel {
  const { severity } = placeOf(name)
  const level = Object.entries(severityOfLevel).find(([, number]) => number === severity)?.[0]
  return level !== undefined && isLevel(level) ? level : 'off'
}

let repeats: Repeats | undefined

/** Sets what becomes of lines that repeat; what was counted before is told. `undefined`: each is written. */
export function setRepeats(settings: Required<RepeatSettings> | undefined): void {
  repeats?.close()
  repeats = undefined
  if (!settings || settings.max === 0) return
  const { sinks } = settings
  repeats = new Repeats(settings, (entry) => {
    deliverTo('console', entry, ROOT_CONTEXT)
    if (sinks === 'console') return
    deliverTo('file', entry, ROOT_CONTEXT)
    deliverTo('otel', entry, ROOT_CONTEXT)
  })
}

/**
 * Hands an entry to each sink that wants it, but for those that are spared because it repeats.
 * @param text what makes it the same line as another: its message before placeholders are filled
 */
export function deliver(entry: Entry, context: Context, text = entry.message): void {
  if (repeats?.sinks === 'all') {
    if (repeats.holds(entry, text)) return
    deliverTo('console', entry, context)
  } else if (!isHeldByConsole(entry, text)) deliverTo('console', entry, context)
  deliverTo('file', entry, context)
  deliverTo('otel', entry, context)
}

/** {@link deliver} for a logger that prints and writes by itself: to the receiver alone. */
export function deliverJoined(entry: Entry, context: Context, text: string): void {
  if (repeats?.sinks === 'all' && repeats.holds(entry, text)) return
  deliverTo('otel', entry, context)
}

function isHeldByConsole(entry: Entry, text: string): boolean {
  const { sink, severity } = places.console
  if (!repeats || !sink || entry.severity < severity) return false
  return repeats.holds(entry, text)
}

/** Hands an entry to console and file alone: it is on its way to the receiver already. */
export function deliverLocally(entry: Entry, context: Context): void {
  deliverTo('console', entry, context)
  deliverTo('file', entry, context)
}

/** Hands an entry to one sink, when it wants it. */
export function deliverTo(name: SinkName, entry: Entry, context: Context): void {
  const { sink, severity } = places[name]
  if (!sink || entry.severity < severity) return
  try {
    sink.write(entry, context)
  } catch (error) {
    // The other sinks still get it.
    fault(`write to the ${name} log`, error)
  }
}

/** Writes out what any sink still holds, and how often lines were repeated so far. */
export function flushSinks(): void {
  repeats?.tell()
  for (const name of sinkNames) places[name].sink?.flush?.()
}

function updateFloor(): void {
  floor = off
  for (const name of sinkNames) {
    const { sink, severity } = places[name]
    if (sink) floor = Math.min(floor, severity)
  }
}

function severityOfSinkLevel(name: SinkName, level: unknown): number {
  if (level === 'off') return off
  if (typeof level === 'string' && isLevel(level)) return severityOfLevel[level]
  const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'off']
  throw new FillpathError(
    'setting_invalid',
    `the level of the ${name} log is ${JSON.stringify(level)}, which is no level.${didYouMean(String(level), levels)}`,
    { hint: `Set it to one of ${levels.join(', ')}.` },
  )
}

let areDefaultsOpen = false

/** Opens what a logger writes to until telemetry says otherwise: the console, and records that wait for the start. */
export function openDefaultSinks(): void {
  if (areDefaultsOpen) return
  areDefaultsOpen = true
  if (!places.console.sink) setSink('console', consoleSink())
  if (!places.otel.sink) setSink('otel', recordSink)
}
