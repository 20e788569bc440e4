import { connect } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Store, collector, json, logsJson, protobuf, send, until } from './senders.ts'
import type { Collector } from '../../../src/desk/collector/collector.ts'
import type { Socket } from 'node:net'

const mebibyte = 1024 * 1024

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

let store: Store
let running: Collector
let port: number
const sockets: Socket[] = []

async function start(options: Parameters<typeof collector>[1] = {}): Promise<void> {
  await running?.stop(0)
  running = await collector(store, options)
  port = running.ports.http
}

beforeEach(async () => {
  store = new Store()
  await start()
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await running.stop(0)
})

function open(): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  sockets.push(socket)
  return socket
}

/** Bytes that are held after a collection of garbage, in buffers and on the heap. */
async function memoryHeld(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    collectGarbage()
    await sleep(20)
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

describe('bodies that are too large', () => {
  test('are refused with 413 and the limit, announced or not, and the client gets the answer', async () => {
    const body = Buffer.alloc(50 * mebibyte)
    for (const chunked of [false, true]) {
      const answer = await send(port, { headers: protobuf, body, chunked })
      expect(answer.status).toBe(413)
      expect(answer.body.toString()).toContain('16777216')
    }
    expect((await send(port, { headers: json, body: logsJson('small') })).status).toBe(200)
  })

  test('are refused when they only grow large while they are inflated', async () => {
    const bomb = gzipSync(Buffer.alloc(400 * mebibyte), { level: 9 })
    expect(bomb.length).toBeLessThan(mebibyte)
    const before = process.memoryUsage().rss
    const answers = await Promise.all(
      Array.from({ length: 8 }, async () => {
        return send(port, {
          headers: { ...protobuf, 'content-encoding': 'gzip' },
          body: bomb,
        })
      }),
    )
    expect(
      answers.map(({ status }) => status).every((status) => status === 413 || status === 503),
    ).toBe(true)
    expect(answers.some(({ status }) => status === 413)).toBe(true)
    // At its peak it is less than one of the eight inflated, however much garbage waits to be collected.
    const peak = process.resourceUsage().maxRSS * 1024
    expect(peak - before).toBeLessThan(400 * mebibyte)
  })

  test('of just the limit are taken', async () => {
    await start({ bodyBytesMax: 10_000 })
    const body = logsJson('x'.repeat(9_000)).padEnd(10_000, ' ')
    expect((await send(port, { headers: json, body })).status).toBe(200)
    expect((await send(port, { headers: json, body: `${body} ` })).status).toBe(413)
    const packed = { ...json, 'content-encoding': 'gzip' }
    expect((await send(port, { headers: packed, body: gzipSync(body) })).status).toBe(200)
    expect((await send(port, { headers: packed, body: gzipSync(`${body} `) })).status).toBe(413)
  })

  test('leave the memory where it was', async () => {
    const garbage = Buffer.alloc(15 * mebibyte, 0x0a)
    const tiny = Buffer.alloc(8 * mebibyte, Buffer.from([0x0a, 0x00]))
    const round = async (): Promise<void> => {
      for (const body of [
        garbage,
        tiny,
        Buffer.alloc(50 * mebibyte),
        logsJson('x'.repeat(mebibyte)),
      ]) {
        await send(port, { headers: typeof body === 'string' ? json : protobuf, body })
      }
      store.records.length = 0
    }
    await round()
    const before = await memoryHeld()
    for (let times = 0; times < 6; times += 1) await round()
    // What a connection holds until it has closed goes too, sooner or later; what leaks stays.
    await expect
      .poll(async () => (await memoryHeld()) - before, { timeout: 60_000 })
      .toBeLessThan(5 * mebibyte)
  })
})

describe('too much at once', () => {
  test('is answered with 503 and when to come again, and is over when the others are done', async () => {
    await start({ bodyBytesMax: 100_000, roomBytesMax: 200_000 })
    let open = (): void => {}
    store.gate = new Promise((resolve) => {
      open = resolve
    })
    const body = logsJson('x'.repeat(90_000))
    const held = [1, 2].map(async () => send(port, { headers: json, body }))
    await until(() => store.begun === 2)
    const third = await send(port, { headers: json, body })
    expect(third.status).toBe(503)
    expect(third.headers['retry-after']).toBe('1')
    open()
    for (const answer of await Promise.all(held)) expect(answer.status).toBe(200)
    expect((await send(port, { headers: json, body })).status).toBe(200)
  })
})

describe('slow clients', () => {
  test('that never finish their headers or their body are cut off, while others are served', async () => {
    await start({ requestTimeoutMs: 1_500 })
    const headless = open()
    headless.write('POST /v1/logs HTTP/1.1\r\nHost: localhost\r\n')
    const bodiless = open()
    bodiless.write(
      'POST /v1/logs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"re',
    )
    const dripping = setInterval(() => bodiless.write(' '), 50)
    // Not `once` of node:events: it fails with the reset that a client sees who writes when it was cut off.
    const closed = Promise.all(
      [headless, bodiless].map(
        async (socket) => new Promise((resolve) => socket.once('close', resolve).resume()),
      ),
    )
    expect((await send(port, { headers: json, body: logsJson('quick') })).status).toBe(200)
    await closed
    clearInterval(dripping)
    expect(store.records).toHaveLength(1)
  })

  test('that hang up in the middle leave nothing behind', async () => {
    await start({ bodyBytesMax: 100_000, roomBytesMax: 200_000 })
    for (let times = 0; times < 20; times += 1) {
      const socket = open()
      socket.write(
        'POST /v1/logs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n\r\n',
      )
      socket.write('x'.repeat(50_000))
      await once(socket, 'connect')
      await sleep(5)
      socket.destroy()
    }
    // Their room is free again, as soon as the desk has seen them go: two bodies that need nearly all of it fit.
    const body = logsJson('y'.repeat(95_000))
    await expect
      .poll(
        async () => {
          const both = [1, 2].map(async () => send(port, { headers: json, body }))
          return (await Promise.all(both)).map(({ status }) => status)
        },
        { timeout: 30_000 },
      )
      .toEqual([200, 200])
  })

  test('that speak no HTTP are told so', async () => {
    const socket = open()
    socket.write('\x16\x03\x01\x00\xa5\x01\x00\x00 this is TLS, or nothing\r\n\r\n')
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toContain('400 Bad Request')
  })
})

describe('stopping', () => {
  test('answers what is in hand, and refuses what comes after', async () => {
    let open = (): void => {}
    store.gate = new Promise((resolve) => {
      open = resolve
    })
    const inHand = send(port, { headers: json, body: logsJson('in hand') })
    await until(() => store.begun === 1)
    const stopped = running.stop(5_000)
    await expect(send(port, { headers: json, body: logsJson('late') })).rejects.toThrow(
      /ECONNREFUSED/,
    )
    open()
    expect((await inHand).status).toBe(200)
    await stopped
    expect(store.records).toHaveLength(1)
  })

  test('does not wait for ever', async () => {
    store.gate = new Promise(() => {})
    const lost = send(port, { headers: json, body: logsJson('never kept') })
    await until(() => store.begun === 1)
    await Promise.all([running.stop(200), expect(lost).rejects.toThrow()])
  })
})

describe('a port that is taken', () => {
  test('is an error that says by whom, and what to set', async () => {
    const error: unknown = await collector(store, { httpPort: port }).then(
      async (second) => {
        await second.stop(0)
      },
      (error: unknown) => error,
    )
    expect(error).toMatchObject({ code: 'port_taken' })
    expect(String(error)).toContain(`port ${port} on 127.0.0.1 is taken by`)
    expect(String(error)).toContain(
      process.platform === 'linux' ? `process ${process.pid}` : 'another',
    )
    expect(error).toMatchObject({ hint: expect.stringContaining('FILLPATH_DESK_HTTP_PORT') })
  })

  test('leaves the other receiver closed', async () => {
    const other = await collector(store)
    await expect(
      collector(store, { httpPort: 0, grpcPort: other.ports.grpc }),
    ).rejects.toMatchObject({
      code: 'port_taken',
      hint: expect.stringContaining('FILLPATH_DESK_GRPC_PORT'),
    })
    await other.stop(0)
  })

  test('an address that is not of this machine is refused with it', async () => {
    await expect(collector(store, { host: '192.0.2.1' })).rejects.toMatchObject({
      code: 'setting_invalid',
      message: expect.stringContaining('192.0.2.1'),
    })
  })
})
