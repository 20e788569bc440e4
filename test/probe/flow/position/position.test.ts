import * as fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { manualClock } from '../../../../src/base/clock.ts'
import type { ManualClock } from '../../../../src/base/clock.ts'
import { add, decimal, format, subtract, zero } from '../../../../src/base/decimal.ts'
import { createFlows } from '../../../../src/probe/flow/flows.ts'
import type { Flows } from '../../../../src/probe/flow/handles/flows.ts'
import type { Position, PositionOptions } from '../../../../src/probe/flow/handles/position.ts'
import { PositionSums, spread } from '../../../../src/probe/flow/position/pnl.ts'
import { record } from '../../recording.ts'
import type { Recording } from '../../recording.ts'

let seen: Recording
let clock: ManualClock
let flows: Flows

beforeEach(() => {
  seen = record()
  clock = manualClock()
  flows = createFlows({ clock })
})

const long = (options: Partial<PositionOptions & { symbol: string }> = {}): Position =>
  flows.position({
    positionId: 'p1',
    symbol: 'BTC/USDT',
    strategy: 'atr',
    venue: 'binance',
    side: 'long',
    quantity: '2',
    entryPrice: '100',
    ...options,
  })

const labels = {
  'trading.symbol': 'BTC/USDT',
  'trading.strategy': 'atr',
  'trading.position.side': 'long',
}

describe('the trace of a position', () => {
  test('[X01] is its own, linked both ways with the flow that opened it', () => {
    const signal = flows.signal({ symbol: 'BTC/USDT', side: 'buy', correlationId: 'sig_1' })
    const order = signal.order({ venue: 'binance', side: 'buy', quantity: '2', price: '100' })
    order.filled({ execId: 'a', fee: '0.2' })
    const position = signal.opened({ positionId: 'p1', stopPrice: '95', leverage: 3 })
    position.closed({ exitPrice: '101' })
    const [flow] = seen.spans('signal')
    const [span] = seen.spans('position')
    expect(span?.spanContext().traceId).not.toBe(signal.traceId)
    expect(span?.parentSpanContext).toBeUndefined()
    expect(span?.links[0]?.context.spanId).toBe(signal.span.spanContext().spanId)
    expect(flow?.links[0]?.context.spanId).toBe(span?.spanContext().spanId)
    expect(flow?.attributes['trading.position.id']).toBe('p1')
  })

  test('[A28, A43] opened with what the fills of the flow give', () => {
    const signal = flows.signal({
      symbol: 'BTC/USDT',
      strategy: 'atr',
      side: 'sell',
      correlationId: 'sig_1',
    })
    const order = signal.order({ venue: 'binance', side: 'sell', quantity: '2', price: '100' })
    order.filled({ execId: 'a', quantity: '1', price: '100', fee: '0.1' })
    order.filled({ execId: 'b', quantity: '1', price: '101', fee: '0.1' })
    const position = signal.opened({ positionId: 'p1', stopPrice: '105', takeProfitPrice: '90' })
    expect(position.state).toMatchObject({
      side: 'short',
      quantity: '2',
      entryPrice: '100.5',
      fees: '0.2',
    })
    expect(seen.last('trading.position.opened')).toMatchObject({
      'trading.position.side': 'short',
      'trading.position.quantity': '2',
      'trading.position.entry_price': '100.5',
      'trading.position.stop_price': '105',
      'trading.position.take_profit_price': '90',
      'trading.strategy': 'atr',
      'trading.correlation_id': 'sig_1',
    })
  })

  test('[A28] a position that was there at start has no flow', () => {
    long().closed({ exitPrice: '100' })
    expect(seen.spans('position')[0]?.links).toEqual([])
    expect(flows.open().positions).toEqual([])
  })
})

