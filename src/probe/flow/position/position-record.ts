import { SpanKind, context as contextApi, trace } from '@opentelemetry/api'
import type { Context, Link, Span } from '@opentelemetry/api'
import {
  compare,
  format,
  negate,
  parseDecimal,
  shownDecimal,
  sign,
  subtract,
  toNumber,
  zero,
} from '../../../base/decimal.ts'
import type { Decimal } from '../../../base/decimal.ts'
import type { DecimalInput } from '../../../base/decimal-input.ts'
import type { TradingAttributes } from '../../../semconv/attributes.ts'
import type { EventName } from '../../../semconv/events.ts'
import type { ExitReason, PositionSide } from '../../../semconv/words.ts'
import { guarded } from '../../event/fault.ts'
import { contextOf, defined, errorText, runIn } from '../core.ts'
import type { AnyAttributes, Core, FlowEmission, Scope } from '../core.ts'
import type { FillChange } from '../order/fills.ts'
import type { PositionClose, PositionOptions, PositionState } from '../handles/position.ts'
import type { Ledger } from '../ledger.ts'
import type { OrderHandle } from '../order/order.ts'
import type { OrderOwner, OrderRecord } from '../order/order-record.ts'
import { contractOf, text } from '../order/order-terms.ts'
import { resultCurrency } from '../symbol.ts'
import { PositionSums } from './pnl.ts'
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

/** What a position is and how it is recorded: span, sums, results. What the bot tells it is in position.ts. */
export abstract class PositionRecord implements OrderOwner {
  readonly positionId: string
  readonly symbol: string
  readonly span: Span
  readonly context: Context
  readonly numbers = undefined
  readonly decisionPrice = undefined
  protected readonly ledger: Ledger
  protected readonly core: Core
  protected readonly scope: Scope
  protected readonly start: PositionStart
  protected readonly sums: PositionSums
  protected readonly risk: Risk
  readonly #startMs: number
  readonly #resultLabels: AnyAttributes
  protected readonly orders: OrderHandle[] = []
  protected readonly labels: AnyAttributes
  #toldFees = zero
  protected lastMark: Decimal | undefined
  protected flatMs: number | undefined
  protected exitReason: ExitReason | undefined
  #hasEnded = false

  constructor(ledger: Ledger, start: PositionStart) {
    const { core } = ledger
    this.ledger = ledger
    this.core = core
    this.start = start
    this.positionId = start.positionId
    this.symbol = start.symbol
    this.#startMs = core.nowMs()
    this.sums = new PositionSums(start.side, contractOf(start))
    const quantity = parseDecimal(start.quantity) ?? zero
    const entryPrice = parseDecimal(start.entryPrice) ?? zero
    this.sums.increase(quantity, this.sums.valueOf(quantity, entryPrice))
    this.risk = new Risk(core.settings.liquidationDistanceMin, start)
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
    this.labels = defined({
      'trading.symbol': start.symbol,
      'trading.strategy': start.strategy,
      'trading.position.side': start.side,
    })
    const currency = resultCurrency(start.symbol, start.inverse ?? false)
    this.#resultLabels = defined({ ...this.labels, 'trading.pnl.currency': currency })
    const parent = trace.deleteSpan(contextApi.active())
    this.span = core.startSpan(
      'position',
      SpanKind.INTERNAL,
      { ...start.attributes, ...inherited, ...this.#opening() },
      { parent, root: true, links: [...(start.links ?? [])] },
    )
    this.context = contextOf(parent, this.span, inherited)
    this.scope = { context: this.context, span: this.span, base: inherited, numbers: undefined }
    guarded('position.opened', () => {
      this.tell('trading.position.opened', this.#opening(), {
        message: `${start.side} ${format(quantity)} ${start.symbol} at ${format(entryPrice)} opened`,
        extra: start.attributes,
      })
      core.measure(this.scope, 'trading.position.open', 1)
      this.tellQuantity()
      this.pay(start.entryFees)
    })
  }

  get state(): PositionState {
    const sums = this.sums
    const entryPrice = sums.entryPrice ?? parseDecimal(this.start.entryPrice)
    return {
      side: sums.side,
      quantity: format(sums.quantity),
      entryPrice: entryPrice ? format(entryPrice) : '0',
      realizedPnl: format(sums.realized),
      unrealizedPnl: this.lastMark && format(sums.unrealized(this.lastMark)),
      fees: format(sums.fees),
      funding: format(sums.funding),
      mae: format(sums.mae),
      mfe: format(sums.mfe),
      drawdown: format(sums.drawdown),
    }
  }

  get venue(): string | undefined {
    return this.start.venue
  }

  /** Contract terms of what is held. */
  get contract(): Pick<PositionStart, 'contractSize' | 'inverse'> {
    const { contractSize, inverse } = this.start
    return { contractSize, inverse }
  }

  get ended(): boolean {
    return this.#hasEnded
  }

  run<T>(fn: () => T): T {
    return runIn(this.context, fn, (error) => {
      this.tell('trading.error', {}, { message: errorText(error), exception: error })
    })
  }

