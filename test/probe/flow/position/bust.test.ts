import * as fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  add,
  decimal,
  format,
  sign,
  subtract,
  toNumber,
  zero,
} from '../../../../src/base/decimal.ts'
import type { Decimal } from '../../../../src/base/decimal.ts'
import type { Position } from '../../../../src/probe/flow/handles/position.ts'
import { PositionSums } from '../../../../src/probe/flow/position/pnl.ts'
import { begin, flows, seen } from '../stage.ts'

beforeEach(begin)

const long = (): Position =>
  flows.position({
    positionId: 'p1',
    symbol: 'BTC/USDT',
    venue: 'binance',
    side: 'long',
    quantity: '2',
    entryPrice: '100',
  })

describe('a position whose fill is taken back', () => {
  test('[A28, X32] that had closed a part holds it again, without its result and its fee', async () => {
    const position = long()
    const close = position.order({ type: 'limit', quantity: '1' })
    close.filled({ execId: 'x1', quantity: '1', price: '130', fee: '0.5' })
    expect(position.state).toMatchObject({ quantity: '1', realizedPnl: '29.5' })
    close.busted({ execId: 'x1' })
    expect(position.state).toMatchObject({
      quantity: '2',
      entryPrice: '100',
      realizedPnl: '0',
      fees: '0',
    })
    const [held] = await seen.points('trading.position.quantity')
    expect(held?.value).toBe(2)
    const [realized] = await seen.points('trading.pnl.realized')
    expect(realized?.value).toBeCloseTo(0, 9)
    position.closed({ exitPrice: '110' })
    expect(seen.last('trading.position.closed')).toMatchObject({
      'trading.pnl.realized': '20',
      'trading.position.exit_price': '110',
    })
  })

  test('[A28, X32] that had added to it is without it, at the cost of the rest', () => {
    const position = long()
    const more = position.order({ side: 'buy', quantity: '2', price: '200' })
    more.filled({ execId: 'a1', quantity: '2', price: '200' })
    expect(position.state).toMatchObject({ quantity: '4', entryPrice: '150' })
    const close = position.order({ quantity: '1', price: '170' })
    close.filled({ execId: 'x1', quantity: '1', price: '170' })
    expect(position.state).toMatchObject({ quantity: '3', realizedPnl: '20' })
    more.busted({ execId: 'a1' })
    // What was closed had cost 100 then.
    expect(position.state).toMatchObject({ quantity: '1', entryPrice: '100', realizedPnl: '70' })
  })

  test('that is flat by it and is not closed yet is not closed by its rest', () => {
    const position = long()
    const close = position.order({ quantity: '2', price: '110' })
    close.filled({ execId: 'x1', quantity: '2', price: '110' })
    close.busted({ execId: 'x1' })
    expect(position.state).toMatchObject({ quantity: '2', realizedPnl: '0', entryPrice: '100' })
    expect(position.ended).toBe(false)
  })

  test('that had closed by then what was added says that it is turned round', () => {
    const position = long()
    const more = position.order({ side: 'buy', quantity: '3', price: '100' })
    more.filled({ execId: 'a1', quantity: '2', price: '100' })
    more.filled({ execId: 'a2', quantity: '1', price: '100' })
    position.order({ quantity: '4', price: '110' }).filled({ execId: 'x1', quantity: '4' })
    more.busted({ execId: 'a2' })
    expect(position.state.quantity).toBe('0')
    expect(seen.records('trading.order.illegal_transition')).toEqual([])
    more.busted({ execId: 'a1' })
    expect(position.state).toMatchObject({ quantity: '0', realizedPnl: '20' })
    expect(seen.last('trading.order.illegal_transition')).toMatchObject({
      'trading.order.transition': 'canceled → trade_cancel beyond position',
    })
  })

  test('that has ended says so, and is in no gauge again', async () => {
    const position = long()
    const close = position.order({ quantity: '2', price: '110' })
    close.filled({ execId: 'x1', quantity: '2', price: '110' })
    position.closed()
    close.busted({ execId: 'x1' })
    expect(seen.last('trading.flow.late_call')['trading.flow.call']).toBe('position.order.busted')
    const [held] = await seen.points('trading.position.quantity')
    expect(held?.value).toBe(0)
    const [realized] = await seen.points('trading.pnl.realized')
    expect(realized?.value).toBeCloseTo(0, 9)
  })
})

