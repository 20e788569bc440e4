/**
 * Spans of Tempo: a trace by its id, and the ids of the traces that a TraceQL query finds.
 *
 * Tempo's JSON is that of protobuf: ids are base64 where OTLP/JSON has hex, and the trace stands within an answer of its
 * own. Everything else is OTLP, and is read as such.
 */
import { isSpanId, isTraceId } from '../base/ids.ts'
import { decodeTraces } from '../wire/otlp-json.ts'
import { arrayAt, ask, isObject, objectOf, refused } from './ask.ts'
import type { SpanRecord } from '../wire/record.ts'
import type { Json } from './ask.ts'
import type { Server } from './servers.ts'

const tracesMax = 1_000
const secondNs = 1_000_000_000n
// A week, unless it is told otherwise.
const isTooLong = /range specified by start and end\b.*\bexceeds/
const rangeNsMin = 3_600n * secondNs

/**
 * The spans of a trace; none where Tempo has none of it.
 * @param onPartial told when Tempo gives only a part, because the trace is larger than it may be
 * @throws FillpathError `server_unreachable`, `server_refused`
 */
export async function spansOf(
  server: Server,
  traceId: string,
  onPartial?: (message: string) => void,
): Promise<SpanRecord[]> {
  const answered = await ask(server, `/api/v2/traces/${traceId}`, {
    headers: { accept: 'application/json' },
  })
  if (answered.status === 404) return []
  const answer = objectOf(server, answered)
  if (answer['status'] === 'PARTIAL') {
    const said = typeof answer['message'] === 'string' ? `: ${answer['message']}` : ''
    onPartial?.(`tempo has only a part of trace ${traceId}${said}`)
  }
  // Before version 2 of the interface the trace was the answer, and its parts were batches.
  const trace = isObject(answer['trace']) ? answer['trace'] : answer
  const parts = [...arrayAt(trace, 'resourceSpans'), ...arrayAt(trace, 'batches')]
  if (parts.length === 0) return []
  return decodeTraces(JSON.stringify({ resourceSpans: parts.map(withHexIds) }))
}

/** Where to search. */
export interface TracesQuery {
  readonly query: string
  readonly fromNs: bigint
  readonly toNs: bigint
}

/**
 * The ids of the traces that a TraceQL query finds, at most a thousand. A range that Tempo finds too long is asked for in
 * shorter ones, the newest first.
 * @throws FillpathError `server_unreachable`, `server_refused`
 */
export async function searchTraces(server: Server, asked: TracesQuery): Promise<string[]> {
  const found = new Set<string>()
  const left = [asked]
  for (let part = left.pop(); part !== undefined && found.size < tracesMax; part = left.pop()) {
    const ids = await searchPart(server, part)
    if (ids !== 'too long') {
      for (const id of ids) found.add(id)
      continue
    }
    const middle = part.fromNs + (part.toNs - part.fromNs) / 2n
    left.push({ ...part, toNs: middle }, { ...part, fromNs: middle })
  }
  return [...found].slice(0, tracesMax)
}

async function searchPart(
  server: Server,
  { query, fromNs, toNs }: TracesQuery,
): Promise<string[] | 'too long'> {
  const answered = await ask(server, '/api/search', {
    parameters: {
      q: query,
      start: String(fromNs / secondNs),
      end: String(toNs / secondNs + 1n),
      limit: String(tracesMax),
    },
  })
  if (answered.status !== 200) {
    if (isTooLong.test(answered.text) && toNs - fromNs > rangeNsMin) return 'too long'
    throw refused(server, answered)
  }
  const ids: string[] = []
  for (const trace of arrayAt(objectOf(server, answered), 'traces')) {
    const id = isObject(trace) ? trace['traceID'] : undefined
    // Zeros at its begin are left out.
    if (typeof id === 'string' && id !== '') ids.push(id.toLowerCase().padStart(32, '0'))
  }
  return ids
}

/** A string of TraceQL. */
export function traceqlString(text: string): string {
  return JSON.stringify(text)
}

const idKeys = new Set(['traceId', 'spanId', 'parentSpanId'])

/** The value with every id in hex. Attributes are left as they are: a key of theirs is a value and not a name. */
function withHexIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withHexIds)
  if (!isObject(value)) return value
  const result: Record<string, unknown> = {}
  for (const [key, part] of Object.entries(value)) {
    if (key === 'attributes') result[key] = part
    else result[key] = idKeys.has(key) && typeof part === 'string' ? hexOf(part) : withHexIds(part)
  }
  return result satisfies Json
}

function hexOf(id: string): string {
  if (isTraceId(id) || isSpanId(id)) return id
  const hex = Buffer.from(id, 'base64').toString('hex')
  return isTraceId(hex) || isSpanId(hex) ? hex : ''
}
