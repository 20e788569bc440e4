/**
 * How long telemetry holds the event loop while its receiver is away: `node test/bench/loop.bench.ts [rounds] [seconds]`
 *
 * A process emits 5,000 events a second with 10 attributes, as many as are due each millisecond, a tenth of them critical:
 * - none: the events are made and dropped
 * - fillpath: as a user starts it, into the spool on disk; nobody listens at the receiver's port
 * - stock: NodeSDK as it comes, with its batch processors and OTLP exporters, nobody at the port either
 *
 * CPU time of the thread from one turn that emits to the next one, which other processes of the machine do not lengthen:
 * the events, what is written for them, and whatever the batches, timers and connections of the telemetry do in between.
 * Beside it the delay of the loop as Node measures it, which on a machine that is not quiet is that of the machine. p99.9
 * of each, every case in a process of its own, in turn; the median of the rounds counts.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { SeverityNumber, logs } from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { start } from '../../src/index.ts'

const ways = ['none', 'fillpath', 'stock'] as const
type Way = (typeof ways)[number]

/** Milliseconds. */
interface Delays {
  readonly turnCpu: number
  readonly loop: number
  readonly events: number
}

const perSecond = 5000
const warmUpMs = 4000
const receiver = 'http://127.0.0.1:9'

async function startWay(way: Way, folder: string): Promise<void> {
  if (way === 'stock') new NodeSDK({ serviceName: 'bench' }).start()
  if (way !== 'fillpath') return
  await start({
    serviceName: 'bench',
    destination: receiver,
    console: false,
    exitHooks: false,
    spool: { folder },
  })
}

async function measure(way: Way, seconds: number, folder: string): Promise<Delays> {
  await startWay(way, folder)
  const bot = logs.getLogger('bot')
  const turnCpu: number[] = []
  let cpu = process.threadCpuUsage()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const began = performance.now()
  let events = 0
  let isWarm = false
  while (performance.now() - began < warmUpMs + seconds * 1000) {
    if (!isWarm && performance.now() - began > warmUpMs) {
      isWarm = true
      delay.enable()
    }
    const due = Math.min(64, Math.floor(((performance.now() - began) / 1000) * perSecond) - events)
    for (let index = 0; index < due; index += 1, events += 1) {
      const isCritical = events % 10 === 0
      const record = {
        eventName: isCritical ? 'trading.order.filled' : 'trading.api.response',
        severityNumber: SeverityNumber.INFO,
        severityText: 'info',
        body: 'as it came',
        attributes: {
          'trading.venue': 'binance',
          'trading.symbol': 'BTC/USDT',
          'trading.order.side': 'buy',
          'trading.order.price': `${43_210 + (events % 1000)}.50`,
          'trading.order.quantity': '0.010',
          'trading.order.id': String(8_812_345_678 + events),
          'trading.order.client_id': `c-${events}`,
          'trading.order.attempt': events % 3,
          'http.response.status_code': 200,
          'trading.order.ack_latency_ms': 41.25 + (events % 7),
        },
      }
      if (way !== 'none') bot.emit(record)
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
    const { user, system } = process.threadCpuUsage(cpu)
    cpu = process.threadCpuUsage()
    if (isWarm) turnCpu.push((user + system) / 1000)
  }
  delay.disable()
  const loop = delay.percentile(99.9) / 1e6
  return { turnCpu: worst(turnCpu), loop, events }
}

function worst(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.999)] ?? Number.NaN
}

const [, , argument = '3', length = '10', folder] = process.argv
const way = ways.find((each) => each === argument)
if (way !== undefined && folder !== undefined) {
  console.log(JSON.stringify(await measure(way, Number(length), folder)))
  process.exit(0)
}
const results = new Map<Way, Delays[]>(ways.map((each) => [each, []]))
for (let round = 0; round < Number(argument); round += 1) {
  for (const each of ways) {
    const own = mkdtempSync(join(tmpdir(), 'fillpath-bench-'))
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [import.meta.filename, each, length, join(own, 'spool')],
      { encoding: 'utf8', env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: receiver } },
    )
    rmSync(own, { recursive: true, force: true })
    if (stdout === '') throw new Error(stderr)
    results.get(each)?.push(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''))
  }
}
const median = (each: Way, key: keyof Delays): number =>
  (results.get(each) ?? []).map((delays) => delays[key]).toSorted((a, b) => a - b)[
    Number(argument) >> 1
  ] ?? Number.NaN
console.log('p99.9 in ms                CPU of a turn    loop delay')
for (const each of ways) {
  const cells = (['turnCpu', 'loop'] as const).map((key) => median(each, key).toFixed(2))
  console.log(`${each.padEnd(24)} ${cells[0]?.padStart(15)} ${cells[1]?.padStart(13)}`)
}
const added = (key: keyof Delays): string =>
  (median('fillpath', key) - median('none', key)).toFixed(2)
console.log(
  `event loop p99.9, fillpath : stock, ratio ${(median('fillpath', 'turnCpu') / median('stock', 'turnCpu')).toFixed(2)} of a turn's CPU, ${(median('fillpath', 'loop') / median('stock', 'loop')).toFixed(2)} of the loop delay; above no telemetry ${added('turnCpu')} ms of a turn's CPU, ${added('loop')} ms of delay; goal 1`,
)
