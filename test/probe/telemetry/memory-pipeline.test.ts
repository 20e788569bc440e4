import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { logger } from '../../../src/probe/log/logger.ts'
import { start } from '../../../src/probe/telemetry/start.ts'
import type { StartOptions } from '../../../src/probe/telemetry/settings.ts'
import type { Telemetry } from '../../../src/probe/telemetry/telemetry.ts'
import { until } from '../../ship-stage.ts'
import { partialSuccess } from '../../stub-collector.ts'
import { startReceiver } from './receiver.ts'
import type { Receiver } from './receiver.ts'

let receiver: Receiver
let telemetry: Telemetry | undefined
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(async () => {
  await telemetry?.shutdown()
  telemetry = undefined
  await receiver.close()
})

async function run(options: StartOptions = {}): Promise<Telemetry> {
  telemetry = await start({
    destination: receiver.url,
    spool: false,
    console: false,
    exitHooks: false,
    ...options,
  })
  return telemetry
}

describe('the way through memory', () => {
  test('[X01] spans, lines, events and metrics arrive, with one resource and their ids', async () => {
    const { tracer, flush } = await run({ serviceName: 'hedge-bot', runId: 'r1' })
    const log = logger('strategy')
    tracer.startActiveSpan('signal', (span) => {
      log.info('volatility is high enough', { atr: 312.4 })
      span.end()
    })
    await flush(60_000)
    const [span] = receiver.spans
    const line = receiver.logs.find(({ scope }) => scope.name === 'strategy')
    expect(line).toMatchObject({
      body: 'volatility is high enough',
      severityNumber: 9,
      severityText: 'info',
      traceId: span?.traceId,
      spanId: span?.spanId,
    })
    expect(line?.attributes.get('atr')).toBe(312.4)
    expect(line?.resource.attributes.get('service.name')).toBe('hedge-bot')
    expect(span?.resource.attributes.get('trading.run.id')).toBe('r1')
    expect(receiver.logs.map(({ eventName }) => eventName)).toContain('trading.run.started')
    const names = receiver.points.map(({ name }) => name)
    expect(names).toContain('trading.process.memory')
    expect(names).toContain('trading.heartbeat')
  })

  test('[A06] a line with a correlation id and no span arrives with the trace id alone', async () => {
    const { flush } = await run()
    logger('strategy').withCorrelationId('ab'.repeat(16)).info('x')
    await flush(60_000)
    const line = receiver.logs.find(({ body }) => body === 'x')
    expect(line).toMatchObject({ traceId: 'ab'.repeat(16), spanId: '' })
  })

  test('two flushes at once both wait until everything is there', async () => {
    const { flush } = await run()
    for (let index = 0; index < 2000; index += 1) logger('burst').info('n', { index })
    const first = flush()
    await flush(60_000)
    expect(receiver.logs.filter(({ scope }) => scope.name === 'burst')).toHaveLength(2000)
    await first
  })

  test('a synchronous burst above the queue of the SDK is delivered whole', async () => {
    const { flush } = await run()
    for (let index = 0; index < 15_000; index += 1) logger('burst').info('n', { index })
    await flush(60_000)
    const seen = receiver.logs
      .filter(({ scope }) => scope.name === 'burst')
      .map(({ attributes }) => Number(attributes.get('index')))
    expect(new Set(seen).size).toBe(15_000)
    expect(seen).toHaveLength(15_000)
  })

  test('headers, compression and the path of the destination are used', async () => {
    const requests: { path: string; headers: Record<string, unknown>; wireBytes: number }[] = []
    receiver.stub.behave((request) => {
      requests.push(request)
      return 'accept'
    })
    const { flush } = await run({
      destination: {
        url: `${receiver.url}/base`,
        headers: { 'x-scope': '7' },
        compression: 'gzip',
      },
    })
    logger('x').info('zipped')
    await flush(60_000)
    const request = requests.find(({ path }) => path === '/base/v1/logs')
    expect(request?.headers).toMatchObject({
      'x-scope': '7',
      'content-encoding': 'gzip',
      'content-type': 'application/x-protobuf',
    })
    expect(receiver.logs.map(({ body }) => body)).toContain('zipped')
  })
})