describe('results', () => {
  test('[X30] realized: quantity × (close − open) × sign − fees + funding', async () => {
    const position = long({ entryFees: '0.2' })
    position.funding({ payment: '-0.012', rate: '0.0001' })
    position.reduced({ quantity: '0.5', price: '110', fees: '0.05' })
    position.closed({ exitPrice: '90', fees: '0.15', reason: 'stop_loss', venueRealizedPnl: '-10' })
    // 0.5 × 10 − 1.5 × 10 = −10; − 0.4 − 0.012
    expect(position.state).toMatchObject({ realizedPnl: '-10.412', quantity: '0', fees: '0.4' })
    expect(seen.last('trading.position.closed')).toMatchObject({
      'trading.pnl.realized': '-10.412',
      'trading.pnl.realized_num': -10.412,
      'trading.pnl.gross': '-10',
      'trading.pnl.venue_realized': '-10',
      'trading.position.exit.reason': 'stop_loss',
      'trading.position.exit_price': '95',
      'trading.fees': '0.4',
      'trading.funding.total': '-0.012',
    })
    const [realized] = await seen.points('trading.pnl.realized')
    expect(realized?.labels).toEqual({ ...labels, 'trading.pnl.currency': 'USDT' })
    expect(realized?.value).toBeCloseTo(-10.412, 10)
    expect(await seen.points('trading.position.count')).toMatchObject([
      { labels: { 'trading.position.exit.reason': 'stop_loss' }, value: 1 },
    ])
  })

  test('of a short position have the other sign', () => {
    const position = long({ side: 'short' })
    position.closed({ exitPrice: '90' })
    expect(position.state.realizedPnl).toBe('20')
  })

  test('of inverse contracts are in base money: size × (1/open − 1/close)', () => {
    const position = long({
      quantity: '100',
      entryPrice: '50000',
      contractSize: '100',
      inverse: true,
    })
    position.marked({ mark: '40000' })
    expect(position.state.unrealizedPnl).toBe('-0.05')
    position.closed({ exitPrice: '62500' })
    // 10000 USD: 0.2 BTC in, 0.16 BTC out.
    expect(position.state.realizedPnl).toBe('0.04')
  })

  test('[X30] fees of inverse contracts are in base money, as their results are', () => {
    const signal = flows.signal({ symbol: 'BTC/USD:BTC', side: 'buy' })
    const contract = { venue: 'binance', contractSize: '100', inverse: true } as const
    const entry = signal.order({ ...contract, side: 'buy', quantity: '100', price: '50000' })
    entry.filled({ execId: 'e1', fee: '0.0001', feeCurrency: 'BTC' })
    const position = signal.opened({ positionId: 'p1' })
    expect(position.state).toMatchObject({ fees: '0.0001', realizedPnl: '-0.0001' })
    const exit = position.order({ price: '62500' })
    exit.filled({ execId: 'x1', quantity: '50', fee: '0.0002', feeCurrency: 'BTC' })
    // Five dollars at 62,500.
    exit.filled({ execId: 'x2', quantity: '50', fee: '5', feeCurrency: 'USD' })
    // 10,000 × (1/50,000 − 1/62,500)
    expect(position.state).toMatchObject({ quantity: '0', fees: '0.00038', realizedPnl: '0.03962' })
    expect(seen.last('trading.order.filled')).toMatchObject({ 'trading.fill.fee': '5' })
  })

  test('[A43] its orders reduce it and bring their fees, each once', async () => {
    const position = long()
    const exit = position.order({ price: '110' })
    expect(exit).toMatchObject({ side: 'sell', venue: 'binance' })
    exit.submitted()
    exit.filled({ execId: 'x1', quantity: '1', price: '110', fee: '0.1' })
    expect(position.state).toMatchObject({ quantity: '1', realizedPnl: '9.9' })
    exit.filled({ execId: 'x2', quantity: '1', price: '112', fee: '0.1' })
    exit.filled({ execId: 'x2', quantity: '1', price: '112', fee: '0.1' })
    position.closed({ reason: 'take_profit' })
    expect(position.state).toMatchObject({ quantity: '0', realizedPnl: '21.8' })
    expect(seen.last('trading.position.closed')['trading.position.exit_price']).toBe('111')
    const [order] = seen.spans('order')
    expect(order?.parentSpanContext?.spanId).toBe(position.span.spanContext().spanId)
    expect((await seen.points('trading.position.quantity'))[0]?.value).toBe(0)
    expect((await seen.points('trading.position.open'))[0]?.value).toBe(0)
  })

  test.each([
    ['linear', { contractSize: '0.01' }, 1],
    ['inverse', { contractSize: '10', inverse: true }, 10],
  ])('[A43] the gauge of %s contracts holds base money', async (_, contract, base) => {
    long({ ...contract, quantity: '100', entryPrice: '100' })
    expect((await seen.points('trading.position.quantity'))[0]?.value).toBe(base)
  })

  test('[A43] more is sold than it holds: the rest is none of it, and that is said', () => {
    const position = long()
    const exit = position.order({ quantity: '3' })
    exit.submitted()
    exit.filled({ execId: 'x1', quantity: '1', price: '110' })
    expect(seen.records('trading.order.illegal_transition')).toEqual([])
    exit.filled({ execId: 'x2', quantity: '2', price: '110' })
    expect(position.state).toMatchObject({ quantity: '0', realizedPnl: '20' })
    expect(seen.last('trading.order.illegal_transition')).toMatchObject({
      'trading.order.transition': 'filled → trade beyond position',
      'trading.position.id': 'p1',
    })
  })

  test('[A43] an order with its side adds to it, at the average of the cost', () => {
    const position = long()
    position.order({ side: 'buy', quantity: '2', price: '110' }).filled({ execId: 'a' })
    expect(position.state).toMatchObject({ quantity: '4', entryPrice: '105' })
    position.closed({ exitPrice: '105' })
    expect(position.state.realizedPnl).toBe('0')
  })

  test('[X30] worst, best and drawdown of each trade', async () => {
    const position = long()
    for (const mark of ['99', '104', '101', '103']) position.marked({ mark })
    expect(position.state).toMatchObject({ mae: '-2', mfe: '8', drawdown: '6' })
    clock.advanceMs(64_000)
    position.closed({ exitPrice: '102' })
    expect(seen.last('trading.position.closed')).toMatchObject({
      'trading.pnl.mae': '-2',
      'trading.pnl.mfe': '8',
      'trading.pnl.drawdown': '6',
      'trading.position.holding_ms': 64_000,
    })
    expect(await seen.points('trading.pnl.mae')).toMatchObject([{ value: -2 }])
    expect(await seen.points('trading.pnl.mfe')).toMatchObject([{ value: 8 }])
    expect(await seen.points('trading.position.holding.duration')).toMatchObject([
      { value: { count: 1, sum: 64 } },
    ])
  })

  test('[X30] the fall of a strategy from its best', async () => {
    long({ positionId: 'a' }).closed({ exitPrice: '110' })
    long({ positionId: 'b' }).closed({ exitPrice: '97' })
    expect(await seen.points('trading.pnl.drawdown')).toEqual([
      { labels: { 'trading.strategy': 'atr', 'trading.pnl.currency': 'USDT' }, value: 6 },
    ])
  })

  test('[X30] results of inverse contracts are base money, and are not added to quote money', async () => {
    const inverse = {
      symbol: 'BTC/USD:BTC',
      inverse: true,
      contractSize: '100',
      quantity: '10',
    } as const
    long({ positionId: 'a' }).closed({ exitPrice: '110' })
    long({ positionId: 'b', ...inverse, entryPrice: '50000' }).closed({ exitPrice: '40000' })
    long({ positionId: 'c', symbol: 'BTCUSDT' }).closed({ exitPrice: '97' })
    const byCurrency = async (name: 'trading.pnl.realized' | 'trading.pnl.drawdown') =>
      (await seen.points(name)).map(({ labels, value }) => [labels['trading.pnl.currency'], value])
    expect(await byCurrency('trading.pnl.realized')).toEqual([
      ['USDT', 20],
      ['BTC', -0.005],
      [undefined, -6],
    ])
    expect(await byCurrency('trading.pnl.drawdown')).toEqual([
      ['USDT', 0],
      ['BTC', 0.005],
      [undefined, 6],
    ])
  })

  test('[X31] each funding is an event and a sum', async () => {
    const position = long()
    position.funding({ payment: '-0.012', rate: '0.0001' })
    position.funding({ payment: '0.02' })
    expect(seen.last('trading.position.funding')).toMatchObject({
      'trading.funding.payment': '0.02',
      'trading.funding.total': '0.008',
    })
    expect((await seen.points('trading.funding.payment'))[0]?.value).toBeCloseTo(0.008)
  })
})

