import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { context, trace } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { manualClock } from '../../../src/base/clock.ts'
import { watchFeed } from '../../../src/probe/instrument/feed.ts'
import { record } from '../recording.ts'
import type { Feed } from '../../../src/probe/instrument/feed.ts'
import type { Recording } from '../recording.ts'

const labels = { 'trading.venue': 'binance', 'trading.feed.name': 'books' }

let seen: Recording
let feed: Feed
const clock = manualClock()

/** Lets `ms` pass for the feed, whose timer ticks once a second. */
function pass(ms: number): void {
  for (let left = ms; left > 0; left -= 1000) {
    const step = Math.min(left, 1000)
    clock.advanceMs(step)
    vi.advanceTimersByTime(step)
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  seen = record()
  feed = watchFeed({ venue: 'binance', name: 'books', staleAfterMs: 5000, clock })
})

afterEach(() => {
  feed.close()
  vi.useRealTimers()
})

describe('a watched feed', () => {
  test('[A31] counts messages and says when the last one came, once a second', async () => {
    for (let count = 0; count < 100; count += 1) feed.message()
    expect(await seen.points('trading.feed.messages')).toEqual([])
    pass(1000)
    expect(await seen.points('trading.feed.messages')).toEqual([{ labels, value: 100 }])
    expect(await seen.points('trading.feed.last_message')).toEqual([
      { labels, value: Number(clock.wallNs() / 1_000_000n) / 1000 - 1 },
    ])
    expect(feed.silentMs).toBe(1000)
  })

  test('[A31] tells how late a message came; a venue whose clock is ahead counts as no delay', async () => {
    const nowMs = Number(clock.wallNs() / 1_000_000n)
    feed.message({ sentMs: nowMs - 35 })
    feed.message({ sentMs: 1000, receivedMs: 1250 })
    feed.message({ sentMs: nowMs + 500 })
    feed.message()
    const [point] = await seen.points('trading.feed.lag')
    expect(point).toEqual({ labels, value: { count: 3, sum: expect.closeTo(0.285, 6) as number } })
  })

  test('[A31] a message means connected, and each loss and return is told once', async () => {
    feed.message()
    expect(feed.state).toBe('connected')
    feed.disconnected({ code: 1006, reason: 'reset by peer' })
    feed.disconnected({ code: 1006 })
    expect(seen.last('trading.feed.disconnected')).toMatchObject({
      ...labels,
      'trading.feed.close_code': 1006,
      'trading.feed.reason': 'reset by peer',
      'trading.feed.reconnects': 0,
    })
    feed.failed(new Error('getaddrinfo ENOTFOUND'))
    feed.failed(new Error('getaddrinfo ENOTFOUND'))
    feed.connected()
    feed.connected()
    expect(seen.events()).toEqual([
      'trading.feed.connected',
      'trading.feed.disconnected',
      'trading.feed.error',
      'trading.feed.error',
      'trading.feed.connected',
    ])
    expect(seen.last('trading.feed.connected')).toMatchObject({
      'trading.feed.reconnects': 1,
      'trading.feed.failures': 2,
    })
    expect(await seen.points('trading.feed.up')).toEqual([{ labels, value: 1 }])
    expect(feed.counts).toMatchObject({ reconnects: 1, disconnects: 1 })
  })

  test('[A31] silence is told once, a pong is a sign of life, and speaking again begins anew', () => {
    feed.message()
    pass(4000)
    feed.alive()
    pass(4000)
    expect(seen.events()).toEqual(['trading.feed.connected'])
    pass(3000)
    expect(feed.state).toBe('stale')
    expect(seen.last('trading.feed.stale')).toMatchObject({ 'trading.feed.silent_ms': 5000 })
    pass(20_000)
    feed.message()
    expect(feed.state).toBe('connected')
    pass(6000)
    expect(seen.records('trading.feed.stale')).toHaveLength(2)
  })

  test('a feed that never spoke after it connected is stale as well', () => {
    feed.connected()
    pass(6000)
    expect(feed.state).toBe('stale')
  })

  test('[A31] a hole in the sequence is told with its size; late and double messages are none', async () => {
    for (const sequence of [10, 11, 11, 9, 12]) feed.message({ sequence })
    feed.message({ sequence: 20, previousSequence: 12 })
    expect(seen.records('trading.feed.gap')).toEqual([])
    feed.message({ sequence: 25 })
    feed.message({ sequence: 40, previousSequence: 30 })
    expect(seen.last('trading.feed.gap')).toMatchObject({ ...labels, 'trading.feed.missed': 5 })
    expect(feed.counts).toMatchObject({ gaps: 2, missed: 9 })
    expect(await seen.points('trading.feed.gaps')).toContainEqual({ labels, value: 2 })
    // A new connection may count from anywhere.
    feed.disconnected()
    feed.message({ sequence: 1000 })
    // So may a venue that starts again.
    feed.message({ sequence: 5_000_000, previousSequence: 1000 })
    feed.message({ sequence: 3 })
    feed.message({ sequence: 4 })
    expect(feed.counts.gaps).toBe(2)
  })

  test('a feed that the bot closed is no alarm, whatever still comes', async () => {
    feed.message()
    feed.close()
    feed.disconnected({ code: 1000 })
    feed.failed(new Error('closed'))
    feed.message()
    pass(60_000)
    expect(seen.events()).toEqual(['trading.feed.connected'])
    expect(await seen.points('trading.feed.up')).toEqual([{ labels, value: 0 }])
    // The gauge is exported for as long as the bot lives: a time in it would grow old.
    expect(await seen.points('trading.feed.last_message')).toEqual([{ labels, value: 0 }])
    expect(await seen.points('trading.feed.messages')).toEqual([{ labels, value: 1 }])
  })

  test('its events belong to no flow, in whichever context the message came', () => {
    const span = trace.getTracer('test').startSpan('signal')
    context.with(trace.setSpan(context.active(), span), () => feed.message())
    expect(seen.records('trading.feed.connected')[0]?.spanContext).toBeUndefined()
    span.end()
  })
})

