import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fills } from '../../src/probe/flow/order/fills.ts'
import { add, decimal, equals, format, parseDecimal, zero } from '../../src/base/decimal.ts'
import { FillsTold, fillsOf, orderKeyOf, toldFill } from '../../src/wire/fills.ts'
import type { ToldFill } from '../../src/wire/fills.ts'

const partially = 'trading.order.partially_filled'
const confirmed = 'trading.order.fill_confirmed'

function told(event: string, said: Readonly<Record<string, unknown>>): ToldFill {
  const fill = toldFill(event, (name) => said[name])
  if (fill === undefined) throw new Error('told no fill')
  return fill
}

function own(id: string, quantity: string, filled: string, more: object = {}): ToldFill {
  return told(partially, {
    'trading.fill.id': id,
    'trading.fill.quantity': quantity,
    'trading.fill.price': '10',
    'trading.order.filled_quantity': filled,
    ...more,
  })
}

function derived(quantity: string, filled: string): ToldFill {
  return told(partially, {
    'trading.fill.quantity': quantity,
    'trading.fill.price': '9',
    'trading.fill.derived': true,
    'trading.order.filled_quantity': filled,
  })
}

function shown(fills: readonly ToldFill[]): string[] {
  return fills.map(
    ({ execId, quantity, fees }) =>
      `${execId ?? '?'} ${quantity} ${[...fees].flat().join('') || '-'}`,
  )
}

