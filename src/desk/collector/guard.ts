/**
 * Who may speak to the collector.
 *
 * - Token: with one set, each request carries `Authorization: Bearer <token>`. Compared in constant time.
 * - Host: a web page can make a browser call `127.0.0.1` under a name of its own (DNS rebinding); such a call carries
 *   that name. Addresses, `localhost` and this machine's name are taken, other names only when they are allowed.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { refuse } from './answer.ts'
import type { Refusal } from './answer.ts'

/** What a {@link Guard} lets pass. */
export interface GuardOptions {
  /** Bearer token that senders must show. @default none is asked for */
  readonly token?: string | undefined
  /** Host names under which the desk is called, beside addresses, `localhost` and the machine's name. @default [] */
  readonly hosts?: readonly string[] | undefined
}

/** See the head of this file. */
export class Guard {
  readonly #tokenHash: Buffer | undefined
  readonly #hosts: ReadonlySet<string>

  constructor({ token, hosts = [] }: GuardOptions) {
    this.#tokenHash = token === undefined ? undefined : hash(token)
    this.#hosts = new Set([hostname(), ...hosts].map((host) => host.toLowerCase()))
  }

  /** Why a request with these headers may not pass; undefined when it may. */
  check(headers: {
    readonly host: string | undefined
    readonly authorization: string | undefined
  }): Refusal | undefined {
    if (headers.host !== undefined && !this.#isKnownHost(headers.host)) {
      return refuse(
        'forbidden',
        `the desk is not called "${headers.host.slice(0, 100)}"; allow the name with --allow-hosts or FILLPATH_DESK_ALLOW_HOSTS`,
      )
    }
    if (this.#tokenHash === undefined) return undefined
    const token = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1]
    if (token !== undefined && timingSafeEqual(hash(token), this.#tokenHash)) return undefined
    return refuse(
      'unauthorized',
      token === undefined
        ? 'a bearer token is needed: set OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer%20<token>"'
        : 'the bearer token is not the one of this desk',
    )
  }

  #isKnownHost(host: string): boolean {
    const name = host
      .toLowerCase()
      .replace(/:\d*$/, '')
      .replace(/^\[(.*)\]$/, '$1')
      .replace(/\.$/, '')
    return (
      name === 'localhost' ||
      name.endsWith('.localhost') ||
      isIP(name) !== 0 ||
      this.#hosts.has(name)
    )
  }
}

/** Of equal length whatever is sent, as the constant-time comparison needs. */
function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
