import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { normalize } from '../../../src/base/normalize.ts'
import { faultCount } from '../../../src/probe/event/fault.ts'
import { raiseAlert } from '../../../src/probe/event/alert.ts'
import { createFlows } from '../../../src/probe/flow/flows.ts'
import type { Flows } from '../../../src/probe/flow/handles/flows.ts'
import { record } from '../recording.ts'
import type { Recording } from '../recording.ts'

/*
 * What a bot in plain JavaScript hands over, where no compiler has looked: nothing at all, numbers for ids, a handle as
 * the value of a log line.
 */

let seen: Recording
let flows: Flows

const signal = { symbol: 'BTC/USDT', strategy: 'atr', side: 'buy' } as const
const limit = { venue: 'binance', side: 'buy', quantity: '2', price: '43210' } as const

/** What a program without types hands over. */
const untyped = (value: unknown): never => value as never

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  seen = record()
  flows = createFlows()
})

afterEach(() => {
  flows.close()
  vi.useRealTimers()
})

describe('a call without its options', () => {
  const begin = (): ReturnType<Flows['signal']> => flows.signal(signal)
  const calls: Readonly<Record<string, (nothing: never) => unknown>> = {
    'flows.signal': (nothing) => flows.signal(nothing),
    'flows.detector': (nothing) => flows.detector(nothing),
    'flows.task': (nothing) => flows.task(nothing),
    'flows.position': (nothing) => flows.position(nothing),
    'signal.filtered': (nothing) => begin().filtered(nothing),
    'signal.atr': (nothing) => begin().atr(nothing),
    'signal.velocity': (nothing) => begin().velocity(nothing),
    'signal.pattern': (nothing) => begin().pattern(nothing),
    'signal.kline': (nothing) => begin().kline(nothing),
    'signal.cooldown': (nothing) => begin().cooldown(nothing),
    'signal.positionSize': (nothing) => begin().positionSize(nothing),
    'signal.leverage': (nothing) => begin().leverage(nothing),
    'signal.hedgeTarget': (nothing) => begin().hedgeTarget(nothing),
    'signal.order': (nothing) => begin().order(nothing),
    'signal.hedge': (nothing) => begin().hedge(nothing),
    'signal.opened': (nothing) => begin().opened(nothing),
    'signal.denied': (nothing) => begin().denied(nothing),
    'order.denied': (nothing) => begin().order(limit).denied(nothing),
    'order.markout': (nothing) => begin().order(limit).markout(nothing),
    'order.settled': (nothing) => begin().order(limit).settled(nothing),
    'hedge.covered': (nothing) => begin().hedge({ venue: 'okx', quantity: 1 }).covered(nothing),
    'position.order': (nothing) => begin().opened({ positionId: 'p1' }).order(nothing),
    'position.marked': (nothing) => begin().opened({ positionId: 'p1' }).marked(nothing),
    'task.signal': (nothing) => flows.task({ taskId: 't1' }).signal(nothing),
    'task.priceGuardTriggered': (nothing) =>
      flows.task({ taskId: 't' }).priceGuardTriggered(nothing),
    'task.priceGuardResumed': (nothing) => flows.task({ taskId: 't' }).priceGuardResumed(nothing),
    raiseAlert: (nothing) => raiseAlert(nothing),
  }
  for (const [name, call] of Object.entries(calls)) {
    test(`${name} is a fault that is counted, and nothing that is thrown into the bot`, () => {
      for (const nothing of [undefined, null]) {
        const before = faultCount()
        expect(() => call(untyped(nothing))).not.toThrow()
        expect(faultCount()).toBeGreaterThan(before)
      }
    })
  }

  test('null where everything may be left out does not throw either', () => {
    const order = flows.signal(signal).order(limit)
    order.accepted(untyped(null))
    expect(order.status).toBe('new')
    const task = flows.task({ taskId: 't1' })
    task.completed(untyped(null))
    expect(task.status).toBe('completed')
    expect(flows.signal(signal).unwind(untyped(null)).unwindId).toBe('u1')
  })

  test('a denial without a reason still ends the order and its flow', () => {
    const flow = flows.signal(signal)
    const order = flow.order(limit)
    order.denied(untyped(undefined))
    flow.denied(untyped(undefined))
    expect([order.status, flow.outcome]).toEqual(['denied', 'denied'])
  })
})

