import { SpanStatusCode } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createFlows } from '../../../../src/probe/flow/flows.ts'
import type { Position, PositionOptions } from '../../../../src/probe/flow/handles/position.ts'
import { begin, clock, expectNoFault, flows, seen } from '../stage.ts'

beforeEach(() => {
  begin()
  clock.advanceMs(5000)
})
afterEach(expectNoFault)

const open = (options: Partial<PositionOptions & { symbol: string }> = {}): Position =>
  flows.position({
    positionId: 'p1',
    symbol: 'BTC/USDT',
    venue: 'binance',
    quantity: '2',
    entryPrice: '100',
    ...options,
  })
const held = async (): Promise<unknown> =>
  (await seen.points('trading.position.quantity'))[0]?.value
const lateCalls = (): unknown[] =>
  seen.records('trading.flow.late_call').map(({ attributes }) => attributes['trading.flow.call'])

describe('an order of a position', () => {
  test('[A43] closes it, on its venue and market, unless it says otherwise', () => {
    const long = open({ contractSize: '0.1' })
    expect(long.positionId).toBe('p1')
    const close = long.order({})
    expect(close).toMatchObject({ venue: 'binance', symbol: 'BTC/USDT', side: 'sell' })
    expect(close.state.quantity).toBe('2')
    close.filled({ execId: 'a', quantity: '1', price: '110', fee: '0.5' })
    expect(long.state).toMatchObject({ quantity: '1', realizedPnl: '0.5' })
    expect(long.order({}).state.quantity).toBe('1')
    const other = long.order({ venue: 'okx', symbol: 'ETH/USDT', side: 'buy', quantity: '7' })
    expect(other).toMatchObject({ venue: 'okx', symbol: 'ETH/USDT', side: 'buy' })
    const short = open({ positionId: 'p2', side: 'short' })
    expect(short.order({}).side).toBe('buy')
    const nowhere = flows.position({ positionId: 'p3', symbol: 'BTC/USDT', side: 'long' })
    expect(nowhere.order({}).venue).toBe('unknown')
  })

  test('[A43] of a short position: a sale adds, a purchase closes', async () => {
    const short = open({ side: 'short' })
    short.order({ side: 'sell', quantity: '2' }).filled({ execId: 'a', price: '120' })
    expect(short.state).toMatchObject({ quantity: '4', entryPrice: '110' })
    expect(await held()).toBe(4)
    short.order({ quantity: '1' }).filled({ execId: 'b', price: '100' })
    expect(short.state).toMatchObject({ quantity: '3', realizedPnl: '10' })
    expect(await held()).toBe(3)
  })

  test('[A43] exactly what it holds is not more than it holds', () => {
    const long = open()
    long.order({}).filled({ execId: 'a', price: '110' })
    expect(seen.events()).not.toContain('trading.order.illegal_transition')
    expect(long.state.quantity).toBe('0')
  })

  test('[A43] after its end is late, and one still made', () => {
    const long = open()
    long.order({})
    expect(lateCalls()).toEqual([])
    long.closed({ exitPrice: '100' })
    expect(long.order({ quantity: '1' }).venue).toBe('binance')
    expect(lateCalls()).toEqual(['position.order'])
  })
})