interface Step {
  readonly kind: 'add' | 'close'
  readonly quantity: number
  readonly price: number
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('add', 'close'),
  quantity: fc.integer({ min: 1, max: 9 }),
  price: fc.integer({ min: 1, max: 999 }),
})
const sidesAndTerms = fc.record({
  side: fc.constantFrom('long', 'short'),
  inverse: fc.boolean(),
  size: fc.constantFrom('1', '0.01', '100'),
})

describe('the sums of a position', () => {
  const run = (
    { side, inverse, size }: { side: 'long' | 'short'; inverse: boolean; size: string },
    steps: readonly Step[],
  ): PositionSums => {
    const sums = new PositionSums(side, { contractSize: decimal(size), inverse })
    for (const { kind, quantity, price } of steps) {
      const amount = decimal(quantity)
      const value = sums.valueOf(amount, decimal(price))
      if (kind === 'add') sums.increase(amount, value)
      else sums.reduce(amount, value)
    }
    return sums
  }
  const undo = (sums: PositionSums, { kind, quantity, price }: Step): Decimal => {
    const amount = decimal(quantity)
    const value = sums.valueOf(amount, decimal(price))
    return kind === 'add' ? sums.undoIncrease(amount, value) : sums.undoReduce(amount, value)
  }
  const near = (found: Decimal, expected: Decimal): boolean =>
    subtract(found, expected).abs().lt('1e-20')

  test('[X32] all added before anything was closed: as if it had not been, to the last digit but the division', () => {
    fc.assert(
      fc.property(
        sidesAndTerms,
        fc.array(step, { minLength: 1, maxLength: 6 }),
        fc.nat(),
        (terms, drawn, which) => {
          const added = drawn.map((one) => ({ ...one, kind: 'add' as const }))
          const held = added.reduce((total, { quantity }) => total + quantity, 0)
          const closed = { kind: 'close', quantity: 1, price: 500 } as const
          const steps: Step[] = held > 10 ? [...added, closed] : added
          const place = which % steps.length
          const [taken] = steps.slice(place)
          if (!taken || held - taken.quantity < 1) return
          const sums = run(terms, steps)
          const before = sums.gross
          const change = undo(sums, taken)
          const honest = run(terms, steps.toSpliced(place, 1))
          expect(format(sums.quantity)).toBe(format(honest.quantity))
          expect(near(sums.gross, honest.gross)).toBe(true)
          expect(near(add(before, change), sums.gross)).toBe(true)
          const [entry, wanted] = [sums.entryPrice ?? zero, honest.entryPrice ?? zero]
          expect(near(entry, wanted)).toBe(true)
          expect(near(sums.exitPrice ?? zero, honest.exitPrice ?? zero)).toBe(true)
        },
      ),
    )
  })

  test('[X32] in any order: realized and unrealized together are as if it had not been', () => {
    fc.assert(
      fc.property(
        sidesAndTerms,
        fc.array(step, { minLength: 1, maxLength: 8 }),
        fc.nat(),
        fc.integer({ min: 1, max: 999 }),
        (terms, drawn, which, mark) => {
          // Nothing is closed that is not held, with or without what is taken back.
          const place = which % drawn.length
          const [taken] = drawn.slice(place)
          let [all, rest] = [0, 0]
          for (const [index, { kind, quantity }] of drawn.entries()) {
            const change = kind === 'add' ? quantity : -quantity
            all += change
            if (index !== place) rest += change
            if (all < 0 || rest < 0) return
          }
          if (!taken) return
          const sums = run(terms, drawn)
          undo(sums, taken)
          const honest = run(terms, drawn.toSpliced(place, 1))
          expect(format(sums.quantity)).toBe(format(honest.quantity))
          const at = decimal(mark)
          const [total, wanted] = [sums, honest].map((one) => add(one.gross, one.unrealized(at)))
          expect(near(total ?? zero, wanted ?? zero)).toBe(true)
        },
      ),
    )
  })

  test('[X32] what was closed beyond what is left was none of it', () => {
    const terms = { side: 'long', inverse: false, size: '1' } as const
    const added = { kind: 'add', quantity: 2, price: 100 } as const
    const sums = run(terms, [added, { kind: 'close', quantity: 2, price: 130 }])
    expect(toNumber(undo(sums, added))).toBe(-60)
    expect(sign(sums.quantity)).toBe(0)
    expect([sums.gross, sums.unrealized(decimal(50))].map(toNumber)).toEqual([0, 0])
    expect(sums.exitPrice).toBeUndefined()
  })
})
