import { gzipSync } from 'node:zlib'
import type { SpoolRecord } from '../spool/lane.ts'
import { answerOf } from './answer.ts'
import type { Answer } from './answer.ts'
import type { Endpoint } from './endpoint.ts'
import { joinRecords } from './request.ts'
import { Sender } from './sender.ts'
import type { Taker } from './taker.ts'

/** Posts records to a receiver over OTLP/HTTP. */
export class HttpTaker implements Taker {
  readonly #endpoint: Endpoint
  readonly #gzipLevel: number
  readonly #sender: Sender
  /** The body of the last request: it is often sent again as it is. */
  #body: { readonly records: readonly SpoolRecord[]; readonly bytes: Uint8Array } | undefined

  constructor(endpoint: Endpoint, options: { readonly gzipLevel: number }) {
    this.#endpoint = endpoint
    this.#gzipLevel = options.gzipLevel
    this.#sender = new Sender(endpoint)
  }

  take(records: readonly SpoolRecord[]): Promise<Answer> {
    if (this.#body?.records !== records) {
      this.#body = { records, bytes: this.#encode(joinRecords(records)) }
    }
    return this.#post(this.#body.bytes)
  }

  probe(): Promise<Answer> {
    return this.#post(this.#encode(Buffer.alloc(0)))
  }

  close(): void {
    this.#sender.close()
  }

  async #post(bytes: Uint8Array): Promise<Answer> {
    const encoding = this.#endpoint.compression === 'gzip' ? 'gzip' : undefined
    return answerOf(await this.#sender.send(bytes, encoding), Date.now())
  }

  #encode(body: Buffer): Uint8Array {
    if (this.#endpoint.compression === 'none') return body
    return gzipSync(body, { level: this.#gzipLevel })
  }
}
