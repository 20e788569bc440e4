import { decimal, format, isZero, multiply, ratio, subtract } from '../../../base/decimal.ts'
import type { Decimal } from '../../../base/decimal.ts'
import type { TradingAttributes } from '../../../semconv/attributes.ts'
import type { EventName } from '../../../semconv/events.ts'
import type { MetricName } from '../../../semconv/metrics.ts'
import type { Side } from '../../../semconv/words.ts'
import { exceptionAttributes } from '../../event/exception.ts'
import { errorText } from '../core.ts'
import type { Fees } from './fees.ts'
import type { OrderLife } from './order-life.ts'
import type { JudgedEvent } from './order-machine.ts'

const tenThousand = decimal(10_000)

/**
 * How much worse the average price was than a reference, in basis points: positive = worse for us.
 * `s × (average − reference) / reference`, s = +1 for buy, −1 for sell.
 */
export function bps(
  side: Side,
  average: Decimal | undefined,
  reference: Decimal | undefined,
): number | undefined {
  if (!average || !reference || isZero(reference)) return undefined
  const value = ratio(multiply(subtract(average, reference), tenThousand), reference)
  if (value === undefined) return undefined
  return side === 'buy' || value === 0 ? value : -value
}

/** Average fill against the decision and the arrival price, in basis points; positive = worse for us. */
export interface Slippage {
  readonly decision: number | undefined
  readonly arrival: number | undefined
}

/** The {@link Slippage} of an average price. */
export function slippageOf(
  side: Side,
  average: Decimal | undefined,
  reference: {
    readonly decisionPrice: Decimal | undefined
    readonly arrivalPrice: Decimal | undefined
  },
): Slippage {
  return {
    decision: bps(side, average, reference.decisionPrice),
    arrival: bps(side, average, reference.arrivalPrice),
  }
}

/** Filled over ordered quantity. */
export function fillRatio(life: OrderLife): number | undefined {
  return life.quantity && ratio(life.fills.quantity, life.quantity)
}

/** What a fill left: attributes of its event. */
export function sums(life: OrderLife): TradingAttributes {
  const average = life.fills.averagePrice
  return {
    'trading.order.filled_quantity': format(life.fills.quantity),
    'trading.order.remaining_quantity': life.remaining && format(life.remaining),
    'trading.order.average_price': average && format(average),
  }
}

/** What the span of an order carries at its end. */
export function orderReport(life: OrderLife, fees: Fees, slippage: Slippage): TradingAttributes {
  return {
    'trading.order.status': life.status,
    'trading.order.event': life.lastEvent,
    ...sums(life),
    'trading.order.fill_ratio': fillRatio(life),
    'trading.order.fills': life.fills.count,
    'trading.order.ack_latency_ms': life.ackLatencyMs,
    'trading.order.first_fill_ms': life.firstFillMs,
    'trading.order.fill_ms': life.status === 'filled' ? life.lastFillMs : undefined,
    'trading.slippage.decision_bps': slippage.decision,
    'trading.slippage.arrival_bps': slippage.arrival,
    ...feeAttributes(fees),
  }
}

/** What is measured of an order at its end, as far as it is known. */
export function orderMeasures(
  life: OrderLife,
  slippage: Slippage,
): readonly (readonly [metric: MetricName, value: number | undefined])[] {
  return [
    ['trading.order.fill_ratio', life.status === 'denied' ? undefined : fillRatio(life)],
    ['trading.slippage.decision', slippage.decision],
    ['trading.slippage.arrival', slippage.arrival],
  ]
}

/** Fees in quote money, and by currency where there are others. */
export function feeAttributes(fees: Fees): TradingAttributes {
  if (fees.isEmpty) return {}
  return {
    'trading.fees': format(fees.quote),
    ...(fees.hasForeign && { 'trading.fees_by_currency': fees.byCurrency }),
  }
}

/** Text of the span status of an order that was rejected. */
export function failureText(
  event: JudgedEvent,
  failure: { readonly error?: unknown; readonly text?: string | undefined },
): string | undefined {
  if (event !== 'rejected') return undefined
  const { error, text } = failure
  return text ?? (error === undefined ? 'rejected' : errorText(error))
}

/** Why an order ended, for its span: of a reject also as the type of its error. */
export function endReason(step: TradingAttributes, error: unknown): TradingAttributes {
  const reject = step['trading.order.reject.reason']
  const isUntold = reject === 'other' && error !== undefined
  return {
    'trading.order.reject.reason': reject,
    'error.type': isUntold ? exceptionAttributes(error)['error.type'] : reject,
    'trading.deny.reason': step['trading.deny.reason'],
    'trading.order.cancel.reason': step['trading.order.cancel.reason'],
  }
}

/** A venue time as ISO text; undefined for what is no time. */
export function isoTime(timeMs: number | undefined): string | undefined {
  const isDate = timeMs !== undefined && Number.isFinite(timeMs) && Math.abs(timeMs) <= 8.64e15
  return isDate ? new Date(timeMs).toISOString() : undefined
}

/** `trading.order.cancel_requested` → `cancel requested`. */
export function wordsOf(name: EventName): string {
  return name.slice(name.lastIndexOf('.') + 1).replaceAll('_', ' ')
}
