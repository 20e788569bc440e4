import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decimal } from '../../../src/bot/decimal.ts'
import { LiveOrder } from '../../../src/bot/trader/live-order.ts'
import type { Order, OrderStatus, Trade } from '../../../src/bot/venue/exchange.ts'

const trade = (id: number): Trade => ({
  id: `f${id}`,
  order: '1',
  timestamp: id,
  datetime: '',
  symbol: 'BTC/USDT',
  side: 'buy',
  price: '100',
  amount: '1',
  cost: '100',
  takerOrMaker: 'maker',
  fee: { currency: 'USDT', cost: '0.1' },
  info: {},
})

const message = (status: OrderStatus, filled: number, trades: readonly Trade[]): Order => ({
  id: '1',
  clientOrderId: 'mine',
  timestamp: 0,
  datetime: '',
  lastTradeTimestamp: undefined,
  lastUpdateTimestamp: 0,
  symbol: 'BTC/USDT',
  type: 'limit',
  timeInForce: 'GTC',
  postOnly: false,
  reduceOnly: false,
  side: 'buy',
  price: '100',
  average: undefined,
  amount: '5',
  filled: `${filled}`,
  remaining: `${5 - filled}`,
  cost: '0',
  status,
  fee: { currency: 'USDT', cost: '0' },
  trades,
  info: {},
})

/** What the stream tells of an order of 5 that is filled one by one and then ends. */
function story(fills: number, end: OrderStatus): Order[] {
  const parts = Array.from({ length: fills }, (_, index) => {
    const isLast = end === 'closed' && index === fills - 1
    return message(isLast ? 'closed' : 'open', index + 1, [trade(index)])
  })
  const first = message('open', 0, [])
  return end === 'closed' ? [first, ...parts] : [first, ...parts, message(end, fills, [])]
}

interface Watched {
  readonly live: LiveOrder
  readonly fills: string[]
}

function watch(): Watched {
  const fills: string[] = []
  const live = new LiveOrder(
    { clientOrderId: 'mine', side: 'buy', quantity: decimal(5) },
    ({ id }) => {
      fills.push(id)
    },
  )
  return { live, fills }
}

test('[X13] in whatever order, how often and how incompletely messages come, one answer settles it', () => {
  const ends = fc.constantFrom<OrderStatus>('closed', 'canceled', 'expired')
  fc.assert(
    fc.property(
      ends,
      fc.integer({ min: 0, max: 4 }),
      fc.array(fc.nat(), { maxLength: 20 }),
      (end, some, picks) => {
        const fills = end === 'closed' ? 5 : some
        const messages = story(fills, end)
        const { live, fills: seen } = watch()
        for (const pick of picks) {
          live.ingest(messages[pick % messages.length]!)
          // Never more than the venue filled, and not over before all of it is known.
          expect(live.filled.lte(fills)).toBe(true)
          expect(live.isOver && live.filled.lt(fills)).toBe(false)
        }
        live.ingest(
          message(
            end,
            fills,
            Array.from({ length: fills }, (_, index) => trade(index)),
          ),
        )
        expect(live.isOver).toBe(true)
        expect(live.status).toBe(end)
        expect(live.filled.toFixed()).toBe(`${fills}`)
        expect(seen.toSorted()).toEqual(Array.from({ length: fills }, (_, index) => `f${index}`))
      },
    ),
  )
})

test('the end may be told before a fill that was overtaken: the order waits for it', () => {
  const { live } = watch()
  live.ingest(message('canceled', 2, []))
  live.ingest(message('open', 1, [trade(0)]))
  expect([live.status, live.isOver]).toEqual(['canceled', false])
  live.ingest(message('open', 2, [trade(1)]))
  expect([live.status, live.isOver]).toEqual(['canceled', true])
})

test('an order whose answer is lost is unknown until the venue speaks of it, or never knew it', () => {
  const [found, never, answered] = [watch().live, watch().live, watch().live]
  for (const live of [found, never]) {
    live.lose()
    expect([live.status, live.isOver]).toEqual(['unknown', false])
  }
  found.ingest(message('open', 0, []))
  expect(found.status).toBe('open')
  never.refuse()
  expect([never.status, never.isOver]).toEqual(['rejected', true])
  // The stream was faster than the timeout.
  answered.ingest(message('open', 0, []))
  answered.lose()
  expect(answered.status).toBe('open')
})

test('every message is news to whoever waits', async () => {
  const { live } = watch()
  const next = live.changed.next
  live.ingest(message('open', 0, []))
  await next
  const after = live.changed.next
  expect(await Promise.race([after, Promise.resolve('nothing new')])).toBe('nothing new')
})
