import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decimal, zero, type Decimal } from '../../../src/bot/decimal.ts'
import type { Level } from '../../../src/bot/market/event.ts'
import { Refused } from '../../../src/bot/venue/core.ts'
import type { PaperOrder } from '../../../src/bot/venue/paper-order.ts'
import { Engine, fillsOf, instrument } from './engine.ts'

function engine(deposit?: string): Engine {
  const made = new Engine(deposit)
  made.book([['100', '20']], [['101', '20']])
  return made
}

describe('[X14] an order is refused with a reason', () => {
  test.each([
    ['lot_size', { side: 'buy', quantity: '0.15', price: '100' }],
    ['lot_size', { side: 'buy', quantity: '0', price: '100' }],
    ['price_filter', { side: 'buy', quantity: '1', price: '100.3' }],
    ['percent_price', { side: 'buy', quantity: '1', price: '50' }],
    ['min_notional', { side: 'buy', quantity: '0.1', price: '99' }],
    ['reduce_only', { side: 'buy', quantity: '1', price: '100', reduceOnly: true }],
    [
      'duplicate_client_order_id',
      { side: 'buy', quantity: '1', price: '100', clientOrderId: 'same' },
    ],
  ] as const)('%s', (reason, wish) => {
    const it = engine()
    it.place({ side: 'buy', quantity: '1', price: '99', clientOrderId: 'same' })
    const before = it.told.length
    expect(it.refusal(wish)).toBe(reason)
    expect(it.told.length).toBe(before)
    expect(it.core.orders.length).toBe(1)
  })

  test('insufficient_balance, with the margin of open orders and positions counted', () => {
    // 10 × leverage: 100 of margin carries about 1,000.
    const it = engine('100')
    expect(it.refusal({ side: 'buy', quantity: '12', price: '100' })).toBe('insufficient_balance')
    const resting = it.place({ side: 'buy', quantity: '8', price: '100' })
    expect(it.refusal({ side: 'buy', quantity: '3', price: '100' })).toBe('insufficient_balance')
    it.core.cancel(resting)
    it.place({ side: 'buy', quantity: '8' })
    expect(it.refusal({ side: 'buy', quantity: '3', price: '100' })).toBe('insufficient_balance')
    // What closes needs no margin.
    expect(it.refusal({ side: 'sell', quantity: '8' })).toBeUndefined()
  })
})

test('a reduce-only order never turns the position round', () => {
  const it = engine()
  it.place({ side: 'buy', quantity: '1' })
  const order = it.place({ side: 'sell', quantity: '3', reduceOnly: true })
  expect([fillsOf(order), order.status]).toEqual([['1@100t'], 'expired'])
  expect(it.core.account.position.toFixed()).toBe('0')

  it.place({ side: 'buy', quantity: '1' })
  const resting = it.place({ side: 'sell', quantity: '3', price: '101.5', reduceOnly: true })
  it.book([['101.5', '9']], [['102', '9']])
  expect(fillsOf(resting)).toEqual(['1@101.5m'])
  it.trade('buy', '103', '5')
  expect([fillsOf(resting), resting.status]).toEqual([['1@101.5m'], 'expired'])
})

describe('[X31] funding', () => {
  test('is paid by the long at a positive rate, got by the short, and by nobody when flat', () => {
    const it = engine()
    it.core.settleFunding(decimal('0.001'))
    expect(it.core.funding).toEqual([])
    it.place({ side: 'buy', quantity: '2' })
    const before = it.core.account.wallet
    it.core.settleFunding(decimal('0.001'))
    // 2 × mark 100.5 × 0.001
    expect(it.core.funding.map(({ amount }) => amount)).toEqual(['-0.201'])
    expect(it.core.account.wallet.minus(before).toFixed()).toBe('-0.201')
    it.place({ side: 'sell', quantity: '4' })
    it.core.settleFunding(decimal('0.001'))
    expect(it.core.funding[1]?.amount).toBe('0.201')
  })
})

