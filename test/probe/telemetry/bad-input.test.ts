import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { logs, trace } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { logger, start } from '../../../src/index.ts'
import type { StartOptions, Telemetry } from '../../../src/index.ts'
import { segmentName } from '../../../src/wire/segment.ts'
import type { LogRecord } from '../../../src/wire/record.ts'
import { until } from '../../ship-stage.ts'
import { door, patient, runChild } from './child.ts'
import { startReceiver } from './receiver.ts'
import type { Receiver } from './receiver.ts'

/*
 * What nobody would do on purpose, to a bot that runs: it goes on, one line says what happened, and nothing else is harmed.
 */

let folder: string
let spool: string
let receiver: Receiver
let telemetry: Telemetry | undefined
let said: string[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-bad-input-'))
  spool = join(folder, 'spool')
  receiver = await startReceiver()
  said = []
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    said.push(String(chunk))
    return true
  })
})
afterEach(async () => {
  await telemetry?.shutdown()
  telemetry = undefined
  vi.restoreAllMocks()
  await receiver.close()
  rmSync(folder, { recursive: true, force: true })
})

async function run(options: StartOptions = {}): Promise<Telemetry> {
  telemetry = await start({
    destination: receiver.url,
    spool: { folder: spool },
    console: false,
    exitHooks: false,
    metricIntervalMs: 3_600_000,
    shutdownTimeoutMs: 30_000,
    ...options,
  })
  return telemetry
}

const lines = (): string[] =>
  receiver.logs.map(({ body }) => (typeof body === 'string' ? body : ''))
const eventsNamed = (name: string): LogRecord[] =>
  receiver.logs.filter(({ eventName }) => eventName === name)
/** The folder of the one boot that there is. */
const bootFolder = (): string =>
  join(spool, readdirSync(spool).find((name) => name.includes('.')) ?? '')

describe('[P9] a wall clock that is set while the bot runs', () => {
  test('is an event with its size; records keep their order, none is lost, twice or late', async () => {
    const real = Date.now.bind(Date)
    let aheadMs = 0
    vi.spyOn(Date, 'now').mockImplementation(() => real() + aheadMs)
    await receiver.stub.down()
    const { flush } = await run()
    const jumps = [3_600_000, -3_600_000, 86_400_000, -86_400_000]
    const log = logger('bot')
    let count = 0
    for (const ms of jumps) {
      aheadMs += ms
      for (let each = 0; each < 50; each += 1) log.error(`line ${(count += 1)}`)
      const toldBefore = said.filter((line) => line.includes('the wall clock was set')).length
      await until(
        () => said.filter((line) => line.includes('the wall clock was set')).length > toldBefore,
      )
    }
    receiver.stub.behave({ status: 503, headers: { 'retry-after': '1' } })
    await receiver.stub.up()
    await until(() => receiver.stub.requests > 0)
    aheadMs += 86_400_000
    receiver.stub.behave('accept')
    await until(() => eventsNamed('fillpath.clock.jumped').length === 5)
    expect(
      await flush(60_000).then(() => lines().filter((line) => line.startsWith('line '))),
    ).toEqual(Array.from({ length: 200 }, (_, index) => `line ${index + 1}`))
    const sizes = eventsNamed('fillpath.clock.jumped').map(({ attributes }) =>
      Number(attributes.get('fillpath.clock.jump_ms')),
    )
    for (const [index, ms] of [...jumps, 86_400_000].entries())
      expect(Math.abs((sizes[index] ?? 0) - ms)).toBeLessThan(60_000)
    expect(existsSync(join(spool, 'quarantine'))).toBe(false)
  })
})

