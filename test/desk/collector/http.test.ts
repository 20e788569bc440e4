import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  Store,
  collector,
  json,
  logsJson,
  logsProtobuf,
  protobuf,
  send,
  statusOf,
} from './senders.ts'
import type { Collector } from '../../../src/desk/collector/collector.ts'
import type { LogRecord } from '../../../src/wire/record.ts'

let store: Store
let running: Collector
let port: number

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
  await running.stop(0)
})

const bodies = (): unknown[] => store.records.map((record) => (record as LogRecord).body)

describe('OTLP over HTTP', () => {
  test('takes JSON and protobuf, and answers in kind', async () => {
    const asJson = await send(port, { headers: json, body: logsJson('one', 'two') })
    expect(asJson.status).toBe(200)
    expect(asJson.headers['content-type']).toBe('application/json')
    expect(asJson.body.toString()).toBe('{}')
    const asProtobuf = await send(port, { headers: protobuf, body: logsProtobuf('three') })
    expect(asProtobuf.status).toBe(200)
    expect(asProtobuf.headers['content-type']).toBe('application/x-protobuf')
    expect(asProtobuf.body).toHaveLength(0)
    expect(bodies()).toEqual(['one', 'two', 'three'])
  })

  test('takes what is compressed, in any way that senders use', async () => {
    const body = logsJson('packed')
    const ways = {
      gzip: gzipSync(body),
      'x-gzip': gzipSync(body),
      deflate: deflateSync(body),
      zstd: zstdCompressSync(body),
      identity: Buffer.from(body),
      GZIP: gzipSync(body),
    }
    for (const [encoding, bytes] of Object.entries(ways)) {
      const answer = await send(port, {
        headers: { ...json, 'content-encoding': encoding },
        body: bytes,
        chunked: encoding === 'gzip',
      })
      expect(answer.status, encoding).toBe(200)
    }
    expect(bodies()).toEqual(Object.keys(ways).map(() => 'packed'))
  })

  test('takes content types with parameters, and no charset but UTF-8', async () => {
    const typed = async (type: string): Promise<number> =>
      (await send(port, { headers: { 'content-type': type }, body: logsJson('x') })).status
    expect(await typed('application/json; charset=utf-8')).toBe(200)
    expect(await typed('Application/JSON;charset="UTF-8"; other=1')).toBe(200)
    expect(await typed('application/json; charset=utf-16')).toBe(415)
    expect(await typed('text/plain')).toBe(415)
    expect(await typed('application/jsonp')).toBe(415)
  })

  test('ignores JSON fields that it does not know', async () => {
    const body = JSON.stringify({
      resourceLogs: [
        {
          news: [{ of: 'tomorrow' }],
          scopeLogs: [{ logRecords: [{ body: { stringValue: 'old' }, unheardOf: { a: 1 } }] }],
        },
      ],
      extra: null,
    })
    expect((await send(port, { headers: json, body })).status).toBe(200)
    expect(bodies()).toEqual(['old'])
  })

  test('takes an empty request', async () => {
    expect((await send(port, { headers: protobuf })).status).toBe(200)
    expect((await send(port, { headers: json, body: '{}' })).status).toBe(200)
  })

  test('says 404 and what there is, 405 and how it is called', async () => {
    const lost = await send(port, { path: '/v1/log', headers: json, body: '{}' })
    expect(lost.status).toBe(404)
    expect(JSON.parse(lost.body.toString()).message).toContain('/v1/traces, /v1/logs, /v1/metrics')
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS', 'HEAD']) {
      const answer = await send(port, { method, headers: {} })
      expect(answer.status, method).toBe(405)
      expect(answer.headers.allow).toBe('POST')
      // No page of a foreign origin gets leave to send.
      expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    }
    expect((await send(port, { path: '/v1/logs?x=1', headers: json, body: '{}' })).status).toBe(200)
  })

  test('says 415 when the type or the compression is not known, with what is', async () => {
    const bare = await send(port, { headers: {}, body: 'x' })
    expect(bare.status).toBe(415)
    expect(bare.headers['accept']).toContain('application/x-protobuf')
    const packed = await send(port, { headers: { ...json, 'content-encoding': 'br' }, body: 'x' })
    expect(packed.status).toBe(415)
    expect(packed.headers['accept-encoding']).toBe('gzip, deflate, zstd')
  })

  test('says 400 with a google.rpc.Status in the encoding of the request', async () => {
    const asJson = await send(port, { headers: json, body: '{"resourceLogs":[{' })
    expect(asJson.status).toBe(400)
    expect(JSON.parse(asJson.body.toString())).toMatchObject({ code: 3 })
    const asProtobuf = await send(port, { headers: protobuf, body: Buffer.alloc(300, 0xff) })
    expect(asProtobuf.status).toBe(400)
    expect(asProtobuf.headers['content-type']).toBe('application/x-protobuf')
    expect(statusOf(asProtobuf.body)).toMatchObject({
      code: 3,
      message: expect.stringContaining('not OTLP logs'),
    })
    const latin1 = await send(port, { headers: json, body: Buffer.from([0x22, 0xe9, 0x22]) })
    expect(latin1.status).toBe(400)
    const halfGzip = await send(port, {
      headers: { ...json, 'content-encoding': 'gzip' },
      body: gzipSync(logsJson('x')).subarray(0, 40),
    })
    expect(halfGzip.status).toBe(400)
    expect(bodies()).toEqual([])
  })

  test('answers a request that is cut anywhere with 400 or takes the whole records before the cut', async () => {
    const body = logsProtobuf('a message of some length')
    for (let length = 1; length < body.length; length += 1) {
      const answer = await send(port, { headers: protobuf, body: body.subarray(0, length) })
      expect([200, 400]).toContain(answer.status)
    }
    expect(bodies().filter((text) => text !== 'a message of some length' && text !== null)).toEqual(
      [],
    )
    expect((await send(port, { headers: protobuf, body })).status).toBe(200)
  })

  test('tells what it could not keep as a partial success', async () => {
    store.rejected = 2
    const asJson = await send(port, { headers: json, body: logsJson('a', 'b', 'c') })
    expect(asJson.status).toBe(200)
    expect(JSON.parse(asJson.body.toString())).toEqual({
      partialSuccess: { rejectedLogRecords: '2', errorMessage: 'too odd' },
    })
    store.rejected = 1
    const asProtobuf = await send(port, { headers: protobuf, body: logsProtobuf('a') })
    expect(asProtobuf.body.toString('hex')).toBe(
      // partial_success { rejected 1, error_message "too odd" }
      `0a0b08011207${Buffer.from('too odd').toString('hex')}`,
    )
    expect(running.counts()).toMatchObject({ recordsTaken: 1, recordsRejected: 3 })
  })

  test('[D05] never says yes to what was not kept: 503, to be sent again', async () => {
    store.error = new Error('ENOSPC: no space left on device')
    const refused = await send(port, { headers: json, body: logsJson('kept later') })
    expect(refused.status).toBe(503)
    expect(refused.headers['retry-after']).toBe('1')
    expect(JSON.parse(refused.body.toString())).toEqual({
      code: 14,
      message: expect.stringContaining('no space left on device'),
    })
    store.error = undefined
    expect((await send(port, { headers: json, body: logsJson('kept later') })).status).toBe(200)
    expect(bodies()).toEqual(['kept later'])
  })
})

