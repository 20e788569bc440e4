import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseEnv } from 'node:util'
import { enabledChannels, incompleteChannels, policies } from './channels.ts'

// `npm run stack`: makes .env and the alerting folder, starts docker-compose.yml, waits for each server, prints the links.
// Exit code 0 when all are ready, 1 when one is not (which, and what to do), 2 when it cannot even begin.

const envFile = '.env'
const alerting = '.stack/alerting'
const readyWithinMs = 180_000
const diskBytesMin = 5e9

const servers = [
  { name: 'otel-collector', port: 'FILLPATH_COLLECTOR_HEALTH_PORT', or: 13_133, path: '/ready' },
  { name: 'loki', port: 'FILLPATH_LOKI_PORT', or: 3100, path: '/ready' },
  { name: 'tempo', port: 'FILLPATH_TEMPO_PORT', or: 3200, path: '/ready' },
  { name: 'prometheus', port: 'FILLPATH_PROMETHEUS_PORT', or: 9090, path: '/-/ready' },
  { name: 'grafana', port: 'FILLPATH_GRAFANA_PORT', or: 3000, path: '/api/health' },
] as const

function fail(code: 1 | 2, message: string): never {
  console.error(`fillpath: ${message}`)
  process.exit(code)
}

function compose(...words: readonly string[]): { readonly ok: boolean; readonly text: string } {
  const { status, stdout, stderr, error } = spawnSync('docker', ['compose', ...words], {
    encoding: 'utf8',
    env: { ...process.env, FILLPATH_ALERTING: `./${alerting}` },
  })
  return { ok: status === 0, text: error ? error.message : (stdout + stderr).trim() }
}

/** Reads .env, making it with a random Grafana password where there is none. Mode 0600: it holds secrets. */
function environment(): Record<string, string | undefined> {
  const text = existsSync(envFile) ? readFileSync(envFile, 'utf8') : ''
  const values = parseEnv(text)
  if (!values['GRAFANA_ADMIN_PASSWORD']) {
    const password = randomBytes(18).toString('base64url')
    const line = `GRAFANA_ADMIN_PASSWORD=${password}\n`
    writeFileSync(envFile, text && !text.endsWith('\n') ? `${text}\n${line}` : text + line, {
      mode: 0o600,
    })
    console.log(`fillpath: a password for Grafana's user admin was written to ${envFile}`)
  }
  return { ...values, ...process.env }
}

/** Puts together what Grafana may provision: rules, and only the channels whose secrets are set. */
function prepareAlerting(values: Readonly<Record<string, string | undefined>>): void {
  rmSync(alerting, { recursive: true, force: true })
  mkdirSync(alerting, { recursive: true })
  for (const file of readdirSync('grafana/provisioning/alerting')) {
    copyFileSync(join('grafana/provisioning/alerting', file), join(alerting, file))
  }
  for (const { name, missing } of incompleteChannels(values)) {
    console.warn(
      `fillpath: alerts do not go to ${name}: set ${missing.join(', ')} in ${envFile} too`,
    )
  }
  const enabled = enabledChannels(values)
  for (const { name } of enabled) {
    copyFileSync(
      `grafana/contact-points/${name}.yaml`,
      join(alerting, `contact-point-${name}.yaml`),
    )
  }
  if (enabled.length > 0) writeFileSync(join(alerting, 'policies.yaml'), policies(enabled))
  else
    console.warn(
      `fillpath: alerts reach nobody yet. Set the secrets of a channel in ${envFile}, see grafana/contact-points`,
    )
}

async function ready(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok
  } catch {
    return false
  }
}

const values = environment()
prepareAlerting(values)

const engine = compose('version')
if (!engine.ok)
  fail(
    2,
    `docker compose does not answer (${engine.text}). Install Docker with the compose plugin and start its service.`,
  )
const { bavail, bsize } = statfsSync('.')
if (bavail * bsize < diskBytesMin)
  fail(
    2,
    `only ${((bavail * bsize) / 1e9).toFixed(1)} GB free here; the images and a week of data need 5 GB.`,
  )
const valid = compose('config', '-q')
if (!valid.ok) fail(2, `docker-compose.yml with your override is not valid: ${valid.text}`)

console.log('fillpath: starting the stack …')
const started = compose('up', '-d', ...process.argv.slice(2))
if (!started.ok) {
  const taken =
    /(?:address already in use|port is already allocated).*|Bind for ([\d.:]+) failed/.exec(
      started.text,
    )
  if (taken)
    fail(
      1,
      `a port is taken: ${taken[0]}. Stop what listens there, or set another port (FILLPATH_…_PORT) in ${envFile}.`,
    )
  if (/pull access denied|manifest unknown|no such host|failed to resolve/.test(started.text))
    fail(
      1,
      `an image cannot be had:\n${started.text}\nPull it on a machine with a registry and load it here, or set FILLPATH_…_IMAGE in ${envFile}.`,
    )
  fail(1, `docker compose up failed:\n${started.text}`)
}

const until = performance.now() + readyWithinMs
let waiting: readonly (typeof servers)[number][] = servers
while (waiting.length > 0 && performance.now() < until) {
  const states = await Promise.all(
    waiting.map(async (server) => ({
      server,
      ok: await ready(`http://127.0.0.1:${values[server.port] ?? server.or}${server.path}`),
    })),
  )
  for (const { server, ok } of states) if (ok) console.log(`  ${server.name} is ready`)
  waiting = states.filter(({ ok }) => !ok).map(({ server }) => server)
  if (waiting.length > 0) await sleep(1000)
}
for (const { name } of waiting) {
  console.error(
    `  ${name} is NOT ready. Its last lines:\n${compose('logs', '--tail', '8', '--no-log-prefix', name).text}`,
  )
}
if (waiting.length > 0)
  fail(
    1,
    `not ready after ${readyWithinMs / 1000} s: ${waiting.map(({ name }) => name).join(', ')}`,
  )

console.log(`
Grafana   http://127.0.0.1:${values['FILLPATH_GRAFANA_PORT'] ?? 3000}   user admin, password in ${envFile}
Send to   http://127.0.0.1:${values['FILLPATH_OTLP_HTTP_PORT'] ?? 4318}   OTEL_EXPORTER_OTLP_ENDPOINT of your bot
Try it    docker compose --profile bot up -d      the reference bot trades into it
Stop      docker compose down                     the data stays`)
