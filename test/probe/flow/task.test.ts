import { trace } from '@opentelemetry/api'
import * as fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { manualClock } from '../../../src/base/clock.ts'
import type { ManualClock } from '../../../src/base/clock.ts'
import { traceIdOf } from '../../../src/base/ids.ts'
import { emit } from '../../../src/probe/event/emit.ts'
import { createFlows } from '../../../src/probe/flow/flows.ts'
import type { Flows } from '../../../src/probe/flow/handles/flows.ts'
import type { Task, TaskOptions } from '../../../src/probe/flow/handles/task.ts'
import { hashOf } from '../../../src/probe/flow/task.ts'
import { schemaVersion } from '../../../src/semconv/version.ts'
import { record } from '../recording.ts'
import type { Recording } from '../recording.ts'

let seen: Recording
let clock: ManualClock
let flows: Flows

beforeEach(() => {
  seen = record()
  clock = manualClock()
  flows = createFlows({ clock, runId: 'run-1', commit: '3f2c1ab' })
})

const arb = (options: Partial<TaskOptions> = {}): Task =>
  flows.task({
    taskId: 'abc123',
    type: 'arbitrage',
    symbol: 'YES/USDC',
    config: { tickSize: '0.01', feeRateBps: 10, isInverted: true, tokenIds: ['1', '2'] },
    executorId: 'executor-2',
    attemptId: 'abc123-1',
    ...options,
  })

const books = {
  predict: { bids: [['0.54', '100']], asks: [['0.55', '80']] },
  polymarket: { bids: [['0.43', '50']], asks: [['0.44', '60']] },
} as const

describe('the life of a task', () => {
  test('[B10] created → started → paused → resumed → completed, each an event with its status', async () => {
    const task = arb()
    task.started()
    clock.advanceMs(1000)
    task.paused('price_guard')
    clock.advanceMs(8200)
    task.resumed()
    clock.advanceMs(51_800)
    task.completed({ profit: '1.02' })
    expect(seen.events()).toEqual([
      'trading.task.created',
      'trading.task.started',
      'trading.task.paused',
      'trading.task.resumed',
      'trading.task.completed',
    ])
    expect(seen.last('trading.task.paused')).toMatchObject({
      'trading.task.status': 'paused',
      'trading.task.reason': 'price_guard',
    })
    expect(seen.last('trading.task.completed')).toMatchObject({
      'trading.task.status': 'completed',
      'trading.task.duration_ms': 61_000,
      'trading.task.pauses': 1,
      'trading.task.retries': 0,
      'trading.task.profit': '1.02',
      'trading.task.success': true,
    })
    expect(task.ended).toBe(true)
    expect(flows.open().tasks).toEqual([])
    expect(await seen.points('trading.task.duration')).toMatchObject([
      { labels: { 'trading.task.type': 'arbitrage', 'trading.task.status': 'completed' } },
    ])
  })

  test('[B38, B39, B40, B41] created with configuration, its hash, commit, schema version, run, executor, attempt', () => {
    arb()
    const config = { tickSize: '0.01', feeRateBps: 10, isInverted: true, tokenIds: ['1', '2'] }
    expect(seen.last('trading.task.created')).toMatchObject({
      'trading.task.id': 'abc123',
      'trading.task.config': config,
      'trading.task.config_hash': hashOf(config),
      'trading.code.commit': '3f2c1ab',
      'trading.log_schema_version': schemaVersion,
      'trading.run.id': 'run-1',
      'trading.executor.id': 'executor-2',
      'trading.attempt.id': 'abc123-1',
    })
  })

  test('[B40] the hash of a configuration does not depend on the order of its keys', () => {
    expect(hashOf({ a: 1, b: { c: [1, 2], d: null } })).toBe(
      hashOf({ b: { d: null, c: [1, 2] }, a: 1 }),
    )
    expect(hashOf({ a: 1 })).not.toBe(hashOf({ a: 2 }))
    expect(hashOf({ a: 1 })).toMatch(/^[0-9a-f]{16}$/)
  })

  test('[B42] failed with its error', () => {
    const task = arb()
    task.started()
    task.failed(
      Object.assign(new Error('order refused'), { status: 400, responseBody: { code: 7 } }),
    )
    expect(seen.last('trading.task.failed')).toMatchObject({
      'trading.task.success': false,
      'trading.task.reason': 'order refused',
      'error.type': 'Error',
      'http.response.status_code': 400,
      'http.response.body': { code: 7 },
    })
    expect(seen.last('trading.task.failed')['exception.stacktrace']).toContain('order refused')
  })

  test('[B10] canceled', () => {
    const task = arb()
    task.canceled({ reason: 'by hand' })
    expect(seen.last('trading.task.canceled')).toMatchObject({
      'trading.task.status': 'canceled',
      'trading.task.reason': 'by hand',
    })
  })

  test('[B10] what run throws fails it', async () => {
    const task = arb()
    await expect(task.run(() => Promise.reject(new Error('boom')))).rejects.toThrow('boom')
    expect(task.status).toBe('failed')
  })

  test('[B10, B20] whatever is called in whatever order: nothing is thrown, one end, sequence without gaps', () => {
    const step = fc.constantFrom('started', 'paused', 'resumed', 'completed', 'failed', 'canceled')
    fc.assert(
      fc.property(fc.array(step, { maxLength: 15 }), (steps) => {
        const fresh = record()
        const task = createFlows({ clock }).task({ taskId: 't' })
        for (const name of steps) task[name as 'started']()
        const numbers = fresh.records().map(({ attributes }) => attributes['trading.sequence'])
        expect(numbers).toEqual(numbers.map((_, index) => index + 1))
        const ends = fresh
          .events()
          .filter((name) => /task\.(completed|failed|canceled)$/.test(name))
        expect(ends.length).toBeLessThanOrEqual(1)
        expect(task.ended).toBe(ends.length === 1)
        expect(fresh.events()).toHaveLength(steps.length + 1)
      }),
      { numRuns: 60 },
    )
  })
})

