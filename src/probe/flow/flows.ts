import { context as contextApi, trace } from '@opentelemetry/api'
import type { DenyReason, TradingState } from '../../semconv/words.ts'
import { tradingStates } from '../../semconv/words.ts'
import { inheritedAttributes } from '../event/context.ts'
import { given, guarded } from '../event/fault.ts'
import { measure } from '../event/instruments.ts'
import { together } from '../event/together.ts'
import { Conditions } from './conditions.ts'
import { Core } from './core.ts'
import type { Scope } from './core.ts'
import { DetectorHandle } from './detector.ts'
import { Flow } from './flow.ts'
import { Foreigners } from './foreign.ts'
import type { ConditionOptions } from './handles/condition.ts'
import type { Flows, FlowsOptions } from './handles/flows.ts'
import type { Order } from './handles/order.ts'
import type { LinkedPositionOptions, Position } from './handles/position.ts'
import type { Detector, Signal, SignalOptions } from './handles/signal.ts'
import type { Task, TaskOptions } from './handles/task.ts'
import { Ledger } from './ledger.ts'
import type { OrderHandle } from './order/order.ts'
import { applyUpdate } from './order/order-update.ts'
import { PositionHandle } from './position/position.ts'
import { SignalHandle } from './signal.ts'
import { TaskHandle } from './task.ts'
import type { AnyUpdate, OrderUpdate } from './order/update.ts'
import { readUpdate } from './order/update-reader.ts'

/**
 * Flows from signal to position, over `@opentelemetry/api` alone.
 *
 * - Nothing here throws into the bot. What goes wrong inside is counted and said through `diag`.
 * - One flow is one trace; a position and an order of a stranger have traces of their own.
 * - Whatever a venue says is found to belong, whichever context it comes in and whatever order it comes in.
 */
const sweepMs = 5000
const unknownMarket = { symbol: 'unknown' }
const flatMaxMs = 60_000

/** Makes {@link Flows}. Providers of OpenTelemetry may be registered before or after. */
export function createFlows(options: FlowsOptions = {}): Flows {
  return new FlowsHandle(options)
}

