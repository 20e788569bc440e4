/**
 * How much to trade: what may be lost, over how far away the stop is, within what the account carries and what
 * the books can take.
 */
import { decimal, floorTo, least, type Decimal } from '../decimal.ts'
import type { Instrument } from '../market/event.ts'

/** How much is risked. */
export interface SizingSettings {
  /** Part of the equity that a stopped trade loses. @default 0.0002 */
  readonly riskShare: number
  /** Largest notional of one trade, as a multiple of the equity. @default 0.35 */
  readonly notionalMax: number
  /** Part of what is displayed that one trade may take. @default 0.2 */
  readonly depthMax: number
  readonly leverage: number
}

/** A size, with the figures behind it. */
export interface Size {
  readonly quantity: Decimal
  readonly notional: Decimal
  /** What the stop would lose. */
  readonly risk: Decimal
  readonly limitedBy: 'risk' | 'notional' | 'depth'
}

/** Whole lots, never more than asked; 0 when even one lot is too much or below the minimum notional. */
export function sizeOf(
  trade: {
    readonly equity: Decimal
    readonly price: Decimal
    readonly stopDistance: Decimal
    /** Displayed on the thinner of the books that it will take from. */
    readonly depth: Decimal
  },
  settings: SizingSettings,
  instrument: Instrument,
): Size {
  const { equity, price, stopDistance, depth } = trade
  const byRisk = equity.times(settings.riskShare).div(stopDistance)
  const byNotional = equity.times(settings.notionalMax).div(price)
  const byDepth = depth.times(settings.depthMax)
  const largest = least(least(byRisk, byNotional), byDepth)
  const quantity = floorTo(largest, instrument.lotSize)
  const notional = quantity.times(price)
  const isEnough = notional.gte(instrument.minNotional)
  return {
    quantity: isEnough ? quantity : decimal(0),
    notional,
    risk: quantity.times(stopDistance),
    limitedBy: largest.eq(byDepth) ? 'depth' : largest.eq(byRisk) ? 'risk' : 'notional',
  }
}
