import { add, compare, format, parseDecimal, sign } from '../../../base/decimal.ts'
import type { Decimal } from '../../../base/decimal.ts'
import { idText } from '../../../base/ids.ts'
import type { OrderStep } from '../handles/order.ts'
import { isFinal } from './order-machine.ts'
import type { OrderSteps } from './order-steps.ts'
import type { Fill, OrderUpdate } from './update.ts'

/**
 * Applies what a venue said to an order: ids first, then the acknowledgement, then fills, then the filled quantity, then
 * the status. So a message that is the first to be heard of an order tells its whole story in the right order, and one
 * that says nothing new leaves no trace.
 */
export function applyUpdate(order: OrderSteps, update: OrderUpdate): void {
  const step: OrderStep = {
    orderId: update.orderId,
    venueStatus: update.venueStatus,
    venueEvent: update.venueEvent,
    timeMs: update.timeMs,
  }
  order.learnIds(update)
  if (update.event === 'cancel_rejected') {
    order.cancelRejected({
      ...step,
      reason: update.rejectReason,
      code: update.rejectCode,
      text: update.rejectText,
    })
    return
  }
  const isFirstHeard = impliesAck(order, update)
  if (isFirstHeard) order.accepted(step)
  if (update.event === 'replaced' || update.event === 'restated') {
    const { clientOrderId, quantity, price, stopPrice } = update
    order.replaced({ ...step, clientOrderId, quantity, price, stopPrice }, update.event)
  } else restate(order, quantityAtVenue(order, update, isFirstHeard), step)
  takeFills(order, update, step)
  catchUp(order, update, step)
  order.reportedFee(update.fee, update.feeCurrency)
  applyStatus(order, update, step)
}

/** Takes back what was busted, then takes the fills that an update brings. */
function takeFills(order: OrderSteps, update: OrderUpdate, step: OrderStep): void {
  const { bust, fill, fills = [] } = update
  const told = fill ? [fill, ...fills] : fills
  const isTakenBack = update.event === 'trade_cancel' || update.event === 'trade_correct'
  if (bust) {
    const isCorrected = update.event === 'trade_correct' || told.length > 0
    order.busted({ ...step, ...bust }, isCorrected ? 'trade_correct' : 'trade_cancel')
  } else if (isTakenBack) {
    // It does not say which one. What it brings would be counted beside it.
    order.illegal(`${update.event} of no fill`, step)
    return
  }
  const event = update.event === 'calculated' ? 'calculated' : 'trade'
  for (const one of told) takeFill(order, one, step, event)
}

// On-chain venues tell one fill again each time its settlement moves on. A match that is first heard of when its
// settlement has failed, among the trades of the past, never moved anything.
function takeFill(
  order: OrderSteps,
  fill: Fill,
  step: OrderStep,
  event: 'trade' | 'calculated',
): void {
  const { settlement, txHash } = fill
  const execId = idText(fill.execId)
  const isKnown = execId !== undefined && order.life.fills.has(execId)
  if (settlement !== undefined && (isKnown || settlement === 'failed')) {
    order.settled({ execId, state: settlement, txHash })
  } else order.filled({ ...step, ...fill }, event)
}

// What works, worked or was filled at the venue has been acknowledged by it, also when the ack itself was lost.
function impliesAck(order: OrderSteps, update: OrderUpdate): boolean {
  if (order.life.wasAcked || order.life.ended) return false
  switch (update.status) {
    case 'new':
    case 'partially_filled':
    case 'filled':
    case 'pending_cancel':
    case 'pending_replace':
      return true
    case 'triggered':
    case 'pending_new':
    case 'canceled':
    case 'expired':
    case 'rejected':
    case 'denied':
    case 'unknown':
    case undefined:
      return false
  }
}

/**
 * The quantity of the order as its venue has it: rounded to lots, what the bot asked for beyond that never fills. It is
 * believed where it is the first that is heard of the order, or the last; any other word may be older than a replace.
 * More than was ordered, or less than half of it when nothing has ended yet, is no rounding to lots but another unit, or
 * another order: that is said of the fills.
 */
function quantityAtVenue(
  order: OrderSteps,
  update: OrderUpdate,
  isFirstHeard: boolean,
): Decimal | undefined {
  if (update.status !== 'filled' && !isFirstHeard) return undefined
  const told = parseDecimal(update.quantity)
  const { quantity, fills } = order.life
  if (update.status !== 'filled') {
    const isRounded = told && quantity && compare(add(told, told), quantity) > 0
    return isRounded || !quantity ? told : undefined
  }
  const filled = parseDecimal(update.filledQuantity)
  if (!quantity) return filled ?? told ?? fills.quantity
  return filled && compare(filled, quantity) < 0 ? filled : told
}

function restate(order: OrderSteps, quantity: Decimal | undefined, step: OrderStep): void {
  const { life } = order
  if (!quantity || sign(quantity) <= 0 || life.ended) return
  if (life.quantity && compare(quantity, life.quantity) >= 0) return
  order.replaced({ ...step, quantity: format(quantity) }, 'restated')
}

function catchUp(order: OrderSteps, update: OrderUpdate, step: OrderStep): void {
  const reported = parseDecimal(update.filledQuantity)
  // A venue that says "filled" and no more means all of it.
  const filled = reported ?? (update.status === 'filled' ? order.life.quantity : undefined)
  // None at all is news too where fills were taken back: from there on the total is without them.
  if (!filled || sign(filled) < 0) return
  const { fills } = order.life
  if (!fills.hasBusted && compare(filled, fills.quantity) <= 0) return
  order.caughtUp(filled, parseDecimal(update.averagePrice), step)
}

function applyStatus(order: OrderSteps, update: OrderUpdate, step: OrderStep): void {
  const { status } = update
  if (status === undefined) return
  if (order.life.ended && !isFinal(status)) {
    // An order that was given up works at the venue. After any other end the message was overtaken by it.
    if (order.life.status === 'rejected' || order.life.status === 'denied')
      order.illegal(status, step)
    return
  }
  switch (status) {
    case 'pending_new':
      order.submitted(step)
      return
    case 'new':
    case 'partially_filled':
    case 'filled':
      // The ack and the sums have said it.
      if (order.life.status === 'unknown') order.accepted(step)
      // All that it filled, some of which was taken back: it works no more.
      if (status === 'filled' && !order.life.ended && order.life.fills.hasBusted)
        order.canceled(step)
      return
    case 'triggered':
      order.triggered(step)
      return
    case 'pending_cancel':
      order.cancelRequested(step)
      return
    case 'pending_replace':
      order.replaceRequested(step)
      return
    case 'canceled':
      order.canceled({ ...step, reason: update.cancelReason })
      return
    case 'expired':
      order.expired({ ...step, reason: update.cancelReason })
      return
    case 'rejected':
    case 'denied':
      // What was filled in part cannot be rejected any more; Bybit calls the end of its rest so.
      if (order.life.fills.count > 0) {
        order.canceled({ ...step, reason: update.rejectText ?? update.rejectCode })
        return
      }
      order.rejected({
        ...step,
        reason: update.rejectReason,
        code: update.rejectCode,
        text: update.rejectText,
      })
      return
    case 'unknown':
      if (update.rejectReason === 'duplicate_client_id') {
        const { rejectReason: reason, rejectCode: code, rejectText: text } = update
        order.refusedAsKnown({ ...step, reason, code, text })
      } else order.unknown(undefined, step)
  }
}