describe('what belongs to a task', () => {
  test('[B11, B13, B14, B20, B41] orders, hedges and unwinds carry its id and one sequence', () => {
    const task = arb()
    task.started()
    const signal = task.signal({ side: 'buy' })
    const order = signal.order({ venue: 'predict', side: 'buy', quantity: '100', price: '0.55' })
    order.submitted()
    order.filled({ execId: 'f1', quantity: '50' })
    const hedge = signal.hedge({ venue: 'polymarket', quantity: '50', side: 'buy' })
    hedge.order({ price: '0.44' }).filled({ execId: 'h1', quantity: '20', price: '0.44' })
    hedge.order({ price: '0.45' })
    hedge.failed({ reason: 'timeout' })
    task.attempt('abc123-2')
    signal.unwind().order().filled({ execId: 'u1', price: '0.54' })
    task.completed()
    const numbers = seen.records().map(({ attributes }) => attributes['trading.sequence'])
    expect(numbers).toEqual(numbers.map((_, index) => index + 1))
    expect(task.sequence).toBe(numbers.length)
    for (const entry of seen.records()) {
      expect(entry.attributes['trading.task.id']).toBe('abc123')
      expect(entry.attributes['trading.executor.id']).toBe('executor-2')
    }
    expect(seen.last('trading.task.completed')).toMatchObject({
      'trading.task.retries': 1,
      'trading.attempt.id': 'abc123-2',
    })
  })

  test('[B41, A72] its events and its first flow share a trace that follows from its id', () => {
    const task = arb()
    const first = task.signal({})
    const second = task.signal({ symbol: 'NO/USDC' })
    expect(first.traceId).toBe(traceIdOf('abc123'))
    expect(second.traceId).not.toBe(first.traceId)
    second.expired()
    expect(seen.spans('signal')[0]?.links[0]?.context.spanId).toBe(first.span.spanContext().spanId)
    expect(seen.records('trading.task.created')[0]?.spanContext?.traceId).toBe(traceIdOf('abc123'))
    task.run(() => emit('trading.signal.cooldown', {}))
    expect(seen.records('trading.signal.cooldown')[0]).toMatchObject({
      attributes: { 'trading.task.id': 'abc123', 'trading.task.type': 'arbitrage' },
    })
    expect(trace.getActiveSpan()).toBeUndefined()
  })

  test('[B12] the price guard: triggered, and how long it held the task', async () => {
    const task = arb()
    task.priceGuardTriggered({ price: '0.57', limit: '0.55' })
    clock.advanceMs(8200)
    task.priceGuardResumed({ price: '0.54' })
    expect(seen.last('trading.price_guard.triggered')).toMatchObject({
      'trading.price_guard.price': '0.57',
      'trading.price_guard.limit': '0.55',
    })
    expect(seen.last('trading.price_guard.resumed')['trading.price_guard.paused_ms']).toBe(8200)
    const points = await seen.points('trading.price_guard.count')
    expect(points.find(({ labels }) => labels['trading.symbol'])?.value).toBe(1)
  })

  test('[B16, B20, B21] snapshots have numbers of their own, and later events point to the last', () => {
    const task = arb()
    expect(task.snapshot('task_created', books)).toBe(1)
    task.started()
    const signal = task.signal({})
    expect(signal.snapshot('order_submit', books)).toBe(2)
    const order = signal.order({ venue: 'predict', side: 'buy', quantity: '100' })
    order.submitted()
    expect(seen.last('trading.task.created')['trading.book.sequence']).toBeUndefined()
    expect(seen.last('trading.task.started')['trading.book.sequence']).toBe(1)
    expect(seen.last('trading.order.submitted')['trading.book.sequence']).toBe(2)
    const snapshots = seen.records('trading.book.snapshot')
    expect(snapshots.map(({ attributes }) => attributes['trading.book.sequence'])).toEqual([1, 2])
    expect(snapshots.map(({ attributes }) => attributes['trading.sequence'])).toEqual([
      undefined,
      undefined,
    ])
    expect(snapshots[0]?.attributes['trading.task.id']).toBe('abc123')
  })

  test('[B16, B21] a flow without a task numbers its own snapshots', () => {
    const signal = flows.signal({ symbol: 'BTC/USDT' })
    signal.snapshot('signal', books)
    signal.expired()
    expect(seen.last('trading.flow.ended')['trading.book.sequence']).toBe(1)
    expect(seen.last('trading.flow.ended')['trading.sequence']).toBeUndefined()
  })
})
