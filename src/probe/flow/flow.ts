import { ROOT_CONTEXT, SpanKind, context as contextApi, trace } from '@opentelemetry/api'
import type { Context, Link, Span } from '@opentelemetry/api'
import {
  add,
  divide,
  format,
  multiply,
  negate,
  parseDecimal,
  sign,
  subtract,
  toNumber,
  zero,
} from '../../base/decimal.ts'
import type { Decimal, DecimalInput } from '../../base/decimal.ts'
import { traceIdOf } from '../../base/ids.ts'
import type { TradingAttributes } from '../../semconv/attributes.ts'
import type { EventName, Severity } from '../../semconv/events.ts'
import type { FlowOutcome, Side, SnapshotTrigger } from '../../semconv/words.ts'
import { inheritedAttributes } from '../event/context.ts'
import { guarded } from '../event/fault.ts'
import { snapshotAttributes } from './book.ts'
import { Numbers, contextOf, defined, errorText } from './core.ts'
import type { AnyAttributes, Core, FlowEmission, Scope } from './core.ts'
import { Exposure } from './exposure.ts'
import { Fees } from './fees.ts'
import type { FillChange } from './fills.ts'
import type { ArbitrageOptions, Books } from './handles/book.ts'
import type { OrderOptions } from './handles/order.ts'
import type { SignalOptions } from './handles/signal.ts'
import type { Leg } from './leg.ts'
import type { Ledger } from './ledger.ts'
import { OrderHandle } from './order.ts'
import type { OrderOwner } from './order-record.ts'
import { bps, feeAttributes } from './order-report.ts'
import { contractOf, double, text } from './order-terms.ts'
import { shortfallAttributes, shortfallOf } from './shortfall.ts'
import { wishedTraceId } from './trace-id.ts'

/** What a flow gets from the task it belongs to. */
export interface FlowHome {
  readonly numbers?: Numbers | undefined
  readonly attributes?: AnyAttributes | undefined
  readonly links?: readonly Link[] | undefined
}

/** How a flow ends. */
export interface FlowEnd {
  readonly endPrice?: DecimalInput | undefined
  readonly reason?: string | undefined
  readonly error?: unknown
  readonly attributes?: TradingAttributes | undefined
}

