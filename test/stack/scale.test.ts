import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DockerComposeEnvironment, Wait } from 'testcontainers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeLine } from '../../src/wire/line.ts'
import { decodeRequest } from '../../src/wire/otlp-json.ts'
import { docker, untilReady, urlOf } from './collector.ts'
import { images, missing } from './engine.ts'
import { flowOf, logsRequest, metricsRequest, recordsOfFlow, send, tracesRequest } from './flows.ts'
import { eventually } from './stack.ts'
import type { StartedDockerComposeEnvironment } from 'testcontainers'
import type { LogRecord, SpanRecord, WireRecord } from '../../src/wire/record.ts'

/** What stands behind the gateways: a port for each of them, and a file for each port. */
const servers = `
extensions: { health_check: { endpoint: "0.0.0.0:13133", path: /ready } }
receivers:
  otlp/1: { protocols: { grpc: { endpoint: "0.0.0.0:4317" }, http: { endpoint: "0.0.0.0:4318" } } }
  otlp/2: { protocols: { grpc: { endpoint: "0.0.0.0:5317" }, http: { endpoint: "0.0.0.0:5318" } } }
exporters:
  file/1: { path: /data/gateway-1.jsonl, rotation: { max_megabytes: 1000 } }
  file/2: { path: /data/gateway-2.jsonl, rotation: { max_megabytes: 1000 } }
service:
  extensions: [health_check]
  telemetry: { metrics: { level: none } }
  pipelines:
    traces/1: { receivers: [otlp/1], exporters: [file/1] }
    traces/2: { receivers: [otlp/2], exporters: [file/2] }
    logs/1: { receivers: [otlp/1], exporters: [file/1] }
    logs/2: { receivers: [otlp/2], exporters: [file/2] }
    metrics/1: { receivers: [otlp/1], exporters: [file/1] }
    metrics/2: { receivers: [otlp/2], exporters: [file/2] }
`

const gateways = [1, 2] as const
type Gateway = (typeof gateways)[number]

/** deploy/docker-compose.yml with free ports, and a file in place of Loki, Tempo and Mimir. */
class Tiers {
  #folder = ''
  readonly #name = `fillpath-test-scale-${process.pid}-${Date.now() % 100_000}`
  #started: StartedDockerComposeEnvironment | undefined

