/** The open position of a paper venue as `fetchPositions` gives it. */
import { decimal, roundTo, text, zero } from '../decimal.ts'
import type { Instrument } from '../market/event.ts'
import type { Core } from './core.ts'
import type { Position } from './exchange.ts'

/** One entry, or none when flat. */
export function positionsOf(core: Core, instrument: Instrument, nowMs: number): Position[] {
  const { account, mark = zero } = core
  const { position } = account
  if (position.eq(0)) return []
  return [
    {
      symbol: instrument.symbol,
      side: position.gt(0) ? 'long' : 'short',
      contracts: text(position.abs()),
      entryPrice: text(account.entryPrice),
      markPrice: text(mark),
      liquidationPrice: text(roundTo(account.liquidationPrice, instrument.tickSize)),
      unrealizedPnl: text(account.unrealized(mark)),
      notional: text(position.abs().times(mark)),
      leverage: account.leverage,
      initialMargin: text(account.initialMargin),
      maintenanceMargin: text(decimal(account.maintenanceMargin(mark))),
      marginMode: 'isolated',
      timestamp: nowMs,
    },
  ]
}
