import { EventEmitter } from 'node:events'
import { Agent } from 'node:http'
import { Readable } from 'node:stream'
import { BigNumber as EthersBigNumber } from '@ethersproject/bignumber'
import { Big } from 'big.js'
import { BigNumber } from 'bignumber.js'
import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import { normalize } from '../../src/base/normalize.ts'
import { isPlainObject, read } from '../../src/base/readable.ts'

describe('numbers of libraries', () => {
  test('[A04] decimals of big.js, decimal.js and bignumber.js become plain decimal text', () => {
    const of = (text: string): object[] => [new Big(text), new Decimal(text), new BigNumber(text)]
    expect(normalize(of('1e-9'))).toEqual(['0.000000001', '0.000000001', '0.000000001'])
    expect(normalize({ prices: of('43210.5') })).toEqual({
      prices: ['43210.5', '43210.5', '43210.5'],
    })
    expect(new Set(of('-1e25').map((each) => normalize(each)))).toEqual(
      new Set(['-10000000000000000000000000']),
    )
    expect(normalize(new Decimal(Number.NaN))).toBe('NaN')
    expect(normalize(new BigNumber(-Infinity))).toBe('-Infinity')
    expect(normalize(new Decimal('1e9000000'))).toBe('1e+9000000')
  })

  test('[A04] BigNumber of ethers 5 and a BN become decimal text', () => {
    const wei = EthersBigNumber.from('1000000000000000001')
    expect(normalize(wei)).toBe('1000000000000000001')
    expect(normalize(EthersBigNumber.from(-255))).toBe('-255')
    class BN {
      negative = 0
      words = [10]
      length = 1
      red = null
      toString(): string {
        return '10'
      }
    }
    expect(normalize(new BN())).toBe('10')
  })
})

describe('errors', () => {
  test('[B42, A73] type, message, code, stack, cause and own fields are kept', () => {
    class InsufficientFunds extends Error {
      readonly code = -2019
      readonly venue = 'binance'
    }
    const cause = Object.assign(new TypeError('socket hang up'), { code: 'ECONNRESET' })
    const error = new InsufficientFunds('margin is insufficient', { cause })
    expect(normalize(error)).toEqual({
      type: 'InsufficientFunds',
      message: 'margin is insufficient',
      code: -2019,
      venue: 'binance',
      stack: expect.stringContaining('readable.test.ts'),
      cause: {
        type: 'TypeError',
        message: 'socket hang up',
        code: 'ECONNRESET',
        stack: expect.any(String),
      },
    })
  })

  test('[B42, A73] a name set by hand, an AggregateError and an abort are told apart', () => {
    const named = Object.assign(new Error('no'), { name: 'OrderNotFound' })
    expect(normalize(named)).toMatchObject({ type: 'OrderNotFound' })
    const both = new AggregateError([new Error('a'), new RangeError('b')], 'all failed')
    expect(normalize(both)).toMatchObject({
      type: 'AggregateError',
      errors: [{ message: 'a' }, { type: 'RangeError' }],
    })
    expect(
      normalize(AbortSignal.timeout(0).reason ?? new DOMException('late', 'TimeoutError')),
    ).toMatchObject({
      type: 'TimeoutError',
    })
  })

  test('a chain of causes that closes on itself ends', () => {
    const first = new Error('first')
    const second = new Error('second', { cause: first })
    first.cause = second
    expect(normalize(first)).toMatchObject({ cause: { message: 'second', cause: '[Circular]' } })
  })

  test('an error of axios keeps status and body, without the wiring of the request', () => {
    const error = Object.assign(new Error('Request failed with status code 401'), {
      name: 'AxiosError',
      config: { url: '/order', httpsAgent: new Agent(), signal: new AbortController().signal },
      request: Readable.from([]),
      response: { status: 401, data: { code: -2014, msg: 'API-key format invalid.' } },
    })
    expect(normalize(error)).toMatchObject({
      type: 'AxiosError',
      config: { url: '/order', httpsAgent: '[Agent]', signal: '[AbortSignal]' },
      request: '[Readable]',
      response: { status: 401, data: { code: -2014, msg: 'API-key format invalid.' } },
    })
  })
})

