import { SpanKind } from '@opentelemetry/api'
import type { Context, Link, Span } from '@opentelemetry/api'
import { format, parseDecimal, sign, toNumber } from '../../base/decimal.ts'
import type { Decimal, DecimalInput } from '../../base/decimal.ts'
import type { TradingAttributes } from '../../semconv/attributes.ts'
import type { EventName } from '../../semconv/events.ts'
import type { OrderEvent, OrderStatus, Side } from '../../semconv/words.ts'
import { inheritedAttributes } from '../event/context.ts'
import { guarded } from '../event/fault.ts'
import { contextOf, errorText } from './core.ts'
import type { AnyAttributes, Core, FlowEmission, Numbers, Scope } from './core.ts'
import { Fees } from './fees.ts'
import type { BookedFee } from './fees.ts'
import type { FillChange } from './fills.ts'
import type { OrderChange, OrderStep } from './handles/order.ts'
import type { OrderHandle } from './order.ts'
import type { OrderIndex } from './order-index.ts'
import { OrderLife } from './order-life.ts'
import type { JudgedEvent } from './order-machine.ts'
import { bps, fillRatio, orderReport, sums } from './order-report.ts'
import { contractOf, orderBase, orderSpanAttributes, orderTitle, text } from './order-terms.ts'
import type { OrderTerms } from './order-terms.ts'
import type { Fill } from './update.ts'

/** What an order belongs to: a flow, hedge, unwind or position, or nobody. */
export interface OrderOwner {
  /** Context of the span that the order's span is a child of. */
  readonly context: Context
  readonly numbers: Numbers | undefined
  /** Price that the decision was made at. */
  readonly decisionPrice: Decimal | undefined
  /** The filled quantity or value changed. */
  orderFilled(order: OrderHandle, change: FillChange): void
  /** The order reached a final status for the first time. */
  orderEnded(order: OrderHandle): void
}

/** How the span of an order starts. */
export interface OrderStart {
  readonly arrivalPrice?: DecimalInput | undefined
  readonly links?: Link[] | undefined
  /** In a trace of its own. */
  readonly root?: boolean | undefined
}

/** One fill that was taken, and what it changed. */
interface TakenFill {
  readonly fill: Fill & OrderStep
  readonly event: OrderEvent
  readonly change: FillChange
  readonly quantity: Decimal
  readonly before: OrderStatus
  readonly wasEnded: boolean
  readonly derived?: true
}

/** The life of an order as it is recorded: span, events, measures. The steps themselves are in order.ts. */
export abstract class OrderRecord {
  readonly context: Context
  readonly span: Span
  readonly life: OrderLife
  readonly fees = new Fees()
  readonly owner: OrderOwner
  protected readonly core: Core
  protected readonly index: OrderIndex
  protected scope: Scope
  #terms: OrderTerms
  #orderId: string | undefined
  #arrivalPrice: Decimal | undefined
  #hasEnded = false
  #hasNewId = false

