import { SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api'
import { beforeEach, describe, expect, test } from 'vitest'
import { createFlows } from '../../../../src/probe/flow/flows.ts'
import type { Order } from '../../../../src/probe/flow/handles/order.ts'
import { fillEventDefinitions } from '../../../../src/semconv/events/fill.ts'
import { orderEventDefinitions } from '../../../../src/semconv/events/order.ts'
import { record } from '../../recording.ts'
import { begin, clock, flows, kinds, limit, seen, signal, working } from './stage.ts'

beforeEach(begin)

describe('the span of an order', () => {
  test('[X01] is a client span of the venue, a child of its signal, from before it is sent to its end', () => {
    const order = signal.order(limit)
    clock.advanceMs(5)
    order.submitted()
    clock.advanceMs(40)
    order.filled({ execId: 'f1' })
    const [span] = seen.spans('order')
    expect(span?.kind).toBe(SpanKind.CLIENT)
    expect(span?.parentSpanContext?.spanId).toBe(signal.span.spanContext().spanId)
    expect(span?.spanContext().traceId).toBe(signal.traceId)
    expect(span?.duration).toEqual([0, 45_000_000])
    expect(span?.status.code).toBe(SpanStatusCode.UNSET)
    expect(span?.attributes).toMatchObject({
      'peer.service': 'binance',
      'trading.venue': 'binance',
      'trading.symbol': 'BTC/USDT',
      'trading.strategy': 'atr',
      'trading.order.side': 'buy',
      'trading.order.type': 'limit',
      'trading.order.quantity': '0.010',
      'trading.order.quantity_num': 0.01,
      'trading.order.price': '43210.00',
      'trading.order.price_num': 43210,
      'trading.order.client_id': order.clientOrderId,
    })
  })

  test('ends once, with what it amounts to', () => {
    const order = working()
    order.filled({
      execId: 'f1',
      quantity: '0.004',
      price: '43210.00',
      liquidity: 'maker',
      fee: '0.02',
    })
    order.filled({
      execId: 'f2',
      quantity: '0.006',
      price: '43209.00',
      liquidity: 'taker',
      fee: '0.03',
    })
    order.canceled()
    order.filled({ execId: 'f2', quantity: '0.006' })
    expect(seen.spans('order')).toHaveLength(1)
    expect(seen.spans('order')[0]?.attributes).toMatchObject({
      'trading.order.status': 'filled',
      'trading.order.filled_quantity': '0.01',
      'trading.order.remaining_quantity': '0',
      'trading.order.average_price': '43209.4',
      'trading.order.fill_ratio': 1,
      'trading.order.fills': 2,
      'trading.fees': '0.05',
    })
  })

  test('[A41] of a reject is an error with the text of the venue', () => {
    const order = signal.order(limit)
    order.submitted()
    order.rejected({ code: -2019, text: 'Margin is insufficient.' })
    const [span] = seen.spans('order')
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'Margin is insufficient.' })
    expect(span?.attributes).toMatchObject({
      'trading.order.reject.reason': 'insufficient_balance',
      'error.type': 'insufficient_balance',
    })
    expect(seen.last('trading.order.rejected')).toMatchObject({
      'trading.order.reject.reason': 'insufficient_balance',
      'trading.order.reject.code': '-2019',
      'trading.order.reject.text': 'Margin is insufficient.',
      'trading.order.status': 'rejected',
      'trading.order.event': 'rejected',
    })
  })

  test('[A41] of an order that could not be sent has the class of its error', () => {
    signal.order(limit).failed(new TypeError('fetch failed'))
    const [span] = seen.spans('order')
    expect(span?.attributes['error.type']).toBe('TypeError')
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'fetch failed' })
  })

  test('[B11, X14] says on itself why it ended without one', () => {
    signal.order(limit).denied({ reason: 'max_position' })
    working().canceled({ reason: 'stale' })
    working().expired({ reason: 'ioc_unfilled' })
    const told = seen
      .spans('order')
      .map(({ attributes, status }) => [
        attributes['trading.deny.reason'] ?? attributes['trading.order.cancel.reason'],
        attributes['error.type'],
        status.code,
      ])
    expect(told).toEqual(
      ['max_position', 'stale', 'ioc_unfilled'].map((why) => [
        why,
        undefined,
        SpanStatusCode.UNSET,
      ]),
    )
  })

  test('[X01] its context carries its ids to the lines written inside', () => {
    const order = signal.order(limit)
    context.with(order.context, () => {
      expect(trace.getActiveSpan()).toBe(order.span)
    })
  })
})

