import { SpanStatusCode } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { OrderOptions } from '../../../src/probe/flow/handles/order.ts'
import type { Signal } from '../../../src/probe/flow/handles/signal.ts'
import { begin, clock, expectNoFault, flows, seen } from './stage.ts'

beforeEach(() => {
  begin()
  clock.advanceMs(5000)
})
afterEach(expectNoFault)

const buy: OrderOptions = { venue: 'binance', side: 'buy', quantity: '10', price: '100' }
const detected = (): Signal =>
  flows.signal({ symbol: 'BTC/USDT', strategy: 'atr', side: 'buy', decisionPrice: '100' })
const ended = (): Record<string, unknown> => seen.last('trading.flow.ended')

describe('the end of a flow', () => {
  test('[A48, X34] tells how long it took, and what all its orders cost', async () => {
    const signal = detected()
    clock.advanceMs(250)
    signal.order(buy).filled({ execId: 'e1', fee: '1' })
    clock.advanceMs(750)
    signal.hedge({ venue: 'okx' }).order().filled({ execId: 'h1', price: '101', fee: '0.5' })
    signal.unwind({ quantity: '1' }).order().filled({ execId: 'u1', price: '99', fee: '0.25' })
    signal.end('canceled')
    expect(ended()).toMatchObject({
      'trading.flow.duration_ms': 1000,
      'trading.fees': '1.75',
      'trading.shortfall_fees': '1.75',
    })
    const [decision] = await seen.points('trading.signal.decision.duration')
    expect(decision?.value).toMatchObject({ count: 1, sum: 0.25 })
    expect(seen.spans('signal')[0]?.attributes['trading.signal.decision_latency_ms']).toBe(250)
  })

  test.each([
    [{ price: '103' }, '24'],
    // A fill that says no price is no news of the market, nor is one that is taken back.
    [{ price: '0' }, '0'],
  ])('[X34] what was not filled is lost at the last price, after a fill %j', (fill, lost) => {
    const signal = detected()
    const order = signal.order({ ...buy, type: 'market', price: undefined })
    order.filled({ execId: 'e1', quantity: '2', ...fill })
    signal.end('canceled')
    expect(ended()['trading.shortfall_opportunity']).toBe(lost)
  })

  test('[X34] a fill that was taken back has still told the price', () => {
    const signal = detected()
    const order = signal.order(buy)
    order.filled({ execId: 'e1', quantity: '2', price: '103' })
    order.busted({ execId: 'e1' })
    signal.end('canceled')
    expect(ended()['trading.shortfall_opportunity']).toBe('30')
  })

  test('[X34] a size that was calculated stands until another is; nothing ordered cost nothing', () => {
    const signal = detected()
    signal.positionSize({ quantity: '4' })
    signal.positionSize({ quantity: 'as much as there is' })
    signal.order(buy).filled({ execId: 'e1', quantity: '3', price: '100' })
    signal.end('canceled', { endPrice: '110' })
    expect(ended()['trading.shortfall_opportunity']).toBe('10')
    detected().end('canceled', { endPrice: '110' })
    expect(ended()).not.toHaveProperty(['trading.shortfall'])
  })

  test.each([
    ['failed', (signal: Signal) => signal.failed(), 'failed', false],
    [
      'failed of an error',
      (signal) => signal.failed(new RangeError('no candles')),
      'no candles',
      true,
    ],
    ['rejected', (signal) => signal.rejected(), 'rejected', false],
    ['canceled', (signal) => signal.canceled('no_data'), undefined, false],
    ['denied', (signal) => signal.denied({ reason: 'max_position' }), undefined, false],
  ] as [string, (signal: Signal) => void, string | undefined, boolean][])(
    '[X01] %s: its span is an error, or none',
    (_, end, message, thrown) => {
      end(detected())
      const [span] = seen.spans('signal')
      expect(span?.status).toEqual(
        message === undefined
          ? { code: SpanStatusCode.UNSET }
          : { code: SpanStatusCode.ERROR, message },
      )
      const [told] = seen.records('trading.flow.ended')
      expect('exception.message' in (told?.attributes ?? {})).toBe(thrown)
    },
  )

  test('[X01] the same end twice is no late call, another one is', () => {
    const signal = detected()
    signal.expired()
    signal.expired()
    expect(seen.events()).not.toContain('trading.flow.late_call')
    signal.canceled()
    expect(seen.last('trading.flow.late_call')).toMatchObject({
      'trading.flow.call': 'signal.end(canceled)',
      'trading.flow.outcome': 'expired',
    })
    expect(seen.records('trading.flow.late_call')[0]?.body).toBe(
      'signal.end(canceled) came after the end (expired)',
    )
  })

  test('[X09] of a flat flow takes it out of the gauges, of one that is open it does not', async () => {
    const covered = async (): Promise<unknown> =>
      (await seen.points('trading.exposure.covered'))[0]?.value
    const flat = detected()
    flat.order(buy).filled({ execId: 'e1' })
    flat.hedge({ venue: 'okx' }).order().filled({ execId: 'h1', price: '100' })
    expect(await covered()).toBe(10)
    flat.end('canceled')
    expect(await covered()).toBe(0)
    const naked = detected()
    naked.order(buy).filled({ execId: 'e1' })
    naked.hedge({ venue: 'okx' }).order().filled({ execId: 'h1', price: '100', quantity: '7' })
    naked.end('failed')
    expect(await covered()).toBe(7)
    const opened = detected()
    opened.order(buy).filled({ execId: 'e1' })
    opened.hedge({ venue: 'okx' }).order().filled({ execId: 'h1', price: '100' })
    opened.opened({ positionId: 'p1' })
    expect(await covered()).toBe(17)
  })

  test('[X09] sums the money-seconds up to it', async () => {
    const signal = detected()
    signal.hedge({ venue: 'okx', quantity: '10' })
    signal.order(buy).filled({ execId: 'e1', quantity: '2' })
    clock.advanceMs(3000)
    signal.end('failed')
    const [sum] = await seen.points('trading.exposure.money_seconds')
    expect(sum?.value).toBe(600)
    expect(seen.spans('signal')[0]?.attributes['trading.exposure.money_seconds']).toBe(600)
  })

  test('[X09] a flow that has nothing filled tells no exposure as its hedge begins', () => {
    detected().hedge({ venue: 'okx', quantity: '10' })
    expect(seen.events()).not.toContain('trading.exposure.changed')
    const filled = detected()
    filled.order(buy).filled({ execId: 'e1' })
    filled.hedge({ venue: 'okx' })
    filled.hedge({ venue: 'kraken' })
    expect(seen.records('trading.exposure.changed')).toHaveLength(1)
  })
})

describe('a flow whose unwind is done', () => {
  test('[B14] goes on while an order of it is open, or another unwind', () => {
    const signal = detected()
    const entry = signal.order(buy)
    entry.filled({ execId: 'e1', quantity: '4' })
    const other = signal.order(buy)
    const first = signal.unwind({ quantity: '3' })
    const second = signal.unwind({ quantity: '1' })
    first.order().filled({ execId: 'u1', price: '99' })
    second.order().filled({ execId: 'u2', price: '99' })
    expect(signal.ended).toBe(false)
    other.canceled()
    expect(signal.ended).toBe(false)
    entry.canceled()
    expect(signal.outcome).toBe('unwound')
  })

  test('[B14] holds what is left, in the contracts of its entry', () => {
    const signal = flows.signal({ symbol: 'BTC/USDT:USDT', side: 'buy' })
    signal.order({ ...buy, quantity: '50', contractSize: '0.1' }).filled({ execId: 'e1' })
    const unwind = signal.unwind({ venue: 'okx', quantity: '2' })
    unwind.order({ contractSize: '0.01', price: '99' }).filled({ execId: 'u1' })
    expect(unwind.ended).toBe(true)
    expect(signal.opened({ positionId: 'p1' }).state.quantity).toBe('30')
  })
})
