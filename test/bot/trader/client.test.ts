import { describe, expect, test } from 'vitest'
import type { MarketBook } from '../../../src/bot/market/event.ts'
import { Timeline } from '../../../src/bot/timeline.ts'
import { VenueClient } from '../../../src/bot/trader/client.ts'
import { profiles, type VenueFaults } from '../../../src/bot/venue/faults.ts'
import { PaperVenue } from '../../../src/bot/venue/paper-venue.ts'
import { startRecording, type RecordedLog } from '../../../src/probe/telemetry/testing.ts'
import { instrument } from '../venue/engine.ts'

const calm = profiles.none.first

async function* books(): AsyncGenerator<MarketBook> {
  for (let timeMs = 0; timeMs < 20_000; timeMs += 50) {
    const timeNs = BigInt(timeMs) * 1_000_000n
    yield { kind: 'book', venue: 'x', timeNs, bids: [['100', '5']], asks: [['101', '5']] }
  }
}

/** What a client tells of the calls that `act` makes at a venue with these faults. */
async function told(
  faults: VenueFaults,
  act: (client: VenueClient) => Promise<unknown>,
): Promise<readonly RecordedLog[]> {
  await using telemetry = await startRecording()
  const timeline = new Timeline({ startNs: 0n })
  const exchange = new PaperVenue({ id: 'x', instrument, timeline, seed: 1, faults, candleMs: 100 })
  const client = new VenueClient({
    exchange,
    symbol: instrument.symbol,
    timeline,
    events: telemetry.events,
    latencyLimitMs: 100,
  })
  timeline.after(10, () => {
    void act(client).finally(() => timeline.stop())
  })
  await timeline.run(books(), { event: (event) => exchange.onMarket(event), end: () => {} })
  return telemetry
    .logs()
    .filter(({ event }) => event.startsWith('trading.') && event !== 'trading.run.started')
    .filter(({ event }) => !event.startsWith('trading.service.'))
}

const names = (logs: readonly RecordedLog[]): string[] =>
  logs.map(({ event }) => event.slice('trading.'.length))
const order = {
  type: 'limit',
  side: 'buy',
  quantity: '1',
  price: '100',
  params: { clientOrderId: 'c' },
} as const

describe('[A55, A56] every call is told', () => {
  test('before and after, with method, path, parameters, status, duration and weight', async () => {
    const logs = await told(calm, (client) => client.createOrder(order))
    expect(names(logs)).toEqual(['api.request', 'api.response'])
    expect(logs[0]?.attributes).toMatchObject({
      'trading.venue': 'x',
      'trading.api.operation': 'createOrder',
      'http.request.method': 'POST',
      'url.path': '/api/v1/order',
      'trading.api.params': { symbol: 'BTC/USDT', quantity: '1', price: '100', clientOrderId: 'c' },
    })
    expect(logs[1]?.attributes).toMatchObject({
      'http.response.status_code': 200,
      'trading.api.weight': 1,
      'trading.api.weight_limit': 1200,
    })
    expect(logs[1]?.attributes['trading.api.duration_ms']).toBeGreaterThan(calm.wayMs)
  })

  test('a refusal is an answer, with its status and body', async () => {
    const logs = await told(calm, (client) =>
      client.createOrder({ ...order, price: '100.3' }).catch(() => {}),
    )
    expect(names(logs)).toEqual(['api.request', 'api.response'])
    expect(logs[1]?.attributes).toMatchObject({ 'http.response.status_code': 400 })
    expect(JSON.stringify(logs[1]?.attributes['http.response.body'])).toContain('-4014')
  })

  test('[A33] a slow one is told apart', async () => {
    const logs = await told({ ...calm, create: { slow: 1 } }, (client) => client.createOrder(order))
    expect(names(logs)).toEqual(['api.request', 'api.response', 'latency.high'])
  })

  test('[A30] a timeout of an order is told, and the order is not sent again', async () => {
    const logs = await told({ ...calm, create: { lost: 1 } }, (client) =>
      client.createOrder(order).catch(() => {}),
    )
    expect(names(logs)).toEqual(['api.request', 'api.timeout'])
  })
})

describe('[A53] what changes nothing is asked again', () => {
  test('until it is answered, waiting longer each time', async () => {
    const logs = await told({ ...calm, other: { unavailable: 2, none: 1 } }, async (client) => {
      for (let call = 0; call < 3; call += 1) await client.fetchTicker().catch(() => {})
    })
    const retries = logs.filter(({ event }) => event === 'trading.retry')
    const states = retries.map(({ attributes }) => attributes['trading.retry.state'])
    expect(states.filter((state) => state === 'succeeded').length).toBeGreaterThan(1)
    const delays = retries.flatMap(({ attributes }) => attributes['trading.retry.delay_ms'] ?? [])
    expect(delays.slice(0, 2)).toEqual([80, 160])
  })

  test('and given up after four attempts, with the error', async () => {
    let isUp = true
    const logs = await told({ ...calm, other: { unavailable: 1 } }, async (client) => {
      await expect(client.fetchTicker()).rejects.toMatchObject({ name: 'ExchangeNotAvailable' })
      isUp = client.isUp
    })
    expect(names(logs).filter((name) => name === 'api.error').length).toBe(4)
    expect(logs.at(-1)?.attributes).toMatchObject({
      'trading.retry.state': 'given_up',
      'error.type': 'ExchangeNotAvailable',
      'http.response.status_code': 503,
    })
    expect(isUp).toBe(false)
  })

  test('[A33, X35] a venue that says too fast is told, and asked again when it said so', async () => {
    const logs = await told({ ...calm, weightLimit: 6, weightWindowMs: 2000 }, async (client) => {
      await client.fetchPositions()
      await client.fetchPositions()
    })
    expect(names(logs)).toEqual([
      'api.request',
      'api.response',
      'api.request',
      'rate_limit.hit',
      'retry',
      'api.request',
      'api.response',
      'retry',
    ])
    const hit = logs.find(({ event }) => event === 'trading.rate_limit.hit')
    expect(hit?.attributes).toMatchObject({
      'http.response.status_code': 429,
      'trading.api.weight_limit': 6,
    })
  })
})
