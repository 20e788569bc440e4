import { FillpathError } from '../../semconv/error.ts'

/** The three signals, in the words of the record model. */
export const signals = ['log', 'span', 'metric'] as const

/** One of the three signals. */
export type Signal = (typeof signals)[number]

/** Where each signal goes below the base URL of a receiver (OTLP/HTTP). */
export const signalPaths = { log: 'v1/logs', span: 'v1/traces', metric: 'v1/metrics' } as const

/** Files of a TLS connection, PEM. They are read when a connection is made, so a renewed certificate is picked up. */
export interface TlsFiles {
  /** Certificates to trust instead of the system's. */
  readonly caFile?: string
  /** The client's own certificate, with its chain. */
  readonly certFile?: string
  /** Private key of `certFile`. */
  readonly keyFile?: string
}

/** How the body of a request is compressed. */
export type Compression = 'gzip' | 'none'

/** One URL that takes one signal over OTLP/HTTP. Plain data: it goes to the worker as a message. */
export interface Endpoint {
  /** Full URL, without credentials. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** A request that is not answered by then is sent again. */
  readonly timeoutMs: number
  readonly compression: Compression
  readonly tls: TlsFiles
}

/** A receiver: one endpoint for each signal that it takes. It has a checkpoint and a back-off of its own. */
export interface Destination {
  /** Stable name; the checkpoint is kept under it. The base URL, unless the user gave another. */
  readonly name: string
  readonly endpoints: Readonly<Partial<Record<Signal, Endpoint>>>
}

/** What an endpoint is made from. */
export interface EndpointOptions {
  readonly url: string
  /** @default {} */
  readonly headers?: Readonly<Record<string, string>>
  /** @default 10_000 */
  readonly timeoutMs?: number
  /** @default 'none' on this machine, where bytes cost nothing, else 'gzip' */
  readonly compression?: Compression
  /** @default {} */
  readonly tls?: TlsFiles
}

/** What a destination is made from when one base URL takes all signals. */
export interface DestinationOptions extends EndpointOptions {
  /** @default the URL without credentials and query */
  readonly name?: string
}

/** Time after which a request counts as unanswered (OpenTelemetry specification). */
export const defaultTimeoutMs = 10_000

/**
 * One endpoint, checked.
 * @param source what the user set, named in the error
 * @throws FillpathError `setting_invalid`
 */
export function endpointOf(options: EndpointOptions, source: string): Endpoint {
  const url = httpUrl(options.url, source)
  const headers = { ...credentialsOf(url), ...options.headers }
  for (const [name, value] of Object.entries(headers)) checkHeader(name, value, source)
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs
  if (!(timeoutMs > 0 && timeoutMs <= 2 ** 31 - 1)) {
    throw new FillpathError('setting_invalid', `${source}: timeout ${timeoutMs} ms is not above 0`)
  }
  const tls = options.tls ?? {}
  if (Boolean(tls.certFile) !== Boolean(tls.keyFile)) {
    const [there, missing] = tls.certFile ? ['certificate', 'key'] : ['key', 'certificate']
    throw new FillpathError(
      'setting_invalid',
      `${source}: a client ${there} without its client ${missing}`,
      { hint: 'Set both files, or neither.' },
    )
  }
  url.username = ''
  url.password = ''
  return {
    url: url.href,
    headers,
    timeoutMs,
    compression: options.compression ?? (isLoopback(url) ? 'none' : 'gzip'),
    tls,
  }
}

/**
 * A receiver whose three signals are below one base URL, as the embedded desk and a Collector have them.
 * @param source what the user set, named in the error
 * @throws FillpathError `setting_invalid`
 */
export function destinationOf(options: DestinationOptions, source: string): Destination {
  const endpoints: Partial<Record<Signal, Endpoint>> = {}
  for (const signal of signals) {
    const url = below(httpUrl(options.url, source), signalPaths[signal])
    endpoints[signal] = endpointOf({ ...options, url }, source)
  }
  return { name: options.name ?? destinationName(options.url), endpoints }
}

/** `base` with `path` appended to its own path, as the specification says for `OTEL_EXPORTER_OTLP_ENDPOINT`. */
export function below(base: URL, path: string): string {
  const url = new URL(base)
  url.pathname = url.pathname.endsWith('/') ? url.pathname + path : `${url.pathname}/${path}`
  return url.href
}

/** A URL as a name: without credentials, query and closing slash. */
export function destinationName(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + (pathname === '/' ? '' : pathname.replace(/\/$/, ''))
}

/** Whether the URL leads to this machine. */
function isLoopback(url: URL): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
}

/**
 * An http or https URL.
 * @throws FillpathError `setting_invalid`
 */
export function httpUrl(text: string, source: string): URL {
  const hint = 'Write it with scheme, host and port: http://127.0.0.1:4318'
  const shown = `${source}="${text.replace(/\/\/[^/]*@/, '//***@')}"`
  const url = URL.parse(text)
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  // `localhost:4318` parses too, with `localhost:` as its scheme.
  const message = url
    ? `${shown} has the scheme "${url.protocol}", not http: or https:`
    : `${shown} is not a URL`
  throw new FillpathError('setting_invalid', message, { hint })
}

function credentialsOf(url: URL): Record<string, string> {
  if (url.username === '' && url.password === '') return {}
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  return { authorization: `Basic ${Buffer.from(pair, 'utf8').toString('base64')}` }
}

/** The value is never part of the message: it is a secret more often than not. */
function checkHeader(name: string, value: string, source: string): void {
  try {
    // Not imported: sender.ts says why.
    const { validateHeaderName, validateHeaderValue } = process.getBuiltinModule('node:http')
    validateHeaderName(name)
    validateHeaderValue(name, value)
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
    const message = `${source}: the header ${JSON.stringify(name)} cannot be sent${reason}`
    throw new FillpathError('setting_invalid', message, {
      hint: 'Header names are tokens; values hold printable ASCII characters.',
    })
  }
}
