import { SpanKind, context as contextApi } from '@opentelemetry/api'
import type { Context, Span } from '@opentelemetry/api'
import { add, negate, parseDecimal, sign, toNumber } from '../../base/decimal.ts'
import type { Decimal } from '../../base/decimal.ts'
import type { DecimalInput } from '../../base/decimal-input.ts'
import { idText } from '../../base/ids.ts'
import type { TradingAttributes } from '../../semconv/attributes.ts'
import type { EventName } from '../../semconv/events.ts'
import type { FlowOutcome, Side, SnapshotTrigger } from '../../semconv/words.ts'
import { guarded } from '../event/fault.ts'
import { Numbers, contextOf, defined, errorText } from './core.ts'
import type { AnyAttributes, Core, FlowEmission, Scope } from './core.ts'
import { Entry } from './entry.ts'
import { ExposureTeller } from './hedge/exposure-teller.ts'
import type { Exposure } from './hedge/exposure.ts'
import { Fees } from './order/fees.ts'
import type { FillChange } from './order/fills.ts'
import { eventOfEnd, severityOfEnd } from './flow-end.ts'
import type { FlowEnd } from './flow-end.ts'
import { decision, linksOf, rootContext } from './flow-start.ts'
import type { FlowHome } from './flow-start.ts'
import type { ArbitrageOptions, Books } from './handles/book.ts'
import type { OrderOptions } from './handles/order.ts'
import type { SignalOptions } from './handles/signal.ts'
import type { Ledger } from './ledger.ts'
import type { OrderOwner, OrderRecord } from './order/order-record.ts'
import { bps, feeAttributes } from './order/order-report.ts'
import { newOrder } from './order/order-start.ts'
import type { OrderHandle } from './order/order.ts'
import { shortfallAttributes, shortfallOf } from './shortfall.ts'
import { tellSnapshot } from './snapshot.ts'
import { wishedTraceId } from './trace-id.ts'

/** A hedge or unwind, as far as its flow knows it. */
export interface FlowLeg {
  readonly kind: 'hedge' | 'unwind'
  readonly ended: boolean
  readonly orders: readonly OrderHandle[]
  exposed(): void
}

/**
 * One flow from signal to position: its root span, its orders, its exposure. The bot holds a {@link Signal}, which is
 * thin, so that it is known when the bot let go of it; what lives on (orders at a venue) holds this.
 */
export class Flow implements OrderOwner {
  readonly ledger: Ledger
  readonly core: Core
  readonly options: SignalOptions
  readonly span: Span
  readonly context: Context
  readonly scope: Scope
  readonly numbers: Numbers
  readonly traceId: string
  readonly correlationId: string
  readonly decisionPrice: Decimal | undefined
  readonly entry: Entry
  readonly legs: FlowLeg[] = []
  readonly labels: AnyAttributes
  readonly #startMs: number
  readonly #teller: ExposureTeller
  #quantity: Decimal | undefined
  #outcome: FlowOutcome | undefined
  #isLost = false
  #isUnwound = false
  #lastPrice: Decimal | undefined

  constructor(ledger: Ledger, options: SignalOptions, home: FlowHome = {}) {
    const { core } = ledger
    this.ledger = ledger
    this.core = core
    const correlationId = idText(options.correlationId)
    this.options = options
    this.#startMs = core.nowMs()
    this.numbers = home.numbers ?? new Numbers(false)
    this.decisionPrice = parseDecimal(options.decisionPrice)
    this.entry = new Entry(options.side)
    this.#quantity = parseDecimal(options.quantity)
    this.#lastPrice = this.decisionPrice
    const inherited = defined({
      ...core.attributes,
      ...home.attributes,
      'trading.symbol': options.symbol,
      'trading.strategy': options.strategy,
      'trading.signal.id': options.signalId,
      'trading.correlation_id': correlationId,
    })
    const parent = rootContext(correlationId)
    const attributes = { ...inherited, ...decision(options) }
    const links = linksOf(options, home.links)
    this.span = contextApi.with(parent, () =>
      core.startSpan('signal', SpanKind.INTERNAL, attributes, { parent, root: true, links }),
    )
    this.traceId = this.span.spanContext().traceId
    this.correlationId = correlationId ?? this.traceId
    this.context = contextOf(parent.deleteValue(wishedTraceId), this.span, inherited)
    this.labels = defined({
      'trading.symbol': options.symbol,
      'trading.strategy': options.strategy,
    })
    this.scope = {
      context: this.context,
      span: this.span,
      base: inherited,
      numbers: this.numbers,
    }
    this.#teller = new ExposureTeller(core, ledger.gauges, this.scope, this.labels)
    ledger.flows.add(this)
    core.measure(this.scope, 'trading.flow.open', 1)
  }

  get outcome(): FlowOutcome | undefined {
    return this.#outcome
  }

  get ended(): boolean {
    return this.#outcome !== undefined
  }

  get side(): Side {
    return this.entry.side
  }

  get exposure(): Exposure {
    return this.#teller.exposure
  }

  /** Price of the last fill; that of the decision before. */
  get lastPrice(): Decimal | undefined {
    return this.#lastPrice
  }

  get ageMs(): number {
    return this.core.nowMs() - this.#startMs
  }

  /** Fees of all its orders, those of hedges and unwinds included. */
  get fees(): Fees {
    const fees = new Fees()
    for (const order of this.entry.orders) fees.addAll(order.fees)
    for (const leg of this.legs) for (const order of leg.orders) fees.addAll(order.fees)
    return fees
  }

  /** What its orders hold and no unwind closed, in the unit of the orders. */
  get held(): Decimal {
    let held = this.entry.quantity
    for (const leg of this.legs) {
      if (leg.kind !== 'unwind') continue
      for (const order of leg.orders) held = add(held, this.entry.unitsOf(order))
    }
    return held
  }

