import { Big } from 'big.js'
import { BigNumber } from 'bignumber.js'
import { Decimal as DecimalJs } from 'decimal.js'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  absolute,
  add,
  compare,
  decimal,
  decimalText,
  divide,
  equals,
  format,
  isZero,
  maximum,
  minimum,
  multiply,
  negate,
  parseDecimal,
  shownDecimal,
  ratio,
  round,
  sign,
  subtract,
  sum,
  toNumber,
  zero,
} from '../../src/base/decimal.ts'
import type { Decimal } from '../../src/base/decimal.ts'

const shown = (value: Decimal | undefined): string | undefined => value && format(value)

// A decimal as an integer and a scale: an independent way to compute with it.
const scaled = fc.record({
  units: fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
  places: fc.nat({ max: 18 }),
})
type Scaled = { readonly units: bigint; readonly places: number }
const textOf = ({ units, places }: Scaled): string => {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0')
  const whole = digits.slice(0, digits.length - places)
  return `${units < 0n ? '-' : ''}${whole}${places === 0 ? '' : `.${digits.slice(-places)}`}`
}
const atPlaces = ({ units, places }: Scaled, to: number): bigint =>
  units * 10n ** BigInt(to - places)

describe('reading', () => {
  test('strings, numbers, bigints and decimals of other libraries are read', () => {
    expect(shown(parseDecimal('43210.50'))).toBe('43210.5')
    expect(shown(parseDecimal('-0.00000001'))).toBe('-0.00000001')
    expect(shown(parseDecimal('.5'))).toBe('0.5')
    expect(shown(parseDecimal('1e-8'))).toBe('0.00000001')
    expect(shown(parseDecimal(0.1))).toBe('0.1')
    expect(shown(parseDecimal(1e21))).toBe('1000000000000000000000')
    expect(shown(parseDecimal(123456789012345678901234567890n))).toBe(
      '123456789012345678901234567890',
    )
    expect(shown(parseDecimal(new Big('1.10')))).toBe('1.1')
    expect(shown(parseDecimal(new DecimalJs('1e-9')))).toBe('0.000000001')
    expect(shown(parseDecimal(new BigNumber('1e30')))).toBe('1000000000000000000000000000000')
  })

  test('what is no number is undefined and never throws', () => {
    const garbage = [
      '', ' ', '1,000', '0x10', '1_000', 'NaN', 'Infinity', '--1', '1.2.3', '1e', 'abc', '1 ',
      NaN, Infinity, -Infinity, null, undefined, true, {}, [], () => 1, Symbol('1'),
      new DecimalJs(NaN), new BigNumber(Infinity), { s: 1, e: 0, c: [1] },
      { s: 1, e: 0, c: [1], toFixed() { throw new Error('broken') } },
    ] // prettier-ignore
    for (const value of garbage) expect(parseDecimal(value)).toBeUndefined()
  })

  test('numbers that would cost megabytes to write out are refused', () => {
    expect(parseDecimal('1e401')).toBeUndefined()
    expect(parseDecimal('1e-401')).toBeUndefined()
    expect(parseDecimal('1e999999999')).toBeUndefined()
    expect(parseDecimal('9'.repeat(1001))).toBeUndefined()
    expect(parseDecimal(new DecimalJs('1e9000000'))).toBeUndefined()
    expect(shown(parseDecimal('1e400'))).toHaveLength(401)
  })

  test('an object is a decimal by sign, exponent, digits and a text of its own', () => {
    const own = { s: 1, e: 0, c: [1], toFixed: () => '1.5', toString: () => '1e500' }
    expect(shown(parseDecimal(own))).toBe('1.5')
    const { c, ...rest } = own
    expect(shown(parseDecimal({ ...rest, d: c }))).toBe('1.5')
    // Beyond what can be written out its text has an exponent, and is refused for it.
    expect(parseDecimal({ ...own, e: 500 })).toBeUndefined()
    expect(shown(parseDecimal({ ...own, e: 400 }))).toBe('1.5')
    for (const lacking of [
      { ...own, toFixed: undefined },
      { ...own, toFixed: '1.5' },
      { ...own, toFixed: () => 1.5 },
      { s: 1, e: 0, c: [1] },
      { toFixed: own.toFixed },
      { s: 1, toFixed: own.toFixed },
      { s: 1, e: 0, toFixed: own.toFixed },
      { e: 0, c: [1], toFixed: own.toFixed },
      [],
      null,
    ]) {
      expect(parseDecimal(lacking)).toBeUndefined()
    }
  })

  test('a text of 1,000 characters is read, one of more is not', () => {
    const long = '1'.padStart(1000, '0')
    expect(shown(parseDecimal(long))).toBe('1')
    expect(decimalText(long)).toBe(long)
    expect([parseDecimal(`0${long}`), decimalText(`0${long}`)]).toEqual([undefined, undefined])
  })

  test('a literal that is no number is a fault of the program', () => {
    expect(() => decimal('1,5')).toThrow('not a decimal number: 1,5')
  })

  test('the text of a venue is kept to the last digit', () => {
    expect(decimalText('43210.50')).toBe('43210.50')
    expect(decimalText('0.010')).toBe('0.010')
    expect(decimalText('1E-7')).toBe('0.0000001')
    expect(decimalText(1e-7)).toBe('0.0000001')
    expect(decimalText(5n)).toBe('5')
    expect(decimalText('n/a')).toBeUndefined()
  })
})

