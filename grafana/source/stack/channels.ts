import { stringify } from 'yaml'

/** A way to reach a person: its contact-point file is used only where all its secrets are set. */
export interface Channel {
  readonly name: string
  /** Of its contact point in Grafana. */
  readonly uid: string
  readonly secrets: readonly string[]
}

/** Every channel that has a file in grafana/contact-points. */
export const channels: readonly Channel[] = [
  {
    name: 'telegram',
    uid: 'fillpath-telegram',
    secrets: ['TELEGRAM_BOT_TOKEN', 'TELEGRAM_CHAT_ID'],
  },
  { name: 'email', uid: 'fillpath-email', secrets: ['ALERT_EMAIL', 'GF_SMTP_HOST'] },
  { name: 'webhook', uid: 'fillpath-webhook', secrets: ['ALERT_WEBHOOK_URL'] },
  { name: 'slack', uid: 'fillpath-slack', secrets: ['SLACK_WEBHOOK_URL'] },
  { name: 'discord', uid: 'fillpath-discord', secrets: ['DISCORD_WEBHOOK_URL'] },
]

/** The channels whose secrets are all set. An empty one breaks Grafana's provisioning, so a half-set channel is left out. */
export function enabledChannels(
  environment: Readonly<Record<string, string | undefined>>,
): readonly Channel[] {
  return channels.filter(({ secrets }) => secrets.every((secret) => environment[secret]))
}

/** Channels of which some secrets are set and others not: worth a word. */
export function incompleteChannels(
  environment: Readonly<Record<string, string | undefined>>,
): readonly { readonly name: string; readonly missing: readonly string[] }[] {
  return channels.flatMap(({ name, secrets }) => {
    const missing = secrets.filter((secret) => !environment[secret])
    return missing.length > 0 && missing.length < secrets.length ? [{ name, missing }] : []
  })
}

/**
 * The contact-point file of a channel as Grafana can read it. It takes the value of a variable that is a whole number as
 * a number, of which Telegram's part (until 13.1) wants a text, and then does not start; so such a value is written out.
 */
export function contactPoint(
  text: string,
  { secrets }: Channel,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  let result = text
  for (const secret of secrets) {
    const value = environment[secret] ?? ''
    if (/^-?\d+$/.test(value)) result = result.replaceAll(`$${secret}`, JSON.stringify(value))
  }
  return result
}

/**
 * The notification policy: every alert to every enabled channel, grouped by alert and bot; `critical` at once and again
 * each hour, the rest gathered and silent at night.
 */
export function policies(enabled: readonly Channel[]): string {
  const [first] = enabled
  if (!first) return stringify({ apiVersion: 1, policies: [] })
  const route = (channel: Channel, severity: string, more: object): object => ({
    receiver: channel.name,
    object_matchers: [['severity', '=', severity]],
    continue: true,
    ...more,
  })
  return stringify({
    apiVersion: 1,
    policies: [
      {
        orgId: 1,
        receiver: first.name,
        group_by: ['alertname', 'trading_bot_id'],
        group_wait: '30s',
        group_interval: '5m',
        repeat_interval: '4h',
        routes: [
          ...enabled.map((channel) =>
            route(channel, 'critical', { group_wait: '5s', repeat_interval: '1h' }),
          ),
          ...enabled.map((channel) =>
            route(channel, 'warning', { mute_time_intervals: ['night'] }),
          ),
        ],
      },
    ],
  })
}

/**
 * The file by which Grafana forgets channels. Where none is left it goes back to its own policy before, for the one that
 * was provisioned names them.
 */
export function removal(removed: readonly Channel[], enabled: readonly Channel[]): string {
  return stringify({
    apiVersion: 1,
    ...(enabled.length === 0 ? { resetPolicies: [1] } : {}),
    deleteContactPoints: removed.map(({ uid }) => ({ orgId: 1, uid })),
  })
}
