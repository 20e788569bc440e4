import { expect, test } from 'vitest'
import { randomStream } from '../../../src/bot/random.ts'
import { Timeline } from '../../../src/bot/timeline.ts'
import { keepWatching } from '../../../src/bot/trader/watching.ts'
import { Channel } from '../../../src/bot/venue/channel.ts'
import { watchFeed } from '../../../src/probe/instrument/feed.ts'
import { startRecording } from '../../../src/probe/telemetry/testing.ts'

async function* nothing(): AsyncGenerator<{ timeNs: bigint }> {}

test('[A31, A50] a long outage is one disconnect, errors at growing distance, and one reconnect', async () => {
  await using telemetry = await startRecording()
  const timeline = new Timeline({ startNs: 0n })
  const faults = { delayMs: 10 }
  const channel = new Channel<number>({ name: 'x', timeline, random: randomStream(1, 'x'), faults })
  const messages: number[] = []
  const reconnectedMs: number[] = []
  void keepWatching({
    feed: watchFeed({ venue: 'x', name: 'user_stream' }),
    timeline,
    watch: () => channel.next(),
    sentMs: (batch) => batch.at(-1),
    onMessage: (batch) => messages.push(...batch),
    onReconnected: () => reconnectedMs.push(timeline.elapsedMs),
  })
  timeline.every(100, () => channel.send(timeline.elapsedMs))
  timeline.after(1050, () => channel.break(10_000))
  timeline.after(20_000, () => timeline.stop())
  await timeline.run(nothing(), { event: () => {}, end: () => {} })

  const told = telemetry
    .logs()
    .filter(({ event }) => event.startsWith('trading.feed.'))
    .map(({ event, attributes: { 'trading.feed.failures': failures } }) =>
      typeof failures === 'number' ? `${event} ${failures}` : event,
    )
  expect(told).toEqual([
    'trading.feed.connected 0',
    'trading.feed.disconnected 0',
    'trading.feed.error 1',
    'trading.feed.error 2',
    'trading.feed.error 3',
    'trading.feed.error 4',
    'trading.feed.error 5',
    'trading.feed.error 6',
    'trading.feed.connected 6',
  ])
  // The connection can be made again at 11.05 s; the next try after that, at 11.1 s, succeeds.
  expect(reconnectedMs.length).toBe(1)
  expect(reconnectedMs[0]).toBeGreaterThan(11_050)
  expect(reconnectedMs[0]).toBeLessThan(14_500)
  expect(messages.filter((atMs) => atMs > 1050 && atMs < 11_050)).toEqual([])
  expect(messages.at(-1)).toBeGreaterThan(19_000)
  // Each message is late by its way through the channel, in market time.
  const lag = (await telemetry.metrics()).find(({ name }) => name === 'trading.feed.lag')
  expect(lag?.count).toBe(messages.length)
  expect(lag?.value).toBeGreaterThan(messages.length * 0.006)
  expect(lag?.value).toBeLessThan(messages.length * 0.014)
})

test('a fault of the bot itself is not taken for one of the connection', async () => {
  await using telemetry = await startRecording()
  const timeline = new Timeline({ startNs: 0n })
  const watching = keepWatching({
    feed: watchFeed({ venue: 'x', name: 'books' }),
    timeline,
    watch: () => Promise.resolve(1),
    sentMs: () => undefined,
    onMessage: () => {
      throw new TypeError('a fault')
    },
  })
  await expect(watching).rejects.toThrow('a fault')
  expect(telemetry.eventsNamed('trading.feed.disconnected')).toEqual([])
})
