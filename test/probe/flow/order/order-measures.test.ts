import { beforeEach, describe, expect, test } from 'vitest'
import { begin, clock, flows, kinds, limit, seen, signal, working } from './stage.ts'

beforeEach(begin)

describe('measures', () => {
  test('[A48, A74, X11] ack, first fill, last fill, fill ratio', async () => {
    const order = signal.order(limit)
    order.submitting()
    clock.advanceMs(41.2)
    order.accepted()
    clock.advanceMs(179.6)
    order.filled({ execId: 'a', quantity: '0.004' })
    clock.advanceMs(169.2)
    order.filled({ execId: 'b', quantity: '0.006' })
    const [span] = seen.spans('order')
    expect(span?.attributes['trading.order.ack_latency_ms']).toBeCloseTo(41.2)
    expect(span?.attributes['trading.order.first_fill_ms']).toBeCloseTo(220.8)
    expect(span?.attributes['trading.order.fill_ms']).toBeCloseTo(390)
    for (const name of ['ack', 'first_fill', 'fill'] as const) {
      const [point] = await seen.points(`trading.order.${name}.duration`)
      expect(point?.value).toMatchObject({ count: 1 })
    }
    expect(await seen.points('trading.order.fill_ratio')).toMatchObject([
      { value: { count: 1, sum: 1 } },
    ])
  })

  test('[X33] slippage against decision and arrival in bps, positive = worse, for both sides', () => {
    const buy = working({ arrivalPrice: '43205' })
    buy.filled({ execId: 'a', price: '43243.20', quantity: '0.010' })
    expect(seen.spans('order')[0]?.attributes['trading.slippage.decision_bps']).toBeCloseTo(10, 6)
    expect(seen.spans('order')[0]?.attributes['trading.slippage.arrival_bps']).toBeCloseTo(
      (38.2 / 43205) * 10_000,
      6,
    )
    const sell = signal.order({ ...limit, side: 'sell', arrivalPrice: '100', price: '100' })
    sell.submitted()
    sell.filled({ execId: 'b', price: '99.9', quantity: '0.010' })
    expect(seen.spans('order')[1]?.attributes['trading.slippage.arrival_bps']).toBeCloseTo(10, 6)
  })

  test('[X32] maker and taker per fill, quantity and notional', async () => {
    const order = working()
    order.filled({ execId: 'a', quantity: '0.004', price: '43210', liquidity: 'maker' })
    order.filled({ execId: 'b', quantity: '0.006', price: '43210', liquidity: 'taker' })
    const labels = { 'trading.venue': 'binance', 'trading.symbol': 'BTC/USDT' }
    expect(await seen.points('trading.fill.count')).toEqual([
      { labels: { ...labels, 'trading.fill.liquidity': 'maker' }, value: 1 },
      { labels: { ...labels, 'trading.fill.liquidity': 'taker' }, value: 1 },
    ])
    expect((await seen.points('trading.fill.notional')).map(({ value }) => value)).toEqual([
      172.84, 259.26,
    ])
  })

  test('fees: in quote money, in base money at the price of the fill, and foreign ones apart', async () => {
    const order = working()
    order.filled({
      execId: 'a',
      quantity: '0.004',
      price: '50000',
      fee: '0.2',
      feeCurrency: 'USDT',
    })
    order.filled({
      execId: 'b',
      quantity: '0.002',
      price: '50000',
      fee: '0.000002',
      feeCurrency: 'BTC',
    })
    order.filled({
      execId: 'c',
      quantity: '0.004',
      price: '50000',
      fee: '0.0001',
      feeCurrency: 'BNB',
    })
    expect(seen.spans('order')[0]?.attributes).toMatchObject({
      'trading.fees': '0.3',
      'trading.fees_by_currency': { USDT: '0.2', BTC: '0.000002', BNB: '0.0001' },
    })
    const fees = await seen.points('trading.fees')
    expect(fees.map(({ labels, value }) => [labels['trading.fill.fee_currency'], value])).toEqual([
      ['USDT', 0.2],
      ['BTC', 0.000002],
      ['BNB', 0.0001],
    ])
  })

  test('each fee of a ccxt trade that was paid in several currencies', async () => {
    const order = working()
    order.accepted({ orderId: '881' })
    const trade = {
      id: 'a',
      order: '881',
      price: 50_000,
      amount: 0.01,
      takerOrMaker: 'taker',
      fees: [
        { cost: 0.2, currency: 'USDT' },
        { cost: 0.0001, currency: 'BNB' },
        { cost: 0.1, currency: 'USDT' },
      ],
    }
    flows.update(trade)
    flows.update(trade)
    const all = { USDT: '0.3', BNB: '0.0001' }
    expect(order.state.fees).toEqual(all)
    expect(seen.last('trading.order.filled')).toMatchObject({
      'trading.fill.fee': '0.3',
      'trading.fill.fee_currency': 'USDT',
      'trading.fees_by_currency': all,
    })
    expect(seen.spans('order')[0]?.attributes).toMatchObject({
      'trading.fees': '0.3',
      'trading.fees_by_currency': all,
    })
    const fees = await seen.points('trading.fees')
    expect(fees.map(({ labels, value }) => [labels['trading.fill.fee_currency'], value])).toEqual([
      ['USDT', expect.closeTo(0.3, 12)],
      ['BNB', 0.0001],
    ])
  })

  test('a fee without a currency is one of what the contract is settled in', () => {
    for (const [symbol, currency] of [
      ['BTC/USDT', 'USDT'],
      ['BTC/USDT:USDT', 'USDT'],
      ['BTC/USD:BTC', 'BTC'],
      ['BTC/USD:BTC-260626', 'BTC'],
    ] as const) {
      const order = flows
        .signal({ symbol, side: 'buy' })
        .order({ venue: 'bybit', side: 'buy', quantity: '1', price: '100' })
      order.filled({ execId: 'f', fee: '0.01' })
      expect(order.state.fees).toEqual({ [currency]: '0.01' })
    }
  })

  test('fees that the venue sums for the order give way to those of its fills', async () => {
    const order = working()
    flows.update({
      orderId: '881',
      status: 'partially_filled',
      filledQuantity: '0.004',
      averagePrice: '43210',
      fee: '0.02',
    })
    expect(order.state.fees).toEqual({ USDT: '0.02' })
    order.filled({ execId: 'a', quantity: '0.004', price: '43210', fee: '0.0172' })
    expect(order.state.fees).toEqual({ USDT: '0.0172' })
    const [point] = await seen.points('trading.fees')
    expect(point?.value).toBeCloseTo(0.0172, 10)
  })

  test('the fee of a fill that was first told without it', () => {
    const order = working()
    order.filled({ execId: 'a', quantity: '0.010', price: '43210' })
    order.filled({ execId: 'a', quantity: '0.010', price: '43210', fee: '0.0172' })
    order.filled({ execId: 'a', quantity: '0.010', price: '43210', fee: '0.0172' })
    expect(order.state).toMatchObject({ filledQuantity: '0.01', fees: { USDT: '0.0172' } })
    expect(kinds().slice(-2)).toEqual(['order.fill_confirmed', 'order.duplicate_fill'])
  })

  test('[X34] the markout of a fill: positive = good for us', () => {
    const order = working()
    order.filled({ execId: 'f1', quantity: '0.010', price: '43210.00' })
    order.markout({ execId: 'f1', mid: '43231.605', horizonMs: 1000 })
    expect(seen.last('trading.markout.measured')).toMatchObject({
      'trading.markout_bps': 5,
      'trading.markout.horizon_ms': 1000,
    })
  })

  test('open orders go up and down', async () => {
    const order = working()
    expect((await seen.points('trading.order.open'))[0]?.value).toBe(1)
    order.canceled()
    expect((await seen.points('trading.order.open'))[0]?.value).toBe(0)
    expect((await seen.points('trading.order.count'))[0]?.labels).toMatchObject({
      'trading.order.status': 'canceled',
    })
  })
})
