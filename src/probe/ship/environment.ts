import { FillpathError } from '../../semconv/error.ts'
import { readSettings } from '../../wire/settings.ts'
import type { Environment, Settings } from '../../wire/settings.ts'
import { below, destinationName, endpointOf, httpUrl, signalPaths, signals } from './endpoint.ts'
import type { Destination, Endpoint, Signal } from './endpoint.ts'

/** What stands in for variables that are not set. */
export interface EnvironmentOptions {
  /** @default the base URL of the endpoints */
  readonly name?: string
  /** Base URL when the environment names none. @default 'http://127.0.0.1:4318' */
  readonly url?: string
}

/**
 * The destination that the standard variables name (OpenTelemetry specification, "OTLP Exporter Configuration"):
 *
 * `OTEL_EXPORTER_OTLP_[LOGS_|TRACES_|METRICS_]` + `ENDPOINT`, `HEADERS`, `TIMEOUT`, `COMPRESSION`, `CERTIFICATE`,
 * `CLIENT_CERTIFICATE`, `CLIENT_KEY`, `INSECURE`, `PROTOCOL`. The variable of a signal wins over the common one. The
 * common endpoint is a base that `v1/logs` … is appended to; the endpoint of a signal is taken as it is.
 * `OTEL_LOGS_EXPORTER=none` (TRACES, METRICS) leaves that signal out.
 *
 * Requests are always protobuf over HTTP: every OTLP/HTTP receiver takes it, also where `http/json` was asked for.
 *
 * @throws FillpathError `setting_invalid`
 */
export function destinationFromEnvironment(
  environment: Environment,
  options: EnvironmentOptions = {},
): Destination {
  const endpoints: Partial<Record<Signal, Endpoint>> = {}
  for (const signal of signals) {
    const endpoint = endpointOfSignal(signal, environment, options)
    if (endpoint) endpoints[signal] = endpoint
  }
  return { name: options.name ?? nameOf(endpoints), endpoints }
}

/** Whether the environment names a receiver of any signal. */
export function namesReceiver(environment: Environment): boolean {
  const named = [`${prefix}ENDPOINT`, ...signals.map((each) => `${prefix}${words[each]}_ENDPOINT`)]
  return named.some((name) => (environment[name]?.trim() ?? '') !== '')
}

const words = { log: 'LOGS', span: 'TRACES', metric: 'METRICS' } as const
const prefix = 'OTEL_EXPORTER_OTLP_'

/** The variables of one signal. */
function settingsOf(signal: Signal) {
  const word = words[signal]
  const own = (key: string) => [`${prefix}${word}_${key}`]
  const common = (key: string) => [`${prefix}${key}`]
  const either = (key: string) => [...own(key), ...common(key)]
  return {
    exporter: {
      kind: 'string',
      variables: [`OTEL_${word}_EXPORTER`],
      brief: '`none` leaves the signal out.',
    },
    // Read as text: whether a URL without a scheme is one depends on INSECURE.
    ownUrl: { kind: 'string', variables: own('ENDPOINT'), brief: 'Full URL for the signal.' },
    baseUrl: { kind: 'string', variables: common('ENDPOINT'), brief: 'Base URL for all signals.' },
    insecure: {
      kind: 'boolean',
      variables: either('INSECURE'),
      brief: 'Whether a URL without a scheme is plain HTTP.',
    },
    ownHeaders: {
      kind: 'headers',
      default: {},
      variables: own('HEADERS'),
      brief: 'Headers for the signal.',
    },
    commonHeaders: {
      kind: 'headers',
      default: {},
      variables: common('HEADERS'),
      brief: 'Headers for all signals.',
    },
    timeoutMs: {
      kind: 'duration',
      min: 1,
      max: 2 ** 31 - 1,
      default: 10_000,
      variables: either('TIMEOUT'),
      brief: 'A request that is not answered by then is sent again.',
    },
    compression: {
      kind: 'choice',
      values: ['gzip', 'none'],
      variables: either('COMPRESSION'),
      brief: 'Compression of requests.',
    },
    protocol: {
      kind: 'choice',
      values: ['http/protobuf', 'http/json', 'grpc'],
      default: 'http/protobuf',
      variables: either('PROTOCOL'),
      brief: 'Requests are http/protobuf whenever it is not grpc.',
    },
    caFile: { kind: 'string', variables: either('CERTIFICATE'), brief: 'Certificates to trust.' },
    certFile: {
      kind: 'string',
      variables: either('CLIENT_CERTIFICATE'),
      brief: 'Certificate of the client.',
    },
    keyFile: { kind: 'string', variables: either('CLIENT_KEY'), brief: 'Key of the client.' },
  } as const satisfies Settings
}

function endpointOfSignal(
  signal: Signal,
  environment: Environment,
  { url = 'http://127.0.0.1:4318' }: EnvironmentOptions,
): Endpoint | undefined {
  const set = readSettings(settingsOf(signal), { environment })
  if (set.exporter === 'none') return undefined
  const name = `${prefix}${set.ownUrl === undefined ? '' : `${words[signal]}_`}ENDPOINT`
  if (set.protocol === 'grpc') {
    throw new FillpathError(
      'setting_invalid',
      `${prefix}PROTOCOL is "grpc", which needs a gRPC client`,
      {
        hint: 'Name the HTTP port of the receiver (4318 by default), or let a Collector beside the bot speak gRPC.',
      },
    )
  }
  const address = httpUrl(withScheme(set.ownUrl ?? set.baseUrl ?? url, set.insecure), name)
  const { caFile, certFile, keyFile, compression } = set
  return endpointOf(
    {
      url: set.ownUrl === undefined ? below(address, signalPaths[signal]) : address.href,
      headers: { ...set.commonHeaders, ...set.ownHeaders },
      timeoutMs: set.timeoutMs,
      ...(compression && { compression }),
      tls: {
        ...(caFile && { caFile }),
        ...(certFile && { certFile }),
        ...(keyFile && { keyFile }),
      },
    },
    name,
  )
}

/** `localhost:4318` says nothing about encryption; then, and only then, INSECURE does. */
function withScheme(url: string, insecure: boolean | undefined): string {
  if (insecure === undefined || url.includes('://')) return url
  return insecure ? `http://${url}` : `https://${url}`
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
