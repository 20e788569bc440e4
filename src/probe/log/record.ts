import { logs } from '@opentelemetry/api'
import type { Context, LogRecord, Logger } from '@opentelemetry/api'
import { Ring } from '../../base/ring.ts'
import type { Entry } from './entry.ts'
import type { Sink } from './sink.ts'

/**
 * Entries on their way to OpenTelemetry.
 *
 * Until telemetry is started the newest 10,000 entries wait; they are delivered, with their own times and ids, as soon
 * as a logger provider is there. What had to go before that is counted.
 */

interface Waiting {
  readonly entry: Entry
  readonly context: Context
}

const waitingMax = 10_000

let waiting = new Ring<Waiting>(waitingMax)
let dropped = 0
let loggers = new Map<string, Logger>()
let isOpen = false
let emitting: Entry | undefined

/**
 * The entry that is being emitted right now, for processors, which run inside `emit`: it came through a logger, has
 * been printed and has no secrets any more. Undefined for records that others emit.
 */
export function entryInEmission(): Entry | undefined {
  return emitting
}

/** The sink that leads to OpenTelemetry. */
export const recordSink: Sink = {
  write(entry, context) {
    if (isOpen || hasProvider()) {
      if (waiting.size > 0) drain()
      emit(entry, context)
      return
    }
    // What waits must not change with the objects of the bot; the SDK makes a copy of its own.
    const kept = { ...entry, data: structuredClone(entry.data) }
    if (waiting.push({ entry: kept, context })) dropped += 1
  },
}

/** Telemetry is there: delivers what waited. Returns how many records had to be dropped before. */
export function openRecords(): number {
  loggers = new Map()
  isOpen = true
  drain()
  const count = dropped
  dropped = 0
  return count
}

/** Telemetry is gone: entries wait again, for the next start. */
export function closeRecords(): void {
  isOpen = false
  loggers = new Map()
}

/** How many entries wait for telemetry, and how many were dropped while it was not there. */
export function waitingRecords(): { readonly waiting: number; readonly dropped: number } {
  return { waiting: waiting.size, dropped }
}

function drain(): void {
  const held = waiting
  waiting = new Ring(waitingMax)
  for (const { entry, context } of held) emit(entry, context)
}

// A provider that somebody else registered takes records without our start.
function hasProvider(): boolean {
  return loggerOf('fillpath').enabled()
}

function emit(entry: Entry, context: Context): void {
  const outer = emitting
  emitting = entry
  try {
    const { time, event, message } = entry
    const record: LogRecord = {
      timestamp: time,
      observedTimestamp: time,
      // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- a number of the data model
      severityNumber: entry.severity,
      severityText: entry.level,
      attributes: entry.data,
      context,
    }
    if (event !== '') record.eventName = event
    if (message !== '' || event === '') record.body = message
    loggerOf(entry.module).emit(record)
  } finally {
    emitting = outer
  }
}

function loggerOf(module: string): Logger {
  let logger = loggers.get(module)
  if (!logger) {
    logger = logs.getLogger(module)
    loggers.set(module, logger)
  }
  return logger
}
