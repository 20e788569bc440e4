import { context as contextApi } from '@opentelemetry/api'
import type { Context, Span } from '@opentelemetry/api'
import { format, sign } from '../../base/decimal.ts'
import type { TradingAttributes } from '../../semconv/attributes.ts'
import type { EventName } from '../../semconv/events.ts'
import type { FlowOutcome, SnapshotTrigger } from '../../semconv/words.ts'
import { inheritedAttributes } from '../event/context.ts'
import { given, guarded } from '../event/fault.ts'
import { together } from '../event/together.ts'
import { ChecksTeller } from './checks.ts'
import { defined, errorText, runIn } from './core.ts'
import type { AnyAttributes } from './core.ts'
import type { Flow } from './flow.ts'
import type { ArbitrageOptions, Books } from './handles/book.ts'
import type { Hedge, HedgeOptions, Unwind, UnwindOptions } from './handles/hedge.ts'
import type { Order, OrderOptions } from './handles/order.ts'
import type { Position, PositionOptions } from './handles/position.ts'
import type { Checks, Signal } from './handles/signal.ts'
import { HedgeHandle } from './hedge/hedge.ts'
import { double, text } from './order/order-terms.ts'
import { PositionHandle } from './position/position.ts'
import { UnwindHandle } from './hedge/unwind.ts'

/** A flow whose handle was collected ends as `abandoned` once nothing of it is at work. */
const lost = new FinalizationRegistry<Flow>((flow) => guarded('signal lost', () => flow.lost()))

/** A {@link Signal}: a thin handle on its flow. */
export class SignalHandle extends ChecksTeller implements Signal {
  readonly #flow: Flow
  #hedges = 0
  #unwinds = 0

