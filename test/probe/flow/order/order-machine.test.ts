import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  add,
  compare,
  decimal,
  equals,
  format,
  parseDecimal,
  subtract,
  zero,
} from '../../../../src/base/decimal.ts'
import type { Decimal } from '../../../../src/base/decimal.ts'
import { Fills } from '../../../../src/probe/flow/order/fills.ts'
import { OrderLife } from '../../../../src/probe/flow/order/order-life.ts'
import { isFinal, judge } from '../../../../src/probe/flow/order/order-machine.ts'
import type { JudgedEvent } from '../../../../src/probe/flow/order/order-machine.ts'
import { finalOrderStatuses, orderStatuses } from '../../../../src/semconv/words.ts'

const judged: readonly JudgedEvent[] = [
  'pending_new',
  'new',
  'triggered',
  'pending_cancel',
  'cancel_rejected',
  'canceled',
  'pending_replace',
  'replaced',
  'restated',
  'expired',
  'rejected',
  'denied',
  'unknown',
]
const linear = { contractSize: decimal(1), inverse: false }
const inverse = { contractSize: decimal(100), inverse: true }

describe('the table', () => {
  test('[A26, B11] no event but a fill leads out of a final status', () => {
    for (const status of finalOrderStatuses) {
      for (const event of judged) {
        expect(['late', 'repeat', 'illegal']).toContain(judge(status, event))
      }
    }
  })

  test('[A26] which statuses are final', () => {
    expect(orderStatuses.filter(isFinal)).toEqual([...finalOrderStatuses])
  })

  test('[X13] an unknown outcome can turn out as anything the venue may say', () => {
    expect(judge('unknown', 'new')).toBe('new')
    expect(judge('unknown', 'canceled')).toBe('canceled')
    expect(judge('unknown', 'expired')).toBe('expired')
    expect(judge('unknown', 'rejected')).toBe('rejected')
    // The own risk check works before anything is sent.
    expect(judge('unknown', 'denied')).toBe('illegal')
  })

  test('[X14] denied is for orders that were never sent', () => {
    const allowed = orderStatuses.filter((status) => judge(status, 'denied') === 'denied')
    expect(allowed).toEqual(['pending_new'])
    const life = new OrderLife(decimal(1), linear)
    life.step('pending_new', 0)
    expect(life.step('denied', 1)).toBe('illegal')
    expect(life.status).toBe('pending_new')
  })

  test('[A42] a refused cancel leads back to what worked before', () => {
    const life = new OrderLife(decimal(10), linear)
    life.step('pending_new', 0)
    life.step('new', 1)
    life.take({ execId: 'a', quantity: decimal(4), price: decimal(5) }, 2)
    life.step('pending_cancel', 3)
    expect(life.status).toBe('pending_cancel')
    expect(life.step('cancel_rejected', 4)).toBe('back')
    expect(life.status).toBe('partially_filled')
  })

  test('the same thing said twice is nothing new', () => {
    const life = new OrderLife(decimal(1), linear)
    life.step('pending_new', 0)
    expect(life.step('pending_new', 1)).toBe('repeat')
    life.step('new', 2)
    expect(life.step('new', 3)).toBe('repeat')
    expect(life.ackLatencyMs).toBe(2)
  })

  test('an ack behind its fill is late, once', () => {
    const life = new OrderLife(decimal(1), linear)
    life.step('pending_new', 0)
    life.take({ execId: 'a', quantity: decimal(1), price: decimal(5) }, 1)
    expect(life.status).toBe('filled')
    expect(life.step('new', 2)).toBe('late')
    expect(life.step('new', 3)).toBe('repeat')
    expect(life.status).toBe('filled')
  })

  test('[A42] a quantity reduced to what is filled ends the order', () => {
    const life = new OrderLife(decimal(10), linear)
    life.step('pending_new', 0)
    life.take({ execId: 'a', quantity: decimal(4), price: decimal(5) }, 1)
    life.resize(decimal(4))
    expect(life.status).toBe('filled')
    expect(life.remaining?.toFixed()).toBe('0')
  })
})