describe('the life', () => {
  test('[A26, A39, B11] submitting → submitted → accepted → filling → filled, each an event', () => {
    const order = signal.order(limit)
    order.submitting({ state: { balance: 1000n } })
    order.submitted()
    order.accepted({ orderId: '881', venueStatus: 'NEW' })
    order.filled({ execId: 'f1', quantity: '0.004' })
    order.filled({ execId: 'f2', quantity: '0.006' })
    expect(kinds()).toEqual([
      'order.submitting',
      'order.submitted',
      'order.accepted',
      'order.partially_filled',
      'order.filled',
    ])
    expect(seen.last('trading.order.submitting')).toMatchObject({
      'trading.order.state': { balance: '1000' },
      'trading.order.status': 'pending_new',
    })
    expect(seen.last('trading.order.accepted')).toMatchObject({
      'trading.order.id': '881',
      'trading.order.venue_status': 'NEW',
    })
    expect(seen.last('trading.order.partially_filled')).toMatchObject({
      'trading.order.id': '881',
      'trading.order.status': 'partially_filled',
      'trading.order.event': 'trade',
      'trading.order.filled_quantity': '0.004',
      'trading.order.remaining_quantity': '0.006',
    })
  })

  test('[A41, B11] failed: it never reached the venue; the error is kept whole', () => {
    const order = signal.order(limit)
    order.failed(new TypeError('no route'))
    expect(seen.last('trading.order.failed')).toMatchObject({
      'error.type': 'TypeError',
      'exception.message': 'no route',
      'trading.order.status': 'rejected',
    })
    expect(seen.spans('order')[0]?.status.message).toBe('no route')
  })

  test('[X14] denied by the own risk check is not rejected by the venue', async () => {
    const order = signal.order(limit)
    order.denied({ reason: 'max_position', limit: 'max_position=0.5' })
    expect(order.status).toBe('denied')
    expect(seen.last('trading.order.denied')).toMatchObject({
      'trading.deny.reason': 'max_position',
      'trading.risk.limit': 'max_position=0.5',
    })
    const points = await seen.points('trading.deny.count')
    expect(points.find((point) => point.labels['trading.deny.reason'])).toMatchObject({
      labels: { 'trading.symbol': 'BTC/USDT', 'trading.deny.reason': 'max_position' },
      value: 1,
    })
  })

  test('[A27] each poll for a fill is an event with its number', () => {
    const order = working()
    order.polled()
    order.polled({ venueStatus: 'NEW' })
    expect(seen.last('trading.order.polled')).toMatchObject({
      'trading.order.polls': 2,
      'trading.order.venue_status': 'NEW',
    })
  })

  test('[A42, X11] cancel: requested, refused, requested again, confirmed, with its latency', async () => {
    const order = working()
    order.cancelRequested({ reason: 'price_guard' })
    expect(order.status).toBe('pending_cancel')
    order.cancelRejected({ text: 'Unknown order sent.' })
    expect(order.status).toBe('new')
    order.cancelRequested()
    clock.advanceMs(38.5)
    order.canceled({ venueStatus: 'CANCELED' })
    expect(seen.last('trading.order.cancel_rejected')['trading.order.reject.reason']).toBe(
      'unknown_order',
    )
    expect(seen.last('trading.order.canceled')['trading.order.cancel_latency_ms']).toBe(38.5)
    expect(await seen.points('trading.order.cancel.duration')).toMatchObject([
      { value: { count: 1, sum: 0.0385 } },
    ])
  })

  test('[A42] replace: the new quantity, price and client id hold; the old id still finds it', () => {
    const order = working()
    const before = order.clientOrderId
    order.replaceRequested({ clientOrderId: 'new-id' })
    order.replaced({ clientOrderId: 'new-id', quantity: '0.020', price: '43211' })
    expect(order.status).toBe('new')
    expect(order.state.quantity).toBe('0.02')
    expect(seen.last('trading.order.replaced')).toMatchObject({
      'trading.order.original_client_id': before,
      'trading.order.client_id': 'new-id',
      'trading.order.price': '43211',
    })
    expect(flows.find(before)).toBe(order)
    expect(flows.find('new-id')).toBe(order)
  })

  test('[B11] expired, with what was filled before', () => {
    const order = working()
    order.filled({ execId: 'a', quantity: '0.003' })
    order.expired({ reason: 'INSUFFICIENT_LIQUIDITY' })
    expect(seen.last('trading.order.expired')).toMatchObject({
      'trading.order.cancel.reason': 'INSUFFICIENT_LIQUIDITY',
      'trading.order.filled_quantity': '0.003',
    })
    expect(order.state.remainingQuantity).toBe('0')
  })

  test('a stop order: triggered before it is filled', () => {
    const order = working({ type: 'stop_market', stopPrice: '42900.00' })
    order.triggered()
    expect(order.status).toBe('triggered')
    expect(seen.last('trading.order.triggered')['trading.order.stop_price']).toBe('42900.00')
  })

  test('on-chain settlement moves on after the fill', () => {
    const order = working({ venue: 'polymarket' })
    flows.update({
      orderId: '881',
      fill: { execId: 't1', price: '0.5', quantity: '0.010', settlement: 'matched' },
    })
    flows.update({
      orderId: '881',
      fill: {
        execId: 't1',
        price: '0.5',
        quantity: '0.010',
        settlement: 'confirmed',
        txHash: '0x5f',
      },
    })
    expect(order.state.filledQuantity).toBe('0.01')
    expect(seen.last('trading.order.settled')).toMatchObject({
      'trading.fill.id': 't1',
      'trading.fill.settlement': 'confirmed',
      'trading.fill.tx_hash': '0x5f',
    })
  })

  test('a settlement that failed is an error; a match that is first heard of so fills nothing', () => {
    working({ venue: 'polymarket' })
    const match = { execId: 't1', price: '0.5', quantity: '0.010' } as const
    flows.update({ orderId: '881', fill: { ...match, settlement: 'matched' } })
    flows.update({ orderId: '881', fill: { ...match, settlement: 'retrying' } })
    flows.update({ orderId: '881', fill: { ...match, settlement: 'failed' } })
    expect(seen.records('trading.order.settled').map((told) => told.severityText)).toEqual([
      'warn',
      'error',
    ])
    const other = working({ venue: 'polymarket', clientOrderId: 'other' })
    other.accepted({ orderId: '882' })
    flows.update({ orderId: '882', fill: { ...match, execId: 't2', settlement: 'failed' } })
    expect(other.state).toMatchObject({ status: 'new', filledQuantity: '0' })
    expect(seen.last('trading.order.settled')['trading.fill.id']).toBe('t2')
  })

  test('every event of an order in the registry can be told', () => {
    const told = new Set<string>()
    const run = (use: (order: Order) => void): void => {
      const order = signal.order(limit)
      use(order)
    }
    run((order) => {
      order.submitting()
      order.submitted()
      order.accepted()
      order.triggered()
      order.polled()
      order.cancelRequested()
      order.cancelRejected()
      order.replaceRequested()
      order.replaced()
      order.filled({ execId: 'x1', quantity: '0.001' })
      order.filled({ execId: 'x1', quantity: '0.001' })
      order.settled({ execId: 'x1', state: 'mined' })
      order.update({ filledQuantity: '0.002', averagePrice: '43210' })
      order.filled({ execId: 'x2', quantity: '0.001' })
      order.filled({ execId: 'x3' })
      order.busted({ execId: 'x3' })
      order.submitting()
    })
    run((order) => order.canceled())
    run((order) => order.expired())
    run((order) => order.rejected())
    run((order) => order.failed())
    run((order) => order.denied({ reason: 'other' }))
    run((order) => {
      order.submitted()
      order.unknown()
      order.reconciled({ status: 'new' })
    })
    flows.update({ orderId: 'theirs', clientOrderId: 'adl_autoclose1', status: 'new' })
    for (const name of seen.events()) told.add(name)
    const missing = Object.keys({ ...orderEventDefinitions, ...fillEventDefinitions }).filter(
      (name) => !told.has(name),
    )
    expect(missing).toEqual([])
  })
})

