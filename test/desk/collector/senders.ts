import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { startCollector } from '../../../src/desk/collector/collector.ts'
import type { Collector, CollectorOptions } from '../../../src/desk/collector/collector.ts'
import type { Kept, Sink } from '../../../src/desk/collector/intake.ts'
import type { WireRecord } from '../../../src/wire/record.ts'
import type { IncomingHttpHeaders } from 'node:http'

/** A place for records that can be slow, full, or choosy. */
export class Store implements Sink {
  readonly records: WireRecord[] = []
  /** What the next writes do instead of keeping. */
  error: Error | undefined
  rejected = 0
  gate: Promise<void> | undefined
  /** Writes that were begun. */
  begun = 0

  async write(records: readonly WireRecord[]): Promise<Kept> {
    this.begun += 1
    await this.gate
    if (this.error !== undefined) throw this.error
    this.records.push(...records)
    return { rejected: this.rejected, reason: this.rejected > 0 ? 'too odd' : '' }
  }
}

/** Waits until `condition` holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5)
}

/** A collector on free ports. */
export async function collector(
  sink: Sink,
  options: Partial<CollectorOptions> = {},
): Promise<Collector> {
  return startCollector({ sink, httpPort: 0, grpcPort: 0, ...options })
}

/** An answer over HTTP. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Sends one request over a connection of its own; header `host` can be anything. */
export async function send(
  port: number,
  options: {
    readonly path?: string
    readonly method?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: Uint8Array | string
    /** Without a length in front. */
    readonly chunked?: boolean
  },
): Promise<Answer> {
  const { path = '/v1/logs', method = 'POST', headers = {}, body = '', chunked = false } = options
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method,
        agent: false,
        headers: {
          ...(chunked ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        )
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** An OTLP JSON body with log lines. */
export function logsJson(...messages: readonly string[]): string {
  return JSON.stringify({
    resourceLogs: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'bot' } }] },
        scopeLogs: [
          {
            scope: { name: 'strategy.atr' },
            logRecords: messages.map((message, index) => ({
              timeUnixNano: String(1_763_000_000_000_000_000n + BigInt(index)),
              severityNumber: 9,
              body: { stringValue: message },
            })),
          },
        ],
      },
    ],
  })
}

/** The same in protobuf, of one record. */
export function logsProtobuf(message: string): Buffer {
  const text = Buffer.from(message)
  const field = (tag: number, bytes: Buffer): Buffer => {
    const length: number[] = []
    let rest = bytes.length
    for (; rest > 127; rest >>= 7) length.push((rest & 127) | 128)
    return Buffer.concat([Buffer.from([tag, ...length, rest]), bytes])
  }
  const record = field(0x2a, field(0x0a, text))
  return field(0x0a, field(0x12, field(0x12, record)))
}

/** `google.rpc.Status` out of protobuf: code, message. */
export function statusOf(bytes: Buffer): { readonly code: number; readonly message: string } {
  let at = 3
  while ((bytes[at - 1] ?? 0) > 127) at += 1
  return { code: bytes[1] ?? 0, message: bytes.toString('utf8', at) }
}

export const json = { 'content-type': 'application/json' }
export const protobuf = { 'content-type': 'application/x-protobuf' }