describe('what is told of a position', () => {
  test('[A28] reduced by something else: how much, at what price, with its fees', () => {
    const long = open()
    for (const quantity of ['0', '-1', 'some']) long.reduced({ quantity, price: '120' })
    long.reduced({ quantity: '1', price: 'some' })
    expect(long.state).toMatchObject({ quantity: '2', realizedPnl: '0' })
    long.reduced({ quantity: '1', price: '120', fees: '0.5' })
    expect(seen.last('trading.position.modified')).toMatchObject({
      'trading.position.change': { reduced: ['1', '120'] },
      'trading.position.quantity': '1',
    })
    expect(long.state).toMatchObject({ quantity: '1', realizedPnl: '19.5', fees: '0.5' })
  })

  test('[A28] modified: what is not named stays, and nothing else is said to have changed', async () => {
    const long = open()
    long.modified({ quantity: '3' })
    expect(long.state).toMatchObject({ quantity: '3', entryPrice: '100' })
    expect(seen.last('trading.position.modified')['trading.position.change']).toEqual({
      quantity: ['2', '3'],
    })
    expect(await held()).toBe(3)
    long.modified({ entryPrice: '90' })
    expect(long.state).toMatchObject({ quantity: '3', entryPrice: '90' })
    expect(seen.last('trading.position.modified')['trading.position.change']).toEqual({
      entry_price: ['100', '90'],
    })
    long.modified({ leverage: 5 })
    expect(long.state).toMatchObject({ quantity: '3', entryPrice: '90' })
  })

  test('[A28] one that was flat and is there still costs what it did, else the last mark', () => {
    const long = open()
    long.order({}).filled({ execId: 'a', price: '110' })
    long.modified({ quantity: '1' })
    expect(long.state.entryPrice).toBe('100')
    const found = flows.position({ positionId: 'p2', symbol: 'BTC/USDT' })
    found.marked({ mark: '105' })
    found.modified({ quantity: '1' })
    expect(found.state.entryPrice).toBe('105')
    const bare = flows.position({ positionId: 'p3', symbol: 'BTC/USDT' })
    bare.modified({ quantity: '1' })
    expect(bare.state.entryPrice).toBe('0')
  })

  test('[X31] funding that is no number is none', () => {
    const long = open()
    long.funding({ payment: 'soon' })
    expect(seen.events()).not.toContain('trading.position.funding')
    long.funding({ payment: '-0.25', rate: '0.0001' })
    long.funding({ payment: '0.05' })
    expect(seen.last('trading.position.funding')['trading.funding.total']).toBe('-0.2')
    expect(long.state).toMatchObject({ funding: '-0.2', realizedPnl: '-0.2' })
  })

  test('[A45] a stop is reached at its price, else at the last mark', () => {
    const long = open({ stopPrice: '95' })
    long.stopTriggered({ reason: 'stop_loss' })
    expect(seen.last('trading.position.stop_triggered')).not.toHaveProperty([
      'trading.position.mark_price',
    ])
    long.marked({ mark: '94.5' })
    long.stopTriggered({ reason: 'stop_loss' })
    expect(seen.last('trading.position.stop_triggered')['trading.position.mark_price']).toBe('94.5')
    long.stopTriggered({ reason: 'trailing_stop', price: '94' })
    expect(seen.last('trading.position.stop_triggered')['trading.position.mark_price']).toBe('94')
    long.closed({ exitPrice: '94' })
    expect(seen.last('trading.position.closed')['trading.position.exit.reason']).toBe(
      'trailing_stop',
    )
  })

  test.each([
    ['liquidation', 'liquidation'],
    ['adl', 'adl'],
    ['insurance', 'liquidation'],
    [undefined, 'liquidation'],
  ] as const)('[A46] closed by the venue (%s): the exit is %s', (origin, reason) => {
    const long = open()
    long.liquidated({ origin, quantity: '1', price: '80' })
    expect(seen.last('trading.position.liquidated')).toMatchObject({
      'trading.order.origin': origin ?? 'liquidation',
      'trading.liquidation.notional': '80',
      'trading.position.quantity': '1',
    })
    long.closed({ exitPrice: '80' })
    expect(seen.last('trading.position.closed')['trading.position.exit.reason']).toBe(reason)
  })

  test('[A46] a liquidation at no price that is known is told, and closes nothing', () => {
    const long = open()
    long.liquidated({ price: '0' })
    expect(seen.last('trading.position.liquidated')).not.toHaveProperty([
      'trading.liquidation.notional',
    ])
    expect(long.state).toMatchObject({ quantity: '2', realizedPnl: '0' })
  })

  test('[A46] how near a liquidation is, in words', () => {
    open({ liquidationPrice: '90' }).marked({ mark: '100' })
    const [near] = seen.records('trading.position.liquidation_near')
    expect(near?.body).toBe('10.0 % from liquidation at 90')
  })

  test('[A44] a mark of one source has no others beside it', () => {
    const long = open()
    long.marked({ mark: '101' })
    const told = seen.last('trading.position.marked')
    expect(told).toMatchObject({ 'trading.pnl.unrealized': '2', 'trading.pnl.source': 'mark' })
    for (const absent of ['trading.pnl.by_source', 'trading.pnl.difference']) {
      expect(told).not.toHaveProperty([absent])
    }
    long.marked({})
    expect(long.state.unrealizedPnl).toBe('2')
  })

  test('[X30] what is left is closed at the last mark where no price is named, at none where none is known', () => {
    const long = open()
    long.marked({ mark: '105' })
    long.closed({ fees: '1' })
    expect(seen.last('trading.position.closed')).toMatchObject({
      'trading.pnl.realized': '9',
      'trading.pnl.gross': '10',
      'trading.fees': '1',
      'trading.position.exit_price': '105',
      'trading.position.exit.reason': 'other',
    })
    open({ positionId: 'p2' }).closed()
    const told = seen.last('trading.position.closed')
    expect(told['trading.pnl.realized']).toBe('0')
    expect(told).not.toHaveProperty(['trading.position.exit_price'])
  })

  test('[X30] how long it was held, and that it is in no gauge any more', async () => {
    const long = open()
    clock.advanceMs(90_000)
    long.closed({ exitPrice: '100' })
    expect(seen.last('trading.position.closed')['trading.position.holding_ms']).toBe(90_000)
    expect(await held()).toBe(0)
    expect((await seen.points('trading.position.open'))[0]?.value).toBe(0)
  })

  test('what is thrown inside is an error of its trace, and is thrown on', () => {
    const long = open()
    expect(() =>
      long.run(() => {
        throw new RangeError('no candles')
      }),
    ).toThrow('no candles')
    expect(seen.last('trading.error')).toMatchObject({
      'exception.message': 'no candles',
      'trading.position.id': 'p1',
    })
    expect(long.ended).toBe(false)
  })

  test('[X01] one that is open when the bot ends is interrupted, once', async () => {
    const long = open()
    long.marked({ mark: '101' })
    flows.close('SIGTERM')
    expect(long.ended).toBe(true)
    long.closed({ exitPrice: '100' })
    const [span, ...others] = seen.spans('position')
    expect(others).toEqual([])
    expect(span?.attributes['trading.flow.outcome']).toBe('interrupted')
    expect(span?.status).toEqual({
      code: SpanStatusCode.ERROR,
      message: 'interrupted: SIGTERM',
    })
    expect(await held()).toBe(0)
    expect(lateCalls()).toEqual(['position.closed'])
  })

  test('[X30] a fee of an order that is told only as it ends is booked', () => {
    const long = open()
    const order = long.order({})
    order.filled({ execId: 'a', quantity: '1', price: '110' })
    order.update({ fee: '0.7', feeCurrency: 'USDT', status: 'canceled' })
    expect(long.state).toMatchObject({ fees: '0.7', realizedPnl: '9.3' })
  })
})

