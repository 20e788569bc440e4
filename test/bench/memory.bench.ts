/**
 * Memory of a bot whose receiver is away: `node test/bench/memory.bench.ts [millions of events]`, 10 unless said otherwise.
 * Takes minutes.
 *
 * A process of its own starts telemetry as a user does, with nobody at the receiver's port, and emits events with 10
 * attributes, 64 a turn of the event loop. The spool reaches its quota (2 GiB) on the way, and the oldest go. RSS is what
 * the system says of the whole process, its threads included; pages of the files are not in it. RSS after the first 500,000
 * events, when all code is compiled and all buffers are there, is compared with the highest one after that.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SeverityNumber, logs } from '@opentelemetry/api'
import { start } from '../../src/index.ts'

const warmUp = 500_000
const growthMaxMiB = 32

/** What the bot's process reports. */
interface Report {
  readonly startMiB: number
  readonly warmMiB: number
  readonly highestMiB: number
  readonly lastMiB: number
  readonly seconds: number
  readonly accepted: number
  readonly dropped: number
  readonly spoolMiB: number
}

const miB = (bytes: number): number => Math.round(bytes / 1024 ** 2)
const rssMiB = (): number => miB(process.memoryUsage.rss())

async function bot(count: number, folder: string): Promise<Report> {
  const telemetry = await start({
    serviceName: 'bench',
    destination: 'http://127.0.0.1:9',
    console: false,
    exitHooks: false,
    spool: { folder },
  })
  const bot = logs.getLogger('bot')
  const startMiB = rssMiB()
  let warmMiB = 0
  let highestMiB = 0
  const began = performance.now()
  for (let done = 0; done < count;) {
    for (let turn = 0; turn < 64; turn += 1, done += 1) {
      bot.emit({
        eventName: 'trading.api.response',
        severityNumber: SeverityNumber.INFO,
        severityText: 'info',
        body: 'answered in 41 ms',
        attributes: {
          'trading.venue': 'binance',
          'trading.symbol': 'BTC/USDT',
          'trading.order.side': 'buy',
          'trading.order.price': `${43_210 + (done % 1000)}.50`,
          'trading.order.quantity': '0.010',
          'trading.order.id': String(8_812_345_678 + done),
          'trading.order.client_id': `c-${done}`,
          'trading.order.attempt': done % 3,
          'http.response.status_code': 200,
          'trading.order.ack_latency_ms': 41.25 + (done % 7),
        },
      })
    }
    await new Promise((resolve) => setImmediate(resolve))
    if (done % 6400 !== 0) continue
    const now = rssMiB()
    if (done <= warmUp) warmMiB = now
    else highestMiB = Math.max(highestMiB, now)
  }
  const seconds = (performance.now() - began) / 1000
  const { spool } = telemetry.status()
  const dropped = Object.values(spool?.dropped ?? {}).flatMap((byReason) => Object.values(byReason))
  const report = {
    startMiB,
    warmMiB,
    highestMiB,
    lastMiB: rssMiB(),
    seconds,
    accepted: spool?.accepted.normal ?? 0,
    dropped: dropped.reduce((sum, each) => sum + each, 0),
    spoolMiB: miB(spool?.bytes ?? 0),
  }
  await telemetry.shutdown()
  return report
}

const [, , argument = '10', folder] = process.argv
const count = Number(argument) * 1_000_000
if (folder !== undefined) {
  console.log(JSON.stringify(await bot(count, folder)))
  process.exit(0)
}
const own = mkdtempSync(join(tmpdir(), 'fillpath-bench-'))
const { stdout, stderr } = spawnSync(
  process.execPath,
  [import.meta.filename, argument, join(own, 'spool')],
  { encoding: 'utf8' },
)
rmSync(own, { recursive: true, force: true })
if (stdout === '') throw new Error(stderr)
const report: Report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
console.table([report])
const grown = report.highestMiB - report.warmMiB
console.log(
  `RSS over ${argument} M events, receiver away: ${report.warmMiB} MiB, at most ${report.highestMiB} MiB, ratio ${(report.highestMiB / report.warmMiB).toFixed(2)}; grown by ${grown} MiB, goal ${growthMaxMiB}`,
)
