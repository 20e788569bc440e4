import { connect } from 'node:net'
import { Client, Metadata, compressionAlgorithms, credentials, status } from '@grpc/grpc-js'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Store, collector, logsProtobuf, until } from './senders.ts'
import type { Collector } from '../../../src/desk/collector/collector.ts'
import type { ChannelOptions, ServiceError } from '@grpc/grpc-js'
import type { LogRecord } from '../../../src/wire/record.ts'

const logs = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'

let store: Store
let running: Collector
const clients: Client[] = []

async function start(options: Parameters<typeof collector>[1] = {}): Promise<void> {
  await running?.stop(0)
  running = await collector(store, options)
}

beforeEach(async () => {
  store = new Store()
  await start()
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await running.stop(0)
})

interface CallOptions {
  readonly method?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly channel?: ChannelOptions
}

/** One call; resolves with the bytes of the answer, rejects with the status. */
async function call(bytes: Buffer, options: CallOptions = {}): Promise<Buffer> {
  const client = new Client(`127.0.0.1:${running.ports.grpc}`, credentials.createInsecure(), {
    'grpc.max_send_message_length': -1,
    ...options.channel,
  })
  clients.push(client)
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(options.metadata ?? {})) metadata.set(name, value)
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      options.method ?? logs,
      (message: Buffer) => message,
      (message: Buffer) => message,
      bytes,
      metadata,
      (error, answer) => (error === null ? resolve(answer ?? Buffer.alloc(0)) : reject(error)),
    )
  })
}

async function refused(bytes: Buffer, options: CallOptions = {}): Promise<ServiceError> {
  const error: unknown = await call(bytes, options).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(Error)
  return error as ServiceError
}

const bodies = (): unknown[] => store.records.map((record) => (record as LogRecord).body)

describe('OTLP over gRPC', () => {
  test('takes each signal at its service', async () => {
    expect(await call(logsProtobuf('one'))).toHaveLength(0)
    for (const method of [
      '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
    ]) {
      expect(await call(Buffer.alloc(0), { method })).toHaveLength(0)
    }
    expect(bodies()).toEqual(['one'])
  })

  test('takes what is compressed', async () => {
    for (const algorithm of [compressionAlgorithms.gzip, compressionAlgorithms.deflate]) {
      await call(logsProtobuf('packed'), {
        channel: { 'grpc.default_compression_algorithm': algorithm },
      })
    }
    expect(bodies()).toEqual(['packed', 'packed'])
  })

  test('says INVALID_ARGUMENT to what it cannot read, and UNIMPLEMENTED to what it does not do', async () => {
    const malformed = await refused(Buffer.alloc(40, 0xff))
    expect(malformed.code).toBe(status.INVALID_ARGUMENT)
    expect(malformed.details).toContain('not OTLP logs')
    const lost = await refused(Buffer.alloc(0), { method: '/opentelemetry.X/Export' })
    expect(lost.code).toBe(status.UNIMPLEMENTED)
  })

  test('says RESOURCE_EXHAUSTED to a message that is too large, also when it grows while it is inflated', async () => {
    await start({ bodyBytesMax: 100_000 })
    expect((await refused(logsProtobuf('x'.repeat(100_001)))).code).toBe(status.RESOURCE_EXHAUSTED)
    const bomb = await refused(logsProtobuf('x'.repeat(5_000_000)), {
      channel: { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip },
    })
    expect(bomb.code).toBe(status.RESOURCE_EXHAUSTED)
    await call(logsProtobuf('x'.repeat(99_000)))
    expect(store.records).toHaveLength(1)
  })

  test('[D05] says UNAVAILABLE to what was not kept, so that it is sent again', async () => {
    store.error = new Error('ENOSPC: no space left on device')
    const error = await refused(logsProtobuf('kept later'))
    expect(error.code).toBe(status.UNAVAILABLE)
    expect(error.details).toContain('no space left on device')
  })

  test('tells what it could not keep as a partial success', async () => {
    store.rejected = 1
    expect((await call(logsProtobuf('a'))).toString('hex')).toBe(
      `0a0b08011207${Buffer.from('too odd').toString('hex')}`,
    )
  })

  test('says UNAVAILABLE when too much is in hand', async () => {
    await start({ bodyBytesMax: 100_000, roomBytesMax: 200_000 })
    let open = (): void => {}
    store.gate = new Promise((resolve) => {
      open = resolve
    })
    const bytes = logsProtobuf('x'.repeat(60_000))
    const held = [1, 2, 3].map(async () => call(bytes))
    await until(() => store.begun === 3)
    expect((await refused(bytes)).code).toBe(status.UNAVAILABLE)
    expect((await refused(bytes)).code).toBe(status.UNAVAILABLE)
    open()
    await Promise.all(held)
    await call(bytes)
    expect(store.records).toHaveLength(4)
  })

  test('asks for the token, and for a name that is its own', async () => {
    await start({ token: 'open-sesame' })
    expect((await refused(logsProtobuf('a'))).code).toBe(status.UNAUTHENTICATED)
    expect(
      (await refused(logsProtobuf('a'), { metadata: { authorization: 'Bearer no' } })).code,
    ).toBe(status.UNAUTHENTICATED)
    const metadata = { authorization: 'Bearer open-sesame' }
    await call(logsProtobuf('a'), { metadata })
    const foreign = await refused(logsProtobuf('a'), {
      metadata,
      channel: { 'grpc.default_authority': 'evil.example' },
    })
    expect(foreign.code).toBe(status.PERMISSION_DENIED)
    expect(store.records).toHaveLength(1)
  })

  test('ends a call whose message never comes', async () => {
    await start({ requestTimeoutMs: 200 })
    const client = new Client(`127.0.0.1:${running.ports.grpc}`, credentials.createInsecure())
    clients.push(client)
    const raw = (message: Buffer): Buffer => message
    const code = await new Promise((resolve) => {
      client
        .makeClientStreamRequest(logs, raw, raw, (error) => resolve(error?.code))
        .on('error', () => {})
    })
    expect(code).toBe(status.DEADLINE_EXCEEDED)
  })

  test('survives what is no gRPC', async () => {
    const socket = connect(running.ports.grpc, '127.0.0.1')
    socket.on('error', () => {})
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await new Promise((resolve) => socket.once('close', resolve).resume())
    await call(logsProtobuf('still here'))
    expect(bodies()).toEqual(['still here'])
  })

  test('answers what is in hand while it stops', async () => {
    let open = (): void => {}
    store.gate = new Promise((resolve) => {
      open = resolve
    })
    const inHand = call(logsProtobuf('in hand'))
    await until(() => store.begun === 1)
    const stopped = running.stop(5_000)
    open()
    expect(await inHand).toHaveLength(0)
    await stopped
    expect(bodies()).toEqual(['in hand'])
  })
})
