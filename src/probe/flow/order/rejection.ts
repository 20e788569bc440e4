import type { TradingAttributes } from '../../../semconv/attributes.ts'
import { rejectReasonOf } from '../../../semconv/reject-words.ts'
import type { OrderRejection } from '../handles/order.ts'

/** A reject as attributes: the typed reason, with code and text of the venue as they are. */
export function rejectionAttributes(rejection: OrderRejection, venue: string): TradingAttributes {
  const { text } = rejection
  const code = rejection.code === undefined ? undefined : String(rejection.code)
  return {
    'trading.order.reject.reason': rejection.reason ?? rejectReasonOf({ venue, code, text }),
    'trading.order.reject.code': code,
    'trading.order.reject.text': text,
  }
}
