import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { firedAlerts } from '../../src/stack/alerts.ts'
import { serverAt } from '../../src/stack/servers.ts'
import type { Server } from 'node:http'
import type { FiredAlert } from '../../src/stack/alerts.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** What fired, of the samples (in seconds) that a Prometheus has of one alert; it is asked about the second 0 to `end`. */
async function firedOf(
  seconds: readonly number[],
  end: number,
): Promise<{ readonly fired: readonly FiredAlert[]; readonly queries: readonly string[] }> {
  const queries: string[] = []
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://prometheus')
    const query = searchParams.get('query') ?? ''
    queries.push(query)
    const to = Number(searchParams.get('time'))
    const from = to - Number(/\[(\d+)s\]$/.exec(query)?.[1])
    const values = seconds.filter((time) => time > from && time <= to).map((time) => [time, '1'])
    const metric = {
      __name__: 'ALERTS',
      alertname: 'HedgeFailing',
      alertstate: 'firing',
      severity: 'critical',
      trading_bot_id: 'bot-a',
      trading_venue: 'okx',
    }
    const result = values.length > 0 ? [{ metric, values }] : []
    response.end(JSON.stringify({ data: { result } }))
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const fired = await firedAlerts(serverAt('prometheus', url), {
    fromNs: 0n,
    toNs: BigInt(end) * 1_000_000_000n,
  })
  return { fired, queries }
}

const every = (step: number, from: number, to: number): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step)

describe('[C25] the history of alerts', () => {
  test('samples in a row are one alert, with a name, a severity and what it is about', async () => {
    const { fired } = await firedOf(every(15, 300, 600), 3600)
    expect(fired).toEqual([
      {
        name: 'HedgeFailing',
        severity: 'critical',
        about: { trading_bot_id: 'bot-a', trading_venue: 'okx' },
        firedMs: 300_000,
        lastMs: 600_000,
        isFiring: false,
      },
    ])
  })

  test('a gap is its end, an evaluation that was missed is not; what fires at the end fires still', async () => {
    const samples = [...every(15, 300, 360), ...every(15, 390, 450), ...every(15, 3500, 3590)]
    const { fired } = await firedOf(samples, 3600)
    expect(fired.map(({ firedMs, lastMs, isFiring }) => [firedMs, lastMs, isFiring])).toEqual([
      [300_000, 450_000, false],
      [3_500_000, 3_590_000, true],
    ])
  })

  test('a single sample is an alert too, and two far apart are two', async () => {
    const { fired } = await firedOf([300, 2000], 3600)
    expect(fired.map(({ firedMs, lastMs }) => [firedMs, lastMs])).toEqual([
      [300_000, 300_000],
      [2_000_000, 2_000_000],
    ])
  })

  test('an alert over several days is one, though Prometheus is asked for one day at a time', async () => {
    const { fired, queries } = await firedOf(every(60, 80_000, 200_000), 3 * 86_400)
    expect(queries).toHaveLength(3)
    expect(fired.map(({ firedMs, lastMs }) => [firedMs, lastMs])).toEqual([
      [80_000_000, 200_000_000],
    ])
  })
})
