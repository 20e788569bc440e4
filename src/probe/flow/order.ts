import { context as contextApi } from '@opentelemetry/api'
import { format, parseDecimal, sign, zero } from '../../base/decimal.ts'
import type { Decimal, DecimalInput } from '../../base/decimal.ts'
import type { OrderStatus } from '../../semconv/words.ts'
import type { Core } from './core.ts'
import type { Order, OrderChange, OrderRejection, OrderState, OrderStep } from './handles/order.ts'
import type { OrderIndex } from './order-index.ts'
import { OrderRecord } from './order-record.ts'
import type { OrderOwner, OrderStart } from './order-record.ts'
import { bps } from './order-report.ts'
import { text } from './order-terms.ts'
import type { OrderTerms } from './order-terms.ts'
import { applyUpdate } from './order-update.ts'
import { rejectionAttributes } from './rejection.ts'
import { outcomeOf } from './send-error.ts'
import type { AnyUpdate, Fill, OrderUpdate } from './update.ts'
import { isOrderAnswer, readUpdate } from './update-reader.ts'

/** The steps of an order, as the bot or a venue's message takes them. What they leave behind is in order-record.ts. */
export class OrderHandle extends OrderRecord implements Order {
  #polls = 0

  constructor(
    core: Core,
    index: OrderIndex,
    owner: OrderOwner,
    terms: OrderTerms,
    start: OrderStart = {},
  ) {
    super(core, index, owner, terms, start)
    index.add(this)
  }

  protected get handle(): OrderHandle {
    return this
  }

  get status(): OrderStatus {
    return this.life.status
  }

  get ended(): boolean {
    return this.life.ended
  }

