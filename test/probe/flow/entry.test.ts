import { beforeEach, describe, expect, test } from 'vitest'
import type { Flows } from '../../../src/probe/flow/handles/flows.ts'
import type { OrderOptions } from '../../../src/probe/flow/handles/order.ts'
import { begin, flows, seen } from './stage.ts'

beforeEach(begin)

const uncovered = (): Record<string, unknown> => seen.last('trading.exposure.changed')
const buy: OrderOptions = { venue: 'binance', side: 'buy', quantity: '10', price: '100' }
const sell: OrderOptions = { ...buy, side: 'sell' }

describe('a flow with orders of both sides', () => {
  test('[X09] what was sold of what was bought is not exposed, nor held', () => {
    const signal = flows.signal({ symbol: 'BTC/USDT', side: 'buy', decisionPrice: '100' })
    signal.order(buy).filled({ execId: 'b1', fee: '1' })
    const against = signal.order({ ...sell, quantity: '4', price: '110' })
    against.filled({ execId: 's1' })
    const hedge = signal.hedge({ venue: 'okx' })
    expect(hedge.quantity).toBe('6')
    expect(uncovered()).toMatchObject({
      'trading.exposure.net': '6',
      'trading.exposure.uncovered_quote': '660',
    })
    hedge.order().filled({ execId: 'h1', quantity: '2', price: '120' })
    // Of what covers more than there is left, the rest is naked the other way.
    signal.order({ ...sell, quantity: '5' }).filled({ execId: 's2' })
    expect(uncovered()).toMatchObject({
      'trading.exposure.net': '-1',
      'trading.exposure.uncovered': '1',
      'trading.exposure.covered': '1',
    })
    against.busted({ execId: 's1' })
    expect(uncovered()['trading.exposure.net']).toBe('3')
    const position = signal.opened({ positionId: 'p1' })
    expect(position.state).toMatchObject({ quantity: '5', entryPrice: '100', fees: '1' })
  })

  test('[X09] a flow that sells is short, and its last price is that of its last fill', () => {
    const signal = flows.signal({ symbol: 'BTC/USDT', side: 'sell', decisionPrice: '90' })
    const hedge = signal.hedge({ venue: 'okx', quantity: '10' })
    signal.order(sell).filled({ execId: 's1', quantity: '4', price: '101' })
    expect(uncovered()).toMatchObject({
      'trading.exposure.net': '-4',
      'trading.exposure.uncovered_quote': '404',
    })
    hedge.order().filled({ execId: 'h1', quantity: '10', price: '99' })
    expect(uncovered()['trading.exposure.net']).toBe('6')
    expect(signal.opened({ positionId: 'p1' }).state).toMatchObject({ side: 'short' })
  })

  test('[X09] has the side of its signal, whatever is ordered first', () => {
    const signal = flows.signal({ symbol: 'BTC/USDT', side: 'sell' })
    signal.hedge({ venue: 'okx', quantity: '10' })
    signal.order({ ...buy, quantity: '3' }).filled({ execId: 'b1' })
    expect(uncovered()['trading.exposure.net']).toBe('3')
    signal.order(sell).filled({ execId: 's1' })
    expect(uncovered()['trading.exposure.net']).toBe('-7')
  })

  test('without a side it has that of its first order', () => {
    const signal = flows.signal({ symbol: 'BTC/USDT' })
    signal.hedge({ venue: 'okx', quantity: '10', side: 'buy' })
    signal.order(sell).filled({ execId: 's1' })
    expect(uncovered()['trading.exposure.net']).toBe('-10')
  })

  test('[X34] the shortfall is that of the orders of its side, and of what they left open', () => {
    const signal = flows.signal({ symbol: 'BTC/USDT', side: 'buy', decisionPrice: '100' })
    const order = signal.order({ ...buy, arrivalPrice: '101' })
    order.filled({ execId: 'b1', quantity: '6', price: '102', fee: '3' })
    signal
      .order({ ...sell, arrivalPrice: '1' })
      .filled({ execId: 's1', quantity: '2', price: '50' })
    signal.end('canceled', { endPrice: '105' })
    expect(seen.last('trading.flow.ended')).toMatchObject({
      'trading.shortfall_delay': '6',
      'trading.shortfall_execution': '6',
      'trading.shortfall_fees': '3',
      'trading.shortfall_opportunity': '20',
      'trading.shortfall': '35',
    })
  })

  test('[X34] without a quantity that was decided it is that of the first order', () => {
    const signal = flows.signal({ symbol: 'BTC/USDT', side: 'buy', decisionPrice: '100' })
    signal.order({ ...sell, quantity: '3' }).filled({ execId: 's1', price: '100' })
    signal.order({ ...buy, quantity: '8' }).filled({ execId: 'b1', quantity: '2', price: '100' })
    signal.end('canceled', { endPrice: '105' })
    // 3 were decided, 2 were bought.
    expect(seen.last('trading.flow.ended')['trading.shortfall_opportunity']).toBe('5')
  })

  test('[X34] a flow whose order had no quantity left nothing open', () => {
    const signal = flows.signal({ symbol: 'BTC/USDT', side: 'buy', decisionPrice: '100' })
    signal.order({ venue: 'binance', side: 'buy', quantity: 'all' }).rejected()
    signal.end('canceled', { endPrice: '105' })
    expect(seen.last('trading.flow.ended')['trading.shortfall']).toBe('0')
  })

  test('[X34] more than was decided leaves nothing open', () => {
    const signal = flows.signal({ symbol: 'BTC/USDT', side: 'buy', decisionPrice: '100' })
    signal.positionSize({ quantity: '4' })
    signal.order(buy).filled({ execId: 'b1', quantity: '6', price: '100' })
    signal.end('canceled', { endPrice: '105' })
    expect(seen.last('trading.flow.ended')).toMatchObject({
      'trading.shortfall_opportunity': '0',
      'trading.shortfall': '0',
    })
  })
})