describe('[A46] orders the bot never sent', () => {
  test('a position is liquidated when the mark reaches its liquidation price, not before', () => {
    const it = engine()
    it.place({ side: 'buy', quantity: '2' })
    const resting = it.place({ side: 'buy', quantity: '1', price: '99' })
    const price = it.core.account.liquidationPrice
    // Ten times leverage: about ten percent below the entry, less the maintenance part.
    expect(price.round(2).toFixed()).toBe('91.27')
    it.core.shiftMark(decimal('0.9082'))
    expect(it.core.account.position.toFixed()).toBe('2')
    it.core.shiftMark(decimal('0.9081'))
    expect(it.core.account.position.toFixed()).toBe('0')
    expect(resting.status).toBe('canceled')
    const last = it.told.at(-1)
    expect(last?.order.request.clientOrderId).toMatch(/^autoclose-/)
    expect([last?.order.origin, last?.order.status]).toEqual(['liquidation', 'closed'])
    // The order fills in the real book: the wrong mark does not change what the market pays.
    expect(fillsOf(last?.order as PaperOrder)).toEqual(['2@100t'])
  })

  test('deleveraging closes a part at the mark price, without a fee', () => {
    const it = engine()
    it.place({ side: 'sell', quantity: '3' })
    const before = it.core.account.fees
    it.core.deleverage(decimal('0.5'))
    const { order } = it.told.at(-1)!
    expect(order.request.clientOrderId).toMatch(/^adl_autoclose-/)
    expect([order.side, fillsOf(order), order.status]).toEqual(['buy', ['1.5@100.5t'], 'closed'])
    expect(it.core.account.fees.eq(before)).toBe(true)
    expect(it.core.account.position.toFixed()).toBe('-1.5')
  })
})

interface Seen {
  readonly engine: Engine
  bid: Decimal
  ask: Decimal
  readonly problems: string[]
}

type Step = (seen: Seen) => void

const prices = fc.integer({ min: 190, max: 210 }).map((half) => decimal(half).div(2).toFixed())
const quantities = fc.integer({ min: 1, max: 60 }).map((tenth) => decimal(tenth).div(10).toFixed())
const sides = fc.constantFrom('buy' as const, 'sell' as const)

const bookStep = fc
  .tuple(
    prices,
    fc.integer({ min: 1, max: 6 }),
    fc.array(quantities, { minLength: 6, maxLength: 6 }),
  )
  .map(([bid, spread, sizes]): Step => (seen) => {
    const level = (from: Decimal, step: number, index: number): Level => [
      from.plus(decimal(step).times(index).div(2)).toFixed(),
      sizes[index] ?? '1',
    ]
    seen.bid = decimal(bid)
    seen.ask = decimal(bid).plus(decimal(spread).div(2))
    seen.engine.book(
      [0, 1, 2].map((index) => level(seen.bid, -1, index)),
      [0, 1, 2].map((index) => level(seen.ask, 1, index)),
    )
  })
const tradeStep = fc.tuple(sides, prices, quantities).map(
  ([side, price, quantity]): Step =>
    (seen) =>
      seen.engine.trade(side, price, quantity),
)
const orderStep = fc
  .record({
    side: sides,
    quantity: quantities,
    price: fc.option(prices, { nil: undefined }),
    timeInForce: fc.constantFrom('GTC' as const, 'IOC' as const, 'FOK' as const, 'PO' as const),
    reduceOnly: fc.boolean(),
  })
  .map(({ price, timeInForce, ...wish }): Step => (seen) => {
    const { bid, ask } = seen
    const before = seen.engine.told.length
    seen.engine.refusal(price === undefined ? wish : { ...wish, price, timeInForce })
    for (const { fill, order } of seen.engine.told.slice(before)) {
      if (!fill) continue
      const { price: at } = fill
      const isTooGood = wish.side === 'buy' ? at.lt(ask) : at.gt(bid)
      const isTooBad =
        order.price && (wish.side === 'buy' ? at.gt(order.price) : at.lt(order.price))
      if (isTooGood) seen.problems.push(`better than the market shows: ${at.toFixed()}`)
      if (isTooBad) seen.problems.push(`worse than the limit: ${at.toFixed()}`)
    }
  })
