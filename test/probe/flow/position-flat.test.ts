import { expect, test } from 'vitest'
import { manualClock } from '../../../src/base/clock.ts'
import { createFlows } from '../../../src/probe/flow/flows.ts'
import { record } from '../recording.ts'

test('[A43] a flat position that turns out to be there still has the price that it was opened at', () => {
  const seen = record()
  const flows = createFlows({ clock: manualClock() })
  const position = flows.position({
    positionId: 'p1',
    symbol: 'BTC/USDT',
    side: 'long',
    quantity: '2',
    entryPrice: '100',
  })
  position.liquidated({ quantity: '2', price: '101', origin: 'adl' })
  expect(seen.last('trading.position.liquidated')).toMatchObject({
    'trading.position.quantity': '0',
  })
  // The deleveraging was of another position of the account: so says the venue.
  position.modified({ quantity: '2' })
  position.closed({ exitPrice: '103' })
  expect(seen.last('trading.position.closed')).toMatchObject({ 'trading.pnl.realized': '8' })
})
