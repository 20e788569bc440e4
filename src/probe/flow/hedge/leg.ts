import { SpanKind } from '@opentelemetry/api'
import type { Context, Span } from '@opentelemetry/api'
import {
  add,
  compare,
  divide,
  format,
  negate,
  parseDecimal,
  sign,
  zero,
} from '../../../base/decimal.ts'
import type { Decimal } from '../../../base/decimal.ts'
import type { DecimalInput } from '../../../base/decimal-input.ts'
import type { TradingAttributes } from '../../../semconv/attributes.ts'
import type { EventName } from '../../../semconv/events.ts'
import type { Side } from '../../../semconv/words.ts'
import { inheritedAttributes } from '../../event/context.ts'
import { given, guarded } from '../../event/fault.ts'
import { together } from '../../event/together.ts'
import { contextOf, defined, runIn } from '../core.ts'
import type { AnyAttributes, Core, FlowEmission, Numbers, Scope } from '../core.ts'
import type { Amounts } from '../entry.ts'
import type { Flow } from '../flow.ts'
import type { FillChange } from '../order/fills.ts'
import type { LegOrderOptions } from '../handles/hedge.ts'
import type { Order } from '../handles/order.ts'
import type { OrderHandle } from '../order/order.ts'
import type { OrderOwner, OrderRecord } from '../order/order-record.ts'
import { newOrder } from '../order/order-start.ts'
import { contractOf, contractsFor } from '../order/order-terms.ts'
import type { OrderTerms } from '../order/order-terms.ts'

/** What a hedge and an unwind have in common: a quantity to cover, a venue, orders that cover it, an end. */
export interface LegOptions {
  readonly kind: 'hedge' | 'unwind'
  readonly id: string
  readonly venue: string
  readonly symbol: string
  readonly side: Side
  /** In base money. */
  readonly quantity: Decimal
  /** Contract terms of this venue and symbol, where an order does not say its own. */
  readonly contract?: Pick<OrderTerms, 'contractSize' | 'inverse'> | undefined
  readonly attributes: TradingAttributes
  readonly extra: Readonly<Record<string, unknown>> | undefined
}

/** A hedge or an unwind: a span with order spans of its own; it ends by itself when its quantity is covered. */
export abstract class Leg implements OrderOwner {
  readonly flow: Flow
  readonly span: Span
  readonly context: Context
  readonly scope: Scope
  readonly orders: OrderHandle[] = []
  /** When the exposure that it answers began; undefined while nothing is filled. */
  protected sinceMs: number | undefined
  protected readonly core: Core
  protected readonly options: LegOptions
  #done = zero
  // What was traded for it, at its own prices.
  #base = zero
  #quote = zero
  #hasEnded = false

  constructor(flow: Flow, options: LegOptions) {
    this.flow = flow
    this.core = flow.core
    this.options = options
    const inherited = defined({
      ...inheritedAttributes(flow.context),
      'trading.venue': options.venue,
      'trading.symbol': options.symbol,
      [`trading.${options.kind}.id`]: options.id,
    })
    this.span = this.core.startSpan(
      options.kind,
      SpanKind.INTERNAL,
      { ...options.extra, ...inherited, ...options.attributes },
      {
        parent: flow.context,
        agoMs: options.kind === 'hedge' ? flow.exposure.openForMs(this.core.nowMs()) : 0,
      },
    )
    this.context = contextOf(flow.context, this.span, inherited)
    this.scope = { context: this.context, span: this.span, base: inherited, numbers: flow.numbers }
    this.sinceMs = flow.exposure.sinceMs
    flow.legs.push(this)
    flow.ledger.legs.add(this)
    flow.hedging()
  }

  get numbers(): Numbers {
    return this.flow.numbers
  }

  /** Slippage against the decision is that of the entry; a leg has its own arrival price. */
  get decisionPrice(): undefined {
    return undefined
  }

  get ended(): boolean {
    return this.#hasEnded
  }

  get kind(): 'hedge' | 'unwind' {
    return this.options.kind
  }

  get quantity(): string {
    return format(this.options.quantity)
  }

  /** Covered or closed so far, in base money. */
  protected get done(): Decimal {
    return this.#done
  }