  constructor(flow: Flow) {
    super()
    this.#flow = flow
    lost.register(this, flow)
    guarded('signal.detected', () => this.#detected())
  }

  get traceId(): string {
    return this.#flow.traceId
  }

  get correlationId(): string {
    return this.#flow.correlationId
  }

  get symbol(): string {
    return this.#flow.options.symbol
  }

  get span(): Span {
    return this.#flow.span
  }

  get context(): Context {
    return this.#flow.context
  }

  get ended(): boolean {
    return this.#flow.ended
  }

  get outcome(): FlowOutcome | undefined {
    return this.#flow.outcome
  }

  run<T>(fn: () => T): T {
    return runIn(this.context, fn, (error) => this.failed(error))
  }

  bind<Parameters extends readonly unknown[], Result>(
    fn: (...parameters: Parameters) => Result,
  ): (...parameters: Parameters) => Result {
    return (...parameters) => contextApi.with(this.context, () => fn(...parameters))
  }

  override filtered(reason: Parameters<Checks['filtered']>[0]): void {
    together(() => {
      const filter = given('signal.filtered', reason)
      super.filtered(filter)
      this.#end('filtered', { reason: filter.filter ?? filter.reason })
    })
  }

  received(): void {
    const { side, signalId } = this.#flow.options
    this.#flow.tell('trading.signal.received', {
      'trading.side': side,
      'trading.signal.id': signalId,
    })
  }

  positionSize(size: Parameters<Signal['positionSize']>[0]): void {
    guarded('signal.positionSize', () => {
      this.#flow.decided(size.quantity)
      this.tell(
        'trading.position_size.calculated',
        {
          'trading.decision.quantity': text(size.quantity),
          'trading.decision.risk': size.risk,
        },
        `quantity ${text(size.quantity) ?? '?'}`,
      )
    })
  }

  leverage(leverage: Parameters<Signal['leverage']>[0]): void {
    guarded('signal.leverage', () => {
      this.tell(
        'trading.leverage.set',
        {
          'trading.decision.leverage': leverage.leverage,
          'trading.position.margin_mode': leverage.marginMode,
        },
        `leverage ${leverage.leverage}`,
      )
    })
  }

  hedgeTarget(target: Parameters<Signal['hedgeTarget']>[0]): void {
    guarded('signal.hedgeTarget', () => {
      this.#flow.hedging()
      this.tell(
        'trading.hedge_target.set',
        {
          'trading.hedge.target': defined({
            venue: target.venue,
            quantity: text(target.quantity),
            price_limit: text(target.priceLimit),
          }),
          'trading.hedge.quantity': text(target.quantity),
        },
        `hedge ${text(target.quantity) ?? 'all'} on ${target.venue}`,
      )
    })
  }

  order(options: OrderOptions): Order {
    return together(() => this.#flow.order(given('signal.order', options)))
  }

  hedge(options: HedgeOptions): Hedge {
    if (this.ended) this.#flow.late('signal.hedge')
    this.#hedges += 1
    const known = given('signal.hedge', options)
    const hedgeId = known.hedgeId ?? `h${this.#hedges}`
    return together(() => new HedgeHandle(this.#flow, hedgeId, known))
  }

  unwind(options: UnwindOptions = {}): Unwind {
    if (this.ended) this.#flow.late('signal.unwind')
    this.#unwinds += 1
    const known = given('signal.unwind', options)
    const unwindId = known.unwindId ?? `u${this.#unwinds}`
    return together(() => new UnwindHandle(this.#flow, unwindId, known))
  }

  snapshot(trigger: SnapshotTrigger, books: Books, arbitrage?: ArbitrageOptions): number {
    return this.#flow.snapshot(trigger, books, arbitrage)
  }

  opened(options: PositionOptions): Position {
    return together(() => this.#opened(given('signal.opened', options)))
  }

  #opened(options: PositionOptions): Position {
    const flow = this.#flow
    if (flow.ended) flow.late('signal.opened')
    const { held, entry } = flow
    const contract = entry.orders[0]?.terms
    const inverse = options.inverse ?? contract?.inverse
    const position = new PositionHandle(flow.ledger, {
      ...options,
      symbol: options.symbol ?? flow.options.symbol,
      strategy: options.strategy ?? flow.options.strategy,
      venue: options.venue ?? entry.orders[0]?.venue,
      side: options.side ?? (flow.side === 'buy' ? 'long' : 'short'),
      quantity: options.quantity ?? (sign(held) > 0 ? format(held) : undefined),
      entryPrice: options.entryPrice ?? (entry.price && format(entry.price)),
      entryFees: options.entryFees ?? entry.feesOnQuantity(held, inverse ?? false),
      contractSize: options.contractSize ?? contract?.contractSize,
      inverse,
      correlationId: flow.correlationId,
      links: [{ context: flow.span.spanContext() }],
      inherited: inheritedAttributes(flow.context),
      onClosed: () => flow.releaseExposure(),
    })
    if (flow.span.isRecording()) flow.span.addLink({ context: position.span.spanContext() })
    this.#end('opened', { attributes: { 'trading.position.id': options.positionId } })
    return position
  }

  denied(denial: Parameters<Signal['denied']>[0]): void {
    together(() => {
      const { reason, limit } = given('signal.denied', denial)
      const attributes: TradingAttributes = {
        'trading.side': this.#flow.options.side,
        'trading.deny.reason': reason,
        'trading.risk.limit': limit,
      }
      if (!this.ended) this.tell('trading.signal.denied', attributes, `denied: ${reason}`)
      this.#end('denied', { reason })
    })
  }

  rejected(): void {
    this.#end('rejected')
  }

  expired(): void {
    this.#end('expired')
  }

  canceled(reason?: string): void {
    this.#end('canceled', { reason })
  }

  failed(error?: unknown): void {
    this.#end('failed', { error, reason: error === undefined ? undefined : errorText(error) })
  }

  end(outcome: FlowOutcome, options: Parameters<Signal['end']>[1] = {}): void {
    this.#end(outcome, options)
  }

  /** What a log line keeps of it where a bot hands over the signal as a value. */
  toJSON(): AnyAttributes {
    const { correlationId, traceId, symbol, outcome } = this
    return { correlationId, traceId, symbol, outcome }
  }

  protected tell(name: EventName, attributes: TradingAttributes, message: string): void {
    this.#flow.tell(name, attributes, { message })
  }

  #end(outcome: FlowOutcome, end?: Parameters<Flow['end']>[1]): void {
    guarded('signal.end', () => this.#flow.end(outcome, end))
  }

  #detected(): void {
    const { options, core } = this.#flow
    const { marketTimeMs } = options
    this.#flow.tell(
      'trading.signal.detected',
      {
        'trading.side': options.side,
        'trading.signal.id': options.signalId,
        'trading.signal.reason': options.reason,
        'trading.signal.confidence': options.confidence,
        'trading.decision.price': text(options.decisionPrice),
        'trading.decision.price_num': double(options.decisionPrice),
        'trading.decision.quantity': text(options.quantity),
        'trading.atr': options.atr,
        'trading.velocity': options.velocity,
        'trading.pattern': options.pattern,
        'trading.signal.detection_latency_ms':
          marketTimeMs === undefined ? undefined : core.wallMs() - marketTimeMs,
      },
      { message: `signal ${options.side ?? ''} ${options.symbol}`, extra: options.attributes },
    )
  }
}
