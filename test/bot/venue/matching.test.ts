import { describe, expect, test } from 'vitest'
import { decimal } from '../../../src/bot/decimal.ts'
import { Engine, fillsOf } from './engine.ts'

function engine(): Engine {
  const made = new Engine()
  made.book(
    [
      ['100', '2'],
      ['99.5', '3'],
      ['98', '5'],
    ],
    [
      ['101', '1'],
      ['101.5', '2'],
      ['103', '4'],
    ],
  )
  return made
}

describe('a resting order', () => {
  test('waits behind what was there, then fills in parts, never for more than traded', () => {
    const it = engine()
    const order = it.place({ side: 'buy', quantity: '1', price: '100' })
    it.trade('sell', '100', '1.5')
    expect(fillsOf(order)).toEqual([])
    it.trade('sell', '100', '0.8')
    expect(fillsOf(order)).toEqual(['0.3@100m'])
    it.trade('sell', '100', '0.2')
    expect(fillsOf(order)).toEqual(['0.3@100m', '0.2@100m'])
    expect(order.status).toBe('open')
    it.trade('sell', '100', '50')
    expect(order.status).toBe('closed')
    expect(order.filled.toFixed()).toBe('1')
  })

  test('does not fill by trades of the other side at its price, nor at better prices', () => {
    const it = engine()
    const order = it.place({ side: 'buy', quantity: '1', price: '100' })
    it.trade('buy', '100', '50')
    it.trade('sell', '100.5', '50')
    expect(fillsOf(order)).toEqual([])
  })

  test('fills at its own price when the market trades through it', () => {
    const it = engine()
    const order = it.place({ side: 'buy', quantity: '1', price: '100' })
    it.trade('sell', '99.5', '0.4')
    expect(fillsOf(order)).toEqual(['0.4@100m'])
  })

  test('moves up when those ahead cancel', () => {
    const it = engine()
    const order = it.place({ side: 'buy', quantity: '1', price: '100' })
    it.book([['100', '0.5']], [['101', '1']])
    it.trade('sell', '100', '0.7')
    expect(fillsOf(order)).toEqual(['0.2@100m'])
  })

  test('does not move up when others queue behind it', () => {
    const it = engine()
    const order = it.place({ side: 'buy', quantity: '1', price: '100' })
    it.book([['100', '9']], [['101', '1']])
    it.trade('sell', '100', '2')
    expect(fillsOf(order)).toEqual([])
    it.trade('sell', '100', '0.1')
    expect(fillsOf(order)).toEqual(['0.1@100m'])
  })

  test('is first at a price of its own', () => {
    const it = engine()
    const order = it.place({ side: 'buy', quantity: '1', price: '100.5' })
    it.trade('sell', '100.5', '0.1')
    expect(fillsOf(order)).toEqual(['0.1@100.5m'])
  })

  test('deeper than what is displayed it expects a queue as long as the last one seen', () => {
    const it = engine()
    const order = it.place({ side: 'buy', quantity: '1', price: '97' })
    it.trade('sell', '97', '5')
    expect(fillsOf(order)).toEqual([])
    it.trade('sell', '97', '1')
    expect(fillsOf(order)).toEqual(['1@97m'])
  })

  test('fills when the other side of the book comes to its price, for what is displayed', () => {
    const it = engine()
    const order = it.place({ side: 'sell', quantity: '1', price: '101' })
    it.book(
      [
        ['101.5', '0.4'],
        ['101', '0.3'],
      ],
      [['102', '1']],
    )
    expect(fillsOf(order)).toEqual(['0.7@101m'])
    // The same size is not had twice.
    it.book(
      [
        ['101.5', '0.4'],
        ['101', '0.3'],
      ],
      [['102', '1']],
    )
    expect(fillsOf(order)).toEqual(['0.7@101m'])
  })

  test('fills in whole lots, also when the market trades finer', () => {
    const it = engine()
    const order = it.place({ side: 'buy', quantity: '1', price: '100.5' })
    it.trade('sell', '100.5', '0.06')
    expect(fillsOf(order)).toEqual([])
    it.trade('sell', '100.5', '0.06')
    expect(fillsOf(order)).toEqual(['0.1@100.5m'])
    it.trade('sell', '100.5', '0.19')
    expect(fillsOf(order)).toEqual(['0.1@100.5m', '0.2@100.5m'])
    it.book([['99', '1']], [['100.5', '0.17']])
    expect(order.filled.toFixed()).toBe('0.4')
  })

  test('two orders at one price share the volume in the order they came', () => {
    const it = engine()
    const first = it.place({ side: 'buy', quantity: '1', price: '100.5' })
    const second = it.place({ side: 'buy', quantity: '1', price: '100.5' })
    it.trade('sell', '100.5', '1.4')
    expect([fillsOf(first), fillsOf(second)]).toEqual([['1@100.5m'], ['0.4@100.5m']])
  })

  test('the better price is served first, whoever came first', () => {
    const it = engine()
    const worse = it.place({ side: 'sell', quantity: '1', price: '101.5' })
    const better = it.place({ side: 'sell', quantity: '1', price: '100.5' })
    it.trade('buy', '102', '1.5')
    expect([fillsOf(better), fillsOf(worse)]).toEqual([['1@100.5m'], ['0.5@101.5m']])
  })
})

