import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { missing } from './engine.ts'
import { logsRequest, recordsOfFlow } from './flows.ts'
import { eventually, json, startStack } from './stack.ts'
import type { Stack } from './stack.ts'
import { isFull } from '../seed.ts'

// Quick in `npm test`; the counts of the promise with FILLPATH_FAULTS=full.
const outageMs = isFull ? 120_000 : 12_000
const batch = isFull ? 100 : 20
const pauseMs = 250
const bot = 'bot-outage'

interface Count {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] }
}

function docker(...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('docker', words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`docker ${words.join(' ')}: ${stderr}`)
  return stdout.trim()
}

/** The published port of a container; it changes with each start, because the test asks for a free one. */
function urlOf(container: string, port: number): string {
  return `http://${docker('port', container, `${port}/tcp`).split('\n')[0]}`
}

describe.skipIf(missing('collector', 'loki'))('an outage of Loki', () => {
  let stack: Stack

  beforeAll(async () => {
    stack = await startStack('otel-collector', 'loki')
  }, 600_000)

  afterAll(() => stack?.stop(), 600_000)

  test('[D05] nothing is missing after Loki was down and the Collector was killed meanwhile', async () => {
    const collector = stack.environment.getContainer('otel-collector-1').getId()
    const loki = stack.environment.getContainer('loki-1').getId()
    docker('stop', loki)

    let sent = 0
    let refused = 0
    const until = performance.now() + outageMs
    let killed = false
    // A busy machine sends less in that time.
    while (performance.now() < until || sent <= batch * 10) {
      const body = logsRequest(
        bot,
        Array.from({ length: batch }, (_, index) => sent + index),
      )
      // A client that got no answer sends again: at least once.
      for (;;) {
        const ok = await fetch(`${urlOf(collector, 4318)}/v1/logs`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        }).then(
          ({ status }) => status === 200,
          () => false,
        )
        if (ok) break
        refused += 1
        await sleep(200)
      }
      sent += batch
      if (!killed && performance.now() > until - outageMs / 2) {
        killed = true
        docker('kill', '--signal', 'KILL', collector)
        docker('start', collector)
      }
      await sleep(pauseMs)
    }
    docker('start', loki)

    const count = async (): Promise<number> => {
      try {
        const { data } = await json<Count>(`${urlOf(loki, 3100)}/loki/api/v1/query`, {
          query: `sum(count_over_time({trading_bot_id="${bot}"}[1h]))`,
        })
        return Number(data.result[0]?.value[1] ?? 0)
      } catch {
        return 0
      }
    }
    const stored = await eventually(count, (lines) => lines >= sent * recordsOfFlow, 120_000)
    expect(killed).toBe(true)
    expect(sent).toBeGreaterThan(batch * 10)
    expect(stored).toBe(sent * recordsOfFlow)
    console.log(
      `outage of ${outageMs / 1000} s: ${sent * recordsOfFlow} lines acknowledged, ${stored} in Loki, ${refused} requests sent again`,
    )
  }, 600_000)
})
