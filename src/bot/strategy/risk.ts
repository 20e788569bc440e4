/** The own risk check: may this trade be made? It says no with a reason, and nothing is sent. */
import { decimal, type Decimal } from '../decimal.ts'
import type { Side } from '../market/event.ts'

/** What the bot may do: everything, only close, nothing. As nautilus_trader's TradingState. */
export type TradingState = 'active' | 'reducing' | 'halted'

/** Why a trade is denied. */
export type DenyReason =
  | 'trading_halted'
  | 'trading_reducing'
  | 'stale_price'
  | 'venue_unhealthy'
  | 'hedge_unavailable'
  | 'rate_limit'
  | 'max_open_orders'
  | 'max_position'
  | 'max_notional'
  | 'max_daily_loss'
  | 'insufficient_balance'
  | 'invalid_order'

/** The limits. Money in quote currency. */
export interface RiskLimits {
  /** Flows at work and positions open, together. @default 4 */
  readonly flowsMax: number
  /** Sum of all positions, as a multiple of the equity. @default 1.5 */
  readonly notionalMax: number
  /** Loss since the start, as a part of the equity at the start. @default 0.01 */
  readonly lossMax: number
  /** Age of the last book, in candles. @default 4 */
  readonly priceAgeMax: number
  /** Part of the request budget that may be used before new trades wait. @default 0.8 */
  readonly weightMax: number
}

/** The values that `@default` above names. */
export const riskDefaults: RiskLimits = {
  flowsMax: 4,
  notionalMax: 1.5,
  lossMax: 0.01,
  priceAgeMax: 4,
  weightMax: 0.8,
}

/** A venue as the risk check sees it. */
export interface VenueHealth {
  readonly isUp: boolean
  /** Time since the last book, in candles. */
  readonly priceAge: number
  /** Used part of the request budget. */
  readonly weightUsed: number
}

/** All that is looked at. */
export interface RiskPicture {
  readonly state: TradingState
  readonly side: Side
  readonly quantity: Decimal
  readonly notional: Decimal
  readonly leverage: number
  readonly equity: Decimal
  readonly startEquity: Decimal
  readonly free: Decimal
  /** Notional of what is open, and its side. */
  readonly openNotional: Decimal
  readonly openSide: Side | undefined
  readonly flowsOpen: number
  readonly first: VenueHealth
  readonly second: VenueHealth
}

/** Yes, or no with the reason and the limit that was hit. */
export type Verdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly reason: DenyReason; readonly limit: string }

type Rule = (picture: RiskPicture, limits: RiskLimits) => Verdict | undefined

/** The first rule that says no, in the order in which they matter. */
export function checkRisk(picture: RiskPicture, limits: RiskLimits = riskDefaults): Verdict {
  for (const rule of rules) {
    const verdict = rule(picture, limits)
    if (verdict) return verdict
  }
  return { allowed: true }
}

function no(reason: DenyReason, limit: string): Verdict {
  return { allowed: false, reason, limit }
}

const rules: readonly Rule[] = [
  ({ state }) => (state === 'halted' ? no('trading_halted', 'trading_state=halted') : undefined),
  ({ state }) =>
    state === 'reducing' ? no('trading_reducing', 'trading_state=reducing') : undefined,
  ({ quantity }) => (quantity.lte(0) ? no('invalid_order', 'quantity=0') : undefined),
  ({ equity, startEquity }, { lossMax }) => {
    const limit = startEquity.times(lossMax)
    return startEquity.minus(equity).gt(limit)
      ? no('max_daily_loss', `max_daily_loss=${limit.toFixed(2)}`)
      : undefined
  },
  ({ first, second }, { priceAgeMax }) =>
    Math.max(first.priceAge, second.priceAge) > priceAgeMax
      ? no('stale_price', `price_age_candles=${priceAgeMax}`)
      : undefined,
  ({ first }) => (first.isUp ? undefined : no('venue_unhealthy', 'first_venue=up')),
  ({ second }) => (second.isUp ? undefined : no('hedge_unavailable', 'second_venue=up')),
  ({ first, second }, { weightMax }) =>
    Math.max(first.weightUsed, second.weightUsed) > weightMax
      ? no('rate_limit', `request_weight=${weightMax}`)
      : undefined,
  ({ openSide, side }) =>
    openSide !== undefined && openSide !== side
      ? no('max_position', `open_side=${openSide}`)
      : undefined,
  ({ flowsOpen }, { flowsMax }) =>
    flowsOpen >= flowsMax ? no('max_open_orders', `flows_max=${flowsMax}`) : undefined,
  ({ openNotional, notional, equity }, { notionalMax }) => {
    const limit = equity.times(notionalMax)
    return openNotional.plus(notional).gt(limit)
      ? no('max_notional', `max_notional=${limit.toFixed(2)}`)
      : undefined
  },
  ({ notional, leverage, free }) =>
    decimal(notional).div(leverage).gt(free)
      ? no('insufficient_balance', `free=${free.toFixed(2)}`)
      : undefined,
]
