import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, integer, property, shuffledSubarray } from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStore } from '../../../../src/desk/store/store.ts'
import { allRows, filledIndex } from '../rows.ts'
import { event } from '../scenario.ts'
import type { EventName } from '../../../../src/semconv/events.ts'
import type { LogRecord, WireRecord } from '../../../../src/wire/record.ts'
import type { Said } from '../scenario.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-same-id-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Who tells: a span of a flow, in a run. */
interface Teller {
  readonly run?: string
  readonly flow?: string
  readonly span?: string
  readonly module?: string
  readonly said?: Said
}

type Step = readonly [step: string, ms: number, said?: Said]

const order: Said = {
  'trading.venue': 'binance',
  'trading.order.client_id': '1',
  'trading.symbol': 'BTC/USDT',
}

function told(teller: Teller, steps: readonly Step[]): LogRecord[] {
  const { run = 'run-1', flow = 'a', span = '', module = 'fillpath' } = teller
  return steps.map(([step, ms, said]) => {
    const record = event(`trading.order.${step}` as EventName, ms, {
      ...order,
      ...teller.said,
      ...said,
    })
    const { resource, scope } = record
    return {
      ...record,
      traceId: flow && flow.repeat(32),
      spanId: span && span.repeat(16),
      scope: { ...scope, name: module },
      resource: {
        ...resource,
        attributes: new Map(resource.attributes).set('trading.run.id', run),
      },
    }
  })
}

/** An order as its bot tells it. */
function life(ms: number, orderId: string, quantity: string): Step[] {
  const id: Said = { 'trading.order.id': orderId }
  return [
    ['submitting', ms, { 'trading.order.quantity': quantity }],
    ['submitted', ms + 1],
    ['accepted', ms + 2, id],
    ['filled', ms + 3, fillOf(orderId, quantity)],
  ]
}

function fillOf(orderId: string, quantity: string): Said {
  return {
    'trading.order.id': orderId,
    'trading.fill.id': `f-${orderId}`,
    'trading.fill.quantity': quantity,
    'trading.fill.price': '10',
    'trading.order.filled_quantity': quantity,
  }
}

let files = 0

/** Orders as `key status filled flow`, and fills as `order quantity`. */
function shown(records: readonly WireRecord[]): { orders: string[]; fills: string[] } {
  files += 1
  const path = join(folder, `${files}.db`)
  const rows = allRows(filledIndex(path, [records]))
  const parts = records.toReversed().map((record) => [record])
  expect(allRows(filledIndex(`${path}.parts`, parts))).toEqual(rows)
  return {
    orders: (rows['orders'] ?? []).map(
      ({ key, status, filled_qty: filled, trace_id: trace }) =>
        `${String(key)} ${String(status)} ${String(filled)} ${String(trace).slice(0, 1)}`,
    ),
    fills: (rows['fills'] ?? []).map(
      ({ order_key: key, quantity }) => `${String(key)} ${String(quantity)}`,
    ),
  }
}

test('[B25] orders of two runs with the same client id are two, with their own fills', () => {
  const first = told({ run: 'run-1', flow: 'a', span: '1' }, life(0, '81', '1'))
  const second = told({ run: 'run-2', flow: 'b', span: '2' }, life(100, '82', '2'))
  expect(shown([...first, ...second])).toEqual({
    orders: ['binance/1 filled 1 a', 'binance/1 #2 filled 2 b'],
    fills: ['binance/1 #2 2', 'binance/1 1'],
  })
})

test('[B25] so are those of a venue on paper that begins its own ids anew, and of logs without runs and spans', () => {
  const paper = [
    ...told({ run: 'run-1', flow: 'a', span: '1' }, life(0, '1', '1')),
    ...told({ run: 'run-2', flow: 'b', span: '2' }, life(100, '1', '2')),
  ]
  expect(shown(paper).fills).toEqual(['binance/1 #2 2', 'binance/1 1'])
  const old = told({ flow: '' }, [...life(0, '81', '1'), ...life(100, '82', '2')])
  expect(shown(old).fills).toEqual(['binance/1 #2 2', 'binance/1 1'])
})

test('[B25] one whose fill was told ahead of its answer is one', () => {
  const [submitting, submitted, accepted, filled] = told({ span: '1' }, life(0, '81', '1'))
  for (const span of ['1', '']) {
    const records = [submitting, filled, submitted, accepted].flatMap((record, index) =>
      record ? [{ ...record, spanId: span, time: BigInt(index) }] : [],
    )
    expect(shown(records).orders).toEqual(['binance/1 filled 1 a'])
  }
})

