import { context, diag, logs, metrics, propagation, trace } from '@opentelemetry/api'
import { logs as olderLogs } from '@opentelemetry/api-logs'
import { LoggerProvider } from '@opentelemetry/sdk-logs'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { traceIdOf } from '../../../src/base/ids.ts'
import { logger, logContext, start } from '../../../src/index.ts'
import type { StartOptions, Telemetry } from '../../../src/index.ts'
import { startRecording } from '../../../src/probe/telemetry/testing.ts'

let printed = ''
const stream = new Writable({
  write(chunk: Buffer, _encoding, next) {
    printed += String(chunk)
    next()
  },
})

let telemetry: Telemetry | undefined
beforeEach(() => {
  printed = ''
})
afterEach(async () => {
  await telemetry?.shutdown()
  telemetry = undefined
  vi.unstubAllEnvs()
})

async function run(options: StartOptions = {}): Promise<Telemetry> {
  telemetry = await start({
    // Nobody listens on port 1: what is sent waits and is given up at the end.
    destination: 'http://127.0.0.1:1',
    console: { stream, colour: false, level: 'trace' },
    exitHooks: false,
    shutdownTimeoutMs: 50,
    ...options,
  })
  return telemetry
}

describe('start', () => {
  test('registers everything, in both log APIs, and shutdown takes it back', async () => {
    const { shutdown } = await run()
    expect(logs.getLogger('x').enabled()).toBe(true)
    expect(olderLogs.getLoggerProvider()).toBe(logs.getLoggerProvider())
    expect(trace.getTracer('x').startSpan('y').isRecording()).toBe(true)
    const key = Symbol('k')
    context.with(context.active().setValue(key, 1), () => {
      expect(context.active().getValue(key)).toBe(1)
    })
    expect(propagation.fields()).toContain('traceparent')
    await shutdown()
    expect(trace.getTracer('x').startSpan('y').isRecording()).toBe(false)
    expect(logs.getLogger('x').enabled()).toBe(false)
    expect(propagation.fields()).toEqual([])
  })

  test('says which variable is misspelt, and starts', async () => {
    vi.stubEnv('FILLPATH_SPOOL_QOTA', '1GiB')
    await run()
    expect(printed).toMatch(/WARN .*FILLPATH_SPOOL_QOTA is not known.*"FILLPATH_SPOOL_QUOTA"/)
  })

  test('twice gives the telemetry that runs, and one line says so', async () => {
    const first = await run({ serviceName: 'first' })
    expect(await start({ serviceName: 'second' })).toBe(first)
    expect(printed).toMatch(/WARN .*start\(\) was called again.*code=already_started/)
  })

  test('twice at the same moment is one start', async () => {
    const [first, second] = await Promise.all([startRecording(), start({ serviceName: 'late' })])
    telemetry = first
    expect(second.tracer).toBe(first.tracer)
  })

  test('after a start that failed, and after shutdown, starts again', async () => {
    await expect(run({ metricIntervalMs: -1 })).rejects.toMatchObject({ code: 'setting_invalid' })
    await (await run()).shutdown()
    const again = await startRecording()
    telemetry = again
    logger('bot').info('second life')
    again.tracer.startSpan('x').end()
    again.events.retry({ retryState: 'waiting' })
    expect(again.logs().map(({ message }) => message)).toContain('second life')
    expect(again.spans()).toHaveLength(1)
    expect((await again.metrics()).find(({ name }) => name === 'trading.retries')?.value).toBe(1)
  })

  test('a file that is not there in the TLS settings does not leave half a start behind', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_CLIENT_KEY', '/nowhere/key.pem')
    await expect(start({ console: { stream }, exitHooks: false })).rejects.toMatchObject({
      code: 'setting_invalid',
    })
    expect(logs.getLogger('x').enabled()).toBe(false)
    vi.unstubAllEnvs()
    await run()
    expect(logs.getLogger('x').enabled()).toBe(true)
  })

  test('switched off, one line says so, and logger, flows and shutdown work', async () => {
    vi.stubEnv('OTEL_SDK_DISABLED', 'true')
    const { flows, flush, shutdown, status } = await run()
    expect(printed.trim().split('\n')).toEqual([expect.stringMatching(/WARN .*telemetry is off/)])
    logger('bot').info('still printed')
    expect(printed).toContain('still printed')
    const signal = flows.signal({ symbol: 'BTC/USDT', side: 'buy' })
    expect(signal.run(() => 7)).toBe(7)
    expect(trace.getTracer('x').startSpan('y').isRecording()).toBe(false)
    expect(status().kind).toBe('none')
    await flush()
    await shutdown()
    telemetry = await startRecording({ disabled: false })
    expect(trace.getTracer('x').startSpan('y').isRecording()).toBe(true)
  })

  test('another SDK in the process is named, goes on, and is left alone at the end', async () => {
    const [tracer, records] = [new TracerProvider(), new LoggerProvider()]
    trace.setGlobalTracerProvider(tracer)
    logs.setGlobalLoggerProvider(records)
    const { shutdown } = await run()
    expect(printed).toMatch(
      /ERROR .*another OpenTelemetry SDK runs in this process: its tracer provider, logger provider stay/,
    )
    await shutdown()
    expect(logs.getLoggerProvider()).toBe(records)
    trace.disable()
    logs.disable()
  })

  test('another version of the API that was first is named', async () => {
    const key = Symbol.for('opentelemetry.js.api.1')
    const before: unknown = Reflect.get(globalThis, key)
    Reflect.set(globalThis, key, { version: '1.9.0' })
    try {
      const { shutdown } = await run()
      expect(printed).toMatch(/two versions of @opentelemetry\/api are loaded.*1\.9\.0.*npm ls/)
      await shutdown()
    } finally {
      Reflect.set(globalThis, key, before)
    }
  })

  test('await using shuts down at the end of the block', async () => {
    {
      await using scoped = await startRecording()
      expect(scoped.tracer.startSpan('x').isRecording()).toBe(true)
    }
    expect(trace.getTracer('x').startSpan('y').isRecording()).toBe(false)
  })
})

