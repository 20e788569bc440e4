import { describe, expect, test } from 'vitest'
import { exceptionFields } from '../../../src/probe/log/exception.ts'

describe('an error as fields', () => {
  test('[A51, B42] class, message, code and stack are four answers', () => {
    class PriceError extends Error {
      readonly code = 'E_PX'
      readonly symbol = 'BTC/USDT'
    }
    const fields = exceptionFields(new PriceError('bad price'))
    expect(fields).toMatchObject({
      'exception.type': 'PriceError',
      'exception.message': 'bad price',
      'exception.code': 'E_PX',
      'trading.error.details': { symbol: 'BTC/USDT' },
    })
    expect(fields['exception.stacktrace']).toContain('exception.test.ts')
  })

  test('[A73] the stack holds the stacks of all causes', () => {
    const error = new Error('outer', {
      cause: new TypeError('middle', { cause: new Error('inner') }),
    })
    const stack = String(exceptionFields(error)['exception.stacktrace'])
    expect(stack).toMatch(/outer[\s\S]*TypeError: middle[\s\S]*Error: inner/)
  })

  test('[A52, B42] HTTP status and answer are found where axios and fetch wrappers put them', () => {
    const axios = Object.assign(new Error('Request failed with status code 400'), {
      isAxiosError: true,
      code: 'ERR_BAD_REQUEST',
      config: { headers: { Authorization: 'Bearer x' } },
      request: {},
      response: { status: 400, data: { code: -2010, msg: 'insufficient balance' } },
    })
    expect(exceptionFields(axios)).toMatchObject({
      'http.response.status_code': 400,
      'http.response.body': { code: -2010, msg: 'insufficient balance' },
    })
    expect(exceptionFields(axios)).not.toHaveProperty('trading.error.details')
    const plain = Object.assign(new Error('429'), { status: 429, body: 'too fast' })
    expect(exceptionFields(plain)).toMatchObject({
      'http.response.status_code': 429,
      'http.response.body': 'too fast',
    })
  })

  test('what is thrown and is no error is kept too', () => {
    expect(exceptionFields('insufficient funds')).toMatchObject({
      'exception.message': 'insufficient funds',
    })
  })

  test('getters that throw do not', () => {
    const hostile = new Error('x')
    Object.defineProperty(hostile, 'bad', {
      enumerable: true,
      get() {
        throw new Error('no')
      },
    })
    expect(exceptionFields(hostile)).toMatchObject({
      'trading.error.details': { bad: '[Throws: no]' },
    })
  })
})
