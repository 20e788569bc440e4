/** What a paper venue says of its account and its market: position, balance, ticker. */
import { decimal, roundTo, text, zero, type Decimal } from '../decimal.ts'
import type { Instrument } from '../market/event.ts'
import type { Core } from './core.ts'
import type { Balance, Position, Ticker } from './exchange.ts'

/** `fetchPositions`: one entry, or none when flat. */
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

/** `fetchBalance`: the quote money. */
export function balanceOf(core: Core, instrument: Instrument): Readonly<Record<string, Balance>> {
  const { account, matching, mark = zero } = core
  const free = account.available(matching.resting, mark)
  const total = account.wallet
  return {
    [instrument.quote]: { free: text(free), used: text(total.minus(free)), total: text(total) },
  }
}

/** `fetchTicker`: the prices of the moment. */
export function tickerOf(core: Core, instrument: Instrument, nowMs: number): Ticker {
  const { book, last } = core.matching
  return {
    symbol: instrument.symbol,
    timestamp: nowMs,
    bid: optional(book.bestBid),
    ask: optional(book.bestAsk),
    last: optional(last),
    markPrice: optional(core.mark),
  }
}

function optional(value: Decimal | undefined): string | undefined {
  return value && text(value)
}
