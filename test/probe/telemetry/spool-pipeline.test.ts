import { SpanStatusCode, metrics, trace } from '@opentelemetry/api'
import fs, { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { logger, start } from '../../../src/index.ts'
import type { StartOptions, Telemetry } from '../../../src/index.ts'
import { openReader } from '../../../src/probe/spool/reader.ts'
import { decodeLogs, decodeTraces } from '../../../src/wire/otlp-protobuf.ts'
import type { LogRecord, SpanRecord } from '../../../src/wire/record.ts'
import { joinRecords } from '../../../src/probe/ship/request.ts'
import { until } from '../../ship-stage.ts'
import { canMount, mountTmpfs } from '../../tmpfs.ts'
import { partialSuccess } from '../../stub-collector.ts'
import { door, patient, runChild } from './child.ts'
import { startReceiver } from './receiver.ts'
import type { Receiver } from './receiver.ts'

let folder: string
let receiver: Receiver
let telemetry: Telemetry | undefined
let printed = ''
const stream = new Writable({
  write(chunk: Buffer, _encoding, next) {
    printed += String(chunk)
    next()
  },
})

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-pipeline-'))
  receiver = await startReceiver()
  printed = ''
})
afterEach(async () => {
  await telemetry?.shutdown()
  // On a slow disk it closes later than that, and would write into a folder that is being removed.
  await until(() => (telemetry?.status().spool?.state ?? 'closed') === 'closed')
  telemetry = undefined
  await receiver.close()
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

async function run(options: StartOptions = {}): Promise<Telemetry> {
  telemetry = await start({
    destination: receiver.url,
    spool: { folder: join(folder, 'spool') },
    console: { stream, colour: false, level: 'trace' },
    exitHooks: false,
    metricIntervalMs: 3_600_000,
    ...options,
  })
  return telemetry
}

/** What stands in the spool's files at this moment and was not acknowledged. */
function onDisk(): { logs: LogRecord[]; spans: SpanRecord[]; classOf: Map<string, string> } {
  const place = { root: join(folder, 'spool'), owner: undefined, boot: undefined }
  const reader = openReader({ place, destinations: ['test'], readOnly: true })
  const found = reader.next('test', 'backlog', { recordsMax: 100_000, bytesMax: 1e9 })
  reader.close()
  const of = (signal: string) => joinRecords(found.filter((record) => record.signal === signal))
  const classOf = new Map<string, string>()
  for (const record of found) {
    const one = joinRecords([record])
    if (record.signal === 'log') {
      const [log] = decodeLogs(one)
      if (log) classOf.set(text(log), record.class)
    }
    if (record.signal === 'span') classOf.set(decodeTraces(one)[0]?.name ?? '', record.class)
  }
  return { logs: decodeLogs(of('log')), spans: decodeTraces(of('span')), classOf }
}

const text = ({ eventName, body }: LogRecord): string =>
  eventName === '' && typeof body === 'string' ? body : eventName

describe('[D05, X18, P2] on disk', () => {
  test('a critical record is in the file when the call returns, and what led to it', async () => {
    await receiver.stub.down()
    const { flows } = await run()
    logger('bot').info('before the signal')
    const signal = flows.signal({ symbol: 'BTC/USDT', side: 'buy', strategy: 'atr' })
    const { logs } = onDisk()
    expect(logs.map(text)).toEqual(
      expect.arrayContaining([
        'trading.run.started',
        'before the signal',
        'fillpath.span.started',
        'trading.signal.detected',
      ]),
    )
    signal.expired()
    expect(onDisk().spans.map(({ name }) => name)).toEqual(['signal'])
  })

  test('the critical records of one call of a flow are in the file when it returns, with one write', async () => {
    await receiver.stub.down()
    const { flows } = await run()
    const signal = flows.signal({ symbol: 'BTC/USDT', side: 'buy', strategy: 'atr' })
    const order = signal.order({ venue: 'okx', side: 'buy', quantity: '1', price: '2' })
    order.submitted()
    await nextTurn()
    const before = onDisk()
    const written = vi.spyOn(fs, 'writeSync')
    order.filled({ execId: 'f1', price: '2', quantity: '1' })
    // One to the critical records, and one that notes the end of the span.
    expect(written).toHaveBeenCalledTimes(2)
    written.mockRestore()
    const after = onDisk()
    expect(after.logs.slice(before.logs.length).map(text)).toContain('trading.order.filled')
    expect(after.spans.map(({ name }) => name)).toEqual(['order'])
    signal.expired()
  })

  test('a normal record is in the file before the event loop turns', async () => {
    await receiver.stub.down()
    await run()
    logger('bot').info('one line')
    await nextTurn()
    expect(onDisk().logs.map(text)).toContain('one line')
  })

  test('[B50, B51] the registry says what is critical, and an error is, whatever it says', async () => {
    await receiver.stub.down()
    const { tracer } = await run()
    const log = logger('bot')
    log.error('it failed')
    log.info('it goes on')
    log.debug('it hums')
    log.event('book_snapshot', 'Books', {})
    log.event('api_request', 'Asked', {})
    tracer.startSpan('plain').end()
    const broken = tracer.startSpan('broken')
    broken.setStatus({ code: SpanStatusCode.ERROR })
    broken.end()
    await nextTurn()
    const { classOf } = onDisk()
    expect(Object.fromEntries(classOf)).toMatchObject({
      'it failed': 'critical',
      'it goes on': 'normal',
      'it hums': 'snapshot',
      'trading.book.snapshot': 'snapshot',
      'trading.api.request': 'normal',
      plain: 'normal',
      broken: 'critical',
      'trading.run.started': 'critical',
    })
  })

  test('[X01] a span of a flow says that it began, in its own trace, without secrets', async () => {
    await receiver.stub.down()
    const { flows } = await run({ redact: { keys: ['desk_pin'] } })
    const signal = flows.signal({ symbol: 'BTC/USDT', side: 'buy', strategy: 'atr' })
    const order = signal.order({
      venue: 'binance',
      side: 'buy',
      type: 'limit',
      quantity: '1',
      price: '2',
    })
    trace.getTracer('fillpath').startSpan('hedge', { attributes: { desk_pin: '4711' } })
    const began = onDisk().logs.filter(({ eventName }) => eventName === 'fillpath.span.started')
    const names = began.map(({ attributes }) => attributes.get('fillpath.span.name'))
    expect(names).toEqual(['signal', 'order', 'hedge'])
    const [first, second, third] = began
    expect(second?.traceId).toBe(first?.traceId)
    expect(second?.attributes.get('fillpath.span.parent_id')).toBe(first?.spanId)
    expect(second?.attributes.get('fillpath.span.kind')).toBe('client')
    expect(second?.attributes.get('trading.venue')).toBe('binance')
    expect(first?.attributes.get('fillpath.span.parent_id')).toBeUndefined()
    expect(third?.attributes.get('desk_pin')).not.toBe('4711')
    order.canceled()
    signal.expired()
  })
})

describe('[D05, P6] to the receiver', () => {
  test('all three signals arrive, each record with an id of its own', async () => {
    const { tracer, meter, flush } = await run()
    for (let count = 0; count < 500; count += 1) logger('bot').info(`line ${count}`)
    for (let count = 0; count < 100; count += 1) tracer.startSpan(`span ${count}`).end()
    meter.createCounter('trades').add(7)
    await flush(60_000)
    const lines = receiver.logs.map(text).filter((line) => line.startsWith('line '))
    expect(lines).toEqual(Array.from({ length: 500 }, (_, count) => `line ${count}`))
    expect(receiver.spans).toHaveLength(100)
    expect(receiver.points.find(({ name }) => name === 'trades')?.point).toMatchObject({ value: 7 })
    const ids = [...receiver.logs, ...receiver.spans].map(({ attributes }) =>
      attributes.get('fillpath.record.id'),
    )
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{16}-\d+$/)
    const resource = receiver.logs[0]?.resource.attributes
    expect(resource?.get('service.name')).toBe('trading-bot')
  })

  test('away until after the end: the next start delivers what the first recorded, once', async () => {
    await receiver.stub.down()
    const first = await run({ shutdownTimeoutMs: 300 })
    for (let count = 0; count < 300; count += 1) logger('bot').info(`first ${count}`)
    await first.shutdown()
    await receiver.stub.up()
    const second = await run()
    logger('bot').info('second')
    // On a slow disk the first may still sync while the second begins, which then takes the rest over later.
    await until(() => receiver.logs.some((record) => text(record) === 'trading.run.ended'))
    await second.flush(60_000)
    const lines = receiver.logs.map(text)
    for (let count = 0; count < 300; count += 1) {
      expect(lines.filter((line) => line === `first ${count}`)).toHaveLength(1)
    }
    expect(lines).toContain('second')
    expect(lines.filter((line) => line === 'trading.run.ended')).toHaveLength(1)
  })

  test('[P2] killed in the middle: what was accepted is delivered by the next start', async () => {
    await receiver.stub.down()
    const ended = await runChild(
      `import { logger, start } from ${JSON.stringify(door)}
       await start({ console: false })
       for (let count = 0; count < 1000; count += 1) logger('bot').error('error ' + count)
       process.kill(process.pid, 'SIGKILL')`,
      {
        env: {
          FILLPATH_SPOOL_FOLDER: join(folder, 'spool'),
          OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        },
      },
    )
    expect(ended.signal).toBe('SIGKILL')
    await receiver.stub.up()
    const { flush } = await run()
    await flush(60_000)
    const lines = new Set(receiver.logs.map(text))
    for (let count = 0; count < 1000; count += 1) expect(lines).toContain(`error ${count}`)
  })

  test.each([
    ['an exception', "setTimeout(() => { throw new RangeError('boom') }, 1)"],
    ['a rejection', "Promise.reject(new RangeError('boom'))"],
    ['process.exit', 'process.exit(1)'],
  ])('[A51, P15] %s ends the bot at once, and all is on disk', async (_, end) => {
    await receiver.stub.down()
    const env = { FILLPATH_SPOOL_FOLDER: join(folder, 'spool') }
    const ended = await runChild(
      `import { logger, start } from ${JSON.stringify(door)}
       await start({ console: false, destination: ${JSON.stringify(receiver.url)} })
       for (let count = 0; count < 100; count += 1) logger('bot').info('line ' + count)
       ${end}`,
      { env },
    )
    expect(ended).toMatchObject({ code: 1, signal: null })
    const lines = onDisk().logs.map(text)
    for (let count = 0; count < 100; count += 1) expect(lines).toContain(`line ${count}`)
    expect(lines.includes('trading.error')).toBe(end.includes('boom'))
    await receiver.stub.up()
    await (await run()).flush(60_000)
    expect(receiver.logs.map(text)).toEqual(expect.arrayContaining(lines))
  })

  test('several receivers each get everything', async () => {
    const other = await startReceiver()
    const { flush, status } = await run({ destination: [receiver.url, other.url] })
    for (let count = 0; count < 50; count += 1) logger('bot').info(`line ${count}`)
    await flush(60_000)
    for (const { logs } of [receiver, other]) {
      expect(logs.map(text).filter((line) => line.startsWith('line '))).toHaveLength(50)
    }
    expect(status().destinations).toEqual([
      { name: receiver.url, up: true },
      { name: other.url, up: true },
    ])
    await other.close()
  })

  test('a signal that is not exported is neither kept nor sent', async () => {
    vi.stubEnv('OTEL_LOGS_EXPORTER', 'none')
    const { tracer, flush, status } = await run()
    logger('bot').error('only printed')
    tracer.startSpan('sent').end()
    await flush(60_000)
    expect(printed).toContain('only printed')
    expect(receiver.logs).toEqual([])
    expect(receiver.spans.map(({ name }) => name)).toEqual(['sent'])
    expect(status().counts.log.accepted).toBe(0)
  })
})

test('[P8] values of every kind, and one of 5 MB, are records like any other', async () => {
  const { flush, status } = await run()
  const cyclic: Record<string, unknown> = { name: 'loop' }
  cyclic['self'] = cyclic
  const odd: Record<string, unknown> = {
    bigint: 2n ** 70n,
    notANumber: Number.NaN,
    infinite: -Infinity,
    surrogate: 'half \uD83D of a pair',
    cyclic,
    map: new Map([['a', 1]]),
    date: new Date(0),
    thrower: {
      get bad(): never {
        throw new Error('getter')
      },
    },
    many: Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`key${index}`, index])),
  }
  for (const [kind, value] of Object.entries(odd)) logger('bot').info(`a ${kind}`, { value })
  logger('bot').info(`large ${'x'.repeat(5_000_000)}`)
  logger('bot').info('after them')
  await flush(30_000)
  const lines = receiver.logs.map(text)
  for (const kind of Object.keys(odd)) expect(lines).toContain(`a ${kind}`)
  expect(lines.some((line) => line.startsWith('large xxx'))).toBe(true)
  expect(lines).toContain('after them')
  const value = (kind: string) =>
    receiver.logs.find(({ body }) => body === `a ${kind}`)?.attributes.get('value')
  expect(value('bigint')).toBe(String(2n ** 70n))
  expect(value('surrogate')).toBe('half \uFFFD of a pair')
  expect(value('date')).toBe('1970-01-01T00:00:00.000Z')
  expect(status().counts.log.dropped).toBe(0)
})