describe('what runs', () => {
  test('[A05] W3C trace context goes out and comes in', async () => {
    const { tracer } = await run()
    const carrier: Record<string, string> = {}
    tracer.startActiveSpan('out', (span) => {
      propagation.inject(context.active(), carrier)
      span.end()
      expect(carrier['traceparent']).toBe(
        `00-${span.spanContext().traceId}-${span.spanContext().spanId}-01`,
      )
    })
    const incoming = propagation.extract(context.active(), carrier)
    const child = tracer.startSpan('in', {}, incoming)
    expect(child.spanContext().traceId).toBe(carrier['traceparent']?.slice(3, 35))
  })

  test('a wished trace id is that of the root span, and of no other', async () => {
    const { tracer } = await run()
    logContext({ correlationId: 'sig_abc123' }, () => {
      expect(tracer.startSpan('root').spanContext().traceId).toBe(traceIdOf('sig_abc123'))
    })
    const other = tracer.startSpan('other').spanContext().traceId
    expect(other).toMatch(/^[0-9a-f]{32}$/)
    expect(other).not.toBe(traceIdOf('sig_abc123'))
  })

  test('the sampler of the environment decides', async () => {
    vi.stubEnv('OTEL_TRACES_SAMPLER', 'always_off')
    const { tracer } = await run()
    expect(tracer.startSpan('x').isRecording()).toBe(false)
  })

  test('attribute limits of the environment hold', async () => {
    vi.stubEnv('OTEL_ATTRIBUTE_COUNT_LIMIT', '3')
    vi.stubEnv('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', '5')
    const recording = await startRecording()
    telemetry = recording
    logger('bot').info('x', { a: 'long text', b: 2, c: 3, d: 4 })
    recording.tracer.startSpan('x', { attributes: { a: 'long text', b: 2, c: 3, d: 4 } }).end()
    expect(recording.logs().at(-1)?.attributes).toEqual({ a: 'long ', b: 2, c: 3 })
    expect(recording.spans()[0]?.attributes).toEqual({ a: 'long ', b: 2, c: 3 })
  })

  test('[A11] an event that came through no logger is printed too, one that did is printed once', async () => {
    const { flows } = await run()
    logger('bot').event('order_filled', 'Filled by hand', { orderId: '1' })
    flows.signal({ symbol: 'BTC/USDT', side: 'buy', strategy: 'atr' })
    logs.getLogger('pino').emit({ body: 'printed by its own logger', severityText: 'info' })
    const lines = printed.split('\n')
    expect(lines.filter((line) => line.includes('Filled by hand'))).toHaveLength(1)
    expect(
      lines.filter((line) => /signal\.detected [0-9a-f]{8} .*BTC\/USDT/.test(line)),
    ).toHaveLength(1)
    expect(printed).not.toContain('printed by its own logger')
  })

  test('[C29] what the SDK says about itself is a line of ours, and repeats are held back', async () => {
    await run()
    for (let index = 0; index < 5; index += 1) diag.warn('queue is full: 100%', { size: 7 })
    diag.error('other')
    const lines = printed.split('\n').filter((line) => line.includes(' opentelemetry '))
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatch(/WARN {2}opentelemetry queue is full: 100% details=\{"size":7\}$/)
  })

  test('OTEL_LOG_LEVEL sets how much that is', async () => {
    vi.stubEnv('OTEL_LOG_LEVEL', 'error')
    await run()
    diag.warn('not said')
    diag.error('said')
    expect(printed).toContain('opentelemetry said')
    expect(printed).not.toContain('not said')
  })

  test('[A49, C13] memory, CPU, event loop and heartbeat are measured', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const recording = await startRecording()
      telemetry = recording
      vi.advanceTimersByTime(3500)
      const values = new Map((await recording.metrics()).map(({ name, value }) => [name, value]))
      expect(values.get('trading.heartbeat')).toBe(3)
      expect(values.get('trading.process.memory')).toBeGreaterThan(1e6)
      expect(values.get('trading.process.heap')).toBeGreaterThan(1e6)
      expect(values.get('trading.process.cpu')).toBeGreaterThan(0)
      expect(values.get('trading.process.event_loop.delay')).toBeGreaterThanOrEqual(0)
    } finally {
      vi.useRealTimers()
    }
  })

  test("metrics and tracer of the bot's own go the same way", async () => {
    const recording = await startRecording({ serviceName: 'bot' })
    telemetry = recording
    recording.meter.createCounter('bot.cycles').add(2)
    metrics.getMeter('other').createGauge('bot.balance').record(5)
    const values = await recording.metrics()
    expect(values).toContainEqual({ name: 'bot.cycles', unit: '', labels: {}, value: 2 })
    expect(values).toContainEqual({ name: 'bot.balance', unit: '', labels: {}, value: 5 })
  })

  test('what is open when telemetry ends is ended with it', async () => {
    const recording = await startRecording()
    recording.flows.signal({ symbol: 'BTC/USDT', side: 'buy' })
    expect(recording.spans()).toEqual([])
    await recording.shutdown('SIGTERM')
    expect(recording.spans()).toMatchObject([{ name: 'signal' }])
    expect(recording.eventsNamed('trading.run.ended')[0]?.attributes).toMatchObject({
      'trading.shutdown.reason': 'SIGTERM',
    })
  })
})

