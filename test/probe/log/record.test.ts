import { ROOT_CONTEXT, context, logs, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs'
import { afterEach, describe, expect, test } from 'vitest'
import { logger } from '../../../src/probe/log/logger.ts'
import { closeRecords, waitingRecords } from '../../../src/probe/log/record.ts'
import { setLogLevel } from '../../../src/probe/log/sinks.ts'
import { startRecording } from '../../../src/probe/telemetry/testing.ts'
import type { Recording } from '../../../src/probe/telemetry/testing.ts'

const log = logger('early')
setLogLevel('console', 'off')

let recording: Recording | undefined
afterEach(async () => {
  await recording?.shutdown()
  recording = undefined
  logs.disable()
  context.disable()
  closeRecords()
})

describe('before telemetry is started', () => {
  test('[A03] lines wait and are delivered with their own times, traces and values', async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    const span = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceFlags: 1 }
    const values = { n: 1 }
    const before = Date.now()
    context.with(trace.setSpanContext(ROOT_CONTEXT, span), () => log.info('early', { values }))
    values.n = 2
    log.event('order_filled', 'Filled', { orderId: '1' })
    context.disable()
    await new Promise((resolve) => setTimeout(resolve, 20))
    const started = Date.now()
    recording = await startRecording()
    const [first, second] = recording.logs()
    expect(first).toMatchObject({
      message: 'early',
      traceId: span.traceId,
      spanId: span.spanId,
      attributes: { values: { n: 1 } },
    })
    const timeMs = (first?.time[0] ?? 0) * 1000 + (first?.time[1] ?? 0) / 1e6
    expect(timeMs).toBeGreaterThanOrEqual(before)
    expect(timeMs).toBeLessThan(started)
    expect(second).toMatchObject({ event: 'trading.order.filled' })
    expect(waitingRecords().waiting).toBe(0)
  })

  test('[A03] when too many wait the newest are kept, the others counted and said', async () => {
    for (let index = 0; index < 10_500; index += 1) log.info('n', { index })
    expect(waitingRecords()).toEqual({ waiting: 10_000, dropped: 500 })
    recording = await startRecording()
    const lines = recording.logs().filter(({ module }) => module === 'early')
    expect(lines).toHaveLength(10_000)
    expect(lines[0]?.attributes).toEqual({ index: 500 })
    expect(recording.logs().find(({ module }) => module === 'fillpath')).toMatchObject({
      level: 'warn',
      attributes: { lost: 500 },
    })
  })

  test('a provider that the bot registered itself gets the lines, also those that waited', () => {
    log.info('waits')
    const exporter = new InMemoryLogRecordExporter()
    logs.setGlobalLoggerProvider(
      new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }),
    )
    log.info('comes')
    expect(exporter.getFinishedLogRecords().map(({ body }) => body)).toEqual(['waits', 'comes'])
    expect(waitingRecords().waiting).toBe(0)
  })
})