describe('containers and bytes', () => {
  test('[A04] a Map is an object by its strings, else a list of pairs', () => {
    expect(normalize(new Map([['BTC', { free: 1n }]]))).toEqual({ BTC: { free: '1' } })
    expect(normalize(new Map<unknown, unknown>([[43210, 1.5], [43211, undefined]]))).toEqual([[43210, 1.5], [43211, null]]) // prettier-ignore
    expect(normalize(new Map([['__proto__', 1], ['gone', undefined]]))).toEqual({ __proto___: 1, gone: null }) // prettier-ignore
    expect(normalize(new Set(['a', 1n]))).toEqual(['a', '1'])
  })

  test('[A04] bytes become hex, as hashes are written; other typed arrays become lists', () => {
    const bytes = new Uint8Array([0, 1, 254, 255])
    for (const each of [
      bytes,
      Buffer.from(bytes),
      bytes.buffer,
      new DataView(bytes.buffer),
      new Uint8ClampedArray(bytes),
    ]) {
      expect(normalize(each)).toBe('0x0001feff')
    }
    expect(normalize(new Uint8Array(100), { stringLengthMax: 50 })).toBe(
      `0x${'00'.repeat(13)}…[+87 bytes]`,
    )
    expect(normalize(new Float64Array([1.5, Number.NaN]))).toEqual([1.5, 'NaN'])
    expect(normalize(new BigUint64Array([2n ** 64n - 1n]))).toEqual(['18446744073709551615'])
  })
})

describe('other objects', () => {
  test('[A04] dates, URLs, expressions and boxed values are their text', () => {
    expect(normalize(new Date('2025-01-08T12:00:00.5Z'))).toBe('2025-01-08T12:00:00.500Z')
    expect(normalize(new Date(Number.NaN))).toBe('Invalid Date')
    expect(normalize(new URL('https://fapi.binance.com/x?a=1'))).toBe(
      'https://fapi.binance.com/x?a=1',
    )
    expect(normalize([/a+/gi, Object('s'), Object(1), Object(5n)])).toEqual(['/a+/gi', 's', 1, '5'])
  })

  test('[A04] what fetch hands out shows what matters', () => {
    const headers = new Headers({ 'x-mbx-used-weight': '5' })
    expect(normalize(headers)).toEqual([['x-mbx-used-weight', '5']])
    expect(normalize(new URLSearchParams('a=1&a=2'))).toEqual([['a', '1'], ['a', '2']]) // prettier-ignore
    expect(normalize(new Response('slow down', { status: 429, statusText: 'Too Many' }))).toEqual({
      type: 'Response',
      status: 429,
      statusText: 'Too Many',
      url: '',
    })
    expect(normalize(new Request('http://127.0.0.1/order', { method: 'DELETE' }))).toEqual({
      type: 'Request',
      method: 'DELETE',
      url: 'http://127.0.0.1/order',
    })
  })

  test('[A04] a class instance is its fields, its JSON or its text, else its name', () => {
    class Order {
      readonly id = '881'
      readonly #secret = 'hidden'
      reveal(): string {
        return this.#secret
      }
    }
    class Price {
      toJSON(): unknown {
        return new Map([['bid', 1n]])
      }
    }
    class Venue {
      readonly #name = 'okx'
      toString(): string {
        return this.#name
      }
    }
    class Gate {
      open(): void {}
    }
    class Bot extends EventEmitter {
      readonly strategy = 'atr'
    }
    expect(normalize([new Order(), new Price(), new Venue(), new Gate(), new Bot()])).toEqual([
      { id: '881' },
      { bid: '1' },
      'okx',
      '[Gate]',
      { strategy: 'atr' },
    ])
  })

  test('[A04] the wiring of a program is named, not followed', () => {
    const timer = setTimeout(() => {}, 0)
    clearTimeout(timer)
    const socket = new EventTarget()
    const steps = (function* steps() {
      yield 1
    })()
    expect(
      normalize([
        timer,
        socket,
        Promise.resolve(1),
        new WeakMap(),
        steps,
        process.stdin,
        new Agent(),
      ]),
    ).toEqual([
      '[Timeout]',
      '[EventTarget]',
      '[Promise]',
      '[WeakMap]',
      expect.stringMatching(/^\[.+\]$/),
      expect.stringMatching(/^\[.+\]$/),
      '[Agent]',
    ])
    expect(steps.next().value).toBe(1)
  })
})

test('a plain object is told from a class instance', () => {
  expect([{}, Object.create(null), JSON.parse('{}')].every(isPlainObject)).toBe(true)
  expect([[], new Date(), new Map(), new Agent(), Object.create({})].some(isPlainObject)).toBe(
    false,
  )
})

test('reading a property never throws', () => {
  const broken = { get price(): never { throw new RangeError('none') } } // prettier-ignore
  expect(read(broken, 'price')).toBe('[Throws: none]')
  const mute = { get price(): never { throw { toString: null } } } // prettier-ignore
  expect(read(mute, 'price')).toBe('[Throws: an error that cannot be shown]')
})
