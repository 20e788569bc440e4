import { SpanKind } from '@opentelemetry/api'
import type { Context, Link, Span } from '@opentelemetry/api'
import { parseDecimal } from '../../../base/decimal.ts'
import type { Decimal } from '../../../base/decimal.ts'
import type { DecimalInput } from '../../../base/decimal-input.ts'
import { idText } from '../../../base/ids.ts'
import type { TradingAttributes } from '../../../semconv/attributes.ts'
import type { EventName } from '../../../semconv/events.ts'
import type { OrderStatus, Side } from '../../../semconv/words.ts'
import { inheritedAttributes } from '../../event/context.ts'
import { guarded } from '../../event/fault.ts'
import { contextOf } from '../core.ts'
import type { AnyAttributes, Core, FlowEmission, Numbers, Scope } from '../core.ts'
import { Fees } from './fees.ts'
import type { FillChange } from './fills.ts'
import type { OrderChange, OrderStep } from '../handles/order.ts'
import type { OrderIndex } from './order-index.ts'
import { OrderLife } from './order-life.ts'
import { isoTime, orderMeasures, orderReport, slippageOf, wordsOf } from './order-report.ts'
import type { Slippage } from './order-report.ts'
import {
  changedTerms,
  contractOf,
  orderBase,
  orderSize,
  orderSpanAttributes,
  orderTitle,
} from './order-terms.ts'
import type { OrderTerms } from './order-terms.ts'

/** What an order belongs to: a flow, hedge, unwind or position, or nobody. */
export interface OrderOwner {
  /** Context of the span that the order's span is a child of. */
  readonly context: Context
  readonly numbers: Numbers | undefined
  /** Price that the decision was made at. */
  readonly decisionPrice: Decimal | undefined
  /** The filled quantity or value changed. */
  orderFilled(order: OrderRecord, change: FillChange): void
  /** The order reached a final status for the first time. */
  orderEnded(order: OrderRecord): void
}

/** Where orders are kept and how they are told. */
export interface OrderHome {
  readonly core: Core
  readonly index: OrderIndex<OrderRecord>
}

/** How the span of an order starts. */
export interface OrderStart {
  readonly arrivalPrice?: DecimalInput | undefined
  readonly links?: Link[] | undefined
  /** In a trace of its own. */
  readonly root?: boolean | undefined
}

/** The life of an order as it is recorded: span, events, measures. Fills are in order-fills.ts, steps in order-steps.ts. */
export abstract class OrderRecord {
  readonly context: Context
  readonly span: Span
  readonly life: OrderLife
  readonly fees: Fees
  readonly owner: OrderOwner
  protected readonly core: Core
  protected readonly index: OrderIndex<OrderRecord>
  protected scope: Scope
  #terms: OrderTerms
  #orderId: string | undefined
  #arrivalPrice: Decimal | undefined
  #hasEnded = false
  #hasNewId = false

  constructor({ core, index }: OrderHome, owner: OrderOwner, terms: OrderTerms, start: OrderStart) {
    this.core = core
    this.index = index
    this.owner = owner
    this.#terms = terms
    this.fees = new Fees(terms.inverse)
    this.#arrivalPrice = parseDecimal(start.arrivalPrice)
    this.life = new OrderLife(parseDecimal(terms.quantity), contractOf(terms))
    const inherited = inheritedAttributes(owner.context)
    this.span = core.startSpan(
      'order',
      SpanKind.CLIENT,
      { ...inherited, ...orderSpanAttributes(terms) },
      {
        parent: owner.context,
        ...(start.links && { links: start.links }),
        ...(start.root === true && { root: true }),
      },
    )
    this.context = contextOf(owner.context, this.span, {
      ...inherited,
      'trading.symbol': terms.symbol,
      'trading.venue': terms.venue,
      'trading.order.client_id': terms.clientOrderId,
    })
    this.scope = this.#scopeNow()
    core.measure(this.scope, 'trading.order.open', 1)
  }

  get clientOrderId(): string {
    return this.#terms.clientOrderId
  }

  get orderId(): string | undefined {
    return this.#orderId
  }

  get wasSent(): boolean {
    return this.life.wasSent
  }

  get ended(): boolean {
    return this.life.ended
  }

  get venue(): string {
    return this.#terms.venue
  }

  get symbol(): string {
    return this.#terms.symbol
  }

  /** Side of the order; buy where a foreign order did not say. */
  get side(): Side {
    return this.#terms.side ?? 'buy'
  }

  get terms(): OrderTerms {
    return this.#terms
  }

  get arrivalPrice(): Decimal | undefined {
    return this.#arrivalPrice
  }