describe('when the receiver is away', () => {
  test('[X18, X40] it is said once, nothing is lost, and its return is said once with counts', async () => {
    const { flush, status } = await run()
    await flush(60_000)
    const before = receiver.logs.length
    await receiver.stub.down()
    for (let index = 0; index < 300; index += 1) logger('bot').info('n', { index })
    await flush(300)
    await until(() => status().destinations[0]?.up === false)
    for (let index = 300; index < 600; index += 1) logger('bot').info('n', { index })
    await receiver.stub.up()
    await until(() => status().destinations[0]?.up === true)
    await flush(60_000)
    const lines = receiver.logs.slice(before)
    const numbers = lines
      .filter(({ scope }) => scope.name === 'bot')
      .map(({ attributes }) => Number(attributes.get('index')))
    expect(numbers).toEqual(Array.from({ length: 600 }, (_, index) => index))
    const said = lines.filter(({ scope }) => scope.name === 'fillpath').map(({ body }) => body)
    expect(said).toEqual([
      expect.stringContaining('does not take telemetry'),
      expect.stringMatching(
        /takes telemetry again after \d+ s: \d+ records had waited, 0 were lost/,
      ),
    ])
    const { accepted, delivered, dropped } = status().counts.log
    expect(dropped).toBe(0)
    expect(delivered).toBe(accepted)
  })

  test('records beyond the memory for them are dropped and counted, one line says so', async () => {
    await receiver.stub.down()
    const { status, shutdown } = await run({ shutdownTimeoutMs: 200 })
    for (let index = 0; index < 25_000; index += 1) logger('bot').info('n', { index })
    const { accepted, dropped } = status().counts.log
    expect(accepted).toBeGreaterThanOrEqual(25_000)
    expect(accepted - dropped).toBe(20_480)
    await shutdown()
    const after = status().counts.log
    expect(after.accepted).toBe(after.delivered + after.dropped)
    expect(after.delivered).toBe(0)
  })

  test('shutdown is over in its time, runs once and does not reject', async () => {
    receiver.stub.behave('hang')
    const { shutdown, status } = await run({ shutdownTimeoutMs: 150 })
    for (let index = 0; index < 3000; index += 1) logger('bot').info('n', { index })
    const [first, second] = [shutdown(), shutdown()]
    expect(second).toBe(first)
    await expect(first).resolves.toBeUndefined()
    await expect(shutdown()).resolves.toBeUndefined()
    const { accepted, delivered, dropped } = status().counts.log
    expect([delivered, dropped]).toEqual([0, accepted])
  })
})

describe('when the receiver refuses', () => {
  test('one poison record is found and dropped, all others arrive', async () => {
    const { flush, status } = await run()
    await flush(60_000)
    receiver.stub.behave(({ path, body }) =>
      path === '/v1/logs' && body.includes('poison')
        ? { status: 400, body: 'bad record' }
        : 'accept',
    )
    for (let index = 0; index < 20; index += 1) {
      logger('bot').info(index === 13 ? 'poison' : 'fine', { index })
    }
    await flush(60_000)
    const fine = receiver.logs.filter(({ body }) => body === 'fine')
    expect(fine).toHaveLength(19)
    expect(status().counts.log.dropped).toBe(1)
    await flush(60_000)
    const said = receiver.logs
      .map(({ body }) => (typeof body === 'string' ? body : ''))
      .filter((body) => /refuses/.test(body))
    expect(said).toEqual([
      expect.stringMatching(/refuses 1 log records for good: HTTP 400: bad record/),
    ])
  })

  test('a partial success is counted, and not sent again', async () => {
    const { flush, status } = await run()
    await flush(60_000)
    const requests = receiver.stub.requests
    receiver.stub.behave(({ path }) =>
      path === '/v1/traces' ? { status: 200, body: partialSuccess(2, 'too old') } : 'accept',
    )
    for (let index = 0; index < 5; index += 1) telemetry?.tracer.startSpan('s').end()
    await flush(60_000)
    expect(status().counts.span).toEqual({ accepted: 5, delivered: 3, dropped: 2 })
    expect(receiver.stub.requests - requests).toBeLessThanOrEqual(4)
  })

  test('a server error is no refusal: the batch is sent again', async () => {
    let failures = 2
    receiver.stub.behave(({ path }) => {
      if (path !== '/v1/logs' || failures === 0) return 'accept'
      failures -= 1
      return { status: 500 }
    })
    const { flush, status } = await run()
    logger('bot').info('again')
    await flush(60_000)
    expect(receiver.logs.filter(({ body }) => body === 'again')).toHaveLength(1)
    expect(status().counts.log.dropped).toBe(0)
  })
})

test('[X38] counters that alert are there with 0 from the start, sums are cumulative', async () => {
  const { flush } = await run()
  await flush(60_000)
  const failed = receiver.points.find(({ name }) => name === 'trading.api.errors')
  expect(failed?.point).toMatchObject({ type: 'sum', temporality: 2, monotonic: true })
  expect(Number(failed?.point.type === 'sum' ? failed.point.value : -1)).toBe(0)
})

test('a signal that is switched off is not sent', async () => {
  vi.stubEnv('OTEL_TRACES_EXPORTER', 'none')
  const { flush, tracer } = await run()
  vi.unstubAllEnvs()
  tracer.startSpan('x').end()
  logger('bot').info('y')
  await flush(60_000)
  expect(receiver.spans).toEqual([])
  expect(receiver.logs.map(({ body }) => body)).toContain('y')
})