describe('marks', () => {
  test('[A44] unrealized by each price source, and how far they are apart', async () => {
    const position = long()
    position.marked({ mark: '101', last: '102', websocket: '101.5' })
    expect(seen.last('trading.position.marked')).toMatchObject({
      'trading.position.mark_price': '101',
      'trading.pnl.unrealized': '2',
      'trading.pnl.unrealized_num': 2,
      'trading.pnl.source': 'mark',
      'trading.pnl.by_source': { mark: '2', last: '4', websocket: '3' },
      'trading.pnl.difference': '2',
    })
    const unrealized = await seen.points('trading.pnl.unrealized')
    expect(
      unrealized.map(({ labels: { 'trading.pnl.source': source }, value }) => [source, value]),
    ).toEqual([
      ['mark', 2],
      ['last', 4],
      ['websocket', 3],
    ])
    expect((await seen.points('trading.pnl.difference'))[0]?.value).toBe(2)
  })

  test('[A44] of two positions with the same labels are summed', async () => {
    const one = long({ positionId: 'a' })
    const other = long({ positionId: 'b' })
    one.marked({ mark: '101' })
    other.marked({ mark: '102' })
    expect((await seen.points('trading.pnl.unrealized'))[0]?.value).toBe(6)
    expect((await seen.points('trading.position.quantity'))[0]?.value).toBe(4)
    one.closed({ exitPrice: '101' })
    expect((await seen.points('trading.pnl.unrealized'))[0]?.value).toBe(4)
  })

  test('[A44] one event a second at most, every mark is measured', () => {
    const position = long()
    for (let index = 0; index < 10; index += 1) {
      position.marked({ mark: String(100 + index) })
      clock.advanceMs(250)
    }
    expect(seen.records('trading.position.marked')).toHaveLength(3)
    expect(position.state.mfe).toBe('18')
  })

  test('[A46] liquidation is warned of on coming near, and again when the distance has halved', async () => {
    const position = long({ liquidationPrice: '70' })
    position.marked({ mark: '100' })
    position.marked({ mark: '85' })
    position.marked({ mark: '84' })
    position.marked({ mark: '76' })
    const warnings = seen.records('trading.position.liquidation_near')
    expect(warnings.map(({ attributes }) => attributes['trading.position.mark_price'])).toEqual([
      '85',
      '76',
    ])
    expect(warnings[0]?.attributes).toMatchObject({
      'trading.position.liquidation_price': '70',
      'trading.position.liquidation_distance': 15 / 85,
    })
    position.marked({ mark: '100' })
    position.marked({ mark: '85' })
    expect(seen.records('trading.position.liquidation_near')).toHaveLength(3)
    const [distance] = await seen.points('trading.position.liquidation_distance')
    expect(distance?.value).toBeCloseTo(15 / 85)
  })

  test('garbage for a price is no mark', () => {
    const position = long()
    position.marked({ mark: 'x', last: '0' })
    position.marked({})
    expect(position.state.unrealizedPnl).toBeUndefined()
    expect(seen.records('trading.position.marked')).toEqual([])
  })
})

