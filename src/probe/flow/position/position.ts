import { format, parseDecimal, sign, toNumber, zero } from '../../../base/decimal.ts'
import type { Decimal } from '../../../base/decimal.ts'
import { priceSources } from '../../../semconv/words.ts'
import type { PriceSource } from '../../../semconv/words.ts'
import { given } from '../../event/fault.ts'
import { together } from '../../event/together.ts'
import { defined } from '../core.ts'
import type { AnyAttributes } from '../core.ts'
import type { LegOrderOptions } from '../handles/hedge.ts'
import type { Order } from '../handles/order.ts'
import type { Position, PositionClose, PositionMark } from '../handles/position.ts'
import type { Ledger } from '../ledger.ts'
import { newOrder } from '../order/order-start.ts'
import { opposite, text } from '../order/order-terms.ts'
import { spread } from './pnl.ts'
import { PositionRecord } from './position-record.ts'
import type { PositionStart } from './position-record.ts'

/** A {@link Position}: what the bot tells it, and what follows from its marks. */
export class PositionHandle extends PositionRecord implements Position {
  #toldMs: number | undefined

  constructor(ledger: Ledger, start: PositionStart) {
    super(ledger, start)
    ledger.positions.add(this)
  }

  protected left(): void {
    this.ledger.positions.delete(this)
  }

  marked(mark: PositionMark): void {
    this.do('marked', () => {
      const results = new Map<PriceSource, Decimal>()
      let price: Decimal | undefined
      let source: PriceSource | undefined
      for (const name of priceSources) {
        const at = parseDecimal(mark[name])
        if (!at || sign(at) <= 0) continue
        price ??= at
        source ??= name
        results.set(name, this.sums.unrealized(at))
      }
      if (!price || !source) return
      this.lastMark = price
      this.sums.mark(price)
      const difference = spread([...results.values()])
      this.#gauge(results, difference)
      this.#watch(price, mark)
      this.#tellMark(price, source, results, difference)
    })
  }

  modified(change: Parameters<Position['modified']>[0]): void {
    this.do('modified', () => {
      const changes = this.risk.change(change)
      const quantity = parseDecimal(change.quantity)
      const entryPrice = parseDecimal(change.entryPrice)
      if (quantity || entryPrice) {
        const before = this.state
        const price = entryPrice ?? this.sums.entryPrice ?? this.#entryBefore()
        this.sums.reset(quantity ?? this.sums.quantity, price)
        if (quantity) changes['quantity'] = [before.quantity, this.state.quantity]
        if (entryPrice) changes['entry_price'] = [before.entryPrice, this.state.entryPrice]
        this.tellQuantity()
      }
      this.tell('trading.position.modified', {
        'trading.position.change': changes,
        'trading.position.quantity': this.state.quantity,
      })
    })
  }