describe('[X40, P16] it measures itself', () => {
  test('what was accepted, delivered, refused and what waits', async () => {
    let isFirst = true
    receiver.stub.behave(({ path }) => {
      if (!isFirst || !path.endsWith('/v1/traces')) return 'accept'
      isFirst = false
      return { status: 200, body: partialSuccess(1, 'too old') }
    })
    const { tracer, flush, status } = await run()
    logger('bot').info('a line')
    tracer.startSpan('refused').end()
    await flush(60_000)
    await until(() => status().counts.log.delivered > 1)
    await flush(60_000)
    const value = (name: string, labels: Record<string, string> = {}) =>
      receiver.points
        .filter((point) => point.name === name)
        .filter(({ attributes }) =>
          Object.entries(labels).every(([key, wanted]) => attributes.get(key) === wanted),
        )
        .map(({ point }) => ('value' in point ? Number(point.value) : Number.NaN))
        .at(-1)
    const [log, normal] = [{ 'fillpath.signal': 'log' }, { 'fillpath.record.class': 'normal' }]
    expect(value('fillpath.spool.records', { ...log, ...normal })).toBe(1)
    expect(value('fillpath.ship.delivered', log)).toBeGreaterThan(1)
    expect(value('fillpath.ship.up', { 'fillpath.destination': receiver.url })).toBe(1)
    expect(value('fillpath.spool.bytes')).toBeGreaterThan(0)
    expect(value('fillpath.spool.depth')).toBeGreaterThanOrEqual(0)
    expect(value('fillpath.ship.quarantined', { 'fillpath.destination': receiver.url })).toBe(1)
    expect(value('fillpath.spool.fallbacks')).toBe(0)
    expect(status()).toMatchObject({ kind: 'spool', spool: { state: 'writing' } })
    expect(status().counts.span).toEqual({ accepted: 1, delivered: 0, dropped: 1 })
  })

  test('[B50] a loss is a line on stderr at once, and an event with class and reason', async () => {
    const errors = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    await receiver.stub.down()
    const quotaBytes = 1024 * 1024
    const { flush } = await run({ spool: { folder: join(folder, 'spool'), quotaBytes } })
    for (let count = 0; count < 4000; count += 1) logger('bot').debug('x'.repeat(500))
    await nextTurn()
    const said = errors.mock.calls.map(([chunk]) => String(chunk))
    errors.mockRestore()
    const drops = said.filter((line) => line.includes('losing'))
    expect(drops).toEqual(['fillpath spool: losing SNAPSHOT records: the spool is at its quota\n'])
    await nextTurn()
    await receiver.stub.up()
    // The first may meet the last refusal, and does not wait then.
    await flush(60_000)
    await flush(60_000)
    const event = receiver.logs.find(({ eventName }) => eventName === 'fillpath.records.dropped')
    expect(event?.attributes.get('fillpath.drop.class')).toBe('snapshot')
    expect(event?.attributes.get('fillpath.drop.reason')).toBe('quota')
  })
})

