import { trace } from '@opentelemetry/api'
import { beforeEach, describe, expect, test } from 'vitest'
import { raiseAlert } from '../../../src/probe/event/alert.ts'
import { record } from '../recording.ts'
import type { Recording } from '../recording.ts'

let seen: Recording

beforeEach(() => {
  seen = record()
})

describe('an alert of the own', () => {
  test('[C27] has level, type, title, text and data, is counted, and stands on the trace it is raised in', async () => {
    const tracer = trace.getTracer('test')
    const traceId = tracer.startActiveSpan('signal', (span) => {
      raiseAlert({
        level: 'critical',
        type: 'margin_low',
        title: 'Free margin below 10 %',
        text: 'Move funds to okx.',
        data: { free: '81.20', positions: 3n },
      })
      span.end()
      return span.spanContext().traceId
    })
    const [entry] = seen.records('trading.alert.raised')
    expect(entry?.severityText).toBe('error')
    expect(entry?.body).toBe('Free margin below 10 %: Move funds to okx.')
    expect(entry?.spanContext?.traceId).toBe(traceId)
    expect(entry?.attributes).toEqual({
      'trading.alert.level': 'critical',
      'trading.alert.type': 'margin_low',
      'trading.alert.title': 'Free margin below 10 %',
      'trading.alert.text': 'Move funds to okx.',
      'trading.alert.data': { free: '81.20', positions: '3' },
    })
    expect(await seen.points('trading.alerts')).toContainEqual({
      labels: { 'trading.alert.level': 'critical', 'trading.alert.type': 'margin_low' },
      value: 1,
    })
  })

  test('[C27] needs no more than level, type and title; an error brings its class and stack', () => {
    raiseAlert({ level: 'info', type: 'restart', title: 'Restarted' })
    raiseAlert({ level: 'warning', type: 'rpc', title: 'RPC', error: new RangeError('block') })
    const [info, warning] = seen.records('trading.alert.raised')
    expect([info?.severityText, info?.body]).toEqual(['info', 'Restarted'])
    expect(info?.attributes).not.toHaveProperty('trading.alert.text')
    expect(warning?.severityText).toBe('warn')
    expect(warning?.attributes).toMatchObject({
      'error.type': 'RangeError',
      'exception.message': 'block',
    })
  })

  test('[C27] a level that there is not is told all the same', () => {
    // As a program without types would.
    raiseAlert(JSON.parse('{"level":"toString","type":"x","title":"y"}') as never)
    expect(seen.records('trading.alert.raised')[0]?.severityText).toBe('warn')
  })
})
