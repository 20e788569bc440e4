import { millisecondsBetween } from '../time-text.ts'
import { outcomeOf } from './head.ts'
import { measuresOf } from './measures.ts'
import { levelOf } from '../../wire/line/log.ts'
import { timeText } from '../../wire/line/time.ts'
import { timeOf } from '../../archive/flow/find.ts'
import type { Match } from '../../archive/flow/find.ts'
import type { Happening, SpanNode, TraceTree } from '../../archive/flow/tree.ts'
import type { AnyValue, Attributes, LogRecord } from '../../wire/record.ts'

/**
 * All that is known about the flows of an id, for programs:
 * `{"id","matches":[{"trace_id","by"}],"flows":[…],"linked":[…]}`. Values are those of the records, an int64 beyond
 * 2^53 as a string, bytes as base64.
 */
export function flowJson(
  id: string,
  matches: readonly Match[],
  flows: readonly TraceTree[],
  linked: readonly TraceTree[],
): object {
  return {
    id,
    matches: matches.map(({ traceId, by }) => ({ trace_id: traceId, by })),
    flows: flows.map(traceJson),
    linked: linked.map(traceJson),
  }
}

function traceJson(tree: TraceTree): object {
  const { traceId, start, end } = tree
  const root = tree.roots[0]
  const measures = root === undefined ? [] : measuresOf(root)
  return {
    trace_id: traceId,
    outcome: outcomeOf(tree).text,
    start: timeText(start),
    end: end === undefined ? null : timeText(end),
    duration_ms: end === undefined ? null : millisecondsBetween(start, end),
    measures: Object.fromEntries(measures.map(({ attribute, value }) => [attribute, value])),
    spans: tree.roots.map((node) => spanJson(node, start)),
    events: tree.events.map((event) => eventJson(event, start)),
    logs: tree.logs.map((log) => logJson(log, start)),
  }
}

function spanJson(node: SpanNode, traceStart: bigint): object {
  const { span, end } = node
  return {
    name: node.name,
    span_id: node.spanId,
    state: node.state,
    start: timeText(node.start),
    end: end === undefined ? null : timeText(end),
    offset_ms: millisecondsBetween(traceStart, node.start),
    duration_ms: end === undefined ? null : millisecondsBetween(node.start, end),
    status_message: span?.statusMessage ?? '',
    service: plainOf(node.resource?.attributes.get('service.name') ?? null),
    data: objectOf(node.attributes),
    links: (span?.links ?? []).map((link) => ({
      trace_id: link.traceId,
      span_id: link.spanId,
      data: objectOf(link.attributes),
    })),
    events: node.events.map((event) => eventJson(event, traceStart)),
    logs: node.logs.map((log) => logJson(log, traceStart)),
    children: node.children.map((child) => spanJson(child, traceStart)),
  }
}

function eventJson({ time, name, attributes }: Happening, traceStart: bigint): object {
  return {
    timestamp: timeText(time),
    offset_ms: millisecondsBetween(traceStart, time),
    name,
    data: objectOf(attributes),
  }
}

function logJson(log: LogRecord, traceStart: bigint): object {
  return {
    timestamp: timeText(timeOf(log)),
    offset_ms: millisecondsBetween(traceStart, timeOf(log)),
    level: levelOf(log.severityNumber),
    module: log.scope.name,
    event: log.eventName,
    message: plainOf(log.body),
    data: objectOf(log.attributes),
  }
}

function objectOf(attributes: Attributes): object {
  return Object.fromEntries(Array.from(attributes, ([key, value]) => [key, plainOf(value)]))
}

function plainOf(value: AnyValue): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : String(value)
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (value === null || typeof value !== 'object') return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return value instanceof Map ? objectOf(value as Attributes) : (value as AnyValue[]).map(plainOf)
}