test('[D05, X18] a bot whose working folder was deleted sends all the same, and says how', async () => {
  const program = `
    import { mkdirSync, rmdirSync } from 'node:fs'
    import { logger, start } from ${JSON.stringify(door)}
    const gone = ${JSON.stringify(join(folder, 'gone'))}
    mkdirSync(gone)
    process.chdir(gone)
    rmdirSync(gone)
    await start({ console: false, destination: ${JSON.stringify(receiver.url)} })
    logger('bot').info('from nowhere')`
  const { code, stderr } = await runChild(program, { env: patient })
  expect(code).toBe(0)
  expect(receiver.logs.map(text)).toContain('from nowhere')
  expect(stderr).toContain('the working folder is gone')
  expect(stderr).not.toContain('uv_cwd')
})

describe('without a folder', () => {
  test('[P14] records wait in memory; it is said once and counted', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    const { flush, status } = await run({ spool: { folder: join(file, 'spool') } })
    logger('bot').info('a line')
    await flush(60_000)
    expect(status().kind).toBe('memory')
    expect(receiver.logs.map(text)).toContain('a line')
    expect(printed.match(/Records wait in memory instead/g)).toHaveLength(1)
    expect(printed).toContain(file)
    const count = receiver.points.find(({ name }) => name === 'fillpath.spool.fallbacks')
    expect(count?.point).toMatchObject({ value: 1 })
  })

  test('by choice, nothing is said', async () => {
    const { flush, status } = await run({ spool: false })
    logger('bot').info('a line')
    await flush(60_000)
    expect(status().kind).toBe('memory')
    expect(receiver.logs.map(text)).toContain('a line')
    expect(printed).not.toContain('memory')
  })
})

