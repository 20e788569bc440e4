import { beforeEach, describe, expect, test } from 'vitest'
import { manualClock } from '../../../src/base/clock.ts'
import type { ManualClock } from '../../../src/base/clock.ts'
import { createFlows } from '../../../src/probe/flow/flows.ts'
import type { Flows } from '../../../src/probe/flow/handles/flows.ts'
import { record } from '../recording.ts'
import type { Recording } from '../recording.ts'

let seen: Recording
let clock: ManualClock
let flows: Flows

beforeEach(() => {
  seen = record()
  clock = manualClock()
  flows = createFlows({ clock })
})

const told = (): (string | undefined)[] =>
  seen.records().map(({ body }) => (typeof body === 'string' ? body : undefined))

describe('a condition', () => {
  test('[X20] reported at each of 1,000 ticks gives a line when it begins and one when it ends', async () => {
    const detector = flows.detector({ symbol: 'BTC/USDT', strategy: 'atr' })
    for (let tick = 0; tick < 1_000; tick += 1) {
      detector.condition('spread_too_wide', tick >= 100 && tick < 900, {
        value: tick / 7,
        threshold: 12.5,
      })
      clock.advanceMs(10)
    }
    expect(told()).toEqual([
      'spread_too_wide: 14.2857, limit 12.5',
      'spread_too_wide cleared: 128.571, limit 12.5',
    ])
    expect(seen.last('trading.condition.set')).toEqual({
      'trading.symbol': 'BTC/USDT',
      'trading.strategy': 'atr',
      'trading.condition.name': 'spread_too_wide',
      'trading.condition.level': 'info',
      'trading.indicator.value': 100 / 7,
      'trading.indicator.threshold': 12.5,
    })
    expect(seen.last('trading.condition.cleared')).toMatchObject({
      'trading.condition.standing_ms': 8_000,
      'trading.condition.reports': 800,
    })
    const labels = {
      'trading.symbol': 'BTC/USDT',
      'trading.strategy': 'atr',
      'trading.condition.name': 'spread_too_wide',
    }
    expect(await seen.points('trading.condition.standing')).toEqual([{ labels, value: 0 }])
  })

  test('[X20] is told again when its level changes, and stands since it began', () => {
    flows.condition('margin_low', true, { venue: 'okx' })
    clock.advanceMs(5_000)
    flows.condition('margin_low', true, { venue: 'okx', level: 'error', text: 'margin at 4 %' })
    expect(seen.records('trading.condition.set').map(({ severityText }) => severityText)).toEqual([
      'info',
      'error',
    ])
    expect(seen.last('trading.condition.set')).toMatchObject({
      'trading.condition.previous_level': 'info',
      'trading.venue': 'okx',
    })
    expect(flows.open().conditions).toEqual([
      {
        name: 'margin_low',
        level: 'error',
        symbol: undefined,
        venue: 'okx',
        strategy: undefined,
        sinceMs: Number(clock.wallNs() / 1_000_000n) - 5_000,
        reports: 2,
      },
    ])
  })

  test('[X20] of another symbol or venue is another condition', () => {
    flows.condition('feed_lag', true, { symbol: 'BTC/USDT', venue: 'okx' })
    flows.condition('feed_lag', true, { symbol: 'ETH/USDT', venue: 'okx' })
    flows.condition('feed_lag', true, { symbol: 'BTC/USDT', venue: 'bybit' })
    flows.condition('feed_lag', false, { symbol: 'BTC/USDT', venue: 'okx' })
    expect(flows.open().conditions.map(({ symbol, venue }) => [symbol, venue])).toEqual([
      ['ETH/USDT', 'okx'],
      ['BTC/USDT', 'bybit'],
    ])
  })

  test('[X20] that stands when the bot stops is cleared with it, and nothing stands after', () => {
    flows.condition('api_key_expires', true, { level: 'warn' })
    flows.close('SIGTERM')
    flows.condition('api_key_expires', true, { level: 'warn' })
    expect(told()).toEqual(['api_key_expires', 'api_key_expires is not watched any more: SIGTERM'])
    expect(flows.open().conditions).toEqual([])
  })

  test('[X20] never throws, whatever it is given', () => {
    const report = flows.condition.bind(flows) as (...values: readonly unknown[]) => void
    for (const values of [[], [undefined, true], [Symbol('x'), true], ['a', true, null]]) {
      expect(() => report(...values)).not.toThrow()
    }
    report('loud', true, { level: 'shout' })
    expect(seen.last('trading.condition.set')['trading.condition.level']).toBe('info')
  })

  test('[X20] names that are ids do not eat the memory', () => {
    for (let id = 0; id < 10_500; id += 1) flows.condition(`order ${id} open`, true)
    expect(flows.open().conditions).toHaveLength(10_000)
    flows.condition('order 3 open', false)
    flows.condition('late', true)
    expect(seen.last('trading.condition.set')['trading.condition.name']).toBe('late')
  })
})