/** Waits for what a socket does in its own time. */
const until = (check: () => void): Promise<void> =>
  vi.waitFor(check, { timeout: 60_000, interval: 5 })

function closed(socket: WebSocket): Promise<unknown> {
  return new Promise((resolve) => {
    socket.addEventListener('close', resolve)
  })
}

/** A WebSocket server that greets whoever comes with two messages. */
async function startServer(): Promise<{
  url: string
  /** @param index of the connection, all without it */
  drop(index?: number): void
  [Symbol.dispose](): void
}> {
  const sockets: Duplex[] = []
  const server = createServer()
  server.on('upgrade', (request, socket) => {
    const key = request.headers['sec-websocket-key'] ?? ''
    const accept = createHash('sha1')
      .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    for (const text of ['{"E":1}', 'no JSON']) {
      socket.write(Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]))
    }
    sockets.push(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    drop: (index) =>
      sockets.forEach((socket, at) => {
        if (index === undefined || at === index) socket.destroy()
      }),
    [Symbol.dispose]: () => {
      sockets.forEach((socket) => socket.destroy())
      server.close()
    },
  }
}

describe('a feed attached to a WebSocket', () => {
  test('[A31] follows the socket: open, messages, a lost connection, one that cannot be made', async () => {
    using server = await startServer()
    const socket = feed.attach(new WebSocket(server.url), (data) => ({
      sentMs: (JSON.parse(String(data)) as { E: number }).E,
      receivedMs: 21,
    }))
    await until(() => expect(feed.counts.messages).toBe(2))
    expect(feed.state).toBe('connected')
    // What a message says of itself cannot be read: it counts all the same.
    expect(await seen.points('trading.feed.lag')).toEqual([
      { labels, value: { count: 1, sum: 0.02 } },
    ])
    server.drop()
    await closed(socket)
    await until(() => expect(feed.state).toBe('disconnected'))
    expect(seen.last('trading.feed.disconnected')).toMatchObject({
      'trading.feed.close_code': 1006,
    })

    const nowhere = feed.attach(new WebSocket('ws://127.0.0.1:1'))
    await closed(nowhere)
    expect(seen.last('trading.feed.error')).toMatchObject({ 'trading.feed.failures': 1 })
    expect(feed.counts.disconnects).toBe(1)

    feed.attach(new WebSocket(server.url))
    await until(() => expect(feed.counts.reconnects).toBe(1))
  })

  test('[A31] a socket that ends after the next one opened does not end the feed', async () => {
    using server = await startServer()
    const old = feed.attach(new WebSocket(server.url))
    await until(() => expect(feed.counts.messages).toBe(2))
    const next = feed.attach(new WebSocket(server.url))
    await until(() => expect(feed.counts.messages).toBe(4))
    server.drop(0)
    await closed(old)
    expect(feed.state).toBe('connected')
    const nowhere = feed.attach(new WebSocket('ws://127.0.0.1:1'))
    await closed(nowhere)
    expect(feed.state).toBe('connected')
    server.drop(1)
    await closed(next)
    await until(() => expect(feed.state).toBe('disconnected'))
    expect(feed.counts.disconnects).toBe(1)
  })
})
