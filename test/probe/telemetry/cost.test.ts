import fs, { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { logger, start } from '../../../src/index.ts'
import type { StartOptions, Telemetry } from '../../../src/index.ts'
import { until } from '../../ship-stage.ts'
import { door, runChild } from './child.ts'
import { startReceiver } from './receiver.ts'
import type { Receiver } from './receiver.ts'

/*
 * What telemetry costs the bot, in counts that are the same on every machine: writes, requests, connections, bytes.
 */

let folder: string
let receiver: Receiver
let telemetry: Telemetry | undefined

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-cost-'))
  receiver = await startReceiver()
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
    spool: { folder: join(folder, 'spool') },
    console: false,
    exitHooks: false,
    metricIntervalMs: 3_600_000,
    shutdownTimeoutMs: 30_000,
    ...options,
  })
  return telemetry
}

/** Counts the writes of this thread from now on. */
function countWrites(): () => number {
  const spy = vi.spyOn(fs, 'writeSync')
  return () => spy.mock.calls.length
}

const bodies = (): unknown[] => receiver.logs.map(({ body }) => body)

describe('[C41] telemetry spares the machine', () => {
  test('a bot that does nothing costs no write and no request', async () => {
    const { flush } = await run()
    await flush(30_000)
    const writes = countWrites()
    const cost = (): number => writes() + receiver.stub.requests
    // The last acknowledgement is saved within a second, on a busy machine later.
    for (let before = -1; before !== cost();) {
      before = cost()
      await new Promise((resolve) => setTimeout(resolve, 1500))
    }
    const before = cost()
    await new Promise((resolve) => setTimeout(resolve, 3500))
    expect(cost()).toBe(before)
  })

  test('ten thousand lines in a hundred turns cost a hundred writes, few requests, and a connection a signal', async () => {
    const { flush } = await run()
    await flush(30_000)
    const { requests } = receiver.stub
    const writes = countWrites()
    for (let turn = 0; turn < 100; turn += 1) {
      for (let count = 0; count < 100; count += 1)
        logger('bot').info(`line ${turn} ${count}`, { symbol: 'BTC/USDT', price: '43210.50' })
      await nextTurn()
    }
    expect(writes()).toBeLessThanOrEqual(110)
    await flush(60_000)
    await until(() => bodies().length >= 10_000)
    expect(receiver.stub.requests - requests).toBeLessThan(300)
    expect(receiver.stub.connections).toBeLessThanOrEqual(3)
  })

  test('with gzip lines go over the wire at a fifth of their size or less', async () => {
    let plainBytes = 0
    let wireBytes = 0
    receiver.stub.behave((request) => {
      wireBytes += request.wireBytes
      plainBytes += request.body.length
      return 'accept'
    })
    const { flush } = await run({ destination: { url: receiver.url, compression: 'gzip' } })
    for (let count = 0; count < 5000; count += 1)
      logger('bot').info('volatility is high enough', { symbol: 'BTC/USDT', atr: 312.4, count })
    await flush(60_000)
    await until(() => bodies().length >= 5000)
    expect(plainBytes).toBeGreaterThan(500_000)
    expect(wireBytes * 5).toBeLessThan(plainBytes)
  })
})

describe('[D04] batch', () => {
  test('many records of one kind are on disk with one write when it returns, in their order', async () => {
    await receiver.stub.down()
    const { batch, events, flush } = await run()
    events.error({ 'error.type': 'before' })
    const writes = countWrites()
    const answer = batch(() => {
      for (let count = 0; count < 200; count += 1)
        events.error({ 'error.type': `e${count}` }, { message: `error ${count}` })
      expect(writes()).toBe(0)
      return 'done'
    })
    expect(answer).toBe('done')
    expect(writes()).toBeLessThanOrEqual(2)
    await receiver.stub.up()
    // The first may meet the last refusal, and does not wait then.
    await flush(60_000)
    await flush(60_000)
    const types = receiver.logs.map(({ attributes }) => attributes.get('error.type'))
    expect(types.filter((type) => type !== undefined)).toEqual([
      'before',
      ...Array.from({ length: 200 }, (_, count) => `e${count}`),
    ])
  })

  test('what throws in it is thrown on, and what it had recorded is kept', async () => {
    const { batch, flush } = await run()
    const work = (): never => {
      logger('bot').error('half a batch')
      throw new RangeError('of the bot')
    }
    expect(() => batch(work)).toThrow(RangeError)
    logger('bot').error('after it')
    await flush(30_000)
    expect(bodies()).toEqual(expect.arrayContaining(['half a batch', 'after it']))
  })

  test('[D02] of one in which the process is killed nothing is there; all before it, and all of a whole one, is', async () => {
    await receiver.stub.down()
    const spool = join(folder, 'killed')
    const bot = (program: string) =>
      runChild(
        `
        import { start, logger } from ${JSON.stringify(door)}
        const { batch, shutdown } = await start({ destination: ${JSON.stringify(receiver.url)}, console: false, shutdownTimeoutMs: 30_000 })
        const log = logger('bot')
        ${program}`,
        { env: { FILLPATH_SPOOL_FOLDER: spool } },
      )
    const killed = await bot(`
      log.error('before')
      batch(() => { for (let n = 0; n < 50; n += 1) log.error('whole ' + n) })
      batch(() => {
        for (let n = 0; n < 50; n += 1) log.error('half ' + n)
        process.kill(process.pid, 'SIGKILL')
        for (;;);
      })`)
    expect(killed.signal).toBe('SIGKILL')
    await receiver.stub.up()
    await bot('await shutdown()')
    const found = bodies().filter(
      (body) => typeof body === 'string' && /^(?:before|whole|half)/.test(body),
    )
    expect(found).toEqual(['before', ...Array.from({ length: 50 }, (_, n) => `whole ${n}`)])
  })
})
