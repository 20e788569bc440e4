import { once } from 'node:events'
import { createServer } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { decodeLogs, decodeTraces } from '../../src/wire/otlp-protobuf.ts'
import type { Server } from 'node:http'
import type { LogRecord, SpanRecord } from '../../src/wire/record.ts'

/** Hands each OTLP request on to all of `urls`, and remembers what went through. */
export class Splitter {
  readonly logs: LogRecord[] = []
  readonly spans: SpanRecord[] = []
  readonly #server: Server

  constructor(urls: readonly string[]) {
    this.#server = createServer((request, response) => {
      const chunks: Buffer<ArrayBuffer>[] = []
      request.on('data', (chunk: Buffer<ArrayBuffer>) => chunks.push(chunk))
      request.on('end', () => {
        const { 'content-type': type = '', 'content-encoding': encoding = '' } = request.headers
        const headers: Record<string, string> = { 'content-type': type }
        if (encoding !== '') headers['content-encoding'] = encoding
        const body = Buffer.concat(chunks)
        void Promise.all(
          urls.map((url) => fetch(url + (request.url ?? ''), { method: 'POST', headers, body })),
        ).then(async (answers) => {
          const worst = answers.find(({ status }) => status !== 200) ?? answers[0]
          if (worst?.status === 200) this.#remember(request.url ?? '', body, encoding)
          response.writeHead(worst?.status ?? 500, { 'content-type': type })
          response.end(Buffer.from((await worst?.arrayBuffer()) ?? new ArrayBuffer()))
        })
      })
    })
  }

  #remember(path: string, body: Buffer, encoding: string): void {
    const bytes = encoding === 'gzip' ? gunzipSync(body) : body
    if (path === '/v1/logs') this.logs.push(...decodeLogs(bytes))
    if (path === '/v1/traces') this.spans.push(...decodeTraces(bytes))
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
