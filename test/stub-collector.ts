/**
 * An OTLP/HTTP receiver that behaves as badly as a test wants: a real server on a real port.
 *
 * It counts and keeps what it took, by record id where a record has one, so that a test can end in an equation.
 */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { holdPort } from './port.ts'
import type { HeldPort } from './port.ts'

/** What the stub does with a request. */
export type Behaviour =
  | 'accept'
  /** Reads the request, never answers. */
  | 'hang'
  /** Breaks the connection after the first bytes of the body. */
  | 'reset'
  /** Takes the request, then breaks the connection in the middle of the answer. */
  | 'reset_answer'
  | Answer

/** An answer other than plain success. Nothing is taken with a status that is not 2xx. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** One request as it came in. */
export interface StubRequest {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  /** Inflated. */
  readonly body: Buffer
  /** Bytes on the wire. */
  readonly wireBytes: number
  /** `performance.now()` when it was whole. */
  readonly atMs: number
}

/** Options of {@link StubCollector.start}. */
export interface StubOptions {
  /** What to do with each request; may look at it. @default 'accept' */
  readonly behaviour?: Behaviour | ((request: StubRequest) => Behaviour)
  /** Time before each answer. @default 0 */
  readonly delayMs?: number
  /** Key and certificate, PEM, and the authority that clients must be signed by. Without it: plain HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly clientCa?: string }
  /** Called with each request that was taken, before it is answered. */
  readonly taken?: (request: StubRequest) => void
}

/** A receiver on 127.0.0.1 at a port of its own, also while it is down. */
export class StubCollector {
  /** Requests that came in whole, whatever became of them. */
  requests = 0
  /** Requests that were taken. */
  accepted = 0
  /** Connections that were opened. */
  connections = 0
  readonly #options: StubOptions
  readonly #sockets = new Set<Socket>()
  #behaviour: Behaviour | ((request: StubRequest) => Behaviour)
  #delayMs: number
  #server: Server | undefined
  readonly #held: HeldPort
  #released: Promise<void> | undefined

  private constructor(options: StubOptions, held: HeldPort) {
    this.#options = options
    this.#held = held
    this.#behaviour = options.behaviour ?? 'accept'
    this.#delayMs = options.delayMs ?? 0
  }

  static async start(options: StubOptions = {}): Promise<StubCollector> {
    const stub = new StubCollector(options, await holdPort())
    await stub.up()
    return stub
  }

  get url(): string {
    return `${this.#options.tls ? 'https' : 'http'}://127.0.0.1:${this.#held.port}`
  }

  /** From now on. */
  behave(behaviour: Behaviour | ((request: StubRequest) => Behaviour), delayMs = 0): void {
    this.#behaviour = behaviour
    this.#delayMs = delayMs
  }

  /** Listens; again on the same port after {@link down}. */
  async up(): Promise<void> {
    const { tls } = this.#options
    const take = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#serve(request, response)
    const server = tls
      ? createTlsServer(
          {
            key: tls.key,
            cert: tls.cert,
            ...(tls.clientCa && { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }),
          },
          take,
        )
      : createServer(take)
    // Who pauses for five seconds on a busy machine keeps its connection.
    server.keepAliveTimeout = 0
    server.on('connection', (socket: Socket) => {
      this.connections += 1
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => undefined)
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#held.port, '127.0.0.1', resolve)
    })
    this.#server = server
  }

  /** Connections are refused from now on, and those that stand are broken. */
  async down(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    const closed = new Promise<void>((resolve) => {
      if (server) server.close(() => resolve())
      else resolve()
    })
    for (const socket of this.#sockets) socket.resetAndDestroy()
    await closed
  }

  /** Ends it. */
  async close(): Promise<void> {
    await this.down()
    this.#released ??= this.#held.release()
    await this.#released
  }

  /** Breaks the idle connections, as a server does whose keep-alive ends. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw: Buffer[] = []
    response.on('error', () => undefined)
    try {
      for await (const chunk of request) {
        if (this.#behaviour === 'reset') {
          request.socket.resetAndDestroy()
          return
        }
        raw.push(chunk)
      }
    } catch {
      return
    }
    const wire = Buffer.concat(raw)
    const whole: StubRequest = {
      path: request.url ?? '',
      headers: request.headers,
      body: request.headers['content-encoding'] === 'gzip' ? gunzipSync(wire) : wire,
      wireBytes: wire.length,
      atMs: performance.now(),
    }
    this.requests += 1
    if (this.#delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.#delayMs))
    const behaviour =
      typeof this.#behaviour === 'function' ? this.#behaviour(whole) : this.#behaviour
    this.#answer(behaviour, whole, response)
  }

  #answer(behaviour: Behaviour, request: StubRequest, response: ServerResponse): void {
    if (behaviour === 'hang') return
    if (behaviour === 'reset') {
      response.socket?.resetAndDestroy()
      return
    }
    const answer = typeof behaviour === 'object' ? behaviour : { status: 200 }
    if (answer.status >= 200 && answer.status < 300) {
      this.accepted += 1
      this.#options.taken?.(request)
    }
    response.writeHead(answer.status, {
      'content-type': 'application/x-protobuf',
      ...answer.headers,
      ...(behaviour === 'reset_answer' && { 'content-length': '100' }),
    })
    if (behaviour === 'reset_answer') {
      response.write('half', () => response.socket?.resetAndDestroy())
    } else response.end(answer.body)
  }
}

/** The body of an OTLP answer with a partial success: `rejected` records, and why. */
export function partialSuccess(rejected: number, message: string): Uint8Array {
  const text = Buffer.from(message, 'utf8')
  const partial = Buffer.concat([
    ...(rejected > 0 ? [Buffer.from([0x08]), varint(rejected)] : []),
    ...(text.length > 0 ? [Buffer.from([0x12]), varint(text.length), text] : []),
  ])
  return Buffer.concat([Buffer.from([0x0a]), varint(partial.length), partial])
}

/** The body of an OTLP error: `google.rpc.Status` with a message. */
export function rpcStatus(message: string): Uint8Array {
  const text = Buffer.from(message, 'utf8')
  return Buffer.concat([Buffer.from([0x08, 0x03, 0x12]), varint(text.length), text])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  bytes.push(rest)
  return Buffer.from(bytes)
}
