/**
 * One trace as a tree: spans under their parents, events and log lines under the span they belong to.
 *
 * A span is only sent when it ends. One that has not ended yet, or was lost with its process, is known all the same from
 * what names it: its children, its events, its log lines. It stands in the tree as `open`, with what they tell.
 */
import { events as registeredEvents } from '../../semconv/events.ts'
import { spans as spanNames } from '../../semconv/spans.ts'
import { timeOf } from './find.ts'
import type { AnyValue, Attributes, LogRecord, Resource, SpanRecord } from '../../wire/record.ts'
import type { TraceRecords } from './find.ts'

/**
 * How a span stands. `interrupted`: its bot died, the next start closed it. `open`: it has not ended, and is known from
 * its events. `missing`: it is known from its children alone; it was never sent here.
 */
type SpanState = 'ended' | 'failed' | 'interrupted' | 'open' | 'missing'

/** Something that happened within a span. */
export interface Happening {
  readonly time: bigint
  readonly name: string
  readonly attributes: Attributes
}

/** One span in its tree. */
export interface SpanNode {
  readonly spanId: string
  readonly name: string
  readonly state: SpanState
  readonly start: bigint
  /** Undefined while it is open. */
  readonly end: bigint | undefined
  readonly attributes: Attributes
  /** Undefined while it is open. */
  readonly span: SpanRecord | undefined
  /** Who sent it; undefined when that is not known. */
  readonly resource: Resource | undefined
  readonly events: readonly Happening[]
  /** Log lines that are no events, and events of the user's own. */
  readonly logs: readonly LogRecord[]
  readonly children: readonly SpanNode[]
}

/** One trace. */
export interface TraceTree {
  readonly traceId: string
  readonly start: bigint
  /** Undefined while a span of it is open. */
  readonly end: bigint | undefined
  readonly roots: readonly SpanNode[]
  /** Events and log lines of the trace that name no span. */
  readonly events: readonly Happening[]
  readonly logs: readonly LogRecord[]
}

/** Builds the tree of a trace. */
export function treeOf({ traceId, spans, logs }: TraceRecords): TraceTree {
  const drafts = new Map<string, Draft>()
  for (const span of spans) addSpan(drafts, span)
  for (const { parentSpanId } of spans) if (parentSpanId !== '') draftOf(drafts, parentSpanId)
  for (const log of logs) {
    const draft = draftOf(drafts, log.spanId)
    if (isRegistered(log)) draft.eventLogs.push(log)
    else draft.logs.push(log)
  }
  const loose = takeLoose(drafts)
  const nodes = nodesOf(drafts)
  const all = nodes.flatMap((node) => withChildren(node))
  const ends = all.flatMap(({ end }) => (end === undefined ? [] : [end]))
  const looseTimes = [...loose.eventLogs, ...loose.logs].map(timeOf)
  const isOpen = all.some(({ state }) => state === 'open')
  return {
    traceId,
    start: least([...all.map(({ start }) => start), ...looseTimes]),
    end: isOpen ? undefined : greatest(ends.length > 0 ? ends : looseTimes),
    roots: nodes,
    events: loose.eventLogs.map(happeningOf),
    logs: loose.logs,
  }
}

/**
 * Takes out what names no span that the tree could show: no span at all, or one of which nobody knows what it was, such
 * as the context that gives the events of a task their trace.
 */
function takeLoose(drafts: Map<string, Draft>): Draft {
  const loose = newDraft('')
  const parents = new Set(Array.from(drafts.values(), ({ span }) => span?.parentSpanId))
  for (const draft of Array.from(drafts.values())) {
    if (draft.span !== undefined || openName(draft.eventLogs) !== '') continue
    loose.eventLogs.push(...draft.eventLogs.splice(0))
    loose.logs.push(...draft.logs.splice(0))
    if (draft.spanId === '' || !parents.has(draft.spanId)) drafts.delete(draft.spanId)
  }
  return loose
}

function withChildren(node: SpanNode): SpanNode[] {
  return [node, ...node.children.flatMap((child) => withChildren(child))]
}

interface Draft {
  readonly spanId: string
  span: SpanRecord | undefined
  readonly eventLogs: LogRecord[]
  readonly logs: LogRecord[]
}

function newDraft(spanId: string): Draft {
  return { spanId, span: undefined, eventLogs: [], logs: [] }
}

function draftOf(drafts: Map<string, Draft>, spanId: string): Draft {
  let draft = drafts.get(spanId)
  if (draft === undefined) {
    draft = newDraft(spanId)
    drafts.set(spanId, draft)
  }
  return draft
}

