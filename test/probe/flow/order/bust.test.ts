import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { faultCount } from '../../../../src/probe/event/fault.ts'
import { decimal, format, subtract } from '../../../../src/base/decimal.ts'
import { polymarketUpdates } from '../../../../src/probe/instrument/venues/polymarket.ts'
import { orderEventOf } from '../../../../src/semconv/order-words.ts'
import { begin, clock, flows, kinds, limit, seen, signal, working } from './stage.ts'

let faults: number

beforeEach(() => {
  begin()
  faults = faultCount()
})

afterEach(() => expect(faultCount()).toBe(faults))

const one = { execId: 'f1', price: '43210.00', quantity: '0.004', fee: '0.0172' } as const
const two = { execId: 'f2', price: '43200.00', quantity: '0.006', fee: '0.0259' } as const

describe('a fill that the venue takes back', () => {
  test('[A26, B11] is out of the sums and fees of a working order, and is told as an error', async () => {
    const order = working()
    order.filled(one)
    order.filled(two)
    const part = working({ clientOrderId: 'part', quantity: '0.020' })
    part.filled(one)
    part.filled({ ...two, feeCurrency: 'BNB' })
    part.busted({ execId: 'f2', reportId: 'b1' })
    expect(part.state).toMatchObject({
      status: 'partially_filled',
      lastEvent: 'trade_cancel',
      filledQuantity: '0.004',
      remainingQuantity: '0.016',
      averagePrice: '43210',
      fills: 1,
      fees: { USDT: '0.0172', BNB: '0' },
    })
    const [told] = seen.records('trading.order.fill_busted')
    expect(told?.severityText).toBe('error')
    expect(told?.body).toBe(
      'fill of 0.006 at 43200 taken back: buy 0.020 BTC/USDT at 43210.00 on binance',
    )
    expect(told?.attributes).toMatchObject({
      'trading.order.event': 'trade_cancel',
      'trading.order.status': 'partially_filled',
      'trading.fill.ref_id': 'f2',
      'trading.fill.id': 'b1',
      'trading.fill.quantity': '0.006',
      'trading.fill.price': '43200',
      'trading.fill.fee': '-0.0259',
      'trading.fill.fee_currency': 'BNB',
      'trading.order.filled_quantity': '0.004',
      'trading.order.remaining_quantity': '0.016',
      'trading.order.average_price': '43210',
    })
    expect(told?.attributes).not.toHaveProperty('trading.fill.late')
    part.busted({ execId: 'f1' })
    expect(part.state).toMatchObject({ status: 'new', filledQuantity: '0', fills: 0 })
    part.canceled()
    const [span] = seen.spans('order').slice(-1)
    expect(span?.attributes).toMatchObject({
      'trading.order.filled_quantity': '0',
      'trading.order.fills': 0,
      'trading.fees': '0',
    })
    expect(span?.events.map(({ name }) => name)).toContain('trading.order.fill_busted')
    expect(await seen.points('trading.order.busts')).toContainEqual({
      labels: { 'trading.venue': 'binance' },
      value: 2,
    })
    const fees = await seen.points('trading.fees')
    const bnb = fees.find(({ labels }) => labels['trading.fill.fee_currency'] === 'BNB')
    expect(bnb?.value).toBe(0)
  })

  test('[B11] leaves an order that was filled canceled, and one that had ended as it had', () => {
    const order = working()
    order.filled(one)
    order.filled(two)
    expect(order.status).toBe('filled')
    order.busted({ execId: 'f1' })
    expect(order.state).toMatchObject({
      status: 'canceled',
      filledQuantity: '0.006',
      remainingQuantity: '0',
      averagePrice: '43200',
    })
    expect(seen.last('trading.order.fill_busted')['trading.fill.late']).toBe(true)
    // The venue filled it anew all the same.
    order.filled({ execId: 'f3', price: '43205', quantity: '0.004' })
    expect(order.state).toMatchObject({ status: 'filled', filledQuantity: '0.01' })
    expect(seen.spans('order')).toHaveLength(1)
    const expired = working({ clientOrderId: 'ioc' })
    expired.filled(one)
    expired.expired()
    expired.busted({ execId: 'f1' })
    expect(expired.state).toMatchObject({ status: 'expired', filledQuantity: '0' })
    const pending = working({ clientOrderId: 'pending' })
    pending.filled(one)
    pending.cancelRequested()
    pending.busted({ execId: 'f1' })
    expect(pending.status).toBe('pending_cancel')
  })

  test('[B44] counts neither when it is told again, nor when its bust is', () => {
    const order = working()
    order.filled(one)
    order.busted({ execId: 'f1' })
    order.busted({ execId: 'f1' })
    order.filled(one)
    expect(order.state).toMatchObject({ filledQuantity: '0', fees: { USDT: '0' } })
    expect(kinds().slice(-2)).toEqual(['order.fill_busted', 'order.duplicate_fill'])
    // Nor does its fee that was told late.
    const { fee, ...quick } = two
    order.filled(quick)
    order.busted({ execId: 'f2' })
    order.filled({ ...quick, fee })
    expect(order.state).toMatchObject({ filledQuantity: '0', fees: { USDT: '0' } })
  })

  test('a bust of a fill that never came changes nothing, is said, and keeps the fill out', () => {
    const order = working()
    order.busted({ execId: 'f1' })
    expect(seen.last('trading.order.illegal_transition')).toMatchObject({
      'trading.order.transition': 'new → trade_cancel of fill f1',
    })
    order.filled(one)
    expect(order.state).toMatchObject({ status: 'new', filledQuantity: '0' })
  })

  test('one that is known from the filled quantity alone is taken from that', () => {
    const order = working()
    order.update({ filledQuantity: '0.010', averagePrice: '43204', status: 'filled' })
    order.busted({ execId: 'f1', quantity: '0.004', price: '43210' })
    expect(order.state).toMatchObject({ status: 'canceled', filledQuantity: '0.006', fills: 1 })
    expect(seen.last('trading.order.fill_busted')).toMatchObject({
      'trading.fill.quantity': '0.004',
      'trading.fill.price': '43210',
    })
  })

  test('is not derived again from a total that still has it in', () => {
    const order = working()
    order.filled(one)
    order.busted({ execId: 'f1' })
    order.update({ status: 'partially_filled', filledQuantity: '0.004' })
    expect(order.state.filledQuantity).toBe('0')
    // What is filled beyond it is new.
    order.update({ filledQuantity: '0.007', averagePrice: '43208' })
    expect(order.state).toMatchObject({ filledQuantity: '0.003', averagePrice: '43208' })
    // The venue has it out: from here on its total counts as it is.
    order.update({ filledQuantity: '0.003' })
    order.update({ filledQuantity: '0.008', averagePrice: '43208' })
    expect(order.state.filledQuantity).toBe('0.008')
  })

  test('a total of nothing says that the venue has it out too: the next one counts as it is', () => {
    const order = working()
    order.filled(one)
    order.busted({ execId: 'f1' })
    order.update({ status: 'new', filledQuantity: '0' })
    order.update({ status: 'partially_filled', filledQuantity: '0.004', averagePrice: '43200' })
    expect(order.state).toMatchObject({ filledQuantity: '0.004', averagePrice: '43200' })
  })

  test('is found by the number of the venue as by its text', () => {
    const order = working()
    const number: unknown = 4711
    // @ts-expect-error a bot in JavaScript hands over the number of the venue
    order.filled({ ...one, execId: number })
    // @ts-expect-error the same
    order.busted({ execId: number, reportId: 4712 })
    expect(order.state).toMatchObject({ filledQuantity: '0', fees: { USDT: '0' } })
    expect(seen.last('trading.order.fill_busted')).toMatchObject({
      'trading.fill.ref_id': '4711',
      'trading.fill.id': '4712',
    })
    order.filled({ ...two, settlement: 'matched', execId: '12' })
    // @ts-expect-error the same
    order.update({ fill: { execId: 12, settlement: 'mined' } })
    // @ts-expect-error the same
    order.settled({ execId: 12, state: 'failed' })
    expect(order.state.filledQuantity).toBe('0')
    expect(kinds()).not.toContain('order.duplicate_fill')
  })

  test('told without the fill that it takes back counts nothing, and is said', () => {
    const order = working()
    order.filled(one)
    for (const event of ['trade_cancel', 'trade_correct'] as const) {
      order.update({ event, fill: { execId: `r-${event}`, price: '43210', quantity: '0.003' } })
      expect(seen.last('trading.order.illegal_transition')).toMatchObject({
        'trading.order.transition': `partially_filled → ${event} of no fill`,
      })
    }
    expect(order.state).toMatchObject({ filledQuantity: '0.004', fills: 1 })
  })

  test('is corrected where the message brings the fill that takes its place', () => {
    const order = working()
    order.filled(one)
    const fill = { execId: 'f2', price: '43210', quantity: '0.003' }
    flows.update({ orderId: '881', bust: { execId: 'f1' }, fill })
    expect(order.state).toMatchObject({ status: 'partially_filled', filledQuantity: '0.003' })
    const [told] = seen.records('trading.order.fill_busted')
    expect(told?.severityText).toBe('warn')
    expect(told?.attributes['trading.order.event']).toBe('trade_correct')
  })

  test('an order that its venue calls filled with it in works no more', () => {
    const order = working()
    order.filled(one)
    order.busted({ execId: 'f1' })
    order.filled(two)
    order.update({ status: 'filled', filledQuantity: '0.010', quantity: '0.010' })
    expect(order.state).toMatchObject({ status: 'canceled', filledQuantity: '0.006' })
  })

  test('the first fill after it is not measured as the first again', async () => {
    const order = working()
    clock.advanceMs(100)
    order.filled(one)
    order.busted({ execId: 'f1' })
    clock.advanceMs(100)
    order.filled(two)
    expect(seen.last('trading.order.partially_filled')).not.toHaveProperty(
      'trading.order.first_fill_ms',
    )
    const [first] = await seen.points('trading.order.first_fill.duration')
    expect(first?.value).toMatchObject({ count: 1 })
  })

  test('[A26] FIX: a trade cancel, and a trade correct with the fill that takes its place', () => {
    const order = working()
    const report = (
      execType: string,
      execId: string,
      more: { refId?: string; quantity?: string; cumQty: string },
    ): void => {
      const { refId, quantity, cumQty } = more
      const event = orderEventOf('fix', execType)
      const isTrade = event === 'trade' || event === 'trade_correct'
      flows.update({
        clientOrderId: order.clientOrderId,
        event,
        filledQuantity: cumQty,
        bust: refId === undefined ? undefined : { execId: refId, reportId: execId },
        fill: isTrade ? { execId, quantity, price: '43210' } : undefined,
      })
    }
    report('F', 'E1', { quantity: '0.004', cumQty: '0.004' })
    report('G', 'E2', { refId: 'E1', quantity: '0.003', cumQty: '0.003' })
    expect(order.state).toMatchObject({ status: 'partially_filled', filledQuantity: '0.003' })
    expect(seen.records('trading.order.fill_busted')[0]?.severityText).toBe('warn')
    expect(seen.last('trading.order.fill_busted')['trading.order.event']).toBe('trade_correct')
    report('H', 'E3', { refId: 'E2', cumQty: '0' })
    expect(order.state).toMatchObject({ status: 'new', filledQuantity: '0', fills: 0 })
    report('F', 'E4', { quantity: '0.010', cumQty: '0.010' })
    expect(order.state).toMatchObject({ status: 'filled', filledQuantity: '0.01', fills: 1 })
    expect(kinds()).not.toContain('order.illegal_transition')
  })

  test('[A26] Polymarket: a match that was mined and then failed', () => {
    const order = working({ venue: 'polymarket', quantity: '10', price: '0.57' })
    const trade = (status: string): void => {
      const message = {
        event_type: 'trade',
        id: 't1',
        taker_order_id: '881',
        side: 'BUY',
        size: '10',
        price: '0.57',
        status,
        trader_side: 'TAKER',
      }
      for (const update of polymarketUpdates(message)) flows.update(update)
    }
    trade('MATCHED')
    trade('MINED')
    expect(order.status).toBe('filled')
    trade('RETRYING')
    trade('FAILED')
    trade('FAILED')
    expect(order.state).toMatchObject({ status: 'canceled', filledQuantity: '0' })
    expect(seen.last('trading.order.fill_busted')).toMatchObject({
      'trading.fill.ref_id': 't1',
      'trading.fill.quantity': '10',
      'trading.fill.price': '0.57',
      'trading.fill.settlement': 'failed',
    })
    expect(seen.records('trading.order.fill_busted')).toHaveLength(1)
    expect(seen.records('trading.order.settled')).toHaveLength(4)
  })

  test('[A26] told with the id of its order, at whatever price is known', () => {
    const order = signal.order({ ...limit, price: undefined, type: 'market' })
    order.submitted()
    order.update({ filledQuantity: '0.010', status: 'filled' })
    order.busted({ execId: 'f1', quantity: '0.004', orderId: '4711' })
    expect(order.orderId).toBe('4711')
    const [told] = seen.records('trading.order.fill_busted')
    expect(told?.body).toContain('fill of 0.004 at a price not told taken back')
    expect(told?.attributes).not.toHaveProperty(['trading.fill.price'])
    // More than is known to be derived is taken from that alone.
    order.busted({ execId: 'f2', quantity: '9' })
    expect(order.state).toMatchObject({ filledQuantity: '0', fills: 0 })
    expect(seen.last('trading.order.fill_busted')['trading.fill.quantity']).toBe('0.006')
    order.busted({ execId: 'f3', quantity: '1' })
    expect(kinds().at(-1)).toBe('order.illegal_transition')
  })

  test('[A46] a markout of it has no price to compare with', () => {
    const order = working()
    order.filled(one)
    order.busted({ execId: 'f1' })
    order.markout({ execId: 'f1', mid: '43220', horizonMs: 1000 })
    expect(seen.records('trading.markout.measured')).toEqual([])
  })

  test('[X09] uncovers what its hedge covered, and what is left of the flow stays the oldest', () => {
    const entry = signal.order({ venue: 'binance', side: 'buy', quantity: '10', price: '100' })
    const hedge = signal.hedge({ venue: 'okx', quantity: '10' })
    entry.filled({ execId: 'e1', quantity: '4' })
    clock.advanceMs(1000)
    entry.filled({ execId: 'e2', quantity: '6' })
    const cover = hedge.order()
    cover.filled({ execId: 'c1', quantity: '7', price: '100' })
    cover.busted({ execId: 'c1' })
    expect(hedge.coveredQuantity).toBe('0')
    expect(seen.last('trading.exposure.changed')).toMatchObject({
      'trading.exposure.uncovered': '10',
      'trading.exposure.covered': '0',
      'trading.exposure.uncovered_quote': '1000',
    })
    cover.filled({ execId: 'c2', quantity: '10', price: '101' })
    expect(hedge.ended).toBe(true)
    cover.busted({ execId: 'c2' })
    expect(seen.last('trading.exposure.changed')['trading.exposure.net']).toBe('10')
    entry.busted({ execId: 'e2' })
    expect(seen.last('trading.exposure.changed')['trading.exposure.net']).toBe('4')
    const again = signal.hedge({ venue: 'okx' })
    expect(again.quantity).toBe('4')
    clock.advanceMs(500)
    again.order().filled({ execId: 'c3', quantity: '4', price: '101' })
    expect(seen.last('trading.hedge.completed')).toMatchObject({
      'trading.hedge.quantity': '4',
      'trading.exposure.uncovered': '0',
    })
  })

  test('[X09] of a flow leaves the window of the earlier fill', () => {
    const entry = signal.order({ venue: 'binance', side: 'buy', quantity: '10', price: '100' })
    const hedge = signal.hedge({ venue: 'okx', quantity: '4' })
    entry.filled({ execId: 'e1', quantity: '4' })
    clock.advanceMs(1000)
    entry.filled({ execId: 'e2', quantity: '6' })
    entry.busted({ execId: 'e2' })
    clock.advanceMs(500)
    hedge.order().filled({ execId: 'c1', quantity: '4', price: '100' })
    expect(seen.last('trading.hedge.completed')['trading.hedge.latency_ms']).toBe(1500)
  })

  test('whatever is taken back, an order amounts to what it would without', () => {
    const fill = fc.record({
      quantity: fc.integer({ min: 1, max: 1000 }),
      price: fc.integer({ min: 1, max: 100_000 }),
      fee: fc.option(fc.integer({ min: -50, max: 50 }), { nil: undefined }),
      isBusted: fc.boolean(),
      isBustedLate: fc.boolean(),
    })
    const contract = fc.constantFrom(
      { symbol: 'BTC/USDT' },
      { symbol: 'BTC/USD:BTC', inverse: true, contractSize: '100' },
    )
    fc.assert(
      fc.property(fc.array(fill, { maxLength: 8 }), contract, (fills, terms) => {
        const quantity = 10_000
        const options = { venue: 'v', side: 'buy', quantity, price: '1', ...terms } as const
        const busted = signal.order(options)
        const honest = signal.order(options)
        for (const [index, { isBusted, isBustedLate, ...own }] of fills.entries()) {
          busted.filled({ execId: `${index}`, ...own })
          if (isBusted && !isBustedLate) busted.busted({ execId: `${index}` })
          if (!isBusted) honest.filled({ execId: `${index}`, ...own })
        }
        for (const [index, { isBusted, isBustedLate }] of fills.entries()) {
          if (isBusted && isBustedLate) busted.busted({ execId: `${index}` })
        }
        const { averagePrice: expected, fees, ...rest } = honest.state
        const { averagePrice: found, fees: left, ...same } = busted.state
        expect({ ...same, lastEvent: '' }).toEqual({ ...rest, lastEvent: '' })
        const gap = subtract(decimal(found ?? '0'), decimal(expected ?? '0')).abs()
        expect(gap.lt('1e-20')).toBe(true)
        for (const [currency, fee] of Object.entries(left)) expect(fee).toBe(fees[currency] ?? '0')
        expect(format(decimal(same.filledQuantity))).toBe(rest.filledQuantity)
      }),
    )
  })
})
