import { timeOf } from '../archive/flow/find.ts'
import type { TraceRecords } from '../archive/flow/find.ts'
import type { LogRecord, SpanRecord } from '../wire/record.ts'
import type { Range } from './stack.ts'

const recordId = /^(.*)-(\d+)$/

/** Log records in the order of time; those of one instant in the order in which their bot made them. */
export function byTime(a: LogRecord, b: LogRecord): number {
  const [timeA, timeB] = [timeOf(a), timeOf(b)]
  if (timeA !== timeB) return timeA < timeB ? -1 : 1
  const [, runA, numberA] = recordId.exec(idOf(a)) ?? []
  const [, runB, numberB] = recordId.exec(idOf(b)) ?? []
  return runA !== undefined && runA === runB ? Number(numberA) - Number(numberB) : 0
}

function idOf({ attributes }: LogRecord): string {
  const id = attributes.get('fillpath.record.id')
  return typeof id === 'string' ? id : ''
}

/** Spans and log records by their traces. */
export function tracesOf(
  spans: readonly SpanRecord[],
  logs: readonly LogRecord[],
): Map<string, TraceRecords> {
  const spansById = Map.groupBy(spans, ({ traceId }) => traceId)
  const logsById = Map.groupBy(logs, ({ traceId }) => traceId)
  const ids = new Set([...spansById.keys(), ...logsById.keys()])
  return new Map(
    [...ids].map((traceId) => {
      const ofTrace = (spansById.get(traceId) ?? []).toSorted(
        (a, b) => compare(a.start, b.start) || compare(a.end, b.end),
      )
      return [traceId, { traceId, spans: ofTrace, logs: logsById.get(traceId) ?? [] }]
    }),
  )
}

/**
 * Where to look again when a position of the records was opened before `range` or closed after it, within `all`;
 * undefined when nothing is cut.
 */
export function beyond(records: readonly LogRecord[], range: Range, all: Range): Range | undefined {
  const positions = (name: string): Set<unknown> =>
    new Set(
      records
        .filter(({ eventName }) => eventName === name)
        .map(({ attributes }) => attributes.get('trading.position.id')),
    )
  const opened = positions('trading.position.opened')
  const closed = positions('trading.position.closed')
  const isBefore = [...closed].some((id) => !opened.has(id)) && all.fromNs < range.fromNs
  const isAfter = [...opened].some((id) => !closed.has(id)) && all.toNs > range.toNs
  if (!isBefore && !isAfter) return undefined
  return {
    fromNs: isBefore ? all.fromNs : range.fromNs,
    toNs: isAfter ? all.toNs : range.toNs,
  }
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}