describe('[X16] the configuration of a run', () => {
  async function hashOf(config: unknown): Promise<unknown> {
    const recording = await startRecording({ config })
    const [started] = recording.eventsNamed('trading.run.started')
    await recording.shutdown()
    return started?.attributes['trading.config.hash']
  }

  test('is told by its hash, whatever the order of its keys and whatever its secrets', async () => {
    const hash = await hashOf({
      edge: '0.002',
      venues: ['binance', 'okx'],
      apiSecret: 'a'.repeat(64),
    })
    expect(hash).toMatch(/^[0-9a-f]{16}$/)
    const same = { apiSecret: 'b'.repeat(64), venues: ['binance', 'okx'], edge: '0.002' }
    expect(await hashOf(same)).toBe(hash)
    expect(await hashOf({ ...same, edge: '0.003' })).not.toBe(hash)
    expect(await hashOf({ ...same, venues: ['okx', 'binance'] })).not.toBe(hash)
    expect(await hashOf(undefined)).toBeUndefined()
  })

  test('may be anything: what cannot be read does not stop the start', async () => {
    const cycle: Record<string, unknown> = { size: 10n, until: new Date(0) }
    cycle['self'] = cycle
    Object.defineProperty(cycle, 'broken', {
      enumerable: true,
      get() {
        throw new Error('not now')
      },
    })
    expect(await hashOf(cycle)).toMatch(/^[0-9a-f]{16}$/)
    for (const odd of [null, 7, 'plain', [], () => undefined, Symbol('s'), Number.NaN])
      expect(await hashOf(odd)).toMatch(/^[0-9a-f]{16}$/)
  })
})
