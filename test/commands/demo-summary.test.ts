import { describe, expect, test } from 'vitest'
import { RunSummary } from '../../src/commands/demo-summary.ts'
import { reportOf, resultLines, runLines } from '../../src/commands/demo-report.ts'
import { event } from '../archive/records.ts'
import type { LogRecord } from '../../src/wire/record.ts'

function of(traceId: string, name: string, data = {}): LogRecord {
  return { ...event(name, 0, '', data), traceId }
}

function fill(id: string): Record<string, string> {
  return { 'trading.fill.quantity': '1', 'trading.fill.id': id }
}

describe('the summary of a run', () => {
  test('counts what happened, and picks one flow of each kind that is worth reading', () => {
    const summary = new RunSummary()
    summary.add([
      of('a', 'trading.signal.detected'),
      of('a', 'trading.order.submitted', { 'trading.order.client_id': '1' }),
      of('a', 'trading.order.rejected', { 'trading.order.client_id': '2' }),
      of('a', 'trading.order.filled', { 'trading.order.client_id': '1', ...fill('f1') }),
      of('a', 'trading.hedge.completed'),
      of('a', 'trading.flow.ended', { 'trading.flow.outcome': 'opened' }),
      of('b', 'trading.signal.detected'),
      of('b', 'trading.hedge.failed'),
      of('b', 'trading.flow.ended', { 'trading.flow.outcome': 'unwound' }),
    ])
    // Another opened flow with a hedge, and more of everything in it: the better example.
    summary.add([
      of('c', 'trading.signal.detected'),
      of('c', 'trading.order.unknown'),
      of('c', 'trading.order.partially_filled', fill('f2')),
      of('c', 'trading.order.partially_filled', { 'trading.fill.derived': true, ...fill('') }),
      of('c', 'trading.order.filled', fill('f3')),
      of('c', 'trading.order.fill_confirmed', fill('f4')),
      of('c', 'trading.hedge.completed'),
      of('c', 'trading.flow.ended', { 'trading.flow.outcome': 'opened' }),
    ])
    expect(summary.lines().slice(0, 3)).toEqual([
      '3 signals: 2 opened, 1 unwound',
      '2 orders, 4 fills, 1 rejected, 0 denied, 1 with unknown outcome',
      '2 hedges covered, 1 failed, 0 unwound',
    ])
    expect(summary.worthReading()).toEqual([
      { traceId: 'c', why: 'signal → order → hedge → position' },
      { traceId: 'b', why: 'a hedge that failed, and the unwind' },
    ])
  })

  test('has the report of the bot when it left one', () => {
    const report = reportOf(
      'some line\n{"market":"synthetic","seed":"3","result":"-5.744","quote":"USDT"}\n',
    )
    expect(runLines(report)).toEqual(['? s of synthetic, seed 3, faults ?'])
    expect(resultLines(report)).toEqual(['result -5.74 USDT'])
    for (const text of ['', 'Killed', '[1]', '{"half":']) {
      expect(runLines(reportOf(text))).toEqual([])
      expect(resultLines(reportOf(text))).toEqual([])
    }
  })
})
