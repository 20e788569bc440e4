import { trace } from '@opentelemetry/api'
import { beforeEach, describe, expect, test } from 'vitest'
import type { OrderUpdate } from '../../../../src/probe/flow/order/update.ts'
import { binanceUpdates } from '../../../../src/probe/instrument/venues/binance.ts'
import { begin, clock, flows, kinds, limit, seen, signal, working } from './stage.ts'

beforeEach(begin)

describe('an unknown outcome', () => {
  test('[X13] stays open until it is reconciled, and the time is measured', async () => {
    const order = signal.order(limit)
    order.submitting()
    clock.advanceMs(10_000)
    order.unknown(Object.assign(new Error('request timed out'), { name: 'RequestTimeout' }))
    expect(order.status).toBe('unknown')
    expect(seen.spans('order')).toEqual([])
    expect(seen.last('trading.order.unknown')).toMatchObject({
      'error.type': 'RequestTimeout',
      'trading.api.duration_ms': 10_000,
    })
    expect(await seen.points('trading.order.unknown_open')).toMatchObject([{ value: 1 }])

    clock.advanceMs(2150)
    order.reconciled({ orderId: '881', status: 'filled', averagePrice: '43209' })
    expect(seen.last('trading.order.reconciled')).toMatchObject({
      'trading.order.unknown_ms': 2150,
      'trading.order.previous_status': 'unknown',
    })
    expect(order.state).toMatchObject({ status: 'filled', filledQuantity: '0.01' })
    expect(await seen.points('trading.order.unknown_open')).toMatchObject([{ value: 0 }])
    expect(await seen.points('trading.order.unknown_duration')).toMatchObject([
      { value: { count: 1, sum: 2.15 } },
    ])
  })

  test('[X13] a fill that comes on the stream makes it known', () => {
    const order = signal.order(limit)
    order.submitted()
    order.unknown()
    flows.update({ clientOrderId: order.clientOrderId, fill: { execId: 'a', quantity: '0.004' } })
    expect(kinds().slice(-2)).toEqual(['order.reconciled', 'order.partially_filled'])
  })

  test('[X13] the look-up that reconciles it belongs to its span', async () => {
    const order = signal.order(limit)
    order.submitted()
    order.unknown()
    const found = await order.run(async () => {
      expect(trace.getActiveSpan()).toBe(order.span)
      return { id: '881', status: 'canceled', filled: 0, amount: 0.01 }
    })
    order.reconciled(found)
    expect(order.status).toBe('canceled')
    expect(kinds().slice(-2)).toEqual(['order.reconciled', 'order.canceled'])
  })

  test('[X13] not found at the venue: it never arrived', () => {
    const order = signal.order(limit)
    order.submitted()
    order.unknown()
    order.reconciled('not_found')
    expect(order.status).toBe('rejected')
    expect(seen.last('trading.order.rejected')['trading.order.reject.reason']).toBe('unknown_order')
  })

  test('[X13] of a cancel: the order comes back with the fills it had', () => {
    const order = working()
    order.filled({ execId: 'a', quantity: '0.004' })
    order.cancelRequested()
    order.unknown()
    order.reconciled({ status: 'partially_filled', filledQuantity: '0.004' })
    expect(order.status).toBe('partially_filled')
  })
})