describe('[D05] [P16] a spool folder that somebody deletes while the bot runs', () => {
  test('is made again; one line says what that cost, it is counted, and the bot goes on', async () => {
    await receiver.stub.down()
    const { flush, status, durable } = await run()
    const log = logger('bot')
    log.error('before')
    await durable()
    const install = readFileSync(join(spool, 'install'), 'utf8')
    rmSync(spool, { recursive: true })
    log.error('while it was gone')
    await until(() => said.some((line) => line.includes('deleted while it was written')))
    expect(said.filter((line) => line.includes('deleted while it was written'))).toHaveLength(1)
    log.error('after')
    await durable()
    await receiver.stub.up()
    // The first may meet the last refusal, and does not wait then.
    await flush(60_000)
    await flush(60_000)
    // What is open is still there, under no name: it is written again.
    for (const line of ['before', 'while it was gone', 'after']) expect(lines()).toContain(line)
    expect(new Set(lines()).size).toBe(lines().length)
    expect(status().spool).toMatchObject({ state: 'writing' })
    await until(() => existsSync(join(spool, 'runs')))
    expect(readdirSync(join(spool, 'runs'))).toHaveLength(1)
    expect(readFileSync(join(spool, 'install'), 'utf8')).toBe(install)
  })

  test('with segments that were closed: their records are lost, and counted by class', async () => {
    await receiver.stub.down()
    const { flush, status, durable } = await run()
    const log = logger('bot')
    // More than a segment of critical records.
    for (let count = 0; count < 400; count += 1)
      log.error(`line ${count}`, { data: 'x'.repeat(30_000) })
    const closed = readdirSync(bootFolder()).filter((name) => name.startsWith('critical-'))
    expect(closed.length).toBeGreaterThan(1)
    // What is not on stable storage yet would still be in memory.
    await durable()
    rmSync(spool, { recursive: true })
    await until(() => said.some((line) => line.includes('deleted while it was written')))
    const lost = status().spool?.dropped.critical.folder_lost ?? 0
    expect(lost).toBeGreaterThan(0)
    expect(said.join('')).toContain(`${lost} records that were closed are lost`)
    await receiver.stub.up()
    // The first may meet the last refusal, and does not wait then.
    await flush(60_000)
    await flush(60_000)
    const kept = lines().filter((line) => line.startsWith('line ')).length
    expect(kept + lost).toBeGreaterThanOrEqual(400)
    await until(() => eventsNamed('fillpath.records.dropped').length > 0)
    const [drop] = eventsNamed('fillpath.records.dropped')
    expect(drop?.attributes.get('fillpath.drop.reason')).toBe('folder_lost')
  })

  test('in parts, file after file: the rest is delivered', async () => {
    await receiver.stub.down()
    const { flush, flows, durable } = await run()
    const log = logger('bot')
    log.error('one')
    log.info('two')
    const signal = flows.signal({ symbol: 'BTC/USDT', strategy: 'atr', side: 'buy' })
    await durable()
    for (const name of readdirSync(bootFolder())) rmSync(join(bootFolder(), name))
    rmSync(join(spool, 'install'))
    rmSync(join(spool, 'runs'), { recursive: true })
    await until(() => said.filter((line) => line.includes('was written again')).length >= 2)
    signal.expired()
    log.error('three')
    await receiver.stub.up()
    // The first may meet the last refusal, and does not wait then.
    await flush(60_000)
    await flush(60_000)
    for (const line of ['one', 'two', 'three']) expect(lines()).toContain(line)
    expect(receiver.spans.map(({ name }) => name)).toEqual(['signal'])
    await until(() => existsSync(join(spool, 'runs')))
  })
})

describe('[D05] records that nobody expects', () => {
  test('of 5 MB, with 100,000 attributes, and with values that throw: each is a record, and the bot goes on', async () => {
    const { flush, status, tracer, events, flows } = await run()
    const log = logger('bot')
    const throwing = {
      fine: 1,
      get broken(): never {
        throw new Error('getter')
      },
    }
    const lying = {
      toJSON(): never {
        throw new Error('toJSON')
      },
      value: 7,
    }
    const revoked = Proxy.revocable({}, {})
    revoked.revoke()
    const many = Object.fromEntries(
      Array.from({ length: 100_000 }, (_, index) => [`k${index}`, index]),
    )
    log.error('getter', { data: throwing })
    log.error('toJSON', { data: lying })
    log.error('revoked', { data: revoked.proxy })
    log.error('many', many)
    log.error('cut', { data: 'x'.repeat(5_000_000) })
    logs.getLogger('bot').emit({
      body: 'large',
      severityNumber: 17,
      attributes: { data: 'x'.repeat(5_000_000) },
    })
    events.error({ 'trading.error.details': lying })
    const span = tracer.startSpan('many')
    span.setAttributes(many)
    span.setAttribute('large', 'y'.repeat(5_000_000))
    span.end()
    const signal = flows.signal({
      symbol: 'BTC/USDT',
      side: 'buy',
      attributes: { throwing, lying },
    })
    signal.expired()
    log.error('after them')
    await flush(100_000)
    for (const line of ['getter', 'toJSON', 'revoked', 'many', 'cut', 'large', 'after them'])
      expect(lines()).toContain(line)
    const of = (body: string) => receiver.logs.find((record) => record.body === body)?.attributes
    expect(of('getter')?.get('data')).toEqual(
      new Map<string, unknown>([
        ['fine', 1n],
        ['broken', '[Throws: getter]'],
      ]),
    )
    expect(of('toJSON')?.get('data')).toBeDefined()
    // What a logger takes has a length that can be read; what comes by the API is left as it is.
    expect(JSON.stringify(of('cut')?.get('data')).length).toBeLessThanOrEqual(33_000)
    expect(of('large')?.get('data')).toHaveLength(5_000_000)
    // The SDK keeps the first of them, and the record says that there were more.
    expect(of('many')?.get('k100')).toBe(100n)
    const long = receiver.logs.find(({ body }) => body === 'many')
    expect(long?.droppedAttributesCount).toBeGreaterThan(1000)
    const wide = receiver.spans.find(({ name }) => name === 'many')
    expect((wide?.attributes.size ?? 0) + (wide?.droppedAttributesCount ?? 0)).toBe(100_002)
    const spans = receiver.spans.map(({ name }) => name)
    expect(spans).toContain('many')
    expect(spans).toContain('signal')
    expect(status().counts.log.dropped).toBe(0)
    expect(status().counts.span.dropped).toBe(0)
    expect(said.filter((line) => line.includes('fillpath ship'))).toEqual([])
  })
})