describe('the fills of an order', () => {
  test('a fill that came with its id takes the place of the one that was derived, with price and fee', () => {
    const real = told(confirmed, {
      'trading.fill.id': 'f2',
      'trading.fill.quantity': '1',
      'trading.fill.price': '10',
      'trading.fill.fee': '0.02',
      'trading.order.filled_quantity': '2',
    })
    const fills = fillsOf([own('f1', '1', '1'), derived('1', '2'), real])
    expect(shown(fills)).toEqual(['f1 1 -', 'f2 1 0.02'])
    expect(fills[1]?.price).toBe('10')
  })

  test('a fill larger than what was derived before it is not counted beside it', () => {
    expect(shown(fillsOf([derived('1', '1'), own('f1', '2', '2')]))).toEqual(['f1 2 -'])
    expect(shown(fillsOf([derived('3', '3'), own('f1', '2', '3')]))).toEqual(['? 1 -', 'f1 2 -'])
  })

  test('a fee that becomes known later is added to its fill', () => {
    const fee = own('f1', '1', '1', {
      'trading.fill.fee': '0.01',
      'trading.fill.fee_currency': 'BNB',
    })
    const fills = fillsOf([own('f1', '1', '1'), fee])
    expect(fills).toMatchObject([{ execId: 'f1', fees: new Map([['BNB', '0.01']]) }])
  })

  test('fills without ids of a sender that derives none are all kept', () => {
    const plain = told(partially, { 'trading.fill.quantity': 0.5 })
    expect(fillsOf([plain, plain])).toHaveLength(2)
  })

  test('whatever comes in whatever order, the fills add up to what the order has filled', () => {
    const step = fc.record({
      quantity: fc.integer({ min: 1, max: 20 }),
      /** How far the total that the venue reports is ahead; none where 0. */
      ahead: fc.integer({ min: 0, max: 20 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const order = new Fills({ contractSize: decimal(1), inverse: false })
        const words: ToldFill[] = []
        for (const [index, { quantity, ahead }] of steps.entries()) {
          const total = add(order.quantity, decimal(ahead))
          const change = order.catchUp(total, decimal(9), undefined)
          if (change) words.push(derived(format(change.quantity), format(order.quantity)))
          order.take(
            { execId: `f${index}`, quantity: decimal(quantity), price: decimal(10) },
            undefined,
          )
          words.push(own(`f${index}`, String(quantity), format(order.quantity)))
        }
        const sum = fillsOf(words).reduce((s, f) => add(s, parseDecimal(f.quantity) ?? zero), zero)
        expect(equals(sum, order.quantity)).toBe(true)
      }),
    )
  })

  test('what is told of a fill later fills its gaps, and changes nothing that is known', () => {
    const said = (price: string, liquidity: string, fee: string): ToldFill =>
      told(confirmed, {
        'trading.fill.id': 'f1',
        'trading.fill.quantity': '1',
        'trading.fill.price': price,
        'trading.fill.liquidity': liquidity,
        'trading.fill.fee': fee,
      })
    const known = (fills: readonly ToldFill[]): unknown[] =>
      fills.map(({ price, liquidity, fees }) => [price, liquidity, ...fees.values()])
    const [bare, first, second] = [
      said('', '', ''),
      said('10', 'maker', '1'),
      said('11', 'taker', '2'),
    ]
    expect(known(fillsOf([bare, first, second]))).toEqual([['10', 'maker', '1']])
    expect(known(fillsOf([first, bare]))).toEqual([['10', 'maker', '1']])
    expect(known(fillsOf([bare]))).toEqual([[null, null]])
  })

  test('fills of two orders do not take the place of each other', () => {
    const fills = new FillsTold()
    for (const order of ['a', 'b']) {
      fills.add(
        partially,
        (name) =>
          ({
            'trading.order.client_id': order,
            'trading.fill.quantity': '1',
            'trading.fill.derived': order === 'a',
            'trading.order.filled_quantity': '1',
          })[name as string],
      )
    }
    expect(fills.fills()).toHaveLength(2)
    fills.add('trading.order.accepted', () => '1')
    expect(fills.fills()).toHaveLength(2)
  })

  test('a fill that was taken back is none, wherever it was told, and one without an id was derived', () => {
    const bust = (id: string, quantity: string, filled: string): ToldFill =>
      told('trading.order.fill_busted', {
        'trading.fill.ref_id': id,
        'trading.fill.id': 'report-9',
        'trading.fill.quantity': quantity,
        'trading.order.filled_quantity': filled,
      })
    const fills = [own('f1', '1', '1'), own('f2', '2', '3')]
    expect(shown(fillsOf([...fills, bust('f1', '1', '2')]))).toEqual(['f2 2 -'])
    expect(shown(fillsOf([bust('f1', '1', '2'), ...fills]))).toEqual(['f2 2 -'])
    // The order is filled anew by a fill that the venue gave no id for.
    const again = [own('f1', '1', '1'), bust('f1', '1', '0'), derived('1', '1')]
    expect(shown(fillsOf(again))).toEqual(['? 1 -'])
    expect(shown(fillsOf([own('f1', '1', '1'), derived('2', '3'), bust('x', '2', '1')]))).toEqual([
      'f1 1 -',
    ])
    expect(shown(fillsOf([derived('2', '2'), bust('', '0.5', '1.5')]))).toEqual(['? 1.5 -'])
  })

  test('one that is told as taken back twice, as by two bots on one account, was taken back once', () => {
    const bust = told('trading.order.fill_busted', {
      'trading.fill.ref_id': 'f1',
      'trading.fill.quantity': '0.4',
      'trading.order.filled_quantity': '0.6',
    })
    const confirm = told(confirmed, { 'trading.fill.id': 'f1', 'trading.fill.quantity': '0.4' })
    expect(shown(fillsOf([derived('1', '1'), bust, bust]))).toEqual(['? 0.6 -'])
    expect(shown(fillsOf([derived('1', '1'), confirm, bust, bust]))).toEqual(['? 0.6 -'])
    const more = own('f2', '0.2', '0.8')
    expect(shown(fillsOf([derived('1', '1'), confirm, bust, bust, more]))).toEqual([
      '? 0.6 -',
      'f2 0.2 -',
    ])
  })

  test('each fee of a fill that has several is told, by currency', () => {
    const all = { BNB: '0.01', USDT: '0.2' }
    for (const said of [all, new Map(Object.entries(all))]) {
      const first = { 'trading.fill.fee': '0.01', 'trading.fill.fee_currency': 'BNB' }
      const fill = own('f1', '1', '1', { ...first, 'trading.fees_by_currency': said })
      expect(fill.fees).toEqual(new Map(Object.entries(all)))
    }
    expect(own('f1', '1', '1', { 'trading.fill.fee': '0.01' }).fees).toEqual(
      new Map([['', '0.01']]),
    )
  })

  test('an order is known by the id of its client, else by that of its venue', () => {
    const said: Record<string, unknown> = { 'trading.venue': 'binance', 'trading.order.id': 881n }
    expect(orderKeyOf((name) => said[name])).toBe('binance/881')
    said['trading.order.client_id'] = 'c1'
    expect(orderKeyOf((name) => said[name])).toBe('binance/c1')
    expect(orderKeyOf(() => undefined)).toBeNull()
  })
})
