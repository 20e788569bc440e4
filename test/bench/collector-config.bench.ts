/**
 * What otel-collector.yaml costs: `node test/bench/collector-config.bench.ts [rounds] [parts] [other.yaml …]`. Needs Docker.
 *
 * Collectors of one image, each in its container with the limits of docker-compose.yml, get the same log records in
 * turn: 200 a request, 10 attributes each, four connections, 5 tasks a request, events of all categories and plain
 * lines. A round of a Collector is over when the next server has all of them.
 * - plain: OTLP in, OTLP out, nothing else
 * - plain, bare Go: the same without GOGC and GOMEMLIMIT of docker-compose.yml, which the others have
 * - otel-collector.yaml as it is delivered: redaction, queue on disk, nine kinds of files
 * - `parts`: the same with one part taken out at a time
 * - a path that ends in .yaml: another configuration, to compare
 * CPU time is what the Collector says about its own process; median of the rounds. At the end the first three are pushed
 * by 64 connections with 2,000 records a request for 20 s: what they answer, and how much memory they take.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ROOT_CONTEXT, SeverityNumber, trace } from '@opentelemetry/api'
import { ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { LoggerProvider } from '@opentelemetry/sdk-logs'
import { parse, stringify } from 'yaml'
import { docker, ownCount, untilReady, urlOf } from '../stack/collector.ts'
import { images } from '../stack/engine.ts'
import { eventually } from '../stack/stack.ts'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'

const rounds = Number(process.argv[2] ?? 7)
const withParts = process.argv.includes('parts')
const others = process.argv.slice(3).filter((path) => path.endsWith('.yaml'))
const recordsOfRequest = 200
const requestsOfRound = 150
const connections = 4
const records = recordsOfRequest * requestsOfRound

interface Pipeline {
  receivers: string[]
  processors: string[]
  exporters: string[]
}
interface Config {
  processors: Record<string, object>
  exporters: Record<string, Record<string, unknown>>
  service: { pipelines: Record<string, Pipeline> }
}

const run = `fillpath-bench-${process.pid}`
const folder = mkdtempSync(join(tmpdir(), 'fillpath-bench-'))
const started: string[] = []

/** A Collector in a container of its own, with the limits that docker-compose.yml gives it. */
async function collector(
  name: string,
  config: string,
  settings: Readonly<Record<string, string>> = compose().go,
): Promise<string> {
  const path = join(folder, `${name}.yaml`)
  const data = join(folder, name)
  mkdirSync(data)
  writeFileSync(path, config, { mode: 0o644 })
  const publish = ['4318', '8888', '13133'].flatMap((port) => ['-p', `127.0.0.1::${port}`])
  const environment = {
    ...settings,
    OTEL_DATA_DIR: '/data',
    LOKI_OTLP: `http://${run}-sink:4318`,
    TEMPO_OTLP: `${run}-sink:4317`,
    PROMETHEUS_OTLP: `http://${run}-sink:4318`,
  }
  docker(
    ...[
      'run',
      '-d',
      '--name',
      `${run}-${name}`,
      '--network',
      run,
      '--user',
      '0:0',
      '-m',
      compose().memory,
    ],
    ...Object.entries(environment).flatMap(([key, value]) => ['-e', `${key}=${value}`]),
    ...['-v', `${path}:/config.yaml:ro`, '-v', `${data}:/data`, ...publish],
    ...[images.collector, '--config', '/config.yaml'],
  )
  started.push(`${run}-${name}`)
  await untilReady(`${run}-${name}`)
  return `${run}-${name}`
}

/** What docker-compose.yml sets for Go, and how much memory it gives; both Collectors get it. */
function compose(): { readonly go: Record<string, string>; readonly memory: string } {
  const { services } = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as {
    services: Record<
      string,
      {
        environment: Record<string, string>
        deploy: { resources: { limits: { memory: string } } }
      }
    >
  }
  const { environment = {}, deploy } = services['otel-collector'] ?? {}
  const go = Object.entries(environment).filter(([name]) => name.startsWith('GO'))
  return { go: Object.fromEntries(go), memory: deploy?.resources.limits.memory ?? '' }
}

const listening = `
extensions: { health_check: { endpoint: "0.0.0.0:13133", path: /ready } }
receivers: { otlp: { protocols: { grpc: { endpoint: "0.0.0.0:4317" }, http: { endpoint: "0.0.0.0:4318" } } } }
`
const telemetry = `
  extensions: [health_check]
  telemetry: { metrics: { readers: [{ pull: { exporter: { prometheus: { host: 0.0.0.0, port: 8888 } } } }] } }
`
const plain = `${listening}
exporters: { otlp_http/loki: { endpoint: "\${env:LOKI_OTLP}" } }
service: ${telemetry}
  pipelines: { logs: { receivers: [otlp], exporters: [otlp_http/loki] } }
`
const sink = `${listening}
exporters: { debug: { sampling_initial: 1, sampling_thereafter: 1000000 } }
service: ${telemetry}
  pipelines:
    logs: { receivers: [otlp], exporters: [debug] }
    traces: { receivers: [otlp], exporters: [debug] }
    metrics: { receivers: [otlp], exporters: [debug] }
`

