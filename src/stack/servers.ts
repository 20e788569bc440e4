import { existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { otlpHttpPort } from '../wire/ports.ts'
import type { Environment, Settings, Values } from '../wire/settings.ts'

const dayMs = 86_400_000

/** Where the servers of the stack are, for every command that asks them. */
export const stackSettings = {
  loki: {
    kind: 'url',
    brief: 'Address of Loki: answer from there.',
    variables: ['FILLPATH_LOKI_URL'],
  },
  tempo: {
    kind: 'url',
    brief: 'Address of Tempo: answer from there.',
    variables: ['FILLPATH_TEMPO_URL'],
  },
  prometheus: {
    kind: 'url',
    brief: 'Address of Prometheus: answer from there.',
    variables: ['FILLPATH_PROMETHEUS_URL'],
  },
  selector: {
    kind: 'string',
    pattern: /^\{[^}]*\S[^}]*\}$/,
    allowed: 'a stream selector of LogQL, such as {service_namespace="trading"}',
    brief: 'Streams of Loki that are asked.',
    variables: ['FILLPATH_LOKI_SELECTOR'],
    default: '{service_name=~".+"}',
  },
  tenant: {
    kind: 'string',
    brief: 'Tenant of the servers, where they have several (X-Scope-OrgID).',
    variables: ['FILLPATH_STACK_TENANT'],
  },
  lookBack: {
    kind: 'duration',
    min: 60_000,
    brief: 'How far back the stack is searched for an id.',
    variables: ['FILLPATH_STACK_LOOK_BACK'],
    default: 30 * dayMs,
  },
} as const satisfies Settings

/** The options that say where the stack is, beside `--from stack`. */
export const stackOptions = [
  'loki',
  'tempo',
  'prometheus',
  'selector',
  'tenant',
  'lookBack',
] as const

/** The servers of docker-compose.yml by the names they have there. */
export type ServerName = 'otel-collector' | 'loki' | 'tempo' | 'prometheus' | 'grafana'

/** A server, and what a request to it must carry. */
export interface Server {
  readonly name: ServerName
  /** Without a slash at its end, and without user and password. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** The servers that are asked; one that nobody named is not asked. */
export interface Servers {
  readonly loki: Server | undefined
  readonly tempo: Server | undefined
  readonly prometheus: Server | undefined
}

/** The port that docker-compose.yml publishes for a server, and the variable that moves it. */
export const publishedPorts = {
  collector: { variable: 'FILLPATH_OTLP_HTTP_PORT', port: otlpHttpPort },
  loki: { variable: 'FILLPATH_LOKI_PORT', port: 3100 },
  tempo: { variable: 'FILLPATH_TEMPO_PORT', port: 3200 },
  prometheus: { variable: 'FILLPATH_PROMETHEUS_PORT', port: 9090 },
  grafana: { variable: 'FILLPATH_GRAFANA_PORT', port: 3000 },
} as const

/**
 * The servers of the settings.
 * @param published whether a server without an address is the one that docker-compose.yml publishes on loopback
 */
export function serversOf(
  settings: Values<typeof stackSettings>,
  published: boolean,
  environment: Environment = composeEnvironment(),
): Servers {
  const { tenant } = settings
  const of = (name: 'loki' | 'tempo' | 'prometheus'): Server | undefined => {
    const url = settings[name] ?? (published ? publishedUrl(name, environment) : undefined)
    return url === undefined ? undefined : serverAt(name, url, tenant)
  }
  return { loki: of('loki'), tempo: of('tempo'), prometheus: of('prometheus') }
}

/** Where docker-compose.yml publishes a server. */
export function publishedUrl(
  server: keyof typeof publishedPorts,
  environment: Environment = composeEnvironment(),
): string {
  const { variable, port } = publishedPorts[server]
  return `http://127.0.0.1:${environment[variable]?.trim() || port}`
}

/** A server at a URL; user and password in it become a header, for `fetch` takes no URL with them. */
export function serverAt(name: ServerName, address: string, tenant?: string): Server {
  const url = new URL(address)
  const headers: Record<string, string> = {}
  if (url.username !== '' || url.password !== '') {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    headers['authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`
    url.username = ''
    url.password = ''
  }
  if (tenant !== undefined) headers['x-scope-orgid'] = tenant
  return { name, url: `${url.origin}${url.pathname}`.replace(/\/+$/, ''), headers }
}

/** The environment over the file .env, as docker compose reads it in the folder where it is started. */
function composeEnvironment(): Environment {
  return existsSync('.env')
    ? { ...parseEnv(readFileSync('.env', 'utf8')), ...process.env }
    : process.env
}
