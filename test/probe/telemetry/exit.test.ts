import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { door, patient, runChild } from './child.ts'
import type { ChildOptions, Ended } from './child.ts'
import { startReceiver } from './receiver.ts'
import type { Receiver } from './receiver.ts'

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(() => receiver.close())

/** A bot that logs 100 lines and a span, and then does `end`. */
function bot(
  end: string,
  options: ChildOptions & { readonly start?: string } = {},
): Promise<Ended> {
  const program = `
    import { start } from ${JSON.stringify(door)}
    const { logger, flows, tracer, shutdown } = await start({
      destination: ${JSON.stringify(receiver.url)},
      console: false,
      ${options.start ?? ''}
    })
    const log = logger('bot')
    for (let n = 0; n < 100; n += 1) log.info('line', { n })
    tracer.startSpan('work').end()
    ${end}
  `
  return runChild(program, { ...options, env: patient })
}

const lines = (): number => receiver.logs.filter(({ body }) => body === 'line').length
const eventNames = (): string[] => receiver.logs.map(({ eventName }) => eventName)
const live = "setInterval(() => {}, 1000); console.log('ready')"

describe('[B47, C15] the end of the process leaves nothing behind', () => {
  test('an empty event loop', async () => {
    expect(await bot('')).toMatchObject({ code: 0, signal: null, stderr: '' })
    expect(lines()).toBe(100)
    expect(receiver.spans).toHaveLength(1)
    expect(eventNames()).toContain('trading.run.ended')
    const timeOf = (name: string): number => {
      const point = receiver.points.findLast((each) => each.name === name)?.point
      return point?.type === 'gauge' ? Number(point.value) : Number.NaN
    }
    // By these the silence after it is told from the silence of a bot that died.
    expect(timeOf('trading.run.start_time')).toBeGreaterThan(1.7e9)
    expect(timeOf('trading.run.end_time')).toBeGreaterThanOrEqual(timeOf('trading.run.start_time'))
  })

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '[A32] %s: the process dies of the signal, after it told why',
    async (signal) => {
      expect(await bot(live, { signals: [signal] })).toMatchObject({ code: null, signal })
      expect(lines()).toBe(100)
      const initiated = receiver.logs.find(
        ({ eventName }) => eventName === 'trading.shutdown.initiated',
      )
      expect(initiated?.attributes.get('trading.shutdown.reason')).toBe(signal)
    },
  )

  test('a handler of the bot decides when a signal ends it, and how', async () => {
    const own = `
      process.on('SIGTERM', async () => { log.info('own handler'); await shutdown(); process.exit(3) })
      ${live}`
    expect(await bot(own, { signals: ['SIGTERM'] })).toMatchObject({ code: 3, signal: null })
    expect(lines()).toBe(100)
    expect(receiver.logs.map(({ body }) => body)).toContain('own handler')
  })

  test('a signal that the bot ignores does not end it', async () => {
    const own = `
      process.on('SIGHUP', () => { setTimeout(() => { log.info('reloaded'); process.exitCode = 4; clearInterval(timer) }, 10) })
      const timer = setInterval(() => {}, 1000); console.log('ready')`
    expect(await bot(own, { signals: ['SIGHUP'] })).toMatchObject({ code: 4, signal: null })
    expect(receiver.logs.map(({ body }) => body)).toContain('reloaded')
  })

  test('a second signal does not wait for a receiver that hangs', async () => {
    receiver.stub.behave('hang')
    // Two that come at once are one signal to the kernel: the second is for when the first has begun to end the flows.
    const own = `
      const flow = flows.signal({ symbol: 'BTC/USDT', side: 'buy' })
      const looking = setInterval(() => { if (flow.ended) { clearInterval(looking); console.log('ready') } }, 10)
      ${live}`
    const ended = await bot(own, {
      signals: ['SIGINT', 'SIGINT'],
      start: 'shutdownTimeoutMs: 600_000,',
    })
    expect(ended).toMatchObject({ code: null, signal: 'SIGINT' })
  })

  test('without a receiver the end is bounded and the exit code is the bot’s', async () => {
    await receiver.stub.down()
    const ended = await bot('process.exitCode = 7', { start: 'shutdownTimeoutMs: 100,' })
    expect(ended).toMatchObject({ code: 7, signal: null })
  })
})

describe('a crash', () => {
  test.each([
    ['an exception', "setTimeout(() => { throw new RangeError('boom') }, 1)", 'uncaughtException'],
    ['a rejection', "Promise.reject(new RangeError('boom'))", 'unhandledRejection'],
  ])(
    '[A51, A73] %s that nobody handles is recorded with its stack, and ends as ever',
    async (_, end, origin) => {
      // Without a spool: with one nothing is waited for, see spool-pipeline.test.ts.
      const ended = await bot(`${end}; ${live}`, { start: 'spool: false,' })
      expect(ended).toMatchObject({ code: 1, signal: null })
      expect(ended.stderr.match(/RangeError: boom/g)).toHaveLength(1)
      expect(ended.stderr).toMatch(/Node\.js v\d+/)
      expect(lines()).toBe(100)
      const record = receiver.logs.find(({ eventName }) => eventName === 'trading.error')
      expect(record).toMatchObject({ severityNumber: 21, body: origin })
      expect(record?.attributes.get('exception.type')).toBe('RangeError')
      expect(record?.attributes.get('exception.stacktrace')).toContain('RangeError: boom')
    },
  )

  test('a handler of the bot keeps it alive, and the exception is recorded all the same', async () => {
    const ended = await bot(`
      process.on('uncaughtException', () => { log.info('survived'); process.exitCode = 5 })
      setTimeout(() => { throw new RangeError('boom') }, 1)`)
    expect(ended).toMatchObject({ code: 5, signal: null, stderr: '' })
    expect(receiver.logs.map(({ body }) => body)).toContain('survived')
    expect(eventNames()).toContain('trading.error')
  })

  test('a rejection that the bot handles is no crash', async () => {
    const ended = await bot(`
      process.on('unhandledRejection', () => { process.exitCode = 6 })
      Promise.reject(new Error('x'))`)
    expect(ended).toMatchObject({ code: 6, stderr: '' })
    expect(eventNames()).not.toContain('trading.error')
  })
})

test('process.exit at once keeps its code, and the log file has every line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fillpath-exit-'))
  try {
    const path = join(folder, 'bot.jsonl')
    const ended = await bot('process.exit(9)', {
      start: `file: { path: ${JSON.stringify(path)} },`,
    })
    expect(ended).toMatchObject({ code: 9, signal: null })
    const kept = readFileSync(path, 'utf8').trim().split('\n')
    expect(kept.filter((line) => JSON.parse(line).message === 'line')).toHaveLength(100)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('without exit hooks no listener is added', async () => {
  const { stdout } = await bot(
    "console.log(['SIGTERM', 'SIGINT', 'exit', 'beforeExit', 'uncaughtExceptionMonitor'].map((name) => process.listenerCount(name)).join()); await shutdown()",
    { start: 'exitHooks: false,' },
  )
  expect(stdout.trim()).toBe('0,0,0,0,0')
})

test('shutdown takes its listeners away', async () => {
  const { stdout } = await bot(
    "await shutdown(); console.log(['SIGTERM', 'SIGINT', 'exit', 'beforeExit', 'uncaughtExceptionMonitor'].map((name) => process.listenerCount(name)).join())",
  )
  expect(stdout.trim()).toBe('0,0,0,0,0')
})
