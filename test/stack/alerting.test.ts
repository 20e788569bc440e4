import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { forgetRemoved, prepareAlerting } from '../../grafana/source/stack/alerting.ts'
import { channels } from '../../grafana/source/stack/channels.ts'
import { removalFile } from './provisioning-shapes.ts'
import type { Server } from 'node:http'

const telegram = { TELEGRAM_BOT_TOKEN: 'a', TELEGRAM_CHAT_ID: 'b' }
const slack = { SLACK_WEBHOOK_URL: 'https://hooks.invalid/x' }

let scratch: string
let folder: string
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'fillpath-alerting-'))
  folder = join(scratch, 'alerting')
})
afterEach(() => rmSync(scratch, { recursive: true, force: true }))

const removed = (): unknown => {
  const path = join(folder, 'removed.yaml')
  return existsSync(path) ? parse(readFileSync(path, 'utf8')) : undefined
}
const points = (): string[] =>
  readdirSync(folder).filter((name) => name.startsWith('contact-point-'))

describe('a channel whose secret is gone', () => {
  test('[C30] is deleted from Grafana, which would keep it', () => {
    prepareAlerting(folder, { ...telegram, ...slack })
    expect([points(), removed()]).toEqual([
      ['contact-point-slack.yaml', 'contact-point-telegram.yaml'],
      undefined,
    ])
    prepareAlerting(folder, slack)
    expect(points()).toEqual(['contact-point-slack.yaml'])
    expect(removed()).toEqual({
      apiVersion: 1,
      deleteContactPoints: [{ orgId: 1, uid: 'fillpath-telegram' }],
    })
    expect(readFileSync(join(folder, 'policies.yaml'), 'utf8')).not.toContain('telegram')
    expect(removalFile(removed(), 'removed.yaml')).toEqual([])
    // Nobody knows yet whether Grafana has read it.
    expect(prepareAlerting(folder, slack).removed.map(({ name }) => name)).toEqual(['telegram'])
    expect(removed()).toBeDefined()
    // It is back: nothing to delete.
    prepareAlerting(folder, { ...telegram, ...slack })
    expect(removed()).toBeUndefined()
  })

  test('[C30] the last one takes the policy with it, without which Grafana would not start', () => {
    prepareAlerting(folder, { ...telegram, ...slack })
    prepareAlerting(folder, {})
    expect(removed()).toEqual({
      apiVersion: 1,
      resetPolicies: [1],
      deleteContactPoints: [
        { orgId: 1, uid: 'fillpath-telegram' },
        { orgId: 1, uid: 'fillpath-slack' },
      ],
    })
    expect(removalFile(removed(), 'removed.yaml')).toEqual([])
    expect(points()).toEqual([])
    expect(existsSync(join(folder, 'policies.yaml'))).toBe(false)
  })

  test('one that was never there is not deleted, nor is a policy that somebody made by hand', () => {
    prepareAlerting(folder, {})
    prepareAlerting(folder, {})
    expect(removed()).toBeUndefined()
    expect(readdirSync(folder).toSorted()).toEqual(
      readdirSync('grafana/provisioning/alerting').toSorted(),
    )
  })

  test('its uid is that of its file', () => {
    for (const { name, uid } of channels) {
      expect(readFileSync(`grafana/contact-points/${name}.yaml`, 'utf8')).toContain(`uid: ${uid}\n`)
    }
  })

  describe('is waited for', () => {
    let grafana: Server
    let known: readonly string[]
    let asked: number

    beforeEach(async () => {
      asked = 0
      known = []
      grafana = createServer((request, response) => {
        asked += 1
        const isAdmin = request.headers.authorization === `Basic ${btoa('admin:of-this-test')}`
        const isAsked = request.url === '/api/v1/provisioning/contact-points/export?format=json'
        // The form of Grafana 11 to 13.
        const file = {
          apiVersion: 1,
          contactPoints: known.map((uid) => ({
            orgId: 1,
            name: 'x',
            receivers: [{ uid, type: 'x', settings: {}, disableResolveMessage: false }],
          })),
        }
        response
          .writeHead(isAdmin ? (isAsked ? 200 : 404) : 401)
          .end(JSON.stringify(isAdmin && isAsked ? file : { message: 'Unauthorized' }))
        // Gone when it is asked the next time.
        known = []
      }).listen(0, '127.0.0.1')
      await once(grafana, 'listening')
      prepareAlerting(folder, telegram)
      prepareAlerting(folder, {})
    })
    afterEach(() => {
      grafana.closeAllConnections()
      grafana.close()
    })

    const forget = (password: string, timeoutMs: number): Promise<boolean> => {
      const address = grafana.address()
      const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
      const gone = channels.filter(({ name }) => name === 'telegram')
      return forgetRemoved(folder, { url, password, removed: gone, timeoutMs })
    }

    test('until Grafana has it no more; then the policy is not taken away a second time', async () => {
      known = ['', 'fillpath-telegram']
      expect(await forget('of-this-test', 60_000)).toBe(true)
      expect(asked).toBe(2)
      expect(removed()).toBeUndefined()
    })

    test('and stays to be deleted where Grafana does not tell', async () => {
      expect(await forget('another', 1)).toBe(false)
      expect(removed()).toBeDefined()
    })
  })
})