  /** Of a flat position that turns out to be there still: at nothing, closing it would bring all that it is worth. */
  #entryBefore(): Decimal {
    return parseDecimal(this.start.entryPrice) ?? this.lastMark ?? zero
  }

  funding(funding: Parameters<Position['funding']>[0]): void {
    this.do('funding', () => {
      const payment = parseDecimal(funding.payment)
      if (!payment) return
      this.sums.fund(payment)
      this.realize(payment)
      this.tell('trading.position.funding', {
        'trading.funding.payment': text(funding.payment),
        'trading.funding.rate': text(funding.rate),
        'trading.funding.total': format(this.sums.funding),
      })
    })
  }

  stopTriggered(trigger: Parameters<Position['stopTriggered']>[0]): void {
    this.do('stopTriggered', () => {
      this.exitReason = trigger.reason
      this.tell(
        'trading.position.stop_triggered',
        {
          'trading.position.exit.reason': trigger.reason,
          'trading.position.mark_price':
            text(trigger.price) ?? (this.lastMark && format(this.lastMark)),
          ...this.risk.stops(),
        },
        { message: `${trigger.reason.replaceAll('_', ' ')} reached` },
      )
    })
  }

  order(options: LegOrderOptions): Order {
    return together(() => this.#order(given('position.order', options)))
  }

  #order(options: LegOrderOptions): Order {
    if (this.ended) this.late('position.order')
    const towards = this.sums.side === 'long' ? 'buy' : 'sell'
    const order = newOrder(this.ledger, this, {
      contractSize: this.start.contractSize,
      inverse: this.start.inverse,
      ...options,
      venue: options.venue ?? this.start.venue ?? 'unknown',
      symbol: options.symbol ?? this.symbol,
      side: options.side ?? opposite(towards),
      quantity: options.quantity ?? format(this.sums.quantity),
    })
    this.orders.push(order)
    return order
  }

  reduced(part: Parameters<Position['reduced']>[0]): void {
    this.do('reduced', () => {
      this.close(part.quantity, part.price)
      this.pay(part.fees)
      this.tell('trading.position.modified', {
        'trading.position.change': { reduced: [text(part.quantity), text(part.price)] },
        'trading.position.quantity': this.state.quantity,
      })
    })
  }

  liquidated(liquidation: Parameters<Position['liquidated']>[0]): void {
    this.do('liquidated', () => {
      const quantity = parseDecimal(liquidation.quantity) ?? this.sums.quantity
      const told = parseDecimal(liquidation.price)
      const price = told && sign(told) > 0 ? told : this.lastMark
      if (price) this.close(quantity, price)
      const origin = liquidation.origin ?? 'liquidation'
      this.exitReason = origin === 'adl' ? 'adl' : 'liquidation'
      this.tell(
        'trading.position.liquidated',
        {
          'trading.order.origin': origin,
          'trading.liquidation.notional': price && format(this.sums.notional(quantity, price)),
          'trading.position.quantity': this.state.quantity,
        },
        { message: `the venue closed ${format(quantity)} ${this.symbol} (${origin})` },
      )
    })
  }

  closed(close: PositionClose = {}): void {
    this.do('closed', () => {
      const exitPrice = parseDecimal(close.exitPrice) ?? this.lastMark
      // What its orders have not closed is closed at the price given, or at the last mark.
      if (sign(this.sums.quantity) > 0 && exitPrice) this.close(this.sums.quantity, exitPrice)
      this.pay(close.fees)
      this.end(close.reason ?? this.exitReason ?? 'other', close)
    })
  }

  /** Closes a position that has long been flat and that nobody closed. */
  settle(flatMaxMs: number): void {
    const flatMs = this.flatMs
    if (flatMs !== undefined && this.core.nowMs() - flatMs >= flatMaxMs) this.closed()
  }

  /** What a log line keeps of it where a bot hands over the position as a value. */
  toJSON(): AnyAttributes {
    const { positionId, symbol, venue, ended } = this
    return { positionId, symbol, venue, ...this.state, ended }
  }

  #gauge(results: ReadonlyMap<PriceSource, Decimal>, difference: Decimal | undefined): void {
    const { gauges } = this.ledger
    const labels = defined({
      'trading.symbol': this.symbol,
      'trading.strategy': this.start.strategy,
    })
    for (const [source, result] of results) {
      const own = { ...labels, 'trading.pnl.source': source }
      gauges.set('trading.pnl.unrealized', this, toNumber(result), own)
    }
    if (difference) gauges.set('trading.pnl.difference', this, toNumber(difference), labels)
  }

  #watch(price: Decimal, mark: PositionMark): void {
    const found = this.risk.watch(price, mark)
    if (!found) return
    const { distance } = found
    const { gauges } = this.ledger
    gauges.set('trading.position.liquidation_distance', this, distance, this.labels)
    if (!found.isNear) return
    this.tell(
      'trading.position.liquidation_near',
      {
        'trading.position.mark_price': format(price),
        'trading.position.liquidation_price': found.liquidationPrice,
        'trading.position.liquidation_distance': distance,
        'trading.position.margin_ratio': mark.marginRatio,
      },
      { message: `${(distance * 100).toFixed(1)} % from liquidation at ${found.liquidationPrice}` },
    )
  }

  #tellMark(
    price: Decimal,
    source: PriceSource,
    results: ReadonlyMap<PriceSource, Decimal>,
    difference: Decimal | undefined,
  ): void {
    const nowMs = this.core.nowMs()
    const isTooSoon =
      this.#toldMs !== undefined && nowMs - this.#toldMs < this.core.settings.markIntervalMs
    if (isTooSoon) return
    this.#toldMs = nowMs
    const unrealized = results.get(source) ?? zero
    const bySource: Record<string, string> = {}
    for (const [name, result] of results) bySource[name] = format(result)
    this.tell(
      'trading.position.marked',
      {
        'trading.position.mark_price': format(price),
        'trading.pnl.unrealized': format(unrealized),
        'trading.pnl.unrealized_num': toNumber(unrealized),
        'trading.pnl.source': source,
        'trading.pnl.by_source': results.size > 1 ? bySource : undefined,
        'trading.pnl.difference': difference && format(difference),
      },
      { message: `${this.symbol} at ${format(price)}: ${format(unrealized)} unrealized` },
    )
  }
}
