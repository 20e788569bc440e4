import * as fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { add, equals, format, parseDecimal, zero } from '../../../../src/base/decimal.ts'
import type { Decimal } from '../../../../src/base/decimal.ts'
import { FillsTold } from '../../../../src/wire/fills.ts'
import { begin, limit, seen, signal } from './stage.ts'

beforeEach(begin)

/** Six executions of one order. What a message says of one is always the same, as it is at a venue. */
const executions = [1, 2, 3, 4, 5, 6].map((quantity) => ({
  execId: `f${quantity}`,
  quantity,
  price: 100 + quantity,
}))
const one = fc.constantFrom(...executions)
const step = fc.oneof(
  fc.record({ kind: fc.constant('fill' as const), fill: one, hasFee: fc.boolean() }),
  fc.record({ kind: fc.constant('total' as const), reach: fc.integer({ min: 0, max: 6 }) }),
  fc.record({ kind: fc.constant('bust' as const), fill: one }),
  fc.record({ kind: fc.constant('end' as const) }),
)

describe('the events of an order', () => {
  test('[X32, B44] whatever a venue says and takes back, its fills add up to what the order has filled', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 14 }), (steps) => {
        begin()
        const order = signal.order({ ...limit, quantity: 21 })
        order.submitted()
        const busted = new Set<string>()
        let most = 0
        for (const said of steps) {
          switch (said.kind) {
            case 'fill': {
              const { execId, quantity } = said.fill
              if (!busted.has(execId))
                order.filled({ ...said.fill, fee: said.hasFee ? quantity : undefined })
              break
            }
            case 'total':
              // A venue that has taken nothing back tells all that it filled so far, or more than has been heard of.
              most = Math.max(most, (said.reach * (said.reach + 1)) / 2)
              if (busted.size === 0) order.update({ filledQuantity: most, averagePrice: 103 })
              break
            case 'bust': {
              const { execId, quantity, price } = said.fill
              busted.add(execId)
              order.busted({ execId, quantity, price })
              break
            }
            case 'end':
              order.canceled()
          }
        }
        const told = new FillsTold()
        for (const { eventName, attributes } of seen.records()) {
          told.add(eventName ?? '', (name) => attributes[name])
        }
        const fills = told.fills()
        const filled = fills.reduce(
          (sum, fill) => add(sum, parseDecimal(fill.quantity) ?? zero),
          zero,
        )
        expect(format(filled)).toBe(order.state.filledQuantity)
        const ids = fills.flatMap(({ execId }) => execId ?? [])
        expect(new Set(ids).size).toBe(ids.length)
        let fees: Decimal = zero
        for (const fill of fills) {
          for (const fee of fill.fees.values()) fees = add(fees, parseDecimal(fee) ?? zero)
        }
        expect(equals(fees, parseDecimal(order.state.fees['USDT']) ?? zero)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})
