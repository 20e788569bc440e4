import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { endpointOf } from '../../../src/probe/ship/endpoint.ts'
import type { EndpointOptions } from '../../../src/probe/ship/endpoint.ts'
import { Sender } from '../../../src/probe/ship/sender.ts'
import { StubCollector } from '../../stub-collector.ts'
import type { StubOptions, StubRequest } from '../../stub-collector.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

async function collector(options: StubOptions = {}): Promise<StubCollector> {
  const stub = await StubCollector.start(options)
  open.push(stub)
  return stub
}

function senderTo(url: string, options: Partial<EndpointOptions> = {}): Sender {
  const sender = new Sender(endpointOf({ url: `${url}/v1/logs`, ...options }, 'test'))
  open.push(sender)
  return sender
}

const body = Buffer.from('some bytes')

describe('a request', () => {
  test('carries the body, the headers of the user, and says what it is', async () => {
    const seen: StubRequest[] = []
    const stub = await collector({ taken: (request) => seen.push(request) })
    const sender = senderTo(stub.url, { headers: { 'x-tenant': 'bots' } })
    expect(await sender.send(body, undefined)).toMatchObject({ kind: 'answered', status: 200 })
    await sender.send(gzipSync(body), 'gzip')
    expect(seen.map((request) => request.body.toString())).toEqual(['some bytes', 'some bytes'])
    expect(seen[0]?.path).toBe('/v1/logs')
    expect(seen[0]?.headers).toMatchObject({
      'content-type': 'application/x-protobuf',
      'content-length': '10',
      'x-tenant': 'bots',
    })
    expect(seen[0]?.headers['content-encoding']).toBeUndefined()
    expect(seen[1]?.headers['content-encoding']).toBe('gzip')
  })

  test('a hundred requests share one connection', async () => {
    const stub = await collector()
    const sender = senderTo(stub.url)
    for (let count = 0; count < 100; count += 1) await sender.send(body, undefined)
    expect(stub.requests).toBe(100)
    expect(stub.connections).toBe(1)
  })

  test('[P6] a kept connection that the receiver closed is no failure', async () => {
    const stub = await collector()
    const sender = senderTo(stub.url)
    for (let count = 0; count < 20; count += 1) {
      expect(await sender.send(body, undefined)).toMatchObject({ kind: 'answered' })
      stub.dropConnections()
    }
    expect(stub.connections).toBeGreaterThan(1)
  })

  test('redirects are not followed', async () => {
    const stub = await collector({
      behaviour: { status: 307, headers: { location: '/elsewhere' } },
    })
    expect(await senderTo(stub.url).send(body, undefined)).toMatchObject({ status: 307 })
    expect(stub.requests).toBe(1)
  })

  test('of a large answer only the beginning is read', async () => {
    const stub = await collector({ behaviour: { status: 503, body: Buffer.alloc(5_000_000, 'x') } })
    const reply = await senderTo(stub.url).send(body, undefined)
    expect(reply).toMatchObject({ kind: 'answered', status: 503 })
    expect(reply.kind === 'answered' && reply.body.length).toBe(65_536)
  })
})

describe('[P6] no answer', () => {
  test('refused: not connected', async () => {
    const stub = await collector()
    await stub.down()
    expect(await senderTo(stub.url).send(body, undefined)).toMatchObject({
      kind: 'failed',
      code: 'ECONNREFUSED',
      connected: false,
    })
  })

  test('a name that does not resolve', async () => {
    const reply = await senderTo('http://no-such-host.invalid').send(body, undefined)
    expect(reply).toMatchObject({ kind: 'failed', connected: false })
    expect(reply.kind === 'failed' && reply.code).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/)
  })

  test('hangs: ends in time', async () => {
    const stub = await collector()
    const sender = senderTo(stub.url, { timeoutMs: 1000 })
    // The connection stands from here on: it is not what takes the time.
    expect(await sender.send(body, undefined)).toMatchObject({ kind: 'answered' })
    stub.behave('hang')
    expect(await sender.send(body, undefined)).toEqual({
      kind: 'failed',
      code: 'timeout',
      message: 'no answer within 1000 ms',
      connected: true,
    })
  })

  test('reset in the body, and reset in the answer', async () => {
    const stub = await collector({ behaviour: 'reset' })
    const large = Buffer.alloc(3_000_000)
    expect(await senderTo(stub.url).send(large, undefined)).toMatchObject({
      kind: 'failed',
      connected: true,
    })
    stub.behave('reset_answer')
    expect(await senderTo(stub.url).send(body, undefined)).toMatchObject({
      kind: 'failed',
      connected: true,
    })
  })

  test('a peer that does not speak HTTP', async () => {
    const server = createServer((socket) => socket.end('SSH-2.0-x\r\n'))
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    open.push(server)
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const reply = await senderTo(url).send(body, undefined)
    expect(reply.kind === 'failed' && reply.code).toMatch(/^HPE_/)
  })

  test('closing ends the running request at once', async () => {
    const stub = await collector({ behaviour: 'hang' })
    const sender = senderTo(stub.url, { timeoutMs: 60_000 })
    const reply = sender.send(body, undefined)
    while (stub.requests === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    sender.close()
    expect(await reply).toMatchObject({ kind: 'failed', code: 'aborted' })
    expect(await sender.send(body, undefined)).toMatchObject({ code: 'aborted' })
  })
})

