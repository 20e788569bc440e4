/**
 * Money and position at one paper venue: a linear perpetual in one-way mode with isolated margin.
 *
 * Invariant, exact to the last digit:
 *   wallet − cost = deposit − Σ signed quantity × price − Σ fees + Σ funding
 * where `cost` is what the open position was bought for (negative when short). When flat, `cost` is zero
 * and the wallet holds the realized result.
 */
import { decimal, least, zero, type Decimal } from '../decimal.ts'
import type { Side } from '../market/event.ts'
import type { PaperOrder } from './paper-order.ts'

/** Part of the notional that must stay as margin. Binance's first tier for BTCUSDT is 0.4 %. */
const maintenanceRate = decimal('0.004')

/** The account of the bot at one venue. */
export class Account {
  #wallet: Decimal
  #position: Decimal = zero
  #cost: Decimal = zero
  #realized: Decimal = zero
  #fees: Decimal = zero
  #funding: Decimal = zero
  leverage = 10

  constructor(deposit: Decimal) {
    this.#wallet = deposit
  }

  get wallet(): Decimal {
    return this.#wallet
  }

  /** Signed quantity: negative is short. */
  get position(): Decimal {
    return this.#position
  }

  get cost(): Decimal {
    return this.#cost
  }

  /** What the wallet gained since the deposit: closed trades, fees, funding. */
  get result(): Decimal {
    return this.#realized.minus(this.#fees).plus(this.#funding)
  }

  /** Closed trades alone, before fees and funding. */
  get realized(): Decimal {
    return this.#realized
  }

  get fees(): Decimal {
    return this.#fees
  }

  get funding(): Decimal {
    return this.#funding
  }

  /** Mean price of the open position, 0 when flat. */
  get entryPrice(): Decimal {
    return this.#position.eq(0) ? zero : this.#cost.div(this.#position)
  }

  get initialMargin(): Decimal {
    return this.#cost.abs().div(this.leverage)
  }

  unrealized(mark: Decimal): Decimal {
    return this.#position.times(mark).minus(this.#cost)
  }

  maintenanceMargin(mark: Decimal): Decimal {
    return this.#position.abs().times(mark).times(maintenanceRate)
  }

  /** Free for new orders: what is neither margin of the position nor of `orders`. Losses count, gains do not. */
  available(orders: readonly PaperOrder[], mark: Decimal): Decimal {
    const loss = least(zero, this.unrealized(mark))
    const reserved = orders.reduce((sum, order) => sum.plus(this.marginOf(order, mark)), zero)
    return this.#wallet.plus(loss).minus(this.initialMargin).minus(reserved)
  }

  /** Margin an order needs while it is open. */
  marginOf(order: PaperOrder, mark: Decimal): Decimal {
    if (order.request.reduceOnly) return zero
    return order.remaining.times(order.price ?? mark).div(this.leverage)
  }

  /** Where the margin of the position is used up to its maintenance part; 0 when flat. */
  get liquidationPrice(): Decimal {
    if (this.#position.eq(0)) return zero
    const share = decimal(1).div(this.leverage)
    const entry = this.entryPrice
    return this.#position.gt(0)
      ? entry.times(decimal(1).minus(share)).div(decimal(1).minus(maintenanceRate))
      : entry.times(decimal(1).plus(share)).div(decimal(1).plus(maintenanceRate))
  }

  isLiquidatedAt(mark: Decimal): boolean {
    if (this.#position.eq(0)) return false
    return this.initialMargin.plus(this.unrealized(mark)).lte(this.maintenanceMargin(mark))
  }

  /** Books a fill; what it closes is realized at once. */
  fill(
    side: Side,
    fill: { readonly price: Decimal; readonly quantity: Decimal; readonly fee: Decimal },
  ): void {
    const signed = side === 'buy' ? fill.quantity : fill.quantity.times(-1)
    const closes = this.#position.times(signed).lt(0)
    const closed = closes ? least(this.#position.abs(), fill.quantity) : zero
    const closedSigned = side === 'buy' ? closed : closed.times(-1)
    if (closed.gt(0)) {
      const isAll = closed.eq(this.#position.abs())
      const cost = isAll ? this.#cost : this.#cost.times(closed).div(this.#position.abs()).round(12)
      const result = closedSigned.times(fill.price).times(-1).minus(cost)
      this.#cost = this.#cost.minus(cost)
      this.#realized = this.#realized.plus(result)
      this.#wallet = this.#wallet.plus(result)
    }
    this.#cost = this.#cost.plus(signed.minus(closedSigned).times(fill.price))
    this.#position = this.#position.plus(signed)
    this.#fees = this.#fees.plus(fill.fee)
    this.#wallet = this.#wallet.minus(fill.fee)
  }

  /** Settles funding: at a positive rate the long pays the short. Returns what was got (negative: paid). */
  settle(rate: Decimal, mark: Decimal): Decimal {
    const amount = this.#position.times(mark).times(rate).times(-1).round(8)
    this.#funding = this.#funding.plus(amount)
    this.#wallet = this.#wallet.plus(amount)
    return amount
  }
}