  /** Price to fall back on where a fill says none. */
  get fallbackPrice(): Decimal | undefined {
    const { price, stopPrice } = this.#terms
    const known = this.life.fills.averagePrice ?? this.#arrivalPrice ?? this.owner.decisionPrice
    return parseDecimal(price) ?? known ?? parseDecimal(stopPrice)
  }

  /** Never throws into the bot. */
  protected guard(step: string, run: () => void): void {
    guarded(`order.${step}`, run)
    if (!this.#hasNewId) return
    this.#hasNewId = false
    guarded(`order.${step}`, () => this.index.onOrderId?.())
  }

  protected arrived(price: DecimalInput | undefined): void {
    this.#arrivalPrice ??= parseDecimal(price)
  }

  /** Emits an event of the order with its status. */
  protected tell(
    name: EventName,
    step: OrderStep,
    attributes: TradingAttributes,
    emission: FlowEmission & { readonly what?: string } = {},
  ): void {
    const what = emission.what ?? wordsOf(name)
    this.core.emit(
      this.scope,
      name,
      {
        'trading.order.status': this.life.status,
        'trading.order.venue_status': step.venueStatus,
        'trading.order.venue_event': step.venueEvent,
        'trading.order.venue_time': isoTime(step.timeMs),
        ...attributes,
      },
      { ...emission, message: `${what}: ${orderTitle(this.#terms)}`, extra: step.attributes },
    )
  }

  /** Records a step that the life of an order does not allow. */
  illegal(event: string, step: OrderStep = {}): void {
    const transition = `${this.life.status} → ${event}`
    this.tell(
      'trading.order.illegal_transition',
      step,
      { 'trading.order.transition': transition },
      { what: `not allowed (${transition})` },
    )
  }

  /** Notes the venue's order id; records carry it from here on. */
  protected learn(step: { readonly orderId?: string | undefined }): void {
    const orderId = idText(step.orderId)
    if (orderId === undefined || orderId === this.#orderId) return
    this.#orderId = orderId
    this.#hasNewId = true
    this.index.addOrderId(this, orderId)
    this.core.setAttributes(this.span, { 'trading.order.id': orderId })
    this.scope = this.#scopeNow()
  }

  /** Notes what a replace changed. Until the venue took it only the ids are known to be good. */
  protected learnChange(change: OrderChange, isTaken: boolean): void {
    const { clientOrderId } = change
    if (clientOrderId !== undefined) this.index.addClientId(this, clientOrderId)
    if (!isTaken) return
    this.#terms = changedTerms(this.#terms, change)
    const size = parseDecimal(change.quantity)
    if (size) this.life.resize(size)
    this.core.setAttributes(this.span, orderSize(this.#terms))
    this.scope = this.#scopeNow()
  }

  /** Ends the span, once. @param why what made it end */
  protected end(error?: string, why: TradingAttributes = {}): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.index.end(this, this.core.nowMs())
    const slippage = this.slippage()
    this.core.endSpan(this.span, { ...orderReport(this.life, this.fees, slippage), ...why }, error)
    this.core.measure(this.scope, 'trading.order.open', -1)
    this.core.measure(this.scope, 'trading.order.count', 1, {
      'trading.order.status': this.life.status,
    })
    for (const [metric, value] of orderMeasures(this.life, slippage)) {
      if (value !== undefined) this.core.measure(this.scope, metric, value)
    }
    this.owner.orderEnded(this)
  }

  /** Average fill against the decision and the arrival price; positive = worse for us. */
  protected slippage(): Slippage {
    const { decisionPrice } = this.owner
    const average = this.life.fills.averagePrice
    return slippageOf(this.side, average, { decisionPrice, arrivalPrice: this.#arrivalPrice })
  }

  // The outcome was unknown and now is not, whatever made it known.
  protected leftUnknown(before: OrderStatus): void {
    const sinceMs = this.life.unknownSinceMs
    if (before !== 'unknown' || this.life.status === 'unknown' || sinceMs === undefined) return
    this.core.measure(this.scope, 'trading.order.unknown_open', -1)
    this.tell(
      'trading.order.reconciled',
      {},
      {
        'trading.order.event': 'reconciled',
        'trading.order.unknown_ms': this.core.nowMs() - sinceMs,
        'trading.order.previous_status': 'unknown',
      },
    )
  }

  #scopeNow(): Scope {
    const base: AnyAttributes = {
      ...inheritedAttributes(this.context),
      ...this.#terms.attributes,
      ...orderBase(this.#terms, this.#orderId),
    }
    return { context: this.context, span: this.span, base, numbers: this.owner.numbers }
  }
}
