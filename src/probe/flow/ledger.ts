import { randomSpanId } from '../../base/ids.ts'
import type { FlowOutcome } from '../../semconv/words.ts'
import { measure } from '../event/instruments.ts'
import { defined } from './core.ts'
import type { Core } from './core.ts'
import type { FlowEnd } from './flow-end.ts'
import { Gauges } from './gauges.ts'
import type { Position } from './handles/position.ts'
import type { Task } from './handles/task.ts'
import type { OrderHandle } from './order/order.ts'
import { OrderIndex } from './order/order-index.ts'
import type { OrderTerms } from './order/order-terms.ts'

/** A flow as it is looked after. */
export interface OpenFlow {
  readonly ended: boolean
  readonly ageMs: number
  readonly options: { readonly ageMaxMs?: number | undefined }
  tickExposure(): void
  settle(): void
  end(outcome: FlowOutcome, end?: FlowEnd): void
}

/** A position as it is looked after. */
export interface OpenPosition extends Position {
  readonly venue: string | undefined
  readonly contract: Pick<OrderTerms, 'contractSize' | 'inverse'>
  settle(flatMaxMs: number): void
  interrupt(reason: string): void
}

/** What is open in one {@link Flows}, and the sums over it. */
export class Ledger {
  readonly core: Core
  readonly index: OrderIndex<OrderHandle>
  readonly gauges = new Gauges()
  readonly flows = new Set<OpenFlow>()
  readonly legs = new Set<{ interrupt(reason: string): void }>()
  readonly positions = new Set<OpenPosition>()
  readonly tasks = new Set<Task>()
  readonly #results = new Map<string, { total: number; best: number }>()
  readonly #longestHedgeMs = new Map<string, number>()
  readonly #idPrefix = `fp-${randomSpanId()}`
  #orderNumber = 0

  constructor(core: Core) {
    this.core = core
    this.index = new OrderIndex(core.settings.endedKeepMs, core.settings.endedKeepMax)
  }

  /** A client order id within what venues allow: letters, digits and dashes, at most 36. */
  newClientOrderId(): string {
    this.#orderNumber += 1
    return `${this.#idPrefix}-${this.#orderNumber.toString(36)}`
  }

  /** Books a realized result and tells how far the strategy is below its best, in each currency. */
  realized(amount: number, labels: Readonly<Record<string, unknown>>): void {
    measure('trading.pnl.realized', amount, labels)
    const { 'trading.strategy': strategy, 'trading.pnl.currency': currency } = labels
    const key = JSON.stringify([strategy, currency])
    const result = this.#results.get(key) ?? { total: 0, best: 0 }
    result.total += amount
    result.best = Math.max(result.best, result.total)
    this.#results.set(key, result)
    const own = defined({ 'trading.strategy': strategy, 'trading.pnl.currency': currency })
    measure('trading.pnl.drawdown', result.best - result.total, own)
  }

  /** Tells the longest hedge latency since the start. */
  hedged(latencyMs: number, labels: Readonly<Record<string, unknown>>): void {
    const key = [
      labels['trading.symbol'],
      labels['trading.strategy'],
      labels['trading.venue'],
    ].join('\n')
    const longest = Math.max(this.#longestHedgeMs.get(key) ?? 0, latencyMs)
    this.#longestHedgeMs.set(key, longest)
    measure('trading.hedge.duration_max', longest / 1000, labels)
  }
}
