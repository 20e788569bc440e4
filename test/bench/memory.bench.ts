/**
 * Memory of a bot whose receiver is away: `node test/bench/memory.bench.ts [millions of events] [events a second]`, 10
 * million as fast as they can be made unless said otherwise. Takes minutes.
 *
 * A process emits events with 10 attributes, in turns of the event loop of at most 64, with nobody at the receiver's port:
 * - none: the events are made and dropped; what V8 keeps for so many short-lived objects
 * - stock: NodeSDK as it comes, which holds 2,048 records and drops the rest
 * - fillpath: as a user starts it, into the spool on disk. As fast as can be it reaches its quota (2 GiB) on the way, and the
 *   oldest go
 *
 * Each in a process of its own, one after the other. RSS is what the system says of the whole process, its threads
 * included; pages of the files are not in it. RSS after the first 500,000 events (a fifth where there are fewer than 2.5
 * million), when all code is compiled and all buffers are there, is compared with the highest one after that.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SeverityNumber, logs } from '@opentelemetry/api'
import type { LogRecord } from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { start } from '../../src/index.ts'
import type { Telemetry } from '../../src/index.ts'

const warmUpMax = 500_000
const growthMaxMiB = 32
const receiver = 'http://127.0.0.1:9'

const ways = ['none', 'stock', 'fillpath'] as const
type Way = (typeof ways)[number]

/** What the bot's process reports. */
interface Report {
  readonly startMiB: number
  readonly warmMiB: number
  readonly highestMiB: number
  readonly lastMiB: number
  readonly perSecond: number
  readonly cpuSeconds: number
  readonly dropped: number
  readonly spoolMiB: number
}

const miB = (bytes: number): number => Math.round(bytes / 1024 ** 2)
const rssMiB = (): number => miB(process.memoryUsage.rss())

async function startWay(way: Way, folder: string): Promise<Telemetry | undefined> {
  if (way === 'stock') new NodeSDK({ serviceName: 'bench' }).start()
  if (way !== 'fillpath') return undefined
  return start({
    serviceName: 'bench',
    destination: receiver,
    console: false,
    exitHooks: false,
    spool: { folder },
  })
}

function eventOf(number: number): LogRecord {
  return {
    eventName: 'trading.api.response',
    severityNumber: SeverityNumber.INFO,
    severityText: 'info',
    body: 'answered in 41 ms',
    attributes: {
      'trading.venue': 'binance',
      'trading.symbol': 'BTC/USDT',
      'trading.order.side': 'buy',
      'trading.order.price': `${43_210 + (number % 1000)}.50`,
      'trading.order.quantity': '0.010',
      'trading.order.id': String(8_812_345_678 + number),
      'trading.order.client_id': `c-${number}`,
      'trading.order.attempt': number % 3,
      'http.response.status_code': 200,
      'trading.order.ack_latency_ms': 41.25 + (number % 7),
    },
  }
}

async function bot(way: Way, count: number, pace: number, folder: string): Promise<Report> {
  const telemetry = await startWay(way, folder)
  const bot = logs.getLogger('bot')
  const startMiB = rssMiB()
  const warmUp = Math.min(warmUpMax, count / 5)
  let warmMiB = 0
  let highestMiB = 0
  const began = performance.now()
  const seconds = (): number => (performance.now() - began) / 1000
  let looked = 0
  for (let done = 0; done < count;) {
    const due = pace === 0 ? 64 : Math.min(64, Math.floor(seconds() * pace) - done)
    for (let turn = 0; turn < due; turn += 1, done += 1) {
      const event = eventOf(done)
      if (way !== 'none') bot.emit(event)
    }
    await new Promise((resolve) => (pace === 0 ? setImmediate(resolve) : setTimeout(resolve, 1)))
    if (done - looked < 6400) continue
    looked = done
    const now = rssMiB()
    if (done <= warmUp) warmMiB = now
    else highestMiB = Math.max(highestMiB, now)
  }
  const perSecond = Math.round(count / seconds())
  const { user, system } = process.cpuUsage()
  const spool = telemetry?.status().spool
  const dropped = Object.values(spool?.dropped ?? {}).flatMap((byReason) => Object.values(byReason))
  const report = {
    startMiB,
    warmMiB,
    highestMiB,
    lastMiB: rssMiB(),
    perSecond,
    cpuSeconds: Math.round((user + system) / 1e6),
    dropped: dropped.reduce((sum, each) => sum + each, 0),
    spoolMiB: miB(spool?.bytes ?? 0),
  }
  await telemetry?.shutdown()
  return report
}

const [, , millions = '10', pace = '0', name, folder] = process.argv
const asked = ways.find((each) => each === name)
if (asked !== undefined && folder !== undefined) {
  const report = await bot(asked, Number(millions) * 1_000_000, Number(pace), folder)
  console.log(JSON.stringify(report))
  process.exit(0)
}
const reports: Partial<Record<Way, Report>> = {}
for (const way of ways) {
  const own = mkdtempSync(join(tmpdir(), 'fillpath-bench-'))
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [import.meta.filename, millions, pace, way, join(own, 'spool')],
    { encoding: 'utf8', env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: receiver } },
  )
  rmSync(own, { recursive: true, force: true })
  if (stdout === '') throw new Error(stderr)
  reports[way] = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Report
}
console.table(reports)
for (const [way, { warmMiB, highestMiB }] of Object.entries(reports)) {
  console.log(
    `RSS over ${millions} M events, receiver away, ${way}: ${warmMiB} MiB, at most ${highestMiB} MiB, ratio ${(highestMiB / warmMiB).toFixed(2)}; grown by ${highestMiB - warmMiB} MiB, goal ${growthMaxMiB}`,
  )
}