test('[B25] an order that another bot on the account sees too is one, of the flow that sent it', () => {
  const sent = told({ flow: 'a', span: '1' }, life(0, '81', '1'))
  const fill = fillOf('81', '1')
  for (const ms of [-50, 3, 90_000]) {
    for (const symbol of ['BTC/USDT', 'BTCUSDT', 'btc-usdt']) {
      const seen = told(
        { run: 'other', flow: 'b', span: '9', said: { 'trading.symbol': symbol } },
        [
          ['foreign', ms, { 'trading.order.id': '81' }],
          ['filled', ms, fill],
        ],
      )
      const before = told({ run: 'run-0', flow: 'c', span: '7' }, life(-500_000, '80', '5'))
      expect(shown([...sent, ...seen, ...before]), `${ms} ${symbol}`).toEqual({
        orders: ['binance/1 filled 5 c', 'binance/1 #2 filled 1 a'],
        fills: ['binance/1 #2 1', 'binance/1 5'],
      })
    }
  }
})

test('[B25] an order whose bot began again while it was open is one', () => {
  const sent = told({ run: 'run-1', flow: 'a', span: '1' }, life(0, '81', '1').slice(0, 3))
  const after = told({ run: 'run-2', flow: 'b', span: '2' }, [
    ['foreign', 5_000, { 'trading.order.id': '81' }],
    ['filled', 5_001, fillOf('81', '1')],
  ])
  expect(shown([...sent, ...after])).toEqual({
    orders: ['binance/1 filled 1 a'],
    fills: ['binance/1 1'],
  })
})

test('[B25] a repeated attempt is an order of its own; what a logger of the bot tells of one is not', () => {
  const open = told({ span: '1' }, [
    ['submitting', 0],
    ['submitted', 1],
    ['accepted', 2, { 'trading.order.id': '81' }],
  ])
  const again = told({ span: '2' }, [
    ['submitting', 10],
    ['submitted', 11],
    ['rejected', 12],
  ])
  const filled = told({ span: '1' }, [['filled', 20, fillOf('81', '1')]])
  const logged = told({ span: '3', module: 'bot' }, [
    ['submitted', 1],
    ['filled', 21, fillOf('81', '1')],
  ])
  expect(shown([...open, ...again, ...filled, ...logged])).toEqual({
    orders: ['binance/1 filled 1 a', 'binance/1 #2 rejected null a'],
    fills: ['binance/1 1'],
  })
})

test('[B25] one whose steps are told in a span each, as a stock SDK has them, is one', () => {
  const records = life(0, '81', '1').flatMap((step, index) => told({ span: String(index) }, [step]))
  const again = life(50, '82', '2').flatMap((step, index) => told({ span: `${index + 4}` }, [step]))
  expect(shown(records).orders).toEqual(['binance/1 filled 1 a'])
  expect(shown([...records, ...again]).fills).toEqual(['binance/1 #2 2', 'binance/1 1'])
})

test('[B25] one id of a venue on two of its markets is two orders', () => {
  const on = (flow: string, symbol: string, quantity: string): LogRecord[] => {
    const said: Said = { 'trading.symbol': symbol, 'trading.order.client_id': '' }
    return told({ flow, span: flow, said }, [
      ['foreign', 0, { 'trading.order.id': '81' }],
      ['filled', 3, fillOf('81', quantity)],
    ])
  }
  expect(shown([...on('a', 'BTC/USDT', '1'), ...on('b', 'ETH/USDT', '2')])).toEqual({
    orders: ['binance/81 filled 1 a', 'binance/81 #2 filled 2 b'],
    fills: ['binance/81 #2 2', 'binance/81 1'],
  })
})

test('[B08] any order and any batches give equal rows of orders that share an id', () => {
  const records = [
    ...told({ run: 'run-1', flow: 'a', span: '1' }, life(0, '81', '1')),
    ...told({ run: 'other', flow: 'c', span: '3' }, [
      ['foreign', 2, { 'trading.order.id': '81' }],
      ['canceled', 4],
    ]),
    ...told({ run: 'run-2', flow: 'b', span: '2' }, life(100, '82', '2')),
    ...told({ run: 'run-3', flow: 'd', span: '4' }, [
      ['submitting', 200],
      [
        'filled',
        203,
        { ...fillOf('83', '3'), 'trading.fill.id': '', 'trading.fill.derived': true },
      ],
    ]),
    ...told({ run: 'run-3', flow: 'd', span: '4' }, [['fill_confirmed', 210, fillOf('83', '3')]]),
  ]
  const wanted = allRows(filledIndex(join(folder, 'wanted.db'), [records]))
  expect(wanted['orders']).toHaveLength(3)
  let run = 0
  assert(
    property(
      shuffledSubarray(records, { minLength: records.length }),
      integer({ min: 1, max: 6 }),
      (shuffled, size) => {
        run += 1
        const store = openStore(join(folder, `run-${run}.db`))
        for (let at = 0; at < shuffled.length; at += size)
          store.add(shuffled.slice(at, at + size).map((record) => ({ record })))
        store.close()
        expect(allRows(join(folder, `run-${run}.db`))).toEqual(wanted)
      },
    ),
    { numRuns: 40 },
  )
})
