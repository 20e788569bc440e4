import { FillpathError } from '../../semconv/error.ts'
import { below, destinationName, endpointOf, httpUrl, signalPaths, signals } from './endpoint.ts'
import type { Compression, Destination, Endpoint, Signal, TlsFiles } from './endpoint.ts'

/**
 * The destination that the standard variables name (OpenTelemetry specification, "OTLP Exporter Configuration"):
 *
 * `OTEL_EXPORTER_OTLP_[LOGS_|TRACES_|METRICS_]` + `ENDPOINT`, `HEADERS`, `TIMEOUT`, `COMPRESSION`, `CERTIFICATE`,
 * `CLIENT_CERTIFICATE`, `CLIENT_KEY`, `INSECURE`, `PROTOCOL`. The variable of a signal wins over the common one. The
 * common endpoint is a base that `v1/logs` … is appended to; the endpoint of a signal is taken as it is. An empty
 * variable counts as unset. `OTEL_LOGS_EXPORTER=none` (TRACES, METRICS) leaves that signal out.
 *
 * Requests are always protobuf over HTTP: every OTLP/HTTP receiver takes it, also where `http/json` was asked for.
 */
export function destinationFromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  options: EnvironmentOptions = {},
): Destination {
  const endpoints: Partial<Record<Signal, Endpoint>> = {}
  for (const signal of signals) {
    const read = new Variables(env, signal)
    if (env[`OTEL_${words[signal]}_EXPORTER`]?.trim() === 'none') continue
    endpoints[signal] = endpointOfSignal(read, signal, options)
  }
  return { name: options.name ?? nameOf(endpoints), endpoints }
}

/** What stands in for variables that are not set. */
export interface EnvironmentOptions {
  /** @default the base URL of the endpoints */
  readonly name?: string
  /** Base URL when the environment names none. @default 'http://127.0.0.1:4318' */
  readonly url?: string
}

const words = { log: 'LOGS', span: 'TRACES', metric: 'METRICS' } as const

function endpointOfSignal(
  read: Variables,
  signal: Signal,
  { url = 'http://127.0.0.1:4318' }: EnvironmentOptions,
): Endpoint {
  checkProtocol(read)
  const own = read.own('ENDPOINT')
  const base = read.common('ENDPOINT')
  const given = own ?? base ?? { name: 'endpoint', value: url }
  const address = httpUrl(withScheme(given, read), given.name)
  const headers = { ...headersOf(read.common('HEADERS')), ...headersOf(read.own('HEADERS')) }
  const timeoutMs = timeoutOf(read)
  const compression = compressionOf(read)
  return endpointOf(
    {
      url: own ? address.href : below(address, signalPaths[signal]),
      headers,
      tls: tlsOf(read),
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(compression && { compression }),
    },
    given.name,
  )
}

/** One variable that is set. */
interface Variable {
  readonly name: string
  readonly value: string
}

class Variables {
  readonly #env: Readonly<Record<string, string | undefined>>
  readonly #word: string

  constructor(env: Readonly<Record<string, string | undefined>>, signal: Signal) {
    this.#env = env
    this.#word = words[signal]
  }

  own(key: string): Variable | undefined {
    return this.#get(`OTEL_EXPORTER_OTLP_${this.#word}_${key}`)
  }

  common(key: string): Variable | undefined {
    return this.#get(`OTEL_EXPORTER_OTLP_${key}`)
  }

  either(key: string): Variable | undefined {
    return this.own(key) ?? this.common(key)
  }

  #get(name: string): Variable | undefined {
    const value = this.#env[name]?.trim()
    return value ? { name, value } : undefined
  }
}

function checkProtocol(read: Variables): void {
  const protocol = read.either('PROTOCOL')
  if (!protocol || protocol.value === 'http/protobuf' || protocol.value === 'http/json') return
  throw invalid(protocol, 'is not supported by the spool; http/protobuf is', {
    hint:
      protocol.value === 'grpc'
        ? 'Name the HTTP port of the receiver (4318 by default), or let a Collector beside the bot speak gRPC.'
        : 'Set it to http/protobuf, or remove it.',
  })
}

/** `localhost:4318` says nothing about encryption; then, and only then, INSECURE does. */
function withScheme(endpoint: Variable, read: Variables): string {
  if (endpoint.value.includes('://')) return endpoint.value
  const insecure = read.either('INSECURE')
  if (!insecure) return endpoint.value
  const value = insecure.value.toLowerCase()
  if (value === 'true') return `http://${endpoint.value}`
  if (value === 'false') return `https://${endpoint.value}`
  throw invalid(insecure, 'is neither true nor false')
}

/** `name=value,name=value`, values percent-encoded, as in W3C Baggage. */
function headersOf(variable: Variable | undefined): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const pair of variable?.value.split(',') ?? []) {
    if (!variable || pair.trim() === '') continue
    const at = pair.indexOf('=')
    if (at < 1) {
      const hint = 'Write name=value pairs with commas between them; a comma in a value is %2C.'
      // The pair may be the rest of a secret with a comma in it: its text stays out of the message.
      throw new FillpathError('setting_invalid', `${variable.name} has a pair without "="`, {
        hint,
      })
    }
    headers[decode(pair.slice(0, at)).toLowerCase()] = decode(pair.slice(at + 1))
  }
  return headers
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.trim())
  } catch {
    return text.trim()
  }
}

function timeoutOf(read: Variables): number | undefined {
  const variable = read.either('TIMEOUT')
  if (!variable) return undefined
  const timeoutMs = Number(variable.value)
  if (timeoutMs > 0 && timeoutMs < 2 ** 31) return timeoutMs
  throw invalid(variable, 'is not a number of milliseconds above 0')
}

function compressionOf(read: Variables): Compression | undefined {
  const variable = read.either('COMPRESSION')
  if (!variable) return undefined
  if (variable.value === 'gzip' || variable.value === 'none') return variable.value
  throw invalid(variable, 'is neither gzip nor none')
}

function tlsOf(read: Variables): TlsFiles {
  const caFile = read.either('CERTIFICATE')?.value
  const certFile = read.either('CLIENT_CERTIFICATE')?.value
  const keyFile = read.either('CLIENT_KEY')?.value
  return { ...(caFile && { caFile }), ...(certFile && { certFile }), ...(keyFile && { keyFile }) }
}

/** The common base of the endpoints when they have one, else all of them. */
function nameOf(endpoints: Readonly<Partial<Record<Signal, Endpoint>>>): string {
  const names = new Set<string>()
  for (const signal of signals) {
    const endpoint = endpoints[signal]
    if (!endpoint) continue
    const name = destinationName(endpoint.url)
    const path = `/${signalPaths[signal]}`
    names.add(name.endsWith(path) ? name.slice(0, -path.length) : name)
  }
  return [...names].join(' ')
}

function invalid(variable: Variable, text: string, options: { hint?: string } = {}): FillpathError {
  return new FillpathError(
    'setting_invalid',
    `${variable.name}="${variable.value}" ${text}`,
    options,
  )
}