/** otel-collector.yaml changed by hand, to see what a part of it costs. */
function changed(change: (config: Config) => void): string {
  const config = parse(readFileSync('otel-collector.yaml', 'utf8'), { merge: true }) as Config
  change(config)
  return stringify(config, { aliasDuplicateObjects: false })
}

/** Takes processors whose name matches out of all pipelines. */
function withoutProcessor(name: RegExp): string {
  return changed((config) => {
    for (const pipeline of Object.values(config.service.pipelines)) {
      pipeline.processors = (pipeline.processors ?? []).filter((one) => !name.test(one))
    }
  })
}

/** Takes pipelines whose name matches away. */
function withoutPipeline(name: RegExp): string {
  return changed(({ service }) => {
    service.pipelines = Object.fromEntries(
      Object.entries(service.pipelines).filter(([key]) => !name.test(key)),
    )
  })
}

const parts: Readonly<Record<string, () => string>> = {
  'no redaction': () => withoutProcessor(/^redaction/),
  'no event name': () => withoutProcessor(/^transform\/event_name/),
  'no task files': () => withoutPipeline(/^logs\/tasks/),
  'no categories': () => withoutPipeline(/^logs\/(?!in|loki|tasks)/),
  'no logs.jsonl': () =>
    changed(({ service }) => {
      const pipeline = service.pipelines['logs/in']
      if (pipeline) pipeline.exporters = pipeline.exporters.filter((name) => name !== 'file/logs')
    }),
  'no queue on disk': () =>
    changed(({ exporters }) => {
      const queue = exporters['otlp_http/loki']?.['sending_queue'] as Record<string, unknown>
      delete queue['storage']
    }),
}

const events = [
  'trading.signal.detected',
  'trading.order.submitted',
  'trading.order.accepted',
  'trading.order.filled',
  'trading.hedge.started',
  'trading.hedge.completed',
  'trading.api.response',
  'trading.latency.measured',
  undefined,
  undefined,
] as const

/** One request, as the stock SDK writes it. */
function requestOf(index: number): Uint8Array {
  const logs: ReadableLogRecord[] = []
  const settled = Promise.resolve()
  const logger = new LoggerProvider({
    resource: resourceFromAttributes({
      'service.name': 'fillpath-bot',
      'service.instance.id': 'bench-1',
      'trading.bot.id': 'bench',
    }),
    processors: [
      { onEmit: (log) => void logs.push(log), forceFlush: () => settled, shutdown: () => settled },
    ],
  }).getLogger('strategy.atr', '1.2.0')
  for (let record = 0; record < recordsOfRequest; record += 1) {
    const number = index * recordsOfRequest + record
    const traceId = number.toString(16).padStart(32, 'a')
    const eventName = events[record % events.length]
    logger.emit({
      severityNumber: SeverityNumber.INFO,
      severityText: 'info',
      ...(eventName !== undefined && { eventName }),
      body: `filled 0.010 at 43210.00, order ${number}`,
      attributes: {
        'trading.task.id': `task-${record % 5}`,
        'trading.symbol': 'BTC/USDT',
        'trading.venue': 'binance',
        'trading.order.id': `88${number}`,
        'trading.order.client_id': `fp-861a210fb214a8f0-${number}`,
        'trading.order.side': 'buy',
        'trading.order.price': '43210.50',
        'trading.order.price_num': 43_210.5,
        'trading.order.quantity': '0.010',
        'trading.fill.tx_hash': `0x${traceId}${traceId}`,
      },
      context: trace.setSpanContext(ROOT_CONTEXT, {
        traceId,
        spanId: traceId.slice(0, 16),
        traceFlags: 1,
      }),
    })
  }
  return ProtobufLogsSerializer.serializeRequest(logs) ?? new Uint8Array()
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

function post(url: string, body: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length }
    const outgoing = request(`${url}/v1/logs`, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
    outgoing.on('error', reject).end(body)
  })
}

interface Cost {
  readonly cpuUs: number
  readonly clockUs: number
}

