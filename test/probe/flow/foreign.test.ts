import { describe, expect, test } from 'vitest'
import { manualClock } from '../../../src/base/clock.ts'
import { createFlows } from '../../../src/probe/flow/flows.ts'
import { record } from '../recording.ts'

describe('an order of the venue', () => {
  const liquidated = (held: readonly string[], symbol: string): string[] => {
    const flows = createFlows({ clock: manualClock() })
    const positions = held.map((name) =>
      flows.position({
        positionId: name,
        venue: 'v',
        symbol: name,
        quantity: '5',
        entryPrice: '9',
      }),
    )
    const fill = { execId: 'x', price: '8', quantity: '5' }
    const order = { venue: 'v', symbol, clientOrderId: 'autoclose-1', side: 'sell' } as const
    flows.update({ ...order, quantity: '5', status: 'filled', fill })
    return positions.filter(({ state }) => state.quantity === '0').map(({ symbol: name }) => name)
  }

  test.each([
    ['BTCUSDT', 'BTC/USDT:USDT'],
    ['BTC-USDT-SWAP', 'BTC/USDT:USDT'],
    ['BTCUSD_PERP', 'BTC/USD:BTC'],
    ['BTCUSDT_260626', 'BTC/USDT:USDT-260626'],
    ['BTC/USDT:USDT', 'BTC/USDT:USDT'],
    ['BTC/USDT:USDT-260626', 'BTC/USDT:USDT-260626'],
    ['BTC/USD:BTC-260626-50000-C', 'BTC/USD:BTC-260626-50000-C'],
  ])('[A46] a liquidation of %s closes what is held in %s and nothing else', (symbol, market) => {
    const held = [
      'BTC/USD:BTC-260626-60000-C',
      'BTC/USD:BTC-260626-50000-C',
      'BTC/USDT:USDT-261225',
      'BTC/USDT:USDT-260626',
      'BTC/USDT:USDT',
      'BTC/USD:BTC',
      'ETH/USDT:USDT',
    ]
    expect(liquidated(held, symbol)).toEqual([market])
  })

  test('[A46] a liquidation of the perpetual does not close what is held at spot', () => {
    expect(liquidated(['BTC/USDT', 'BTC/USDT:USDT'], 'BTC/USDT:USDT')).toEqual(['BTC/USDT:USDT'])
    // A bot may name its perpetual in short.
    expect(liquidated(['BTC/USDT'], 'BTC/USDT:USDT')).toEqual(['BTC/USDT'])
  })

  test('that is known by a fill taken back alone is told, and does not stay open', async () => {
    const seen = record()
    const flows = createFlows({ clock: manualClock() })
    const bust = { execId: 'f1', quantity: '1', price: '9' }
    flows.update({ venue: 'v', symbol: 'BTC/USDT', orderId: '998', bust })
    expect(seen.events()).toEqual(['trading.order.foreign', 'trading.order.illegal_transition'])
    expect(seen.last('trading.order.illegal_transition')['trading.order.transition']).toBe(
      'pending_new → trade_cancel of fill f1',
    )
    expect(flows.open().orders).toEqual([])
    const [open] = await seen.points('trading.order.open')
    expect(open?.value).toBe(0)
    // One that works is told with its status.
    flows.update({ venue: 'v', symbol: 'BTC/USDT', orderId: '999', status: 'new', bust })
    expect(flows.open().orders.map(({ orderId }) => orderId)).toEqual(['999'])
  })

  test.each([
    ['linear', 'BTC/USDT:USDT', { contractSize: '0.01' }, [0.02, 100, '100']],
    ['inverse', 'BTC/USD:BTC', { contractSize: '100', inverse: true }, [0.04, 200, '200']],
  ] as const)(
    '[X30] a liquidation of %s contracts is measured as they are held',
    async (...row) => {
      const seen = record()
      const flows = createFlows({ clock: manualClock() })
      const [, symbol, contract, [base, quote, notional]] = row
      const held = {
        ...contract,
        positionId: 'p1',
        venue: 'binance',
        symbol,
        side: 'long',
      } as const
      flows.position({ ...held, quantity: '5', entryPrice: '6000' })
      flows.update({
        venue: 'binance',
        symbol,
        clientOrderId: 'autoclose-1',
        side: 'sell',
        quantity: '2',
        status: 'filled',
        fill: { execId: 'x', price: '5000', quantity: '2' },
      })
      const [quantity] = await seen.points('trading.fill.quantity')
      const [value] = await seen.points('trading.fill.notional')
      expect([quantity?.value, value?.value]).toEqual([base, quote])
      expect(seen.last('trading.position.liquidated')).toMatchObject({
        'trading.liquidation.notional': notional,
        'trading.position.quantity': '3',
      })
    },
  )
})
