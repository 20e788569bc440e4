import { readFileSync } from 'node:fs'
import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Endpoint, TlsFiles } from './endpoint.ts'

/** What came of one request: an answer, or none. */
export type Reply =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly headers: IncomingHttpHeaders
      readonly body: Buffer
    }
  | {
      readonly kind: 'failed'
      /** `ECONNREFUSED`, `timeout`, `aborted` … */
      readonly code: string
      readonly message: string
      /** Whether the connection stood, so that the receiver may have got the request or choked on it. */
      readonly connected: boolean
    }

/** More than this of an answer is not read. */
const answerBytesMax = 64 * 1024

/**
 * Sends bodies to one endpoint over one kept connection. No redirect is followed, nothing is retried but the one case
 * that no receiver can notice: a kept connection that the other side had closed before the request reached it.
 */
export class Sender {
  readonly #endpoint: Endpoint
  readonly #url: URL
  #agent: Agent | undefined
  #running: ClientRequest | undefined
  #closed = false

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
    this.#url = new URL(endpoint.url)
  }

  /** Posts one body. Never rejects; ends within the endpoint's time limit. */
  async send(body: Uint8Array, encoding: 'gzip' | undefined): Promise<Reply> {
    const first = await this.#once(body, encoding)
    return first.stale && !this.#closed ? (await this.#once(body, encoding)).reply : first.reply
  }

  /** Ends the running request, as failed with code `aborted`, and the connection. */
  close(): void {
    this.#closed = true
    this.#running?.destroy(new Error('the shipper stops'))
    this.#agent?.destroy()
  }

  async #once(
    body: Uint8Array,
    encoding: 'gzip' | undefined,
  ): Promise<{ reply: Reply; stale: boolean }> {
    if (this.#closed) return { reply: failed('aborted', 'the shipper stops', false), stale: false }
    let request: ClientRequest
    try {
      this.#agent ??= newAgent(this.#url, this.#endpoint.tls)
      request = this.#open(body.length, encoding)
    } catch (error) {
      return { reply: failed(codeOf(error), messageOf(error), false), stale: false }
    }
    this.#running = request
    const exchange = new Exchange(request, this.#endpoint.timeoutMs)
    request.end(body)
    const reply = await exchange.done
    this.#running = undefined
    if (reply.kind === 'answered') return { reply, stale: false }
    // The next connection is made anew: certificates on disk may have been renewed since.
    this.#agent?.destroy()
    this.#agent = undefined
    if (this.#closed) return { reply: { ...reply, code: 'aborted' }, stale: false }
    const broken = reply.code === 'ECONNRESET' || reply.code === 'EPIPE'
    return { reply, stale: broken && request.reusedSocket }
  }

  #open(length: number, encoding: 'gzip' | undefined): ClientRequest {
    return moduleOf(this.#url).request(this.#url, {
      method: 'POST',
      agent: this.#agent,
      headers: {
        'user-agent': 'fillpath',
        ...this.#endpoint.headers,
        'content-type': 'application/x-protobuf',
        'content-length': length,
        ...(encoding && { 'content-encoding': encoding }),
      },
    })
  }
}

/** One request until its answer is read whole, or it failed, or its time is up. */
class Exchange {
  readonly done: Promise<Reply>
  readonly #request: ClientRequest
  readonly #timer: NodeJS.Timeout
  readonly #resolve: (reply: Reply) => void
  #connected = false

  constructor(request: ClientRequest, timeoutMs: number) {
    const { promise, resolve } = Promise.withResolvers<Reply>()
    this.done = promise
    this.#resolve = resolve
    this.#request = request
    this.#timer = setTimeout(() => {
      this.#settle(failed('timeout', `no answer within ${timeoutMs} ms`, this.#connected))
      request.destroy()
    }, timeoutMs)
    this.#listen()
  }

  #listen(): void {
    this.#request.on('socket', (socket) => {
      if (!socket.connecting) this.#connected = true
      else socket.once('connect', () => (this.#connected = true))
    })
    this.#request.on('error', (error) => this.#fail(error))
    this.#request.on('response', (response) => this.#read(response))
    this.#request.on('close', () => this.#fail(new Error('the connection was closed')))
  }

  #read(response: IncomingMessage): void {
    const chunks: Buffer[] = []
    let length = 0
    const answer = () =>
      this.#settle({
        kind: 'answered',
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: Buffer.concat(chunks).subarray(0, answerBytesMax),
      })
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      length += chunk.length
      if (length < answerBytesMax) return
      answer()
      response.destroy()
    })
    response.on('end', answer)
    response.on('error', (error) => this.#fail(error))
  }

  #fail(error: Error): void {
    this.#settle(failed(codeOf(error), messageOf(error), this.#connected))
  }

  #settle(reply: Reply): void {
    clearTimeout(this.#timer)
    this.#resolve(reply)
  }
}

/**
 * Taken when it is used. An `import` of it would have Node load WebSocket and fetch at once, for the names of all that
 * the module exports: a fifth of the time that it takes to start.
 */
const moduleOf = ({ protocol }: URL) =>
  protocol === 'https:'
    ? process.getBuiltinModule('node:https')
    : process.getBuiltinModule('node:http')

/** @throws when a file of the TLS settings cannot be read */
function newAgent(url: URL, tls: TlsFiles): Agent {
  const options = { keepAlive: true, maxSockets: 1 }
  const { Agent: AgentOfUrl } = moduleOf(url)
  if (url.protocol === 'http:') return new AgentOfUrl(options)
  return new AgentOfUrl({
    ...options,
    ...(tls.caFile && { ca: readFileSync(tls.caFile) }),
    ...(tls.certFile && { cert: readFileSync(tls.certFile) }),
    ...(tls.keyFile && { key: readFileSync(tls.keyFile) }),
  })
}

function failed(code: string, message: string, connected: boolean): Reply {
  return { kind: 'failed', code, message, connected }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'error'
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.map((each) => messageOf(each)).join(', ')
  }
  return error instanceof Error ? error.message : String(error)
}
