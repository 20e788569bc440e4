import { add, format, multiply, negate, parseDecimal, subtract } from '../../../base/decimal.ts'
import type { Decimal } from '../../../base/decimal.ts'
import type { TradingAttributes } from '../../../semconv/attributes.ts'
import { guarded } from '../../event/fault.ts'
import { defined, errorText } from '../core.ts'
import type { Flow } from '../flow.ts'
import type { Unwind, UnwindOptions } from '../handles/hedge.ts'
import { Leg } from './leg.ts'
import { opposite, text } from '../order/order-terms.ts'

/** An {@link Unwind}. */
export class UnwindHandle extends Leg implements Unwind {
  readonly unwindId: string
  readonly #startMs: number
  readonly #reason: string

  constructor(flow: Flow, unwindId: string, options: UnwindOptions) {
    const quantity = parseDecimal(options.quantity) ?? flow.exposure.uncovered
    const { orders } = flow.entry
    const filled = orders.find((order) => order.life.fills.count > 0) ?? orders[0]
    const venue = options.venue ?? filled?.venue ?? 'unknown'
    const symbol = options.symbol ?? filled?.symbol ?? flow.options.symbol
    super(flow, {
      kind: 'unwind',
      id: unwindId,
      venue,
      symbol,
      contract: filled?.venue === venue && filled.symbol === symbol ? filled.terms : undefined,
      side: options.side ?? opposite(flow.side),
      quantity,
      attributes: {
        'trading.unwind.quantity': text(options.quantity) ?? format(quantity),
        'trading.unwind.reason': options.reason ?? 'hedge_failed',
      },
      extra: options.attributes,
    })
    this.unwindId = unwindId
    this.#startMs = this.core.nowMs()
    this.#reason = options.reason ?? 'hedge_failed'
    guarded('unwind.started', () => {
      this.tell('trading.unwind.started', this.#progress(), {
        message: `unwind ${unwindId}: ${this.quantity} ${this.options.symbol} on ${this.options.venue}`,
      })
    })
  }

  get closedQuantity(): string {
    return format(this.done)
  }

  failed(failure: { readonly reason?: string | undefined; readonly error?: unknown } = {}): void {
    guarded('unwind.failed', () => {
      if (this.ended) {
        this.flow.late('unwind.failed', this.scope)
        return
      }
      const reason = failure.reason ?? (failure.error === undefined ? 'failed' : 'error')
      const attributes = { ...this.#progress(), 'trading.unwind.reason': reason }
      const why = failure.error === undefined ? reason : errorText(failure.error)
      this.tell('trading.unwind.failed', attributes, {
        message: `unwind ${this.unwindId} failed, ${format(this.flow.exposure.uncovered)} stay open: ${why}`,
        ...(failure.error !== undefined && { exception: failure.error }),
      })
      this.finish(attributes, why)
      this.flow.end('unwind_failed', { reason: why })
    })
  }

  protected attempted(attempt: number): void {
    this.tell('trading.unwind.attempted', {
      ...this.#progress(),
      'trading.unwind.attempt': attempt,
    })
  }

  protected progressed(): void {
    this.tell('trading.unwind.partially_closed', this.#progress(), {
      message: `unwind ${this.unwindId}: ${this.closedQuantity} of ${this.quantity} closed`,
    })
  }

  protected completed(): void {
    const average = this.averagePrice
    const nowMs = this.core.nowMs()
    const loss = this.#loss()
    const attributes: TradingAttributes = {
      ...this.#progress(),
      'trading.unwind.average_price': average && format(average),
      'trading.unwind.loss': loss && format(loss),
      'trading.exposure.window_ms': Math.max(0, nowMs - (this.sinceMs ?? this.#startMs)),
    }
    this.tell('trading.unwind.completed', attributes, {
      message: `unwind ${this.unwindId}: ${this.closedQuantity} closed${loss ? `, lost ${format(loss)}` : ''}`,
    })
    this.core.measure(this.scope, 'trading.unwind.duration', (nowMs - this.#startMs) / 1000)
    this.finish(defined(attributes))
    this.flow.unwound()
  }

  // What was bought dearer than it was sold, or the other way round, with the fees of both ways.
  #loss(): Decimal | undefined {
    const { entry, side } = this.flow
    const average = this.averagePrice
    if (!entry.price || !average) return undefined
    const given = subtract(entry.price, average)
    const onPrice = multiply(side === 'buy' ? given : negate(given), this.done)
    let fees = entry.feesOn(this.done)
    for (const order of this.orders) fees = add(fees, order.fees.quote)
    return add(onPrice, fees)
  }

  #progress(): TradingAttributes {
    return {
      'trading.unwind.quantity': this.quantity,
      'trading.unwind.closed_quantity': this.closedQuantity,
      'trading.unwind.attempt': this.orders.length,
      'trading.unwind.reason': this.#reason,
    }
  }
}
