import { describe, expect, test } from 'vitest'
import { decimal } from '../../../src/bot/decimal.ts'
import { checkRisk, type RiskPicture } from '../../../src/bot/strategy/risk.ts'
import { sizeOf } from '../../../src/bot/strategy/sizing.ts'

const fine: RiskPicture = {
  state: 'active',
  side: 'buy',
  quantity: decimal('0.1'),
  notional: decimal('4000'),
  leverage: 10,
  equity: decimal('10000'),
  startEquity: decimal('10000'),
  free: decimal('9000'),
  openNotional: decimal('0'),
  openSide: undefined,
  flowsOpen: 0,
  first: { isUp: true, priceAge: 0, weightUsed: 0 },
  second: { isUp: true, priceAge: 0, weightUsed: 0 },
}

describe('[X14] the own risk check', () => {
  test('lets a trade pass that breaks no limit, also on the side that is open', () => {
    expect(checkRisk(fine)).toEqual({ allowed: true })
    expect(
      checkRisk({ ...fine, openSide: 'buy', openNotional: decimal('4000'), flowsOpen: 3 }),
    ).toEqual({ allowed: true })
  })

  test.each<[string, string, Partial<RiskPicture>]>([
    ['trading_halted', 'trading_state=halted', { state: 'halted' }],
    ['trading_reducing', 'trading_state=reducing', { state: 'reducing' }],
    ['invalid_order', 'quantity=0', { quantity: decimal('0') }],
    ['max_daily_loss', 'max_daily_loss=100.00', { equity: decimal('9899') }],
    ['stale_price', 'price_age_candles=4', { second: { isUp: true, priceAge: 5, weightUsed: 0 } }],
    ['venue_unhealthy', 'first_venue=up', { first: { isUp: false, priceAge: 0, weightUsed: 0 } }],
    [
      'hedge_unavailable',
      'second_venue=up',
      { second: { isUp: false, priceAge: 0, weightUsed: 0 } },
    ],
    ['rate_limit', 'request_weight=0.8', { first: { isUp: true, priceAge: 0, weightUsed: 0.9 } }],
    ['max_position', 'open_side=sell', { openSide: 'sell' }],
    ['max_open_orders', 'flows_max=4', { flowsOpen: 4 }],
    ['max_notional', 'max_notional=15000.00', { openNotional: decimal('11001') }],
    ['insufficient_balance', 'free=399.00', { free: decimal('399') }],
  ])('[X15] denies for %s and names the limit %s', (reason, limit, change) => {
    expect(checkRisk({ ...fine, ...change })).toEqual({ allowed: false, reason, limit })
  })

  test('the state of trading comes before everything else', () => {
    expect(checkRisk({ ...fine, state: 'halted', flowsOpen: 9, free: decimal('0') })).toMatchObject(
      {
        reason: 'trading_halted',
      },
    )
  })
})

describe('[A25] position size', () => {
  const instrument = {
    symbol: 'X',
    base: 'X',
    quote: 'Y',
    tickSize: '0.1',
    lotSize: '0.01',
    minNotional: '10',
  }
  const settings = { riskShare: 0.001, notionalMax: 0.5, depthMax: 0.2, leverage: 10 }
  const size = (stopDistance: string, depth = '1000'): ReturnType<typeof sizeOf> =>
    sizeOf(
      {
        equity: decimal('1000'),
        price: decimal('100'),
        stopDistance: decimal(stopDistance),
        depth: decimal(depth),
      },
      settings,
      instrument,
    )

  test('a stop that is hit loses what may be lost, to the lot below', () => {
    // 1 of money over a distance of 3: 0.333…
    const { quantity, risk, limitedBy } = size('3')
    expect([quantity.toFixed(), risk.toFixed(), limitedBy]).toEqual(['0.33', '0.99', 'risk'])
  })

  test('a near stop is limited by the notional', () => {
    const { quantity, limitedBy } = size('0.01')
    expect([quantity.toFixed(), limitedBy]).toEqual(['5', 'notional'])
  })

  test('a thin book limits it further', () => {
    const { quantity, limitedBy } = size('3', '1')
    expect([quantity.toFixed(), limitedBy]).toEqual(['0.2', 'depth'])
  })

  test('what is too small to trade is nothing', () => {
    expect(size('30').quantity.toFixed()).toBe('0')
  })
})