  get wasSent(): boolean {
    return this.life.wasSent
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

  submitting(step: OrderStep & { readonly state?: unknown } = {}): void {
    this.guard('submitting', () => {
      if (this.life.wasSent || this.life.ended) {
        this.illegal('submitting', step)
        return
      }
      this.life.sending(this.core.nowMs())
      this.tell('trading.order.submitting', undefined, step, {
        'trading.order.time_in_force': this.terms.timeInForce,
        'trading.order.state': step.state,
      })
    })
  }

  submitted(step: OrderStep = {}): void {
    this.step({ event: 'pending_new', name: 'trading.order.submitted', with: step })
  }

  async submit<T>(send: () => Promise<T>, step: { readonly state?: unknown } = {}): Promise<T> {
    this.submitting(step)
    let answer: T
    try {
      answer = await contextApi.with(this.context, send)
    } catch (error) {
      this.guard('submit', () => this.#sendFailed(error))
      throw error
    }
    this.guard('submit', () => {
      this.submitted()
      if (isOrderAnswer(answer)) this.update(answer)
    })
    return answer
  }

  accepted(step: OrderStep & { readonly arrivalPrice?: DecimalInput | undefined } = {}): void {
    this.arrived(step.arrivalPrice)
    this.step({
      event: 'new',
      name: 'trading.order.accepted',
      with: step,
      attributes: () => ({
        'trading.order.ack_latency_ms': this.life.ackLatencyMs,
        'trading.arrival.price': this.arrivalPrice && format(this.arrivalPrice),
      }),
    })
  }

  triggered(step: OrderStep = {}): void {
    this.step({
      event: 'triggered',
      name: 'trading.order.triggered',
      with: step,
      attributes: () => ({ 'trading.order.stop_price': text(this.terms.stopPrice) }),
    })
  }

  filled(fill: Fill & OrderStep = {}, event: 'trade' | 'calculated' = 'trade'): void {
    this.guard('filled', () => {
      this.learn(fill)
      const quantity = parseDecimal(fill.quantity) ?? this.life.room
      const price = parseDecimal(fill.price) ?? this.fallbackPrice ?? zero
      if (!quantity || sign(quantity) <= 0 || sign(price) < 0) {
        this.illegal('trade', fill)
        return
      }
      const wasEnded = this.life.ended
      const before = this.life.status
      const change = this.life.fill({ execId: fill.execId, quantity, price }, this.core.nowMs())
      if (change === 'no_room') {
        this.illegal('trade', fill)
        return
      }
      if (change === 'duplicate') {
        this.tell('trading.order.duplicate_fill', undefined, fill, {
          'trading.fill.id': fill.execId,
        })
        return
      }
      if (fill.execId !== undefined) this.index.addExecId(this, fill.execId)
      this.reportFill({ fill, event, change, quantity, before, wasEnded })
    })
  }

  /** Takes the filled quantity that the venue reports; where fills are missing, one is derived. */
  caughtUp(filled: Decimal, averagePrice: Decimal | undefined, step: OrderStep): void {
    this.guard('caughtUp', () => {
      const wasEnded = this.life.ended
      const before = this.life.status
      const nowMs = this.core.nowMs()
      const change = this.life.catchUp(filled, averagePrice, this.fallbackPrice, nowMs)
      if (!change) return
      this.reportFill({
        fill: { ...step, price: change.price, quantity: change.quantity },
        event: 'trade',
        change,
        quantity: change.quantity,
        before,
        wasEnded,
        derived: true,
      })
    })
  }

  polled(step: OrderStep = {}): void {
    this.guard('polled', () => {
      this.#polls += 1
      this.learn(step)
      this.tell('trading.order.polled', undefined, step, { 'trading.order.polls': this.#polls })
    })
  }

  cancelRequested(step: OrderStep & { readonly reason?: string | undefined } = {}): void {
    this.step({
      event: 'pending_cancel',
      name: 'trading.order.cancel_requested',
      with: step,
      attributes: () => ({ 'trading.order.cancel.reason': step.reason }),
    })
  }

  cancelRejected(rejection: OrderRejection = {}): void {
    this.step(
      {
        event: 'cancel_rejected',
        name: 'trading.order.cancel_rejected',
        with: rejection,
        attributes: () => rejectionAttributes(rejection, this.venue),
      },
      rejection,
    )
  }

  canceled(step: OrderStep & { readonly reason?: string | undefined } = {}): void {
    this.step({
      event: 'canceled',
      name: 'trading.order.canceled',
      with: step,
      attributes: () => ({
        'trading.order.cancel.reason': step.reason,
        'trading.order.cancel_latency_ms': this.#cancelLatencyMs(),
        'trading.order.filled_quantity': format(this.life.fills.quantity),
      }),
    })
  }

  replaceRequested(change: OrderChange & OrderStep = {}): void {
    this.step({
      event: 'pending_replace',
      name: 'trading.order.replace_requested',
      with: change,
    })
    this.guard('replaceRequested', () => this.learnChange(change, false))
  }

  /** @param event `restated` where the venue changed it without being asked */
  replaced(
    change: OrderChange & OrderStep = {},
    event: 'replaced' | 'restated' = 'replaced',
  ): void {
    const before = this.clientOrderId
    this.step({
      event,
      name: 'trading.order.replaced',
      with: change,
      attributes: () => {
        this.learnChange(change, true)
        return before === this.clientOrderId ? {} : { 'trading.order.original_client_id': before }
      },
    })
  }

  expired(step: OrderStep & { readonly reason?: string | undefined } = {}): void {
    this.step({
      event: 'expired',
      name: 'trading.order.expired',
      with: step,
      attributes: () => ({
        'trading.order.cancel.reason': step.reason,
        'trading.order.filled_quantity': format(this.life.fills.quantity),
      }),
    })
  }

  rejected(rejection: OrderRejection = {}): void {
    this.step(
      {
        event: 'rejected',
        name: 'trading.order.rejected',
        with: rejection,
        attributes: () => rejectionAttributes(rejection, this.venue),
      },
      rejection,
    )
  }

  denied(denial: Parameters<Order['denied']>[0]): void {
    this.step({
      event: 'denied',
      name: 'trading.order.denied',
      with: { attributes: denial.attributes },
      attributes: () => ({
        'trading.deny.reason': denial.reason,
        'trading.risk.limit': denial.limit,
      }),
    })
  }

  failed(error?: unknown, step: OrderStep = {}): void {
    this.step(
      {
        event: 'rejected',
        name: 'trading.order.failed',
        with: step,
        attributes: () => ({ 'trading.order.reject.reason': 'other' }),
      },
      { error },
    )
  }

  unknown(error?: unknown, step: OrderStep = {}): void {
    this.step(
      {
        event: 'unknown',
        name: 'trading.order.unknown',
        with: step,
        attributes: () => {
          this.core.measure(this.scope, 'trading.order.unknown_open', 1)
          const { sentMs } = this.life
          return sentMs === undefined
            ? {}
            : { 'trading.api.duration_ms': this.core.nowMs() - sentMs }
        },
      },
      { error },
    )
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

  settled(settlement: Parameters<Order['settled']>[0]): void {
    this.guard('settled', () => {
      this.tell(
        'trading.order.settled',
        undefined,
        {},
        {
          'trading.fill.id': settlement.execId,
          'trading.fill.settlement': settlement.state,
          'trading.fill.tx_hash': settlement.txHash,
        },
      )
    })
  }

  markout(markout: Parameters<Order['markout']>[0]): void {
    this.guard('markout', () => {
      const { fills } = this.life
      const { execId, horizonMs } = markout
      const price = execId === undefined ? fills.averagePrice : fills.priceOf(execId)
      const gain = bps(this.side, parseDecimal(markout.mid), price)
      if (gain === undefined) return
      this.tell(
        'trading.markout.measured',
        undefined,
        {},
        {
          'trading.markout_bps': gain,
          'trading.markout.horizon_ms': horizonMs,
          'trading.fill.id': execId,
        },
      )
    })
  }

  /** Notes ids that a message brought. */
  learnIds(ids: {
    readonly orderId?: string | undefined
    readonly clientOrderId?: string | undefined
  }): void {
    this.learn(ids)
    if (ids.clientOrderId !== undefined && ids.clientOrderId !== this.clientOrderId) {
      this.index.addClientId(this, ids.clientOrderId)
    }
  }

  /** Tells that this order is none of the bot's. */
  adopted(update: OrderUpdate): void {
    this.guard('adopted', () => {
      this.learn({ orderId: update.orderId })
      this.tell(
        'trading.order.foreign',
        undefined,
        { venueStatus: update.venueStatus, venueEvent: update.venueEvent, timeMs: update.timeMs },
        {},
        { what: `not sent by this bot (${this.terms.origin ?? 'manual'})` },
      )
    })
  }

  /** Ends the span of an order that is still open when the process ends. */
  interrupt(reason: string): void {
    this.guard('interrupt', () => this.end(reason))
  }

  #cancelLatencyMs(): number | undefined {
    const { cancelSentMs } = this.life
    return cancelSentMs === undefined ? undefined : this.core.nowMs() - cancelSentMs
  }

  #sendFailed(error: unknown): void {
    // A stream that was faster than the failed answer has told what became of the order.
    if (this.life.wasAcked || this.life.ended || this.life.fills.count > 0) return
    const verdict = outcomeOf(error, this.venue)
    switch (verdict.outcome) {
      case 'rejected':
        this.rejected({ reason: verdict.reason, code: verdict.code, text: verdict.text, error })
        return
      case 'failed':
        this.failed(error)
        return
      case 'unknown':
        this.unknown(error)
    }
  }
}