  async start(overlay: string): Promise<void> {
    this.#folder = mkdtempSync(join(tmpdir(), 'fillpath-scale-'))
    writeFileSync(join(this.#folder, 'servers.yaml'), servers)
    const environmentOf = (gateway: Gateway): string =>
      `environment: { LOKI_OTLP: "http://servers:${gateway + 3}318", TEMPO_OTLP: "servers:${gateway + 3}317", MIMIR_OTLP: "http://servers:${gateway + 3}318" }`
    const override = join(this.#folder, 'override.yml')
    writeFileSync(
      override,
      `services:
  gateway-1: { restart: "no", ${environmentOf(1)} }
  gateway-2: { restart: "no", ${environmentOf(2)} }
  agent-1: { restart: "no" }
  agent-2: { restart: "no" }
  servers:
    image: ${images.collector}
    user: "0:0"
    command: ["--config", "/servers.yaml"]
    volumes: ["${this.#folder}/servers.yaml:/servers.yaml:ro", "${this.#folder}:/data"]
    ports: ["127.0.0.1:0:13133"]
    networks: [telemetry]
`,
    )
    docker('network', 'create', this.#name)
    const ports = ['GATEWAY_1', 'GATEWAY_2', 'AGENT_1', 'AGENT_2'].flatMap((name) => [
      [`${name}_PORT`, '0'],
      [`${name}_HEALTH_PORT`, '0'],
    ])
    const services = ['servers', 'gateway-1', 'gateway-2', 'agent-1', 'agent-2']
    let environment = new DockerComposeEnvironment(resolve('deploy'), [
      'docker-compose.yml',
      override,
    ])
      .withProjectName(this.#name)
      .withProfiles('agents')
      .withEnvironment({
        ...(Object.fromEntries(ports) as Record<string, string>),
        TELEMETRY_NETWORK: this.#name,
        GATEWAY_OVERLAY: overlay,
      })
      .withStartupTimeout(180_000)
    for (const service of services) {
      environment = environment.withWaitStrategy(`${service}-1`, Wait.forHttp('/ready', 13_133))
    }
    this.#started = await environment.up(services)
  }

  container(service: string): string {
    const container = this.#started?.getContainer(`${service}-1`)
    if (!container) throw new Error(`${service} does not run`)
    return container.getId()
  }

  agent(number: 1 | 2): string {
    return urlOf(this.container(`agent-${number}`), 4318)
  }

  /** All that came through a gateway. */
  behind(gateway: Gateway): WireRecord[] {
    const path = join(this.#folder, `gateway-${gateway}.jsonl`)
    if (!existsSync(path)) return []
    // The last line may be half there.
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1).filter(Boolean)
    return lines.flatMap(decodeRequest)
  }

  async stop(): Promise<void> {
    if (this.#folder === '') return
    await this.#started?.down({ removeVolumes: true, timeout: 5_000 })
    docker('network', 'rm', this.#name)
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

const isSpan = (record: WireRecord): record is SpanRecord => record.signal === 'span'
const isLog = (record: WireRecord): record is LogRecord => record.signal === 'log'

/** Names of the spans of each trace, without those that came twice. */
function tracesOf(records: readonly WireRecord[]): Map<string, string[]> {
  const spans = new Map(records.filter(isSpan).map((span) => [span.traceId + span.spanId, span]))
  const traces = new Map<string, string[]>()
  for (const { traceId, name } of spans.values()) {
    traces.set(traceId, [...(traces.get(traceId) ?? []), name].toSorted())
  }
  return traces
}

interface Change {
  readonly flow: number
  readonly span: Record<string, unknown>
}

/** Sends flows whose hedge happens on another machine than their signal and their order. */
async function sendFlows(
  tiers: Tiers,
  flows: readonly number[],
  change: (change: Change) => void = () => {},
): Promise<void> {
  const part = (hedge: boolean): string => {
    const request = JSON.parse(tracesRequest(hedge ? 'bot-b' : 'bot-a', flows)) as {
      resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[]
    }
    const [scope] = request.resourceSpans[0]?.scopeSpans ?? []
    if (!scope) throw new Error('a request without spans')
    scope.spans.forEach((span, index) => {
      change({ flow: flows[Math.floor(index / 3)] ?? 0, span })
    })
    scope.spans = scope.spans.filter(({ name }) => (name === 'hedge') === hedge)
    return JSON.stringify(request)
  }
  await send(tiers.agent(2), 'traces', part(true))
  await send(tiers.agent(1), 'traces', part(false))
}

const numbers = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => first + index)

const whole = ['hedge', 'order', 'signal']

describe.skipIf(missing('collector'))('two agents before two gateways', () => {
  const tiers = new Tiers()
  beforeAll(() => tiers.start('gateway.yaml'), 600_000)
  afterAll(() => tiers.stop(), 600_000)

  /** Waits until all flows below a number are behind the gateways, and gives the traces of each. */
  async function traces(flows: number): Promise<Record<Gateway, Map<string, string[]>>> {
    const read = (): Promise<Record<Gateway, Map<string, string[]>>> =>
      Promise.resolve({ 1: tracesOf(tiers.behind(1)), 2: tracesOf(tiers.behind(2)) })
    return eventually(
      read,
      (found) =>
        [...found[1].values(), ...found[2].values()].filter(({ length }) => length >= 3).length >=
        flows,
      120_000,
    )
  }

  function expectWhole(found: Record<Gateway, Map<string, string[]>>, flows: number): void {
    const all = [...found[1], ...found[2]]
    expect(all.filter(([, spans]) => spans.join() !== whole.join())).toEqual([])
    expect([...found[1].keys()].filter((id) => found[2].has(id))).toEqual([])
    const sent = numbers(0, flows).map((flow) => flowOf(flow).traceId)
    expect(new Set(all.map(([id]) => id))).toEqual(new Set(sent))
    for (const gateway of gateways) expect(found[gateway].size).toBeGreaterThan(flows / 4)
  }

  test('[C39] each trace is whole on one gateway, from whichever machine its spans come', async () => {
    for (const first of [0, 100, 200]) await sendFlows(tiers, numbers(first, 100))
    expectWhole(await traces(300), 300)
  })

  test('[C39] every log line and every measure of both machines arrives, those of a process behind one gateway', async () => {
    const start = BigInt(Date.now()) * 1_000_000n
    for (const [number, bot] of [
      [1, 'bot-a'],
      [2, 'bot-b'],
    ] as const) {
      await send(tiers.agent(number), 'logs', logsRequest(bot, numbers(0, 100)))
      const fills = metricsRequest(bot, 100, start, flowOf(0).traceId)
      await send(tiers.agent(number), 'metrics', fills)
    }
    const linesOf = (gateway: Gateway, bot: string): number =>
      tiers
        .behind(gateway)
        .filter(isLog)
        .filter(({ resource }) => resource.attributes.get('trading.bot.id') === bot).length
    for (const bot of ['bot-a', 'bot-b']) {
      const counts = (): Promise<number[]> =>
        Promise.resolve(gateways.map((gateway) => linesOf(gateway, bot)))
      const found = await eventually(counts, (lines) => lines.some((count) => count >= 500))
      expect(found.toSorted((a, b) => a - b)).toEqual([0, 100 * recordsOfFlow])
    }
    const fills = (): Promise<string[]> =>
      Promise.resolve(
        gateways
          .flatMap((gateway) => tiers.behind(gateway))
          .flatMap((record) =>
            record.signal === 'metric' && record.name === 'trading.fill.count'
              ? [record.resource.attributes.get('trading.bot.id') as string]
              : [],
          ),
      )
    const bots = await eventually(fills, ({ length }) => length >= 2)
    expect(bots.toSorted((a, b) => a.localeCompare(b))).toEqual(['bot-a', 'bot-b'])
  })

  test('[C35, C39] a secret does not leave the machine of its bot, wherever it stands; ids and hashes do', async () => {
    const secret = 'sk-live-0123456789abcdef'
    const request = JSON.parse(
      logsRequest('bot-secret', [9000], {
        api_key: secret,
        'trading.api.key': secret,
        'trading.api.params': { nested: { apiSecret: secret }, symbol: 'BTCUSDT' },
        'trading.order.client_id': `signature=${secret}`,
        note: `Bearer ${secret}`,
      }),
    ) as { resourceLogs: { scopeLogs: { logRecords: { body: object }[] }[] }[] }
    const records = request.resourceLogs[0]?.scopeLogs[0]?.logRecords ?? []
    const map = (key: string, value: object): object => ({
      kvlistValue: { values: [{ key, value }] },
    })
    const bodies = [
      { stringValue: `started with --api-key ${secret}` },
      { stringValue: `passphrase: ${secret}` },
      map('headers', map('X-MBX-APIKEY', { stringValue: secret })),
      { arrayValue: { values: [{ stringValue: `Bearer ${secret}` }] } },
    ]
    bodies.forEach((body, index) => {
      const record = records[index]
      if (record) record.body = body
    })
    await send(tiers.agent(1), 'logs', JSON.stringify(request))
    const lines = (): Promise<LogRecord[]> =>
      Promise.resolve(
        gateways
          .flatMap((gateway) => tiers.behind(gateway))
          .filter(isLog)
          .filter(({ resource }) => resource.attributes.get('trading.bot.id') === 'bot-secret'),
      )
    const found = await eventually(lines, ({ length }) => length >= recordsOfFlow)
    const text = found.map(encodeLine).join('\n')
    expect(found).toHaveLength(recordsOfFlow)
    expect(text).not.toContain(secret)
    expect(text).toContain(flowOf(9000).orderId)
    expect(text).toContain(`0x${flowOf(9000).traceId}${flowOf(9000).traceId}`)
  })

  test('[C39] a gateway killed in between costs nothing: its part waits on the disks of the agents', async () => {
    const gateway = tiers.container('gateway-2')
    await sendFlows(tiers, numbers(300, 50))
    docker('kill', '--signal', 'KILL', gateway)
    for (const first of [350, 400, 450]) await sendFlows(tiers, numbers(first, 50))
    // Longer than the 5 s after which the exporter would drop, were it not told otherwise.
    await sleep(8_000)
    // Neither does an agent that dies meanwhile.
    const agent = tiers.container('agent-1')
    docker('kill', '--signal', 'KILL', agent)
    docker('start', agent, gateway)
    await untilReady(agent)
    await untilReady(gateway)
    await sendFlows(tiers, numbers(500, 50))
    expectWhole(await traces(550), 550)
  }, 600_000)
})

describe.skipIf(missing('collector'))('gateways with sampling.yaml', () => {
  const tiers = new Tiers()
  beforeAll(() => tiers.start('sampling.yaml'), 600_000)
  afterAll(() => tiers.stop(), 600_000)

  test('[C39, X36] all traces with an error or a failed outcome are kept whole, and a part of the rest', async () => {
    const failing = new Set(numbers(0, 20))
    const interrupted = new Set(numbers(20, 20))
    await sendFlows(tiers, numbers(0, 240), ({ flow, span }) => {
      // The error is known to the second machine alone.
      if (failing.has(flow) && span['name'] === 'hedge') span['status'] = { code: 2 }
      if (interrupted.has(flow) && span['name'] === 'signal') {
        span['attributes'] = [
          { key: 'trading.flow.outcome', value: { stringValue: 'interrupted' } },
        ]
      }
    })
    const wanted = [...failing, ...interrupted].map((flow) => flowOf(flow).traceId)
    const read = (): Promise<Map<string, string[]>> =>
      Promise.resolve(tracesOf([...tiers.behind(1), ...tiers.behind(2)]))
    const found = await eventually(
      read,
      (traces) => wanted.every((id) => traces.get(id)?.length === 3) && traces.size > 40,
    )
    expect(wanted.filter((id) => found.get(id)?.join() !== whole.join())).toEqual([])
    expect(found.size - wanted.length).toBeGreaterThan(0)
    expect(found.size - wanted.length).toBeLessThan(80)
    expect([...found.values()].filter((spans) => spans.join() !== whole.join())).toEqual([])
  })
})
