/**
 * The folder that Grafana provisions alerts from: rules, and the channels whose secrets are set.
 *
 * Grafana keeps what it once provisioned, also when its file is gone. So a channel that was there and is not any more is
 * deleted by a file of its own, which stays until Grafana has no such contact point: the default policy again first where
 * no channel is left, for it refuses to delete what a policy names, and then does not start.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { channels, contactPoint, enabledChannels, policies, removal } from './channels.ts'
import type { Channel } from './channels.ts'

const shipped = 'grafana/provisioning/alerting'
const points = 'grafana/contact-points'
const removalFile = 'removed.yaml'

/** What {@link prepareAlerting} put together. */
export interface Alerting {
  readonly enabled: readonly Channel[]
  /** Channels that Grafana is to forget. */
  readonly removed: readonly Channel[]
}

/**
 * Puts the folder together anew.
 * @param secrets those that reach Grafana
 */
export function prepareAlerting(
  folder: string,
  secrets: Readonly<Record<string, string | undefined>>,
): Alerting {
  const enabled = enabledChannels(secrets)
  const removed = knownBefore(folder).filter((channel) => !enabled.includes(channel))
  // Beside it first: what is to be forgotten is known from the old one alone.
  const fresh = `${folder}.new`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true })
  for (const file of readdirSync(shipped)) copyFileSync(join(shipped, file), join(fresh, file))
  for (const channel of enabled) {
    const text = readFileSync(join(points, `${channel.name}.yaml`), 'utf8')
    writeFileSync(join(fresh, pointFile(channel)), contactPoint(text, channel, secrets))
  }
  if (enabled.length > 0) writeFileSync(join(fresh, 'policies.yaml'), policies(enabled))
  if (removed.length > 0) writeFileSync(join(fresh, removalFile), removal(removed, enabled))
  // Grafana reads them as a user of its own, whatever the umask here is. No secret is in them.
  chmodSync(fresh, 0o755)
  for (const file of readdirSync(fresh)) chmodSync(join(fresh, file), 0o644)
  rmSync(folder, { recursive: true, force: true })
  renameSync(fresh, folder)
  return { enabled, removed }
}

/** The channels that Grafana may know from this folder: those it provisions, and those it was to forget and may not have yet. */
function knownBefore(folder: string): readonly Channel[] {
  const forgotten = join(folder, removalFile)
  const text = existsSync(forgotten) ? readFileSync(forgotten, 'utf8') : ''
  return channels.filter(
    (channel) => existsSync(join(folder, pointFile(channel))) || text.includes(channel.uid),
  )
}

function pointFile({ name }: Channel): string {
  return `contact-point-${name}.yaml`
}

/**
 * Waits until Grafana knows the removed channels no more, and takes their file away: it would take the policy away again
 * that somebody makes by hand after that. Stays quiet where Grafana does not tell; the file then does its work later.
 * @returns whether they are gone
 */
export async function forgetRemoved(
  folder: string,
  {
    url,
    password,
    removed,
    timeoutMs,
  }: {
    readonly url: string
    readonly password: string
    readonly removed: readonly Channel[]
    readonly timeoutMs: number
  },
): Promise<boolean> {
  const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`
  const until = performance.now() + timeoutMs
  for (;;) {
    const known = await contactPointsOf(url, authorization)
    if (known !== undefined && removed.every(({ uid }) => !known.includes(`"${uid}"`))) {
      rmSync(join(folder, removalFile), { force: true })
      return true
    }
    if (performance.now() > until) return false
    await sleep(500)
  }
}

/** The contact points that Grafana has, as text; undefined where it does not say. */
async function contactPointsOf(url: string, authorization: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`${url}/api/v1/provisioning/contact-points/export?format=json`, {
      headers: { authorization },
      signal: AbortSignal.timeout(5_000),
    })
    const text = await answer.text()
    const file: unknown = answer.ok ? JSON.parse(text) : undefined
    const isList =
      typeof file === 'object' && file !== null && Array.isArray(Reflect.get(file, 'contactPoints'))
    return isList ? text : undefined
  } catch {
    return undefined
  }
}