  constructor(
    core: Core,
    index: OrderIndex,
    owner: OrderOwner,
    terms: OrderTerms,
    start: OrderStart,
  ) {
    this.core = core
    this.index = index
    this.owner = owner
    this.#terms = terms
    this.#arrivalPrice = parseDecimal(start.arrivalPrice)
    this.life = new OrderLife(parseDecimal(terms.quantity), contractOf(terms))
    const inherited = inheritedAttributes(owner.context)
    this.span = core.startSpan(
      'order',
      SpanKind.CLIENT,
      { ...inherited, ...orderSpanAttributes(terms) },
      owner.context,
      { ...(start.links && { links: start.links }), ...(start.root === true && { root: true }) },
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

  /** This order as what its owner knows it by. */
  protected abstract get handle(): OrderHandle

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
    event: OrderEvent | undefined,
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
        'trading.order.event': event,
        'trading.order.venue_status': step.venueStatus,
        'trading.order.venue_event': step.venueEvent,
        'trading.order.venue_time': isoTime(step.timeMs),
        ...attributes,
      },
      { ...emission, message: `${what}: ${orderTitle(this.#terms)}`, extra: step.attributes },
    )
  }

  /** One step of the life: judged, recorded, and ended with when it was the last. */
  protected step(
    step: {
      readonly event: JudgedEvent
      readonly name: EventName
      readonly with: OrderStep
      readonly attributes?: () => TradingAttributes
    },
    failure: { readonly error?: unknown } = {},
  ): void {
    this.guard(step.event, () => {
      this.learn(step.with)
      const before = this.life.status
      const verdict = this.life.step(step.event, this.core.nowMs())
      if (verdict === 'repeat') return
      if (verdict === 'illegal') {
        this.illegal(step.event, step.with)
        return
      }
      this.#leftUnknown(before)
      this.tell(
        step.name,
        step.event,
        step.with,
        step.attributes?.() ?? {},
        failure.error === undefined ? {} : { exception: failure.error },
      )
      if (this.life.ended) this.end(failureText(step.event, failure.error))
    })
  }

  /** Records a step that the life of an order does not allow. */
  protected illegal(event: string, step: OrderStep = {}): void {
    const transition = `${this.life.status} → ${event}`
    this.tell(
      'trading.order.illegal_transition',
      undefined,
      step,
      { 'trading.order.transition': transition },
      { what: `not allowed (${transition})` },
    )
  }

  /** Notes the venue's order id; records carry it from here on. */
  protected learn(step: { readonly orderId?: string | undefined }): void {
    const { orderId } = step
    if (orderId === undefined || orderId === this.#orderId) return
    this.#orderId = orderId
    this.#hasNewId = true
    this.index.addOrderId(this.handle, orderId)
    this.span.setAttribute('trading.order.id', orderId)
    this.scope = this.#scopeNow()
  }

  /** Notes what a replace changed. Until the venue took it only the ids are known to be good. */
  protected learnChange(change: OrderChange, isTaken: boolean): void {
    const { clientOrderId, quantity, price, stopPrice } = change
    if (clientOrderId !== undefined) this.index.addClientId(this.handle, clientOrderId)
    if (!isTaken) return
    this.#terms = {
      ...this.#terms,
      ...(clientOrderId !== undefined && { clientOrderId }),
      ...(quantity !== undefined && { quantity }),
      ...(price !== undefined && { price }),
      ...(stopPrice !== undefined && { stopPrice }),
    }
    const size = parseDecimal(quantity)
    if (size) this.life.resize(size)
    this.scope = this.#scopeNow()
  }

  protected reportFill(taken: TakenFill): void {
    const { fill, change, quantity, before, wasEnded, event, derived } = taken
    this.#leftUnknown(before)
    const isNew = sign(change.quantity) > 0
    const isFirst = isNew && this.life.fills.count === 1
    const withdrawn = this.fees.dropReported(fill.fee)
    if (withdrawn) this.#measureFee(withdrawn)
    const fee = this.fees.add(fill.fee, fill.feeCurrency, this.symbol, change.price)
    const isComplete = this.life.status === 'filled'
    const name = !isNew
      ? 'trading.order.fill_confirmed'
      : isComplete
        ? 'trading.order.filled'
        : 'trading.order.partially_filled'
    this.tell(
      name,
      event,
      fill,
      {
        ...fillAttributes(fill, quantity, change.price),
        ...sums(this.life),
        'trading.fill.fee': fee && format(fee.fee),
        'trading.fill.fee_currency': fee?.currency,
        'trading.fill.derived': derived,
        'trading.fill.late': wasEnded ? true : undefined,
        ...(isFirst && { 'trading.order.first_fill_ms': this.life.firstFillMs }),
        ...(isComplete && isNew && this.#completion()),
      },
      { what: `filled ${format(quantity)} at ${format(change.price)}` },
    )
    this.#measureFill(fill, change, isFirst)
    if (fee) this.#measureFee(fee)
    this.owner.orderFilled(this.handle, change)
    const isOver = this.life.quantity?.lt(this.life.fills.quantity) ?? false
    const isProofless = before === 'rejected' || before === 'denied'
    if (isNew && (isOver || isProofless)) this.illegal(isOver ? 'trade beyond quantity' : 'trade')
    if (this.life.ended) this.end()
  }

  /** Ends the span, once. */
  protected end(error?: string): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.index.end(this.handle, this.core.nowMs())
    const slippage = this.slippage()
    this.core.endSpan(this.span, orderReport(this.life, this.fees, slippage), error)
    this.core.measure(this.scope, 'trading.order.open', -1)
    this.core.measure(this.scope, 'trading.order.count', 1, {
      'trading.order.status': this.life.status,
    })
    const ratio = fillRatio(this.life)
    if (ratio !== undefined && this.life.status !== 'denied') {
      this.core.measure(this.scope, 'trading.order.fill_ratio', ratio)
    }
    if (slippage.decision !== undefined) {
      this.core.measure(this.scope, 'trading.slippage.decision', slippage.decision)
    }
    if (slippage.arrival !== undefined) {
      this.core.measure(this.scope, 'trading.slippage.arrival', slippage.arrival)
    }
    this.owner.orderEnded(this.handle)
  }

  /** Average fill against the decision and the arrival price; positive = worse for us. */
  protected slippage(): {
    readonly decision: number | undefined
    readonly arrival: number | undefined
  } {
    const average = this.life.fills.averagePrice
    return {
      decision: bps(this.side, average, this.owner.decisionPrice),
      arrival: bps(this.side, average, this.#arrivalPrice),
    }
  }

  #completion(): TradingAttributes {
    return {
      'trading.order.fill_ms': this.life.lastFillMs,
      'trading.order.fill_ratio': fillRatio(this.life),
      'trading.slippage.arrival_bps': this.slippage().arrival,
    }
  }

  /** Fees of the order as the venue sums them; replaced by those of the fills when they come. */
  reportedFee(fee: DecimalInput | undefined, currency: string | undefined): void {
    this.guard('reportedFee', () => {
      const booked = this.fees.report(fee, currency, this.symbol, this.life.fills.averagePrice)
      if (booked) this.#measureFee(booked)
    })
  }

  #measureFee({ currency, fee }: BookedFee): void {
    const labels = { 'trading.fill.fee_currency': currency }
    this.core.measure(this.scope, 'trading.fees', toNumber(fee), labels)
  }

  #measureFill(fill: Fill, change: FillChange, isFirst: boolean): void {
    const { core, scope, life } = this
    const labels = { 'trading.fill.liquidity': fill.liquidity }
    if (sign(change.quantity) > 0) {
      core.measure(scope, 'trading.fill.quantity', Math.max(0, toNumber(change.base)), labels)
      core.measure(scope, 'trading.fill.notional', Math.max(0, toNumber(change.quote)), labels)
    }
    if (isFirst && life.firstFillMs !== undefined) {
      core.measure(scope, 'trading.order.first_fill.duration', life.firstFillMs / 1000)
    }
  }

  // The outcome was unknown and now is not, whatever made it known.
  #leftUnknown(before: OrderStatus): void {
    const sinceMs = this.life.unknownSinceMs
    if (before !== 'unknown' || this.life.status === 'unknown' || sinceMs === undefined) return
    this.core.measure(this.scope, 'trading.order.unknown_open', -1)
    this.tell(
      'trading.order.reconciled',
      'reconciled',
      {},
      {
        'trading.order.unknown_ms': this.core.nowMs() - sinceMs,
        'trading.order.status.previous': 'unknown',
      },
    )
  }

  #scopeNow(): Scope {
    const base: AnyAttributes = {
      ...this.#terms.attributes,
      ...orderBase(this.#terms, this.#orderId),
    }
    return { context: this.context, span: this.span, base, numbers: this.owner.numbers }
  }
}

function fillAttributes(fill: Fill, quantity: Decimal, price: Decimal): TradingAttributes {
  return {
    'trading.fill.id': fill.execId,
    'trading.fill.price': text(fill.price) ?? format(price),
    'trading.fill.price_num': toNumber(price),
    'trading.fill.quantity': text(fill.quantity) ?? format(quantity),
    'trading.fill.quantity_num': toNumber(quantity),
    'trading.fill.liquidity': fill.liquidity,
    'trading.fill.settlement': fill.settlement,
    'trading.fill.tx_hash': fill.txHash,
  }
}

function failureText(event: JudgedEvent, error: unknown): string | undefined {
  if (event !== 'rejected') return undefined
  return error === undefined ? 'rejected' : errorText(error)
}

function isoTime(timeMs: number | undefined): string | undefined {
  const isDate = timeMs !== undefined && Number.isFinite(timeMs) && Math.abs(timeMs) <= 8.64e15
  return isDate ? new Date(timeMs).toISOString() : undefined
}

/** `trading.order.cancel_requested` → `cancel requested`. */
function wordsOf(name: EventName): string {
  return name.slice(name.lastIndexOf('.') + 1).replaceAll('_', ' ')
}
