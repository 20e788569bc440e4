import { describe, expect, test } from 'vitest'
import { decimal, format, zero } from '../../../../src/base/decimal.ts'
import { Fills } from '../../../../src/probe/flow/order/fills.ts'
import { PositionSums } from '../../../../src/probe/flow/position/pnl.ts'

const linear = { contractSize: decimal(1), inverse: false }
const inverse = { contractSize: decimal(100), inverse: true }
const fill = (execId: string, quantity: number, price: number): Parameters<Fills['take']>[0] => ({
  execId,
  quantity: decimal(quantity),
  price: decimal(price),
})

describe('the sums of the fills of an order', () => {
  test('[X32] a fill that confirms a part of a derived one leaves the rest at its derived price', () => {
    const fills = new Fills(linear)
    fills.catchUp(decimal(10), decimal(100), undefined)
    fills.take(fill('a', 4, 101), undefined)
    expect([format(fills.quantity), format(fills.value)]).toEqual(['10', '1004'])
    fills.take(fill('b', 6, 99), undefined)
    expect([format(fills.quantity), format(fills.value), fills.count]).toEqual(['10', '998', 1])
    fills.take(fill('c', 2, 50), undefined)
    expect([format(fills.quantity), format(fills.value), fills.count]).toEqual(['12', '1098', 2])
  })

  test('[X32] what is missing has the price that makes the average of the venue', () => {
    const fills = new Fills(linear)
    fills.take(fill('a', 4, 100), undefined)
    expect(format(fills.catchUp(decimal(10), decimal(103), undefined)?.price ?? zero)).toBe('105')
    const contracts = new Fills(inverse)
    contracts.take(fill('a', 4, 40_000), undefined)
    // 10 × 100 / 50,000 = 0.02 in all, 4 × 100 / 40,000 = 0.01 of it known: 6 × 100 / 0.01.
    const change = contracts.catchUp(decimal(10), decimal(50_000), undefined)
    expect([format(change?.price ?? zero), format(contracts.value)]).toEqual(['60000', '0.02'])
    expect(format(contracts.averagePrice ?? zero)).toBe('50000')
  })

  test('[X32] without an average it is the price to fall back on; an average that leaves nothing is taken as it is', () => {
    const fills = new Fills(linear)
    fills.take(fill('a', 4, 100), undefined)
    for (const average of [undefined, zero, decimal(-1)]) {
      const price = new Fills(linear).catchUp(decimal(1), average, decimal(7))?.price
      expect(format(price ?? zero)).toBe('7')
    }
    expect(format(fills.catchUp(decimal(5), decimal(1), undefined)?.price ?? zero)).toBe('1')
    expect(fills.catchUp(decimal(5), decimal(1), undefined)).toBeUndefined()
  })

  test('[X32] what is taken back of derived ones takes its share of their value', () => {
    const fills = new Fills(linear)
    fills.catchUp(decimal(10), decimal(100), undefined)
    fills.bust('a', decimal(4))
    expect([format(fills.quantity), format(fills.value), fills.count]).toEqual(['6', '600', 1])
    for (const told of [undefined, zero, decimal(-1)]) {
      expect(fills.bust(`x${String(told)}`, told)).toBe('unknown')
    }
    // A total that stands between what is filled and what was taken back has a part of that in.
    expect(fills.catchUp(decimal(8), decimal(100), undefined)).toBeUndefined()
    expect(format(fills.catchUp(decimal(9), decimal(100), undefined)?.quantity ?? zero)).toBe('1')
    // One that is below both has none, and what comes after is new.
    expect(fills.catchUp(decimal(3), decimal(100), undefined)).toBeUndefined()
    expect(format(fills.catchUp(decimal(9), decimal(100), undefined)?.quantity ?? zero)).toBe('2')
  })
})

describe('the sums of a position', () => {
  test('[X32] prices of inverse contracts are those that they were traded at', () => {
    const sums = new PositionSums('long', inverse)
    sums.increase(decimal(4), sums.valueOf(decimal(4), decimal(50_000)))
    sums.reduce(decimal(2), sums.valueOf(decimal(2), decimal(40_000)))
    const prices = (): unknown[] => [sums.entryPrice, sums.exitPrice].map((at) => at && format(at))
    expect(prices()).toEqual(['50000', '40000'])
    sums.reduce(decimal(2), sums.valueOf(decimal(2), decimal(20_000)))
    // 4 × 100 / (0.005 + 0.01)
    expect(Number(prices()[1])).toBeCloseTo(26_666.67, 1)
    sums.undoReduce(decimal(2), sums.valueOf(decimal(2), decimal(20_000)))
    expect(prices()).toEqual(['50000', '40000'])
  })

  test('[X32] what was closed beyond what is left leaves at its average; what was said to be held is what counts', () => {
    const sums = new PositionSums('long', linear)
    sums.increase(decimal(2), decimal(200))
    sums.increase(decimal(2), decimal(240))
    sums.reduce(decimal(3), decimal(390))
    // Sold 3 at 130, held 2 at 100: one of them was none of it.
    sums.undoIncrease(decimal(2), decimal(240))
    expect([sums.quantity, sums.gross, sums.exitPrice ?? zero].map(format)).toEqual([
      '0',
      '60',
      '130',
    ])
    const said = new PositionSums('long', linear)
    said.increase(decimal(1), decimal(100))
    said.reset(decimal(4), decimal(50))
    said.reduce(decimal(1), decimal(80))
    said.undoReduce(decimal(1), decimal(80))
    expect([said.quantity, said.gross, said.entryPrice ?? zero].map(format)).toEqual([
      '4',
      '0',
      '50',
    ])
  })

  test('[X30] a result that is realized is the best, or the worst, that was seen', () => {
    const sums = new PositionSums('long', linear)
    sums.increase(decimal(2), decimal(200))
    sums.reduce(decimal(1), decimal(130))
    expect([sums.mae, sums.mfe, sums.drawdown].map(format)).toEqual(['0', '30', '0'])
    sums.reduce(decimal(1), decimal(60))
    expect([sums.mae, sums.mfe, sums.drawdown].map(format)).toEqual(['-10', '30', '40'])
  })
})