describe('an id that is a number', () => {
  test('of a task and a correlation is the text of it, in every record', () => {
    const task = flows.task({ taskId: untyped(7) })
    expect(task.taskId).toBe('7')
    const flow = flows.signal({ ...signal, correlationId: untyped(42) })
    expect(flow.correlationId).toBe('42')
    expect(flow.traceId).toBe(flows.signal({ ...signal, correlationId: '42' }).traceId)
    const [created] = seen.records('trading.task.created')
    expect(created?.attributes).toMatchObject({
      'trading.task.id': '7',
      'trading.correlation_id': '7',
    })
  })

  test('of an order is that of the stream, which has it as text', () => {
    const order = flows.signal(signal).order({ ...limit, clientOrderId: untyped(12) })
    order.accepted({ orderId: untyped(881) })
    expect(order.orderId).toBe('881')
    expect(flows.update({ orderId: '881', status: 'canceled' })).toBe(order)
    expect(flows.find('12')).toBe(order)
    expect(flows.find(untyped(881))).toBe(order)
    const [accepted] = seen.records('trading.order.accepted')
    expect(accepted?.attributes).toMatchObject({
      'trading.order.id': '881',
      'trading.order.client_id': '12',
    })
  })

  test('that is null is none', () => {
    const [one, other] = [flows.signal(signal).order(limit), flows.signal(signal).order(limit)]
    for (const order of [one, other]) {
      order.accepted({ orderId: untyped(null) })
      order.filled({ execId: untyped(null), quantity: '0.5', price: 43210 })
      order.filled({ execId: untyped(null), quantity: '0.5', price: 43210 })
    }
    expect([one?.orderId, other?.orderId]).toEqual([undefined, undefined])
    expect(one?.state.filledQuantity).toBe('1')
    expect(flows.find('null')).toBeUndefined()
  })

  test('of a fill counts once, told as number by the answer and as text by the stream', () => {
    const order = flows.signal(signal).order(limit)
    order.filled({ execId: untyped(5), quantity: 1, price: 43210 })
    flows.update({ clientOrderId: order.clientOrderId, fill: { execId: '5', quantity: '1' } })
    expect(order.state.filledQuantity).toBe('1')
    expect(seen.records('trading.order.duplicate_fill')).toHaveLength(1)
  })
})

describe('a handle as the value of a log line', () => {
  test('is what identifies it and how it stands, not what it is made of', () => {
    const flow = flows.signal({ ...signal, correlationId: 'sig_1' })
    const order = flow.order({ ...limit, clientOrderId: 'c1' })
    order.accepted({ orderId: '881' })
    order.filled({ execId: 'f1', quantity: '1', price: '43210' })
    const hedge = flow.hedge({ venue: 'okx', quantity: '1' })
    const position = flow.opened({ positionId: 'p1' })
    expect(normalize({ signal: flow, order, hedge, position })).toEqual({
      signal: {
        correlationId: 'sig_1',
        traceId: flow.traceId,
        symbol: 'BTC/USDT',
        outcome: 'opened',
      },
      order: {
        clientOrderId: 'c1',
        orderId: '881',
        venue: 'binance',
        symbol: 'BTC/USDT',
        side: 'buy',
        status: 'partially_filled',
        lastEvent: 'trade',
        quantity: '2',
        filledQuantity: '1',
        remainingQuantity: '1',
        averagePrice: '43210',
        fills: 1,
        fees: {},
      },
      hedge: {
        kind: 'hedge',
        id: 'h1',
        venue: 'okx',
        symbol: 'BTC/USDT',
        quantity: '1',
        done: '0',
        ended: false,
      },
      position: {
        positionId: 'p1',
        symbol: 'BTC/USDT',
        venue: 'binance',
        side: 'long',
        quantity: '1',
        entryPrice: '43210',
        realizedPnl: '0',
        fees: '0',
        funding: '0',
        mae: '0',
        mfe: '0',
        drawdown: '0',
        ended: false,
      },
    })
  })
})
