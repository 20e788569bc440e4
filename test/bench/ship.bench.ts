/**
 * What it costs to send a spool: `node test/bench/ship.bench.ts [thousands of records]`
 *
 * Records are events with 10 attributes, as the SDK hands them over. The receiver is a process of its own that counts.
 * - drain: a spool that is full is sent as fast as it goes, by the worker; time and CPU of the sending process
 * - stock: the same records through the stock OTLP protobuf exporter, 512 a request, one request at a time
 * - copy: the files of the spool are read and written to a socket, nothing else: the floor
 * - steady: 2,000 records a second; CPU of the sending process above the same without a shipper
 * - idle: nothing to send; CPU of the process for each second
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SeverityNumber } from '@opentelemetry/api'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { LoggerProvider } from '@opentelemetry/sdk-logs'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { destinationOf } from '../../src/probe/ship/endpoint.ts'
import type { Compression } from '../../src/probe/ship/endpoint.ts'
import { startShip } from '../../src/probe/ship/ship.ts'
import { openSpool } from '../../src/probe/spool/spool.ts'
import type { Spool } from '../../src/probe/spool/spool.ts'
import { SpoolWriter } from '../../src/probe/telemetry/spool-writer.ts'

if (process.argv[2] === 'receive') receive()
else await measure(Number(process.argv[2] ?? 500) * 1000)

/** The receiver: takes everything, says its port. */
function receive(): void {
  const server = createServer((incoming, response) => {
    incoming.resume().on('end', () => {
      response.setHeader('content-type', 'application/x-protobuf')
      response.end()
    })
  }).listen(0, '127.0.0.1', () => {
    process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
  })
}

async function startReceiver(): Promise<{ readonly url: string; stop(): void }> {
  const child = spawn(process.execPath, [import.meta.filename, 'receive'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line]: Buffer[] = await once(child.stdout, 'data')
  return { url: `http://127.0.0.1:${String(line).trim()}`, stop: () => void child.kill() }
}

/** Events with 10 attributes; what an emit hands to a processor. */
function someRecords(count: number): ReadableLogRecord[] {
  const records: ReadableLogRecord[] = []
  const settled = Promise.resolve()
  const logger = new LoggerProvider({
    processors: [
      {
        onEmit: (record) => void records.push(record),
        forceFlush: () => settled,
        shutdown: () => settled,
      },
    ],
  }).getLogger('bench')
  for (let index = 0; index < count; index += 1) {
    logger.emit({
      eventName: 'trading.order.filled',
      severityNumber: SeverityNumber.INFO,
      severityText: 'info',
      attributes: {
        'trading.symbol': 'BTC/USDT',
        'trading.venue': 'binance',
        'trading.order.side': 'buy',
        'trading.order.price': (43_210.5 + index / 100).toFixed(2),
        'trading.order.quantity': '0.010',
        'trading.order.id': String(8_812_345_678 + index),
        'trading.order.client_id': `c-${index}`,
        'trading.fill.price': (43_210 + index / 100).toFixed(2),
        'trading.order.ack_latency_ms': 41.25 + index,
        'trading.order.attempt': 1,
      },
    })
  }
  return records
}

interface Cost {
  readonly ms: number
  readonly cpuMs: number
}

function meter(): () => Cost {
  const cpu = process.cpuUsage()
  const start = performance.now()
  return () => {
    const { user, system } = process.cpuUsage(cpu)
    return { ms: performance.now() - start, cpuMs: (user + system) / 1000 }
  }
}

function open(folder: string): { readonly spool: Spool; readonly writer: SpoolWriter } {
  const spool = openSpool({ folder, reserveBytes: 0 })
  return { spool, writer: new SpoolWriter(spool) }
}

/** Fills a spool, then sends it. */
async function drain(
  records: readonly ReadableLogRecord[],
  urls: readonly string[],
  compression: Compression,
): Promise<Cost & { readonly bytes: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'fillpath-bench-'))
  const { spool, writer } = open(folder)
  for (const [index, record] of records.entries()) {
    writer.log(record, 'normal')
    if (index % 64 === 63) spool.flushSync()
  }
  spool.flushSync()
  await spool.durable()
  const { bytes } = spool.statistics
  const destinations = urls.map((url) => destinationOf({ url, compression }, 'bench'))
  const cost = meter()
  const ship = startShip({ place: spool.place, destinations })
  if (!(await ship.flush(600_000))) throw new Error('not everything was sent')
  const measured = cost()
  await ship.stop(0)
  await spool.close()
  rmSync(folder, { recursive: true, force: true })
  return { ...measured, bytes }
}

async function stock(records: readonly ReadableLogRecord[], url: string): Promise<Cost> {
  const exporter = new OTLPLogExporter({ url: `${url}/v1/logs` })
  const cost = meter()
  for (let from = 0; from < records.length; from += 512) {
    await new Promise((resolve) => {
      exporter.export(records.slice(from, from + 512), resolve)
    })
  }
  const measured = cost()
  await exporter.shutdown()
  return measured
}

