import { SpanKind, context as contextApi, trace } from '@opentelemetry/api'
import type { Context, Link, Span } from '@opentelemetry/api'
import { format, parseDecimal, sign, subtract, toNumber, zero } from '../../base/decimal.ts'
import type { Decimal, DecimalInput } from '../../base/decimal.ts'
import type { TradingAttributes } from '../../semconv/attributes.ts'
import type { EventName } from '../../semconv/events.ts'
import { priceSources } from '../../semconv/words.ts'
import type { ExitReason, PositionSide, PriceSource } from '../../semconv/words.ts'
import { guarded } from '../event/fault.ts'
import { contextOf, defined, errorText, runIn } from './core.ts'
import type { AnyAttributes, Core, FlowEmission, Scope } from './core.ts'
import type { FillChange } from './fills.ts'
import { newOrder } from './flow.ts'
import type { LegOrderOptions } from './handles/hedge.ts'
import type { Order } from './handles/order.ts'
import type {
  Position,
  PositionClose,
  PositionMark,
  PositionOptions,
  PositionState,
} from './handles/position.ts'
import { opposite } from './hedge.ts'
import type { Ledger } from './ledger.ts'
import type { OrderHandle } from './order.ts'
import type { OrderOwner } from './order-record.ts'
import { contractOf, text } from './order-terms.ts'
import { PositionSums, spread } from './pnl.ts'
import { Risk } from './risk.ts'

/** How a position starts: what the bot said, completed from the flow that opened it. */
export interface PositionStart extends PositionOptions {
  readonly symbol: string
  readonly side: PositionSide
  /** Correlation id of the flow that opened it. */
  readonly correlationId?: string | undefined
  readonly links?: readonly Link[] | undefined
  readonly inherited?: AnyAttributes | undefined
  /** Called once, when it is closed. */
  readonly onClosed?: (() => void) | undefined
}

/** A {@link Position}. */
export class PositionHandle implements Position, OrderOwner {
  readonly positionId: string
  readonly symbol: string
  readonly span: Span
  readonly context: Context
  readonly numbers = undefined
  readonly decisionPrice = undefined
  readonly #ledger: Ledger
  readonly #core: Core
  readonly #scope: Scope
  readonly #start: PositionStart
  readonly #sums: PositionSums
  readonly #risk: Risk
  readonly #startMs: number
  readonly #orders: OrderHandle[] = []
  readonly #labels: AnyAttributes
  #toldFees = zero
  #toldMs: number | undefined
  #lastMark: Decimal | undefined
  #flatMs: number | undefined
  #exitReason: ExitReason | undefined
  #hasEnded = false