/** Sends one round and waits until the next server has it. */
async function round(container: string, bodies: readonly Uint8Array[]): Promise<Cost> {
  const url = urlOf(container, 4318)
  const sent = (): Promise<number> =>
    ownCount(container, 'otelcol_exporter_sent_log_records', /otlp_http\/loki/)
  const before = await sent()
  const cpuBefore = await ownCount(container, 'otelcol_process_cpu_seconds')
  const startedMs = performance.now()
  let next = 0
  const line = async (): Promise<void> => {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
      const status = await post(url, body)
      if (status !== 200) throw new Error(`${container} answered ${status}`)
    }
  }
  await Promise.all(Array.from({ length: connections }, line))
  const clockUs = ((performance.now() - startedMs) * 1000) / records
  const arrived = await eventually(sent, (count) => count >= before + records, 120_000)
  if (arrived !== before + records) throw new Error(`${container} sent on ${arrived - before}`)
  const cpu = (await ownCount(container, 'otelcol_process_cpu_seconds')) - cpuBefore
  return { cpuUs: (cpu * 1e6) / records, clockUs }
}

async function measure(): Promise<void> {
  await collector('sink', sink)
  const ways = new Map<string, string>()
  ways.set('plain', await collector('plain', plain))
  ways.set('plain, bare Go', await collector('bare', plain, {}))
  ways.set('ours', await collector('ours', readFileSync('otel-collector.yaml', 'utf8')))
  if (withParts) {
    for (const [name, make] of Object.entries(parts)) {
      ways.set(name, await collector(name.replaceAll(/[^a-z]+/g, '-'), make()))
    }
  }
  for (const [index, path] of others.entries()) {
    ways.set(path, await collector(`other-${index}`, readFileSync(path, 'utf8')))
  }
  const bodies = Array.from({ length: requestsOfRound }, (_, index) => requestOf(index))
  const costs = new Map([...ways.keys()].map((way) => [way, [] as Cost[]]))
  for (const container of ways.values()) await round(container, bodies)
  for (let turn = 0; turn < rounds; turn += 1) {
    for (const [way, container] of ways) costs.get(way)?.push(await round(container, bodies))
  }
  report(costs)
  for (const way of [...ways.values()].slice(0, 3)) await push(way)
}

function report(costs: ReadonlyMap<string, readonly Cost[]>): void {
  const middle = (values: readonly number[]): number =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
  const base = middle((costs.get('plain') ?? []).map(({ cpuUs }) => cpuUs))
  console.log('                      CPU/record    (least – most)   records/s   CPU : plain')
  for (const [way, measured] of costs) {
    const cpus = measured.map(({ cpuUs }) => cpuUs)
    const spread = `(${Math.min(...cpus).toFixed(1)} – ${Math.max(...cpus).toFixed(1)})`
    const rate = Math.round(1e6 / middle(measured.map(({ clockUs }) => clockUs)))
    console.log(
      `  ${way.padEnd(18)} ${middle(cpus).toFixed(1).padStart(8)} µs ${spread.padStart(17)} ${rate.toLocaleString('en').padStart(11)} ${(middle(cpus) / base).toFixed(2).padStart(11)} ×`,
    )
  }
}

/** 64 connections with 2,000 records a request: what becomes of a Collector that gets far more than it can take. */
async function push(container: string): Promise<void> {
  const url = urlOf(container, 4318)
  const large = Buffer.concat(Array.from({ length: 10 }, (_, index) => requestOf(index)))
  const until = performance.now() + 20_000
  const answers = new Map<string, number>()
  let memory = 0
  const line = async (): Promise<void> => {
    while (performance.now() < until) {
      const answer = await post(url, large).then(String, () => 'no answer')
      answers.set(answer, (answers.get(answer) ?? 0) + 1)
      // A client waits before it sends again what was refused.
      if (answer !== '200') await sleep(500)
    }
  }
  const watch = async (): Promise<void> => {
    while (performance.now() < until) {
      const rss = await ownCount(container, 'otelcol_process_memory_rss').catch(() => 0)
      memory = Math.max(memory, rss)
      await sleep(250)
    }
  }
  await Promise.all([...Array.from({ length: 64 }, line), watch()])
  const said = [...answers].map(([answer, times]) => `${times} × ${answer}`).join(', ')
  const killed = docker('inspect', '-f', '{{.State.OOMKilled}}', container) === 'true'
  console.log(
    `  ${container.split('-').at(-1)}, pushed by 64 connections with 2,000 records a request: ${said}; RSS ${(memory / 1e6).toFixed(0)} MB at most, of ${compose().memory}${killed ? ', KILLED for want of memory' : ''}`,
  )
}

docker('network', 'create', run)
try {
  await measure()
} finally {
  if (started.length > 0) docker('rm', '-f', '-v', ...started)
  docker('network', 'rm', run)
  rmSync(folder, { recursive: true, force: true })
}
