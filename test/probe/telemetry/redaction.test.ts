import { SpanStatusCode, logs } from '@opentelemetry/api'
import { logs as olderLogs } from '@opentelemetry/api-logs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startRecording } from '../../../src/probe/telemetry/testing.ts'
import type { Recording } from '../../../src/probe/telemetry/testing.ts'

const key = 'vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A'
const orderId = '8812345678901234567'
const hash = '0x' + 'ab12'.repeat(16)

let recording: Recording
beforeEach(async () => {
  recording = await startRecording({ redact: { keys: ['accountAlias'] } })
  recording.clear()
})
afterEach(() => recording.shutdown())

describe('[B46, C33] nothing leaves with a secret in it', () => {
  test('a log record that somebody else emits: body, attributes, nested ones, event name', () => {
    for (const api of [logs, olderLogs]) {
      recording.clear()
      api.getLogger('some-instrumentation').emit({
        eventName: `call?apiKey=${key}`,
        body: `GET /api/v3/account?timestamp=1&signature=${'d'.repeat(64)}`,
        attributes: {
          'http.request.header.x-mbx-apikey': key,
          'request.headers': { authorization: `Bearer ${key}`, accept: '*/*' },
          accountAlias: 'SgsR',
          'order.id': orderId,
          'tx.hash': hash,
        },
      })
      const [log] = recording.logs()
      expect(JSON.stringify(log)).not.toMatch(/vmPUZE6|dddd|SgsR/)
      expect(log?.attributes).toMatchObject({
        'request.headers': { accept: '*/*' },
        'order.id': orderId,
        'tx.hash': hash,
      })
      expect(log?.message).toContain('GET /api/v3/account?timestamp=1&signature=')
    }
  })

  test('a body that is no text', () => {
    logs.getLogger('x').emit({ body: { apiSecret: key, symbol: 'BTC' } })
    const [log] = recording.logs()
    expect(log?.message).not.toContain('vmPUZE6')
    expect(log?.message).toContain('BTC')
  })

  test('a span: attributes, name, status, events, links', () => {
    const link = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceFlags: 1 }
    const span = recording.tracer.startSpan(`GET /order?apiKey=${key}`, {
      attributes: { secret: key, orderId },
      links: [{ context: link, attributes: { token: `Bearer ${key}`, n: 1 } }],
    })
    span.addEvent(`signed with secret=${key}`, { passphrase: key, hash })
    span.recordException(new Error(`bad signature, apiKey=${key}`))
    span.setStatus({ code: SpanStatusCode.ERROR, message: `apiSecret=${key}` })
    span.end()
    const [ended] = recording.spans()
    const { name, attributes, status, events, links } = ended ?? {}
    expect(JSON.stringify({ name, attributes, status, events, links })).not.toContain('vmPUZE6')
    expect(name).toContain('GET /order?apiKey=')
    expect(attributes).toMatchObject({ orderId })
    expect(events?.[0]?.attributes).toMatchObject({ hash })
    expect(links).toMatchObject([{ context: link, attributes: { n: 1 } }])
    expect(status?.code).toBe(SpanStatusCode.ERROR)
    // The rest of the span is as the SDK made it.
    expect(ended?.spanContext()).toEqual(span.spanContext())
    expect(ended?.resource.attributes['service.name']).toBe('trading-bot')
    expect(ended?.ended).toBe(true)
    expect(ended?.duration).toHaveLength(2)
  })

  test('a span without secrets is handed on as it is', () => {
    const span = recording.tracer.startSpan('order', { attributes: { orderId } })
    span.end()
    expect(recording.spans()[0]).toBe(span)
  })

  test('[A55] parameters of a call are there, without signature and key', () => {
    recording.events.apiRequest({
      apiOperation: 'createOrder',
      params: { symbol: 'BTCUSDT', signature: 'f'.repeat(64), apiKey: key },
    })
    expect(recording.logs()[0]?.attributes['trading.api.params']).toEqual({
      symbol: 'BTCUSDT',
      signature: '[REDACTED]',
      apiKey: '[REDACTED]',
    })
  })
})
