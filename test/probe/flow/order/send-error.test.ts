import { describe, expect, test } from 'vitest'
import { outcomeOf } from '../../../../src/probe/flow/order/send-error.ts'

// The classes of ccxt, as they inherit.
class BaseError extends Error {}
class ExchangeError extends BaseError {}
class AuthenticationError extends ExchangeError {}
class PermissionDenied extends AuthenticationError {}
class ArgumentsRequired extends ExchangeError {}
class InsufficientFunds extends ExchangeError {}
class InvalidOrder extends ExchangeError {}
class OrderImmediatelyFillable extends InvalidOrder {}
class DuplicateOrderId extends InvalidOrder {}
class OperationFailed extends BaseError {}
class NetworkError extends OperationFailed {}
class DDoSProtection extends NetworkError {}
class RateLimitExceeded extends DDoSProtection {}
class ExchangeNotAvailable extends NetworkError {}
class OnMaintenance extends ExchangeNotAvailable {}
class InvalidNonce extends NetworkError {}
class RequestTimeout extends NetworkError {}
class BadResponse extends OperationFailed {}

const http = (status: number, data: unknown): Error =>
  Object.assign(new Error(`Request failed with status code ${status}`), {
    response: { status, data },
  })
/** An error of a bundle, whose class is called `a`. */
const named = (name: string): Error => Object.assign(new (class a extends Error {})('x'), { name })
const system = (code: string): Error =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) })

describe('what an error of a send says about the order', () => {
  test.each([
    [
      'ccxt insufficient funds',
      new InsufficientFunds('binance {"code":-2019,"msg":"Margin is insufficient."}'),
      'insufficient_balance',
      '-2019',
    ],
    [
      'ccxt with a code alone',
      new ExchangeError('binance {"code":-4164,"msg":"x"}'),
      'min_notional',
      '-4164',
    ],
    [
      'ccxt post-only',
      new OrderImmediatelyFillable('binance would immediately match'),
      'post_only_would_cross',
      undefined,
    ],
    ['ccxt in a bundle, by name', named('InsufficientFunds'), 'insufficient_balance', undefined],
    ['ccxt in a bundle, a class of many', named('InvalidOrder'), 'other', undefined],
    ['ccxt permission', new PermissionDenied('no'), 'permission', undefined],
    ['ccxt rate limit', new RateLimitExceeded('429'), 'rate_limit', undefined],
    ['ccxt nonce', new InvalidNonce('x'), 'timestamp', undefined],
    ['ccxt maintenance', new OnMaintenance('x'), 'market_closed', undefined],
    ['ccxt invalid order', new InvalidOrder('x'), 'other', undefined],
    [
      'HTTP 400 with a code',
      http(400, { code: -2010, msg: 'Account has insufficient balance' }),
      'insufficient_balance',
      '-2010',
    ],
    ['HTTP 429', http(429, ''), 'rate_limit', '429'],
    ['HTTP 451', http(451, ''), 'region_blocked', '451'],
  ])('[A41, X14] %s: the venue answered, and the answer was no', (_, error, reason, code) => {
    expect(outcomeOf(error, 'binance')).toMatchObject({ outcome: 'rejected', reason, code })
  })

  test.each([
    ['a refused connection', system('ECONNREFUSED')],
    ['an unknown host', system('ENOTFOUND')],
    ['ccxt before it sends', new ArgumentsRequired('createOrder() requires a price')],
  ])('[A41] %s: nothing can have reached the venue', (_, error) => {
    expect(outcomeOf(error, 'binance')).toEqual({ outcome: 'failed' })
  })

  test.each([
    ['ccxt timeout', new RequestTimeout('binance POST timed out (10000 ms)')],
    ['ccxt not available (503, execution status unknown)', new ExchangeNotAvailable('503')],
    ['ccxt network', new NetworkError('x')],
    ['ccxt timeout in a bundle, by name', named('RequestTimeout')],
    ['ccxt bad answer', new BadResponse('<html>')],
    ['a reset connection', system('ECONNRESET')],
    ['a timeout of the socket', system('UND_ERR_HEADERS_TIMEOUT')],
    ['an abort', new DOMException('aborted', 'AbortError')],
    ['HTTP 408', http(408, '')],
    ['HTTP 500', http(500, '')],
    ['HTTP 503', http(503, '')],
    ['a fault while the answer was read', new TypeError("Cannot read 'orderId' of undefined")],
    ['something that is no error', 'timeout'],
    ['nothing', undefined],
  ])('[X13] %s: a lost answer is not a no', (_, error) => {
    expect(outcomeOf(error, 'binance')).toEqual({ outcome: 'unknown' })
  })

  test.each([
    [
      'ccxt',
      new DuplicateOrderId('binanceusdm {"code":-4116,"msg":"ClientOrderId is duplicated."}'),
    ],
    ['HTTP 400', http(400, { code: -2010, msg: 'Duplicate order sent.' })],
  ])('[X13] %s, duplicate order: an earlier attempt may have got through', (_, error) => {
    expect(outcomeOf(error, 'binance')).toMatchObject({
      outcome: 'known',
      reason: 'duplicate_client_id',
    })
  })
})