describe('arithmetic', () => {
  test('[A44, X33] sums, differences and products are exact', () => {
    fc.assert(
      fc.property(scaled, scaled, (a, b) => {
        const [x, y] = [decimal(textOf(a)), decimal(textOf(b))]
        const places = Math.max(a.places, b.places)
        const expected = (units: bigint, at: number): Decimal =>
          decimal(textOf({ units, places: at }))
        const [p, q] = [atPlaces(a, places), atPlaces(b, places)]
        expect(shown(add(x, y))).toBe(shown(expected(p + q, places)))
        expect(shown(subtract(x, y))).toBe(shown(expected(p - q, places)))
        expect(shown(multiply(x, y))).toBe(shown(expected(a.units * b.units, a.places + b.places)))
        expect(compare(x, y)).toBe(p < q ? -1 : p > q ? 1 : 0)
        expect(equals(x, y)).toBe(p === q)
        expect(shown(minimum(x, y))).toBe(shown(p < q ? x : y))
        expect(shown(maximum(x, y))).toBe(shown(p > q ? x : y))
      }),
    )
  })

  test('[A44, X33] a thousand tenths are one hundred', () => {
    expect(shown(sum(Array.from({ length: 1000 }, () => decimal(0.1))))).toBe('100')
    expect(sum([])).toBe(zero)
  })

  test('a quotient has 34 digits, half to even, as the nearest 34-digit number', () => {
    fc.assert(
      fc.property(scaled, scaled, (a, b) => {
        fc.pre(b.units !== 0n)
        // decimal.js is the independent judge. A longer whole part is kept exactly here, not there.
        const Judge = DecimalJs.clone({ precision: 34, rounding: DecimalJs.ROUND_HALF_EVEN })
        const judged = new Judge(textOf(a)).div(textOf(b))
        fc.pre(judged.e < 34)
        const quotient = divide(decimal(textOf(a)), decimal(textOf(b)))
        expect(shown(quotient)).toBe(judged.isZero() ? '0' : judged.toFixed())
      }),
      { numRuns: 500 },
    )
  })

  test('a division by zero is undefined', () => {
    expect(divide(decimal(1), zero)).toBeUndefined()
    expect(divide(zero, zero)).toBeUndefined()
    expect(shown(divide(zero, decimal(3)))).toBe('0')
  })

  test('a double and a ratio are those nearest to the exact figure', () => {
    // Figures as in markets, where doubles do the work, and monsters, where they cannot.
    const market = fc.record({
      units: fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }),
      places: fc.nat({ max: 10 }),
    })
    fc.assert(
      fc.property(fc.oneof(market, scaled), fc.oneof(market, scaled), (a, b) => {
        const [x, y] = [decimal(textOf(a)), decimal(textOf(b))]
        expect(toNumber(x)).toBe(Number(format(x)))
        const exact = divide(x, y)
        expect(ratio(x, y)).toBe(exact && Number(format(exact)))
      }),
      { numRuns: 2000 },
    )
    expect(ratio(decimal('5000'), decimal('43210.5'))).toBe(5000 / 43210.5)
    expect(ratio(decimal(1), zero)).toBeUndefined()
  })

  test('settings of big.js made elsewhere change nothing here', () => {
    const { DP, RM } = Big
    try {
      Big.DP = 0
      Big.RM = 3
      expect(shown(divide(new Big(1), new Big(3)))).toBe(`0.${'3'.repeat(34)}`)
    } finally {
      Big.DP = DP
      Big.RM = RM
    }
  })

  test('sign, distance from zero and rounding', () => {
    expect([sign(decimal(-2)), sign(zero), sign(decimal('0.1'))]).toEqual([-1, 0, 1])
    expect(shown(absolute(decimal('-2.5')))).toBe('2.5')
    expect(shown(negate(decimal('2.5')))).toBe('-2.5')
    expect(shown(negate(zero))).toBe('0')
    expect(isZero(decimal('0.000'))).toBe(true)
    expect(isZero(decimal('0.001'))).toBe(false)
    expect(shown(round(decimal('0.125'), 2))).toBe('0.12')
    expect(shown(round(decimal('0.135'), 2))).toBe('0.14')
    expect(toNumber(decimal('43210.50'))).toBe(43210.5)
  })
})

test('text never has an exponent, nor a minus before zero', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      const text = format(decimal(number))
      expect(text).toMatch(/^-?\d+(\.\d+)?$/)
      expect(Number(text)).toBe(number === 0 ? 0 : number)
    }),
  )
  expect(format(decimal('-0'))).toBe('0')
  expect(format(decimal('-0.00'))).toBe('0')
})

test('[A11] a quotient is shown with the digits that mean something, anything else as it is', () => {
  expect(shownDecimal('43039.6374100719424460431654676259')).toBe('43039.63741007')
  expect(shownDecimal('-10.3493385599999999999999999999996')).toBe('-10.34933856')
  expect(shownDecimal('0.00000000123456789012345')).toBe('0.00000000123457')
  for (const text of [
    '43210.50',
    '0.00000001',
    '1.2345678901',
    '12345678901234567890',
    'abc',
    '',
  ]) {
    expect(shownDecimal(text)).toBe(text)
  }
})