describe('an order that takes', () => {
  test('gets the levels best first, each at its price', () => {
    const it = engine()
    const order = it.place({ side: 'buy', quantity: '2.5' })
    expect(fillsOf(order)).toEqual(['1@101t', '1.5@101.5t'])
    expect(order.status).toBe('closed')
  })

  test('a market order larger than the book takes all and expires', () => {
    const it = engine()
    const order = it.place({ side: 'buy', quantity: '9' })
    expect(fillsOf(order)).toEqual(['1@101t', '2@101.5t', '4@103t'])
    expect([order.status, order.remaining.toFixed()]).toEqual(['expired', '2'])
  })

  test('does not get the same size twice until the level changes', () => {
    const it = engine()
    it.place({ side: 'buy', quantity: '1' })
    expect(fillsOf(it.place({ side: 'buy', quantity: '1' }))).toEqual(['1@101.5t'])
    it.book(
      [['100', '2']],
      [
        ['101', '1'],
        ['101.5', '2'],
      ],
    )
    expect(fillsOf(it.place({ side: 'buy', quantity: '1' }))).toEqual(['1@101.5t'])
    it.book(
      [['100', '2']],
      [
        ['101', '1.5'],
        ['101.5', '2'],
      ],
    )
    expect(fillsOf(it.place({ side: 'buy', quantity: '1' }))).toEqual(['1@101t'])
  })

  test('IOC fills what it can within its limit, and the rest expires', () => {
    const it = engine()
    const order = it.place({ side: 'sell', quantity: '4', price: '99.5', timeInForce: 'IOC' })
    expect(fillsOf(order)).toEqual(['2@100t', '2@99.5t'])
    const rest = it.place({ side: 'sell', quantity: '4', price: '99.5', timeInForce: 'IOC' })
    expect([fillsOf(rest), rest.status]).toEqual([['1@99.5t'], 'expired'])
  })

  test('FOK is filled whole or not at all', () => {
    const it = engine()
    expect(it.refusal({ side: 'buy', quantity: '3.1', price: '101.5', timeInForce: 'FOK' })).toBe(
      'fill_or_kill',
    )
    const order = it.place({ side: 'buy', quantity: '3', price: '101.5', timeInForce: 'FOK' })
    expect(order.status).toBe('closed')
  })

  test('post-only that would take is refused, beside the best price it rests', () => {
    const it = engine()
    expect(it.refusal({ side: 'buy', quantity: '1', price: '101', timeInForce: 'PO' })).toBe(
      'post_only',
    )
    const order = it.place({ side: 'buy', quantity: '1', price: '100.5', timeInForce: 'PO' })
    expect([order.status, fillsOf(order)]).toEqual(['open', []])
  })

  test('a limit that crosses takes, and what is left rests', () => {
    const it = engine()
    const order = it.place({ side: 'buy', quantity: '3', price: '101' })
    expect([fillsOf(order), order.status]).toEqual([['1@101t'], 'open'])
    it.trade('sell', '101', '0.5')
    expect(fillsOf(order)).toEqual(['1@101t', '0.5@101m'])
  })

  test('a thin book gives the part that is really there', () => {
    const it = engine()
    const order = it.core.place(
      {
        clientOrderId: 'thin',
        type: 'market',
        side: 'buy',
        quantity: decimal('1'),
        price: undefined,
        timeInForce: 'IOC',
        reduceOnly: false,
        expiresAtMs: undefined,
      },
      decimal('0.1'),
    )
    expect([fillsOf(order), order.status]).toEqual([
      ['0.1@101t', '0.2@101.5t', '0.4@103t'],
      'expired',
    ])
  })
})

describe('an amended order', () => {
  test('keeps its place with less quantity, and loses it with another price', () => {
    const it = engine()
    const order = it.place({ side: 'buy', quantity: '2', price: '100' })
    it.trade('sell', '100', '1.5')
    it.core.amend(order, decimal('100'), decimal('1'))
    it.trade('sell', '100', '0.6')
    expect(fillsOf(order)).toEqual(['0.1@100m'])
    it.core.amend(order, decimal('99.5'), decimal('1'))
    it.trade('sell', '99.5', '2.9')
    expect(fillsOf(order)).toEqual(['0.1@100m'])
    it.trade('sell', '99.5', '0.3')
    expect(fillsOf(order)).toEqual(['0.1@100m', '0.2@99.5m'])
  })

  test('a change that the filters forbid leaves it as it was', () => {
    const it = engine()
    const order = it.place({ side: 'buy', quantity: '2', price: '100' })
    expect(() => it.core.amend(order, decimal('100.3'), decimal('2'))).toThrow('price_filter')
    expect([order.price?.toFixed(), order.quantity.toFixed()]).toEqual(['100', '2'])
  })
})

test('a good-till-date order expires when its time has come', () => {
  const it = engine()
  const order = it.place({
    side: 'buy',
    quantity: '1',
    price: '99',
    timeInForce: 'GTD',
    expiresAtMs: 3,
  })
  it.trade('buy', '101', '1')
  expect(order.status).toBe('open')
  it.trade('buy', '101', '1')
  expect(order.status).toBe('expired')
})
