import { format, parseDecimal } from '../../../base/decimal.ts'
import type { DecimalInput } from '../../../base/decimal-input.ts'
import type { TradingAttributes } from '../../../semconv/attributes.ts'
import { guarded } from '../../event/fault.ts'
import { defined, errorText } from '../core.ts'
import type { Flow } from '../flow.ts'
import type { Hedge, HedgeOptions } from '../handles/hedge.ts'
import { Leg } from './leg.ts'
import { opposite, text } from '../order/order-terms.ts'

/** What a timer of Node can wait: a longer wait would end at once. */
const timerMsMax = 2_147_483_647

/** A {@link Hedge}. Its clock runs from the first fill that is not covered. */
export class HedgeHandle extends Leg implements Hedge {
  readonly hedgeId: string
  readonly #createdMs: number
  readonly #delayLimitMs: number
  #delayTimer: NodeJS.Timeout | undefined
  #wasDelayed = false

  constructor(flow: Flow, hedgeId: string, options: HedgeOptions) {
    const asked = parseDecimal(options.quantity)
    const quantity = asked ?? flow.exposure.uncovered
    super(flow, {
      kind: 'hedge',
      id: hedgeId,
      venue: options.venue,
      symbol: options.symbol ?? flow.options.symbol,
      side: options.side ?? opposite(flow.side),
      quantity,
      attributes: { 'trading.hedge.quantity': text(options.quantity) ?? format(quantity) },
      extra: options.attributes,
    })
    this.hedgeId = hedgeId
    this.#createdMs = this.core.nowMs()
    this.#delayLimitMs = options.delayLimitMs ?? this.core.settings.hedgeDelayLimitMs
    guarded('hedge.started', () => {
      this.tell('trading.hedge.started', this.#progress(), {
        message: `hedge ${hedgeId}: ${this.quantity} ${this.options.symbol} on ${options.venue}`,
      })
    })
    this.#watch()
  }

  get coveredQuantity(): string {
    return format(this.done)
  }

  covered(cover: {
    readonly quantity: DecimalInput
    readonly price?: DecimalInput | undefined
  }): void {
    guarded('hedge.covered', () => {
      if (this.ended) this.flow.late('hedge.covered', this.scope)
      this.take(cover.quantity, cover.price)
    })
  }

  failed(failure: { readonly reason?: string | undefined; readonly error?: unknown } = {}): void {
    guarded('hedge.failed', () => {
      if (this.ended) {
        this.flow.late('hedge.failed', this.scope)
        return
      }
      const why = failure.reason ?? (failure.error === undefined ? 'failed' : undefined)
      const attributes: TradingAttributes = {
        ...this.#progress(),
        'trading.hedge.reason': why ?? 'error',
        'trading.exposure.window_ms': this.#windowMs(),
      }
      this.tell('trading.hedge.failed', attributes, {
        message: `hedge ${this.hedgeId} failed: ${why ?? errorText(failure.error)}`,
        ...(failure.error !== undefined && { exception: failure.error }),
      })
      this.#end(attributes, why ?? errorText(failure.error))
    })
  }

  closed(close: { readonly realizedPnl?: DecimalInput | undefined } = {}): void {
    guarded('hedge.closed', () => {
      this.tell('trading.hedge.closed', {
        ...this.#progress(),
        'trading.pnl.realized': text(close.realizedPnl),
      })
    })
  }

  override exposed(): void {
    this.#watch()
  }

  override interrupt(reason: string): void {
    clearTimeout(this.#delayTimer)
    super.interrupt(reason)
  }

  protected attempted(attempt: number): void {
    this.tell('trading.hedge.attempted', {
      ...this.#progress(),
      'trading.hedge.attempt': attempt,
    })
  }

  protected progressed(): void {
    this.tell('trading.hedge.partially_covered', this.#progress(), {
      message: `hedge ${this.hedgeId}: ${this.coveredQuantity} of ${this.quantity} covered`,
    })
  }

  protected completed(): void {
    const latencyMs = this.#windowMs()
    if (latencyMs > this.#delayLimitMs) this.#delayed()
    const average = this.averagePrice
    const attributes: TradingAttributes = {
      ...this.#progress(),
      'trading.hedge.average_price': average && format(average),
      'trading.hedge.latency_ms': latencyMs,
      'trading.exposure.window_ms': latencyMs,
      'trading.exposure.money_seconds': this.flow.exposure.moneySeconds,
    }
    this.tell('trading.hedge.completed', attributes, {
      message: `hedge ${this.hedgeId}: ${this.coveredQuantity} covered in ${Math.round(latencyMs)} ms`,
    })
    this.flow.ledger.hedged(latencyMs, { ...this.flow.labels, 'trading.venue': this.options.venue })
    this.#end(attributes)
  }

  #end(attributes: TradingAttributes, error?: string): void {
    clearTimeout(this.#delayTimer)
    this.finish(defined(attributes), error)
  }

  // Told once: by the timer while the hedge is still open, or at its end where the clock says so.
  #delayed(): void {
    if (this.#wasDelayed || this.ended) return
    this.#wasDelayed = true
    guarded('hedge.delayed', () => {
      this.tell(
        'trading.hedge.delayed',
        {
          ...this.#progress(),
          'trading.hedge.latency_ms': this.#windowMs(),
          'trading.latency.limit_ms': this.#delayLimitMs,
        },
        { message: `hedge ${this.hedgeId} takes longer than ${this.#delayLimitMs} ms` },
      )
    })
  }

  // The timer runs from when the clock does: where the fills are told, not before the first.
  #watch(): void {
    if (this.#delayTimer || this.#wasDelayed || this.ended) return
    const isToldOfFills = this.flow.entry.orders.length > 0
    const sinceMs = this.sinceMs ?? this.flow.exposure.sinceMs
    if (sinceMs === undefined && isToldOfFills) return
    const leftMs = this.#delayLimitMs - (this.core.nowMs() - (sinceMs ?? this.#createdMs))
    if (leftMs > timerMsMax) return
    this.#delayTimer = setTimeout(
      () => {
        this.#delayTimer = undefined
        if (this.#windowMs() < this.#delayLimitMs) this.#watch()
        else this.#delayed()
      },
      Math.max(0, Math.ceil(leftMs)),
    ).unref()
  }

  /** First fill that had to be covered until now; from the start of the hedge while nothing was filled. */
  #windowMs(): number {
    const sinceMs = this.sinceMs ?? this.flow.exposure.sinceMs ?? this.#createdMs
    return Math.max(0, this.core.nowMs() - sinceMs)
  }

  #progress(): TradingAttributes {
    return {
      'trading.hedge.quantity': this.quantity,
      'trading.hedge.covered_quantity': this.coveredQuantity,
      'trading.hedge.attempt': this.orders.length,
      'trading.exposure.uncovered': format(this.flow.exposure.uncovered),
    }
  }
}
