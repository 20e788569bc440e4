import { once } from 'node:events'
import { createServer } from 'node:net'
import { context, trace } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { manualClock } from '../../../src/base/clock.ts'
import { watchService } from '../../../src/probe/instrument/service.ts'
import { holdPort } from '../../port.ts'
import { record } from '../recording.ts'
import type { Service } from '../../../src/probe/instrument/service.ts'
import type { Recording } from '../recording.ts'

const labels = { 'trading.service.name': 'node' }

let seen: Recording
let service: Service | undefined

beforeEach(() => {
  seen = record()
})
afterEach(() => service?.close())

/** Waits for what a socket does in its own time. */
const until = (holds: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(holds()).toBe(true), { timeout: 60_000, interval: 5 })

describe('a service told of by the calls of the bot', () => {
  test('[C20] one failure is no outage, two are; the first answer ends it, with how long it was away', async () => {
    const clock = manualClock()
    service = watchService({ name: 'node', clock })
    expect(service.isUp).toBeUndefined()
    service.reached(12)
    service.missed(new Error('reset'))
    service.reached(14)
    expect(seen.events()).toEqual(['trading.service.reached'])

    service.missed(new TypeError('fetch failed'))
    clock.advanceMs(1000)
    service.missed(new TypeError('fetch failed'))
    service.missed(new TypeError('fetch failed'))
    expect(service.isUp).toBe(false)
    expect(await seen.points('trading.service.up')).toEqual([{ labels, value: 0 }])
    clock.advanceMs(4000)
    service.reached(20)
    service.reached(20)
    expect(service.isUp).toBe(true)

    expect(seen.events()).toEqual([
      'trading.service.reached',
      'trading.service.unreachable',
      'trading.service.reached',
    ])
    expect(seen.last('trading.service.unreachable')).toEqual({
      ...labels,
      'trading.service.failures': 2,
      'error.type': 'TypeError',
      'exception.type': 'TypeError',
      'exception.message': 'fetch failed',
    })
    expect(seen.last('trading.service.reached')['trading.service.away_ms']).toBe(5000)
    expect(await seen.points('trading.service.up')).toEqual([{ labels, value: 1 }])
    expect(await seen.points('trading.service.duration')).toEqual([
      { labels, value: { count: 4, sum: expect.closeTo(0.066, 6) as number } },
    ])
    const misses = await seen.points('trading.service.misses')
    expect(misses).toContainEqual({ labels: { ...labels, 'error.type': 'TypeError' }, value: 3 })
  })

  test('[C20] that the bot needs no more alarms nobody, also when it was away', async () => {
    service = watchService({ name: 'node', failuresMax: 1 })
    service.missed(new Error('reset'))
    expect(await seen.points('trading.service.up')).toEqual([{ labels, value: 0 }])
    service.close()
    expect(await seen.points('trading.service.up')).toEqual([{ labels, value: 1 }])
  })

  test('[C20] belongs to no flow, and is silent once it is closed', () => {
    service = watchService({ name: 'node', failuresMax: 1 })
    const span = trace.getTracer('test').startSpan('signal')
    context.with(trace.setSpan(context.active(), span), () => service?.missed())
    span.end()
    expect(seen.records('trading.service.unreachable')[0]?.spanContext).toBeUndefined()
    service.close()
    service.reached()
    expect(seen.events()).toHaveLength(1)
  })
})

describe('a service that is checked', () => {
  test('[C20] by a connection to its address: reached while something listens, unreachable when nothing does', async () => {
    const { port, release } = await holdPort()
    const server = createServer((socket) => socket.end()).listen(port, '127.0.0.1')
    await once(server, 'listening')
    service = watchService({ name: 'node', address: `http://127.0.0.1:${port}/x`, everyMs: 10 })
    await until(() => service?.isUp === true)
    expect(seen.last('trading.service.reached')['server.address']).toBe('127.0.0.1')

    server.close()
    await until(() => service?.isUp === false)
    expect(seen.last('trading.service.unreachable')).toMatchObject({
      'exception.code': 'ECONNREFUSED',
    })

    const again = createServer((socket) => socket.end()).listen(port, '127.0.0.1')
    await once(again, 'listening')
    await until(() => service?.isUp === true)
    again.close()
    await release()
  })

  test('[C20] by a check of the own: one that never answers has failed, and is not joined by a second', async () => {
    let running = 0
    let most = 0
    service = watchService({
      name: 'node',
      everyMs: 5,
      timeoutMs: 30,
      check: () => {
        running += 1
        most = Math.max(most, running)
        setTimeout(() => (running -= 1), 30)
        return new Promise(() => {})
      },
    })
    await until(() => service?.isUp === false)
    expect(seen.last('trading.service.unreachable')).toMatchObject({
      'error.type': 'TimeoutError',
      'exception.message': 'no answer within 30 ms',
    })
    expect(most).toBeLessThanOrEqual(2)
  })

  test('[C20] a check that throws at once has failed', async () => {
    service = watchService({
      name: 'node',
      everyMs: 5,
      check: () => {
        throw new RangeError('no')
      },
    })
    await until(() => service?.isUp === false)
  })

  test.each([
    ['binance.com', 'binance.com'],
    ['', ''],
    ['ftp://x', 'ftp://x'],
    ['host:notaport', 'host:notaport'],
  ])('[C20] the address "%s" is refused with what is allowed', (address) => {
    expect(() => watchService({ name: 'node', address })).toThrow(
      `the address of a service is '${address}': give host:port, or a URL`,
    )
  })

  test('[C20] an IPv6 address is taken without its brackets', async () => {
    service = watchService({ name: 'node', address: '[::1]:1', everyMs: 10, failuresMax: 1 })
    await until(() => service?.isUp === false)
    expect(seen.last('trading.service.unreachable')['server.address']).toBe('::1')
  })
})
