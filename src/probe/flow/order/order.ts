import { context as contextApi } from '@opentelemetry/api'
import { format, parseDecimal } from '../../../base/decimal.ts'
import type { OrderStatus } from '../../../semconv/words.ts'
import type { AnyAttributes } from '../core.ts'
import type { Order, OrderState } from '../handles/order.ts'
import { OrderSteps } from './order-steps.ts'
import type { OrderHome, OrderOwner, OrderStart } from './order-record.ts'
import { bps } from './order-report.ts'
import type { OrderTerms } from './order-terms.ts'
import { applyUpdate } from './order-update.ts'
import { outcomeOf } from './send-error.ts'
import type { AnyUpdate, OrderUpdate } from './update.ts'
import { isOrderAnswer, readUpdate } from './update-reader.ts'

/**
 * An {@link Order}. What it is made of: its record (order-record.ts), its fills (order-fills.ts), the steps of its life
 * (order-steps.ts), and here what is asked of it as a whole.
 */
export class OrderHandle extends OrderSteps implements Order {
  constructor(home: OrderHome, owner: OrderOwner, terms: OrderTerms, start: OrderStart = {}) {
    super(home, owner, terms, start)
    home.index.add(this)
  }

  get status(): OrderStatus {
    return this.life.status
  }

  get state(): OrderState {
    const { life } = this
    const average = life.fills.averagePrice
    return {
      status: life.status,
      lastEvent: life.lastEvent,
      quantity: life.quantity && format(life.quantity),
      filledQuantity: format(life.fills.quantity),
      remainingQuantity: life.remaining && format(life.remaining),
      averagePrice: average && format(average),
      fills: life.fills.count,
      fees: this.fees.byCurrency,
    }
  }

  run<T>(fn: () => T): T {
    return contextApi.with(this.context, fn)
  }

  async submit<T>(
    send: () => Promise<T>,
    step: {
      readonly state?: unknown
      readonly read?: ((answer: T) => readonly OrderUpdate[]) | undefined
    } = {},
  ): Promise<T> {
    this.submitting({ state: step.state })
    let answer: T
    try {
      answer = await contextApi.with(this.context, send)
    } catch (error) {
      this.guard('submit', () => this.#sendFailed(error))
      throw error
    }
    this.guard('submit', () => {
      this.submitted()
      if (step.read) for (const update of this.#own(step.read(answer))) this.update(update)
      else if (isOrderAnswer(answer)) this.update(answer)
    })
    return answer
  }

  reconciled(found: AnyUpdate | 'not_found'): void {
    if (found === 'not_found') this.rejected({ reason: 'unknown_order', text: 'not found' })
    else this.update(found)
  }

  update(update: AnyUpdate): void {
    this.guard('update', () => {
      for (const read of readUpdate(update)) applyUpdate(this, read)
    })
  }

  markout(markout: Parameters<Order['markout']>[0]): void {
    this.guard('markout', () => {
      const { fills } = this.life
      const { execId, horizonMs } = markout
      const price = execId === undefined ? fills.averagePrice : fills.of(execId)?.price
      const gain = bps(this.side, parseDecimal(markout.mid), price)
      if (gain === undefined) return
      this.tell(
        'trading.markout.measured',
        {},
        {
          'trading.markout_bps': gain,
          'trading.markout.horizon_ms': horizonMs,
          'trading.fill.id': execId,
        },
      )
    })
  }

  /** What a log line keeps of it where a bot hands over the order as a value. */
  toJSON(): AnyAttributes {
    const { clientOrderId, orderId, venue, symbol, side } = this
    return { clientOrderId, orderId, venue, symbol, side, ...this.state }
  }

  /** Tells that this order is none of the bot's. */
  adopted(update: OrderUpdate): void {
    this.guard('adopted', () => {
      this.learn({ orderId: update.orderId })
      this.tell(
        'trading.order.foreign',
        { venueStatus: update.venueStatus, venueEvent: update.venueEvent, timeMs: update.timeMs },
        {},
        { what: `not sent by this bot (${this.terms.origin ?? 'manual'})` },
      )
    })
  }

  /** Ends the span of an order that is still open when the process ends. */
  interrupt(reason: string): void {
    this.guard('interrupt', () => {
      this.core.setAttributes(this.span, { 'trading.flow.outcome': 'interrupted' })
      this.end(reason)
    })
  }

  // A list of orders (OCO) is answered as a whole. Where none has the id of this one, the venue made the ids.
  #own(updates: readonly OrderUpdate[]): readonly OrderUpdate[] {
    const isOther = ({ clientOrderId = this.clientOrderId }: OrderUpdate): boolean =>
      clientOrderId !== this.clientOrderId
    return updates.every(isOther) ? updates : updates.filter((update) => !isOther(update))
  }

  #sendFailed(error: unknown): void {
    // A stream that was faster than the failed answer has told what became of the order.
    if (this.life.wasAcked || this.life.ended || this.life.fills.count > 0) return
    const verdict = outcomeOf(error, this.venue)
    switch (verdict.outcome) {
      case 'rejected':
        this.rejected({ reason: verdict.reason, code: verdict.code, text: verdict.text, error })
        return
      case 'known': {
        const { reason, code, text } = verdict
        this.refusedAsKnown({ reason, code, text, error })
        return
      }
      case 'failed':
        this.failed(error)
        return
      case 'unknown':
        this.unknown(error)
    }
  }
}