describe('contracts of several sizes', () => {
  test('[B14] an unwind in other contracts closes as much', () => {
    const signal = flows.signal({ symbol: 'BTC/USDT:USDT', side: 'buy', decisionPrice: '100' })
    signal.order({ ...buy, quantity: '5', contractSize: '0.1' }).filled({ execId: 'b1' })
    const unwind = signal.unwind({ venue: 'okx' })
    expect(unwind.quantity).toBe('0.5')
    const part = unwind.order({ contractSize: '0.01', quantity: '20', price: '100' })
    part.filled({ execId: 'u1' })
    expect(unwind.closedQuantity).toBe('0.2')
    expect(signal.ended).toBe(false)
    unwind.order({ contractSize: '1', quantity: '0.3', price: '100' }).filled({ execId: 'u2' })
    expect(signal.outcome).toBe('unwound')
  })

  test('[B13] a hedge in inverse contracts is counted at the arrival price, else at that of the last fill', () => {
    const signal = flows.signal({ symbol: 'BTC/USDT', side: 'buy', decisionPrice: '40000' })
    signal.order({ ...buy, quantity: '0.01', price: '50000' }).filled({ execId: 'b1' })
    const hedge = signal.hedge({ venue: 'okx' })
    const inverse = { contractSize: '100', inverse: true }
    const asked = (prices: object): unknown => hedge.order({ ...inverse, ...prices }).state.quantity
    expect(asked({ price: '30000', arrivalPrice: '20000' })).toBe('3')
    expect(asked({ arrivalPrice: '20000' })).toBe('2')
    expect(asked({})).toBe('5')
  })

  test('[B14] an unwind of inverse contracts in others of another size closes as many', () => {
    const signal = flows.signal({ symbol: 'BTC/USD:BTC', side: 'buy', decisionPrice: '50000' })
    const entry = { ...buy, quantity: '5', price: '50000', contractSize: '100', inverse: true }
    signal.order(entry).filled({ execId: 'b1' })
    const unwind = signal.unwind({ venue: 'okx' })
    const order = unwind.order({ contractSize: '10', inverse: true, price: '40000' })
    order.filled({ execId: 'u1' })
    expect(order.state.quantity).toBe('50')
    expect([unwind.ended, signal.outcome]).toEqual([true, 'unwound'])
  })
})

describe('an inverse entry', () => {
  const entry = (): ReturnType<Flows['signal']> => {
    const signal = flows.signal({ symbol: 'BTC/USD:BTC', side: 'buy', decisionPrice: '50000' })
    signal
      .order({ ...buy, quantity: '5', price: '50000', contractSize: '100', inverse: true })
      .filled({ execId: 'b1' })
    return signal
  }
  const inverse = { contractSize: '100', inverse: true } as const

  test('[X09] is covered by as many contracts at any price, in parts', () => {
    const hedge = entry().hedge({ venue: 'okx' })
    const order = hedge.order({ ...inverse, price: '52000' })
    expect(order.state.quantity).toBe('5')
    order.filled({ execId: 'h1', quantity: '3', price: '52000' })
    expect(uncovered()).toMatchObject({
      'trading.exposure.uncovered': '0.004',
      'trading.exposure.covered': '0.006',
    })
    expect(hedge.order({ ...inverse, price: '48000' }).state.quantity).toBe('2')
    order.filled({ execId: 'h2', quantity: '2', price: '48000' })
    expect(uncovered()['trading.exposure.uncovered']).toBe('0')
    expect(hedge.ended).toBe(true)
    order.filled({ execId: 'h3', quantity: '1', price: '50000' })
    expect(uncovered()['trading.exposure.net']).toBe('-0.002')
  })

  test('[X09] and by more than as many for what they are worth beyond; what is taken back uncovers as much', () => {
    const order = entry()
      .hedge({ venue: 'okx' })
      .order({ ...inverse, quantity: '7', price: '40000' })
    order.filled({ execId: 'h1', price: '40000' })
    expect(uncovered()['trading.exposure.net']).toBe('-0.005')
    order.busted({ execId: 'h1' })
    expect(uncovered()['trading.exposure.net']).toBe('0.01')
  })

  test('[X09] and by linear contracts for the base money that they are', () => {
    const hedge = entry().hedge({ venue: 'okx', symbol: 'BTC/USDT:USDT' })
    const order = hedge.order({ contractSize: '0.001' })
    expect(order.state.quantity).toBe('10')
    order.filled({ execId: 'h1', quantity: '4', price: '40000' })
    expect(uncovered()['trading.exposure.uncovered']).toBe('0.006')
  })

  test('[X09] a linear entry is covered by inverse contracts for what they are worth at their price', () => {
    const signal = flows.signal({ symbol: 'BTC/USDT', side: 'buy', decisionPrice: '50000' })
    signal.order({ ...buy, quantity: '0.01', price: '50000' }).filled({ execId: 'b1' })
    const order = signal.hedge({ venue: 'okx' }).order({ ...inverse, price: '40000' })
    expect(order.state.quantity).toBe('4')
    order.filled({ execId: 'h1', quantity: '3', price: '40000' })
    expect(uncovered()['trading.exposure.uncovered']).toBe('0.0025')
  })
})
