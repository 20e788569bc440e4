import type { DecimalInput } from '../../base/decimal-input.ts'
import type { TradingAttributes } from '../../semconv/attributes.ts'
import type { EventName } from '../../semconv/events.ts'
import type { Severity } from '../../semconv/severity.ts'
import type { FlowOutcome } from '../../semconv/words.ts'

/** How a flow ends. */
export interface FlowEnd {
  readonly endPrice?: DecimalInput | undefined
  readonly reason?: string | undefined
  readonly error?: unknown
  readonly attributes?: TradingAttributes | undefined
}

/** The event that tells an end. */
export function eventOfEnd(outcome: FlowOutcome): EventName {
  if (outcome === 'abandoned') return 'trading.flow.abandoned'
  return outcome === 'interrupted' ? 'trading.flow.interrupted' : 'trading.flow.ended'
}

/** How bad an end is; it also tells which outcomes make the span of the flow an error. */
export function severityOfEnd(outcome: FlowOutcome): Severity {
  switch (outcome) {
    case 'failed':
    case 'rejected':
    case 'unwind_failed':
    case 'interrupted':
      return 'error'
    case 'unwound':
    case 'denied':
    case 'abandoned':
      return 'warn'
    case 'opened':
    case 'expired':
    case 'canceled':
    case 'filtered':
      return 'info'
  }
}
