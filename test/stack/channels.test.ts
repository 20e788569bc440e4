import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import {
  channels,
  contactPoint,
  enabledChannels,
  incompleteChannels,
  policies,
} from '../../grafana/source/stack/channels.ts'

const telegram = { TELEGRAM_BOT_TOKEN: 'a', TELEGRAM_CHAT_ID: 'b' }

describe('contact points of Grafana', () => {
  test('[C22, C23, C24, C40] each channel has a file that reads its secrets from the environment and holds none', () => {
    expect(readdirSync('grafana/contact-points').toSorted()).toEqual(
      channels.map(({ name }) => `${name}.yaml`).toSorted(),
    )
    for (const { name, secrets } of channels) {
      const text = readFileSync(`grafana/contact-points/${name}.yaml`, 'utf8')
      const [point] = (
        parse(text) as { contactPoints: { name: string; receivers: { type: string }[] }[] }
      ).contactPoints
      expect(point?.name).toBe(name)
      expect(point?.receivers[0]?.type).toBe(name)
      for (const secret of secrets.filter((word) => !word.startsWith('GF_')))
        expect(text).toContain(`$${secret}`)
    }
  })

  test('[C30] a channel is used only when all its secrets are set, and half a channel is named', () => {
    expect(enabledChannels({ TELEGRAM_BOT_TOKEN: 'a', TELEGRAM_CHAT_ID: '' })).toEqual([])
    expect(enabledChannels(telegram).map(({ name }) => name)).toEqual(['telegram'])
    expect(incompleteChannels({ TELEGRAM_BOT_TOKEN: 'a', SLACK_WEBHOOK_URL: 'u' })).toEqual([
      { name: 'telegram', missing: ['TELEGRAM_CHAT_ID'] },
    ])
  })

  test('[C23] the number of a chat stays a text: as a number Grafana does not take it, and does not start', () => {
    const [channel] = enabledChannels(telegram)
    if (channel === undefined) throw new Error('telegram is not enabled')
    const text = readFileSync('grafana/contact-points/telegram.yaml', 'utf8')
    const settings = (chat: string): unknown =>
      (
        parse(contactPoint(text, channel, { ...telegram, TELEGRAM_CHAT_ID: chat })) as {
          contactPoints: { receivers: { settings: object }[] }[]
        }
      ).contactPoints[0]?.receivers[0]?.settings
    expect(settings('-1001234567890')).toMatchObject({
      chatid: '-1001234567890',
      bottoken: '$TELEGRAM_BOT_TOKEN',
    })
    expect(settings('@channel')).toMatchObject({ chatid: '$TELEGRAM_CHAT_ID' })
  })

  test('[C28] alerts are grouped, critical ones repeat sooner, and only warnings wait at night', () => {
    const enabled = enabledChannels({ ...telegram, SLACK_WEBHOOK_URL: 'u' })
    const [tree] = (
      parse(policies(enabled)) as {
        policies: {
          receiver: string
          group_by: string[]
          routes: {
            receiver: string
            object_matchers: string[][]
            mute_time_intervals?: string[]
          }[]
        }[]
      }
    ).policies
    expect(tree?.receiver).toBe('telegram')
    expect(tree?.group_by).toEqual(['alertname', 'trading_bot_id'])
    const muted = tree?.routes.filter((route) => route.mute_time_intervals)
    expect(muted?.map((route) => route.object_matchers[0]?.[2])).toEqual(['warning', 'warning'])
    expect(
      tree?.routes
        .filter((route) => route.object_matchers[0]?.[2] === 'critical')
        .map((route) => route.receiver),
    ).toEqual(['telegram', 'slack'])
  })

  test('[C35] a message holds the texts of the rule and nothing of the records behind it', () => {
    const text = readFileSync('grafana/provisioning/alerting/templates.yaml', 'utf8')
    const fields = [
      ...text.matchAll(
        /\.(Annotations|Labels|Values|ValueString|CommonLabels|CommonAnnotations)\.?(\w*)/g,
      ),
    ].map(([field]) => field)
    expect(new Set(fields)).toEqual(
      new Set([
        '.CommonLabels.alertname',
        '.Annotations.summary',
        '.Annotations.description',
        '.Annotations.runbook_url',
      ]),
    )
  })
})
