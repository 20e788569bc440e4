import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../commands/cli.ts'
import { missing } from './engine.ts'
import { eventually, json, startStack } from './stack.ts'
import type { Server } from 'node:http'
import type { Stack } from './stack.ts'

interface Checked {
  readonly ok: boolean
  readonly servers: readonly {
    readonly name: string
    readonly ok: boolean
    readonly ready: boolean
    readonly version: string | null
    readonly arrivedMs: number | null
    readonly problem: string | null
    readonly hint: string | null
  }[]
}

async function check(
  ...words: readonly string[]
): Promise<{ readonly code: number | null; readonly answer: Checked }> {
  const { code, stdout } = await run(['stack', 'check', '--json', ...words])
  return { code, answer: JSON.parse(stdout) as Checked }
}

describe.skipIf(missing('collector', 'loki', 'prometheus'))('stack check on real servers', () => {
  let stack: Stack
  let addresses: string[]

  beforeAll(async () => {
    stack = await startStack('otel-collector', 'loki', 'prometheus')
    addresses = [
      ...['--collector', stack.url('otel-collector'), '--loki', stack.url('loki')],
      ...['--prometheus', stack.url('prometheus'), '--skip', 'tempo,grafana'],
      ...['--timeout', '90s'],
    ]
  }, 600_000)
  afterAll(() => stack?.stop(), 600_000)

  test('a probe arrives in each server, and none of it names a bot', async () => {
    const { code, answer } = await check(...addresses)
    expect(answer.servers.map(({ name, problem }) => [name, problem])).toEqual([
      ['otel-collector', null],
      ['loki', null],
      ['prometheus', null],
    ])
    expect([code, answer.ok]).toEqual([0, true])
    for (const { arrivedMs } of answer.servers) expect(arrivedMs).toBeGreaterThan(0)
    expect(answer.servers[1]?.version).toMatch(/^\d+\.\d+/)

    const loki = stack.url('loki')
    const { data: names } = await json<{ data: string[] }>(
      `${loki}/loki/api/v1/label/trading_bot_id/values`,
    )
    expect(names ?? []).toEqual([])
    const query = 'count({service_name="fillpath-check", trading_bot_id!=""})'
    const { data } = await json<{ data: { result: unknown[] } }>(
      `${stack.url('prometheus')}/api/v1/query`,
      { query },
    )
    expect(data.result).toEqual([])
  })

  test('a second check is not content with the probe of the first', async () => {
    const { answer } = await check(...addresses)
    expect(answer.ok).toBe(true)
    const query = 'fillpath_check{service_name="fillpath-check"}'
    const series = await eventually(
      () =>
        json<{ data: { result: unknown[] } }>(`${stack.url('prometheus')}/api/v1/query`, { query }),
      ({ data }) => data.result.length > 0,
    )
    expect(series.data.result).toHaveLength(1)
  })

  test('with Loki stopped it says that Loki is away, what to do, and that the others work', async () => {
    await stack.environment.getContainer('loki-1').stop({ remove: false, timeout: 10_000 })
    const { code, answer } = await check(...addresses)
    expect([code, answer.ok]).toEqual([1, false])
    expect(answer.servers.map(({ name, ok }) => [name, ok])).toEqual([
      ['otel-collector', true],
      ['loki', false],
      ['prometheus', true],
    ])
    const loki = answer.servers[1]
    expect(loki?.problem).toContain('loki does not answer at')
    expect(loki?.problem).toContain('waits on the disk of the Collector')
    expect(loki?.hint).toContain('docker compose up -d loki')
    const text = await run(['stack', 'check', ...addresses])
    expect(text.code).toBe(1)
    expect(text.stdout).toContain('1 of 3 broken: loki')
  })

  test('with the Collector stopped too, servers that are ready are not called broken', async () => {
    await stack.environment
      .getContainer('otel-collector-1')
      .stop({ remove: false, timeout: 10_000 })
    const { code, answer } = await check(...addresses)
    expect(code).toBe(1)
    expect(answer.servers.map(({ name, ok, arrivedMs }) => [name, ok, arrivedMs])).toEqual([
      ['otel-collector', false, null],
      ['loki', false, null],
      ['prometheus', true, null],
    ])
    expect(answer.servers[0]?.hint).toContain('docker compose up -d otel-collector')
  })
})