describe('[D05, C41] a scope that cannot be encoded', () => {
  test('costs its own records, counted; nothing is thrown into the bot', async () => {
    const { status } = await run()
    const odd = { name: 'odd' }
    // As from a program without types: a name that is no text.
    const getLogger: (name: unknown) => { emit(record: object): void } = logs.getLogger.bind(
      logs,
    ) as never
    const getTracer: (name: unknown) => { startSpan(name: string): { end(): void } } =
      trace.getTracer.bind(trace) as never
    expect(() => getLogger(odd).emit({ body: 'of an odd scope' })).not.toThrow()
    expect(() => getTracer(odd).startSpan('of an odd scope').end()).not.toThrow()
    logs.getLogger('good').emit({ body: 'of a good scope' })
    await telemetry?.flush(30_000)
    expect(receiver.logs.map(({ body }) => body)).toContain('of a good scope')
    expect(status().counts.log.dropped).toBe(1)
    expect(status().counts.span.dropped).toBe(1)
  })
})

describe('[C41, X40] a pipe that nobody reads', () => {
  test('on stderr does not end the bot when there is something to say', async () => {
    const program = `
      import { start } from ${JSON.stringify(door)}
      const { logger, status, shutdown } = await start({
        destination: 'http://127.0.0.1:9',
        console: false,
        shutdownTimeoutMs: 1,
      })
      logger('bot').info('a line')
      // Said after the second attempt: the bot has outlived it when there was a fourth.
      const attempts = () => Object.values(status().ship.channels[0]?.failures ?? {})[0] ?? 0
      while (attempts() < 4) await new Promise((resolve) => setTimeout(resolve, 20))
      await shutdown()
      console.log('went on')
    `
    const ended = await runChild(program, { unheard: 'stderr' })
    expect(ended).toMatchObject({ code: 0, stdout: 'went on\n' })
  })

  test('on stdout does not end a bot that prints its lines', async () => {
    const program = `
      import { start } from ${JSON.stringify(door)}
      const { logger, shutdown } = await start({ destination: ${JSON.stringify(receiver.url)} })
      for (let turn = 0; turn < 20; turn += 1) {
        logger('bot').info('a line')
        logger('bot').error('an error')
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      await shutdown()
      process.stderr.write('went on')
    `
    const ended = await runChild(program, { unheard: 'stdout', env: patient })
    expect(ended).toMatchObject({ code: 0, stderr: 'went on' })
    expect(receiver.logs.filter(({ body }) => body === 'a line')).toHaveLength(20)
  })
})