describe('how near a liquidation is', () => {
  const near = (): unknown[] =>
    seen
      .records('trading.position.liquidation_near')
      .map(({ attributes }) => attributes['trading.position.liquidation_distance'])
  const distance = async (): Promise<unknown> =>
    (await seen.points('trading.position.liquidation_distance'))[0]?.value

  test('[A46] of a short position: it lies above the mark', async () => {
    const short = open({ side: 'short', liquidationPrice: '120' })
    short.marked({ mark: '80' })
    expect(await distance()).toBe(0.5)
    short.marked({ mark: '100' })
    // At the limit it is not near.
    expect([await distance(), near()]).toEqual([0.2, []])
    short.marked({ mark: '125' })
    expect([await distance(), near()]).toEqual([0.04, [0.04]])
  })

  test('[A46] is told again at half the distance, and anew after it was far away', () => {
    const long = open({ liquidationPrice: '50' })
    for (const mark of [60, 56, 55, 54, 60, 66, 60]) long.marked({ mark })
    // 60: near. 54: half of it. 66, a quarter above the limit of 0.2 and no more, does not arm it again.
    expect(near().map(Number)).toEqual([1 / 6, 4 / 54])
    for (const mark of [67, 60]) long.marked({ mark })
    expect(near()).toHaveLength(3)
  })

  test('[A46] by the price that the venue told last; none where it says 0', async () => {
    const long = open({ liquidationPrice: '50' })
    long.marked({ mark: '100', liquidationPrice: '90' })
    expect(near()).toEqual([0.1])
    long.marked({ mark: '100' })
    expect(await distance()).toBe(0.1)
    long.modified({ liquidationPrice: '98' })
    expect(seen.last('trading.position.modified')['trading.position.change']).toEqual({
      liquidation_price: ['90', '98'],
    })
    long.marked({ mark: '100' })
    expect(near()).toEqual([0.1, 0.02])
    long.marked({ mark: '100', liquidationPrice: '0' })
    long.marked({ mark: '100', liquidationPrice: '' })
    expect(near()).toEqual([0.1, 0.02])
    const other = open({ positionId: 'p2' })
    other.modified({ liquidationPrice: '70' })
    expect(seen.last('trading.position.modified')['trading.position.change']).toEqual({
      liquidation_price: [null, '70'],
    })
  })

  test('[A43] stop, take-profit and leverage: old and new, each from the last', () => {
    const long = open({ stopPrice: '95', takeProfitPrice: '120', leverage: 3 })
    const changes = (): unknown => seen.last('trading.position.modified')['trading.position.change']
    long.modified({ stopPrice: '96', takeProfitPrice: '121', leverage: 4 })
    expect(changes()).toEqual({
      stop_price: ['95', '96'],
      take_profit_price: ['120', '121'],
      leverage: [3, 4],
    })
    long.modified({ stopPrice: '97', takeProfitPrice: '122', leverage: 5 })
    expect(changes()).toEqual({
      stop_price: ['96', '97'],
      take_profit_price: ['121', '122'],
      leverage: [4, 5],
    })
    const bare = open({ positionId: 'p2' })
    bare.modified({ stopPrice: '95', takeProfitPrice: '120', leverage: 3 })
    expect(changes()).toEqual({
      stop_price: [null, '95'],
      take_profit_price: [null, '120'],
      leverage: [null, 3],
    })
    bare.stopTriggered({ reason: 'take_profit', price: '120' })
    expect(seen.last('trading.position.stop_triggered')).toMatchObject({
      'trading.position.stop_price': '95',
      'trading.position.take_profit_price': '120',
    })
  })
})

test('[A28] a position that its orders closed is ended after a minute, one that is open again is not', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    const watched = createFlows({ clock })
    const long = watched.position({
      positionId: 'p1',
      symbol: 'BTC/USDT',
      quantity: '1',
      entryPrice: '9',
    })
    const wait = (ms: number): void => {
      clock.advanceMs(ms)
      vi.advanceTimersByTime(ms)
    }
    const close = long.order({})
    close.filled({ execId: 'a', price: '10' })
    wait(30_000)
    close.busted({ execId: 'a' })
    wait(60_000)
    expect(long.ended).toBe(false)
    long.order({}).filled({ execId: 'b', price: '10' })
    wait(50_000)
    expect(long.ended).toBe(false)
    // What is sold beyond it does not begin the minute anew.
    close.filled({ execId: 'c', price: '10', quantity: '1' })
    wait(20_000)
    expect(long.ended).toBe(true)
    watched.close()
  } finally {
    vi.useRealTimers()
  }
})
