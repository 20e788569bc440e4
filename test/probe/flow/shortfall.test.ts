import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { add, decimal, format, subtract, zero } from '../../../src/base/decimal.ts'
import type { Side } from '../../../src/semconv/words.ts'
import { shortfallOf } from '../../../src/probe/flow/shortfall.ts'
import type { Execution } from '../../../src/probe/flow/shortfall.ts'

const execution = (options: Partial<Execution>): Execution => ({
  side: 'buy',
  decisionPrice: decimal(100),
  quantity: decimal(10),
  orders: [],
  fees: zero,
  endPrice: undefined,
  ...options,
})

describe('implementation shortfall', () => {
  test('[X34] delay, execution, fees and opportunity, the sign turned for a sell', () => {
    const orders = [{ filled: decimal(6), value: decimal(612), arrivalPrice: decimal(101) }]
    const fees = decimal('0.5')
    const buy = shortfallOf(execution({ orders, fees, endPrice: decimal(105) }))
    expect([buy.delay, buy.execution, buy.opportunity ?? zero, buy.total].map(format)).toEqual([
      '6',
      '6',
      '20',
      '32.5',
    ])
    const sell = shortfallOf(execution({ side: 'sell', orders, fees, endPrice: decimal(105) }))
    expect(format(sell.total)).toBe('-31.5')
  })

  test('[X34] what is not filled is not valued where no end price is known', () => {
    const shortfall = shortfallOf(execution({ orders: [] }))
    expect(shortfall.opportunity).toBeUndefined()
    expect(format(shortfall.total)).toBe('0')
  })

  test('[X34] its parts sum to paper result minus real result, for any fills', () => {
    const order = fc.record({
      filled: fc.integer({ min: 0, max: 50 }),
      price: fc.integer({ min: 1, max: 200 }),
      arrival: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
    })
    fc.assert(
      fc.property(
        fc.array(order, { maxLength: 6 }),
        fc.constantFrom<Side>('buy', 'sell'),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 200 }),
        (orders, side, decided, end) => {
          const quantity = orders.reduce((sum, { filled }) => sum + filled, 0) + 7
          const shortfall = shortfallOf({
            side,
            decisionPrice: decimal(decided),
            quantity: decimal(quantity),
            orders: orders.map(({ filled, price, arrival }) => ({
              filled: decimal(filled),
              value: decimal(filled * price),
              arrivalPrice: arrival === undefined ? undefined : decimal(arrival),
            })),
            fees: decimal('1.25'),
            endPrice: decimal(end),
          })
          const sign = side === 'buy' ? 1 : -1
          const paper = decimal(sign * quantity * (end - decided))
          const real = orders.reduce(
            (sum, { filled, price }) => add(sum, decimal(sign * filled * (end - price))),
            decimal('-1.25'),
          )
          expect(format(shortfall.total)).toBe(format(subtract(paper, real)))
        },
      ),
    )
  })
})
