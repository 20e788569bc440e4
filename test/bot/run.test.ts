import { existsSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { decimal, zero, type Decimal } from '../../src/bot/decimal.ts'
import { recordedMarket } from '../../src/bot/market/recorded.ts'
import { resultOf } from '../../src/bot/trader/tally.ts'
import { profiles, type ProfileName } from '../../src/bot/venue/faults.ts'
import type { PaperOrder } from '../../src/bot/venue/paper-order.ts'
import { attributes } from '../../src/semconv/attributes.ts'
import { events } from '../../src/semconv/events.ts'
import { digest, play, type Played } from './play.ts'

const plays = new Map<ProfileName, Played>()
const played = (name: ProfileName): Played => plays.get(name)!
const names = Object.keys(profiles) as ProfileName[]

beforeAll(async () => {
  for (const faults of names) {
    plays.set(faults, await play({ faults, seed: 3, durationMs: 60_000 }))
  }
}, 600_000)

describe.each(names)('a minute with faults %s', (name) => {
  test('every order ends in a final state, and nothing of a flow stays open', () => {
    const { venues, leftOpen, spans } = played(name)
    const open = venues.flatMap(({ core }) => core.orders.filter((order) => order.isOpen))
    expect(open).toEqual([])
    expect(leftOpen).toBe(0)
    expect(venues.map(({ core }) => core.account.position.toFixed())).toEqual(['0', '0'])
    const statuses = spans
      .filter((span) => span.name === 'order')
      .map(({ attributes }) => attributes['trading.order.status'])
    expect(statuses.length).toBeGreaterThan(10)
    const final = ['filled', 'canceled', 'expired', 'rejected', 'denied']
    expect(statuses.filter((status) => !final.includes(String(status)))).toEqual([])
  })

  test('telemetry tells of each order what the venue knows: quantity, filled, price, fee', () => {
    const { spans, logs, venues } = played(name)
    const told = new Map(
      spans
        .filter((span) => span.name === 'order')
        .map(({ attributes }) => [attributes['trading.order.id'], attributes]),
    )
    const fees = feesTold(logs)
    const differences = venues
      .flatMap(({ core }) => core.orders)
      .flatMap((order) => differencesOf(order, told.get(order.id), fees.get(order.id) ?? zero))
    expect(differences).toEqual([])
  })

  test('the result is what the fills, fees and funding add up to, for each venue and for the flows', () => {
    const { venues, tally, trader } = played(name)
    const wallets = venues.map(({ core }) => core.account.wallet.minus(10_000))
    const recomputed = venues.map(({ core }) =>
      moneyOf(core.orders).plus(core.funding.reduce((sum, { amount }) => sum.plus(amount), zero)),
    )
    expect(wallets.map(String)).toEqual(recomputed.map(String))
    const flows = tally.flows.reduce((sum, flow) => sum.plus(resultOf(flow) ?? zero), zero)
    const { first, second } = trader.bench
    const rest = first.legs.unassigned.plus(second.legs.unassigned)
    expect(rest.toFixed()).toBe('0')
    expect(flows.round(9).toFixed()).toBe(
      wallets[0]
        ?.plus(wallets[1] ?? zero)
        .round(9)
        .toFixed(),
    )
  })

  test('[X38] events carry attributes of the registry and nothing else', () => {
    const foreign = played(name).logs.flatMap(({ event, attributes: own }) =>
      event === '' ? [] : Object.keys(own).filter((key) => !Object.hasOwn(attributes, key)),
    )
    expect([...new Set(foreign)]).toEqual([])
  })

  test('no telemetry call came too late or was not allowed', () => {
    const wrong = /illegal_transition|late_call|abandoned/
    expect(played(name).logs.filter(({ event }) => wrong.test(event))).toEqual([])
  })
})

test('[A44, X30] a pair has the result that its two positions tell, to the last digit', () => {
  const { tally, logs } = played('none')
  const closed = logs.filter(({ event }) => event === 'trading.position.closed')
  const opened = tally.flows.filter(({ outcome }) => outcome === 'opened')
  expect(opened.length).toBeGreaterThan(5)
  for (const flow of opened) {
    const own = closed.filter(
      ({ attributes }) => attributes['trading.correlation_id'] === flow.correlationId,
    )
    const sum = own.reduce(
      (total, { attributes }) => total.plus(amountOf(attributes['trading.pnl.realized'])),
      zero,
    )
    expect(own.length).toBe(2)
    expect(sum.round(9).toFixed()).toBe(resultOf(flow)?.round(9).toFixed())
  }
})

test('[A23–A34, B10–B14, X20] every event of the catalogue occurs, but for what this bot never does', () => {
  const never = [
    // No stop orders at the venues: stops are watched by the bot.
    'trading.order.triggered',
    // Nothing settles on a chain.
    'trading.order.settled',
    // The paper venues take no fill back.
    'trading.order.fill_busted',
    // The paper venues are always reached, so an order is never known to be unsent.
    'trading.order.failed',
    // Told of bots that use flows wrongly; see the test above.
    'trading.order.illegal_transition',
    'trading.task.illegal_transition',
    'trading.flow.late_call',
    'trading.flow.abandoned',
    // The paper venues do not number their messages.
    'trading.feed.gap',
    // Told by telemetry, of a crash or of itself.
    'trading.flow.interrupted',
    'trading.run.crashed',
    'fillpath.span.started',
    'fillpath.records.dropped',
    'fillpath.clock.jumped',
  ]
  const seen = new Set([...plays.values()].flatMap(({ logs }) => logs.map(({ event }) => event)))
  const missing = Object.keys(events).filter((name) => !seen.has(name))
  expect(missing.toSorted()).toEqual(never.toSorted())
})

test('[B11, X13, X15] half a minute with faults lively shows every outcome', async () => {
  const runs = [
    await play({ faults: 'lively', seed: 3, durationMs: 30_000 }),
    await play({ faults: 'lively', seed: 7, durationMs: 30_000 }),
  ]
  const outcomes = new Set(runs.flatMap(({ tally }) => tally.flows.map(({ outcome }) => outcome)))
  expect([...outcomes].toSorted()).toEqual([
    'canceled',
    'denied',
    'expired',
    'opened',
    'rejected',
    'unwound',
  ])
})

test('[X09, X12] what is filled while the hedge venue is stopped stays uncovered until it is back', async () => {
  const stop = { venue: 'paper-b', afterMs: 8000, forMs: 20_000 }
  const { logs, leftOpen, venues } = await play({
    faults: 'none',
    seed: 3,
    durationMs: 40_000,
    stops: [stop],
  })
  const longest = logs
    .filter(({ event }) => event === 'trading.hedge.completed')
    .map(({ attributes: told }) => Number(told['trading.exposure.window_ms']))
    .reduce((one, other) => Math.max(one, other))
  expect(longest).toBeGreaterThan(stop.forMs / 2)
  expect(longest).toBeLessThan(stop.forMs + 5000)
  // Whether an order arrived is not known while nobody answers: it is never sent a second time.
  const unknown = logs.filter(({ event }) => event === 'trading.order.unknown')
  expect(unknown.length).toBeGreaterThan(0)
  expect(leftOpen).toBe(0)
  expect(venues.map(({ core }) => core.account.position.toFixed())).toEqual(['0', '0'])
})

test('the same seed is the same run to the last record, at any speed; another seed is another', async () => {
  const play8 = (seed: number, speed?: number): Promise<Played> =>
    play({ faults: 'heavy', seed, durationMs: 8000, ...(speed !== undefined && { speed }) })
  const [one, again, slower, other] = [
    await play8(3),
    await play8(3),
    await play8(3, 20),
    await play8(4),
  ]
  expect(one.logs.length).toBeGreaterThan(100)
  expect(firstDifference(again, one)).toBeUndefined()
  expect(firstDifference(slower, one)).toBeUndefined()
  expect(firstDifference(other, one)).toBeDefined()
})

const recording = '../shared/data/market/binance-btcusdt-2021-01-08-trades.csv'
const isThere = existsSync(recording)
if (!isThere) console.warn(`SKIPPED: ${recording} is missing, so no recorded market is played`)

describe.skipIf(!isThere)('the recorded Binance market', () => {
  const playRecorded = async (): Promise<Played> => {
    const market = await recordedMarket({ path: recording, seed: 3, onBadLine: () => undefined })
    return play({ faults: 'lively', seed: 3, durationMs: Infinity, market })
  }

  test('gives several flows, the same ones each time, and all of them end flat', async () => {
    const [one, again] = [await playRecorded(), await playRecorded()]
    expect(firstDifference(again, one)).toBeUndefined()
    const opened = one.tally.flows.filter(({ outcome }) => outcome === 'opened')
    expect(opened.length).toBeGreaterThan(3)
    expect(one.tally.flows.length).toBeGreaterThan(opened.length)
    expect(one.leftOpen).toBe(0)
    expect(one.venues.map(({ core }) => core.account.position.toFixed())).toEqual(['0', '0'])
    const wallets = one.venues.map(({ core }) => core.account.wallet.minus(10_000))
    const flows = one.tally.flows.reduce((sum, flow) => sum.plus(resultOf(flow) ?? zero), zero)
    expect(flows.round(9).toFixed()).toBe(
      wallets[0]
        ?.plus(wallets[1] ?? zero)
        .round(9)
        .toFixed(),
    )
  })
})

/** A decimal attribute; 0 where it is not told. */
function amountOf(value: unknown): Decimal {
  return typeof value === 'string' ? decimal(value) : zero
}

/** The first record that two runs do not share. */
function firstDifference(one: Played, other: Played): readonly (string | undefined)[] | undefined {
  const [records, others] = [digest(one), digest(other)]
  const length = Math.max(records.length, others.length)
  const at = Array.from({ length }, (_, index) => index).find(
    (index) => records[index] !== others[index],
  )
  return at === undefined ? undefined : [records[at], others[at]]
}

/** Money in minus money out minus fees: what a flat account gained by these orders. */
function moneyOf(orders: readonly PaperOrder[]): Decimal {
  return orders
    .flatMap((order) => order.fills.map((fill) => ({ ...fill, side: order.side })))
    .reduce((sum, { side, price, quantity, fee }) => {
      const money = price.times(quantity)
      return (side === 'sell' ? sum.plus(money) : sum.minus(money)).minus(fee)
    }, zero)
}

/** Fees by order, each fill counted once: a fill may be told after the span of its order has ended. */
function feesTold(logs: Played['logs']): Map<unknown, Decimal> {
  const seen = new Set<unknown>()
  const fees = new Map<unknown, Decimal>()
  for (const { event, attributes } of logs) {
    const { 'trading.fill.id': id, 'trading.fill.fee': fee, 'trading.order.id': order } = attributes
    const isFill = /^trading\.order\.(partially_filled|filled|fill_confirmed)$/.test(event)
    if (!isFill || id === undefined || fee === undefined || seen.has(id)) continue
    seen.add(id)
    fees.set(order, (fees.get(order) ?? zero).plus(amountOf(fee)))
  }
  return fees
}

/** Where telemetry tells something else of an order than the venue. */
function differencesOf(
  order: PaperOrder,
  told: Readonly<Record<string, unknown>> | undefined,
  fee: Decimal,
): string[] {
  if (!told) return [`${order.id}: no span`]
  const filled = amountOf(told['trading.order.filled_quantity'])
  const holds = {
    'client order id': told['trading.order.client_id'] === order.request.clientOrderId,
    side: told['trading.order.side'] === order.side,
    'quantity = filled + remaining': order.quantity.eq(order.filled.plus(order.remaining)),
    filled: filled.eq(order.filled),
    'average price':
      order.filled.eq(0) ||
      amountOf(told['trading.order.average_price'])
        .minus(order.cost.div(order.filled))
        .abs()
        .lt('1e-9'),
    fee: fee.eq(order.fee),
  }
  return Object.entries(holds).flatMap(([what, ok]) => (ok ? [] : [`${order.id}: ${what}`]))
}