describe('events', () => {
  test('[A28, A43] modified: old and new value of what changed', () => {
    const position = long({ stopPrice: '95' })
    position.modified({ stopPrice: '98', leverage: 5, quantity: '3', entryPrice: '101' })
    expect(seen.last('trading.position.modified')).toMatchObject({
      'trading.position.change': {
        stop_price: ['95', '98'],
        leverage: [null, 5],
        quantity: ['2', '3'],
        entry_price: ['100', '101'],
      },
      'trading.position.quantity': '3',
    })
  })

  test('[A45] stop-loss and take-profit: the trigger, and the reason of the exit from it', () => {
    const position = long({ stopPrice: '95' })
    position.stopTriggered({ reason: 'stop_loss', price: '94.9' })
    position.closed({ exitPrice: '94.8' })
    expect(seen.last('trading.position.stop_triggered')).toMatchObject({
      'trading.position.exit.reason': 'stop_loss',
      'trading.position.mark_price': '94.9',
      'trading.position.stop_price': '95',
    })
    expect(seen.last('trading.position.closed')['trading.position.exit.reason']).toBe('stop_loss')
  })

  test('[A46] a liquidation that the stream tells is booked on the open position', async () => {
    const position = long()
    const order = flows.update({
      venue: 'binance',
      symbol: 'BTCUSDT',
      orderId: '9',
      clientOrderId: 'autoclose-123',
      side: 'sell',
      quantity: '2',
      status: 'filled',
      fill: { execId: 'l1', price: '80', quantity: '2' },
    })
    expect(position.state).toMatchObject({ quantity: '0', realizedPnl: '-40' })
    expect(seen.last('trading.position.liquidated')).toMatchObject({
      'trading.order.origin': 'liquidation',
      'trading.liquidation.notional': '160',
    })
    position.closed()
    expect(seen.last('trading.position.closed')['trading.position.exit.reason']).toBe('liquidation')
    const span = seen
      .spans('order')
      .find(({ attributes }) => attributes['trading.order.id'] === order?.orderId)
    expect(span?.links[0]?.context.spanId).toBe(position.span.spanContext().spanId)
    const liquidations = await seen.points('trading.liquidations')
    expect(liquidations.find(({ labels: { 'trading.venue': venue } }) => venue)?.value).toBe(1)
  })

  test('[A46] a liquidation without a price is booked at the last mark, not at zero', () => {
    const position = long()
    position.marked({ mark: '90' })
    position.liquidated({ quantity: '1', price: '0' })
    expect(position.state).toMatchObject({ quantity: '1', realizedPnl: '-10' })
    position.liquidated({})
    expect(position.state).toMatchObject({ quantity: '0', realizedPnl: '-20' })
  })

  test('[A46] a liquidation that comes fill by fill closes the positions it is against, the oldest first', () => {
    const [first, second] = [long(), long()]
    const stream = {
      venue: 'binance',
      symbol: 'BTCUSDT',
      clientOrderId: 'adl_autoclose-7',
    } as const
    flows.update({ ...stream, orderId: '9', side: 'sell', quantity: '3', status: 'new' })
    expect(seen.records('trading.position.liquidated')).toHaveLength(0)
    flows.update({ ...stream, side: 'sell', fill: { execId: 'l1', price: '80', quantity: '1' } })
    flows.update({ ...stream, side: 'sell', fill: { execId: 'l2', price: '70', quantity: '2' } })
    expect([first.state.quantity, second.state.quantity]).toEqual(['0', '1'])
    // 1 at 80 and 1 at 70 of the first, 1 at 70 of the second; all were bought at 100.
    expect([first.state.realizedPnl, second.state.realizedPnl]).toEqual(['-50', '-30'])
    expect(seen.records('trading.position.liquidated')).toHaveLength(3)
  })

  test('a position that a hedge opened is linked to its flow, and carries its correlation id and strategy', () => {
    const signal = flows.signal({
      symbol: 'BTC/USDT',
      strategy: 'atr',
      side: 'buy',
      correlationId: 'sig_1',
    })
    const hedge = signal.hedge({ venue: 'okx', quantity: '1' })
    const position = flows.position({
      positionId: 'p2',
      symbol: 'BTC/USDT',
      venue: 'okx',
      side: 'short',
      link: hedge.context,
    })
    position.closed({ exitPrice: '1' })
    const [span] = seen.spans('position').slice(-1)
    expect(span?.links[0]?.context.traceId).toBe(signal.traceId)
    expect(span?.attributes['trading.correlation_id']).toBe('sig_1')
    expect(span?.attributes['trading.strategy']).toBe('atr')
    expect(span?.spanContext().traceId).not.toBe(signal.traceId)
  })

  test('closed twice, marked after the end: recorded, nothing booked', () => {
    const position = long()
    position.closed({ exitPrice: '110' })
    position.closed({ exitPrice: '50' })
    position.marked({ mark: '1' })
    expect(position.state.realizedPnl).toBe('20')
    expect(seen.records('trading.position.closed')).toHaveLength(1)
    expect(
      seen
        .records('trading.flow.late_call')
        .map(({ attributes }) => attributes['trading.flow.call']),
    ).toEqual(['position.closed', 'position.marked'])
  })
})