describe('submit', () => {
  test('[A26] sends in the context of the order and reads a ccxt order from the answer', async () => {
    const order = signal.order(limit)
    let active: string | undefined
    const answer = await order.submit(async () => {
      active = trace.getActiveSpan()?.spanContext().spanId
      clock.advanceMs(41.2)
      return { id: '881', status: 'open', filled: 0, amount: 0.01, info: {} }
    })
    expect(answer.id).toBe('881')
    expect(active).toBe(order.span.spanContext().spanId)
    expect(kinds()).toEqual(['order.submitting', 'order.submitted', 'order.accepted'])
    expect(seen.last('trading.order.accepted')['trading.order.ack_latency_ms']).toBe(41.2)
    expect(order.orderId).toBe('881')
  })

  test('reads the answer of a venue with a reader', async () => {
    const order = signal.order(limit)
    await order.submit(async () => ({ ok: true }), {
      read: () => [{ orderId: '9', status: 'new' }],
    })
    expect(order).toMatchObject({ orderId: '9', status: 'new' })
  })

  test('of an answer about several orders takes what is said about this one', async () => {
    const order = signal.order({ ...limit, clientOrderId: 'stop' })
    await order.submit(async () => ({ orderReports: 2 }), {
      read: () => [
        { clientOrderId: 'limit', orderId: '1', status: 'filled' },
        { clientOrderId: 'stop', orderId: '2', status: 'new' },
      ],
    })
    expect(order).toMatchObject({ orderId: '2', status: 'new' })
    // The bot sent no id of its own, and the venue made one.
    const other = signal.order(limit)
    await other.submit(async () => ({}), {
      read: () => [{ clientOrderId: 'web_123', orderId: '3', status: 'new' }],
    })
    expect(other).toMatchObject({ orderId: '3', status: 'new' })
  })

  test.each([
    ['InsufficientFunds', 'rejected', 'insufficient_balance'],
    ['RequestTimeout', 'unknown', undefined],
  ])('[A41, X13, X14] %s of ccxt leaves the order %s', async (name, status, reason) => {
    class BaseError extends Error {}
    class ExchangeError extends BaseError {}
    class InsufficientFunds extends ExchangeError {}
    class NetworkError extends BaseError {}
    class RequestTimeout extends NetworkError {}
    const classes: Record<string, new (message: string) => Error> = {
      InsufficientFunds,
      RequestTimeout,
    }
    const thrown = new (classes[name] ?? Error)('binance said no')
    const order = signal.order(limit)
    await expect(order.submit(() => Promise.reject(thrown))).rejects.toBe(thrown)
    expect(order.status).toBe(status)
    expect(seen.last('trading.order.rejected')['trading.order.reject.reason']).toBe(reason)
  })

  test('[X13] an answer that failed after the stream told the end changes nothing', async () => {
    const order = signal.order(limit)
    const sent = order.submit(async () => {
      flows.update({ clientOrderId: order.clientOrderId, status: 'filled' })
      throw new Error('socket hang up')
    })
    await expect(sent).rejects.toThrow('socket hang up')
    expect(order.status).toBe('filled')
    expect(kinds()).not.toContain('order.illegal_transition')
  })
})

describe('a client id that the venue has already', () => {
  const refused = new Error('binance {"code":-4116,"msg":"ClientOrderId is duplicated."}')
  refused.name = 'DuplicateOrderId'
  const fail = (): Promise<never> => Promise.reject(refused)

  test('[X13] may be that of the order itself: its outcome is unknown until it is asked for', async () => {
    const order = signal.order(limit)
    await expect(order.submit(fail)).rejects.toBe(refused)
    expect(order.status).toBe('unknown')
    flows.update({ clientOrderId: order.clientOrderId, orderId: '881', status: 'new' })
    expect(order.status).toBe('new')
    expect(seen.records('trading.order.reconciled')).toHaveLength(1)
  })

  test('[X13] is that of an earlier attempt which is still open: that one lives, this one does not', async () => {
    const first = signal.order({ ...limit, clientOrderId: 'mine' })
    await expect(first.submit(() => Promise.reject(new Error('reset')))).rejects.toThrow('reset')
    const again = signal.order({ ...limit, clientOrderId: 'mine' })
    await expect(again.submit(fail)).rejects.toBe(refused)
    expect([first.status, again.status]).toEqual(['unknown', 'rejected'])
    expect(seen.last('trading.order.rejected')).toMatchObject({
      'trading.order.reject.reason': 'duplicate_client_id',
      'trading.order.reject.code': '-4116',
    })
    const answer = { venue: 'binance', clientOrderId: 'mine', quantity: '0.010' }
    flows.update({ ...answer, status: 'filled', filledQuantity: '0.010', averagePrice: '43210' })
    expect([first.status, again.status]).toEqual(['filled', 'rejected'])
    expect(first.state.filledQuantity).toBe('0.01')
  })

  test('[X13] the same said by an answer that is read', async () => {
    const order = { ...limit, clientOrderId: 'mine' }
    const message = { code: -4116, msg: 'ClientOrderId is duplicated.' }
    const read = (answer: unknown): OrderUpdate[] => binanceUpdates(answer)
    const first = signal.order(order)
    await first.submit(() => Promise.resolve(message), { read })
    expect(first.status).toBe('unknown')
    const again = signal.order(order)
    await again.submit(() => Promise.resolve(message), { read })
    expect([first.status, again.status]).toEqual(['unknown', 'rejected'])
  })
})