/** The bytes of a spool through a socket. */
async function copy(records: readonly ReadableLogRecord[], url: string): Promise<Cost> {
  const folder = mkdtempSync(join(tmpdir(), 'fillpath-bench-'))
  const { spool, writer } = open(folder)
  for (const [index, record] of records.entries()) {
    writer.log(record, 'normal')
    if (index % 64 === 63) spool.flushSync()
  }
  spool.flushSync()
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const cost = meter()
  for (const name of names.filter((each) => each.endsWith('.seg'))) {
    const bytes = readFileSync(join(folder, name))
    for (let at = 0; at < bytes.length; at += 1024 ** 2) {
      const outgoing = request(url, { method: 'POST' })
      outgoing.end(bytes.subarray(at, at + 1024 ** 2))
      const [response] = await once(outgoing, 'response')
      response.resume()
      await once(response, 'end')
    }
  }
  const measured = cost()
  await spool.close()
  rmSync(folder, { recursive: true, force: true })
  return measured
}

/** Emits 2,000 records a second for `seconds`, and nothing in `seconds` more. */
async function steady(
  records: readonly ReadableLogRecord[],
  url: string | undefined,
  seconds: number,
): Promise<{ readonly busy: Cost; readonly idle: Cost; readonly emitted: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'fillpath-bench-'))
  const spool = openSpool({ folder, reserveBytes: 0 })
  const ship =
    url === undefined
      ? undefined
      : startShip({ place: spool.place, destinations: [destinationOf({ url }, 'bench')] })
  const writer = new SpoolWriter(spool, () => ship?.ring())
  await sleep(1000)
  const busy = meter()
  const began = performance.now()
  let emitted = 0
  while (emitted < seconds * 2000) {
    const due = Math.floor(((performance.now() - began) / 1000) * 2000)
    for (; emitted < due; emitted += 1) {
      const record = records[emitted % records.length]
      if (record) writer.log(record, 'normal')
    }
    await sleep(5)
  }
  await ship?.flush(10_000)
  const busyCost = busy()
  const idle = meter()
  await sleep(seconds * 1000)
  const idleCost = idle()
  await ship?.stop(0)
  await spool.close()
  rmSync(folder, { recursive: true, force: true })
  return { busy: busyCost, idle: idleCost, emitted }
}

async function measure(count: number): Promise<void> {
  const records = someRecords(count)
  const [first, second] = [await startReceiver(), await startReceiver()]
  const rows: Record<string, string | number>[] = []
  const row = (way: string, { ms, cpuMs }: Cost): void =>
    void rows.push({
      way,
      'records/s': Math.round(count / (ms / 1000)),
      'CPU ms / 1,000': Number((cpuMs / (count / 1000)).toFixed(2)),
    })
  await drain(records.slice(0, 20_000), [first.url], 'none')
  await stock(records.slice(0, 20_000), first.url)
  for (let round = 0; round < 3; round += 1) {
    row('drain', await drain(records, [first.url], 'none'))
    row('drain, gzip', await drain(records, [first.url], 'gzip'))
    row('drain, two receivers', await drain(records, [first.url, second.url], 'none'))
    row('stock exporter', await stock(records, first.url))
    row('copy', await copy(records, first.url))
  }
  const ways = [...new Set(rows.map(({ way }) => way))]
  const median = (way: unknown, key: string): number => {
    const values = rows.filter((each) => each['way'] === way).map((each) => Number(each[key]))
    return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
  }
  console.table(
    ways.map((way) => ({
      way,
      'records/s': median(way, 'records/s'),
      'CPU ms / 1,000': median(way, 'CPU ms / 1,000'),
      'CPU × stock': Number(
        (median(way, 'CPU ms / 1,000') / median('stock exporter', 'CPU ms / 1,000')).toFixed(2),
      ),
      'drain × 2,000/s ingest': Number((median(way, 'records/s') / 2000).toFixed(1)),
    })),
  )
  const seconds = 10
  const without = await steady(records, undefined, seconds)
  const shipping = await steady(records, first.url, seconds)
  const perThousand = (shipping.busy.cpuMs - without.busy.cpuMs) / (shipping.emitted / 1000)
  console.table([
    {
      'steady: CPU ms / 1,000 above no shipper': Number(perThousand.toFixed(2)),
      'steady: % of a core': Number(
        (((shipping.busy.cpuMs - without.busy.cpuMs) / shipping.busy.ms) * 100).toFixed(2),
      ),
      'idle: % of a core': Number(
        (((shipping.idle.cpuMs - without.idle.cpuMs) / shipping.idle.ms) * 100).toFixed(2),
      ),
    },
  ])
  first.stop()
  second.stop()
}