/** One thing that may happen to an order, at random. */
const happening = fc.oneof(
  fc.record({ kind: fc.constant('step' as const), event: fc.constantFrom(...judged) }),
  fc.record({
    kind: fc.constant('fill' as const),
    execId: fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { nil: undefined }),
    quantity: fc.integer({ min: 1, max: 60 }),
    price: fc.integer({ min: 1, max: 1000 }),
  }),
  fc.record({ kind: fc.constant('reported' as const), filled: fc.integer({ min: 1, max: 120 }) }),
  fc.record({ kind: fc.constant('resize' as const), quantity: fc.integer({ min: 1, max: 120 }) }),
)

describe('whatever the venue says, in whatever order', () => {
  test('[A26, B11] a live order has ordered = filled + remaining, an ended one has nothing remaining', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
        const life = new OrderLife(decimal(100), linear)
        let now = 0
        for (const one of happenings) {
          now += 1
          const before = life.fills.quantity
          if (one.kind === 'step') life.step(one.event, now)
          else if (one.kind === 'resize') life.resize(decimal(one.quantity))
          else if (one.kind === 'reported') {
            life.catchUp(decimal(one.filled), undefined, decimal(10), now)
          } else {
            const { execId, quantity, price } = one
            life.take({ execId, quantity: decimal(quantity), price: decimal(price) }, now)
          }
          // What is filled never becomes less.
          expect(compare(life.fills.quantity, before)).toBeGreaterThanOrEqual(0)
          const { quantity, remaining } = life
          const open = life.ended ? zero : quantity && subtract(quantity, life.fills.quantity)
          expect(remaining && open && equals(remaining, open)).toBe(true)
          for (const latency of [life.ackLatencyMs, life.firstFillMs, life.lastFillMs]) {
            expect(latency ?? 0).toBeGreaterThanOrEqual(0)
          }
        }
      }),
      { numRuns: 500 },
    )
  })

  test('[B11] once final, an order becomes nothing else but filled', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
        const life = new OrderLife(decimal(100), linear)
        let ended: string | undefined
        for (const [now, one] of happenings.entries()) {
          if (one.kind === 'step') life.step(one.event, now)
          else if (one.kind === 'fill') {
            const { execId, quantity, price } = one
            life.take({ execId, quantity: decimal(quantity), price: decimal(price) }, now)
          } else if (one.kind === 'reported') {
            life.catchUp(decimal(one.filled), undefined, decimal(10), now)
          }
          expect(ended === undefined || [ended, 'filled'].includes(life.status)).toBe(true)
          if (life.ended) ended = life.status
        }
      }),
      { numRuns: 300 },
    )
  })
})

interface TestFill {
  readonly execId: string
  readonly quantity: Decimal
  readonly price: Decimal
}

const fillList = fc
  .array(
    fc.record({
      quantity: fc.integer({ min: 1, max: 999 }),
      price: fc.integer({ min: 1, max: 99_999 }),
    }),
    {
      minLength: 1,
      maxLength: 12,
    },
  )
  .map((fills) =>
    fills.map(({ quantity, price }, index): TestFill => ({
      execId: `f${index}`,
      quantity: decimal(`${quantity}e-3`),
      price: decimal(`${price}e-2`),
    })),
  )

function filledBy(
  messages: readonly (TestFill | 'sum')[],
  all: readonly TestFill[],
  terms = linear,
): Fills {
  const fills = new Fills(terms)
  for (const message of messages) {
    if (message !== 'sum') fills.take(message, undefined)
    else {
      const total = all.reduce((sum, { quantity }) => add(sum, quantity), zero)
      fills.catchUp(total, undefined, decimal('1.5'))
    }
  }
  return fills
}

