import { createServer } from 'node:http'
import { once } from 'node:events'
import { encodeTraces } from '../../src/wire/otlp-json.ts'
import type { ServerResponse } from 'node:http'
import type { AnyValue, SpanRecord } from '../../src/wire/record.ts'

/** What a Tempo that has these spans answers over HTTP, where its image cannot be had. */
export interface TempoStub {
  readonly url: string
  stop(): Promise<void>
}

const weekSeconds = 7 * 86_400
const kinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const codes = ['UNSET', 'OK', 'ERROR']

/**
 * Tempo 3.0's HTTP interface as seen on the real server: ids in base64 and enums by name within a trace, ids in hex
 * without leading zeros in a search, an empty trace for one that is not there, 400 for a query that it cannot read and for
 * a search of more than a week.
 */
export async function tempoStub(spans: readonly SpanRecord[]): Promise<TempoStub> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://tempo')
    const traceId = /^\/api\/v2\/traces\/([0-9a-f]+)$/.exec(pathname)?.[1]
    if (traceId !== undefined) return answerTrace(response, ofTrace(spans, traceId))
    if (pathname === '/api/search') {
      return answerSearch(response, spans, searchParams.get('q') ?? '', searchParams)
    }
    if (pathname === '/ready') return text(response, 200, 'ready\n')
    text(response, 404, '404 page not found\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function ofTrace(spans: readonly SpanRecord[], traceId: string): SpanRecord[] {
  return spans.filter((span) => span.traceId === traceId)
}

function text(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(body)
}

function json(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function answerTrace(response: ServerResponse, spans: readonly SpanRecord[]): void {
  if (spans.length === 0) return json(response, { trace: {}, metrics: {} })
  const otlp: unknown = JSON.parse(encodeTraces(spans))
  json(response, { trace: asProtobufJson(otlp), metrics: { inspectedBytes: '4711' } })
}

/** OTLP/JSON as the JSON of protobuf: ids base64, enums by name. */
function asProtobufJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asProtobufJson)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, part]: [string, unknown]) => {
      if (/^(?:traceId|spanId|parentSpanId)$/.test(key)) {
        return [key, Buffer.from(String(part), 'hex').toString('base64')]
      }
      if (key === 'kind') return [key, `SPAN_KIND_${kinds[Number(part)] ?? ''}`]
      if (key === 'code') return [key, `STATUS_CODE_${codes[Number(part)] ?? ''}`]
      return [key, asProtobufJson(part)]
    }),
  )
}

function answerSearch(
  response: ServerResponse,
  spans: readonly SpanRecord[],
  query: string,
  parameters: URLSearchParams,
): void {
  const inner = /^\{ (.+) \}$/.exec(query)?.[1]
  const conditions = inner?.split(' || ').map(conditionOf)
  if (conditions === undefined || conditions.includes(undefined)) {
    return text(response, 400, `invalid TraceQL query: parse error: ${query}`)
  }
  const [start, end] = [Number(parameters.get('start')), Number(parameters.get('end'))]
  if (end - start > weekSeconds) {
    const said = `exceeds 168h0m0s. received start=${start} end=${end}`
    return text(response, 400, `range specified by start and end ${said}`)
  }
  const found = spans.filter(
    (span) =>
      Number(span.end / 1_000_000_000n) >= start &&
      Number(span.start / 1_000_000_000n) <= end &&
      conditions.some((holds) => holds?.(span)),
  )
  const ids = [...new Set(found.map(({ traceId }) => traceId))]
  const limit = Number(parameters.get('limit') ?? '20')
  json(response, {
    traces: ids.slice(0, limit).map((id) => ({ traceID: id.replace(/^0+/, ''), durationMs: 1 })),
    metrics: { inspectedTraces: spans.length },
  })
}

/** The conditions that fillpath asks by; undefined for any other, which must then be a mistake. */
function conditionOf(condition: string): ((span: SpanRecord) => boolean) | undefined {
  const [, field = '', literal = ''] = /^(\S+) = (".*")$/.exec(condition) ?? []
  if (field === '') return undefined
  const wanted: unknown = JSON.parse(literal)
  const isWanted = (value: AnyValue | undefined): boolean => value === wanted
  if (field === 'span:id') return ({ spanId }) => spanId === wanted
  if (field === 'link:traceID')
    return ({ links }) => links.some(({ traceId }) => traceId === wanted)
  const [, scope = '', name = ''] = /^(span|event)\.(.+)$/.exec(field) ?? []
  if (scope === 'span') return ({ attributes }) => isWanted(attributes.get(name))
  if (scope === 'event') {
    return ({ events }) => events.some(({ attributes }) => isWanted(attributes.get(name)))
  }
  return undefined
}
