import { describe, expect, test } from 'vitest'
import { manualClock } from '../../../src/base/clock.ts'
import { createFlows } from '../../../src/probe/flow/flows.ts'
import { record } from '../recording.ts'

describe('an order of the venue', () => {
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