  /** Whether an order, hedge or unwind of it is still open. */
  get isAtWork(): boolean {
    return this.entry.orders.some((order) => !order.ended) || this.legs.some((leg) => !leg.ended)
  }

  tell(name: EventName, attributes: TradingAttributes, emission?: FlowEmission): void {
    this.core.emit(this.scope, name, attributes, emission)
  }

  /** Records a call that came after the end. */
  late(call: string, scope: Scope = this.scope): void {
    this.core.emit(
      scope,
      'trading.flow.late_call',
      { 'trading.flow.call': call, 'trading.flow.outcome': this.#outcome },
      { message: `${call} came after the end (${this.#outcome ?? 'ended'})` },
    )
  }

  decided(quantity: DecimalInput | undefined): void {
    this.#quantity = parseDecimal(quantity) ?? this.#quantity
  }

  order(options: OrderOptions): OrderHandle {
    if (this.ended) this.late('signal.order')
    if (this.entry.orders.length === 0) this.#measureDecision()
    const symbol = options.symbol ?? this.options.symbol
    const order = newOrder(this.ledger, this, { ...options, symbol })
    this.entry.orders.push(order)
    return order
  }

  orderFilled(order: OrderRecord, change: FillChange): void {
    const towards = order.side === this.side
    if (sign(change.price) > 0) this.#lastPrice = change.price
    const base = towards ? change.base : negate(change.base)
    // Which of the open fills was taken back is not known here: the longest window is told.
    const from = sign(change.quantity) < 0 ? 'latest' : 'earliest'
    this.exposure.enter(base, change.price, this.core.nowMs(), from)
    this.tellExposure()
    for (const leg of this.legs) leg.exposed()
  }

  orderEnded(): void {
    this.settle()
  }

  /** From here on fills count as uncovered until they are hedged. */
  hedging(): void {
    this.#teller.hedging(this.side)
  }

  tellExposure(): void {
    this.#teller.tell(this.side)
  }

  tickExposure(): void {
    this.#teller.tick()
  }

  /** The position is closed: nothing of the flow is exposed any more. */
  releaseExposure(): void {
    this.#teller.release()
  }

  snapshot(trigger: SnapshotTrigger, books: Books, arbitrage?: ArbitrageOptions): number {
    return tellSnapshot(this.core, this.scope, this.numbers, { trigger, books, arbitrage })
  }

  /** The bot let go of its handle: once nothing is at work any more, nobody can end the flow. */
  lost(): void {
    this.#isLost = true
    this.settle()
  }

  /** Ends a flow whose unwind waited for other orders, and one that nobody can end any more. */
  settle(): void {
    if (this.#isUnwound) this.unwound()
    if (!this.#isLost || this.ended || this.isAtWork) return
    this.end('abandoned', { reason: 'the handle was lost before the flow was ended' })
  }

  /** An unwind is done: when nothing is held any more, so is the flow. What is hedged becomes a position. */
  unwound(): void {
    this.#isUnwound = true
    if (this.ended) return
    if (sign(this.held) <= 0 && !this.isAtWork) this.end('unwound')
  }

  end(outcome: FlowOutcome, end: FlowEnd = {}): void {
    if (this.#outcome !== undefined) {
      if (this.#outcome !== outcome) this.late(`signal.end(${outcome})`)
      return
    }
    this.#outcome = outcome
    this.ledger.flows.delete(this)
    guarded('flow.end', () => this.#report(outcome, end))
    this.core.measure(this.scope, 'trading.flow.open', -1)
  }

  #report(outcome: FlowOutcome, end: FlowEnd): void {
    this.tickExposure()
    if (outcome !== 'opened' && this.exposure.isFlat) this.releaseExposure()
    const { fees, entry } = this
    const attributes: TradingAttributes = {
      'trading.flow.outcome': outcome,
      'trading.flow.duration_ms': this.ageMs,
      'trading.flow.reason': end.reason,
      'trading.slippage.decision_bps': bps(this.side, entry.price, this.decisionPrice),
      ...this.#shortfall(fees, parseDecimal(end.endPrice)),
      ...feeAttributes(fees),
      ...end.attributes,
    }
    this.tell(eventOfEnd(outcome), attributes, {
      message: `flow ${this.options.symbol} ended: ${outcome.replaceAll('_', ' ')}`,
      severity: severityOfEnd(outcome),
      ...(end.error !== undefined && { exception: end.error }),
    })
    const why = end.error === undefined ? (end.reason ?? outcome) : errorText(end.error)
    const isFailure = severityOfEnd(outcome) === 'error'
    const report = { ...attributes, ...this.#teller.report() }
    this.core.endSpan(this.span, report, isFailure ? why : undefined)
  }

  #shortfall(fees: Fees, endPrice: Decimal | undefined): TradingAttributes {
    const { decisionPrice, entry } = this
    if (!decisionPrice || entry.orders.length === 0) return {}
    const shortfall = shortfallOf({
      side: this.side,
      decisionPrice,
      quantity: entry.decided(this.#quantity, decisionPrice),
      orders: entry.executed,
      fees: fees.quote,
      endPrice: endPrice ?? this.#lastPrice,
    })
    this.core.measure(this.scope, 'trading.shortfall.cost', toNumber(shortfall.total))
    return shortfallAttributes(shortfall)
  }

  // The bot knew until the order was decided.
  #measureDecision(): void {
    const latencyMs = this.ageMs
    this.core.setAttributes(this.span, { 'trading.signal.decision_latency_ms': latencyMs })
    this.core.measure(this.scope, 'trading.signal.decision.duration', latencyMs / 1000)
  }
}
