/**
 * OTLP over HTTP/1.1.
 *
 * - Each request is answered, in the encoding it came in. One that is refused is first read to its end, for a moment:
 *   a client that is cut off while it sends sees a reset connection and never the answer.
 * - Each wait has an end: for the headers, for the whole request, for the next one on a kept connection.
 * - Stopping answers what is in hand and takes nothing new.
 */
import { createServer } from 'node:http'
import { finished } from 'node:stream/promises'
import { contentEncodings, readBody } from './body.ts'
import { isRetryable, refusals, refuse, statusBody, successBody } from './answer.ts'
import { listen } from './listen.ts'
import { signals } from './signal.ts'
import type { Answer, Encoding, Refusal } from './answer.ts'
import type { Guard } from './guard.ts'
import type { Intake } from './intake.ts'
import type { Receiver, ReceiverOptions } from './listen.ts'
import type { Signal } from './signal.ts'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'

const contentTypes = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
} as const satisfies Record<Encoding, string>
const encodings: Readonly<Record<string, Encoding>> = {
  'application/x-protobuf': 'protobuf',
  'application/protobuf': 'protobuf',
  'application/json': 'json',
}
const signalOfPath: ReadonlyMap<string, Signal> = new Map(
  signals.map((signal) => [signal.path, signal]),
)
const paths = [...signalOfPath.keys()].join(', ')
const retryAfterS = 1
const lingerMs = 2_000

/** Starts the HTTP receiver. */
export async function startHttp(options: ReceiverOptions): Promise<Receiver> {
  let stopping = false
  const server = createServer(
    {
      headersTimeout: Math.min(10_000, options.requestTimeoutMs),
      requestTimeout: options.requestTimeoutMs,
      connectionsCheckingInterval: Math.min(1_000, options.requestTimeoutMs),
      // Longer than the minute between two exports of metrics, so that a connection lives on.
      keepAliveTimeout: 75_000,
      maxHeaderSize: 16 * 1024,
    },
    (request, response) => {
      void handle(request, response, { ...options, stopping: () => stopping })
    },
  )
  server.maxConnections = options.connectionsMax
  const port = await listen(server, options)
  return {
    port,
    async stop(graceMs) {
      stopping = true
      await closeServer(server, graceMs)
    },
  }
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), graceMs)
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
  clearTimeout(cut)
}

interface Handling {
  readonly guard: Guard
  readonly intake: Intake
  readonly bodyBytesMax: number
  readonly stopping: () => boolean
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  handling: Handling,
): Promise<void> {
  const target = targetOf(request, handling)
  if ('taken' in target) return respond(request, response, handling, { answer: target })
  const { signal, encoding } = target
  const { intake } = handling
  const body = await readBody(request, { bytesMax: handling.bodyBytesMax, room: intake.room })
  if ('taken' in body) return respond(request, response, handling, { answer: body, signal })
  try {
    const answer = await intake.take(signal, encoding, body.bytes)
    await respond(request, response, handling, { answer, signal })
  } finally {
    intake.room.give(body.bytes.length)
  }
}

/** What the request is about, from its head alone. */
function targetOf(
  request: IncomingMessage,
  { guard, stopping }: Handling,
): { readonly signal: Signal; readonly encoding: Encoding } | Refusal {
  const { host, authorization } = request.headers
  const refusal = guard.check({ host, authorization })
  if (refusal !== undefined) return refusal
  if (stopping()) return refuse('stopping', 'the desk is stopping; send it again')
  const path = (request.url ?? '').split('?', 1)[0] ?? ''
  const signal = signalOfPath.get(path)
  if (signal === undefined) {
    return refuse(
      'unknown_path',
      `nothing is at ${path.slice(0, 100)}; OTLP/HTTP is taken by POST at ${paths}`,
    )
  }
  if (request.method !== 'POST') {
    return refuse('wrong_method', `${path} takes POST, not ${request.method ?? ''}`)
  }
  const encoding = encodingOf(request)
  if (encoding !== undefined) return { signal, encoding }
  const type = request.headers['content-type']
  return refuse(
    'wrong_type',
    `${type === undefined ? 'the request has no content type' : `the content type "${type.slice(0, 100)}" is not OTLP`}; use application/x-protobuf or application/json in UTF-8`,
  )
}

function encodingOf(request: IncomingMessage): Encoding | undefined {
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))
  const isUtf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset)
  return isUtf8 && Object.hasOwn(encodings, type) ? encodings[type] : undefined
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { intake, stopping }: Handling,
  { answer, signal }: { readonly answer: Answer; readonly signal?: Signal },
): Promise<void> {
  intake.count(answer)
  if (!request.complete) await drain(request)
  if (response.destroyed) return
  const encoding = encodingOf(request) ?? 'json'
  const body =
    answer.taken && signal !== undefined
      ? successBody(answer, encoding, signal)
      : statusBody(answer as Refusal, encoding)
  if (!request.complete || stopping()) response.setHeader('connection', 'close')
  response.setHeader('content-type', contentTypes[encoding])
  response.setHeader('content-length', body.length)
  if (!answer.taken) setRefusalHeaders(response, answer)
  response.statusCode = answer.taken ? 200 : refusals[answer.reason].http
  response.end(request.method === 'HEAD' ? undefined : body)
}

function setRefusalHeaders(response: ServerResponse, refusal: Refusal): void {
  if (isRetryable(refusal)) response.setHeader('retry-after', retryAfterS)
  switch (refusal.reason) {
    case 'unauthorized':
      response.setHeader('www-authenticate', 'Bearer')
      break
    case 'wrong_method':
      response.setHeader('allow', 'POST')
      break
    case 'wrong_type':
      response.setHeader('accept', Object.values(contentTypes).join(', '))
      response.setHeader('accept-encoding', contentEncodings)
      break
    default:
  }
}

/** Reads what is left and throws it away, for a moment. */
async function drain(request: IncomingMessage): Promise<void> {
  request.resume()
  await finished(request, { signal: AbortSignal.timeout(lingerMs) }).catch(() => undefined)
}