  protected get averagePrice(): Decimal | undefined {
    return divide(this.#quote, this.#base)
  }

  run<T>(fn: () => T): T {
    return runIn(this.context, fn, (error) => this.failed({ error }))
  }

  order(options: LegOrderOptions = {}): Order {
    return together(() => this.#order(given(`${this.options.kind}.order`, options)))
  }

  #order(options: LegOrderOptions): Order {
    if (this.ended) this.flow.late(`${this.options.kind}.order`, this.scope)
    const { venue, symbol, side } = this.options
    const attempt = this.orders.length + 1
    // Before the order, so that readers see it there.
    guarded(`${this.options.kind}.order`, () => this.attempted(attempt))
    const place = { venue: options.venue ?? venue, symbol: options.symbol ?? symbol }
    const isHere = place.venue === venue && place.symbol === symbol
    const contract = {
      contractSize:
        options.contractSize ?? (isHere ? this.options.contract?.contractSize : undefined),
      inverse: options.inverse ?? (isHere ? this.options.contract?.inverse : undefined),
    }
    const order = newOrder(this.flow.ledger, this, {
      ...options,
      ...place,
      ...contract,
      side: options.side ?? side,
      quantity: options.quantity ?? this.#quantityFor(options, contract),
      attempt: options.attempt ?? attempt,
    })
    this.orders.push(order)
    return order
  }

  /** What a log line keeps of it where a bot hands over the hedge or unwind as a value. */
  toJSON(): AnyAttributes {
    const { kind, id, venue, symbol } = this.options
    const { quantity, ended } = this
    return { kind, id, venue, symbol, quantity, done: format(this.#done), ended }
  }

  /** Something was filled that is to be covered. */
  exposed(): void {}

  orderFilled(order: OrderRecord, change: FillChange): void {
    const towards = order.side === this.options.side
    const base = towards ? change.base : negate(change.base)
    const quote = towards ? change.quote : negate(change.quote)
    this.#take(this.flow.entry.coverOf(order, { base, quote }), { base, quote })
  }

  orderEnded(): void {
    this.flow.settle()
  }

  abstract failed(failure?: {
    readonly reason?: string | undefined
    readonly error?: unknown
  }): void

  /** Ends the span of a leg that is still open when the process ends. */
  interrupt(reason: string): void {
    this.finish({ 'trading.flow.outcome': 'interrupted' }, reason)
  }

  protected abstract attempted(attempt: number): void
  /** A part is covered. */
  protected abstract progressed(): void
  /** All is covered. */
  protected abstract completed(): void

  /** Cover that no order brings. */
  protected take(quantity: DecimalInput, price: DecimalInput | undefined): void {
    const base = parseDecimal(quantity)
    if (!base || sign(base) <= 0) return
    const at = parseDecimal(price)
    this.#take(base, { base, quote: at ? base.times(at) : zero })
  }

  protected tell(name: EventName, attributes: TradingAttributes, emission?: FlowEmission): void {
    this.core.emit(this.scope, name, attributes, emission)
  }

  /** Ends the leg, once. */
  protected finish(attributes: TradingAttributes, error?: string): boolean {
    if (this.#hasEnded) return false
    this.#hasEnded = true
    this.flow.ledger.legs.delete(this)
    guarded('leg.finish', () => this.core.endSpan(this.span, attributes, error))
    return true
  }

  /** What is left, in the contracts of the order. */
  #quantityFor(
    { price, arrivalPrice }: LegOrderOptions,
    contract: Pick<OrderTerms, 'contractSize' | 'inverse'>,
  ): string {
    const terms = contractOf(contract)
    const { entry, lastPrice } = this.flow
    const same = terms.inverse && entry.inverseContracts(this.#left, terms.contractSize)
    const at = parseDecimal(price) ?? parseDecimal(arrivalPrice) ?? lastPrice
    return format(same || (contractsFor(this.#left, terms, at) ?? this.#left))
  }

  get #left(): Decimal {
    const left = this.options.quantity.minus(this.#done)
    return sign(left) > 0 ? left : zero
  }

  #take(cover: Decimal, traded: Amounts): void {
    this.sinceMs ??= this.flow.exposure.sinceMs
    this.#done = add(this.#done, cover)
    this.#base = add(this.#base, traded.base)
    this.#quote = add(this.#quote, traded.quote)
    this.flow.exposure.cover(cover, this.core.nowMs())
    this.flow.tellExposure()
    if (this.ended) return
    if (compare(this.#done, this.options.quantity) >= 0) this.completed()
    else if (sign(cover) !== 0) this.progressed()
  }
}
