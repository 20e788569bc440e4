/**
 * Finds the traces that an id belongs to, and reads them with the traces they are linked to.
 *
 * Ids are found by their role: as trace id or span id, as a foreign correlation id (by the rule that maps it to a
 * trace id), or as the value of an attribute that the registry marks as an id: order, client order, execution,
 * position, task, hedge and so on. The files are searched as bytes; only lines that hold the id are decoded.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isSpanId, isTraceId, traceIdOf } from '../../base/ids.ts'
import { attributeDefinition } from '../../semconv/attributes.ts'
import { truths } from '../destination.ts'
import { readStored, storedFiles } from '../files.ts'
import { asInLine, readRecords } from '../read.ts'
import type { OnDamaged } from '../files.ts'
import type { Attributes, LogRecord, SpanRecord } from '../../wire/record.ts'

/** Told how far a search is: a share from 0 to 1. */
export type OnProgress = (share: number) => void

/** A trace that an id leads to, and by what: `trace id`, or the name of the attribute that holds the id. */
export interface Match {
  readonly traceId: string
  readonly by: string
}

/** What belongs to one trace, in the order of time. */
export interface TraceRecords {
  readonly traceId: string
  readonly spans: readonly SpanRecord[]
  readonly logs: readonly LogRecord[]
}

/** A trace with those it is linked to, in either direction. */
export interface LinkedTraces {
  readonly asked: readonly TraceRecords[]
  readonly linked: readonly TraceRecords[]
}

type FlowRecord = SpanRecord | LogRecord

/** The first digits of a trace id, enough of them to ask by. */
export const prefixDigits = /^[0-9a-f]{6,31}$/i
/** A `traceparent` of W3C Trace Context. */
export const traceParent = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/i
const traceIdInLine = /"trace_id":"([0-9a-f]{32})"/g
/** Searching the bytes for so many texts one after the other is still faster than decoding. */
const needlesMax = 8

/** The traces that `id` leads to, each once, in the order of the files. */
export async function findTraces(
  folder: string,
  id: string,
  onProgress?: OnProgress,
  onDamaged?: OnDamaged,
): Promise<Match[]> {
  const asked = traceParent.exec(id)?.[1] ?? id
  const traceId = traceIdOf(asked)
  const isPrefix = prefixDigits.test(asked)
  const contains = [`"${asInLine(asked)}"`, `"${traceId}"`]
  if (isPrefix) contains.push(`"trace_id":"${asked.toLowerCase()}`)
  const matches = new Map<string, string>()
  const prefixed = new Map<string, string>()
  for await (const record of flowRecords(folder, contains, { onProgress, onDamaged })) {
    if (record.traceId === '') continue
    const by = roleIn(record, asked, traceId)
    if (by !== undefined && !matches.has(record.traceId)) matches.set(record.traceId, by)
    if (isPrefix && record.traceId.startsWith(asked.toLowerCase())) {
      prefixed.set(record.traceId, 'start of the trace id')
    }
  }
  const found = matches.size > 0 ? matches : prefixed
  return Array.from(found, ([traceId, by]) => ({ traceId, by }))
}

/** What `id` is in the record; undefined when it stands there by chance, as in a message. */
export function roleIn(record: FlowRecord, id: string, traceId: string): string | undefined {
  if (record.traceId === traceId) {
    return isTraceId(id.toLowerCase()) ? 'trace id' : 'trading.correlation_id'
  }
  if (record.spanId === id.toLowerCase() && isSpanId(record.spanId)) return 'span id'
  const parts: Attributes[] = [record.attributes]
  if (record.signal === 'span') {
    parts.push(...[...record.events, ...record.links].map(({ attributes }) => attributes))
  }
  for (const attributes of parts) {
    for (const [key, value] of attributes) {
      const isSame = value === id || (typeof value === 'bigint' && String(value) === id)
      if (isSame && attributeDefinition(key)?.id === true) return key
    }
  }
  return undefined
}