describe('fills', () => {
  test('[X32] in any order, any number of times, give equal sums', () => {
    fc.assert(
      fc.property(
        fillList.chain((all) =>
          fc.record({
            all: fc.constant(all),
            shuffled: fc.shuffledSubarray(all, { minLength: all.length }),
            again: fc.array(fc.constantFrom(...all), { maxLength: 8 }),
          }),
        ),
        ({ all, shuffled, again }) => {
          const wanted = all.reduce(
            (sum, { quantity, price }) => add(sum, quantity.times(price)),
            zero,
          )
          const quantity = all.reduce((sum, fill) => add(sum, fill.quantity), zero)
          const fills = filledBy([...shuffled, ...again], all)
          expect(format(fills.quantity)).toBe(format(quantity))
          expect(format(fills.value)).toBe(format(wanted))
          expect(fills.count).toBe(all.length)
        },
      ),
    )
  })

  test('[X32] reported sums between them change nothing in the end', () => {
    fc.assert(
      fc.property(
        fillList.chain((all) =>
          fc.record({
            all: fc.constant(all),
            messages: fc.shuffledSubarray<TestFill | 'sum'>([...all, 'sum', 'sum'], {
              minLength: all.length + 2,
            }),
          }),
        ),
        ({ all, messages }) => {
          const plain = filledBy(all, all)
          const mixed = filledBy(messages, all)
          expect(format(mixed.quantity)).toBe(format(plain.quantity))
          expect(format(mixed.value)).toBe(format(plain.value))
        },
      ),
    )
  })

  test('one with an id counts once', () => {
    const fills = new Fills(linear)
    const fill = { execId: 'f1', quantity: decimal('0.004'), price: decimal('43210.00') }
    fills.take(fill, undefined)
    expect(fills.take(fill, undefined)).toBe('duplicate')
    expect(format(fills.quantity)).toBe('0.004')
  })

  test('one without an id never fills more than is open', () => {
    const fills = new Fills(linear)
    const fill = { execId: undefined, quantity: decimal(10), price: decimal(1) }
    fills.take(fill, decimal(4))
    expect(format(fills.quantity)).toBe('4')
    expect(fills.take(fill, zero)).toBe('no_room')
  })

  test('a reported sum that is ahead becomes a fill at the price that explains the average', () => {
    const fills = new Fills(linear)
    fills.take({ execId: 'a', quantity: decimal(4), price: decimal(100) }, undefined)
    const change = fills.catchUp(decimal(10), decimal('100.6'), undefined)
    expect(change && format(change.quantity)).toBe('6')
    expect(change && format(change.price)).toBe('101')
    expect(fills.averagePrice && format(fills.averagePrice)).toBe('100.6')
  })

  test('a fill takes the place of the derived one and corrects its price', () => {
    const fills = new Fills(linear)
    fills.catchUp(decimal(10), decimal(100), undefined)
    const change = fills.take(
      { execId: 'a', quantity: decimal(10), price: decimal('100.5') },
      undefined,
    )
    expect(change).toMatchObject({ quantity: zero })
    expect(typeof change === 'object' && format(change.value)).toBe('5')
    expect(format(fills.quantity)).toBe('10')
    expect(format(fills.value)).toBe('1005')
  })

  test('an inverse contract is worth its size over the price', () => {
    const fills = new Fills(inverse)
    fills.take({ execId: 'a', quantity: decimal(10), price: decimal(50_000) }, undefined)
    fills.take({ execId: 'b', quantity: decimal(10), price: decimal(40_000) }, undefined)
    expect(format(fills.value)).toBe('0.045')
    // Harmonic: 2000 USD / 0.045 BTC.
    expect(fills.averagePrice?.toFixed(2)).toBe('44444.44')
  })

  test('quantities that doubles cannot hold are summed exactly', () => {
    const fills = new Fills(linear)
    for (let index = 0; index < 10; index += 1) {
      fills.take(
        { execId: `f${index}`, quantity: decimal('0.1'), price: decimal('0.3') },
        undefined,
      )
    }
    expect(format(fills.quantity)).toBe('1')
    expect(format(fills.value)).toBe('0.3')
    expect(parseDecimal('0.1')).toBeDefined()
  })
})
