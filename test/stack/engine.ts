import { spawnSync } from 'node:child_process'

/** The images of the stack, as docker-compose.yml names them; each can be replaced by its environment variable. */
export const images = {
  collector:
    process.env['FILLPATH_COLLECTOR_IMAGE'] ?? 'otel/opentelemetry-collector-contrib:0.159.0',
  loki: process.env['FILLPATH_LOKI_IMAGE'] ?? 'grafana/loki:3.7.8',
  prometheus: process.env['FILLPATH_PROMETHEUS_IMAGE'] ?? 'prom/prometheus:v3.15.0',
  tempo: process.env['FILLPATH_TEMPO_IMAGE'] ?? 'grafana/tempo:3.0.3',
  grafana: process.env['FILLPATH_GRAFANA_IMAGE'] ?? 'grafana/grafana:13.2.0',
} as const

/** A server of the stack. */
export type Server = keyof typeof images

/** Servers without which CI has no meaning: there their absence is a failure and not a reason to skip. */
const required: ReadonlySet<Server> = new Set(['collector', 'loki', 'prometheus'])

function ok(...words: readonly string[]): boolean {
  const [command = '', ...rest] = words
  return spawnSync(command, rest, { stdio: 'ignore', timeout: 300_000 }).status === 0
}

// Its image cannot be had everywhere; the tests end what they start.
if (!ok('docker', 'image', 'inspect', 'testcontainers/ryuk:0.14.0')) {
  process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true'
}

// Where this runs in a container itself, testcontainers would ask at the bridge's gateway; docker-compose.yml publishes
// on loopback alone.
if (process.env['DOCKER_HOST'] === undefined) {
  process.env['TESTCONTAINERS_HOST_OVERRIDE'] ??= '127.0.0.1'
}

const engine = ok('docker', 'info')

function have(server: Server): boolean {
  return (
    ok('docker', 'image', 'inspect', images[server]) || ok('docker', 'pull', '-q', images[server])
  )
}

/**
 * Whether tests that need these servers must be skipped. Says so loudly; throws in CI where a required one is missing.
 */
export function missing(...servers: readonly Server[]): boolean {
  const absent = engine ? servers.filter((server) => !have(server)) : servers
  if (absent.length === 0) return false
  const what = engine
    ? `no image ${absent.map((server) => images[server]).join(', ')}`
    : 'no Docker engine answers'
  if (process.env['CI'] === 'true' && absent.some((server) => required.has(server))) {
    throw new Error(`CI needs the stack, and there is ${what}`)
  }
  console.warn(`\n!!! SKIPPED: tests on the real ${servers.join(', ')}: ${what} !!!\n`)
  return true
}