/** A span that came twice, once closed as interrupted and once by itself, counts as what it said itself. */
function addSpan(drafts: Map<string, Draft>, span: SpanRecord): void {
  const draft = draftOf(drafts, span.spanId)
  if (draft.span === undefined || isInterrupted(draft.span)) draft.span = span
}

function isRegistered(log: LogRecord): boolean {
  return Object.hasOwn(registeredEvents, log.eventName)
}

function nodesOf(drafts: ReadonlyMap<string, Draft>): SpanNode[] {
  const childrenOf = Map.groupBy(drafts.values(), (draft) => draft.span?.parentSpanId ?? '')
  const seen = new Set<string>()
  const nodeOf = (draft: Draft): SpanNode => {
    seen.add(draft.spanId)
    const children = (childrenOf.get(draft.spanId) ?? [])
      .filter(({ spanId }) => !seen.has(spanId))
      .map((child) => nodeOf(child))
      .sort(byStart)
    return finish(draft, children)
  }
  const roots = (childrenOf.get('') ?? []).map((draft) => nodeOf(draft))
  // Spans that are each other's ancestors come from a broken sender; each is shown once all the same.
  for (const draft of drafts.values()) if (!seen.has(draft.spanId)) roots.push(nodeOf(draft))
  return adopt(roots.sort(byStart))
}

/** An open span below the root does not say whose child it is; the one root there is has it. */
function adopt(roots: readonly SpanNode[]): SpanNode[] {
  const root = roots.find(({ name }) => name === 'signal')
  const strays = roots.filter(({ state, name }) => state === 'open' && name !== 'signal')
  if (root === undefined || strays.length === 0) return [...roots]
  const parent = { ...root, children: [...root.children, ...strays].sort(byStart) }
  return roots
    .filter((node) => !strays.includes(node))
    .map((node) => (node === root ? parent : node))
}

function finish(draft: Draft, children: readonly SpanNode[]): SpanNode {
  const { spanId, span, eventLogs, logs } = draft
  const events = mergeEvents(span, eventLogs)
  if (span !== undefined) {
    const state = stateOf(span)
    const { name, start, end, attributes } = span
    const { resource } = span
    return { spanId, name, state, start, end, attributes, span, resource, events, logs, children }
  }
  const times = [...events.map(({ time }) => time), ...logs.map(timeOf)]
  return {
    spanId,
    name: openName(eventLogs),
    state: eventLogs.length + logs.length > 0 ? 'open' : 'missing',
    start: least([...times, ...children.map(({ start }) => start)]),
    end: undefined,
    attributes: mergeAttributes(eventLogs),
    span: undefined,
    resource: (eventLogs[0] ?? logs[0])?.resource,
    events,
    logs,
    children,
  }
}

function stateOf(span: SpanRecord): SpanState {
  if (isInterrupted(span)) return 'interrupted'
  return span.statusCode === 2 ? 'failed' : 'ended'
}

function isInterrupted(span: SpanRecord): boolean {
  return span.attributes.get('trading.flow.outcome') === 'interrupted'
}

/** One event is a log record and an event of its span; it is shown once, from where it says more. */
function mergeEvents(span: SpanRecord | undefined, logs: readonly LogRecord[]): Happening[] {
  const happenings = logs.map(happeningOf)
  const counts = new Map<string, number>()
  for (const { name } of happenings) counts.set(name, (counts.get(name) ?? 0) + 1)
  for (const event of span?.events ?? []) {
    const left = counts.get(event.name) ?? 0
    if (left > 0) counts.set(event.name, left - 1)
    else happenings.push(event)
  }
  return happenings.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
}

function happeningOf(log: LogRecord): Happening {
  return { time: timeOf(log), name: log.eventName, attributes: log.attributes }
}

/** The kind of an open span, by the events that it has: `trading.order.filled` stands on an order. */
function openName(logs: readonly LogRecord[]): string {
  const names = Object.keys(spanNames)
  for (const { eventName } of logs) {
    const kind = eventName.split('.')[1] ?? ''
    if (kind === 'flow') return 'signal'
    if (names.includes(kind)) return kind
  }
  return ''
}

/** What the events of an open span say of it; the last word counts. */
function mergeAttributes(logs: readonly LogRecord[]): Attributes {
  const merged = new Map<string, AnyValue>()
  for (const { attributes } of logs) for (const [key, value] of attributes) merged.set(key, value)
  return merged
}

function byStart(a: SpanNode, b: SpanNode): number {
  return a.start < b.start ? -1 : a.start > b.start ? 1 : 0
}

function least(times: readonly bigint[]): bigint {
  return times.reduce((least, time) => (time < least ? time : least), times[0] ?? 0n)
}

function greatest(times: readonly bigint[]): bigint {
  return times.reduce((greatest, time) => (time > greatest ? time : greatest), 0n)
}