describe('sums', () => {
  const terms = { contractSize: decimal(1), inverse: false }
  const trade = fc.record({
    adds: fc.boolean(),
    quantity: fc.integer({ min: 1, max: 500 }),
    price: fc.integer({ min: 1, max: 90_000 }),
  })

  test('[X30] cash spent and got back equals the result when the position is flat again', () => {
    fc.assert(
      fc.property(fc.array(trade, { minLength: 1, maxLength: 20 }), (trades) => {
        const sums = new PositionSums('long', terms)
        let cash = zero
        for (const { adds, quantity, price } of trades) {
          const open = sums.quantity
          const amount =
            adds || open.eq(0) ? decimal(quantity) : open.lt(quantity) ? open : decimal(quantity)
          const value = amount.times(price)
          if (adds || open.eq(0)) {
            sums.increase(amount, value)
            cash = subtract(cash, value)
          } else {
            sums.reduce(amount, value)
            cash = add(cash, value)
          }
        }
        const rest = sums.quantity.times(777)
        sums.reduce(sums.quantity, rest)
        cash = add(cash, rest)
        // A share of the cost that does not come out even is rounded at 34 digits.
        expect(Number(subtract(sums.gross, cash).toFixed(20))).toBe(0)
        expect(format(sums.quantity)).toBe('0')
      }),
    )
  })

  test('more is closed than is open: the rest is none of it', () => {
    const sums = new PositionSums('long', terms)
    sums.increase(decimal(2), decimal(200))
    sums.reduce(decimal(4), decimal(440))
    expect(format(sums.gross)).toBe('20')
    expect(format(sums.quantity)).toBe('0')
  })

  test('the spread of results', () => {
    expect(spread([decimal(1)])).toBeUndefined()
    expect(spread([decimal(1), decimal(-2), decimal(4)])?.toFixed()).toBe('6')
  })
})