class FlowsHandle implements Flows {
  readonly #core: Core
  readonly #ledger: Ledger
  readonly #foreigners: Foreigners
  readonly #conditions: Conditions
  #state: TradingState = 'active'
  #sweeper: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: FlowsOptions) {
    this.#core = new Core(options)
    this.#ledger = new Ledger(this.#core)
    this.#foreigners = new Foreigners(this.#ledger)
    this.#conditions = new Conditions(this.#core)
    this.#ledger.index.onOrderId = () => {
      this.#foreigners.retry((update) => this.#orderOf(update))
    }
  }

  signal(options: SignalOptions): Signal {
    this.#watch()
    return together(
      () => new SignalHandle(new Flow(this.#ledger, given('flows.signal', options, unknownMarket))),
    )
  }

  detector(options: { readonly symbol: string; readonly strategy?: string | undefined }): Detector {
    return new DetectorHandle(this.#core, this, given('flows.detector', options))
  }

  task(options: TaskOptions): Task {
    this.#watch()
    return new TaskHandle(this.#ledger, given('flows.task', options))
  }

  position(options: LinkedPositionOptions): Position {
    return together(() => this.#position(given('flows.position', options, unknownMarket)))
  }

  #position(options: LinkedPositionOptions): Position {
    this.#watch()
    const { link, ...own } = options
    const origin = link && trace.getSpanContext(link)
    const inherited = link && inheritedAttributes(link)
    const correlationId = inherited?.['trading.correlation_id'] ?? origin?.traceId
    const strategy = inherited?.['trading.strategy']
    return new PositionHandle(this.#ledger, {
      ...own,
      strategy: own.strategy ?? (typeof strategy === 'string' ? strategy : undefined),
      side: own.side ?? 'long',
      links: origin ? [{ context: origin }] : [],
      inherited,
      correlationId: typeof correlationId === 'string' ? correlationId : undefined,
    })
  }

  update(update: AnyUpdate, from: { readonly venue?: string | undefined } = {}): Order | undefined {
    return guarded('flows.update', () => {
      let order: OrderHandle | undefined
      for (const read of readUpdate(update)) {
        order = this.#apply({ ...read, venue: read.venue ?? from.venue }) ?? order
      }
      return order
    })
  }

  find(id: string, at: { readonly venue?: string | undefined } = {}): Order | undefined {
    const { index } = this.#ledger
    const { venue } = at
    return index.byClientId(id, venue) ?? index.byOrderId(id, venue) ?? index.byExecId(id, venue)
  }

  tradingState(
    state: TradingState,
    change: { readonly reason?: DenyReason | undefined; readonly text?: string | undefined } = {},
  ): void {
    guarded('flows.tradingState', () => {
      const previous = this.#state
      this.#state = state
      for (const name of tradingStates) {
        measure('trading.state', name === state ? 1 : 0, { 'trading.state': name })
      }
      if (state === previous) return
      this.#core.emit(
        this.#here(),
        'trading.state.changed',
        {
          'trading.state': state,
          'trading.previous_state': previous,
          'trading.deny.reason': change.reason,
        },
        { message: change.text ?? `trading is ${state} (was ${previous})` },
      )
    })
  }

  condition(name: string, holds: boolean, options?: ConditionOptions): void {
    guarded('flows.condition', () => this.#conditions.report(name, holds, options))
  }

  open(): ReturnType<Flows['open']> {
    const { flows, index, positions, tasks } = this.#ledger
    return {
      signals: flows.size,
      orders: [...index.open],
      positions: [...positions],
      tasks: [...tasks],
      conditions: this.#conditions.list(),
    }
  }

  close(reason = 'shutdown'): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#sweeper)
    const { flows, legs, index, positions } = this.#ledger
    guarded('flows.close', () => this.#foreigners.close())
    for (const order of index.open) order.interrupt(`interrupted: ${reason}`)
    for (const leg of legs) guarded('leg', () => leg.interrupt(`interrupted: ${reason}`))
    for (const flow of flows) guarded('flow', () => flow.end('interrupted', { reason }))
    for (const position of positions) position.interrupt(`interrupted: ${reason}`)
    this.#conditions.close(reason)
  }

  #apply(update: OrderUpdate): OrderHandle | undefined {
    const order = this.#orderOf(update)
    if (!order) {
      const isOrder = update.orderId ?? update.clientOrderId
      return isOrder === undefined ? undefined : this.#foreigners.take(update)
    }
    applyUpdate(order, update)
    return order
  }

  #orderOf(update: OrderUpdate): OrderHandle | undefined {
    const { index } = this.#ledger
    const { venue, clientOrderId, originalClientOrderId, orderId, fill, bust } = update
    const byIds =
      index.byClientId(clientOrderId, venue) ??
      index.byClientId(originalClientOrderId, venue) ??
      index.byOrderId(orderId, venue)
    const hasNoId = clientOrderId === undefined && orderId === undefined
    return byIds ?? (hasNoId ? index.byExecId(fill?.execId ?? bust?.execId, venue) : undefined)
  }

  // Ages, retention and money-seconds are looked after as long as something was ever started.
  #watch(): void {
    if (this.#sweeper || this.#isClosed) return
    this.#sweeper = setInterval(() => guarded('flows sweep', () => this.#sweep()), sweepMs)
    this.#sweeper.unref()
  }

  #sweep(): void {
    const { flows, index, positions } = this.#ledger
    for (const flow of flows) {
      flow.tickExposure()
      flow.settle()
      const maxMs = flow.options.ageMaxMs ?? this.#core.settings.flowAgeMaxMs
      if (!flow.ended && maxMs > 0 && flow.ageMs > maxMs) {
        flow.end('abandoned', { reason: `not ended within ${maxMs} ms` })
      }
    }
    for (const position of positions) position.settle(flatMaxMs)
    index.trim(this.#core.nowMs())
  }

  #here(): Scope {
    const context = contextApi.active()
    const base = { ...inheritedAttributes(context), ...this.#core.attributes }
    return { context, span: undefined, base, numbers: undefined }
  }
}
