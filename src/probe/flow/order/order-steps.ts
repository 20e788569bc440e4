import { format } from '../../../base/decimal.ts'
import type { DecimalInput } from '../../../base/decimal-input.ts'
import { idText } from '../../../base/ids.ts'
import type { TradingAttributes } from '../../../semconv/attributes.ts'
import type { EventName } from '../../../semconv/events.ts'
import type { Severity } from '../../../semconv/severity.ts'
import type { Settlement } from '../../../semconv/words.ts'
import type { Order, OrderChange, OrderRejection, OrderStep } from '../handles/order.ts'
import { given } from '../../event/fault.ts'
import { OrderFills } from './order-fills.ts'
import type { JudgedEvent } from './order-machine.ts'
import { endReason, failureText } from './order-report.ts'
import { text } from './order-terms.ts'
import { rejectionAttributes } from './rejection.ts'

/** The steps of an order's life, as the bot or a venue's message takes them. */
export abstract class OrderSteps extends OrderFills {
  #polls = 0

  submitting(step: OrderStep & { readonly state?: unknown } = {}): void {
    this.guard('submitting', () => {
      if (this.life.wasSent || this.life.ended) {
        this.illegal('submitting', step)
        return
      }
      this.life.sending(this.core.nowMs())
      this.tell('trading.order.submitting', step, {
        'trading.order.time_in_force': this.terms.timeInForce,
        'trading.order.state': step.state,
      })
    })
  }

  submitted(step: OrderStep = {}): void {
    this.step({ event: 'pending_new', name: 'trading.order.submitted', with: step })
  }

  accepted(step: OrderStep & { readonly arrivalPrice?: DecimalInput | undefined } = {}): void {
    const known = given('order.accepted', step)
    this.arrived(known.arrivalPrice)
    this.step({
      event: 'new',
      name: 'trading.order.accepted',
      with: known,
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

  polled(step: OrderStep = {}): void {
    this.guard('polled', () => {
      this.#polls += 1
      this.learn(step)
      this.tell('trading.order.polled', step, { 'trading.order.polls': this.#polls })
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
      ...(event === 'restated' && { what: 'changed by the venue' }),
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
    const { reason, limit, attributes } = given('order.denied', denial)
    this.step({
      event: 'denied',
      name: 'trading.order.denied',
      with: { attributes },
      attributes: () => ({ 'trading.deny.reason': reason, 'trading.risk.limit': limit }),
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

  /**
   * The venue refused the client id as one that it has. It may have it of this very order, whose outcome is then unknown;
   * not so where an earlier attempt under the same id is still open: then the id is of that one.
   */
  refusedAsKnown(rejection: OrderRejection): void {
    if (!this.life.wasAcked && this.index.hasTwin(this)) this.rejected(rejection)
    else this.unknown(rejection.error, rejection)
  }

  settled(settlement: Parameters<Order['settled']>[0]): void {
    this.guard('settled', () => {
      const { state, txHash } = settlement
      const execId = idText(settlement.execId)
      this.tell(
        'trading.order.settled',
        {},
        {
          'trading.fill.id': execId,
          'trading.fill.settlement': state,
          'trading.fill.tx_hash': txHash,
        },
        { severity: severityOf(state), what: `settlement ${state}` },
      )
      if (state !== 'failed' || execId === undefined || !this.life.fills.has(execId)) return
      this.takeBack({ execId, settlement: state, txHash }, 'trade_cancel')
    })
  }

  /** Notes ids that a message brought. */
  learnIds(ids: {
    readonly orderId?: string | undefined
    readonly clientOrderId?: string | undefined
    readonly triggeredOrderId?: string | undefined
  }): void {
    this.learn(ids)
    if (ids.triggeredOrderId !== undefined) this.index.addOrderId(this, ids.triggeredOrderId)
    if (ids.clientOrderId !== undefined && ids.clientOrderId !== this.clientOrderId) {
      this.index.addClientId(this, ids.clientOrderId)
    }
  }

  /** One step of the life: judged, recorded, and ended with when it was the last. */
  protected step(
    step: {
      readonly event: JudgedEvent
      readonly name: EventName
      /** Words for the message. @default those of the name */
      readonly what?: string
      readonly with: OrderStep
      readonly attributes?: () => TradingAttributes
    },
    failure: { readonly error?: unknown; readonly text?: string | undefined } = {},
  ): void {
    this.guard(step.event, () => {
      this.learn(step.with)
      const before = this.life.status
      const verdict = this.life.step(step.event, this.core.nowMs())
      if (verdict === 'repeat') return
      if (verdict === 'illegal') {
        this.illegal(step.event, step.with)
        return
      }
      this.leftUnknown(before)
      const attributes = { 'trading.order.event': step.event, ...step.attributes?.() }
      this.tell(step.name, step.with, attributes, {
        ...(step.what !== undefined && { what: step.what }),
        ...(failure.error !== undefined && { exception: failure.error }),
      })
      if (this.life.ended)
        this.end(failureText(step.event, failure), endReason(attributes, failure.error))
    })
  }

  #cancelLatencyMs(): number | undefined {
    const { cancelSentMs } = this.life
    return cancelSentMs === undefined ? undefined : this.core.nowMs() - cancelSentMs
  }
}

// What was matched and never settled is not held.
function severityOf(settlement: Settlement): Severity {
  switch (settlement) {
    case 'failed':
      return 'error'
    case 'retrying':
      return 'warn'
    case 'matched':
    case 'mined':
    case 'confirmed':
      return 'info'
  }
}
