import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, statfsSync, writeFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { forgetRemoved, prepareAlerting } from './alerting.ts'
import { incompleteChannels } from './channels.ts'
import { docker } from './compose.ts'
import { takenPort, waitForServers } from './ready.ts'
import { servers } from './servers.ts'
import {
  composeTrouble,
  configTrouble,
  engineTrouble,
  portTrouble,
  upTrouble,
  versionTrouble,
} from './trouble.ts'
import type { Alerting } from './alerting.ts'
import type { Composed } from './compose.ts'

// `npm run stack`: makes .env and the alerting folder, starts docker-compose.yml, waits for each server, prints the links.
// Words behind it go to `docker compose up -d`: the names of servers start those alone.
// FILLPATH_STACK_READY_SECONDS (180) is how long each server is waited for, FILLPATH_STACK_DISK_GB (5) the free space it insists on.
// Exit code 0 when all are ready, 1 when one is not (which, and what to do), 2 when it cannot even begin.

const envFile = '.env'
const alerting = '.stack/alerting'
const readySecondsDefault = 180
const diskGigabytesDefault = 5
const forgetMs = 30_000

function fail(code: 1 | 2, message: string): never {
  console.error(`fillpath: ${message}`)
  process.exit(code)
}

function compose(...words: readonly string[]): Composed {
  return docker(['compose', ...words])
}

/**
 * Reads .env, adding a random Grafana password where there is none, and the alerting folder, so that a plain `docker
 * compose up` does not make Grafana anew without its channels. Mode 0600: it holds secrets.
 */
function environment(): Record<string, string | undefined> {
  const text = existsSync(envFile) ? readFileSync(envFile, 'utf8') : ''
  const values = parseEnv(text)
  const more: Record<string, string> = {}
  if (!values['GRAFANA_ADMIN_PASSWORD']) {
    more['GRAFANA_ADMIN_PASSWORD'] = randomBytes(18).toString('base64url')
    console.log(`fillpath: a password for Grafana's user admin was written to ${envFile}`)
  }
  if (!values['FILLPATH_ALERTING']) more['FILLPATH_ALERTING'] = `./${alerting}`
  const lines = Object.entries(more).map(([name, value]) => `${name}=${value}\n`)
  if (lines.length > 0) {
    const begin = text && !text.endsWith('\n') ? `${text}\n` : text
    writeFileSync(envFile, begin + lines.join(''), { mode: 0o600 })
  }
  return { ...values, ...process.env }
}

/**
 * Puts together what Grafana may provision, with the channels whose secrets are set in .env. That file is all that reaches
 * Grafana; a secret of this shell alone would be empty there.
 */
function alertingOf(secrets: Readonly<Record<string, string | undefined>>): Alerting {
  const prepared = prepareAlerting(alerting, secrets)
  for (const { name, missing } of incompleteChannels(secrets)) {
    console.warn(
      `fillpath: alerts do not go to ${name}: set ${missing.join(', ')} in ${envFile} too`,
    )
  }
  for (const { name } of prepared.removed) {
    console.log(`fillpath: alerts go to ${name} no more; Grafana forgets it`)
  }
  if (prepared.enabled.length === 0)
    console.warn(
      `fillpath: alerts reach nobody yet. Set the secrets of a channel in ${envFile}, see grafana/contact-points`,
    )
  return prepared
}

/** The files that docker compose reads here: those of COMPOSE_FILE, else the usual one and the override beside it. */
function composeFiles(): string[] {
  const named = process.env['COMPOSE_FILE']
  if (named) return named.split(process.env['COMPOSE_PATH_SEPARATOR'] ?? ':')
  const beside = ['docker-compose.override.yml', 'docker-compose.override.yaml']
  return ['docker-compose.yml', ...beside.filter((file) => existsSync(file)).slice(0, 1)]
}

/** Stops with the name of the file that is not valid: the first with which docker compose cannot begin. */
function checkConfig(): void {
  if (compose('config', '-q').ok) return
  const files = composeFiles()
  for (let count = 1; count <= files.length; count++) {
    const part = files.slice(0, count)
    const { ok, text } = compose(...part.flatMap((file) => ['-f', file]), 'config', '-q')
    if (!ok) fail(2, configTrouble(text, part.at(-1) ?? ''))
  }
  fail(2, configTrouble(compose('config', '-q').text, files.at(-1) ?? ''))
}