describe('TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fillpath-tls-'))
  const file = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' })

  function makeCertificates(): void {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    openssl(
      'req',
      '-x509',
      ...key,
      '-keyout',
      file('ca.key'),
      '-out',
      file('ca.pem'),
      '-subj',
      '/CN=test authority',
      '-days',
      '2',
    )
    for (const name of ['server', 'bot']) {
      openssl(
        'req',
        '-x509',
        ...key,
        '-keyout',
        file(`${name}.key`),
        '-out',
        file(`${name}.pem`),
        '-subj',
        `/CN=${name}`,
        '-days',
        '2',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
        '-addext',
        'basicConstraints=critical,CA:FALSE',
        '-CA',
        file('ca.pem'),
        '-CAkey',
        file('ca.key'),
      )
    }
  }

  test('own authority and client certificate; without them nothing is sent', async () => {
    makeCertificates()
    const pem = (name: string) => readFileSync(file(name), 'utf8')
    const stub = await collector({
      tls: { key: pem('server.key'), cert: pem('server.pem'), clientCa: pem('ca.pem') },
    })
    const ours = { caFile: file('ca.pem'), certFile: file('bot.pem'), keyFile: file('bot.key') }
    expect(await senderTo(stub.url, { tls: ours }).send(body, undefined)).toMatchObject({
      kind: 'answered',
      status: 200,
    })
    const stranger = await senderTo(stub.url).send(body, undefined)
    expect(stranger.kind === 'failed' && stranger.code).toMatch(/CERT|SIGNATURE/)
    const nameless = await senderTo(stub.url, { tls: { caFile: file('ca.pem') } }).send(
      body,
      undefined,
    )
    expect(nameless).toMatchObject({ kind: 'failed' })
    expect(stub.requests).toBe(1)

    const missing = senderTo(stub.url, { tls: { caFile: file('gone.pem') } })
    expect(await missing.send(body, undefined)).toMatchObject({ kind: 'failed', code: 'ENOENT' })
    rmSync(folder, { recursive: true })
  })

  test('a certificate that was renewed on disk is used without a restart', async () => {
    const stale = mkdtempSync(join(tmpdir(), 'fillpath-tls-'))
    const at = (name: string) => join(stale, name)
    const make = (name: string) =>
      openssl(
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-keyout',
        at(`${name}.key`),
        '-out',
        at(`${name}.pem`),
        '-subj',
        `/CN=${name}`,
        '-addext',
        'subjectAltName=IP:127.0.0.1',
        '-days',
        '2',
      )
    make('server')
    make('other')
    const pem = (name: string) => readFileSync(at(name), 'utf8')
    const stub = await collector({ tls: { key: pem('server.key'), cert: pem('server.pem') } })
    const trusted = at('trusted.pem')
    execFileSync('cp', [at('other.pem'), trusted])
    const sender = senderTo(stub.url, { tls: { caFile: trusted } })
    expect(await sender.send(body, undefined)).toMatchObject({ kind: 'failed' })
    execFileSync('cp', [at('server.pem'), trusted])
    expect(await sender.send(body, undefined)).toMatchObject({ kind: 'answered', status: 200 })
    rmSync(stale, { recursive: true })
  })
})