  orderFilled(order: OrderRecord, change: FillChange): void {
    const isTowards = order.side === (this.sums.side === 'long' ? 'buy' : 'sell')
    if (sign(change.quantity) < 0) this.#takenBack(order, isTowards, change)
    else if (isTowards) this.sums.increase(change.quantity, change.value)
    else {
      // A venue in one-way mode has turned the position round: the bot holds what nobody watches.
      if (compare(change.quantity, this.sums.quantity) > 0) order.illegal('trade beyond position')
      this.realize(this.sums.reduce(change.quantity, change.value))
    }
    this.#payOrders()
    this.tellQuantity()
  }

  // What was closed is open again; nobody watches it where the position has ended.
  #takenBack(order: OrderRecord, wasAdded: boolean, change: FillChange): void {
    const { sums } = this
    const quantity = negate(change.quantity)
    const value = negate(change.value)
    // Of what was added some has been closed already: at the venue that is a position the other way round.
    if (wasAdded && compare(quantity, sums.quantity) > 0)
      order.illegal(`${order.life.lastEvent ?? 'trade_cancel'} beyond position`)
    this.realize(wasAdded ? sums.undoIncrease(quantity, value) : sums.undoReduce(quantity, value))
    if (this.#hasEnded) this.late('position.order.busted')
  }

  orderEnded(): void {
    this.#payOrders()
  }

  /** Ends the span of a position that is still open when the process ends. */
  interrupt(reason: string): void {
    guarded('position.interrupt', () => {
      if (this.#hasEnded) return
      this.#hasEnded = true
      const attributes = { ...this.#report(), 'trading.flow.outcome': 'interrupted' }
      this.core.endSpan(this.span, defined(attributes), reason)
      this.#leave()
    })
  }

  /** It is open no more. */
  protected abstract left(): void

  protected do(step: string, run: () => void): void {
    guarded(`position.${step}`, () => {
      if (this.#hasEnded) this.late(`position.${step}`)
      else run()
    })
  }

  protected late(call: string): void {
    this.tell('trading.flow.late_call', { 'trading.flow.call': call })
  }

  protected tell(name: EventName, attributes: TradingAttributes, emission?: FlowEmission): void {
    this.core.emit(this.scope, name, attributes, emission)
  }

  protected close(quantity: DecimalInput, price: DecimalInput): void {
    const closed = parseDecimal(quantity)
    const at = parseDecimal(price)
    if (!closed || !at || sign(closed) <= 0) return
    this.realize(this.sums.reduce(closed, this.sums.valueOf(closed, at)))
    this.tellQuantity()
  }

  protected pay(fees: DecimalInput | undefined): void {
    const fee = parseDecimal(fees)
    if (!fee || sign(fee) === 0) return
    this.sums.pay(fee)
    this.realize(fee.times(-1))
  }

  // Fees of its orders are booked as they become known, each once.
  #payOrders(): void {
    let total = zero
    for (const order of this.orders)
      total = total.plus(order.fees.settled(this.start.inverse ?? false))
    const added = subtract(total, this.#toldFees)
    this.#toldFees = total
    this.pay(added)
  }

  protected realize(amount: Decimal): void {
    if (sign(amount) === 0) return
    this.ledger.realized(toNumber(amount), this.#resultLabels)
  }

  protected tellQuantity(): void {
    const { quantity, base } = this.sums
    this.flatMs = sign(quantity) === 0 ? (this.flatMs ?? this.core.nowMs()) : undefined
    if (this.#hasEnded) return
    this.ledger.gauges.set('trading.position.quantity', this, toNumber(base), this.labels)
  }

  #opening(): TradingAttributes {
    const start = this.start
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

  protected end(reason: ExitReason, close: PositionClose): void {
    this.#hasEnded = true
    const attributes: TradingAttributes = {
      ...this.#report(),
      'trading.position.exit.reason': reason,
      'trading.pnl.venue_realized': text(close.venueRealizedPnl),
    }
    this.tell('trading.position.closed', attributes, {
      message: `${this.symbol} closed (${reason.replaceAll('_', ' ')}): ${shownDecimal(format(this.sums.realized))}`,
    })
    this.core.endSpan(this.span, defined(attributes))
    this.#leave()
  }

  #report(): TradingAttributes {
    const sums = this.sums
    return {
      'trading.position.exit_price': sums.exitPrice && format(sums.exitPrice),
      'trading.pnl.realized': format(sums.realized),
      'trading.pnl.realized_num': toNumber(sums.realized),
      'trading.pnl.gross': format(sums.gross),
      'trading.pnl.mae': format(sums.mae),
      'trading.pnl.mfe': format(sums.mfe),
      'trading.pnl.drawdown': format(sums.drawdown),
      'trading.position.holding_ms': this.core.nowMs() - this.#startMs,
      'trading.fees': format(sums.fees),
      'trading.funding.total': format(sums.funding),
    }
  }

  #leave(): void {
    this.left()
    this.ledger.gauges.drop(this)
    this.core.measure(this.scope, 'trading.position.open', -1)
    this.start.onClosed?.()
  }
}
