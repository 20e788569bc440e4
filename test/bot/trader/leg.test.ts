import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decimal, zero, type Decimal } from '../../../src/bot/decimal.ts'
import type { Side } from '../../../src/bot/market/event.ts'
import { Leg, LegBook, type LegFill } from '../../../src/bot/trader/leg.ts'

function fill(side: Side, quantity: number, price: number, timeMs = 0): LegFill {
  return { side, quantity: decimal(quantity), price: decimal(price), fee: decimal('0.1'), timeMs }
}

function legOf(side: Side, ...fills: readonly LegFill[]): Leg {
  const leg = new Leg('x', side)
  for (const each of fills) leg.add(each)
  return leg
}

describe('a leg', () => {
  test('knows what it holds, at which price, and what it would bring', () => {
    const leg = legOf('buy', fill('buy', 2, 100), fill('buy', 2, 104), fill('sell', 1, 110))
    expect([leg.open, leg.entered, leg.entryPrice, leg.exitPrice].map(String)).toEqual([
      '3',
      '4',
      '102',
      '110',
    ])
    // 110 + 3 × 105 − 408 − 0.3 of fees
    expect(leg.resultAt(decimal(105)).toFixed()).toBe('16.7')
    const short = legOf('sell', fill('sell', 1, 100), fill('buy', 1, 90))
    expect(short.result.toFixed()).toBe('9.8')
    expect(short.made.toFixed()).toBe('9.8')
    // Half of it could not be closed, which is no loss of all that it is worth.
    const half = legOf('sell', fill('sell', 2, 100), fill('buy', 1, 90))
    expect(half.made.toFixed()).toBe('9.8')
    expect(new Leg('x', 'buy').made.toFixed()).toBe('0')
  })

  test('knows what it held at any time', () => {
    const leg = legOf(
      'buy',
      fill('buy', 2, 100, 10),
      fill('sell', 1, 100, 20),
      fill('sell', 1, 100, 30),
    )
    expect([5, 10, 15, 20, 29, 30, 99].map((timeMs) => leg.openAt(timeMs).toFixed())).toEqual([
      '0',
      '2',
      '2',
      '1',
      '1',
      '0',
      '0',
    ])
  })
})

describe('[A46] what a venue takes', () => {
  test('falls on the oldest legs that it closes', () => {
    const book = new LegBook()
    const [first, other, second] = [
      legOf('buy', fill('buy', 2, 100)),
      legOf('sell', fill('sell', 5, 100)),
      legOf('buy', fill('buy', 2, 100)),
    ]
    for (const leg of [first, other, second]) book.add(leg)
    book.take(fill('sell', 3, 90), 'adl')
    expect([first, other, second].map((leg) => leg.open.toFixed())).toEqual(['0', '5', '1'])
    expect([first, other, second].map((leg) => leg.takenBy)).toEqual(['adl', undefined, 'adl'])
    expect(book.net.toFixed()).toBe('-4')
    expect(book.unassigned.toFixed()).toBe('0')
  })

  test('waits for the fills it closes, when its news overtakes theirs', () => {
    const book = new LegBook()
    const leg = legOf('buy', fill('buy', 1, 100))
    book.add(leg)
    book.take(fill('sell', 3, 90), 'liquidation')
    expect(leg.open.toFixed()).toBe('0')
    // Two of it have no home yet: money in, less two thirds of the fee.
    expect(book.unassigned.round(6).toFixed()).toBe('179.933333')
    leg.add(fill('buy', 2, 100))
    expect(leg.open.toFixed()).toBe('0')
    expect(book.unassigned.toFixed()).toBe('0')
  })

  test('whatever comes in whatever order, money and quantity are conserved', () => {
    const happening = fc.record({
      leg: fc.integer({ min: 0, max: 2 }),
      kind: fc.constantFrom('enter', 'exit', 'force', 'funding'),
      quantity: fc.integer({ min: 1, max: 9 }),
      price: fc.integer({ min: 50, max: 150 }),
    })
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
        const book = new LegBook()
        const legs = [new Leg('x', 'buy'), new Leg('x', 'buy'), new Leg('x', 'buy')]
        for (const leg of legs) book.add(leg)
        let money: Decimal = zero
        const pay = (side: Side, quantity: Decimal, price: Decimal): void => {
          const amount = quantity.times(price)
          money = (side === 'sell' ? money.plus(amount) : money.minus(amount)).minus('0.1')
        }
        for (const [timeMs, { leg: index, kind, quantity, price }] of happenings.entries()) {
          const leg = legs[index]!
          const most = kind === 'exit' ? Math.min(quantity, Number(leg.open)) : quantity
          const side: Side = kind === 'enter' ? 'buy' : 'sell'
          const news = fill(side, most, price, timeMs)
          if (kind === 'funding') {
            book.settle(decimal(quantity), timeMs)
            money = money.plus(quantity)
          } else if (most > 0) {
            if (kind === 'force') book.take(news, 'adl')
            else leg.add(news)
            pay(side, news.quantity, news.price)
          }
        }
        // What is open is worth nothing here, so that only money counts.
        const sum = legs.reduce((total, leg) => total.plus(leg.result), zero)
        expect(sum.plus(book.unassigned).round(6).toFixed()).toBe(money.round(6).toFixed())
        expect(legs.every((leg) => leg.open.gte(0))).toBe(true)
      }),
    )
  })
})

describe('[X31] funding', () => {
  test('is shared by what each leg held at the time, however late it is asked for', () => {
    const book = new LegBook()
    const early = legOf('buy', fill('buy', 1, 100, 10), fill('sell', 1, 100, 50))
    const late = legOf('buy', fill('buy', 2, 100, 20))
    const after = legOf('buy', fill('buy', 9, 100, 60))
    for (const leg of [early, late, after]) book.add(leg)
    book.settle(decimal('-0.3'), 40)
    expect([early, late, after].map((leg) => leg.funding.toFixed())).toEqual(['-0.1', '-0.2', '0'])
    book.settle(decimal('-0.2'), 15)
    expect(early.funding.toFixed()).toBe('-0.3')
  })

  test('falls on what was closed in the same millisecond', () => {
    const book = new LegBook()
    const leg = legOf('buy', fill('buy', 1, 100, 10), fill('sell', 1, 100, 50))
    book.add(leg)
    book.settle(decimal('-0.3'), 50)
    expect([leg.funding.toFixed(), book.unassigned.toFixed()]).toEqual(['-0.3', '0'])
  })

  test('nobody held anything: it is kept apart, and flat legs are forgotten in time', () => {
    const book = new LegBook()
    const leg = legOf('buy', fill('buy', 1, 100, 10), fill('sell', 1, 100, 50))
    book.add(leg)
    book.prune(50)
    book.settle(decimal('0.4'), 20)
    expect(leg.funding.toFixed()).toBe('0.4')
    book.prune(51)
    book.settle(decimal('0.4'), 20)
    expect([leg.funding.toFixed(), book.unassigned.toFixed()]).toEqual(['0.4', '0.4'])
  })
})