describe('[P15] the end', () => {
  test.runIf(canMount)(
    '[B50, P16] on a disk that is full counts what was lost with it, by signal too',
    async () => {
      const small = mountTmpfs(1)
      if (small === undefined) throw new Error('no tmpfs can be mounted although this is root')
      onTestFinished(() => small.close())
      small.fill()
      const { tracer, shutdown, status } = await run({
        spool: { folder: join(small.folder, 'spool') },
      })
      for (let count = 0; count < 20; count += 1) logger('bot').info(`line ${count}`)
      for (let count = 0; count < 5; count += 1) tracer.startSpan(`span ${count}`).end()
      await shutdown()
      await until(() => status().spool?.state === 'closed')
      const { log, span, metric } = status().counts
      expect(log.accepted).toBeGreaterThanOrEqual(20)
      expect(span).toEqual({ accepted: 5, delivered: 0, dropped: 5 })
      for (const { accepted, delivered, dropped } of [log, metric])
        expect([delivered, dropped]).toEqual([0, accepted])
    },
  )

  test('with a receiver that never answers takes no longer than it may, and keeps all', async () => {
    receiver.stub.behave('hang')
    const { shutdown } = await run({ shutdownTimeoutMs: 200 })
    logger('bot').info('last words')
    await shutdown()
    expect(onDisk().logs.map(text)).toEqual(
      expect.arrayContaining(['last words', 'trading.run.ended']),
    )
  })

  test('what a bot that goes on records while the end waits for the receiver is kept', async () => {
    receiver.stub.behave('hang')
    const { shutdown, status } = await run({ shutdownTimeoutMs: 1000 })
    logger('bot').info('before the end')
    const meanwhile: string[] = []
    const trading = setInterval(() => {
      const { accepted } = status().counts.log
      const line = `meanwhile ${meanwhile.length}`
      logger('bot').info(line)
      // What comes after the end goes nowhere, and counts nowhere.
      const isOver = status().spool?.state === 'closed' || status().counts.log.accepted === accepted
      if (!isOver) meanwhile.push(line)
    }, 20)
    await shutdown('SIGTERM')
    // A disk that syncs for longer than that is not waited for by the end, which goes on behind it.
    await until(() => status().spool?.state === 'closed')
    clearInterval(trading)
    expect(meanwhile.length).toBeGreaterThan(0)
    expect(onDisk().logs.map(text)).toEqual(
      expect.arrayContaining(['before the end', 'trading.run.ended', ...meanwhile]),
    )
  })

  test('the last values of the metrics are in it', async () => {
    const { shutdown } = await run({ shutdownTimeoutMs: 60_000 })
    metrics.getMeter('bot').createCounter('trades').add(3)
    await shutdown()
    expect(receiver.points.find(({ name }) => name === 'trades')?.point).toMatchObject({ value: 3 })
  })

  test('what comes after the end goes nowhere and disturbs nobody', async () => {
    const { shutdown, tracer } = await run()
    const span = tracer.startSpan('late')
    await shutdown()
    span.end()
    logger('bot').info('late')
    await nextTurn()
    expect(receiver.spans).toEqual([])
    expect(onDisk().logs.map(text)).not.toContain('late')
  })
})
