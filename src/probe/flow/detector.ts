import { context as contextApi } from '@opentelemetry/api'
import type { Context } from '@opentelemetry/api'
import type { TradingAttributes } from '../../semconv/attributes.ts'
import type { EventName } from '../../semconv/events.ts'
import { withAttributes } from '../event/context.ts'
import { ChecksTeller } from './checks.ts'
import { defined } from './core.ts'
import type { AnyAttributes, Core, Scope } from './core.ts'
import type { DetectorConditionOptions } from './handles/condition.ts'
import type { Flows } from './handles/flows.ts'
import type { Detector, Signal, SignalOptions } from './handles/signal.ts'

/** What a detector looks at. */
interface Subject {
  readonly symbol: string
  readonly strategy?: string | undefined
}

/** A {@link Detector}: checks and conditions outside of any flow. */
export class DetectorHandle extends ChecksTeller implements Detector {
  readonly #core: Core
  readonly #flows: Flows
  readonly #subject: Subject
  readonly #attributes: AnyAttributes

  constructor(core: Core, flows: Flows, { symbol, strategy }: Subject) {
    super()
    this.#core = core
    this.#flows = flows
    this.#subject = { symbol, strategy }
    this.#attributes = defined({
      ...core.attributes,
      'trading.symbol': symbol,
      'trading.strategy': strategy,
    })
  }

  signal(options: Omit<SignalOptions, 'symbol' | 'strategy'>): Signal {
    return this.#flows.signal({ ...options, ...this.#subject })
  }

  condition(name: string, holds: boolean, options?: DetectorConditionOptions): void {
    this.#flows.condition(name, holds, { ...options, ...this.#subject })
  }

  protected tell(name: EventName, attributes: TradingAttributes, message: string): void {
    const context: Context = withAttributes(contextApi.active(), this.#attributes)
    const scope: Scope = { context, span: undefined, base: this.#attributes, numbers: undefined }
    this.#core.emit(scope, name, attributes, { message })
  }
}