describe('[D05, B38] a folder with what is not ours, or not of this version', () => {
  test('is started on all the same: all of it is left as it is, said, and the rest is sent', async () => {
    const dead = join(spool, `${'d'.repeat(32)}.nobody`)
    mkdirSync(dead, { recursive: true })
    mkdirSync(join(spool, 'runs'))
    const future = Buffer.alloc(200)
    future.write('fillpath', 'latin1')
    future.writeUInt16LE(7, 8)
    const foreign: Record<string, Buffer | string> = {
      [join(dead, segmentName('critical', 1))]: future,
      [join(dead, segmentName('normal', 1))]: 'a file that somebody put here'.repeat(10),
      [join(dead, 'notes.txt')]: 'mine',
      [join(dead, 'open-spans')]: future,
      [join(spool, 'runs', `${'d'.repeat(32)}.json`)]: '{"version":9,"status":"running"}',
      [join(spool, 'runs', 'notes.txt')]: 'mine',
      [join(spool, 'index.db')]: 'SQLite format 3',
      [join(spool, 'install')]: 'not an id',
    }
    for (const [path, text] of Object.entries(foreign)) writeFileSync(path, text)
    const { flush, shutdown } = await run()
    logger('bot').error('after them')
    await flush(60_000)
    await shutdown()
    expect(lines()).toContain('after them')
    expect(said.join('')).toContain('spool format 7')
    const kept = (path: string): string => {
      const moved = readdirSync(spool).find((name) => name.startsWith('d'.repeat(32)))
      return path.startsWith(dead) ? path.replace(dead, join(spool, moved ?? '')) : path
    }
    for (const [path, text] of Object.entries(foreign))
      expect(readFileSync(kept(path)).equals(Buffer.from(text)), path).toBe(true)
  })
})

describe('[D05] [P16] a folder that may not be written', () => {
  const nobody = 65_534
  const isRoot = process.getuid?.() === 0

  test('from the start: said with the path and what to do, records are sent from memory', async () => {
    mkdirSync(spool)
    chmodSync(spool, 0o555)
    chmodSync(folder, 0o755)
    const ended = await bot(`logger('bot').error('a line'); await shutdown()`)
    expect(ended.code).toBe(0)
    expect(ended.stdout).toContain(spool)
    expect(ended.stdout).toContain('Records wait in memory instead')
    expect(ended.stdout).toContain('Check owner and mode of the folder')
    expect(lines()).toContain('a line')
  })

  test('from the start of a bot that prints nothing: said on stderr', async () => {
    mkdirSync(spool)
    chmodSync(spool, 0o555)
    chmodSync(folder, 0o755)
    const ended = await bot('await shutdown()', 'console: false,')
    expect(ended.stdout).toBe('')
    expect(ended.stderr).toMatch(/^fillpath spool: .*Records wait in memory instead.*\n$/)
    expect(ended.stderr).toContain(spool)
  })

  test('from a moment on: said once, the bot goes on, and all is written when it may be again', async () => {
    mkdirSync(spool)
    if (isRoot) chmodSync(folder, 0o777)
    chmodSync(spool, 0o777)
    await receiver.stub.down()
    const ended = await bot(`
      import { chmodSync, readdirSync } from 'node:fs'
      import { join } from 'node:path'
      const spool = process.env.FILLPATH_SPOOL_FOLDER
      const boot = () => join(spool, readdirSync(spool).find((name) => name.includes('.')))
      const log = logger('bot')
      const mode = boot()
      chmodSync(mode, 0o555)
      // More than a segment of them.
      for (let count = 0; count < 400; count += 1) log.error('line ' + count, { data: 'x'.repeat(30_000) })
      const wanted = status().spool
      console.log('state', wanted.state)
      chmodSync(mode, 0o755)
      while (status().spool.state !== 'writing') await new Promise((resolve) => setTimeout(resolve, 20))
      await durable()
      console.log('state', status().spool.state, status().spool.memoryRecords)
      process.exit(0)`)
    const said = ended.stderr.match(/^fillpath spool: .*EACCES.*$/gm) ?? []
    expect(said.filter((line) => line.includes('takes no records'))).toHaveLength(1)
    // Who is slow hears of each checkpoint too.
    expect(new Set(said).size).toBe(said.length)
    expect(ended.stdout).toMatch(/state (?:reserve|memory)\nstate writing 0/)
    expect(ended.code).toBe(0)
    await receiver.stub.up()
    await bot('await shutdown()')
    const found = lines().filter((line) => line.startsWith('line '))
    expect(found).toEqual(Array.from({ length: 400 }, (_, count) => `line ${count}`))
  })

  /** A bot that root's rights do not help. */
  function bot(program: string, options = '') {
    const drop = isRoot ? `process.setgid(${nobody}); process.setuid(${nobody})` : ''
    return runChild(
      `
      ${drop}
      const { start, logger } = await import(${JSON.stringify(door)})
      const { shutdown, status, durable } = await start({
        destination: ${JSON.stringify(receiver.url)},
        shutdownTimeoutMs: 60_000,
        ${options}
      })
      ${program}`,
      { env: { FILLPATH_SPOOL_FOLDER: spool } },
    )
  }
})
