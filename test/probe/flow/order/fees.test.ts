import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decimal, format } from '../../../../src/base/decimal.ts'
import { Fees } from '../../../../src/probe/flow/order/fees.ts'

const price = decimal('50000')
const spot = 'BTC/USDT'

describe('fees', () => {
  test('[X32] a sum that the venue reports replaces the one before, until the fills tell their own', () => {
    const fees = new Fees()
    expect(fees.report('0.5', 'USDT', spot, price)?.fee.toFixed()).toBe('0.5')
    expect(fees.report('0.7', 'USDT', spot, price)?.fee.toFixed()).toBe('0.2')
    expect(fees.report('0.7', 'USDT', spot, price)).toBeUndefined()
    // What is corrected downwards too.
    expect(fees.report('0.6', undefined, spot, price)?.fee.toFixed()).toBe('-0.1')
    expect([format(fees.quote), fees.byCurrency]).toEqual(['0.6', { USDT: '0.6' }])
    expect(fees.dropReported('no number')).toBeUndefined()
    expect(format(fees.quote)).toBe('0.6')
    expect(fees.dropReported('0.2')).toEqual({ currency: 'USDT', fee: decimal('-0.6') })
    expect(fees.dropReported('0.2')).toBeUndefined()
    expect([format(fees.quote), fees.isEmpty]).toEqual(['0', true])
    fees.add('0.2', undefined, spot, price)
    expect(fees.report('0.9', 'USDT', spot, price)).toBeUndefined()
    expect([format(fees.quote), fees.byCurrency]).toEqual(['0.2', { USDT: '0.2' }])
  })

  test('[X32] a reported sum in base money is taken back as it was valued, and one in a third currency leaves none', () => {
    const fees = new Fees()
    fees.report('0.001', 'BTC', spot, price)
    fees.report('0.003', 'BTC', spot, decimal('51000'))
    expect([format(fees.quote), format(fees.settled(true))]).toEqual(['152', '0.003'])
    fees.dropReported('0.1')
    expect([format(fees.quote), format(fees.settled(true))]).toEqual(['0', '0'])
    const foreign = new Fees()
    foreign.report('0.01', 'BNB', spot, price)
    expect([foreign.hasForeign, format(foreign.quote)]).toEqual([true, '0'])
    foreign.dropReported('0.2')
    expect(foreign.hasForeign).toBe(false)
    foreign.add('0.01', 'BNB', spot, price)
    expect(foreign.hasForeign).toBe(true)
  })

  test.each([
    [spot, 'USDT', { quote: '2', base: '0', foreign: false }],
    [spot, 'BTC', { quote: '100000', base: '2', foreign: false }],
    [spot, 'BNB', { quote: '0', base: '0', foreign: true }],
    [spot, undefined, { quote: '2', base: '0', foreign: false }],
    ['BTCUSDT', 'USDT', { quote: '2', base: '0', foreign: false }],
    ['BTCUSDT', 'BTC', { quote: '100000', base: '2', foreign: false }],
    ['BTCUSDT', 'BNB', { quote: '0', base: '0', foreign: true }],
    ['BTCUSDT', undefined, { quote: '2', base: '0', foreign: false }],
    // A third currency that the spelling of the pair begins or ends with.
    ['USDTB/EUR', 'USDT', { quote: '0', base: '0', foreign: true }],
    ['BTC/EURUSDT', 'USDT', { quote: '0', base: '0', foreign: true }],
  ])('[X32] of %s in %s are worth what they are', (symbol, currency, expected) => {
    const fees = new Fees()
    fees.add('2', currency, symbol, price)
    const found = { quote: fees.quote.toFixed(), base: fees.settled(true).toFixed() }
    expect({ ...found, foreign: fees.hasForeign }).toEqual(expected)
  })

  test('[X32] of inverse contracts are worth base money at the price of their fill', () => {
    const fees = new Fees(true)
    fees.add('0.001', undefined, 'BTC/USD:BTC', price)
    fees.add('5', 'USD', 'BTC/USD:BTC', price)
    fees.add('5', 'USD', 'BTC/USD:BTC', undefined)
    expect(fees.byCurrency).toEqual({ BTC: '0.001', USD: '10' })
    expect([format(fees.settled(true)), format(fees.settled(false))]).toEqual(['0.0011', '60'])
    // Without a price base money is worth nothing that is known.
    const unpriced = new Fees(true)
    unpriced.add('0.001', 'BTC', 'BTC/USD:BTC', undefined)
    expect([unpriced.hasForeign, format(unpriced.settled(true))]).toEqual([true, '0'])
  })

  test('[X32] of several orders are the sums of theirs', () => {
    const fee = fc.record({
      amount: fc.integer({ min: -50, max: 50 }),
      currency: fc.constantFrom('USDT', 'BTC', 'BNB'),
    })
    fc.assert(
      fc.property(fc.array(fee), fc.array(fee), (one, two) => {
        const [first, second, all] = [new Fees(), new Fees(), new Fees()]
        for (const { amount, currency } of one) first.add(amount, currency, spot, price)
        for (const { amount, currency } of two) second.add(amount, currency, spot, price)
        all.addAll(first)
        all.addAll(second)
        const sums: Record<string, number> = {}
        for (const { amount, currency } of [...one, ...two]) {
          sums[currency] = (sums[currency] ?? 0) + amount
        }
        const wanted = Object.entries(sums).map(([currency, sum]) => [currency, String(sum)])
        expect(all.byCurrency).toEqual(Object.fromEntries(wanted))
        const { USDT = 0, BTC = 0 } = sums
        expect(all.quote.toNumber()).toBe(USDT + BTC * 50_000)
        expect(all.settled(true).toNumber()).toBe(BTC)
        expect(all.hasForeign).toBe('BNB' in sums)
      }),
    )
  })
})