/** Outcomes that make the span of the flow an error. */
const failures: ReadonlySet<FlowOutcome> = new Set([
  'failed',
  'rejected',
  'unwind_failed',
  'interrupted',
])

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
  readonly exposure = new Exposure()
  readonly startMs: number
  readonly decisionPrice: Decimal | undefined
  readonly orders: OrderHandle[] = []
  readonly legs: Leg[] = []
  readonly labels: AnyAttributes
  #quantity: Decimal | undefined
  #outcome: FlowOutcome | undefined
  #isHedged = false
  #isLost = false
  #toldMoneySeconds = 0
  #lastPrice: Decimal | undefined

  constructor(ledger: Ledger, options: SignalOptions, home: FlowHome = {}) {
    const { core } = ledger
    this.ledger = ledger
    this.core = core
    this.options = options
    this.startMs = core.nowMs()
    this.numbers = home.numbers ?? new Numbers(false)
    this.decisionPrice = parseDecimal(options.decisionPrice)
    this.#quantity = parseDecimal(options.quantity)
    this.#lastPrice = this.decisionPrice
    const inherited = defined({
      ...core.attributes,
      ...home.attributes,
      'trading.symbol': options.symbol,
      'trading.strategy': options.strategy,
      'trading.signal.id': options.signalId,
      'trading.correlation_id': options.correlationId,
    })
    const parent = rootContext(options.correlationId)
    this.span = contextApi.with(parent, () =>
      core.startSpan('signal', SpanKind.INTERNAL, { ...inherited, ...decision(options) }, parent, {
        root: true,
        links: linksOf(options, home.links),
      }),
    )
    this.traceId = this.span.spanContext().traceId
    this.correlationId = options.correlationId ?? this.traceId
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
    ledger.flows.add(this)
    core.measure(this.scope, 'trading.flow.open', 1)
  }

  get outcome(): FlowOutcome | undefined {
    return this.#outcome
  }

  get ended(): boolean {
    return this.#outcome !== undefined
  }

  /** Side of the signal, or of its first order. */
  get side(): Side {
    return this.options.side ?? this.orders[0]?.side ?? 'buy'
  }

  get ageMs(): number {
    return this.core.nowMs() - this.startMs
  }

  get fees(): Fees {
    const fees = new Fees()
    for (const order of this.orders) fees.addAll(order.fees)
    for (const leg of this.legs) for (const order of leg.orders) fees.addAll(order.fees)
    return fees
  }

  /** Fills of the flow's own orders: quantity in the unit of the orders, base and quote money. */
  get entry(): {
    readonly base: Decimal
    readonly quote: Decimal
    readonly price: Decimal | undefined
  } {
    let base = zero
    let quote = zero
    for (const order of this.orders) {
      const towards = order.side === this.side
      const amounts = amountsOf(order)
      base = add(base, towards ? amounts.base : negate(amounts.base))
      quote = add(quote, towards ? amounts.quote : negate(amounts.quote))
    }
    return { base, quote, price: divide(quote, base) }
  }

  /** What its orders hold and no unwind closed, in the unit of the orders. */
  get held(): Decimal {
    let held = zero
    for (const order of this.orders) {
      const { quantity } = order.life.fills
      held = order.side === this.side ? add(held, quantity) : subtract(held, quantity)
    }
    for (const leg of this.legs) {
      if (leg.kind !== 'unwind') continue
      for (const order of leg.orders) held = subtract(held, order.life.fills.quantity)
    }
    return held
  }

  /** Average price of the fills of its orders, as contracts reckon it. */
  get heldPrice(): Decimal | undefined {
    return this.entry.price
  }

  /** Contract terms of its orders. */
  get contract(): Pick<OrderOptions, 'contractSize' | 'inverse'> | undefined {
    return this.orders[0]?.terms
  }

  /** Fees of its own orders that fall on the quantity that is held, in quote money. */
  entryFees(held: Decimal): Decimal {
    let fees = zero
    let filled = zero
    for (const order of this.orders) {
      fees = add(fees, order.fees.quote)
      filled = add(filled, order.life.fills.quantity)
    }
    return divide(multiply(fees, held), filled) ?? zero
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
    if (this.orders.length === 0) this.#measureDecision()
    const order = newOrder(this.ledger, this, {
      ...options,
      symbol: options.symbol ?? this.options.symbol,
    })
    this.orders.push(order)
    return order
  }

  orderFilled(order: OrderHandle, change: FillChange): void {
    const towards = order.side === this.side
    const base = towards ? change.base : negate(change.base)
    if (sign(change.price) > 0) this.#lastPrice = change.price
    this.exposure.enter(base, change.price, this.core.nowMs())
    this.tellExposure()
  }

  orderEnded(): void {
    this.settle()
  }

  /** From here on fills count as uncovered until they are hedged. */
  hedging(): void {
    if (this.#isHedged) return
    this.#isHedged = true
    if (!this.exposure.isFlat) this.tellExposure()
  }

  /** Tells the exposure after a fill or cover. */
  tellExposure(): void {
    if (!this.#isHedged) return
    const { exposure, ledger, labels } = this
    this.tickExposure()
    const net = exposure.net(this.side)
    const quote = exposure.uncoveredQuote
    const uncovered = toNumber(exposure.uncovered)
    ledger.gauges.set('trading.exposure.uncovered', this, uncovered, labels)
    ledger.gauges.set('trading.exposure.covered', this, toNumber(exposure.covered), labels)
    ledger.gauges.set('trading.exposure.net', this, toNumber(net), labels)
    ledger.gauges.set('trading.exposure.uncovered_quote', this, quote, labels)
    this.tell(
      'trading.exposure.changed',
      {
        'trading.exposure.uncovered': format(exposure.uncovered),
        'trading.exposure.uncovered_num': uncovered,
        'trading.exposure.covered': format(exposure.covered),
        'trading.exposure.net': format(net),
        'trading.exposure.uncovered_quote': String(quote),
      },
      { message: `uncovered ${format(exposure.uncovered)} ${this.options.symbol}` },
    )
  }

  /** Sums the money-seconds up to now. */
  tickExposure(): void {
    if (!this.#isHedged) return
    this.exposure.advance(this.core.nowMs())
    const added = this.exposure.moneySeconds - this.#toldMoneySeconds
    if (added <= 0) return
    this.#toldMoneySeconds = this.exposure.moneySeconds
    this.core.measure(this.scope, 'trading.exposure.money_seconds', added)
  }

  /** Takes the exposure of this flow out of the gauges: its position is closed, or it is flat. */
  releaseExposure(): void {
    this.ledger.gauges.drop(this)
  }

  snapshot(trigger: SnapshotTrigger, books: Books, arbitrage?: ArbitrageOptions): number {
    return tellSnapshot(this.core, this.scope, this.numbers, { trigger, books, arbitrage })
  }

  /** The bot let go of its handle: once nothing is at work any more, nobody can end the flow. */
  lost(): void {
    this.#isLost = true
    this.settle()
  }

  /** Ends a flow that nobody can end any more. */
  settle(): void {
    if (!this.#isLost || this.ended || this.isAtWork) return
    this.end('abandoned', { reason: 'the handle was lost before the flow was ended' })
  }

  /** An unwind is done: when nothing is left open, so is the flow. */
  unwound(): void {
    if (this.exposure.isFlat && !this.isAtWork) this.end('unwound')
  }

  /** Whether an order, hedge or unwind of it is still open. */
  get isAtWork(): boolean {
    return this.orders.some((order) => !order.ended) || this.legs.some((leg) => !leg.ended)
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
    const { fees } = this
    const attributes: TradingAttributes = {
      'trading.flow.outcome': outcome,
      'trading.flow.duration_ms': this.ageMs,
      'trading.flow.reason': end.reason,
      'trading.slippage.decision_bps': bps(this.side, this.entry.price, this.decisionPrice),
      ...this.#shortfall(fees, parseDecimal(end.endPrice)),
      ...feeAttributes(fees),
      ...end.attributes,
    }
    const isFailure = failures.has(outcome)
    this.tell(eventOfEnd(outcome), attributes, {
      message: `flow ${this.options.symbol} ended: ${outcome.replaceAll('_', ' ')}`,
      severity: isFailure ? 'error' : severityOfEnd(outcome),
      ...(end.error !== undefined && { exception: end.error }),
    })
    const why = end.error === undefined ? (end.reason ?? outcome) : errorText(end.error)
    this.core.endSpan(
      this.span,
      { ...attributes, ...this.#exposureReport() },
      isFailure ? why : undefined,
    )
  }

  #shortfall(fees: Fees, endPrice: Decimal | undefined): TradingAttributes {
    const { decisionPrice, orders } = this
    if (!decisionPrice || orders.length === 0) return {}
    const parts = orders
      .filter((order) => order.side === this.side)
      .map((order) => {
        const { base, quote } = amountsOf(order)
        return { filled: base, value: quote, arrivalPrice: order.arrivalPrice }
      })
    const quantity = this.#quantity ?? orders[0]?.life.quantity ?? zero
    const shortfall = shortfallOf({
      side: this.side,
      decisionPrice,
      quantity,
      orders: parts,
      fees: fees.quote,
      endPrice: endPrice ?? this.#lastPrice,
    })
    this.core.measure(this.scope, 'trading.shortfall.cost', toNumber(shortfall.total))
    return shortfallAttributes(shortfall)
  }

  #exposureReport(): TradingAttributes {
    if (!this.#isHedged) return {}
    return {
      'trading.exposure.uncovered': format(this.exposure.uncovered),
      'trading.exposure.covered': format(this.exposure.covered),
      'trading.exposure.money_seconds': this.exposure.moneySeconds,
    }
  }

  // The bot knew until the order was decided.
  #measureDecision(): void {
    const latencyMs = this.ageMs
    this.span.setAttribute('trading.signal.decision_latency_ms', latencyMs)
    this.core.measure(this.scope, 'trading.signal.decision.duration', latencyMs / 1000)
  }
}

/** An order with what it leaves out filled in. */
export function newOrder(
  ledger: Ledger,
  owner: OrderOwner,
  options: OrderOptions & { readonly symbol: string },
): OrderHandle {
  const type = options.type ?? (options.price === undefined ? 'market' : 'limit')
  const clientOrderId = options.clientOrderId ?? ledger.newClientOrderId()
  return new OrderHandle(
    ledger.core,
    ledger.index,
    owner,
    { ...options, type, clientOrderId, price: options.price },
    { arrivalPrice: options.arrivalPrice },
  )
}

/** Filled of an order in base and quote money. */
export function amountsOf(order: OrderHandle): { readonly base: Decimal; readonly quote: Decimal } {
  const { contractSize, inverse } = contractOf(order.terms)
  const { quantity, value } = order.life.fills
  const contracts = multiply(quantity, contractSize)
  return inverse ? { base: value, quote: contracts } : { base: contracts, quote: value }
}

/** Emits a snapshot of order books under the next number. */
export function tellSnapshot(
  core: Core,
  scope: Scope,
  numbers: Numbers,
  taken: {
    readonly trigger: SnapshotTrigger
    readonly books: Books
    readonly arbitrage: ArbitrageOptions | undefined
  },
): number {
  const number = numbers.nextBook()
  guarded('snapshot', () => {
    core.emit(
      { ...scope, numbers: undefined },
      'trading.book.snapshot',
      {
        'trading.book.sequence': number,
        'trading.book.trigger': taken.trigger,
        ...snapshotAttributes(taken.books, taken.arbitrage),
      },
      { message: `order books ${number}: ${taken.trigger.replaceAll('_', ' ')}` },
    )
  })
  return number
}

function rootContext(correlationId: string | undefined): Context {
  // What else travels in the context of the caller (baggage) goes on; its span does not.
  const outer = trace.deleteSpan(contextApi.active() ?? ROOT_CONTEXT)
  return correlationId === undefined
    ? outer
    : outer.setValue(wishedTraceId, traceIdOf(correlationId))
}

function linksOf(options: SignalOptions, links: readonly Link[] = []): Link[] {
  const origin = trace.getSpanContext(options.link ?? contextApi.active())
  const all = [...links]
  if (origin && trace.isSpanContextValid(origin)) all.push({ context: origin })
  return all
}

function decision(options: SignalOptions): AnyAttributes {
  return defined({
    ...options.attributes,
    'trading.side': options.side,
    'trading.decision.price': text(options.decisionPrice),
    'trading.decision.price_num': double(options.decisionPrice),
    'trading.decision.quantity': text(options.quantity),
    'trading.signal.reason': options.reason,
    'trading.signal.confidence': options.confidence,
    'trading.atr': options.atr,
    'trading.velocity': options.velocity,
    'trading.pattern': options.pattern,
  })
}

function eventOfEnd(outcome: FlowOutcome): EventName {
  if (outcome === 'abandoned') return 'trading.flow.abandoned'
  return outcome === 'interrupted' ? 'trading.flow.interrupted' : 'trading.flow.ended'
}

function severityOfEnd(outcome: FlowOutcome): Severity {
  return outcome === 'unwound' || outcome === 'denied' || outcome === 'abandoned' ? 'warn' : 'info'
}

/** What inherits from a flow or position to what belongs to it. */
export function inheritedBy(context: Context): AnyAttributes {
  return inheritedAttributes(context) ?? {}
}