const cancelStep = fc.nat().map((pick): Step => ({ engine: it }) => {
  const open = it.core.orders.filter((order) => order.isOpen)
  const order = open[pick % Math.max(open.length, 1)]
  if (order) it.core.cancel(order)
})
const amendStep = fc
  .tuple(fc.nat(), prices, quantities)
  .map(([pick, price, quantity]): Step => ({ engine: it }) => {
    const open = it.core.orders.filter((order) => order.isOpen)
    const order = open[pick % Math.max(open.length, 1)]
    try {
      if (order) it.core.amend(order, decimal(price), decimal(quantity))
    } catch (error) {
      if (!(error instanceof Refused)) throw error
    }
  })
const moneyStep = fc.constantFrom<Step>(
  ({ engine: it }) => it.core.settleFunding(decimal('0.0007')),
  ({ engine: it }) => it.core.deleverage(decimal('0.3')),
  ({ engine: it }) => it.core.shiftMark(decimal('0.91')),
  ({ engine: it }) => it.core.shiftMark(decimal('1.09')),
  ({ engine: it }) => it.core.shiftMark(decimal('1')),
)

test('whatever happens: money, quantities and queues are conserved', () => {
  const step = fc.oneof(bookStep, tradeStep, orderStep, cancelStep, amendStep, moneyStep)
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const seen: Seen = {
        engine: new Engine('5000'),
        bid: decimal(100),
        ask: decimal('100.5'),
        problems: [],
      }
      seen.engine.book([['100', '5']], [['100.5', '5']])
      for (const happen of steps) {
        happen(seen)
        expect([...seen.problems, ...wrongOrders(seen.engine), ...wrongMoney(seen.engine)]).toEqual(
          [],
        )
      }
    }),
    { numRuns: 400 },
  )
})

/** Orders that break what holds for every order. */
function wrongOrders({ core, told }: Engine): string[] {
  const problems = core.orders.flatMap((order) => {
    const filled = order.fills.reduce((sum, fill) => sum.plus(fill.quantity), zero)
    const holds = {
      'quantity = filled + remaining': order.quantity.eq(order.filled.plus(order.remaining)),
      'filled is the sum of the fills': order.filled.eq(filled),
      'nothing is filled beyond the quantity': order.remaining.gte(0),
      'closed means nothing remains, and only then':
        order.remaining.eq(0) === (order.status === 'closed'),
      'a queue is not negative': order.ahead.gte(0),
      'open means in the book': core.matching.resting.includes(order) === order.isOpen,
    }
    return Object.entries(holds).flatMap(([rule, ok]) => (ok ? [] : [`${order.id}: ${rule}`]))
  })
  const fills = told.flatMap(({ fill }) => (fill ? [fill.id] : []))
  const isToldOnce =
    new Set(fills).size === fills.length &&
    fills.length === core.orders.reduce((sum, order) => sum + order.fills.length, 0)
  return isToldOnce ? problems : [...problems, 'a fill was not told exactly once']
}

/** Where the account differs from what its fills and funding add up to. */
function wrongMoney({ core }: Engine): string[] {
  const { account } = core
  let [cost, position, fees] = [zero, zero, zero]
  for (const order of core.orders) {
    for (const fill of order.fills) {
      const signed = order.side === 'buy' ? fill.quantity : fill.quantity.times(-1)
      cost = cost.plus(signed.times(fill.price))
      position = position.plus(signed)
      fees = fees.plus(fill.fee)
    }
  }
  const funding = core.funding.reduce((sum, { amount }) => sum.plus(amount), zero)
  const held = account.wallet.minus(account.cost)
  const holds = {
    position: account.position.eq(position),
    fees: account.fees.eq(fees),
    money: held.eq(decimal('5000').minus(cost).minus(fees).plus(funding)),
    'no cost when flat': !position.eq(0) || account.cost.eq(0),
  }
  return Object.entries(holds).flatMap(([rule, ok]) => (ok ? [] : [`${rule} is wrong`]))
}

test('the notional of what is traded is at least the minimum, but for what reduces', () => {
  expect(decimal(instrument.minNotional).gt(0)).toBe(true)
  const it = engine()
  it.place({ side: 'buy', quantity: '0.2' })
  expect(it.refusal({ side: 'sell', quantity: '0.1' })).toBeUndefined()
  expect(it.refusal({ side: 'sell', quantity: '0.1', reduceOnly: true })).toBeUndefined()
  expect(it.refusal({ side: 'sell', quantity: '0.1', price: '99.5', reduceOnly: true })).toBe(
    'reduce_only',
  )
})