/** Reads the traces, and those they link to or are linked from. */
export async function readTraces(
  folder: string,
  traceIds: readonly string[],
  onProgress?: OnProgress,
): Promise<LinkedTraces> {
  const asked = new Set(traceIds)
  const linkedIds = new Set<string>()
  const read = async (ids: ReadonlySet<string>, from: number): Promise<TraceRecords[]> => {
    const traces = new Map<string, { spans: SpanRecord[]; logs: LogRecord[] }>()
    for (const id of ids) traces.set(id, { spans: [], logs: [] })
    const half = (share: number): void => onProgress?.(from + share / 2)
    for await (const record of recordsOfTraces(folder, ids, half)) {
      const trace = traces.get(record.traceId)
      if (record.signal === 'log') trace?.logs.push(record)
      else {
        trace?.spans.push(record)
        const links = record.links.map((link) => link.traceId)
        if (asked.has(record.traceId)) for (const id of links) linkedIds.add(id)
        else if (links.some((id) => asked.has(id))) linkedIds.add(record.traceId)
      }
    }
    return Array.from(traces, ([traceId, records]) => inTime(traceId, records))
  }
  const askedTraces = await read(asked, 0)
  for (const id of asked) linkedIds.delete(id)
  const linked = linkedIds.size === 0 ? [] : await read(linkedIds, 0.5)
  const isKnown = ({ spans, logs }: TraceRecords): boolean => spans.length + logs.length > 0
  return { asked: askedTraces.filter(isKnown), linked: linked.filter(isKnown) }
}

function inTime(
  traceId: string,
  { spans, logs }: { readonly spans: SpanRecord[]; readonly logs: LogRecord[] },
): TraceRecords {
  return {
    traceId,
    spans: spans.sort((a, b) => compare(a.start, b.start)),
    logs: logs.sort((a, b) => compare(timeOf(a), timeOf(b))),
  }
}

/** When a log record happened: its own time, or where it has none the time it was seen. */
export function timeOf(record: LogRecord): bigint {
  return record.time === 0n ? record.observedTime : record.time
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

async function* recordsOfTraces(
  folder: string,
  ids: ReadonlySet<string>,
  onProgress: OnProgress,
): AsyncGenerator<FlowRecord, void, undefined> {
  const few = ids.size <= needlesMax
  const contains = few ? Array.from(ids, (id) => `"${id}"`) : ['"trace_id":"']
  const isWanted = (line: string): boolean =>
    few || [...line.matchAll(traceIdInLine)].some(([, id = '']) => ids.has(id))
  yield* flowRecords(folder, contains, { onProgress, isWanted })
}

interface FlowReading {
  readonly onProgress?: OnProgress | undefined
  readonly isWanted?: ((line: string) => boolean) | undefined
  /** @default what is damaged is passed over */
  readonly onDamaged?: OnDamaged | undefined
}

/** The spans and log records in lines that hold one of `contains`. */
async function* flowRecords(
  folder: string,
  contains: readonly string[],
  { onProgress, isWanted, onDamaged = () => undefined }: FlowReading,
): AsyncGenerator<FlowRecord, void, undefined> {
  const files = [
    ...(await storedFiles(folder, truths.span)),
    ...(await storedFiles(folder, truths.log)),
  ].map(({ path }) => path)
  const sizes = await Promise.all(
    files.map(async (file) => (await stat(join(folder, file)).catch(() => undefined))?.size ?? 0),
  )
  const total = sizes.reduce((sum, size) => sum + size, 0)
  let before = 0
  for (const [index, file] of files.entries()) {
    const size = sizes[index] ?? 0
    const told = (bytes: number): void => onProgress?.((before + Math.min(bytes, size)) / total)
    const options = { contains, isWanted, onProgress: told }
    const read = (path: string): ReturnType<typeof readRecords> => readRecords(path, options)
    for await (const record of readStored(folder, file, read, onDamaged)) {
      if (record.signal !== 'metric') yield record
    }
    before += size
  }
}

/**
 * Ids that a person may have meant by one that is not found: those of the newest files, each once.
 * @param countMax how many are looked at
 */
export async function knownIds(folder: string, countMax = 200_000): Promise<Set<string>> {
  const ids = new Set<string>()
  const newest = [truths.span, truths.log].map(async (truth) =>
    (await storedFiles(folder, truth)).toReversed(),
  )
  for (const { path } of (await Promise.all(newest)).flat()) {
    for await (const record of readStored(folder, path, readRecords, () => undefined)) {
      if (ids.size >= countMax) return ids
      if (record.signal === 'metric') continue
      if (record.traceId !== '') ids.add(record.traceId)
      for (const [key, value] of record.attributes) {
        if (typeof value === 'string' && isAskedFor(key)) ids.add(value)
      }
    }
  }
  return ids
}

function isAskedFor(key: string): boolean {
  return key !== 'fillpath.record.id' && attributeDefinition(key)?.id === true
}
