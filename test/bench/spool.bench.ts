/**
 * What it costs to have a record on disk, beside its rivals in the same run: `node test/bench/spool.bench.ts [folder]`
 *
 * The record is an event with 10 attributes, as the SDK hands it over; the object for `JSON.stringify` holds the same.
 * Rounds of all candidates are interleaved and short, each after an untimed one of the same, so that what the round before
 * left in the caches does not count. What counts is the tenth percentile of the rounds: those in which no other process had
 * the core. The median is shown beside; on an idle machine the two are close.
 * `write(2)` is `fs.writeSync` of as many bytes as a frame has, at the end of a file. No fsync in any of
 * them but the spool's own, on its timer. The rival of a CRITICAL event does both for each record in turn, as it does
 * itself: after a call of the system all code is slower, so that it costs more than the two loops by themselves.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { ROOT_CONTEXT, SeverityNumber, trace } from '@opentelemetry/api'
import { LoggerProvider } from '@opentelemetry/sdk-logs'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { openSpool } from '../../src/probe/spool/spool.ts'
import { SpoolWriter } from '../../src/probe/telemetry/spool-writer.ts'
import { encodeLog, logAttributeTag } from '../../src/wire/encode/log.ts'
import { RecordIds } from '../../src/wire/encode/record-id.ts'
import { frameHeaderBytes } from '../../src/wire/frame.ts'

const records = 64
const rounds = 600
const turn = 64

const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'fillpath-bench-'))
const spool = openSpool({ folder: join(folder, 'spool') })
const writer = new SpoolWriter(spool)

const logs: ReadableLogRecord[] = []
const settled = Promise.resolve()
const logger = new LoggerProvider({
  processors: [
    { onEmit: (log) => void logs.push(log), forceFlush: () => settled, shutdown: () => settled },
  ],
}).getLogger('strategy.atr', '1.2.0')
const context = trace.setSpanContext(ROOT_CONTEXT, {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: 1,
})
const objects = Array.from({ length: records }, (_, index) => ({
  timestamp: new Date().toISOString(),
  level: 'info',
  event: 'trading.order.filled',
  message: 'filled 0.010 at 43210.00',
  trace_id: '0af7651916cd43dd8448eb211c80319c',
  span_id: 'b7ad6b7169203331',
  data: {
    'trading.task.id': 'abc123',
    'trading.sequence': index,
    'trading.venue': 'binance',
    'trading.symbol': 'BTC/USDT',
    'trading.price': `${43_210 + (index % 100)}.50`,
    'trading.price_num': 43_210.5 + (index % 100),
    'trading.quantity': '0.010',
    'trading.side': 'buy',
    'trading.liquidity': 'maker',
    'trading.reduce_only': false,
  },
}))
for (const { data, message, event } of objects) {
  logger.emit({
    severityNumber: SeverityNumber.INFO,
    severityText: 'info',
    eventName: event,
    body: message,
    attributes: data,
    context,
  })
}

const origin = spool.origin({ resource: new Uint8Array(900), scope: new Uint8Array(60) })
const ids = new RecordIds(`${spool.install.slice(0, 8)}-${spool.boot.slice(0, 16)}-`)
/** Into memory alone; says how long the frame would be. */
const encode = (log: ReadableLogRecord): number => {
  const room = spool.begin('normal', origin)
  encodeLog(room, log)
  ids.write(room, logAttributeTag, 1042)
  spool.abort(room)
  return room.position - room.start
}
const frameBytes = logs.slice(0, 1).reduce((_, log) => encode(log), 0)

const block = Buffer.alloc(1 << 20)
let file = openSync(join(folder, 'plain'), 'w')
let position = 0
const plain = (bytes: number): void => {
  position += writeSync(file, block, 0, bytes, position)
  if (position < 8 << 20) return
  // A new file, as the spool has: writing over pages that are there already would be cheaper.
  closeSync(file)
  file = openSync(join(folder, 'plain'), 'w')
  position = 0
}
const tick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve))

/** One frame without an encoder: what the spool itself costs. */
function bare(recordClass: 'critical' | 'normal'): void {
  const room = spool.begin(recordClass, origin)
  room.position += frameBytes - frameHeaderBytes
  spool.commit(room, 'log')
}

const candidates: Readonly<Record<string, () => void | Promise<void>>> = {
  'JSON.stringify': () => {
    for (const object of objects) JSON.stringify(object)
  },
  'write(2)': () => {
    for (let count = 0; count < records; count += 1) plain(frameBytes)
  },
  'JSON.stringify and write(2) in turn': () => {
    for (const object of objects) {
      JSON.stringify(object)
      plain(frameBytes)
    }
  },
  encode: () => {
    for (const log of logs) encode(log)
  },
  'CRITICAL, encode and write': () => {
    for (const log of logs) writer.log(log, 'critical')
  },
  'CRITICAL, spool alone': () => {
    for (let count = 0; count < records; count += 1) bare('critical')
  },
  [`NORMAL, ${turn} a turn, encode and write`]: async () => {
    for (let start = 0; start < records; start += turn) {
      for (const log of logs.slice(start, start + turn)) writer.log(log, 'normal')
      await tick()
    }
  },
  [`NORMAL, ${turn} a turn, spool alone`]: async () => {
    for (let start = 0; start < records; start += turn) {
      for (let count = 0; count < turn; count += 1) bare('normal')
      await tick()
    }
  },
  'NORMAL, 1 a turn, encode and write': async () => {
    for (const log of logs) {
      writer.log(log, 'normal')
      await tick()
    }
  },
}

const names = Object.keys(candidates)
const times = new Map<string, number[]>(names.map((name) => [name, []]))
for (let round = -40; round < rounds; round += 1) {
  for (const [name, run] of Object.entries(candidates)) {
    await run()
    const start = process.hrtime.bigint()
    await run()
    const ns = Number(process.hrtime.bigint() - start) / records
    // The first rounds are for the compiler.
    if (round >= 0) times.get(name)?.push(ns)
  }
  // What was written is synced each 100 ms, which are 500 records for a bot with 5,000 a second.
  await spool.durable()
}

const percentile = (values: readonly number[] = [], share: number): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length * share)] ?? Number.NaN
const least = (name: string): number => percentile(times.get(name), 0.1)
const json = least('JSON.stringify')
const both = least('JSON.stringify and write(2) in turn')

console.log(
  `event with 10 attributes, ${frameBytes} bytes a frame, Node ${process.version}, ${rounds} rounds of ${records}`,
)
const row = (cells: readonly string[]): string =>
  cells.map((cell, index) => (index === 0 ? cell.padEnd(40) : cell.padStart(16))).join('')
console.log(row(['what', 'ns', 'ns (median)', '× both in turn', '× JSON']))
for (const name of names) {
  const ns = least(name)
  const median = percentile(times.get(name), 0.5)
  const ratios = [ns / both, ns / json].map((ratio) => ratio.toFixed(2))
  console.log(row([name, ns.toFixed(0), median.toFixed(0), ...ratios]))
}
const critical = least('CRITICAL, encode and write') / both
const normal = least(`NORMAL, ${turn} a turn, encode and write`) / json
console.log(`CRITICAL event : write(2) + JSON.stringify, ratio ${critical.toFixed(2)}; goal 1.3`)
console.log(`NORMAL event, ${turn} a turn : JSON.stringify, ratio ${normal.toFixed(2)}; goal 2`)
await spool.close()
rmSync(folder, { recursive: true })
