import { absolute, format, parseDecimal, ratio, sign, subtract } from '../../../base/decimal.ts'
import type { Decimal } from '../../../base/decimal.ts'
import type { DecimalInput } from '../../../base/decimal-input.ts'
import type { TradingAttributes } from '../../../semconv/attributes.ts'
import { text } from '../order/order-terms.ts'

/** Stops, leverage and liquidation price of a position. */
interface Limits {
  readonly stopPrice?: DecimalInput | undefined
  readonly takeProfitPrice?: DecimalInput | undefined
  readonly leverage?: number | undefined
  readonly liquidationPrice?: DecimalInput | undefined
}

/** How near the liquidation price is. */
export interface Nearness {
  /** `|mark − liquidation| / mark`. */
  readonly distance: number
  readonly liquidationPrice: string
  /** Whether this is to be said: on coming near, and again each time the distance has halved. */
  readonly isNear: boolean
}

// Above this multiple of the limit the warning is armed again, so that it does not flutter.
const rearm = 1.25

/** Watches how near a position is to its liquidation price. */
export class Risk {
  readonly #distanceMin: number
  #stopPrice: DecimalInput | undefined
  #takeProfitPrice: DecimalInput | undefined
  #leverage: number | undefined
  #liquidationPrice: Decimal | undefined
  #warnBelow: number

  constructor(distanceMin: number, limits: Limits) {
    this.#distanceMin = distanceMin
    this.#warnBelow = distanceMin
    this.#stopPrice = limits.stopPrice
    this.#takeProfitPrice = limits.takeProfitPrice
    this.#leverage = limits.leverage
    this.#liquidationPrice = parseDecimal(limits.liquidationPrice)
  }

  /** Takes changes and returns them with old and new value. */
  change(change: Limits): Record<string, unknown> {
    const changes: Record<string, unknown> = {}
    if (change.stopPrice !== undefined) {
      changes['stop_price'] = [text(this.#stopPrice) ?? null, text(change.stopPrice)]
      this.#stopPrice = change.stopPrice
    }
    if (change.takeProfitPrice !== undefined) {
      changes['take_profit_price'] = [
        text(this.#takeProfitPrice) ?? null,
        text(change.takeProfitPrice),
      ]
      this.#takeProfitPrice = change.takeProfitPrice
    }
    if (change.leverage !== undefined) {
      changes['leverage'] = [this.#leverage ?? null, change.leverage]
      this.#leverage = change.leverage
    }
    if (change.liquidationPrice !== undefined) {
      const before = this.#liquidationPrice
      this.#liquidationPrice = parseDecimal(change.liquidationPrice)
      changes['liquidation_price'] = [before ? format(before) : null, text(change.liquidationPrice)]
    }
    return changes
  }

  stops(): TradingAttributes {
    return {
      'trading.position.stop_price': text(this.#stopPrice),
      'trading.position.take_profit_price': text(this.#takeProfitPrice),
    }
  }

  /** Undefined where no liquidation price is known. */
  watch(
    price: Decimal,
    mark: { readonly liquidationPrice?: DecimalInput | undefined },
  ): Nearness | undefined {
    this.#liquidationPrice = parseDecimal(mark.liquidationPrice) ?? this.#liquidationPrice
    const liquidation = this.#liquidationPrice
    // Venues write 0 where a position cannot be liquidated.
    if (!liquidation || sign(liquidation) <= 0) return undefined
    const distance = ratio(absolute(subtract(price, liquidation)), price)
    if (distance === undefined) return undefined
    const isNear = distance < this.#warnBelow
    if (isNear) this.#warnBelow = distance / 2
    else if (distance > this.#distanceMin * rearm) this.#warnBelow = this.#distanceMin
    return { distance, liquidationPrice: format(liquidation), isNear }
  }
}