describe('hard to use wrongly', () => {
  test('filled twice: recorded, counted, not booked', async () => {
    const order = working()
    order.filled({ price: '43210.00', quantity: '0.010' })
    order.filled({ price: '43210.00', quantity: '0.010' })
    expect(order.state).toMatchObject({ filledQuantity: '0.01', fills: 1 })
    expect(seen.last('trading.order.illegal_transition')).toMatchObject({
      'trading.order.transition': 'filled → trade',
    })
    const points = await seen.points('trading.order.illegal_transitions')
    expect(points).toContainEqual({ labels: { 'trading.venue': 'binance' }, value: 1 })
  })

  test('the same fill twice counts once', async () => {
    const order = working()
    order.filled({ execId: 'f1', quantity: '0.004' })
    order.filled({ execId: 'f1', quantity: '0.004' })
    expect(order.state.filledQuantity).toBe('0.004')
    expect(await seen.points('trading.order.duplicates')).toContainEqual({
      labels: { 'trading.venue': 'binance' },
      value: 1,
    })
    const fills = await seen.points('trading.fill.count')
    expect(fills).toMatchObject([{ value: 1 }])
  })

  test('a fill after the cancel is taken and marked as late', () => {
    const order = working()
    order.canceled()
    order.filled({ execId: 'f1', quantity: '0.004' })
    expect(order.state).toMatchObject({ status: 'canceled', filledQuantity: '0.004' })
    expect(seen.last('trading.order.partially_filled')['trading.fill.late']).toBe(true)
    order.filled({ execId: 'f2', quantity: '0.006' })
    expect(order.status).toBe('filled')
  })

  test('a fill of an order that was called rejected is taken, and said to be impossible', () => {
    const order = signal.order(limit)
    order.submitted()
    order.rejected()
    order.filled({ execId: 'f1', quantity: '0.010' })
    expect(order.state.filledQuantity).toBe('0.01')
    expect(kinds()).toContain('order.illegal_transition')
  })

  test('a fill beyond the quantity is taken when it has an id, and said', () => {
    const order = working()
    order.filled({ execId: 'f1', quantity: '0.010' })
    order.filled({ execId: 'f2', quantity: '0.001' })
    expect(order.state.filledQuantity).toBe('0.011')
    expect(seen.last('trading.order.illegal_transition')['trading.order.transition']).toBe(
      'filled → trade beyond quantity',
    )
  })

  test.each([
    ['no number', { quantity: 'many' }],
    ['nothing', { quantity: '0' }],
    ['less than nothing', { quantity: '-1' }],
    ['not a number', { quantity: Number.NaN }],
    ['a price below zero', { quantity: '0.001', price: '-5' }],
  ])('a fill of %s is recorded and not booked', (_, fill) => {
    const order = working()
    order.filled({ execId: 'bad', ...fill })
    expect(order.state.filledQuantity).toBe('0')
    expect(kinds()).toContain('order.illegal_transition')
  })

  test('steps that cannot be change nothing', () => {
    const order = working()
    order.filled()
    for (const step of ['canceled', 'expired', 'rejected', 'unknown', 'cancelRequested'] as const) {
      order[step]()
    }
    order.denied({ reason: 'other' })
    order.submitting()
    expect(order.status).toBe('filled')
    expect(seen.records('trading.order.illegal_transition')).toHaveLength(7)
    expect(seen.spans('order')).toHaveLength(1)
  })

  test('without any SDK everything still works', () => {
    record({ later: true })
    const alone = createFlows().signal({ symbol: 'BTC/USDT', side: 'buy' })
    const order = alone.order(limit)
    order.submitted()
    order.filled({ execId: 'f1' })
    expect(order.state).toMatchObject({ status: 'filled', filledQuantity: '0.01' })
  })
})
