import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Running, run } from '../commands/cli.ts'
import { door, runChild } from '../probe/telemetry/child.ts'
import type { ChildOptions, Ended } from '../probe/telemetry/child.ts'
import { startReceiver } from '../probe/telemetry/receiver.ts'
import type { Receiver } from '../probe/telemetry/receiver.ts'
import { until } from '../ship-stage.ts'

/*
 * Bots in processes of their own, killed with SIGKILL, on one spool folder.
 */

let folder: string
let receiver: Receiver
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-recovery-'))
  receiver = await startReceiver()
})
afterEach(async () => {
  await receiver.close()
  rmSync(folder, { recursive: true, force: true })
})

const openFlow = `
  const signal = flows.signal({ symbol: 'BTC/USDT', strategy: 'atr', side: 'buy', correlationId: 'sig_killed' })
  const order = signal.order({ venue: 'binance', side: 'buy', type: 'limit', quantity: '1', price: '2' })
  order.submitted()
  order.filled({ execId: 'f1', price: '2', quantity: '1' })
  const hedge = signal.hedge({ venue: 'okx', quantity: '1' })
  hedge.order({ side: 'sell', type: 'market', quantity: '1' }).submitted()`
const live = "console.log('ready'); setInterval(() => {}, 1000)"
const kill: ChildOptions = { signals: ['SIGKILL'] }

function bot(program: string, url: string, options: ChildOptions = {}): Promise<Ended> {
  const start = `
    import { start } from ${JSON.stringify(door)}
    const { flows, durable, shutdown } = await start({
      destination: ${JSON.stringify(url)},
      console: false,
      shutdownTimeoutMs: 30_000,
    })
    ${program}`
  const env = { FILLPATH_SPOOL_FOLDER: join(folder, 'spool'), ...options.env }
  return runChild(start, { ...options, env })
}

/** Names of the spans that were closed for their dead process, without those that came twice by their id. */
function interrupted(): string[] {
  const spans = receiver.spans.filter(
    ({ attributes }) => attributes.get('trading.flow.outcome') === 'interrupted',
  )
  return spans.map(({ name }) => name).sort()
}

const order = ['hedge', 'order', 'signal']

describe('[X01] kill -9 in the middle of a flow', () => {
  test('the next start closes each open span once, and tells of the flow', async () => {
    await bot(`${openFlow}; ${live}`, receiver.url, kill)
    const { stderr } = await bot('await shutdown()', receiver.url)
    expect(stderr).toContain('a process died with 3 spans open, in 1 flows')
    expect(interrupted()).toEqual(order)
    for (const span of receiver.spans) {
      if (!order.includes(span.name) || span.statusMessage === '') continue
      expect(span).toMatchObject({ statusCode: 2, statusMessage: 'interrupted: the process died' })
      expect(span.end >= span.start).toBe(true)
    }
    const told = receiver.logs.filter(({ eventName }) => eventName === 'trading.flow.interrupted')
    expect(told).toHaveLength(1)
    expect(told[0]?.attributes.get('trading.correlation_id')).toBe('sig_killed')
  }, 600_000)

  test('also when three start at once', async () => {
    await bot(`${openFlow}; ${live}`, receiver.url, kill)
    const starts = [1, 2, 3].map(() => bot('await shutdown()', receiver.url))
    await Promise.all(starts)
    await bot('await shutdown()', receiver.url)
    expect(interrupted()).toEqual(order)
  }, 600_000)

  test('also when each start is killed in its turn, with flows of its own open', async () => {
    await receiver.stub.down()
    for (let turn = 0; turn < 3; turn += 1) await bot(`${openFlow}; ${live}`, receiver.url, kill)
    await receiver.stub.up()
    await bot('await shutdown()', receiver.url)
    expect(interrupted()).toEqual([...order, ...order, ...order].sort())
    const ids = new Set(receiver.spans.map(({ spanId }) => spanId))
    expect(ids.size).toBe(receiver.spans.length)
  }, 600_000)

  test('the desk shows the flow, interrupted', async () => {
    const data = join(folder, 'data')
    const desk = new Running([
      'desk',
      '--json',
      '--data',
      data,
      '--http-port',
      '0',
      '--grpc-port',
      '0',
    ])
    await desk.says('"started"')
    const { ports } = JSON.parse(desk.stdout.split('\n')[0] ?? '')
    const url = `http://127.0.0.1:${ports.http}`
    await bot(`${openFlow}; ${live}`, url, kill)
    await bot('await shutdown()', url)
    const found = await run(['trace', 'sig_killed', '--data', data])
    await desk.interrupted()
    expect(found.stdout).toContain('interrupted')
    expect(found.stdout).not.toContain('open')
  }, 600_000)
})

describe('[X23] a notice', () => {
  test('raised by a bot that is killed in the same turn is stored, and is told once by the next start', async () => {
    await receiver.stub.down()
    const alert = `
      const { raiseAlert } = await import(${JSON.stringify(door)})
      raiseAlert({ level: 'critical', type: 'margin_low', title: 'Free margin below 10 %' })
      process.kill(process.pid, 'SIGKILL')`
    const { signal } = await bot(alert, receiver.url)
    expect(signal).toBe('SIGKILL')
    expect(receiver.logs).toEqual([])
    await receiver.stub.up()
    await bot('await shutdown()', receiver.url)
    const raised = receiver.logs.filter(({ eventName }) => eventName === 'trading.alert.raised')
    expect(raised.map(({ attributes }) => attributes.get('trading.alert.type'))).toEqual([
      'margin_low',
    ])
  }, 600_000)
})

describe('[D05, P3] await durable()', () => {
  test('resolves while the receiver is away, and what it covers is sent by the next start', async () => {
    await receiver.stub.down()
    const program = `${openFlow}; await durable(); ${live}`
    await bot(program, receiver.url, kill)
    await receiver.stub.up()
    await bot('await shutdown()', receiver.url)
    const names = (): string[] => receiver.logs.map(({ eventName }) => eventName)
    await until(() => names().includes('trading.order.submitted'))
  }, 600_000)

  test('says that nothing can be durable where records are kept in memory', async () => {
    const program = `try { await durable() } catch (error) { console.log(error.code) }; await shutdown()`
    const env = { FILLPATH_SPOOL: 'false' }
    const { stdout, code } = await bot(program, receiver.url, { env })
    expect(stdout.trim()).toBe('spool_not_durable')
    expect(code).toBe(0)
  }, 600_000)
})
