import { context, isSpanContextValid } from '@opentelemetry/api'
import type { LogRecordProcessor, ReadWriteLogRecord } from '@opentelemetry/sdk-logs'
import { normalize, normalizeAttributes } from '../../base/normalize.ts'
import { fault } from '../event/fault.ts'
import type { Entry } from '../log/entry.ts'
import { levelOfSeverity } from '../log/levels.ts'
import { entryInEmission } from '../log/record.ts'
import { deliverLocally } from '../log/sinks.ts'

/**
 * Events that did not come through a logger (those of a flow, of an instrumentation) are printed too, once each; other
 * records without an event name come from a logger of the user's own, which prints them itself. Has to stand behind
 * redaction.
 */
export function printingLogs(): LogRecordProcessor {
  return {
    onEmit(record) {
      if (entryInEmission() || !record.eventName) return
      try {
        deliverLocally(entryOf(record), context.active())
      } catch (error) {
        fault('print an event', error)
      }
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}

/**
 * A line with a correlation id belongs to its trace also where no span is active. The API has no way to say so; the
 * record takes it while it is emitted.
 */
export function correlatingLogs(): LogRecordProcessor {
  return {
    onEmit(record) {
      const entry = entryInEmission()
      if (!entry || entry.traceId === '' || record.spanContext?.traceId === entry.traceId) return
      record.spanContext = { traceId: entry.traceId, spanId: '', traceFlags: 0 }
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}

function entryOf(record: ReadWriteLogRecord): Entry {
  const { spanContext, body } = record
  const span = spanContext && isSpanContextValid(spanContext) ? spanContext : undefined
  const severity = record.severityNumber ?? 9
  return {
    time: record.hrTime,
    severity,
    level: record.severityText ?? levelOfSeverity(severity),
    module: record.instrumentationScope.name,
    event: record.eventName ?? '',
    message:
      typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(normalize(body)),
    data: normalizeAttributes(record.attributes),
    span,
    traceId: spanContext?.traceId ?? '',
  }
}