describe('who may send', () => {
  test('with a token, only those who show it', async () => {
    await start({ token: 'open sesame'.replace(' ', '-') })
    const body = logsJson('secret')
    const bare = await send(port, { headers: json, body })
    expect(bare.status).toBe(401)
    expect(bare.headers['www-authenticate']).toBe('Bearer')
    expect(JSON.parse(bare.body.toString()).code).toBe(16)
    for (const wrong of ['Bearer no', 'open-sesame', 'Basic open-sesame', 'Bearer open-sesame2']) {
      expect((await send(port, { headers: { ...json, authorization: wrong }, body })).status).toBe(
        401,
      )
    }
    const right = { ...json, authorization: 'bearer open-sesame' }
    expect((await send(port, { headers: right, body })).status).toBe(200)
    expect(bodies()).toEqual(['secret'])
  })

  test('a page that gives the loopback address a name of its own is turned away', async () => {
    await start({ hosts: ['desk.internal'] })
    const called = async (host: string): Promise<number> =>
      (await send(port, { headers: { ...json, host }, body: logsJson('x') })).status
    expect(await called('evil.example')).toBe(403)
    expect(await called('evil.example:4318')).toBe(403)
    expect(await called('localhost.evil.example')).toBe(403)
    expect(await called('127.0.0.1.evil.example')).toBe(403)
    for (const host of [
      'localhost',
      'LOCALHOST:4318',
      '127.0.0.1:1',
      '[::1]:4318',
      'desk.internal',
      'bot.localhost.',
    ]) {
      expect(await called(host), host).toBe(200)
    }
  })
})