/** Images and data go where Docker keeps them, which is often another disk than this one. */
function checkDisk(gigabytesMin: number): void {
  const root = docker(['info', '-f', '{{.DockerRootDir}}']).text.trim()
  for (const folder of new Set(['.', root])) {
    // The engine may be in a virtual machine, whose folders are not here.
    if (!existsSync(folder)) continue
    const { bavail, bsize } = statfsSync(folder)
    const gigabytes = (bavail * bsize) / 1e9
    if (gigabytes >= gigabytesMin) continue
    const where = folder === '.' ? 'here' : `in ${folder}, where Docker keeps images and data`
    fail(
      2,
      `only ${gigabytes.toFixed(1)} GB are free ${where}; the images and the first days of data need ${gigabytesMin} GB. ` +
        'Free some ("docker system df" shows what Docker takes), or set FILLPATH_STACK_DISK_GB to what you have planned for.',
    )
  }
}

/** A number above 0 of .env or the environment. */
function numberOf(name: string, or: number): number {
  const text = values[name]?.trim()
  if (!text) return or
  const number = Number(text)
  if (number > 0 && Number.isFinite(number)) return number
  fail(2, `${name} is "${text}", not a number above 0`)
}

const values = environment()
const { removed } = alertingOf(parseEnv(readFileSync(envFile, 'utf8')))
const words = process.argv.slice(2)
const named = words.filter((word) => servers.some(({ name }) => name === word))
const wanted = named.length === 0 ? servers : servers.filter(({ name }) => named.includes(name))
const readyMs = numberOf('FILLPATH_STACK_READY_SECONDS', readySecondsDefault) * 1000

const engine = docker(['info', '-f', '{{.ServerVersion}}'])
if (!engine.ok || /cannot connect|permission denied/i.test(engine.text))
  fail(2, engineTrouble(engine))
const plugin = compose('version', '--short')
if (!plugin.ok) fail(2, composeTrouble(plugin.error || plugin.text))
const tooOld = versionTrouble(plugin.text)
if (tooOld) fail(2, tooOld)
checkConfig()
checkDisk(numberOf('FILLPATH_STACK_DISK_GB', diskGigabytesDefault))
const taken = await takenPort(wanted, values)
if (taken) fail(1, portTrouble(taken.port, taken.variable))

console.log('fillpath: starting the stack …')
const started = compose('up', '-d', ...words)
if (!started.ok) fail(1, upTrouble(started.text))

const onReady = (name: string): void => console.log(`  ${name} is ready`)
const failed = await waitForServers(wanted, { values, timeoutMs: readyMs, onReady })
for (const { name, state } of failed) {
  console.error(
    `  ${name} is NOT ready (its container: ${state}). Its last lines:\n${compose('logs', '--tail', '8', '--no-log-prefix', name).text}`,
  )
}
if (failed.length > 0) {
  const all = failed.map(({ name }) => name).join(', ')
  fail(
    1,
    `not ready: ${all}. The others run. What stands above says why; when it is mended, "npm run stack" goes on from here.`,
  )
}

const grafanaUrl = wanted.some(({ name }) => name === 'grafana')
  ? `http://127.0.0.1:${values['FILLPATH_GRAFANA_PORT'] ?? 3000}`
  : undefined
if (grafanaUrl !== undefined && removed.length > 0) {
  const password = values['GRAFANA_ADMIN_PASSWORD'] ?? ''
  await forgetRemoved(alerting, { url: grafanaUrl, password, removed, timeoutMs: forgetMs })
}
const grafana =
  grafanaUrl === undefined ? '' : `\nGrafana   ${grafanaUrl}   user admin, password in ${envFile}`
console.log(`${grafana}
Send to   http://127.0.0.1:${values['FILLPATH_OTLP_HTTP_PORT'] ?? 4318}   OTEL_EXPORTER_OTLP_ENDPOINT of your bot
Check     npx fillpath stack check              does a record sent now arrive in each server?
Try it    docker compose --profile bot up -d    the reference bot trades into it
Changed   docker compose restart                after a change of otel-collector.yaml or of a file in grafana/
Stop      docker compose down                   the data stays`)