describe('stack check', () => {
  const servers: Server[] = []

  /** A server with these answers by path; anything else is not found. */
  async function serving(
    answers: Readonly<Record<string, readonly [status: number, body: string]>>,
  ): Promise<string> {
    const server = createServer((request, response) => {
      const path = new URL(request.url ?? '/', 'http://x').pathname
      const [status, body] = answers[path] ?? [404, '404 page not found']
      response.writeHead(status).end(body)
    })
    servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  }

  const ok = [200, '{}'] as const
  const taking = { '/v1/traces': ok, '/v1/logs': ok, '/v1/metrics': ok }

  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections()
      server.close()
    }
  })

  test.each([
    [500, 'write /data/logs.jsonl: no space left on device', 'docker system df'],
    [503, 'data refused due to high memory usage', 'Give the container more'],
    [503, 'sending queue is full', 'a server behind it is away'],
    [404, '404 page not found', 'no OTLP receiver'],
    [502, 'bad gateway', 'docker compose logs --tail 20 otel-collector'],
  ])('a Collector that answers %i %s is explained', async (status, said, todo) => {
    const collector = await serving({ '/v1/traces': [status, said] })
    const { code, answer } = await check(
      '--collector',
      collector,
      '--skip',
      'loki,tempo,prometheus,grafana',
    )
    expect(code).toBe(1)
    expect(answer.servers).toHaveLength(1)
    expect(answer.servers[0]?.problem).toContain(`it refuses a span (${status}): ${said}`)
    expect(answer.servers[0]?.hint).toContain(todo)
  })

  test('a server that is ready and gets nothing is told from one that is away, with what waits for it', async () => {
    const collector = await serving(taking)
    const loki = await serving({
      '/ready': [200, 'ready'],
      '/loki/api/v1/status/buildinfo': [200, '{"version":"3.7.8"}'],
      '/loki/api/v1/query_range': [200, '{"data":{"result":[]}}'],
    })
    const prometheus = await serving({
      '/-/ready': [200, 'ready'],
      '/api/v1/status/buildinfo': [200, '{"data":{"version":"3.15.0"}}'],
      '/api/v1/query': [200, '{"data":{"result":[{"metric":{},"value":[1,"508344"]}]}}'],
    })
    const { code, answer } = await check(
      ...['--collector', collector, '--loki', loki, '--prometheus', prometheus],
      ...['--skip', 'tempo,grafana', '--timeout', '1s'],
    )
    expect(code).toBe(1)
    expect(answer.servers[1]).toMatchObject({
      name: 'loki',
      ready: true,
      version: '3.7.8',
      ok: false,
    })
    expect(answer.servers[1]?.problem).toContain('did not arrive within 1 s. 508,344 bytes wait')
    expect(answer.servers[1]?.hint).toContain('exporter otlp_http/loki')
  })

  test('a server that starts, one that is another program, and a Grafana that works', async () => {
    const loki = await serving({
      '/ready': [503, 'Ingester not ready: waiting for 1s after being ready'],
      '/loki/api/v1/status/buildinfo': [200, '{"version":"3.7.8"}'],
    })
    const prometheus = await serving({ '/-/ready': [200, 'ready'] })
    const grafana = await serving({ '/api/health': [200, '{"database":"ok","version":"13.2.0"}'] })
    const { answer } = await check(
      ...['--loki', loki, '--prometheus', prometheus, '--grafana', grafana],
      ...['--skip', 'tempo,collector'],
    )
    expect(answer.servers.map(({ name, problem }) => [name, problem])).toEqual([
      ['loki', 'it is not ready (503): Ingester not ready: waiting for 1s after being ready'],
      ['prometheus', `what answers at ${prometheus} is not prometheus`],
      ['grafana', null],
    ])
    expect(answer.servers[2]?.version).toBe('13.2.0')
    const hiding = await serving({ '/api/health': [200, '{"database":"ok"}'] })
    const skipped = ['--skip', 'collector,loki,tempo,prometheus']
    expect((await check('--grafana', hiding, ...skipped)).answer.servers).toMatchObject([
      { name: 'grafana', ok: true, version: null },
    ])
  })

  test('a wrong word ends with 2 and says which is right', async () => {
    const skip = await run(['stack', 'check', '--skip', 'tempos'])
    expect(skip.code).toBe(2)
    expect(skip.stderr).toContain('Did you mean "tempo"?')
    expect((await run(['stack', 'check', '--timeout', 'soon'])).code).toBe(2)
    expect((await run(['stack', 'check', '--loki', 'loki:3100'])).code).toBe(2)
  })
})
