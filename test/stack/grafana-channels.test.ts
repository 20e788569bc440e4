import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forgetRemoved, prepareAlerting } from '../../grafana/source/stack/alerting.ts'
import { channels } from '../../grafana/source/stack/channels.ts'
import { missing } from './engine.ts'
import { eventually, startChanged } from './stack.ts'
import type { Stack } from './stack.ts'

const password = 'of-this-test'
const secrets = {
  TELEGRAM_BOT_TOKEN: '123456:of-this-test',
  TELEGRAM_CHAT_ID: '-1001234567890',
  ALERT_EMAIL: 'nobody@example.invalid',
  GF_SMTP_HOST: 'mail.example.invalid:25',
  ALERT_WEBHOOK_URL: 'https://example.invalid/hook',
  SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/T0/B0/of-this-test',
  DISCORD_WEBHOOK_URL: 'https://discord.com/api/webhooks/1/x',
}

// It waits for a Tempo that is healthy, as docker-compose.yml says.
describe.skipIf(missing('grafana', 'tempo', 'loki', 'prometheus'))('channels in Grafana', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'fillpath-channels-'))
  const folder = join(scratch, 'alerting')
  let stack: Stack

  const get = async (path: string): Promise<string> => {
    const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`
    const answer = await fetch(`${stack.url('grafana')}/api/v1/provisioning/${path}`, {
      headers: { authorization },
    }).catch(() => undefined)
    return answer?.ok ? answer.text() : ''
  }
  const uids = async (): Promise<string[]> => {
    const text = await get('contact-points/export?format=json')
    const { contactPoints } = JSON.parse(text === '' ? '{"contactPoints":[]}' : text) as {
      contactPoints: { receivers: { uid: string }[] }[]
    }
    const all = contactPoints.flatMap(({ receivers }) => receivers.map(({ uid }) => uid))
    return all.filter((uid) => uid.startsWith('fillpath-'))
  }
  const sorted = (words: readonly string[]): string[] =>
    words.toSorted((a, b) => a.localeCompare(b))
  const all = sorted(channels.map(({ uid }) => uid))

  beforeAll(async () => {
    prepareAlerting(folder, secrets)
    const mount = `${folder}:/etc/grafana/provisioning/alerting:ro`
    stack = await startChanged(
      { grafana: { environment: secrets, volumes: [mount] } },
      ...(['loki', 'prometheus', 'tempo', 'grafana'] as const),
    )
  }, 300_000)

  afterAll(async () => {
    await stack?.stop()
    rmSync(scratch, { recursive: true, force: true })
  }, 60_000)

  test('[C22, C23, C24, C40] all five are provisioned at once, and none shows its secret', async () => {
    const found = await eventually(uids, ({ length }) => length >= all.length)
    expect(sorted(found)).toEqual(all)
    expect(await get('contact-points/export?format=json')).not.toContain('of-this-test')
  })

  test('[C28] the policy sends to each of them, and warnings wait at night', async () => {
    const policies = JSON.parse(await get('policies')) as {
      receiver: string
      group_by: string[]
      routes: { receiver: string; mute_time_intervals?: string[] }[]
    }
    expect(policies.receiver).toBe('telegram')
    expect(policies.group_by).toEqual(['alertname', 'trading_bot_id'])
    expect(policies.routes).toHaveLength(channels.length * 2)
    expect(policies.routes.filter((route) => route.mute_time_intervals?.includes('night'))).toEqual(
      channels.map(({ name }) => expect.objectContaining({ receiver: name }) as object),
    )
    expect(await get('mute-timings')).toContain('"night"')
    expect(await get('templates')).toContain('fillpath.message')
  })

  test('[C30] those whose secrets are gone are forgotten at the next start, all but one and then all', async () => {
    const url = (): string => stack.url('grafana')
    for (const left of [{ SLACK_WEBHOOK_URL: secrets.SLACK_WEBHOOK_URL }, {}]) {
      const { enabled, removed } = prepareAlerting(folder, left)
      await stack.environment.getContainer('grafana-1').restart()
      const options = { url: url(), password, removed, timeoutMs: 180_000 }
      expect(await forgetRemoved(folder, options)).toBe(true)
      expect(await uids()).toEqual(enabled.map(({ uid }) => uid))
      const policies = await get('policies')
      for (const { name } of removed) expect(policies).not.toContain(`"${name}"`)
    }
  }, 480_000)
})
