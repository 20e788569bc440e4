/** Whether one server answers and is ready, which version it is, and what to do when it is not. */
import { FillpathError } from '../../semconv/error.ts'
import { ask, isObject, objectAt } from '../ask.ts'
import type { Json } from '../ask.ts'
import type { Server, ServerName } from '../servers.ts'

/** How a server stands. */
export interface ServerState {
  readonly server: Server
  readonly ready: boolean
  /** `''` where it does not say. */
  readonly version: string
  readonly problem: string
  readonly hint: string
}

interface Paths {
  readonly ready: string
  readonly version: string
  readonly versionIn: (json: Json) => unknown
}

/** A server that is asked by itself; the Collector is asked by sending to it. */
export type AskedName = Exclude<ServerName, 'otel-collector'>

const paths: Readonly<Record<AskedName, Paths>> = {
  loki: {
    ready: '/ready',
    version: '/loki/api/v1/status/buildinfo',
    versionIn: ({ version }) => version,
  },
  tempo: {
    ready: '/ready',
    version: '/api/status/buildinfo',
    versionIn: ({ version }) => version,
  },
  prometheus: {
    ready: '/-/ready',
    version: '/api/v1/status/buildinfo',
    versionIn: (json) => objectAt(json, 'data')['version'],
  },
  grafana: {
    ready: '/api/health',
    version: '/api/health',
    // It may be told to hide its version.
    versionIn: ({ version, database }) =>
      version ?? (typeof database === 'string' ? '' : undefined),
  },
}

const timeoutMs = 5_000

/** Asks a server whether it is ready, and for its version. Never rejects. */
export async function stateOf(server: Server, name: AskedName): Promise<ServerState> {
  try {
    const { status, text } = await ask(server, paths[name].ready, { timeoutMs })
    const version = await versionOf(server, name)
    if (status === 200 && version !== undefined) {
      return { server, ready: true, version, problem: '', hint: '' }
    }
    const said = text.replaceAll(/\s+/g, ' ').trim().slice(0, 200)
    return status === 200 || status === 404
      ? notIt(server)
      : { ...broken(server), problem: `it is not ready (${status}): ${said}` }
  } catch (error) {
    if (!(error instanceof FillpathError)) throw error
    return { ...broken(server), problem: error.message }
  }
}

/** Undefined where what answers is another program. */
async function versionOf(server: Server, name: AskedName): Promise<string | undefined> {
  const { version: path, versionIn } = paths[name]
  const { status, text } = await ask(server, path, { timeoutMs })
  if (status !== 200) return undefined
  try {
    const json: unknown = JSON.parse(text)
    const version = isObject(json) ? versionIn(json) : undefined
    return typeof version === 'string' ? version : undefined
  } catch {
    return undefined
  }
}

/** A server that does not do its work. */
export function broken(server: Server): ServerState {
  return { server, ready: false, version: '', problem: '', hint: startHint(server.name) }
}

function notIt(server: Server): ServerState {
  return {
    ...broken(server),
    problem: `what answers at ${server.url} is not ${server.name}`,
    hint: `Another program has the port. Stop it, or give the right address with --${server.name} URL.`,
  }
}

/** How a server of docker-compose.yml is started, and where it says why it ended. */
export function startHint(name: ServerName): string {
  return `Why: docker compose logs --tail 20 ${name}. Start it: docker compose up -d ${name}.`
}
