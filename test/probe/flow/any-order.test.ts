import { diag } from '@opentelemetry/api'
import * as fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { manualClock } from '../../../src/base/clock.ts'
import { faultCount } from '../../../src/probe/event/fault.ts'
import { createFlows } from '../../../src/probe/flow/flows.ts'
import type { Hedge, Unwind } from '../../../src/probe/flow/handles/hedge.ts'
import type { Order } from '../../../src/probe/flow/handles/order.ts'
import type { Position } from '../../../src/probe/flow/handles/position.ts'
import type { Signal } from '../../../src/probe/flow/handles/signal.ts'
import { record } from '../recording.ts'

afterEach(() => diag.disable())

interface World {
  readonly signal: Signal
  readonly orders: Order[]
  readonly legs: (Hedge | Unwind)[]
  readonly positions: Position[]
  fills: number
}

type Call = (world: World) => void

const onOrder =
  (index: number, call: (order: Order, world: World) => void): Call =>
  (world) => {
    const order = world.orders[index % Math.max(1, world.orders.length)]
    if (order) call(order, world)
  }
const onPosition =
  (index: number, call: (position: Position) => void): Call =>
  (world) => {
    const position = world.positions[index % Math.max(1, world.positions.length)]
    if (position) call(position)
  }
const onLeg =
  (index: number, call: (leg: Hedge | Unwind, world: World) => void): Call =>
  (world) => {
    const leg = world.legs[index % Math.max(1, world.legs.length)]
    if (leg) call(leg, world)
  }

const contract = fc.constantFrom(
  {},
  { contractSize: '0.01' },
  { contractSize: '10', inverse: true },
)
const side = fc.constantFrom('buy' as const, 'sell' as const)
const index = fc.nat({ max: 5 })
const quantity = fc.constantFrom('1', '3', '10', '0', 'x')
const price = fc.constantFrom('100', '99.5', '0', '')

/** One call of the API, on whatever there is. */
const call: fc.Arbitrary<Call> = fc.oneof(
  fc.tuple(side, quantity, contract).map(
    ([at, size, terms]): Call =>
      ({ signal, orders }) =>
        void orders.push(
          signal.order({ venue: 'v', side: at, quantity: size, price: '100', ...terms }),
        ),
  ),
  fc
    .tuple(index, quantity, price)
    .map(([at, size, paid]) =>
      onOrder(at, (order, world) =>
        order.filled({ execId: `f${(world.fills += 1)}`, quantity: size, price: paid, fee: '0.1' }),
      ),
    ),
  fc
    .tuple(index, fc.nat({ max: 4 }), quantity)
    .map(([at, ago, size]) =>
      onOrder(at, (order, world) =>
        order.busted({ execId: `f${world.fills - ago}`, quantity: size }),
      ),
    ),
  index.map((at) =>
    onOrder(at, (order, { fills }) => order.settled({ execId: `f${fills}`, state: 'failed' })),
  ),
  index.map((at) => onOrder(at, (order) => order.update({ filledQuantity: '3', fee: '0.2' }))),
  index.map((at) => onOrder(at, (order) => order.submitted())),
  index.map((at) => onOrder(at, (order) => order.accepted({ orderId: String(at) }))),
  index.map((at) => onOrder(at, (order) => order.canceled())),
  index.map((at) => onOrder(at, (order) => order.unknown(new Error('lost')))),
  index.map((at) => onOrder(at, (order) => order.reconciled('not_found'))),
  fc
    .tuple(index, quantity)
    .map(([at, size]) => onOrder(at, (order) => order.replaced({ quantity: size, price: '98' }))),
  quantity.map(
    (size): Call =>
      ({ signal, legs }) =>
        void legs.push(signal.hedge({ venue: 'w', quantity: size })),
  ),
  fc.constant<Call>(({ signal, legs }) => void legs.push(signal.unwind())),
  fc
    .tuple(index, side, contract)
    .map(([at, with_, terms]) =>
      onLeg(at, (leg, { orders }) => void orders.push(leg.order({ side: with_, ...terms }))),
    ),
  index.map((at) => onLeg(at, (leg) => leg.failed({ reason: 'timeout' }))),
  fc.constant<Call>(
    ({ signal, positions }) => void positions.push(signal.opened({ positionId: 'p' })),
  ),
  fc
    .tuple(index, price)
    .map(([at, mark]) => onPosition(at, (position) => position.marked({ mark, last: '101' }))),
  index.map(
    (at): Call =>
      (world) =>
        onPosition(at, (position) => void world.orders.push(position.order({})))(world),
  ),
  index.map((at) => onPosition(at, (position) => position.funding({ payment: '-0.1' }))),
  index.map((at) => onPosition(at, (position) => position.liquidated({}))),
  index.map((at) => onPosition(at, (position) => position.closed({ exitPrice: '101' }))),
  fc.constant<Call>(({ signal }) => signal.expired()),
)

test('[X01] whatever is called in whatever order: no fault, no word of the SDK, each span ends once', () => {
  fc.assert(
    fc.property(fc.array(call, { maxLength: 40 }), (calls) => {
      const seen = record()
      const said: unknown[] = []
      const say = (...words: unknown[]): void => void said.push(words)
      const ignore = (): void => undefined
      diag.setLogger(
        { error: say, warn: say, info: ignore, debug: ignore, verbose: ignore },
        { suppressOverrideMessage: true },
      )
      const faults = faultCount()
      const flows = createFlows({ clock: manualClock() })
      const signal = flows.signal({ symbol: 'BTC/USD', side: 'buy', decisionPrice: '100' })
      const world: World = { signal, orders: [], legs: [], positions: [], fills: 0 }
      for (const each of calls) each(world)
      flows.close()
      for (const { state } of world.orders) {
        expect(Number(state.filledQuantity)).toBeGreaterThanOrEqual(0)
        expect(state.fills > 0).toBe(Number(state.filledQuantity) > 0)
      }
      for (const { state } of world.positions) {
        expect(Number(state.quantity)).toBeGreaterThanOrEqual(0)
      }
      expect(said).toEqual([])
      expect(faultCount()).toBe(faults)
      expect(seen.spans('signal')).toHaveLength(1)
      expect(seen.spans('order')).toHaveLength(world.orders.length)
      expect(seen.spans('hedge').length + seen.spans('unwind').length).toBe(world.legs.length)
      expect(seen.spans('position')).toHaveLength(world.positions.length)
    }),
    { numRuns: 300 },
  )
})