  constructor(ledger: Ledger, start: PositionStart) {
    const { core } = ledger
    this.#ledger = ledger
    this.#core = core
    this.#start = start
    this.positionId = start.positionId
    this.symbol = start.symbol
    this.#startMs = core.nowMs()
    this.#sums = new PositionSums(start.side, contractOf(start))
    const quantity = parseDecimal(start.quantity) ?? zero
    const entryPrice = parseDecimal(start.entryPrice) ?? zero
    this.#sums.increase(quantity, this.#sums.valueOf(quantity, entryPrice))
    this.#risk = new Risk(core.settings.liquidationDistanceMin, start)
    const inherited = defined({
      ...core.attributes,
      ...start.inherited,
      'trading.symbol': start.symbol,
      'trading.strategy': start.strategy,
      'trading.venue': start.venue,
      'trading.position.id': start.positionId,
      'trading.position.side': start.side,
      'trading.correlation_id': start.correlationId,
    })
    this.#labels = defined({
      'trading.symbol': start.symbol,
      'trading.strategy': start.strategy,
      'trading.position.side': start.side,
    })
    const parent = trace.deleteSpan(contextApi.active())
    this.span = core.startSpan(
      'position',
      SpanKind.INTERNAL,
      { ...start.attributes, ...inherited, ...this.#opening() },
      parent,
      { root: true, links: [...(start.links ?? [])] },
    )
    this.context = contextOf(parent, this.span, inherited)
    this.#scope = { context: this.context, span: this.span, base: inherited, numbers: undefined }
    ledger.positions.add(this)
    guarded('position.opened', () => {
      this.#tell('trading.position.opened', this.#opening(), {
        message: `${start.side} ${format(quantity)} ${start.symbol} at ${format(entryPrice)} opened`,
        extra: start.attributes,
      })
      core.measure(this.#scope, 'trading.position.open', 1)
      this.#tellQuantity()
      this.#pay(start.entryFees)
    })
  }

  get state(): PositionState {
    const sums = this.#sums
    const entryPrice = sums.entryPrice ?? parseDecimal(this.#start.entryPrice)
    return {
      side: sums.side,
      quantity: format(sums.quantity),
      entryPrice: entryPrice ? format(entryPrice) : '0',
      realizedPnl: format(sums.realized),
      unrealizedPnl: this.#lastMark && format(sums.unrealized(this.#lastMark)),
      fees: format(sums.fees),
      funding: format(sums.funding),
      mae: format(sums.mae),
      mfe: format(sums.mfe),
      drawdown: format(sums.drawdown),
    }
  }

  get venue(): string | undefined {
    return this.#start.venue
  }

  get ended(): boolean {
    return this.#hasEnded
  }

  run<T>(fn: () => T): T {
    return runIn(this.context, fn, (error) => {
      this.#tell('trading.error', {}, { message: errorText(error), exception: error })
    })
  }

  marked(mark: PositionMark): void {
    this.#do('marked', () => {
      const results = new Map<PriceSource, Decimal>()
      let price: Decimal | undefined
      let source: PriceSource | undefined
      for (const name of priceSources) {
        const at = parseDecimal(mark[name])
        if (!at || sign(at) <= 0) continue
        price ??= at
        source ??= name
        results.set(name, this.#sums.unrealized(at))
      }
      if (!price || !source) return
      this.#lastMark = price
      this.#sums.mark(price)
      const difference = spread([...results.values()])
      this.#gauge(results, difference)
      this.#watch(price, mark)
      this.#tellMark(price, source, results, difference)
    })
  }

  modified(change: Parameters<Position['modified']>[0]): void {
    this.#do('modified', () => {
      const changes = this.#risk.change(change)
      const quantity = parseDecimal(change.quantity)
      const entryPrice = parseDecimal(change.entryPrice)
      if (quantity || entryPrice) {
        const before = this.state
        const price = entryPrice ?? this.#sums.entryPrice ?? zero
        this.#sums.reset(quantity ?? this.#sums.quantity, price)
        if (quantity) changes['quantity'] = [before.quantity, this.state.quantity]
        if (entryPrice) changes['entry_price'] = [before.entryPrice, this.state.entryPrice]
        this.#tellQuantity()
      }
      this.#tell('trading.position.modified', {
        'trading.position.change': changes,
        'trading.position.quantity': this.state.quantity,
      })
    })
  }

  funding(funding: Parameters<Position['funding']>[0]): void {
    this.#do('funding', () => {
      const payment = parseDecimal(funding.payment)
      if (!payment) return
      this.#sums.fund(payment)
      this.#realize(payment)
      this.#tell('trading.position.funding', {
        'trading.funding.payment': text(funding.payment),
        'trading.funding.rate': text(funding.rate),
        'trading.funding.total': format(this.#sums.funding),
      })
    })
  }

  stopTriggered(trigger: Parameters<Position['stopTriggered']>[0]): void {
    this.#do('stopTriggered', () => {
      this.#exitReason = trigger.reason
      this.#tell(
        'trading.position.stop_triggered',
        {
          'trading.position.exit.reason': trigger.reason,
          'trading.position.mark_price':
            text(trigger.price) ?? (this.#lastMark && format(this.#lastMark)),
          ...this.#risk.stops(),
        },
        { message: `${trigger.reason.replaceAll('_', ' ')} reached` },
      )
    })
  }

  order(options: LegOrderOptions): Order {
    if (this.ended) this.#late('position.order')
    const towards = this.#sums.side === 'long' ? 'buy' : 'sell'
    const order = newOrder(this.#ledger, this, {
      contractSize: this.#start.contractSize,
      inverse: this.#start.inverse,
      ...options,
      venue: options.venue ?? this.#start.venue ?? 'unknown',
      symbol: options.symbol ?? this.symbol,
      side: options.side ?? opposite(towards),
      quantity: options.quantity ?? format(this.#sums.quantity),
    })
    this.#orders.push(order)
    return order
  }

  orderFilled(order: OrderHandle, change: FillChange): void {
    const towards = this.#sums.side === 'long' ? 'buy' : 'sell'
    if (order.side === towards) this.#sums.increase(change.quantity, change.value)
    else this.#realize(this.#sums.reduce(change.quantity, change.value))
    this.#payOrders()
    this.#tellQuantity()
  }

  orderEnded(): void {
    this.#payOrders()
  }

  reduced(part: Parameters<Position['reduced']>[0]): void {
    this.#do('reduced', () => {
      this.#close(part.quantity, part.price)
      this.#pay(part.fees)
      this.#tell('trading.position.modified', {
        'trading.position.change': { reduced: [text(part.quantity), text(part.price)] },
        'trading.position.quantity': this.state.quantity,
      })
    })
  }

  liquidated(liquidation: Parameters<Position['liquidated']>[0]): void {
    this.#do('liquidated', () => {
      const quantity = parseDecimal(liquidation.quantity) ?? this.#sums.quantity
      const price = parseDecimal(liquidation.price)
      if (price) this.#close(quantity, price)
      const origin = liquidation.origin ?? 'liquidation'
      this.#exitReason = origin === 'adl' ? 'adl' : 'liquidation'
      this.#tell(
        'trading.position.liquidated',
        {
          'trading.order.origin': origin,
          'trading.liquidation.notional': price && format(this.#sums.valueOf(quantity, price)),
          'trading.position.quantity': this.state.quantity,
        },
        { message: `the venue closed ${format(quantity)} ${this.symbol} (${origin})` },
      )
    })
  }

  closed(close: PositionClose = {}): void {
    this.#do('closed', () => {
      const exitPrice = parseDecimal(close.exitPrice) ?? this.#lastMark
      // What its orders have not closed is closed at the price given, or at the last mark.
      if (sign(this.#sums.quantity) > 0 && exitPrice) this.#close(this.#sums.quantity, exitPrice)
      this.#pay(close.fees)
      this.#end(close.reason ?? this.#exitReason ?? 'other', close)
    })
  }

  /** Closes a position that has long been flat and that nobody closed. */
  settle(flatMaxMs: number): void {
    const flatMs = this.#flatMs
    if (flatMs !== undefined && this.#core.nowMs() - flatMs >= flatMaxMs) this.closed()
  }

  /** Ends the span of a position that is still open when the process ends. */
  interrupt(reason: string): void {
    guarded('position.interrupt', () => {
      if (this.#hasEnded) return
      this.#hasEnded = true
      const attributes = { ...this.#report(), 'trading.flow.outcome': 'interrupted' }
      this.#core.endSpan(this.span, defined(attributes), reason)
      this.#leave()
    })
  }

  #do(step: string, run: () => void): void {
    guarded(`position.${step}`, () => {
      if (this.#hasEnded) this.#late(`position.${step}`)
      else run()
    })
  }

  #late(call: string): void {
    this.#tell('trading.flow.late_call', { 'trading.flow.call': call })
  }

  #tell(name: EventName, attributes: TradingAttributes, emission?: FlowEmission): void {
    this.#core.emit(this.#scope, name, attributes, emission)
  }

  #close(quantity: DecimalInput, price: DecimalInput): void {
    const closed = parseDecimal(quantity)
    const at = parseDecimal(price)
    if (!closed || !at || sign(closed) <= 0) return
    this.#realize(this.#sums.reduce(closed, this.#sums.valueOf(closed, at)))
    this.#tellQuantity()
  }

  #pay(fees: DecimalInput | undefined): void {
    const fee = parseDecimal(fees)
    if (!fee || sign(fee) === 0) return
    this.#sums.pay(fee)
    this.#realize(fee.times(-1))
  }

  // Fees of its orders are booked as they become known, each once.
  #payOrders(): void {
    let total = zero
    for (const order of this.#orders) total = total.plus(order.fees.quote)
    const added = subtract(total, this.#toldFees)
    this.#toldFees = total
    this.#pay(added)
  }

  #realize(amount: Decimal): void {
    if (sign(amount) === 0) return
    this.#ledger.realized(toNumber(amount), this.#start.strategy, this.#labels)
  }

  #tellQuantity(): void {
    const { quantity } = this.#sums
    this.#flatMs = sign(quantity) === 0 ? (this.#flatMs ?? this.#core.nowMs()) : undefined
    this.#ledger.gauges.set('trading.position.quantity', this, toNumber(quantity), this.#labels)
  }

  #gauge(results: ReadonlyMap<PriceSource, Decimal>, difference: Decimal | undefined): void {
    const { gauges } = this.#ledger
    const labels = defined({
      'trading.symbol': this.symbol,
      'trading.strategy': this.#start.strategy,
    })
    for (const [source, result] of results) {
      const own = { ...labels, 'trading.pnl.source': source }
      gauges.set('trading.pnl.unrealized', this, toNumber(result), own)
    }
    if (difference) gauges.set('trading.pnl.difference', this, toNumber(difference), labels)
  }

  #watch(price: Decimal, mark: PositionMark): void {
    const found = this.#risk.watch(price, mark)
    if (!found) return
    const { distance } = found
    this.#ledger.gauges.set(
      'trading.position.liquidation_distance',
      this,
      distance,
      this.#labels,
      'least',
    )
    if (!found.isNear) return
    this.#tell(
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
    const nowMs = this.#core.nowMs()
    const isTooSoon =
      this.#toldMs !== undefined && nowMs - this.#toldMs < this.#core.settings.markIntervalMs
    if (isTooSoon) return
    this.#toldMs = nowMs
    const unrealized = results.get(source) ?? zero
    const bySource: Record<string, string> = {}
    for (const [name, result] of results) bySource[name] = format(result)
    this.#tell(
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

  #opening(): TradingAttributes {
    const start = this.#start
    return {
      'trading.position.quantity': text(start.quantity),
      'trading.position.entry_price': text(start.entryPrice),
      'trading.position.leverage': start.leverage,
      'trading.position.margin_mode': start.marginMode,
      'trading.position.liquidation_price': text(start.liquidationPrice),
      'trading.position.stop_price': text(start.stopPrice),
      'trading.position.take_profit_price': text(start.takeProfitPrice),
    }
  }

  #end(reason: ExitReason, close: PositionClose): void {
    this.#hasEnded = true
    const attributes: TradingAttributes = {
      ...this.#report(),
      'trading.position.exit.reason': reason,
      'trading.pnl.venue_realized': text(close.venueRealizedPnl),
    }
    this.#tell('trading.position.closed', attributes, {
      message: `${this.symbol} closed (${reason.replaceAll('_', ' ')}): ${format(this.#sums.realized)}`,
    })
    this.#core.endSpan(this.span, defined(attributes))
    this.#leave()
  }

  #report(): TradingAttributes {
    const sums = this.#sums
    return {
      'trading.position.exit_price': sums.exitPrice && format(sums.exitPrice),
      'trading.pnl.realized': format(sums.realized),
      'trading.pnl.realized_num': toNumber(sums.realized),
      'trading.pnl.gross': format(sums.gross),
      'trading.pnl.mae': format(sums.mae),
      'trading.pnl.mfe': format(sums.mfe),
      'trading.pnl.drawdown': format(sums.drawdown),
      'trading.position.holding_ms': this.#core.nowMs() - this.#startMs,
      'trading.fees': format(sums.fees),
      'trading.funding.total': format(sums.funding),
    }
  }

  #leave(): void {
    this.#ledger.positions.delete(this)
    this.#ledger.gauges.drop(this)
    this.#core.measure(this.#scope, 'trading.position.open', -1)
    this.#start.onClosed?.()
  }
}
