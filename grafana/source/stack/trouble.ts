/** What docker says when it fails, as what is wrong and what to do. */
import { servers } from './servers.ts'

const shipped = 'docker-compose.yml'

/** Why the engine cannot be used, from what `docker info` or the attempt to call it said. */
export function engineTrouble({
  text,
  error,
}: {
  readonly text: string
  readonly error: string
}): string {
  if (/ENOENT/.test(error)) {
    return 'there is no docker on the PATH. Install Docker Engine with its compose plugin (docker-ce, docker-compose-plugin) or Docker Desktop.'
  }
  if (/permission denied/i.test(text)) {
    return `you may not use Docker: ${firstLine(text)}. Add yourself to its group (sudo usermod -aG docker $USER, then log in again), or use rootless Docker.`
  }
  if (
    /cannot connect to the docker daemon|is the docker daemon running|error during connect/i.test(
      text,
    )
  ) {
    return `Docker does not run: ${firstLine(text)} Start it: sudo systemctl start docker, or open Docker Desktop.`
  }
  return `docker does not answer: ${firstLine(error || text)}`
}

/** Why `docker compose` cannot be used although docker can. */
export function composeTrouble(text: string): string {
  return /not a docker command|unknown (?:shorthand )?(?:flag|command)/i.test(text)
    ? `Docker has no compose plugin (${firstLine(text)}). Install docker-compose-plugin, version 2.24 or newer.`
    : `docker compose does not answer: ${firstLine(text)}`
}

/** Why this version of the compose plugin does not do; undefined where it does. */
export function versionTrouble(version: string): string | undefined {
  const [, major = '', minor = ''] = /^v?(\d+)\.(\d+)/.exec(version) ?? []
  // Before 2.24 an env_file could not be one that may be absent.
  const isOld = major !== '' && (Number(major) < 2 || (Number(major) === 2 && Number(minor) < 24))
  return isOld
    ? `docker compose is version ${version}, and ${shipped} needs 2.24 or newer. Update docker-compose-plugin, or Docker Desktop.`
    : undefined
}

/** Which file is not valid, and why. */
export function configTrouble(text: string, culprit: string): string {
  const why = text
    .split('\n')
    .filter((line) => !/level=warning/.test(line))
    .join('\n')
    .trim()
  return culprit === shipped
    ? `${culprit} is not valid: ${why}\nIt was changed: take it as it was (git checkout ${culprit}), and write what is your own into docker-compose.override.yml.`
    : `${culprit} is not valid: ${why}\nMend it, or move it away and start again.`
}

/** Why `docker compose up` failed. */
export function upTrouble(text: string): string {
  const port =
    /(?:address already in use|port is already allocated)/.test(text) &&
    /(?:127\.0\.0\.1|0\.0\.0\.0|\[::\]|host port for \S+?):(\d+)/.exec(text)?.[1]
  if (port) return portTrouble(Number(port))
  const unknown = /no such service: (\S+)/.exec(text)?.[1]
  if (unknown !== undefined) {
    const known = servers.map(({ name }) => name).join(', ')
    return `there is no server "${unknown}" in ${shipped}. It has ${known}.`
  }
  if (/no space left on device/i.test(text)) {
    return `the disk of Docker is full: ${lastLine(text)}\nSee what takes it with "docker system df"; "docker image prune" removes images that nothing uses.`
  }
  if (
    /pull access denied|manifest .*not found|manifest unknown|not found: manifest|repository does not exist/.test(
      text,
    )
  ) {
    return `${imageOf(text)} does not exist: ${lastLine(text)}\nCheck its name and version in docker-compose.yml, or in ${imageVariable(text)} in .env.`
  }
  if (
    /no such host|i\/o timeout|connection refused|failed to resolve|TLS handshake|Client\.Timeout|proxyconnect/.test(
      text,
    )
  ) {
    return `${imageOf(text)} cannot be had, for its registry cannot be reached: ${lastLine(text)}\nPull it where there is a network and bring it here (docker save, docker load), or name another with ${imageVariable(text)} in .env.`
  }
  if (/toomanyrequests|rate limit/i.test(text)) {
    return `${imageOf(text)} cannot be had now: ${lastLine(text)}\nThe registry limits how much is pulled without an account: wait, or "docker login".`
  }
  return `docker compose up failed:\n${text}`
}

/** A port that another program has. */
export function portTrouble(port: number, variable = variableOf(port)): string {
  const server = servers.find(({ ports }) => ports.some((each) => each.variable === variable))
  const whose = server === undefined ? '' : ` of ${server.name}`
  const desk = port === 4317 || port === 4318 ? ' A desk of fillpath takes it too.' : ''
  return `port ${port}${whose} is taken on 127.0.0.1.${desk} Stop what listens there (see: ss -ltnp "sport = :${port}"), or set ${variable} in .env to another port.`
}

function variableOf(port: number): string {
  const usual = servers.flatMap(({ ports }) => ports).find((each) => each.port === port)
  return usual?.variable ?? 'FILLPATH_…_PORT'
}

function imageOf(text: string): string {
  const name =
    /(?:access denied for|manifest for|reference) "?([\w./-]+(?::[\w.-]+)?)/.exec(text)?.[1] ??
    /^\s*(\S+) Error /m.exec(text)?.[1]
  return name === undefined ? 'an image' : `the image of ${name}`
}

/** The variable of .env that names the image, where the text says of which server it is. */
function imageVariable(text: string): string {
  const server = /^\s*(\S+) Error /m.exec(text)?.[1]
  if (server === undefined || servers.every(({ name }) => name !== server)) {
    return 'FILLPATH_…_IMAGE'
  }
  return `FILLPATH_${server.replace('otel-', '').toUpperCase()}_IMAGE`
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.trim() ?? ''
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? ''
}
